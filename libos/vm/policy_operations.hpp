// libos/vm/policy_operations.hpp - makes the table entry of a policy from its class.

#pragma once

#include <new>

#include "libos/vm/policy_table.hpp"

namespace libos {

namespace policy_hooks {
template <class P> constexpr void add_harvest(PolicyOperations& operations) {
    if constexpr (policy_has::harvest<P>) {
        operations.harvest_every = [](void* object) {
            return static_cast<P*>(object)->harvest_every();
        };
        operations.on_harvest = [](void* object, std::span<const FrameNo> accessed) {
            static_cast<P*>(object)->on_harvest(accessed);
        };
    }
}
template <class P> constexpr void add_prefetch(PolicyOperations& operations) {
    if constexpr (policy_has::prefetch<P>)
        operations.prefetch = [](void* object, const Fault& fault, std::span<PageNo> out) {
            return static_cast<P*>(object)->prefetch(fault, out);
        };
}
template <class P> constexpr void add_cluster(PolicyOperations& operations) {
    if constexpr (policy_has::cluster<P, ResidentFrames>) {
        operations.cluster = [](void* object, ResidentFrames& view, FrameNo victim,
                                std::span<FrameNo> out) {
            return static_cast<P*>(object)->cluster(view, victim, out);
        };
        operations.cluster_telling = [](void* object, TellingFrames& view, FrameNo victim,
                                        std::span<FrameNo> out) {
            return static_cast<P*>(object)->cluster(view, victim, out);
        };
    }
}
template <class P> constexpr void add_on_hint(PolicyOperations& operations) {
    if constexpr (policy_has::on_hint<P>)
        operations.on_hint = [](void* object, FrameNo frame, Hint hint) {
            static_cast<P*>(object)->on_hint(frame, hint);
        };
}
} // namespace policy_hooks

template <class P>
constexpr PolicyOperations operations_of(std::string_view name, std::string_view alias = {}) {
    static_assert(is_replacement_policy<P, ResidentFrames>());
    PolicyOperations operations{
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
    policy_hooks::add_harvest<P>(operations);
    policy_hooks::add_prefetch<P>(operations);
    policy_hooks::add_cluster<P>(operations);
    policy_hooks::add_on_hint<P>(operations);
    return operations;
}

} // namespace libos
