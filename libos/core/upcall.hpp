// libos/core/upcall.hpp - entry points, their handlers, and disabling upcalls.
//
// A handler runs on the upcall stack with upcalls disabled; it must not fault, wait or use SSE. It
// finds the interrupted state in save area 0 and answers whether to switch threads: if not, the
// interrupted program goes on at once.

#pragma once

#include <cstdint>

#include "bindings/abi/layout.hpp"
#include "bindings/abi/processor_environment.hpp"

extern "C" {
/// `argument`: fault address or exception vector, else 0. `save_area`: on which it was delivered;
/// the state to look at is in `area` either way. True: switch threads.
using LibosHandler = bool (*)(abi::SaveArea& area, std::uint64_t argument, std::uint64_t save_area);
// What the entry stubs call. Whoever takes over an entry stores its handler here.
extern LibosHandler libos_handle_page_fault;
extern LibosHandler libos_handle_exception;
extern LibosHandler libos_handle_io_completion;
extern LibosHandler libos_handle_environment_ended;
extern LibosHandler libos_handle_revoke;
extern LibosHandler libos_handle_repossession;
extern LibosHandler libos_handle_slice_begin;
extern LibosHandler libos_handle_slice_end;

// The entry stubs themselves, as registered in the PE (upcall.S).
void libos_entry_page_fault();
void libos_entry_exception();
void libos_entry_io_completion();
void libos_entry_environment_ended();
void libos_entry_revoke();
void libos_entry_repossession();
void libos_entry_slice_begin();
void libos_entry_slice_end();
}

namespace libos {

inline abi::ProcessorEnvironmentPage& processor_environment() {
    return *reinterpret_cast<abi::ProcessorEnvironmentPage*>(abi::layout::pe_page);
}

/// Registers stacks, resume range and entry points with the exokernel; those of slices are left to
/// whoever wants to hear of them (threads.hpp).
void start_upcalls();

/// Registers one entry point. Ends the run with a message if it is refused.
void set_entry(abi::Entry entry, void (*stub)());

inline void disable_upcalls() {
    __atomic_store_n(&processor_environment().upcalls_disabled, 1, __ATOMIC_RELAXED);
    asm volatile("" ::: "memory");
}

/// Enables upcalls and lets the exokernel deliver what came meanwhile. From a thread only.
void enable_upcalls();

/// Forgets a pending upcall to `entry`; whoever polls for its cause does this.
inline void clear_pending(abi::Entry entry) {
    __atomic_fetch_and(&processor_environment().pending, ~(1u << static_cast<std::uint32_t>(entry)),
                       __ATOMIC_SEQ_CST);
}

/// Whether an upcall to `entry` waits until upcalls are enabled.
inline bool is_pending(abi::Entry entry) {
    return (__atomic_load_n(&processor_environment().pending, __ATOMIC_SEQ_CST) >>
                static_cast<std::uint32_t>(entry) &
            1) != 0;
}

// Upcalls are disabled as long as this lives; nests. No managed page may be touched meanwhile.
class UpcallsDisabled {
public:
    UpcallsDisabled() : before_{processor_environment().upcalls_disabled} { disable_upcalls(); }
    ~UpcallsDisabled() {
        if (before_ == 0)
            enable_upcalls();
    }
    UpcallsDisabled(const UpcallsDisabled&) = delete;
    UpcallsDisabled& operator=(const UpcallsDisabled&) = delete;

private:
    std::uint32_t before_;
};

} // namespace libos
