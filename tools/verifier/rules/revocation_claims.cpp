// tools/verifier/rules/revocation_claims.cpp - what a libOS says of a revocation: what it was asked
// for, what it gives back, what it finds gone, and where it reads that again.
//
// `page_restored` is said before the page's read is submitted or while it is in flight: its block
// is compared with that of the read once both are known, at the latest when the page is installed.

#include <fmt/format.h>

#include "tools/verifier/fields.hpp"
#include "tools/verifier/rules.hpp"

namespace verifier::rule {

using Kind = abi::Event;

namespace {

void check_seen(const Revocation& latest, const Event& event, Report& report) {
    if (latest.number != get<Kind::revocation_seen, "number">(event) ||
        latest.capability != get<Kind::revocation_seen, "binding">(event) ||
        latest.asked != get<Kind::revocation_seen, "count">(event) ||
        latest.deadline != get<Kind::revocation_seen, "deadline">(event))
        report.add(event.sequence,
                   fmt::format("environment {} sees revocation {}: {} within {} instructions; "
                               "revocation {} asked it for {} within {}",
                               event.environment, get<Kind::revocation_seen, "number">(event),
                               units(latest.kind, get<Kind::revocation_seen, "count">(event)),
                               get<Kind::revocation_seen, "deadline">(event), latest.number,
                               units(latest.kind, latest.asked), latest.deadline));
}

void check_chosen(const State& state, const Event& event, Report& report) {
    const Revocations& known = state.revocations();
    const std::uint64_t number = get<Kind::frame_chosen, "number">(event);
    const std::uint64_t frame = get<Kind::frame_chosen, "frame">(event);
    const std::uint64_t page = get<Kind::frame_chosen, "page">(event);
    const Revocation& latest = known.of_receiver(event.environment);
    if (number == 0) {
        // For nobody: the libOS makes room for a page table.
    } else if (latest.number != number ||
               !known.receiver(event.environment).seen.contains(number)) {
        report.add(event.sequence, fmt::format("environment {} chooses a frame for revocation {}, "
                                               "of which it has not said that it sees it",
                                               event.environment, number));
    } else if (!known.is_frame_below(frame, latest.target) &&
               !known.has_lost(event.environment, frame, page)) {
        report.add(event.sequence,
                   fmt::format("environment {} chooses frame {}, which was not asked for",
                               event.environment, frame));
    }
    if (state.frame(frame).mappings != 0 && !state.is_mapped(page, frame))
        report.add(
            event.sequence,
            fmt::format("environment {} chooses frame {} with page {:#x}, which does not lie "
                        "there",
                        event.environment, frame, page));
}

void check_repossession(const Revocations& known, const Event& event, Report& report) {
    const std::uint64_t slot = get<Kind::repossession_seen, "slot">(event);
    const auto& slots = known.receiver(event.environment).slots;
    const auto told = slots.find(slot);
    if (told == slots.end() ||
        told->second.capability != get<Kind::repossession_seen, "binding">(event) ||
        told->second.frame != get<Kind::repossession_seen, "frame">(event) ||
        told->second.state != get<Kind::repossession_seen, "state">(event) ||
        ((told->second.page || told->second.frame == 0) &&
         told->second.page.value_or(0) != get<Kind::repossession_seen, "page">(event)))
        report.add(event.sequence, fmt::format("environment {} finds in slot {} what the exokernel "
                                               "did not tell there",
                                               event.environment, slot));
}

void check_block(const State& state, const Event& event, std::uint64_t page, std::uint64_t block,
                 Report& report) {
    const auto& reads = state.environment(event.environment).reads;
    const auto read = reads.find(page);
    if (read != reads.end() && read->second.block != block)
        report.add(event.sequence, fmt::format("page {:#x} is said to be restored from block {}, "
                                               "it is read from block {}",
                                               page, block, read->second.block));
}

} // namespace

void revocation_claims_match_kernel_facts(const State& state, const Event& event, Report& report) {
    const Revocations& known = state.revocations();
    const Receiver& receiver = known.receiver(event.environment);
    switch (kind_of(event)) {
    case Kind::revocation_seen:
        return check_seen(known.of_receiver(event.environment), event, report);
    case Kind::frame_chosen:
        return check_chosen(state, event, report);
    case Kind::repossession_seen:
        return check_repossession(known, event, report);
    case Kind::page_restored: {
        const std::uint64_t page = get<Kind::page_restored, "page">(event);
        const std::uint64_t block = get<Kind::page_restored, "block">(event);
        const auto saved = receiver.saved.find(page);
        if (saved == receiver.saved.end() || saved->second != block)
            report.add(event.sequence,
                       fmt::format("environment {} restores page {:#x} from block {}, where its "
                                   "contents were not saved",
                                   event.environment, page, block));
        return check_block(state, event, page, block, report);
    }
    case Kind::translation_installed: {
        const std::uint64_t page = get<Kind::translation_installed, "page">(event);
        const auto restored = receiver.restored.find(page);
        if (restored != receiver.restored.end())
            check_block(state, event, page, restored->second, report);
        return;
    }
    default:
        return;
    }
}

} // namespace verifier::rule
