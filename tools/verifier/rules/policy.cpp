// tools/verifier/rules/policy.cpp - step 3: what a policy is asked and told, as far as the kernel
// knows it.

#include <fmt/format.h>

#include "bindings/abi/translation.hpp"
#include "tools/verifier/fields.hpp"
#include "tools/verifier/rules.hpp"

namespace verifier::rule {

using Kind = abi::Event;

namespace {

/// Whether the page is resident, or was until force took its frame, which its libOS may not know.
bool is_resident(const State& state, const Event& event, std::uint64_t page) {
    return state.mapping(event.environment, page) != nullptr ||
           state.revocations().has_lost(event.environment, page);
}

void check_told(const State& state, const Event& event, Report& report) {
    const std::uint64_t page = get<Kind::policy_told, "page">(event);
    const std::uint64_t answer = get<Kind::policy_told, "answer">(event);
    if (answer == 0 || answer > static_cast<std::uint64_t>(abi::Told::harvested))
        report.add(
            event.sequence,
            fmt::format("a policy is told {} of page {:#x}, which says nothing", answer, page));
    if (!is_resident(state, event, page))
        report.add(event.sequence,
                   fmt::format("the policy of environment {} is told of page {:#x}, "
                               "which is not resident",
                               event.environment, page));
}

void check_cleared(const Environment& environment, const Event& event, Report& report) {
    const std::uint64_t first = get<Kind::bits_cleared, "page">(event);
    const std::uint64_t count = get<Kind::bits_cleared, "count">(event);
    if (get<Kind::bits_cleared, "which">(event) != abi::translation::accessed)
        return;
    std::uint64_t told = 0;
    for (const auto& [page, since] : environment.accessed)
        told += page - first < count ? 1 : 0;
    if (told > get<Kind::bits_cleared, "cleared">(event))
        report.add(event.sequence,
                   fmt::format("the policy of environment {} was told that {} of {} pages from "
                               "{:#x} on were accessed, {} were",
                               event.environment, told, count, first,
                               get<Kind::bits_cleared, "cleared">(event)));
}

void check_all_cleared(const State& state, const Event& event, Report& report) {
    for (const auto& [page, since] : state.environment(event.environment).accessed)
        if (state.mapping(event.environment, page) != nullptr)
            report.add(event.sequence,
                       fmt::format("a thread resumes while page {:#x}, of which a policy was told "
                                   "that it was accessed (event {}), still looks so",
                                   page, since));
}

} // namespace

void policy_is_told_what_is_so(const State& state, const Event& event, Report& report) {
    switch (kind_of(event)) {
    case Kind::policy_told:
        return check_told(state, event, report);
    case Kind::bits_cleared:
        return check_cleared(state.environment(event.environment), event, report);
    case Kind::thread_resumed:
        return check_all_cleared(state, event, report);
    case Kind::no_victim: {
        const std::uint64_t page = get<Kind::no_victim, "page">(event);
        if (page != 0 && !is_resident(state, event, page))
            report.add(event.sequence,
                       fmt::format("the victim page {:#x} that is let be is not resident", page));
        return;
    }
    case Kind::page_withdrawn: {
        const std::uint64_t page = get<Kind::page_withdrawn, "page">(event);
        const Mapping* const mapping = state.mapping(event.environment, page);
        if (mapping != nullptr && mapping->frame == get<Kind::page_withdrawn, "frame">(event))
            report.add(event.sequence,
                       fmt::format("page {:#x} is taken from the policy while it is mapped", page));
        return;
    }
    default:
        return;
    }
}

void frames_keep_their_numbers(const State& state, const Event& event, Report& report) {
    if (kind_of(event) != Kind::frame_taken)
        return;
    const Environment& environment = state.environment(event.environment);
    const std::uint64_t frame = get<Kind::frame_taken, "frame">(event);
    const std::uint64_t number = get<Kind::frame_taken, "number">(event);
    const auto known = environment.numbers.find(frame);
    const auto other = environment.numbered.find(number);
    if (const auto pool = environment.pool; pool && number >= *pool)
        report.add(event.sequence, fmt::format("frame {} has the number {} in a pool of {} frames",
                                               frame, number, *pool));
    else if ((known != environment.numbers.end() && known->second != number) ||
             (other != environment.numbered.end() && other->second != frame))
        report.add(event.sequence, fmt::format("frame {} has the number {} in its pool, which was "
                                               "another one's, or it had another",
                                               frame, number));
}

} // namespace verifier::rule
