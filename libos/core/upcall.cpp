// libos/core/upcall.cpp - registers the entry points; what happens where nobody has taken over.

#include "libos/core/upcall.hpp"

#include "libos/core/failure.hpp"
#include "libos/core/start.hpp"
#include "libos/core/system_call.hpp"
#include "libos/core/threads.hpp"

extern "C" {
extern const char libos_resume_begin[];
extern const char libos_resume_end[];

static bool unhandled_page_fault(abi::SaveArea& area, std::uint64_t address, std::uint64_t) {
    libos::fail_thread({.what = libos::Failure::What::wild_access,
                        .error = abi::Error::not_present,
                        .address = address,
                        .rip = area.rip,
                        .code = area.error});
    return true;
}

constexpr std::uint32_t bit_of(abi::Entry entry) { return 1u << static_cast<std::uint32_t>(entry); }
static constexpr std::uint32_t handled_entries =
    bit_of(abi::Entry::io_completion) | bit_of(abi::Entry::revoke) |
    bit_of(abi::Entry::repossession) | bit_of(abi::Entry::environment_ended) |
    bit_of(abi::Entry::slice_begin) | bit_of(abi::Entry::slice_end);

static bool ignore(abi::SaveArea&, std::uint64_t, std::uint64_t) { return false; }

LibosHandler libos_handle_page_fault = unhandled_page_fault;
LibosHandler libos_handle_io_completion = ignore;
LibosHandler libos_handle_environment_ended = ignore;
LibosHandler libos_handle_revoke = ignore;
LibosHandler libos_handle_repossession = ignore;
LibosHandler libos_handle_slice_begin = ignore;
LibosHandler libos_handle_slice_end = ignore;

/// The resume sequence found upcalls pending: they are taken as if they interrupted the thread
/// that was about to resume, whose state is in save area 0. True: switch threads.
bool libos_handle_pending() {
    auto& pe = libos::processor_environment();
    bool switches = false;
    const auto take = [&](abi::Entry entry, LibosHandler handler) {
        if ((__atomic_load_n(&pe.pending, __ATOMIC_SEQ_CST) & bit_of(entry)) == 0)
            return;
        libos::clear_pending(entry);
        switches |= handler(pe.save[0], 0, 0);
    };
    take(abi::Entry::io_completion, libos_handle_io_completion);
    take(abi::Entry::revoke, libos_handle_revoke);
    take(abi::Entry::repossession, libos_handle_repossession);
    take(abi::Entry::environment_ended, libos_handle_environment_ended);
    constexpr std::uint32_t slices =
        bit_of(abi::Entry::slice_begin) | bit_of(abi::Entry::slice_end);
    if ((__atomic_load_n(&pe.pending, __ATOMIC_SEQ_CST) & slices) != 0) [[unlikely]] {
        take(abi::Entry::slice_begin, libos_handle_slice_begin);
        take(abi::Entry::slice_end, libos_handle_slice_end); // last: it gives the processor up
    }
    // What this libOS has no entry for would be pending for ever.
    __atomic_fetch_and(&pe.pending, handled_entries, __ATOMIC_SEQ_CST);
    return switches;
}

/// A handler faulted: the libOS is broken, its state cannot be trusted to write anything back.
[[noreturn]] void libos_report_fault_in_handler(const abi::SaveArea& area, std::uint64_t argument) {
    libos::finish_line();
    libos::print_crash("fault_in_libos", static_cast<abi::Entry>(area.cause & 0xff),
                       libos::threads::current == nullptr ? 0 : libos::threads::current->id,
                       area.rip, argument, area.error);
    libos::fail(
        abi::Error::invalid_argument,
        "libos: its own code at 0x{x} faulted while upcalls were disabled (vector {}, "
        "address 0x{x}, error code 0x{x}); the libOS is at fault, nothing more is written back",
        area.rip, area.cause >> 8, argument, area.error);
}
}

// The numbers that upcall.S has of the ABI.
static_assert(abi::layout::pe_page == 0x10'0000 && abi::pe_upcalls_disabled == 16 &&
              abi::pe_pending == 20 && abi::pe_save_areas == 512 && sizeof(abi::SaveArea) == 256);
static_assert(offsetof(abi::SaveArea, r11) == 0 && offsetof(abi::SaveArea, rflags) == 32 &&
              offsetof(abi::SaveArea, rsp) == 40 && offsetof(abi::SaveArea, rip) == 48 &&
              offsetof(abi::SaveArea, rbx) == 80 && offsetof(abi::SaveArea, r15) == 160);
static_assert(abi::layout::upcall_stack == 0x11'1000 && abi::layout::upcall_stack_pages == 4 &&
              static_cast<int>(abi::Call::wait) == 22);

namespace libos {

void enable_upcalls() {
    auto& pe = processor_environment();
    asm volatile("" ::: "memory");
    __atomic_store_n(&pe.upcalls_disabled, 0, __ATOMIC_SEQ_CST);
    // not_present only says that it was delivered in between.
    if (__atomic_load_n(&pe.pending, __ATOMIC_SEQ_CST) != 0)
        system_call::disregard(system_call::deliver_pending());
}

void set_entry(abi::Entry entry, void (*stub)()) {
    const auto result = system_call::set_entry({}, entry, reinterpret_cast<std::uint64_t>(stub));
    if (!result)
        fail(result.error(), "libos: setting the entry point `{}` failed: {}", name_of(entry),
             name_of(result.error()));
}

void start_upcalls() {
    auto* const setup =
        request_area::at<abi::ProcessorEnvironmentSetup>(request_area::capabilities);
    *setup = {};
    namespace layout = abi::layout;
    setup->upcall_stack_top = layout::upcall_stack + layout::upcall_stack_pages * abi::page_size;
    setup->nested_stack_top = layout::nested_stack + layout::nested_stack_pages * abi::page_size;
    setup->resume_begin = reinterpret_cast<std::uint64_t>(libos_resume_begin);
    setup->resume_end = reinterpret_cast<std::uint64_t>(libos_resume_end);
    const auto result = system_call::set_processor_environment({}, request_area::capabilities);
    if (!result)
        fail(result.error(), "libos: registering its upcall stacks failed: {}",
             name_of(result.error()));
    set_entry(abi::Entry::page_fault, libos_entry_page_fault);
    set_entry(abi::Entry::exception, libos_entry_exception);
    set_entry(abi::Entry::io_completion, libos_entry_io_completion);
    set_entry(abi::Entry::environment_ended, libos_entry_environment_ended);
    set_entry(abi::Entry::revoke, libos_entry_revoke);
    set_entry(abi::Entry::repossession, libos_entry_repossession);
}

} // namespace libos
