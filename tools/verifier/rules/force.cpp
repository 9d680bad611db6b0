// tools/verifier/rules/force.cpp - the abort protocol: what force may touch, and what it spares.

#include <fmt/format.h>

#include "bindings/abi/revocation.hpp"
#include "bindings/abi/system_call.hpp"
#include "bindings/abi/translation.hpp"
#include "tools/verifier/fields.hpp"
#include "tools/verifier/rules.hpp"

namespace verifier::rule {

using Kind = abi::Event;

void who_complies_loses_nothing(const State& state, const Event& event, Report& report) {
    const Revocations& known = state.revocations();
    if (kind_of(event) == Kind::revocation_ended) {
        const Revocation& open = known.numbered(get<Kind::revocation_ended, "number">(event));
        if (get<Kind::revocation_ended, "taken">(event) == 0 && open.taken + open.forced != 0)
            report.add(event.sequence,
                       fmt::format("revocation {} says that nothing was taken: {} bindings were, "
                                   "and {} frames given back by others",
                                   open.number, open.taken, open.forced));
        return;
    }
    if (kind_of(event) != Kind::frame_released)
        return;
    const std::uint64_t frame = get<Kind::frame_released, "frame">(event);
    const std::uint32_t owner = known.owner_of_frame(frame);
    if (known.receiver(owner).ended || known.taken(frame) != nullptr)
        return;
    for (const auto& [receiver, open] : known.all())
        if (open.open && !open.expired && event.environment != receiver &&
            known.is_frame_below(frame, open.target))
            report.add(event.sequence,
                       fmt::format("frame {} of environment {} is given back by environment {}, "
                                   "while revocation {} still waits",
                                   frame, owner, event.environment, open.number));
}

void guaranteed_frames_are_spared(const State& state, const Event& event, Report& report) {
    const Revocations& known = state.revocations();
    if (kind_of(event) == Kind::guaranteed) {
        const std::uint64_t links = get<Kind::guaranteed, "links">(event);
        std::uint64_t count = links != 0 ? 2 : 1;
        for (const auto& [slot, frames] : known.receiver(event.environment).guaranteed)
            count += frames.size();
        const std::uint64_t frame = get<Kind::guaranteed, "frame">(event);
        if (count != get<Kind::guaranteed, "count">(event) || count > abi::guaranteed_limit)
            report.add(event.sequence,
                       fmt::format("the guaranteed set of environment {} has {} frames, not {}",
                                   event.environment, count,
                                   get<Kind::guaranteed, "count">(event)));
        const Binding own =
            binding_of(event.environment, get<Kind::guaranteed, "capability">(event));
        if (!known.is_own(frame, own) || (links != 0 && !state.frame(links).bound))
            report.add(event.sequence,
                       fmt::format("environment {} guarantees frame {}, which is not behind the "
                                   "capability that it names",
                                   event.environment, frame));
        return;
    }
    if (kind_of(event) != Kind::binding_taken)
        return;
    const std::uint64_t holder = get<Kind::binding_taken, "holder">(event);
    const Binding taken = binding_of(holder, get<Kind::binding_taken, "capability">(event));
    if (known.receiver(holder).guaranteed.contains(taken.slot))
        report.add(event.sequence, fmt::format("revocation {} takes a binding of the guaranteed "
                                               "set of environment {}",
                                               get<Kind::binding_taken, "number">(event), holder));
}

void taken_frame_has_no_translation(const State& state, const Event& event, Report& report) {
    const Revocations& known = state.revocations();
    const auto use = [&](std::uint64_t frame, const char* what) {
        if (const Taken* taken = known.taken(frame))
            report.add(event.sequence, fmt::format("frame {} {}, though revocation {} has taken it",
                                                   frame, what, taken->number));
    };
    switch (kind_of(event)) {
    case Kind::binding_taken: {
        const std::uint64_t frame = get<Kind::binding_taken, "frame">(event);
        const Binding taken = binding_of(get<Kind::binding_taken, "holder">(event),
                                         get<Kind::binding_taken, "capability">(event));
        // Others may go on mapping a frame that is only shared.
        const bool first = known.is_own(frame, taken);
        // Of one that was passed on nobody knows: it counts as read and written.
        constexpr std::uint64_t used = abi::translation::accessed | abi::translation::dirty;
        const std::uint64_t bits = get<Kind::binding_taken, "bits">(event);
        const std::uint64_t gathered = known.forced_bits(frame);
        if (get<Kind::binding_taken, "kind">(event) !=
                static_cast<std::uint64_t>(abi::Kind::frame) &&
            (bits != 0 || frame != 0))
            report.add(event.sequence, "what is taken is no frame, and has a frame and bits");
        if (first && bits != gathered && bits != used)
            report.add(event.sequence,
                       fmt::format("frame {} is taken with bits {:#x}, its translations had {:#x}",
                                   frame, bits, gathered));
        if (state.mappings_through(taken) != 0 ||
            (first && (state.frame(frame).mappings != 0 || state.frame(frame).unflushed)))
            report.add(event.sequence, fmt::format("frame {} is taken while translations lead to "
                                                   "it",
                                                   frame));
        return;
    }
    case Kind::translation_installed:
        return use(get<Kind::translation_installed, "frame">(event), "is mapped");
    case Kind::io_submitted:
        return use(get<Kind::io_submitted, "frame">(event), "is used for a request");
    default:
        return;
    }
}

void force_touches_only_what_was_asked_for(const State& state, const Event& event, Report& report) {
    const Revocations& known = state.revocations();
    const bool answers = kind_of(event) == Kind::system_call &&
                         get<Kind::system_call, "call">(event) ==
                             static_cast<std::uint64_t>(abi::Call::request_revocation);
    if (answers || kind_of(event) == Kind::binding_taken)
        for (const std::uint64_t stray : known.strays(event.environment))
            report.add(stray, fmt::format("the revocation that environment {} asked for breaks or "
                                          "unmaps what was not asked for",
                                          event.environment));
    if (kind_of(event) != Kind::binding_taken)
        return;
    const Revocation& open = known.numbered(get<Kind::binding_taken, "number">(event));
    const Binding taken = binding_of(get<Kind::binding_taken, "holder">(event),
                                     get<Kind::binding_taken, "capability">(event));
    if (open.number != 0 && !known.is_below(taken, open.target))
        report.add(event.sequence,
                   fmt::format("revocation {} takes a binding of environment {} that was not asked "
                               "for",
                               open.number, taken.holder));
}

} // namespace verifier::rule
