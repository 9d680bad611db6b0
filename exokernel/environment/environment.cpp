// exokernel/environment/environment.cpp - pending upcalls.

#include "exokernel/environment/environment.hpp"

#include "exokernel/arch/x86_64/kernel_lock.hpp"

namespace exokernel {

void raise(Environment& environment, abi::Entry entry) {
    require_lock();
    if (environment.pe_page == nullptr || environment.state == EnvironmentState::ending)
        return;
    __atomic_fetch_or(&environment.pe_page->pending, 1u << static_cast<std::uint32_t>(entry),
                      __ATOMIC_RELEASE);
    if (environment.state == EnvironmentState::waiting ||
        environment.state == EnvironmentState::blocked)
        environment.state = EnvironmentState::runnable;
    if (processor_count != 1)
        alert(environment);
}

} // namespace exokernel
