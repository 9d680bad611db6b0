// exokernel/environment/run_report.hpp - what the host learns of a run's end.

#pragma once

#include "exokernel/environment/environment.hpp"

namespace exokernel {

/// A one-screen report of an environment that is ended for what it did (addresses only).
void report_fault(const Environment& environment, std::uint64_t fault_address);

/// The first environment has ended: waits for the disk, writes the result, stops the machine.
[[noreturn]] void end_run(Environment& first, EndReason reason, std::uint64_t fault_address);

} // namespace exokernel
