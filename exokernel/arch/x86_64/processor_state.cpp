// exokernel/arch/x86_64/processor_state.cpp - FPU state, FS and GS base of an environment.

#include "exokernel/arch/x86_64/control.hpp"
#include "exokernel/environment/environment.hpp"

namespace exokernel {

void save_processor_state(Environment& environment) {
    if (fpu_uses_xsave)
        asm volatile("xsave64 (%0)" : : "r"(environment.fpu_state), "a"(~0u), "d"(~0u) : "memory");
    else
        asm volatile("fxsave64 (%0)" : : "r"(environment.fpu_state) : "memory");
    if (fs_gs_base_available) {
        environment.fs_base = read_msr(msr::fs_base);
        environment.gs_base = read_msr(msr::kernel_gs_base); // swapgs put it there
    }
}

void restore_processor_state(const Environment& environment) {
    if (fpu_uses_xsave)
        asm volatile("xrstor64 (%0)" : : "r"(environment.fpu_state), "a"(~0u), "d"(~0u) : "memory");
    else
        asm volatile("fxrstor64 (%0)" : : "r"(environment.fpu_state) : "memory");
    // Selectors are no state of an environment: who comes finds null ones. Loading GS may clear the
    // base, so it is the program's that is loaded; then both bases are written.
    asm volatile("movl %0, %%ds\n\tmovl %0, %%es\n\tmovl %0, %%fs\n\t"
                 "swapgs\n\tmovl %0, %%gs\n\tswapgs"
                 :
                 : "r"(0));
    write_msr(msr::fs_base, environment.fs_base);
    write_msr(msr::kernel_gs_base, environment.gs_base);
}

} // namespace exokernel
