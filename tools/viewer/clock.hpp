// tools/viewer/clock.hpp - time without what recording itself costs.

#pragma once

#include <algorithm>
#include <cstdint>

#include "tools/recording_file/recording.hpp"

namespace viewer {

/// Goes along the events of a recording. An event's time stamp is taken as it is written, so
/// writing one is in the time of the next. A libOS may write any time into its ring: an event from
/// before another one costs nothing, and takes nothing from what comes after it.
class Clock {
public:
    explicit Clock(std::uint64_t instructions_per_record) : per_record_(instructions_per_record) {}

    /// Instructions from the event before to this one.
    std::uint64_t cost_of(const recording::Event& event) {
        const std::uint64_t passed = event.time > last_ ? event.time - last_ : 0;
        const std::uint64_t cost = passed > own_ ? passed - own_ : 0;
        last_ = std::max(last_, event.time);
        own_ = (1 + event.words / 3) * per_record_;
        return cost;
    }

private:
    std::uint64_t per_record_, last_ = 0, own_ = 0;
};

} // namespace viewer
