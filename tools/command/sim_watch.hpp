// tools/command/sim_watch.hpp - shows how far a long simulation is, and ends one whose policy loops
// for ever.
//
// Progress stands on stderr from the first second on, if that is a terminal and NO_COLOR is not
// set. A policy that has not answered within ten seconds of processor time ends the program: one
// line says which, with how many frames, and at which fault; the exit status is 6.

#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

namespace command {

class SimulationWatch {
public:
    /// Looks every `tick` of processor time; ends what `patience` ticks find at the same question.
    explicit SimulationWatch(std::chrono::milliseconds tick = std::chrono::seconds(1),
                             unsigned patience = 10);
    ~SimulationWatch();
    SimulationWatch(const SimulationWatch&) = delete;
    SimulationWatch& operator=(const SimulationWatch&) = delete;

    /// The next simulation: what it is about, for messages.
    void begin(std::string_view policy, std::uint64_t frames, std::uint64_t references);
};

} // namespace command
