// tools/viewer/episodes.cpp - faults as episodes, and runs of events between a begin and an end.

#include "tools/viewer/episodes.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "bindings/abi/processor_environment.hpp"
#include "bindings/abi/system_call.hpp"
#include "tools/viewer/words.hpp"

namespace viewer {

namespace {

using Kind = abi::Event;
using recording::Event;

constexpr std::size_t longest_run = 1000; // events

// What passed before each event, recording's own cost taken off.
std::vector<std::uint64_t> costs_of(const recording::Recording& recording,
                                    std::uint64_t per_record) {
    std::vector<std::uint64_t> costs;
    costs.reserve(recording.events.size());
    std::uint64_t last_time = 0, own = 0;
    for (const Event& event : recording.events) {
        const std::uint64_t passed = event.time > last_time ? event.time - last_time : 0;
        costs.push_back(passed > own ? passed - own : 0);
        last_time = event.time;
        own = (1 + event.words / 3) * per_record;
    }
    return costs;
}

Episode of(const Fault& fault) {
    Episode episode{.kind = Episode::Kind::fault,
                    .number = fault.number,
                    .environment = fault.environment,
                    .title = fmt::format("page {:#x}", fault.page),
                    .outcome = frame_of(fault),
                    .events = fault.events};
    if (fault.thread)
        episode.title += fmt::format(", thread {}", *fault.thread);
    std::ranges::sort(episode.events, {}, &FaultEvent::index);
    return episode;
}

Kind kind_of(const Event& event) { return static_cast<Kind>(event.kind); }

// A run of events as it is put together.
class Run {
public:
    Run(const recording::Recording& recording, const std::vector<std::uint64_t>& costs)
        : recording_(recording), costs_(costs) {}

    void add(std::size_t index, std::uint32_t step) {
        std::uint64_t passed = 0;
        for (std::size_t i = events.empty() ? index : events.back().index + 1; i < index; ++i)
            passed += costs_[i];
        std::uint64_t cost = events.empty() ? 0 : costs_[index];
        if (index != 0 && follows_program(index)) {
            passed += cost;
            cost = 0;
        }
        events.push_back({.index = index, .step = step, .cost = cost, .waited = passed});
    }
    bool full() const { return events.size() == longest_run; }

    std::vector<FaultEvent> events;

private:
    // Whether a program ran for any time before the event: that is no work of the event's.
    bool follows_program(std::size_t index) const {
        const Kind before = kind_of(recording_.events[index - 1]);
        return kind_of(recording_.events[index]) == Kind::interrupt ||
               before == Kind::environment_switched || before == Kind::resumed_by_iret;
    }

    const recording::Recording& recording_;
    const std::vector<std::uint64_t>& costs_;
};

bool ends_environment(const Event& event, std::uint32_t environment) {
    return kind_of(event) == Kind::environment_ended && !event.claim &&
           field(event, "environment") == environment;
}

bool is_upcall(const Event& event, abi::Entry entry) {
    return kind_of(event) == Kind::upcall &&
           field(event, "entry") == static_cast<std::uint64_t>(entry);
}

bool is_call(const Event& event, abi::Call call) {
    return kind_of(event) == Kind::system_call &&
           field(event, "call") == static_cast<std::uint64_t>(call);
}

Episode exception(const recording::Recording& recording, const std::vector<std::uint64_t>& costs,
                  std::size_t begin, std::uint64_t number) {
    constexpr std::uint32_t detect = 1;
    const Event& raised = recording.events[begin];
    const std::uint32_t environment = raised.environment;
    Episode episode{.kind = Episode::Kind::exception,
                    .number = number,
                    .environment = environment,
                    .title = fmt::format("exception {} of environment {}", field(raised, "vector"),
                                         environment),
                    .outcome = {},
                    .events = {}};
    Run run(recording, costs);
    for (std::size_t i = begin; i < recording.events.size() && !run.full(); ++i) {
        const Event& event = recording.events[i];
        const bool ended = ends_environment(event, environment);
        if (event.environment != environment && !ended)
            continue;
        if (i != begin && kind_of(event) == Kind::exception)
            break; // that is the next one
        const abi::EventDefinition* const definition = definition_of(event);
        run.add(i, i == begin ? detect : definition != nullptr ? definition->step : 0);
        if (ended)
            episode.outcome = "The environment ends.";
        else if (kind_of(event) == Kind::thread_resumed ||
                 kind_of(event) == Kind::exception_resumed)
            episode.outcome = "The libOS handles it and resumes.";
        if (!episode.outcome.empty())
            break;
    }
    episode.events = std::move(run.events);
    return episode;
}

// What breaking a binding does, whoever runs then.
bool is_effect(Kind kind) {
    return kind == Kind::translation_removed || kind == Kind::binding_broken ||
           kind == Kind::frame_released || kind == Kind::tlb_flushed;
}

// Steps: bindings/abi/event.hpp. Those of the receiver's own events follow from when they are.
Episode revocation(const recording::Recording& recording, const std::vector<std::uint64_t>& costs,
                   std::size_t begin, std::uint64_t ordinal) {
    constexpr std::uint32_t choose = 22, deliver = 28, mend = 29;
    const Event& asked = recording.events[begin];
    const std::uint64_t number = field(asked, "number");
    const auto receiver = static_cast<std::uint32_t>(field(asked, "receiver"));
    const std::uint64_t asker = field(asked, "asker");
    Episode episode{.kind = Episode::Kind::revocation,
                    .number = ordinal,
                    .environment = receiver,
                    .title = fmt::format("environment {} asks environment {} for {} units", asker,
                                         receiver, field(asked, "count")),
                    .outcome = {},
                    .events = {}};
    Run run(recording, costs);
    std::uint32_t step = choose;
    bool expired = false, ended = false, taken = false;
    for (std::size_t i = begin; i < recording.events.size() && !run.full(); ++i) {
        const Event& event = recording.events[i];
        const Kind kind = kind_of(event);
        const abi::EventDefinition* const definition = definition_of(event);
        const bool of_revocation =
            !event.claim && definition != nullptr && definition->step > revocation_steps &&
            field(event, kind == Kind::repossessed ? "forced" : "number") == number;
        if (of_revocation) {
            expired |= kind == Kind::revocation_expired;
            step = expired ? definition->step : choose;
            run.add(i, definition->step);
            if (kind != Kind::revocation_ended)
                continue;
            ended = true;
            taken = field(event, "taken") != 0;
            episode.outcome =
                fmt::format("{} units are given back, {} taken by force, {} missing.",
                            field(event, "given"), field(event, "taken"), field(event, "missing"));
            if (!taken)
                break;
        } else if (ends_environment(event, receiver)) {
            run.add(i, step);
            break;
        } else if (kind == Kind::revocation_requested && ended &&
                   field(event, "receiver") == receiver) {
            break;
        } else if (event.environment == receiver) {
            if (is_upcall(event, abi::Entry::repossession))
                step = deliver;
            const bool told = definition != nullptr && definition->step > revocation_steps;
            if (!is_call(event, abi::Call::yield)) // it passes its time
                run.add(i, told ? definition->step : step);
            if (step == deliver)
                step = mend;
            else if (step == mend && kind == Kind::thread_resumed)
                break;
        } else if ((expired && !ended && is_effect(kind)) ||
                   (kind == Kind::environment_switched && field(event, "to") == receiver) ||
                   (event.environment == asker && is_call(event, abi::Call::request_revocation))) {
            run.add(i, step);
        }
    }
    episode.events = std::move(run.events);
    return episode;
}

} // namespace

std::string frame_of(const Fault& fault) {
    if (fault.victim_page)
        return fmt::format("Its frame is taken from page {:#x}{}.", *fault.victim_page,
                           fault.written_back ? ", which is written back" : "");
    if (fault.joined)
        return "It joins another thread's fault on the same page.";
    return fault.frame_taken ? "A frame was free." : "";
}

std::vector<Episode> find_episodes(const recording::Recording& recording,
                                   const std::vector<Fault>& faults,
                                   std::uint64_t instructions_per_record) {
    std::vector<Episode> episodes;
    episodes.reserve(faults.size());
    for (const Fault& fault : faults)
        episodes.push_back(of(fault));
    const std::vector<std::uint64_t> costs = costs_of(recording, instructions_per_record);
    std::uint64_t exceptions = 0, revocations = 0;
    for (std::size_t i = 0; i < recording.events.size(); ++i) {
        const Event& event = recording.events[i];
        if (event.claim)
            continue;
        if (kind_of(event) == Kind::exception)
            episodes.push_back(exception(recording, costs, i, ++exceptions));
        if (kind_of(event) == Kind::revocation_requested)
            episodes.push_back(revocation(recording, costs, i, ++revocations));
    }
    std::ranges::sort(episodes, {}, [](const Episode& episode) {
        return std::pair(episode.events.front().index, episode.kind);
    });
    return episodes;
}

} // namespace viewer
