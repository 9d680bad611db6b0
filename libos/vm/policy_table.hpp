// libos/vm/policy_table.hpp - the policies by name, behind one indirect call for each event.
//
// The pager does not know which policy it has: the manifest names it at the start. A policy's code
// is compiled against the libOS's own view of frames, so looking at bits costs no indirect call.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "libos/vm/frame.hpp"
#include "libos/vm/replacement_policy.hpp"
#include "libos/vm/telling_frames.hpp"

namespace libos {

struct PolicyOperations {
    std::string_view name;
    std::string_view alias;     // a second name, or empty
    std::uint32_t least_frames; // with fewer it must not be set up
    std::size_t object_bytes;
    std::size_t (*arena_bytes)(std::uint32_t frames);
    bool (*init)(void* object, const PolicySetup& setup); // constructs it in `object`
    std::uint32_t (*select_victims)(void* object, ResidentFrames& view, const Fault& fault,
                                    std::span<FrameNo> out);
    std::uint32_t (*select_victims_telling)(void* object, TellingFrames& view, const Fault& fault,
                                            std::span<FrameNo> out); // the same, when recording
    void (*on_mapped)(void* object, FrameNo frame, const Fault& fault);
    void (*on_unmapped)(void* object, FrameNo frame, PageNo page);
    // Hooks; null where the policy has none.
    std::uint32_t (*harvest_every)(void* object) = nullptr;
    void (*on_harvest)(void* object, std::span<const FrameNo> accessed) = nullptr;
    std::uint32_t (*prefetch)(void* object, const Fault& fault, std::span<PageNo> out) = nullptr;
    std::uint32_t (*cluster)(void* object, ResidentFrames& view, FrameNo victim,
                             std::span<FrameNo> out) = nullptr;
    std::uint32_t (*cluster_telling)(void* object, TellingFrames& view, FrameNo victim,
                                     std::span<FrameNo> out) = nullptr; // the same, when recording
    void (*on_hint)(void* object, FrameNo frame, Hint hint) = nullptr;
};

/// The policies, in the order in which they are listed to users.
std::span<const PolicyOperations> policy_table();

/// The policy called `name` (or by its alias); null if there is none.
const PolicyOperations* find_policy(std::string_view name);

/// At most eight letters of a name as one number, first letter lowest: how recordings name it.
constexpr std::uint64_t packed_name(std::string_view name) {
    std::uint64_t packed = 0;
    for (std::size_t i = 0; i < name.size() && i < 8; ++i)
        packed |= std::uint64_t{static_cast<unsigned char>(name[i])} << 8 * i;
    return packed;
}

} // namespace libos
