// exokernel/environment/start_environment.cpp - system call `start_environment`.

#include "exokernel/arch/x86_64/exit_path.hpp"
#include "exokernel/arch/x86_64/offsets.hpp"
#include "exokernel/bindings/capability_table.hpp"
#include "exokernel/environment/run_vector.hpp"
#include "exokernel/recording/record.hpp"
#include "exokernel/syscall/table.hpp"

namespace exokernel {

using abi::Error;

Reply sys_start_environment(Call& call) {
    Environment* target =
        TRY(find_named_environment(call.caller, call.capability0(), abi::rights::control));
    const std::uint64_t entry = call.argument1();
    const std::uint64_t stack = call.argument2();
    if (!abi::is_user_address(entry) || !abi::is_user_address(stack))
        return std::unexpected(Error::invalid_argument);
    if (target->state != EnvironmentState::created)
        return std::unexpected(Error::occupied);
    if (target->pe_page == nullptr)
        return std::unexpected(Error::not_present);
    CapabilityEntry* time = TRY(find_binding(call.caller, abi::Capability{call.argument4()},
                                             abi::Kind::processor_time, abi::rights::control));
    TRY(enter_run_vector(*target, time->object, time->detail, reference_of(*time)));
    target->registers = {};
    target->registers.rip = entry;
    target->registers.rsp = stack;
    target->registers.rdi = call.argument3();
    target->registers.cs = SELECTOR_USER_CODE;
    target->registers.ss = SELECTOR_USER_DATA;
    target->registers.rflags = user_rflags(0);
    target->state = EnvironmentState::runnable;
    record(abi::Event::environment_started, target->identity, entry);
    return 0;
}

} // namespace exokernel
