// tests/qemu/system-calls/refusals.hpp - a call that must be refused, and that must change nothing.

#pragma once

#include "tests/qemu/support/check.hpp"
#include "tests/qemu/support/child.hpp"

namespace system_calls {

using abi::Error;
using namespace world;
namespace call = libos::system_call;

inline constexpr std::uint64_t kernel_address = 0xffff'8000'0010'0000;
inline constexpr std::uint64_t non_canonical = 0x8000'0000'0000;

inline constexpr unsigned ready_page = 490; // of the playground: the PE page of `ready`

struct Arguments {
    std::uint64_t at[5];
};

// A number that any effect of a refused call would change: the caller's whole capability table, its
// page tables, the kernel's counts; a PE page that another one has, and what a third one says of
// its own table.
std::uint64_t state();

// The call as it stands.
Value perform(std::uint64_t number, const Arguments& arguments);

// One refusal; prints only when it is wrong. Returns whether it was right.
bool refuses(std::uint64_t number, const Arguments& arguments, Error expected, const char* why);
inline bool refuses(Call number, const Arguments& arguments, Error expected, const char* why) {
    return refuses(static_cast<std::uint64_t>(number), arguments, expected, why);
}

// Bindings that are good, old or too weak; main makes them.
struct Stock {
    Capability frame, mapped, stale, extent, weak_frame, weak_table, weak_memory, weak_root,
        weak_environment, weak_console, weak_time, environment, blind_frame;
    Capability ready;       // an environment that could be started
    child::Child witness{}; // one that runs (`testifies`)
};
inline Stock stock;

void testifies(std::uint64_t); // what the witness runs

void capabilities(); // every call with every kind of bad capability
void numbers();      // with numbers that overflow, are misaligned or lie in the kernel's half
void setups();       // set_processor_environment, field by field

} // namespace system_calls
