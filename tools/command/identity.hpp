// tools/command/identity.hpp - numbers by which results are known to belong together.
//
// Guarantees: they depend on contents only, never on paths, dates or the host; equal inputs have
// equal numbers everywhere. They tell apart by chance what differs (all but one in 2^64), and are
// no protection against someone who means to deceive.

#pragma once

#include <cstdint>
#include <string>

#include "tools/command/experiment.hpp"

namespace command {

struct Identity {
    std::uint64_t workload = 0;   // what the app has to do: app, arguments, seed, files
    std::uint64_t experiment = 0; // all that decides the result: kernel, programs, machine as well
};

/// Reads every file of `experiment`; `qemu` is what QEMU says of its version.
Outcome<Identity> identity_of(const Experiment& experiment, const std::string& qemu);

/// What `exo sim` works on with the options of `parsed`: reads the trace.
Outcome<std::uint64_t> simulated_workload(const Parsed& parsed);

/// The same as identity_of for `exo sim`, which has this program for its kernel.
Outcome<Identity> identity_of_simulation(const Parsed& parsed, std::uint64_t workload);

/// As results show it: 16 hexadecimal digits.
std::string shown_identity(std::uint64_t number);

} // namespace command
