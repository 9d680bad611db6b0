// tools/viewer/trace_tracks.hpp - which tracks a trace has, made when they are first used.
//
// The machine has a track for the hardware, the exokernel and the disk, one for each disk request
// that is under way at the same time, and counters. Among several processors hardware and exokernel
// have a track on each, beside one of what runs there. Each environment has a track for its libOS,
// one for each episode that is under way at the same time, and a counter.

#pragma once

#include <map>
#include <vector>

#include "tools/viewer/names.hpp"
#include "tools/viewer/processors.hpp"
#include "tools/viewer/trace_packets.hpp"

namespace viewer {

/// Tracks for what overlaps: what begins takes the first one that is free.
class Slots {
public:
    std::size_t take();
    void leave(std::size_t slot) { taken_[slot] = false; }

private:
    std::vector<bool> taken_;
};

class TraceTracks {
public:
    TraceTracks(const recording::Recording& recording, const Processors& processors,
                TracePackets& packets);

    /// The track of who recorded or caused the event.
    std::uint64_t of(const recording::Event& event);
    /// Of the environments that a processor runs.
    std::uint64_t runs_on(std::uint16_t processor) { return processors_.at(processor).runs; }
    std::uint64_t of_request(std::size_t slot);
    std::uint64_t of_episode(std::uint32_t environment, std::size_t slot);
    std::uint64_t in_flight() const { return in_flight_; }
    std::uint64_t free_frames() const { return free_frames_; }
    std::uint64_t free_frames_of(std::uint32_t environment);
    std::uint64_t misses_of(std::uint32_t environment);

private:
    struct Environment {
        std::uint64_t process = 0, libos = 0, free_frames = 0, misses = 0;
        std::map<std::size_t, std::uint64_t> episodes;
    };
    struct Processor {
        std::uint64_t runs = 0, hardware = 0, exokernel = 0;
    };
    Environment& environment(std::uint32_t number);

    const Names names_;
    TracePackets& packets_;
    std::uint64_t machine_ = 0, disk_ = 0, in_flight_ = 0, free_frames_ = 0;
    std::map<std::uint16_t, Processor> processors_;
    std::map<std::size_t, std::uint64_t> requests_;
    std::map<std::uint32_t, Environment> environments_;
};

} // namespace viewer
