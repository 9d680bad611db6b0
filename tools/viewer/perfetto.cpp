// tools/viewer/perfetto.cpp - the recording as a trace for ui.perfetto.dev.
//
// Each event is a slice of who did it, as long as what led to it took, or an instant if it cost
// nothing. Episodes and disk requests are slices of their own, with the steps of an episode in it;
// the slices of one page fault, revocation or exception are a flow.

#include <algorithm>
#include <map>
#include <unordered_map>

#include <fmt/format.h>

#include "tools/viewer/clock.hpp"
#include "tools/viewer/episodes.hpp"
#include "tools/viewer/trace_tracks.hpp"
#include "tools/viewer/views.hpp"
#include "tools/viewer/words.hpp"

namespace viewer {

namespace {

using Kind = abi::Event;
using recording::Event;

constexpr std::size_t largest_trace = 200'000'000; // bytes; more does not open well
constexpr std::size_t most_annotated = 400'000;    // events; beyond, fields would fill the trace

std::string spaced(std::string name) {
    std::ranges::replace(name, '_', ' ');
    return name;
}

class Exporter {
public:
    Exporter(const recording::Recording& recording, const std::vector<Fault>& faults,
             const WalkOptions& options)
        : recording_(recording),
          names_(recording),
          processors_(recording),
          tracks_(recording, processors_, packets_),
          episodes_(find_episodes(recording, faults, options.instructions_per_record)) {
        // The first of each kind beside them would lie on top of its page fault, or is one of many.
        std::erase_if(episodes_, [&](const Episode& episode) {
            return episode.kind == Episode::Kind::exception &&
                   Kind{recording.events[episode.events.front().index].kind} != Kind::exception;
        });
        measure(faults, options.instructions_per_record);
    }

    std::string trace(std::string& note);

private:
    void measure(const std::vector<Fault>& faults, std::uint64_t per_record);
    void put_event(std::size_t index);
    void put_episode(const Episode& episode, std::uint64_t track);
    void put_episodes(std::size_t events);
    void count(const Event& event, std::uint64_t time);
    void run(const Event& event, std::uint64_t time);
    void follow_request(const Event& event, std::uint64_t time);

    const recording::Recording& recording_;
    const Names names_;
    TracePackets packets_;
    const Processors processors_;
    TraceTracks tracks_;
    std::vector<Episode> episodes_;
    std::vector<std::uint64_t> times_, costs_; // per event, recording's own cost taken off
    std::vector<std::uint64_t> flows_;         // per event: of the episode it belongs to, or 0
    std::vector<bool> last_of_flow_;

    struct Request {
        std::size_t slot = 0;
        std::uint64_t track = 0;
    };
    Slots request_slots_;
    std::unordered_map<std::uint64_t, Request> requests_;
    std::unordered_map<std::uint32_t, std::uint64_t> misses_; // of each environment
    std::map<std::uint16_t, std::uint32_t> running_;          // environments, by processor
    std::uint64_t free_frames_ = 0;
    bool frames_known_ = false;
};

void Exporter::measure(const std::vector<Fault>& faults, std::uint64_t per_record) {
    const std::size_t count = recording_.events.size();
    times_.resize(count);
    costs_.resize(count);
    flows_.resize(count);
    last_of_flow_.resize(count);
    Clock clock(per_record);
    std::uint64_t time = 0;
    for (std::size_t i = 0; i < count; ++i) {
        const Event& event = recording_.events[i];
        costs_[i] = clock.cost_of(event);
        times_[i] = time += costs_[i];
        const Kind kind = static_cast<Kind>(event.kind);
        if (i == 0 || kind == Kind::page_fault || kind == Kind::exception ||
            kind == Kind::interrupt)
            costs_[i] = 0; // what came before was the application's, or nobody's
    }
    for (const Fault& fault : faults) {
        for (const StepEvent& event : fault.events) {
            flows_[event.index] = fault.number;
            costs_[event.index] = event.cost;
        }
        if (!fault.events.empty())
            last_of_flow_[fault.events.back().index] = true;
    }
    for (const Episode& episode : episodes_) { // an event of a fault stays in the fault's flow
        if (episode.kind == Episode::Kind::fault)
            continue;
        std::size_t last = count;
        for (const StepEvent& event : episode.events)
            if (flows_[event.index] == 0)
                flows_[last = event.index] =
                    static_cast<std::uint64_t>(episode.kind) << 48 | episode.number;
        if (last != count)
            last_of_flow_[last] = true;
    }
}

void Exporter::put_event(std::size_t index) {
    const Event& event = recording_.events[index];
    const abi::EventDefinition* const definition = definition_of(event);
    TracePackets::Details details{.flow = flows_[index], .last_of_flow = last_of_flow_[index]};
    if (recording_.events.size() <= most_annotated) {
        for (const Field& field : fields(event))
            if (field.text == fmt::to_string(field.value))
                TracePackets::annotate(details.annotations, field.name, field.value);
            else
                TracePackets::annotate(details.annotations, field.name, field.text);
        if (definition != nullptr)
            TracePackets::annotate(details.annotations, "source", definition->source);
    }
    const std::string name = spaced(name_of_kind(event));
    const std::uint64_t track = tracks_.of(event), time = times_[index];
    if (costs_[index] == 0) {
        packets_.instant(track, time, name, details);
    } else {
        packets_.begin(track, time - costs_[index], name, details);
        packets_.end(track, time);
    }
    if (!recording::of_true_origin(event))
        return;
    follow_request(event, time);
    count(event, time);
    if (!event.claim && processors_.are_several())
        run(event, time);
}

// Environments that a processor runs are slices of its own track; with nobody there, it idles.
void Exporter::run(const Event& event, std::uint64_t time) {
    const bool ended = Kind{event.kind} == Kind::environment_ended;
    if (!ended && Kind{event.kind} != Kind::environment_switched)
        return;
    const std::uint64_t gone = field(event, "environment");
    std::erase_if(running_, [&](const auto& running) {
        const bool stops = ended ? running.second == gone : running.first == event.processor;
        if (stops)
            packets_.end(tracks_.runs_on(running.first), time);
        return stops;
    });
    const auto to = static_cast<std::uint32_t>(field(event, "to"));
    if (to == 0)
        return;
    packets_.begin(tracks_.runs_on(event.processor), time, names_.of_environment(to), {});
    running_[event.processor] = to;
}

void Exporter::follow_request(const Event& event, std::uint64_t time) {
    const Kind kind = static_cast<Kind>(event.kind);
    if (kind == Kind::io_submitted) {
        Request request{.slot = request_slots_.take()};
        request.track = tracks_.of_request(request.slot);
        if (!requests_.emplace(field(event, "request"), request).second)
            return request_slots_.leave(request.slot); // a number used twice
        packets_.begin(request.track, time,
                       fmt::format("{} block {}", field(event, "operation") == 0 ? "read" : "write",
                                   field(event, "block")),
                       {});
    } else if (kind == Kind::io_completed) {
        const auto found = requests_.find(field(event, "request"));
        if (found == requests_.end())
            return;
        packets_.end(found->second.track, time);
        request_slots_.leave(found->second.slot);
        requests_.erase(found);
    } else {
        return;
    }
    packets_.count(tracks_.in_flight(), time, requests_.size());
}

void Exporter::count(const Event& event, std::uint64_t time) {
    const Kind kind = static_cast<Kind>(event.kind);
    if (kind == Kind::page_fault)
        return packets_.count(tracks_.misses_of(event.environment), time,
                              ++misses_[event.environment]);
    if (kind == Kind::frame_taken || kind == Kind::victim_chosen)
        return packets_.count(tracks_.free_frames_of(event.environment), time,
                              field(event, "free_frames"));
    if (kind == Kind::kernel_started) {
        free_frames_ = field(event, "frames");
        frames_known_ = true;
    } else if (kind == Kind::frame_bound && free_frames_ != 0) {
        --free_frames_;
    } else if (kind == Kind::frame_released) {
        ++free_frames_;
    } else {
        return;
    }
    if (frames_known_)
        packets_.count(tracks_.free_frames(), time, free_frames_);
}

// The episode with its steps: a step is a run of events of one step.
void Exporter::put_episode(const Episode& episode, std::uint64_t track) {
    constexpr const char* names[] = {"page fault", "revocation", "exception", "shootdown"};
    TracePackets::Details details;
    TracePackets::annotate(details.annotations, "what", episode.title);
    if (!episode.outcome.empty())
        TracePackets::annotate(details.annotations, "outcome", episode.outcome);
    const auto& events = episode.events;
    packets_.begin(
        track, times_[events.front().index],
        fmt::format("{} {}", names[static_cast<std::size_t>(episode.kind)], episode.number),
        details);
    std::uint64_t done = times_[events.front().index];
    for (std::size_t i = 0; i < events.size();) {
        const std::uint32_t step = events[i].step;
        const std::uint64_t begin = std::max(done, times_[events[i].index] - events[i].cost);
        while (i < events.size() && events[i].step == step)
            done = std::max(done, times_[events[i++].index]);
        if (step == 0)
            continue;
        packets_.begin(track, begin, fmt::format("{} {}", step_number(step), step_title(step)), {});
        packets_.end(track, done);
    }
    packets_.end(track, done);
}

// Episodes of one environment that overlap are on tracks of their own.
void Exporter::put_episodes(std::size_t events) {
    struct Open {
        std::size_t last, slot;
    };
    std::unordered_map<std::uint32_t, std::pair<Slots, std::vector<Open>>> environments;
    for (const Episode& episode : episodes_) {
        const std::size_t first = episode.events.front().index;
        if (episode.events.back().index >= events)
            continue;
        auto& [slots, open] = environments[episode.parties.back()];
        std::erase_if(open, [&](const Open& one) {
            if (one.last > first)
                return false;
            slots.leave(one.slot);
            return true;
        });
        open.push_back({episode.events.back().index, slots.take()});
        put_episode(episode, tracks_.of_episode(episode.parties.back(), open.back().slot));
    }
}

std::string Exporter::trace(std::string& note) {
    std::size_t events = 0;
    while (events < recording_.events.size() && packets_.size() < largest_trace)
        put_event(events++);
    if (events < recording_.events.size())
        note = fmt::format("the trace has {} of {} events: Perfetto does not open well what is "
                           "larger than {} MB. Record less, with --until fault:N.",
                           grouped(events), grouped(recording_.events.size()),
                           largest_trace / 1'000'000);
    for (const auto& [number, request] : requests_) // for ever under way
        packets_.end(request.track, times_[events - 1]);
    for (const auto& [processor, environment] : running_)
        packets_.end(tracks_.runs_on(processor), times_[events - 1]);
    put_episodes(events);
    return packets_.bytes();
}

} // namespace

std::string perfetto(const recording::Recording& recording, const std::vector<Fault>& faults,
                     const WalkOptions& options, std::string& note) {
    return Exporter(recording, faults, options).trace(note);
}

} // namespace viewer
