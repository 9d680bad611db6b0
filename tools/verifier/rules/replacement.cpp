// tools/verifier/rules/replacement.cpp - steps 3 and 4: victims, and what becomes of their frames.

#include <fmt/format.h>

#include "bindings/abi/translation.hpp"
#include "tools/verifier/fields.hpp"
#include "tools/verifier/rules.hpp"

namespace verifier::rule {

using Kind = abi::Event;

void victim_only_when_no_frame_is_free(const State& state, const Event& event, Report& report) {
    if (kind_of(event) != Kind::victim_chosen)
        return;
    const std::uint64_t page = get<Kind::victim_chosen, "victim_page">(event);
    const std::uint64_t claimed = get<Kind::victim_chosen, "free_frames">(event);
    const std::uint64_t known = state.environment(event.environment).free_frames.value_or(claimed);
    if (claimed != 0 || known != 0)
        report.add(event.sequence,
                   fmt::format("environment {} names page {:#x} as victim while {} "
                               "frames are free",
                               event.environment, page, claimed != 0 ? claimed : known));
}

void victim_is_resident(const State& state, const Event& event, Report& report) {
    if (kind_of(event) != Kind::victim_chosen)
        return;
    const std::uint64_t page = get<Kind::victim_chosen, "victim_page">(event);
    const std::uint64_t frame = get<Kind::victim_chosen, "victim_frame">(event);
    const Mapping* mapping = state.mapping(event.environment, page);
    // A libOS may not know yet that force has it: it will find no translation to remove.
    if (mapping == nullptr && state.revocations().has_lost(event.environment, frame, page))
        return;
    if (mapping == nullptr)
        report.add(event.sequence, fmt::format("the victim page {:#x} of environment {} is not "
                                               "resident",
                                               page, event.environment));
    else if (mapping->frame != frame)
        report.add(event.sequence, fmt::format("the victim page {:#x} lies in frame {}, not in {}",
                                               page, mapping->frame, frame));
    else if (state.frame(frame).reads != 0)
        report.add(event.sequence, fmt::format("the victim page {:#x} is still being read", page));
}

void removal_returns_the_bits(const State& state, const Event& event, Report& report) {
    if (kind_of(event) != Kind::translation_removed)
        return;
    namespace bits = abi::translation;
    const std::uint64_t before = get<Kind::translation_removed, "before">(event);
    const std::uint64_t returned = get<Kind::translation_removed, "bits">(event);
    if (returned != (before & (bits::accessed | bits::dirty)))
        report.add(event.sequence, fmt::format("the removal of translation {:#x} returns the bits "
                                               "{:#x}",
                                               before, returned));
    const auto& mappings = state.table(get<Kind::translation_removed, "table">(event)).mappings;
    const auto mapping = mappings.find(get<Kind::translation_removed, "page">(event));
    if (mapping == mappings.end() &&
        state.table(get<Kind::translation_removed, "table">(event)).complete)
        report.add(event.sequence, fmt::format("a translation of page {:#x} is removed, but none "
                                               "was installed",
                                               get<Kind::translation_removed, "page">(event)));
    constexpr std::uint64_t changing = bits::accessed | bits::dirty;
    if (mapping != mappings.end() &&
        (mapping->second.translation & ~changing) != (before & ~changing))
        report.add(event.sequence, fmt::format("the translation {:#x} is removed, installed was "
                                               "{:#x}",
                                               before, mapping->second.translation));
    // Only another processor's flush can be put off.
    if (get<Kind::translation_removed, "flushed">(event) >
        (state.has_several_processors() ? 2u : 1u))
        report.add(event.sequence,
                   "the removal says neither that it flushed, nor that it did not, nor that it put "
                   "that off for another processor");
    if ((before & bits::frame_mask) >> 12 != get<Kind::translation_removed, "frame">(event))
        report.add(event.sequence,
                   fmt::format("the translation {:#x} that is removed does not lead "
                               "to frame {}",
                               before, get<Kind::translation_removed, "frame">(event)));
}

namespace {

// The frame that `event` puts to a new use; nothing for other events.
std::optional<std::uint64_t> reused_frame(const State& state, const Event& event) {
    switch (kind_of(event)) {
    case Kind::translation_installed: {
        const std::uint64_t number = get<Kind::translation_installed, "frame">(event);
        const Frame& frame = state.frame(number);
        if (frame.victim_environment == event.environment &&
            frame.victim_page == get<Kind::translation_installed, "page">(event))
            return std::nullopt; // the victim itself comes back before it has gone
        return number;
    }
    case Kind::io_submitted:
        if (get<Kind::io_submitted, "operation">(event) == 0)
            return get<Kind::io_submitted, "frame">(event);
        return std::nullopt;
    case Kind::frame_bound:
        return get<Kind::frame_bound, "frame">(event);
    default:
        return std::nullopt;
    }
}

} // namespace

void removal_flushes_before_reuse(const State& state, const Event& event, Report& report) {
    const bool given_to_dma = kind_of(event) == Kind::io_submitted;
    const auto number = given_to_dma ? std::optional{get<Kind::io_submitted, "frame">(event)}
                                     : reused_frame(state, event);
    if (!number)
        return;
    const Frame& frame = state.frame(*number);
    const auto report_tlb = [&](const std::string& whose) {
        report.add(event.sequence,
                   fmt::format("frame {} is {} while the TLB{} may still hold page {:#x} -> it",
                               *number, given_to_dma ? "given to the disk" : "used again", whose,
                               frame.unflushed_page));
    };
    if (frame.unflushed)
        report_tlb("");
    if (frame.put_off && kind_of(event) != Kind::frame_bound)
        return; // the remover's choice; others do not get the frame before
    for (const std::uint16_t processor : frame.unflushed_on)
        report_tlb(fmt::format(" of processor {}", processor));
}

void dirty_victim_written_before_reuse(const State& state, const Event& event, Report& report) {
    const auto number = reused_frame(state, event);
    if (!number)
        return;
    const Frame& frame = state.frame(*number);
    if (frame.debt == Debt::dirty || frame.debt == Debt::writing)
        report.add(
            event.sequence,
            fmt::format("frame {} is used again, but the dirty victim page {:#x} in it {}", *number,
                        frame.victim_page,
                        frame.debt == Debt::dirty ? "was not written" : "is still being written"));
}

void clean_victim_not_written(const State& state, const Event& event, Report& report) {
    if (kind_of(event) != Kind::io_submitted || get<Kind::io_submitted, "operation">(event) == 0)
        return;
    const std::uint64_t number = get<Kind::io_submitted, "frame">(event);
    if (state.frame(number).debt == Debt::clean)
        report.add(event.sequence,
                   fmt::format("the victim page {:#x} in frame {} is written though "
                               "it is clean",
                               state.frame(number).victim_page, number));
}

} // namespace verifier::rule
