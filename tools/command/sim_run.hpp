// tools/command/sim_run.hpp - `exo sim --run RUN`: the policies of a recorded run, run again.

#pragma once

#include "tools/command/options.hpp"
#include "tools/command/project.hpp"

namespace command {

/// Says of each pager whether it chooses every victim again, and shows the first that it does not.
/// Errors: RUN is no recording, or one without what the policies were told.
Outcome<ExitCode> replay_run(const Project& project, const std::string& run, const Parsed& parsed);

} // namespace command
