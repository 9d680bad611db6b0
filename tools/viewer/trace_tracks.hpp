// tools/viewer/trace_tracks.hpp - which tracks a trace has, made when they are first used.
//
// The machine has a track for the hardware, the exokernel and the disk, one for each disk request
// that is under way at the same time, and counters; each environment has a track for its libOS,
// one for each episode that is under way at the same time, and a counter.

#pragma once

#include <map>
#include <vector>

#include "tools/viewer/names.hpp"
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
    explicit TraceTracks(const recording::Recording& recording, TracePackets& packets);

    /// The track of who recorded or caused the event.
    std::uint64_t of(const recording::Event& event);
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
    Environment& environment(std::uint32_t number);

    const Names names_;
    TracePackets& packets_;
    std::uint64_t machine_ = 0, hardware_ = 0, exokernel_ = 0, disk_ = 0, in_flight_ = 0,
                  free_frames_ = 0;
    std::map<std::size_t, std::uint64_t> requests_;
    std::map<std::uint32_t, Environment> environments_;
};

} // namespace viewer
