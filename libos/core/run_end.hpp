// libos/core/run_end.hpp - what is done last: the pager writes back and prints its figures.

#pragma once

namespace libos {

/// Called by `finish`, in a thread with upcalls disabled. Returns 0, or the status that the run
/// shall have because something was lost.
using RunEnd = int (*)();
void set_run_end(RunEnd function);

} // namespace libos
