// exokernel/arch/x86_64/interrupt_table.hpp - the IDT.

#pragma once

namespace exokernel {

/// Fills the table and loads it.
void load_interrupt_table();

} // namespace exokernel
