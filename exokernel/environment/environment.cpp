// exokernel/environment/environment.cpp - processor state of an environment, and pending upcalls.

#include "exokernel/environment/environment.hpp"

#include "exokernel/arch/x86_64/control.hpp"

namespace exokernel {

constinit Environment nobody{};

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
    write_msr(msr::fs_base, environment.fs_base);
    write_msr(msr::kernel_gs_base, environment.gs_base);
}

void raise(Environment& environment, abi::Entry entry) {
    if (environment.pe_page == nullptr || environment.state == EnvironmentState::ending)
        return;
    __atomic_fetch_or(&environment.pe_page->pending, 1u << static_cast<std::uint32_t>(entry),
                      __ATOMIC_RELEASE);
    if (environment.state == EnvironmentState::waiting)
        environment.state = EnvironmentState::runnable;
}

std::uint32_t next_identity() {
    static constinit std::uint32_t last = 0;
    return ++last;
}

} // namespace exokernel
