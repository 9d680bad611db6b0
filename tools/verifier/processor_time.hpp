// tools/verifier/processor_time.hpp - which environment has a processor, and how long it had it.
//
// Reckoned from the events that pass a processor on. An environment's clock in the kernel starts
// a little after such an event and stops a little before it, so what is reckoned here is never
// less, and exceeds it by at most `slack_of_switch` for each switch. Idle time belongs to nobody.
//
// Where there are several processors, others' instructions come in between, any number of them: the
// clock counts those of all. What an environment had surely is what passed between events of its.

#pragma once

#include <cstdint>
#include <unordered_map>

#include "tools/recording_file/recording.hpp"

namespace verifier {

inline constexpr std::uint64_t slack_of_switch = 300; // instructions

class ProcessorTime {
public:
    void apply(const recording::Event& event);

    /// Instructions that `environment` has had, at the time of `event`.
    std::uint64_t at(std::uint32_t environment, const recording::Event& event) const;
    /// The same when the kernel last went back to it, or might have.
    std::uint64_t at_last_return(std::uint32_t environment) const;
    /// What it surely had, by the clock of the kernel, when that last went back to it.
    std::uint64_t surely_at_last_return(std::uint32_t environment) const;
    /// What it surely had by the last event of the processor that it runs on.
    std::uint64_t surely(std::uint32_t environment) const;
    /// How often a processor was passed on.
    std::uint64_t switches() const { return switches_; }
    /// Who has the processor that `event` is of; 0: nobody.
    std::uint32_t running(const recording::Event& event) const;

private:
    // Of one processor.
    struct Turn {
        std::uint32_t running = 0;
        std::uint64_t since = 0;
        std::uint64_t first = 0, last = 0; // events of this turn; 0: none yet
    };
    void stop(const Turn& turn, std::uint64_t now);
    static void has_event(Turn& turn, std::uint64_t now);

    std::unordered_map<std::uint32_t, std::uint64_t> had_, returned_;
    std::unordered_map<std::uint32_t, std::uint64_t> surely_, surely_returned_;
    std::unordered_map<std::uint16_t, Turn> turns_;
    std::uint64_t switches_ = 0;
};

} // namespace verifier
