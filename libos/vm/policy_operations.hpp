// libos/vm/policy_operations.hpp - makes the table entry of a policy from its class.

#pragma once

#include <new>

#include "libos/vm/policy_table.hpp"

namespace libos {

template <class P>
constexpr PolicyOperations operations_of(std::string_view name, std::string_view alias = {}) {
    static_assert(is_replacement_policy<P, ResidentFrames>());
    return {
        .name = name,
        .alias = alias,
        .least_frames = least_frames_of<P>(),
        .object_bytes = sizeof(P),
        .arena_bytes = [](std::uint32_t frames) { return arena_bytes_of<P>(frames); },
        .init = [](void* object,
                   const PolicySetup& setup) { return (new (object) P{})->init(setup); },
        .select_victims =
            [](void* object, ResidentFrames& view, const Fault& fault, std::span<FrameNo> out) {
                return static_cast<P*>(object)->select_victims(view, fault, out);
            },
        .select_victims_telling =
            [](void* object, TellingFrames& view, const Fault& fault, std::span<FrameNo> out) {
                return static_cast<P*>(object)->select_victims(view, fault, out);
            },
        .on_mapped = [](void* object, FrameNo frame,
                        const Fault& fault) { static_cast<P*>(object)->on_mapped(frame, fault); },
        .on_unmapped = [](void* object, FrameNo frame,
                          PageNo page) { static_cast<P*>(object)->on_unmapped(frame, page); },
    };
}

} // namespace libos
