// tools/verifier/rules/placement.cpp - a page has one place on the disk, all through the run.

#include <fmt/format.h>

#include "tools/verifier/fields.hpp"
#include "tools/verifier/rules.hpp"

namespace verifier::rule {

using Kind = abi::Event;

void page_keeps_its_block(const State& state, const Event& event, Report& report) {
    const Placement& placement = state.environment(event.environment).placement;
    if (kind_of(event) == Kind::fault_seen) {
        const std::uint64_t page = get<Kind::fault_seen, "page">(event);
        const std::uint64_t region = get<Kind::fault_seen, "region">(event);
        const auto known = placement.region_of(page);
        if (known && *known != region)
            report.add(event.sequence, fmt::format("page {:#x} of environment {} lies in region "
                                                   "{:#x}, before it lay in {:#x}",
                                                   page, event.environment, region, *known));
        return;
    }
    // The payloads of both kinds are alike.
    if (kind_of(event) != Kind::read_submitted && kind_of(event) != Kind::write_back_submitted)
        return;
    const std::uint64_t page = get<Kind::read_submitted, "page">(event);
    const std::uint64_t block = get<Kind::read_submitted, "block">(event);
    const auto known = placement.block_of(page);
    // What was taken by force is read again from where it was saved.
    if (kind_of(event) == Kind::read_submitted &&
        state.revocations().receiver(event.environment).restored.contains(page))
        return;
    if (known && *known != block)
        report.add(event.sequence,
                   fmt::format("environment {} {} page {:#x} {} block {}, its block is {}",
                               event.environment,
                               kind_of(event) == Kind::read_submitted ? "reads" : "writes", page,
                               kind_of(event) == Kind::read_submitted ? "from" : "to", block,
                               *known));
}

} // namespace verifier::rule
