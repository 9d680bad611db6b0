// exokernel/syscall/dispatch.cpp - from the number to the handler, and from its reply back; what
// the arguments of calls name.

#include "exokernel/PE/deliver_upcall.hpp"
#include "exokernel/arch/x86_64/kernel_lock.hpp"
#include "exokernel/environment/run_vector.hpp"
#include "exokernel/syscall/table.hpp"

namespace exokernel {

namespace {

// Refuses what lies in registers that are no arguments of this call.
template <auto handler, unsigned arguments> Reply checked(Call& call) {
    if (((arguments < 5 ? call.argument4() : 0) | (arguments < 4 ? call.argument3() : 0) |
         (arguments < 3 ? call.argument2() : 0) | (arguments < 2 ? call.argument1() : 0) |
         (arguments < 1 ? call.argument0() : 0)) != 0)
        return std::unexpected(Error::invalid_argument);
    return handler(call);
}

struct SlowCall {
    Reply (*handler)(Call&);
    bool steps; // has a `progress`
};
#define FAULTLINE_SLOW_CALL(name, arguments, steps) {checked<sys_##name, arguments>, steps},
constexpr SlowCall slow_calls[] = {FAULTLINE_SLOW_CALLS(FAULTLINE_SLOW_CALL)}; // from `install` on
static_assert(sizeof slow_calls / sizeof slow_calls[0] == abi::call_count - 1);

constexpr std::uint64_t system_call_instruction_bytes = 2;

Reply start_or_go_on(Call& call, std::uint64_t index) {
    if (index >= sizeof slow_calls / sizeof slow_calls[0] ||
        (call.progress() != 0 && !slow_calls[index].steps))
        return std::unexpected(Error::unknown_call);
    return slow_calls[index].handler(call);
}

} // namespace

extern "C" [[noreturn]] void handle_system_call(Registers* registers) {
    Call call{*processor().environment};
    if (processor_count != 1) [[unlikely]] {
        take_lock();
        if (!may_go_on(call.caller)) // ended, or without its position
            run_next();
    }
    const std::uint64_t number = registers->rax & 0xffff'ffff; // `progress` lies above it
    const std::uint64_t argument = registers->rdi;
    const Reply reply = start_or_go_on(call, number - 1);
    switch (reply.next()) {
    case Reply::Next::finish:
        registers->rax = reply.error();
        registers->rdx = reply.value();
        record(Event::system_call, number, reply.error(), reply.value(), registers->rip, argument);
        break;
    case Reply::Next::again:
        registers->rip -= system_call_instruction_bytes;
        break;
    case Reply::Next::pause:
        registers->rip -= system_call_instruction_bytes;
        settle_blocked();
        // It may be the caller itself that is ending now.
        if (call.caller.state == EnvironmentState::runnable)
            call.caller.state = EnvironmentState::blocked;
        somebody_waits = true;
        run_next();
    case Reply::Next::leave:
        registers->rax = registers->rdx = 0;
        record(Event::system_call, number, 0, 0, registers->rip, argument);
        run_next();
    }
    // A call may have ended its own caller.
    if (call.caller.state != EnvironmentState::runnable)
        run_next();
    return_to(call.caller);
}

extern "C" void record_system_call(std::uint64_t number, std::uint64_t error, std::uint64_t value,
                                   std::uint64_t rip, std::uint64_t argument) {
    record(Event::system_call, number, error, value, rip, argument);
}

abi::Result<volatile std::uint64_t*> request_words(Environment& caller, std::uint64_t offset,
                                                   std::uint64_t bytes) {
    if (offset % 8 != 0 || caller.request_area[0] == 0)
        return std::unexpected(Error::invalid_argument);
    if (offset >= abi::request_area_bytes || bytes > abi::page_size - offset % abi::page_size)
        return std::unexpected(Error::out_of_range);
    return reinterpret_cast<volatile std::uint64_t*>(caller.request_area[offset >> 12] +
                                                     offset % abi::page_size);
}

abi::Result<void> check_words(const Environment& caller, std::uint64_t offset,
                              std::uint64_t count) {
    if (count > abi::batch_limit || offset > abi::request_area_bytes ||
        count * 8 > abi::request_area_bytes - offset)
        return std::unexpected(Error::out_of_range);
    if (offset % 8 != 0 || caller.request_area[0] == 0)
        return std::unexpected(Error::invalid_argument);
    return {};
}

abi::Result<void> copy_request(Environment& caller, std::uint64_t offset, void* to,
                               std::uint64_t bytes) {
    if (bytes > abi::request_area_bytes || offset > abi::request_area_bytes - bytes)
        return std::unexpected(Error::out_of_range);
    auto* words = static_cast<std::uint64_t*>(to);
    for (std::uint64_t done = 0; done != bytes; done += 8)
        words[done / 8] = *TRY(request_words(caller, offset + done, 8));
    return {};
}

abi::Result<Environment*> find_environment(Environment& caller, abi::Capability capability,
                                           std::uint32_t wanted) {
    if (!capability)
        return &caller;
    return find_named_environment(caller, capability, wanted);
}

abi::Result<Environment*> find_named_environment(Environment& caller, abi::Capability capability,
                                                 std::uint32_t wanted) {
    CapabilityEntry* entry = TRY(find_binding(caller, capability, Kind::environment, wanted));
    auto* environment = reinterpret_cast<Environment*>(entry->object);
    if (environment->state == EnvironmentState::ending)
        return std::unexpected(Error::ended);
    return environment;
}

} // namespace exokernel
