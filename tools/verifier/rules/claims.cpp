// tools/verifier/rules/claims.cpp - what a libOS says must agree with what the kernel saw, and with
// what it said before.

#include <algorithm>

#include <fmt/format.h>

#include "bindings/abi/translation.hpp"
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
    if (found == environment.upcalls.end() && (synchronous || entry >= abi::entry_slots ||
                                               environment.registered.entries[entry] != address))
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
    const auto page = environment.read_pages.find(get<Kind::completion_seen, "cookie">(event));
    if (page != environment.read_pages.end() &&
        page->second != get<Kind::completion_seen, "page">(event))
        report.add(event.sequence,
                   fmt::format("environment {} takes a completion for page {:#x}, the read was for "
                               "page {:#x}",
                               event.environment, get<Kind::completion_seen, "page">(event),
                               page->second));
    if (fact.frame && *fact.frame != frame)
        report.add(event.sequence,
                   fmt::format("environment {} takes a completion for frame {}, the request was "
                               "for frame {}",
                               event.environment, frame, *fact.frame));
}

// A victim's write-back must have been announced by the time it is complete.
void check_written(const State& state, const Event& event, Report& report) {
    const Request* request = state.request(get<Kind::io_completed, "request">(event));
    if (request == nullptr || request->operation != 1 ||
        state.frame(request->frame).debt != Debt::writing)
        return;
    const Environment& environment = state.environment(request->environment);
    if (const Submission* fact = waiting(environment, 1, request->cookie, &Submissions::facts))
        report.add(
            event.sequence,
            fmt::format("environment {} never said that it writes back page {:#x} (event {})",
                        request->environment, state.frame(request->frame).victim_page,
                        fact->sequence));
}

// What is written back lies in the frame that is named: a victim just removed, or a page that is
// flushed while it stays mapped.
void check_written_page(const State& state, const Event& event, Report& report) {
    const std::uint64_t page = get<Kind::write_back_submitted, "page">(event);
    const std::uint64_t number = get<Kind::write_back_submitted, "frame">(event);
    const Frame& frame = state.frame(number);
    const Mapping* mapping = state.mapping(event.environment, page);
    const bool victim =
        (frame.debt == Debt::dirty || frame.debt == Debt::writing) && frame.victim_page == page;
    // A libOS may not know yet that force has it: its request will be refused.
    const bool is_taken = state.revocations().has_lost(event.environment, number, page);
    if (!victim && !is_taken && (mapping == nullptr || mapping->frame != number))
        report.add(event.sequence, fmt::format("environment {} writes back page {:#x} from frame "
                                               "{}, where it does not lie",
                                               event.environment, page, number));
}

void check_removal(const State& state, const Event& event, Report& report) {
    const Environment& environment = state.environment(event.environment);
    const std::uint64_t page = get<Kind::translation_removed, "page">(event);
    const bool restored = state.revocations().receiver(event.environment).unwritten.contains(page);
    const auto victim = environment.victims.find(page);
    const bool dirty =
        (get<Kind::translation_removed, "bits">(event) & abi::translation::dirty) != 0;
    if (victim != environment.victims.end() && victim->second.dirty && !dirty && !restored)
        report.add(
            event.sequence,
            fmt::format("environment {} says the victim page {:#x} is dirty, its translation "
                        "was clean",
                        event.environment, page));
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
        if (operation == 1)
            check_written_page(state, event, report);
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
    case Kind::io_completed:
        return check_written(state, event, report);
    case Kind::translation_removed:
        return check_removal(state, event, report);
    case Kind::translation_installed: {
        const std::uint64_t page = get<Kind::translation_installed, "page">(event);
        if (state.is_awaited(event.environment, page) && !environment.mapped.contains(page))
            report.add(event.sequence,
                       fmt::format("environment {} installs page {:#x}, which a thread waits for, "
                                   "without saying so",
                                   event.environment, page));
        return;
    }
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

void claims_belong_to_an_open_fault(const State& state, const Event& event, Report& report) {
    std::uint64_t number = 0, along = 0;
    std::optional<std::uint64_t> page;
    switch (kind_of(event)) {
    case Kind::victim_chosen:
        number = get<Kind::victim_chosen, "sequence">(event);
        break;
    case Kind::no_victim:
        number = get<Kind::no_victim, "sequence">(event);
        break;
    case Kind::write_back_submitted:
        number = get<Kind::write_back_submitted, "sequence">(event);
        break;
    case Kind::completion_seen:
        number = get<Kind::completion_seen, "sequence">(event);
        along = get<Kind::completion_seen, "page">(event);
        break;
    case Kind::read_along:
        number = get<Kind::read_along, "sequence">(event);
        break;
    case Kind::frame_taken:
        number = get<Kind::frame_taken, "sequence">(event);
        page = get<Kind::frame_taken, "page">(event);
        break;
    case Kind::read_submitted:
        number = get<Kind::read_submitted, "sequence">(event);
        page = get<Kind::read_submitted, "page">(event);
        break;
    case Kind::mapped:
        number = get<Kind::mapped, "sequence">(event);
        page = get<Kind::mapped, "page">(event);
        break;
    default:
        return;
    }
    const auto& read_along = state.environment(event.environment).along;
    if (number == 0 || read_along.contains(page.value_or(along)))
        return; // done for no fault, as a flush is, or for a page that nobody waits for
    const ThreadFault* fault = state.open_fault(event.environment, number);
    if (fault == nullptr)
        report.add(event.sequence, fmt::format("environment {} acts for its fault {}, which is not "
                                               "open",
                                               event.environment, number));
    else if (page && *page != fault->hardware.page)
        report.add(event.sequence,
                   fmt::format("environment {} acts for page {:#x} in its fault {}, which is on "
                               "page {:#x}",
                               event.environment, *page, number, fault->hardware.page));
}

} // namespace verifier::rule
