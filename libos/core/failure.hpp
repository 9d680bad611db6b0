// libos/core/failure.hpp - ends an application that cannot go on, from inside a handler.
//
// The failing thread never runs again. What must be said and saved (dirty pages are written back)
// needs a thread that may wait, so a last one is started for it, on a stack of its own.

#pragma once

#include <cstdint>
#include <string_view>

#include "bindings/abi/error.hpp"
#include "bindings/abi/processor_environment.hpp"

namespace libos {

struct Failure {
    enum class What : std::uint8_t {
        wild_access,    // address: where; code: of the hardware
        stack_overflow, // the same, where it is the page below the thread's stack (fail_thread)
        write_to_read_only,
        exception,  // address: the vector
        disk_read,  // address: block of the file
        disk_write, // address: block of the file
        pool_too_small,
        contents_lost, // address: block of the file
        no_page_table, // address: frames of the pool
        ring_taken,
        stopped, // not a failure: `until_fault` of the manifest is reached
    };
    What what;
    abi::Error error; // becomes the run's status
    std::uint64_t address;
    std::uint64_t rip;
    std::uint64_t code;
    std::uint64_t thread = 0; // filled in by fail_thread
    std::uint64_t stack_pages = 0;
};

/// The lines by which the host tells a crash from an error that the application ends with.
void print_crash(std::string_view what, abi::Entry entry, std::uint64_t thread, std::uint64_t rip,
                 std::uint64_t address, std::uint64_t hardware_error);

/// Puts all threads aside and starts the last one. Only from a handler, which then answers that
/// threads are to be switched. A second failure before that thread runs is ignored.
void fail_thread(const Failure& failure);

} // namespace libos
