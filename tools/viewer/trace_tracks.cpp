// tools/viewer/trace_tracks.cpp - the tracks' names, order and descriptions.

#include "tools/viewer/trace_tracks.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace viewer {

namespace {

constexpr const char* unit = "One nanosecond is one instruction; recording's own are left out.";
constexpr std::uint64_t machine_number = 1, first_environment_number = 1000,
                        first_processor_number = 1'000'000'000;
constexpr std::uint64_t rank_of_slots = 100, rank_of_counters = 50;

} // namespace

std::size_t Slots::take() {
    const auto free = std::ranges::find(taken_, false);
    const auto slot = static_cast<std::size_t>(free - taken_.begin());
    if (free == taken_.end())
        taken_.push_back(true);
    else
        *free = true;
    return slot;
}

TraceTracks::TraceTracks(const recording::Recording& recording, const Processors& processors,
                         TracePackets& packets)
    : names_(recording), packets_(packets) {
    machine_ = packets.process("machine", machine_number, unit);
    const auto add = [&](std::uint64_t process, Processor& to) {
        to.hardware = packets.track(process, "hardware", 0, "Faults, exceptions and interrupts.");
        to.exokernel = packets.track(process, "exokernel", 1,
                                     "What the exokernel did: each slice ends with its event.");
    };
    if (!processors.are_several())
        add(machine_, processors_[processors.all().empty() ? 0 : processors.all().front()]);
    for (std::size_t i = 0; processors.are_several() && i != processors.all().size(); ++i) {
        const std::uint16_t number = processors.all()[i];
        const std::uint64_t process =
            packets.process(fmt::format("processor {}", number), first_processor_number + number,
                            fmt::format("{} {}", unit, of_all_processors));
        add(process, processors_[number]);
        processors_[number].runs =
            packets.track(process, "runs", 2, "The environment that the processor runs.");
    }
    disk_ = packets.track(machine_, "disk", 2, "Completed requests.");
    free_frames_ = packets.counter(machine_, "free frames", rank_of_counters);
    in_flight_ = packets.counter(machine_, "disk requests in flight", rank_of_counters + 1);
}

TraceTracks::Environment& TraceTracks::environment(std::uint32_t number) {
    Environment& found = environments_[number];
    if (found.process == 0) {
        found.process = packets_.process(names_.of_environment(number),
                                         first_environment_number + number, unit);
        found.libos = packets_.track(found.process, "libOS", 0,
                                     "What the libOS claims: each slice ends with its event.");
    }
    return found;
}

std::uint64_t TraceTracks::of(const recording::Event& event) {
    if (event.claim)
        return environment(event.environment).libos;
    const std::string who = names_.actor(event);
    const auto found = processors_.find(event.processor);
    const Processor& on = found == processors_.end() ? processors_.begin()->second : found->second;
    return who == "hardware" ? on.hardware : who == "disk" ? disk_ : on.exokernel;
}

std::uint64_t TraceTracks::of_request(std::size_t slot) {
    std::uint64_t& track = requests_[slot];
    if (track == 0)
        track = packets_.track(machine_, fmt::format("disk request {}", slot + 1),
                               rank_of_slots + slot, "From submission to completion.");
    return track;
}

std::uint64_t TraceTracks::of_episode(std::uint32_t number, std::size_t slot) {
    Environment& owner = environment(number);
    std::uint64_t& track = owner.episodes[slot];
    if (track == 0)
        track =
            packets_.track(owner.process, fmt::format("episode {}", slot + 1), rank_of_slots + slot,
                           "Page faults, revocations and exceptions, with their steps.");
    return track;
}

std::uint64_t TraceTracks::misses_of(std::uint32_t number) {
    Environment& owner = environment(number);
    if (owner.misses == 0)
        owner.misses = packets_.counter(owner.process, "misses", rank_of_counters + 1);
    return owner.misses;
}

std::uint64_t TraceTracks::free_frames_of(std::uint32_t number) {
    Environment& owner = environment(number);
    if (owner.free_frames == 0)
        owner.free_frames = packets_.counter(owner.process, "free frames", rank_of_counters);
    return owner.free_frames;
}

} // namespace viewer
