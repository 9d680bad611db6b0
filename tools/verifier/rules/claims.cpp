// tools/verifier/rules/claims.cpp - what a libOS says must agree with what the kernel saw.

#include <algorithm>

#include <fmt/format.h>

#include "tools/verifier/fields.hpp"
#include "tools/verifier/rules.hpp"

namespace verifier::rule {

using Kind = abi::Event;

namespace {

void check_handler(const Environment& environment, const Event& event, Report& report) {
    const std::uint64_t entry = get<Kind::handler_entered, "entry">(event);
    const std::uint64_t address = get<Kind::handler_entered, "address">(event);
    const std::uint64_t area = get<Kind::handler_entered, "save_area">(event);
    const auto found = std::ranges::find_if(environment.upcalls, [&](const Upcall& upcall) {
        return upcall.entry == entry && upcall.save_area == area &&
               (upcall.address == address || address == 0);
    });
    // An asynchronous upcall that is pending may be handled without being delivered.
    const bool synchronous = entry == static_cast<std::uint64_t>(abi::Entry::page_fault) ||
                             entry == static_cast<std::uint64_t>(abi::Entry::exception);
    const bool known = entry < abi::entry_slots && environment.entries[entry] != 0;
    if (found == environment.upcalls.end() && (synchronous || entry >= abi::entry_slots ||
                                               (known && environment.entries[entry] != address)))
        report.add(event.sequence,
                   fmt::format("environment {} says its handler of {} runs at {:#x} on save area "
                               "{}; there was no such upcall",
                               event.environment, abi::name_of(static_cast<abi::Entry>(entry)),
                               address, area));
}

// Both sides of a submission agree on the block; the frame is for dma-frame-matches-request.
void check_block(const Event& event, const Submission* other, std::uint64_t block, Report& report) {
    if (other != nullptr && other->block != block)
        report.add(event.sequence,
                   fmt::format("environment {}: libOS and kernel name different blocks of one "
                               "request, {} and {} (event {})",
                               event.environment, block, other->block, other->sequence));
}

const Submission* waiting(const Environment& environment, std::size_t operation,
                          std::uint64_t cookie, std::deque<Submission> Submissions::* side) {
    const auto both = environment.submissions[operation].find(cookie);
    return both == environment.submissions[operation].end() || (both->second.*side).empty()
               ? nullptr
               : &(both->second.*side).front();
}

void check_completion(const Environment& environment, const Event& event, Report& report) {
    const auto found = environment.completions.find(get<Kind::completion_seen, "cookie">(event));
    if (found == environment.completions.end() || found->second.empty())
        return; // completion-matches-a-request
    const Completion& fact = found->second.front();
    const std::uint64_t error = get<Kind::completion_seen, "error">(event);
    const std::uint64_t frame = get<Kind::completion_seen, "frame">(event);
    if (fact.error != error)
        report.add(event.sequence,
                   fmt::format("environment {} takes a completion with error {}, the kernel "
                               "completed it with {}",
                               event.environment, error, fact.error));
    if (fact.frame && *fact.frame != frame)
        report.add(event.sequence,
                   fmt::format("environment {} takes a completion for frame {}, the request was "
                               "for frame {}",
                               event.environment, frame, *fact.frame));
}

} // namespace

void handler_claims_match_kernel_facts(const State& state, const Event& event, Report& report) {
    const Environment& environment = state.environment(event.environment);
    switch (kind_of(event)) {
    case Kind::handler_entered:
        return check_handler(environment, event, report);
    case Kind::read_submitted:
    case Kind::write_back_submitted: {
        const std::size_t operation = kind_of(event) == Kind::write_back_submitted ? 1 : 0;
        return check_block(event,
                           waiting(environment, operation,
                                   get<Kind::read_submitted, "cookie">(event), &Submissions::facts),
                           get<Kind::read_submitted, "block">(event), report);
    }
    case Kind::io_submitted: {
        const std::size_t operation = get<Kind::io_submitted, "operation">(event) == 0 ? 0 : 1;
        return check_block(event,
                           waiting(environment, operation, get<Kind::io_submitted, "cookie">(event),
                                   &Submissions::claims),
                           get<Kind::io_submitted, "block">(event), report);
    }
    case Kind::completion_seen:
        return check_completion(environment, event, report);
    case Kind::thread_resumed: {
        // Whatever the libOS said it mapped for this page must be what the kernel wrote.
        const std::uint64_t page = get<Kind::thread_resumed, "page">(event);
        const auto claim = environment.mapped.find(page);
        const Mapping* fact = state.mapping(event.environment, page);
        if (claim != environment.mapped.end() && fact != nullptr && fact->frame != claim->second)
            report.add(event.sequence,
                       fmt::format("environment {} says page {:#x} is in frame {}, the kernel "
                                   "installed frame {}",
                                   event.environment, page, claim->second, fact->frame));
        return;
    }
    default:
        return;
    }
}

} // namespace verifier::rule
