// tools/viewer/processors.hpp - on which processor each event of a recording happened.
//
// What the exokernel records lies in the ring of the processor. A claim happened where the
// exokernel had its libOS run, whatever it says about that itself.

#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "tools/recording_file/recording.hpp"

namespace viewer {

/// What is to be said of costs where there are several.
inline constexpr const char* of_all_processors =
    "The clock counts the instructions of all processors together, those that wait included.";

class Processors {
public:
    explicit Processors(const recording::Recording& recording);

    /// Those on which the exokernel recorded anything, ascending.
    const std::vector<std::uint16_t>& all() const { return all_; }
    bool are_several() const { return all_.size() > 1; }
    std::uint16_t of(std::size_t event) const { return of_[event]; }

private:
    std::vector<std::uint16_t> all_, of_;
};

} // namespace viewer
