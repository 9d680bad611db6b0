// exokernel/arch/x86_64/interrupt_table.hpp - the IDT.

#pragma once

namespace exokernel {

/// Fills the table with the unrecorded entry points and loads it.
void load_interrupt_table();

/// Points the fault and exception vectors at the recorded or the unrecorded variant.
void set_fault_vectors(bool recorded);

} // namespace exokernel
