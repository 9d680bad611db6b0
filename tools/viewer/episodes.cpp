// tools/viewer/episodes.cpp - faults as episodes, and runs of events between a begin and an end.

#include "tools/viewer/episodes.hpp"

#include <algorithm>
#include <functional>

#include <fmt/format.h>

#include "tools/viewer/words.hpp"

namespace viewer {

namespace {

using Kind = abi::Event;
using recording::Event;

constexpr std::size_t longest_run = 400; // events

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

// The events from `begin` on that `belongs` accepts, up to the one at which `ends` says so.
std::vector<FaultEvent> run(const recording::Recording& recording,
                            const std::vector<std::uint64_t>& costs, std::size_t begin,
                            const std::function<bool(const Event&)>& belongs,
                            const std::function<bool(const Event&)>& ends) {
    std::vector<FaultEvent> events;
    std::uint64_t passed = 0;
    for (std::size_t i = begin; i < recording.events.size() && events.size() < longest_run; ++i) {
        const Event& event = recording.events[i];
        if (!belongs(event)) {
            passed += costs[i];
            continue;
        }
        const abi::EventDefinition* definition = definition_of(event);
        events.push_back({.index = i,
                          .step = definition != nullptr ? definition->step : 0,
                          .cost = i == begin ? 0 : costs[i],
                          .waited = passed});
        passed = 0;
        if (i != begin && ends(event))
            break;
    }
    return events;
}

Episode exception(const recording::Recording& recording, const std::vector<std::uint64_t>& costs,
                  std::size_t begin, std::uint64_t number) {
    const Event& raised = recording.events[begin];
    const std::uint32_t environment = raised.environment;
    Episode episode{.kind = Episode::Kind::exception,
                    .number = number,
                    .environment = environment,
                    .title = fmt::format("exception {} of environment {}", field(raised, "vector"),
                                         environment),
                    .outcome = {},
                    .events = {}};
    bool resumed = false, ended = false;
    episode.events = run(
        recording, costs, begin,
        [&](const Event& event) {
            return event.environment == environment ||
                   (static_cast<Kind>(event.kind) == Kind::environment_ended &&
                    field(event, "environment") == environment);
        },
        [&](const Event& event) {
            const Kind kind = static_cast<Kind>(event.kind);
            resumed = kind == Kind::thread_resumed;
            ended = kind == Kind::environment_ended && field(event, "environment") == environment;
            return resumed || ended;
        });
    if (resumed)
        episode.outcome = "The libOS handles it and resumes.";
    if (ended)
        episode.outcome = "The environment ends.";
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
    std::uint64_t exceptions = 0;
    for (std::size_t i = 0; i < recording.events.size(); ++i) {
        const Event& event = recording.events[i];
        if (event.claim)
            continue;
        if (static_cast<Kind>(event.kind) == Kind::exception)
            episodes.push_back(exception(recording, costs, i, ++exceptions));
    }
    std::ranges::sort(episodes, {}, [](const Episode& episode) {
        return std::pair(episode.events.front().index, episode.kind);
    });
    return episodes;
}

} // namespace viewer
