// libos/core/failure.cpp - the last thread: says what happened, then ends the run in good order.

#include "libos/core/failure.hpp"

#include "bindings/abi/address.hpp"
#include "libos/core/print.hpp"
#include "libos/core/start.hpp"
#include "libos/core/threads.hpp"

namespace libos {

namespace {

bool failed = false;
Failure first_failure;

const char* access_of(std::uint64_t hardware_error) {
    constexpr std::uint64_t write = 2;
    constexpr std::uint64_t fetch = 16;
    return (hardware_error & fetch) != 0   ? "jumped to"
           : (hardware_error & write) != 0 ? "wrote to"
                                           : "read";
}

void crash(std::string_view what, abi::Entry entry, const Failure& failure, std::uint64_t address) {
    print_crash(what, entry, failure.thread, failure.rip, address, failure.code);
}

void report(const Failure& failure) {
    switch (failure.what) {
    case Failure::What::wild_access:
        print("libos: the application's code at 0x{x} {} address 0x{x}, where nothing is mapped\n",
              failure.rip, access_of(failure.code), failure.address);
        crash("wild_access", abi::Entry::page_fault, failure, failure.address);
        break;
    case Failure::What::stack_overflow:
        print("libos: the stack of thread {} is full: the application's code at 0x{x} {} address "
              "0x{x}, below its {} pages; use less, or make a thread with more (`stack_pages` of "
              "threads::create)\n",
              failure.thread, failure.rip, access_of(failure.code), failure.address,
              failure.stack_pages);
        crash("stack_overflow", abi::Entry::page_fault, failure, failure.address);
        break;
    case Failure::What::write_to_read_only:
        print("libos: the application's code at 0x{x} wrote to address 0x{x}, which is mapped "
              "read-only; map the file with Access::writable (no page behind the end of its file "
              "can be written)\n",
              failure.rip, failure.address);
        crash("write_to_read_only", abi::Entry::page_fault, failure, failure.address);
        break;
    case Failure::What::exception:
        print("libos: the application's code at 0x{x} raised exception {} (error code 0x{x})\n",
              failure.rip, failure.address, failure.code);
        crash("exception", abi::Entry::exception, failure, 0);
        break;
    case Failure::What::disk_read:
    case Failure::What::disk_write:
        print("libos: {} block {} of the file failed: {}; what was written stays written\n",
              failure.what == Failure::What::disk_read ? "reading" : "writing", failure.address,
              name_of(failure.error));
        break;
    case Failure::What::pool_too_small:
        print("libos: one instruction touches more pages than the pool's {} frames can hold; give "
              "it more frames\n",
              failure.address);
        break;
    case Failure::What::contents_lost:
        print("libos: what was written to block {} of the file is lost: its frame was taken by "
              "force and there was no place for the contents; give back frames in time, or name "
              "places with `backing`\n",
              failure.address);
        break;
    case Failure::What::no_page_table:
        print("libos: a page table was taken or is needed, and there is no frame for one: the pool "
              "has {} frames and the memory binding no more\n",
              failure.address);
        break;
    case Failure::What::ring_taken:
        print("libos: the frame of the I/O ring was taken by force: nothing more can be read or "
              "written\n");
        break;
    case Failure::What::stopped:
        print("libos: the run stops after fault {}, as asked\n", failure.address);
        break;
    }
}

void run_last_thread(std::uint64_t) {
    report(first_failure);
    finish(static_cast<int>(first_failure.error));
}

} // namespace

void print_crash(std::string_view what, abi::Entry entry, std::uint64_t thread, std::uint64_t rip,
                 std::uint64_t address, std::uint64_t hardware_error) {
    print("@crash={}\n@crash_entry={}\n@crash_thread={}\n", what, name_of(entry), thread);
    print("@crash_rip={x}\n@crash_address={x}\n@crash_error={x}\n", rip, address, hardware_error);
}

void fail_thread(const Failure& failure) {
    if (failed)
        return;
    failed = true;
    first_failure = failure;
    if (const Thread* const thread = threads::current) {
        first_failure.thread = thread->id;
        first_failure.stack_pages = thread->stack_pages;
        if (failure.what == Failure::What::wild_access &&
            thread->stack - failure.address - 1 < abi::page_size)
            first_failure.what = Failure::What::stack_overflow;
    }
    threads::abandon_all_for(run_last_thread);
}

} // namespace libos
