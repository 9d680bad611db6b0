// exokernel/environment/start_environment.cpp - system call `start_environment`.

#include "exokernel/arch/x86_64/exit_path.hpp"
#include "exokernel/arch/x86_64/kernel_lock.hpp"
#include "exokernel/environment/run_vector.hpp"
#include "exokernel/syscall/table.hpp"

namespace exokernel {

void begin(Environment& environment, std::uint64_t entry, std::uint64_t stack,
           std::uint64_t argument) {
    environment.registers = {};
    environment.registers.rip = entry;
    environment.registers.rsp = stack;
    environment.registers.rdi = argument;
    environment.registers.cs = SELECTOR_USER_CODE;
    environment.registers.ss = SELECTOR_USER_DATA;
    environment.registers.rflags = user_rflags(0);
    environment.state = EnvironmentState::runnable;
    alert(environment);
    record(Event::environment_started, environment.identity, entry);
}

Reply sys_start_environment(Call& call) {
    Environment* target =
        TRY(find_named_environment(call.caller, call.capability0(), rights::control));
    const std::uint64_t entry = call.argument1();
    const std::uint64_t stack = call.argument2();
    if (!abi::is_user_address(entry) || !abi::is_user_address(stack))
        return std::unexpected(Error::invalid_argument);
    if (target->state != EnvironmentState::created)
        return std::unexpected(Error::occupied);
    if (target->pe_page == nullptr)
        return std::unexpected(Error::not_present);
    if (target->slices == 0) {
        CapabilityEntry* time = TRY(find_binding(call.caller, abi::Capability{call.argument4()},
                                                 Kind::processor_time, rights::control));
        std::uint64_t position = time->object;
        while (slice_at(position).environment != nullptr)
            if (++position == time->object + time->detail)
                return std::unexpected(Error::limit_reached);
        give_slice(position, {target, 0, reference_of(*time)});
    }
    begin(*target, entry, stack, call.argument3());
    return 0;
}

} // namespace exokernel
