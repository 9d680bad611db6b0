// exokernel/environment/limit.cpp - an environment's own time, and bounding the length of an
// upcall.
//
// Who is limited is looked at every `ticks`: an environment found with upcalls disabled twice in a
// row, with no upcall delivered in between, has been in one upcall all that time.

#include "exokernel/arch/x86_64/kernel_lock.hpp"
#include "exokernel/environment/end_environment.hpp"
#include "exokernel/syscall/table.hpp"

namespace exokernel {

namespace {

// 0 if upcalls are enabled now, else a number that changes with every upcall delivered.
std::uint64_t upcall_in_progress(const Environment& environment) {
    const abi::ProcessorEnvironmentPage& page = *environment.pe_page;
    return page.upcalls_disabled == 0 ? 0 : 1 + page.faults + page.upcalls + page.exceptions;
}

} // namespace

[[gnu::always_inline]] void start_own_time(Environment& environment) {
    const std::uint64_t now = time_stamp();
    environment.limit.start(now);
    environment.revocation.deadline.start(now);
}

void stop_own_time(Environment& environment) {
    const std::uint64_t now = time_stamp();
    environment.limit.stop(now);
    environment.revocation.deadline.stop(now);
}

bool check_limit(Environment& environment) {
    if (!environment.limit.is_over(time_stamp()))
        return false;
    const std::uint64_t now_in = upcall_in_progress(environment);
    if (now_in != 0 && now_in == environment.limit_upcalls) {
        end_environment(environment, EndReason::upcall_too_long, 0);
        return true;
    }
    environment.limit_upcalls = now_in;
    environment.limit.set(environment.limit_ticks);
    environment.limit.start(time_stamp());
    return false;
}

Reply sys_set_limit(Call& call) {
    Environment* target = TRY(find_environment(call.caller, call.capability0(), rights::control));
    const std::uint64_t ticks = call.argument1();
    if (ticks != 0 && !is_length(ticks))
        return std::unexpected(Error::out_of_range);
    const bool by_parent = target->parent == &call.caller;
    if (target->limit_ticks != 0 && target->limit_is_parents && !by_parent)
        return std::unexpected(Error::busy);
    target->limit_is_parents = by_parent;
    target->limit_ticks = ticks;
    target->limit_upcalls = 0;
    target->limit.set(ticks);
    if (target == &call.caller)
        target->limit.start(time_stamp());
    alert(*target); // where it runs, it begins now
    return 0;
}

} // namespace exokernel
