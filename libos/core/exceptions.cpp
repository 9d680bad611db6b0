// libos/core/exceptions.cpp - the libOS's end of the entry `exception`: asks the application's
// handler, and records what was found and with what the program goes on.

#include "libos/core/exceptions.hpp"

#include "libos/core/failure.hpp"
#include "libos/core/record.hpp"
#include "libos/core/threads.hpp"
#include "libos/core/upcall.hpp"

namespace libos {

namespace {

ExceptionHandler application_handler = nullptr;
std::uint64_t exceptions = 0;
constexpr std::uint64_t trap_flag = 1u << 8;

std::uint64_t current_thread() { return threads::current == nullptr ? 0 : threads::current->id; }

void note_seen(const abi::SaveArea& saved, std::uint64_t save_area) {
    if (!recording::is_on())
        return;
    recording::prepare();
    const auto entry = abi::Entry::exception;
    recording::emit<abi::Event::handler_entered>(
        entry, processor_environment().entries[static_cast<std::uint32_t>(entry)], current_thread(),
        save_area, exceptions);
    recording::emit<abi::Event::exception_seen>(exceptions, saved.cause >> 8, saved.error,
                                                saved.rip, saved.rsp, saved.rflags,
                                                current_thread(), save_area);
}

bool other_registers_differ(const abi::SaveArea& a, const abi::SaveArea& b) {
    return a.rax != b.rax || a.rbx != b.rbx || a.rcx != b.rcx || a.rdx != b.rdx || a.rsi != b.rsi ||
           a.rdi != b.rdi || a.rbp != b.rbp || a.r8 != b.r8 || a.r9 != b.r9 || a.r10 != b.r10 ||
           a.r11 != b.r11 || a.r12 != b.r12 || a.r13 != b.r13 || a.r14 != b.r14 || a.r15 != b.r15;
}

// `saved`: what the exokernel wrote; `before`: what the handler was given; `now`: what it left.
void note_resumed(const abi::SaveArea& saved, const abi::SaveArea& before,
                  const abi::SaveArea& now) {
    namespace edited = abi::edited;
    recording::note<abi::Event::exception_resumed>(
        exceptions, current_thread(), saved.cause >> 8, now.rip, now.rsp, now.rflags,
        (now.rip != saved.rip ? edited::rip : 0) | (now.rsp != saved.rsp ? edited::rsp : 0) |
            (now.rflags != saved.rflags ? edited::rflags : 0) |
            (other_registers_differ(now, before) ? edited::registers : 0));
}

// `area` is what will be resumed. On save area 1 (a debug exception inside the resume sequence)
// that is not what the exokernel saved now: the sequence is dropped and begins again.
bool handle_exception(abi::SaveArea& area, std::uint64_t vector, std::uint64_t save_area) {
    ++exceptions;
    const abi::SaveArea saved = processor_environment().save[save_area];
    const abi::SaveArea before = area;
    note_seen(saved, save_area);
    if (application_handler == nullptr ||
        application_handler(vector, area) == ExceptionAnswer::unhandled) {
        fail_thread({.what = Failure::What::exception,
                     .error = abi::Error::invalid_argument,
                     .address = vector,
                     .rip = saved.rip,
                     .code = saved.error});
        return true;
    }
    area.rflags &= ~trap_flag;
    note_resumed(saved, before, area);
    return false;
}

} // namespace

ExceptionHandler set_exception_handler(ExceptionHandler handler) {
    const ExceptionHandler before = application_handler;
    application_handler = handler;
    return before;
}

} // namespace libos

LibosHandler libos_handle_exception = libos::handle_exception;
