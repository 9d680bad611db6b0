// tools/viewer/names.hpp - who is who in a recording: environments and libOSes by their programs.
//
// The recording is read once. What an environment says of itself counts; where it says nothing,
// what its creator says; of the run's first environment, else, the run's app.

#pragma once

#include <map>
#include <string>

#include "tools/recording_file/recording.hpp"

namespace viewer {

class Names {
public:
    explicit Names(const recording::Recording& recording);

    /// In printable characters; empty if nothing is known.
    const std::string& program(std::uint32_t environment) const;

    /// "environment 2 (wc)", or without a name if it is not known.
    std::string of_environment(std::uint64_t environment) const;

    /// "libOS wc", among several "libOS 2 (wc)".
    std::string of_libos(std::uint32_t environment) const;

    /// Who did it: "hardware", "exokernel", "disk" or the name of the libOS.
    std::string actor(const recording::Event& event) const;

private:
    std::map<std::uint32_t, std::string> told_, own_; // by creators, and by themselves
    std::string app_;
    std::size_t liboses_ = 0; // those that record
    std::uint32_t first_ = ~0u;
};

} // namespace viewer
