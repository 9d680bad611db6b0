// libos/vm/replacement_policy.hpp - what a page-replacement policy is.
//
// A policy is a plain object that keeps books and proposes victims. It makes no system call, does
// no I/O, allocates nothing beyond its arena and knows no clock but the number of the fault: so one
// source runs in the booted libOS, in a simulator and in a test and names the same victims.
// The pager validates every proposal and falls back to FIFO when a policy has no good answer;
// dirty pages are the pager's business, a policy may look at `dirty` but never must.

#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

#include "bindings/random.hpp"
#include "libos/vm/frame_list.hpp"

namespace libos {

using PageNo = std::uint64_t; // page of the managed regions; the first region begins with 0
inline constexpr PageNo no_page = ~PageNo{0};

enum class Why : std::uint8_t { read, write, execute, prefetch, revocation };

// What the application has said about the pages of a region, or of a part of it (`advise` in
// mapped_file.hpp).
enum class Hint : std::uint8_t { none, random, sequential, will_need, done_with };

// What a policy is set up with.
struct PolicySetup {
    std::uint32_t frames;       // of the pool
    std::uint64_t seed;         // for every pseudo-random choice
    std::span<std::byte> arena; // zeroed, aligned to 16 bytes, the policy's own for ever
};

// What a victim is wanted for. When the exokernel asks for frames back there is no fault: a victim
// is wanted for `revocation`, `page` is no_page, `sequence` that of the last fault. Its frame then
// goes for good (on_unmapped, and never on_mapped again), and so may any other without being
// proposed: the pool shrinks, and only the frames that are mapped count.
struct Fault {
    PageNo page;
    Why why;
    std::uint64_t sequence;   // 1, 2, 3 ...: the only clock
    std::uint32_t region = 0; // that the page lies in, in the order of mapping
    Hint hint = Hint::none;   // of that region
};

// What a policy may ask about a resident frame. A reference bit that was cleared counts as cleared
// at once; the translation itself follows before the faulting thread resumes.
template <class View>
concept FrameView = requires(View view, FrameNo frame) {
    { view.test_and_clear_a(frame) } -> std::same_as<bool>; // resident frames only
    { view.dirty(frame) } -> std::same_as<bool>;
    { view.pinned(frame) } -> std::same_as<bool>; // not to be proposed now
};

namespace policy_has {
template <class P>
concept init = requires(P policy, const PolicySetup& setup) {
    { policy.init(setup) } noexcept -> std::same_as<bool>;
};
template <class P, class View>
concept select_victims =
    requires(P policy, View& view, const Fault& fault, std::span<FrameNo> out) {
        { policy.select_victims(view, fault, out) } noexcept -> std::same_as<std::uint32_t>;
    };
template <class P>
concept on_mapped = requires(P policy, FrameNo frame, const Fault& fault) {
    { policy.on_mapped(frame, fault) } noexcept;
};
template <class P>
concept on_unmapped = requires(P policy, FrameNo frame, PageNo page) {
    { policy.on_unmapped(frame, page) } noexcept;
};
// Hooks that a policy may have.
template <class P>
concept harvest = requires(P policy, std::span<const FrameNo> accessed) {
    { policy.harvest_every() } noexcept -> std::same_as<std::uint32_t>;
    { policy.on_harvest(accessed) } noexcept;
};
template <class P>
concept on_access = requires(P policy, FrameNo frame, bool writes) {
    { policy.on_access(frame, writes) } noexcept;
};
template <class P>
concept prefetch = requires(P policy, const Fault& fault, std::span<PageNo> out) {
    { policy.prefetch(fault, out) } noexcept -> std::same_as<std::uint32_t>;
};
template <class P, class View>
concept cluster = requires(P policy, View& view, FrameNo victim, std::span<FrameNo> out) {
    { policy.cluster(view, victim, out) } noexcept -> std::same_as<std::uint32_t>;
};
template <class P>
concept on_hint = requires(P policy, FrameNo frame, Hint hint) {
    { policy.on_hint(frame, hint) } noexcept;
};
template <class P>
concept least_frames =
    requires { typename std::integral_constant<std::uint32_t, P::least_frames>; };
template <class P>
concept arena_bytes = requires(std::uint32_t frames) {
    { P::arena_bytes(frames) } noexcept -> std::same_as<std::size_t>;
};
} // namespace policy_has

// Whether `P` has anything of that name, in whatever form: then the name is ambiguous in `Both`.
namespace policy_mentions {
struct Hooks {
    int harvest_every, on_harvest, on_access, prefetch, cluster, on_hint, least_frames, arena_bytes;
};
template <class P> struct Both : P, Hooks {};
template <class P>
    requires std::is_final_v<P>
struct Both<P> : Hooks {};
template <class P>
concept harvest = !(requires { &Both<P>::harvest_every; } && requires { &Both<P>::on_harvest; });
template <class P>
concept on_access = !requires { &Both<P>::on_access; };
template <class P>
concept prefetch = !requires { &Both<P>::prefetch; };
template <class P>
concept cluster = !requires { &Both<P>::cluster; };
template <class P>
concept on_hint = !requires { &Both<P>::on_hint; };
template <class P>
concept least_frames = !requires { &Both<P>::least_frames; };
template <class P>
concept arena_bytes = !requires { &Both<P>::arena_bytes; };
} // namespace policy_mentions

template <class P, class View>
concept ReplacementPolicy =
    FrameView<View> && policy_has::init<P> && policy_has::select_victims<P, View> &&
    policy_has::on_mapped<P> && policy_has::on_unmapped<P>;

/// Says in a sentence what `P` lacks. Use it where a policy is registered.
template <class P, class View> consteval bool is_replacement_policy() {
    static_assert(
        !std::is_final_v<P>,
        "a replacement policy must not be final: what it has is found by deriving from it");
    static_assert(policy_has::init<P>,
                  "a replacement policy needs `bool init(const PolicySetup&) noexcept`: it takes "
                  "its arrays from setup.arena and returns false if it cannot serve that many "
                  "frames");
    static_assert(policy_has::select_victims<P, View>,
                  "a replacement policy needs `std::uint32_t select_victims(auto& view, const "
                  "Fault&, std::span<FrameNo> out) noexcept`: it writes the frames it would give "
                  "up, best first, and returns how many it wrote (at least one when it can)");
    static_assert(policy_has::on_mapped<P>,
                  "a replacement policy needs `void on_mapped(FrameNo, const Fault&) noexcept`: "
                  "the page of the fault is now resident in that frame");
    static_assert(policy_has::on_unmapped<P>,
                  "a replacement policy needs `void on_unmapped(FrameNo, PageNo) noexcept`: the "
                  "page is gone from that frame");
    // A hook that is there in another form would be passed over in silence.
    static_assert(policy_has::harvest<P> || !policy_mentions::harvest<P>,
                  "to harvest reference bits, a replacement policy needs both `std::uint32_t "
                  "harvest_every() noexcept` (how many faults lie between two harvests) and `void "
                  "on_harvest(std::span<const FrameNo> accessed) noexcept`");
    static_assert(
        policy_has::on_access<P> || !policy_mentions::on_access<P>,
        "`on_access` of a replacement policy must be a public `void on_access(FrameNo, bool "
        "writes) noexcept`; it is called in the simulator's exact mode only");
    static_assert(
        policy_has::prefetch<P> || !policy_mentions::prefetch<P>,
        "`prefetch` of a replacement policy must be a public `std::uint32_t prefetch(const "
        "Fault&, std::span<PageNo> out) noexcept`: it writes the pages to be read along "
        "and returns how many it wrote");
    static_assert(policy_has::on_hint<P> || !policy_mentions::on_hint<P>,
                  "`on_hint` of a replacement policy must be a public `void on_hint(FrameNo, Hint) "
                  "noexcept`: the application has advised on the page in that frame");
    static_assert(
        policy_has::cluster<P, View> || !policy_mentions::cluster<P>,
        "`cluster` of a replacement policy must be a public `std::uint32_t cluster(auto& view, "
        "FrameNo victim, std::span<FrameNo> out) noexcept`: it writes the dirty frames to "
        "be written back with the victim and returns how many it wrote");
    static_assert(
        policy_has::least_frames<P> || !policy_mentions::least_frames<P>,
        "`least_frames` of a replacement policy must be a public `static constexpr std::uint32_t "
        "least_frames = N`: with fewer it is not set up");
    static_assert(policy_has::arena_bytes<P> || !policy_mentions::arena_bytes<P>,
                  "`arena_bytes` of a replacement policy must be a public `static std::size_t "
                  "arena_bytes(std::uint32_t frames) noexcept`: how much memory it wants");
    return ReplacementPolicy<P, View>;
}

/// The arena that `P` wants for so many frames; a policy that does not say gets 64 bytes a frame.
template <class P> constexpr std::size_t arena_bytes_of(std::uint32_t frames) {
    if constexpr (policy_has::arena_bytes<P>)
        return P::arena_bytes(frames);
    else
        return std::size_t{64} * frames;
}

/// The fewest frames that `P` serves: with fewer it is not set up. A policy says so by
/// `static constexpr std::uint32_t least_frames`.
template <class P> constexpr std::uint32_t least_frames_of() {
    if constexpr (policy_has::least_frames<P>)
        return P::least_frames;
    else
        return 1;
}

/// Takes an array of `count` objects off the front of `arena`; empty if it does not fit.
template <class T> std::span<T> take_array(std::span<std::byte>& arena, std::size_t count) {
    if (arena.size() / sizeof(T) < count)
        return {};
    T* const objects = reinterpret_cast<T*>(arena.data());
    arena = arena.subspan(count * sizeof(T));
    return {objects, count};
}

/// What a policy begins with that keeps its frames in one list.
class ListPolicy {
public:
    static constexpr std::size_t arena_bytes(std::uint32_t frames) noexcept {
        return sizeof(FrameLink) * frames;
    }

    bool init(const PolicySetup& setup) noexcept {
        auto arena = setup.arena;
        return init_list(arena, setup.frames);
    }

protected:
    bool init_list(std::span<std::byte>& arena, std::uint32_t frames) {
        const auto links = take_array<FrameLink>(arena, frames);
        order_.init(links);
        return !links.empty();
    }

    FrameList order_;
};

/// The same with a note on each frame.
template <class Note> class NotedListPolicy : public ListPolicy {
    static_assert(alignof(Note) <= alignof(std::uint64_t));

public:
    static constexpr std::size_t arena_bytes(std::uint32_t frames) noexcept {
        return ListPolicy::arena_bytes(frames) + sizeof(Note) * frames;
    }

    bool init(const PolicySetup& setup) noexcept {
        auto arena = setup.arena;
        const bool fits = init_list(arena, setup.frames);
        notes_ = take_array<Note>(arena, setup.frames);
        return fits && !notes_.empty();
    }

protected:
    std::span<Note> notes_; // by frame; zero at first
};

} // namespace libos
