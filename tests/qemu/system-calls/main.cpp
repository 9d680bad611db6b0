// tests/qemu/system-calls/main.cpp - every system call against every kind of bad argument.
//
// For each capability that a call takes: nothing, an empty slot, a slot beyond the table, a wrong
// generation, an old one, a misaligned name, another kind, too few rights. For its numbers: what
// overflows, is misaligned, or lies in the kernel's half. After each refusal the whole capability
// table, the test's page tables and the kernel's counts must be what they were.

#include "tests/qemu/support/arguments.hpp"
#include "tests/qemu/support/attempt.hpp"
#include "tests/qemu/support/check.hpp"
#include "tests/qemu/support/child.hpp"

using abi::Error;
using namespace world;
namespace call = libos::system_call;

namespace {

constexpr std::uint64_t kernel_address = 0xffff'8000'0010'0000;
constexpr std::uint64_t non_canonical = 0x8000'0000'0000;

// A number that any effect of a refused call would change.
std::uint64_t state() {
    std::uint64_t hash = 0xcbf2'9ce4'8422'2325;
    const auto mix = [&](std::uint64_t word) { hash = (hash ^ word) * 0x100'0000'01b3; };
    const auto* words = reinterpret_cast<const volatile std::uint64_t*>(table_view);
    for (std::uint64_t i = 0; i != start().capability_slots * 8; ++i)
        mix(words[i]);
    for (unsigned i = 0; i != 512; ++i)
        mix(translation(address(i)) & ~0x60ull); // accessed and dirty are the processor's
    mix(facts().free_frames);
    mix(facts().environments);
    const auto& pe = libos::processor_environment();
    for (const std::uint64_t entry : pe.entries)
        mix(entry);
    mix(pe.pending);
    return hash;
}

struct Arguments {
    std::uint64_t at[5];
};

Value perform(std::uint64_t number, const Arguments& a) {
    std::uint64_t rax = number;
    std::uint64_t first = a.at[0];
    std::uint64_t second = a.at[1];
    std::uint64_t third = a.at[2];
    register std::uint64_t r8 asm("r8") = a.at[3];
    register std::uint64_t r9 asm("r9") = a.at[4];
    asm volatile("syscall"
                 : "+a"(rax), "+D"(first), "+S"(second), "+d"(third), "+r"(r8), "+r"(r9)
                 :
                 : "rcx", "r10", "r11", "memory");
    if (rax != 0)
        return std::unexpected(static_cast<Error>(rax));
    return third;
}

// One refusal; prints only when it is wrong. Returns whether it was right.
bool refuses(std::uint64_t number, const Arguments& arguments, Error expected, const char* why) {
    const std::uint64_t before = state();
    const Value seen = perform(number, arguments);
    const bool same = before == state();
    if (!seen && seen.error() == expected && same)
        return true;
    libos::print("FAILED: call {}: {}: seen {}, expected {}{}\n", number, why,
                 seen ? "success" : name_of(seen.error()), name_of(expected),
                 same ? "" : ", and it had an effect");
    return false;
}
bool refuses(Call number, const Arguments& arguments, Error expected, const char* why) {
    return refuses(static_cast<std::uint64_t>(number), arguments, expected, why);
}

struct Stock {
    Capability frame, mapped, stale, extent, weak_frame, weak_table, weak_memory, weak_root,
        weak_environment, weak_console, weak_time, environment, blind_frame;
};
Stock stock;

// Every bad capability in place `at` of otherwise good arguments. `other`: a binding of another
// kind, 0 if any kind will do. `weak`: the right kind with too few rights, 0 if none are needed.
void capability_argument(Call number, unsigned at, Arguments arguments, Capability other,
                         Capability weak, bool zero_is_self = false) {
    const std::uint64_t good = arguments.at[at];
    bool right = true;
    const auto with = [&](std::uint64_t bad, Error expected, const char* why) {
        arguments.at[at] = bad;
        right = refuses(number, arguments, expected, why) && right;
    };
    const std::uint64_t slots = start().capability_slots;
    if (!zero_is_self)
        with(0, Error::no_binding, "nothing");
    with(abi::make_capability(static_cast<std::uint32_t>(slots - 1), 1).value, Error::no_binding,
         "an empty slot");
    with(abi::make_capability(static_cast<std::uint32_t>(slots), 1).value, Error::no_binding,
         "a slot beyond the table");
    with(~0ull, Error::no_binding, "all ones");
    with(1ull << 63, Error::no_binding, "2^63");
    with(1ull << 32, Error::no_binding, "2^32");
    with(kernel_address, Error::no_binding, "a kernel address");
    with(good + 8, Error::no_binding, "a misaligned name");
    with(good + (1ull << 32), Error::no_binding, "a generation that is not there yet");
    with(good & 0xffff'ffff, Error::no_binding, "generation 0");
    with(stock.stale.value, Error::revoked, "an old generation");
    if (other)
        with(other.value, Error::no_binding, "another kind");
    if (weak)
        with(weak.value, Error::access_denied, "too few rights");
    if (!right)
        ++check::failures;
    else
        libos::print("{}: argument {}: every bad capability is refused by name\n", name_of(number),
                     at);
}

void capabilities() {
    const std::uint64_t table = leaf.value;
    const std::uint64_t memory = start().memory.value;
    const std::uint64_t root = start().root_table.value;
    const std::uint64_t console = start().console.value;
    const std::uint64_t self = start().self.value;
    const std::uint64_t time = start().processor_time.value;
    const std::uint64_t spare = stock.frame.value;
    const std::uint64_t environment = stock.environment.value;
    const Capability other = start().console;

    capability_argument(Call::install, 0, {{table, 9, spare, 0, 0}}, other, stock.weak_table);
    capability_argument(Call::install, 2, {{table, 9, spare, 0, 0}}, other, stock.blind_frame);
    capability_argument(Call::remove, 0, {{table, 0, 0, 0, 0}}, other, stock.weak_table);
    capability_argument(Call::change, 0, {{table, 0, 1, 0, 0}}, other, stock.weak_table);
    capability_argument(Call::bind_frames, 0, {{memory, abi::any_frame, 1, batch, 0}}, other,
                        stock.weak_memory);
    const std::uint64_t far = 1ull << 39;
    capability_argument(Call::bind_page_table, 0, {{root, spare, 0, far, 3}}, other,
                        stock.weak_root);
    capability_argument(Call::bind_page_table, 1, {{root, spare, 0, far, 3}}, other,
                        stock.weak_frame);
    const Capability donor = frame();
    capability_argument(Call::bind_page_table, 2, {{root, donor.value, spare, far, 1}}, other,
                        stock.weak_frame, true);
    (void)call::drop(donor);
    capability_argument(Call::derive, 0, {{spare, rights::read, 0, 0, 0}}, {}, stock.weak_frame);
    capability_argument(Call::grant, 0, {{console, environment, 0, rights::write, 0}}, {},
                        stock.weak_console);
    capability_argument(Call::grant, 1, {{console, environment, 0, rights::write, 0}}, other,
                        stock.weak_environment);
    capability_argument(Call::drop, 0, {{spare, 0, 0, 0, 0}}, {}, {});
    capability_argument(Call::revoke, 0, {{spare, 0, 0, 0, 0}}, {}, stock.weak_frame);
    capability_argument(Call::start_environment, 0,
                        {{environment, abi::layout::image, 0x1000, 0, time}}, other,
                        stock.weak_environment);
    capability_argument(Call::destroy_environment, 0, {{environment, 0, 0, 0, 0}}, other,
                        stock.weak_environment);
    // Where 0 is the caller; a setup that would be good.
    auto& setup = *libos::request_area::at<abi::ProcessorEnvironmentSetup>(batch);
    setup = {};
    setup.upcall_stack_top = abi::layout::upcall_stack + 4 * abi::page_size;
    setup.nested_stack_top = abi::layout::nested_stack + 2 * abi::page_size;
    capability_argument(Call::set_processor_environment, 0, {{self, batch, 0, 0, 0}}, other,
                        stock.weak_environment, true);
    capability_argument(Call::set_entry, 0, {{self, 20, 0x1000, 0, 0}}, other,
                        stock.weak_environment, true);
    capability_argument(Call::switch_root, 0, {{root, 0, 0, 0, 0}}, other, stock.weak_root);
    capability_argument(Call::yield_to, 0, {{self, 0, 0, 0, 0}}, other, {});
    capability_argument(Call::set_limit, 0, {{self, 0, 0, 0, 0}}, other, stock.weak_environment,
                        true);
    capability_argument(Call::write_console, 0, {{console, batch, 1, 0, 0}}, start().memory,
                        stock.weak_console);
    capability_argument(Call::bind_io_ring, 0, {{start().ring_frame.value, 0, 0, 0, 0}}, other,
                        stock.weak_frame);
    const Capability own{abi::make_capability(1, 1)}; // in the other's table
    capability_argument(Call::request_revocation, 0,
                        {{start().self.value, environment, own.value, 1, 1000}}, {},
                        stock.weak_environment);
    capability_argument(Call::request_revocation, 1, {{console, environment, own.value, 1, 1000}},
                        other, {});
    capability_argument(Call::bind_repossession_vector, 0, {{spare, 0, 0, 0, 0}}, other,
                        stock.weak_frame);
    capability_argument(Call::guarantee, 0, {{spare, 0, 0, 0, 0}}, other, stock.blind_frame);
}

struct Refusal {
    Call number;
    Arguments arguments;
    Error expected;
    const char* why;
};

void numbers() {
    const std::uint64_t table = leaf.value;
    const std::uint64_t root = start().root_table.value;
    const std::uint64_t console = start().console.value;
    const std::uint64_t spare = stock.frame.value;
    const std::uint64_t mapped = stock.mapped.value;
    const std::uint64_t self = start().self.value;
    const std::uint64_t environment = stock.environment.value;
    const std::uint64_t end = abi::request_area_bytes;
    constexpr auto argument = Error::invalid_argument;
    constexpr auto range = Error::out_of_range;
    const Refusal refusals[] = {
        {Call::install, {{table, 9, spare, 1, 0}}, argument, "the present bit as access"},
        {Call::install, {{table, 9, spare, 4, 0}}, argument, "the user bit as access"},
        {Call::install, {{table, 9, spare, 1ull << 12, 0}}, argument, "a frame number as access"},
        {Call::install, {{table, 9, spare, ~0ull, 0}}, argument, "all ones as access"},
        {Call::install, {{table, 0, spare, 0, 0}}, Error::occupied, "a page in use"},
        {Call::install, {{table, 512, spare, 0, 0}}, Error::occupied, "the same page + 512"},
        {Call::remove, {{table, 9, 0, 0, 0}}, Error::not_present, "an empty page"},
        {Call::remove, {{table, ~0ull, 0, 0, 0}}, Error::not_present, "page number all ones"},
        {Call::change, {{table, 0, 513, 0, 0}}, range, "513 pages"},
        {Call::change, {{table, 511, 2, 0, 0}}, range, "beyond the table"},
        {Call::change, {{table, 0, ~0ull, 0, 0}}, range, "a count of all ones"},
        {Call::change, {{table, 1, ~0ull, 0, 0}}, range, "a count that overflows with its index"},
        {Call::change, {{table, 0, 1ull << 32 | 1, 0, 0}}, range, "a count of 2^32 + 1"},
        {Call::change, {{table, 0, 1, 1ull << 12, 0}}, argument, "a frame number as access"},
        {Call::change, {{table, 0, 1, ~0ull, 0}}, argument, "all ones as access"},
        {Call::perform_translations, {{0, 513, 0, 0, 0}}, range, "513 items"},
        {Call::perform_translations, {{512, 1, 0, 0, 0}}, range, "beyond the request area"},
        {Call::perform_translations, {{~0ull, 1, 0, 0, 0}}, range, "a first of all ones"},
        {Call::perform_translations, {{1, ~0ull, 0, 0, 0}}, range, "a count of all ones"},
        {Call::perform_translations, {{0, 1ull << 32, 0, 0, 0}}, range, "a count of 2^32"},
        {Call::perform_translations, {{1ull << 32, 1, 0, 0, 0}}, range, "a first of 2^32"},
        {Call::bind_page_table, {{root, spare, 0, 1ull << 39, 0}}, argument, "level 0"},
        {Call::bind_page_table, {{root, spare, 0, 1ull << 39, 5}}, argument, "level 5"},
        {Call::bind_page_table, {{root, spare, 0, 0, 1ull << 32 | 3}}, argument, "level 2^32 + 3"},
        {Call::bind_page_table,
         {{root, spare, 0, kernel_address, 3}},
         argument,
         "the kernel's half"},
        {Call::bind_page_table, {{root, spare, 0, abi::user_end, 3}}, argument, "the window"},
        {Call::bind_page_table,
         {{root, spare, 0, non_canonical, 3}},
         argument,
         "no address at all"},
        {Call::bind_page_table, {{root, spare, 0, ~0ull, 3}}, argument, "address all ones"},
        {Call::bind_page_table, {{root, spare, 0, 0, 1}}, argument, "a leaf without links"},
        {Call::bind_page_table, {{root, spare, spare, 0, 1}}, argument, "a leaf that is its links"},
        {Call::bind_page_table, {{root, spare, mapped, 0, 3}}, argument, "links of an upper table"},
        {Call::bind_page_table,
         {{table, spare, 0, 1ull << 39, 3}},
         argument,
         "a root that is none"},
        {Call::bind_page_table, {{root, spare, 0, 0, 4}}, argument, "a root below a root"},
        {Call::bind_page_table, {{root, spare, 0, 0, 3}}, Error::occupied, "a table that is there"},
        {Call::bind_page_table,
         {{root, spare, 0, 1ull << 39, 2}},
         Error::not_present,
         "no table above"},
        {Call::bind_page_table, {{root, mapped, 0, 1ull << 39, 3}}, Error::busy, "a mapped frame"},
        {Call::bind_page_table,
         {{root, start().pe_frame.value, 0, 1ull << 39, 3}},
         Error::busy,
         "the PE page"},
        {Call::bind_view, {{4, 0, 0, 0, 0}}, argument, "an unknown view"},
        {Call::bind_view, {{~0ull, 0, 0, 0, 0}}, argument, "view all ones"},
        {Call::bind_view, {{1ull << 32, 0, 0, 0, 0}}, argument, "view 2^32"},
        {Call::bind_view, {{0, 1, 0, 0, 0}}, range, "a second system page"},
        {Call::bind_view,
         {{1, start().capability_slots / 64, 0, 0, 0}},
         range,
         "beyond the capability table"},
        {Call::bind_view, {{2, start().archive_frames, 0, 0, 0}}, range, "beyond the archive"},
        {Call::bind_view, {{2, ~0ull, 0, 0, 0}}, range, "archive frame all ones"},
        {Call::bind_view, {{3, start().recording_frames, 0, 0, 0}}, range, "beyond the ring"},
        {Call::derive, {{spare, 0x40, 0, 0, 0}}, argument, "an unknown right"},
        {Call::derive, {{spare, ~0ull, 0, 0, 0}}, argument, "rights all ones"},
        {Call::derive, {{spare, 1ull << 32 | 1, 0, 0, 0}}, argument, "rights of 2^32 + 1"},
        {Call::derive, {{spare, 1, 0, 1, 0}}, argument, "part of a frame"},
        {Call::derive, {{start().processor_time.value, 1, 64, 1, 0}}, range, "position 64"},
        {Call::derive,
         {{start().processor_time.value, 1, 1, ~0ull, 0}},
         range,
         "positions that overflow"},
        {Call::derive,
         {{start().processor_time.value, 1, ~0ull, 2, 0}},
         range,
         "a first position that overflows"},
        {Call::derive,
         {{start().disk.value, 1, 0, start().disk_blocks + 1, 0}},
         range,
         "more blocks than the disk has"},
        {Call::derive,
         {{start().disk.value, 1, start().disk_blocks, 1, 0}},
         range,
         "a block behind the disk"},
        {Call::derive, {{start().disk.value, 1, 2, ~0ull - 1, 0}}, range, "blocks that overflow"},
        {Call::derive, {{start().disk.value, 1, 0, 0, 0}}, range, "no blocks"},
        {Call::derive, {{start().memory.value, 1, 1, 1, 0}}, range, "a first frame of memory"},
        {Call::derive, {{start().memory.value, 1, 0, ~0ull, 0}}, range, "a limit of all ones"},
        {Call::grant,
         {{console, environment, std::uint64_t{64} * 64, 2, 0}},
         range,
         "a slot beyond its table"},
        {Call::grant, {{console, environment, ~0ull, 2, 0}}, range, "slot all ones"},
        {Call::grant,
         {{console, environment, std::uint64_t{5} * 64 + 8, 2, 0}},
         range,
         "a misaligned slot"},
        {Call::grant,
         {{console, environment, std::uint64_t{5} * 64, 2, 0}},
         Error::occupied,
         "a slot that is not open"},
        {Call::grant, {{console, environment, 64, 2, 0}}, Error::occupied, "a slot in use"},
        {Call::grant, {{console, environment, 0, 0x100, 0}}, argument, "an unknown right"},
        {Call::grant, {{console, self, 0, 2, 0}}, Error::occupied, "slot 0 of one that runs"},
        {Call::create_environment, {{~0ull, 0, 0, 0, 0}}, range, "offset all ones"},
        {Call::create_environment, {{end, 0, 0, 0, 0}}, range, "the end of the request area"},
        {Call::create_environment, {{kernel_address, 0, 0, 0, 0}}, range, "a kernel address"},
        {Call::create_environment, {{4, 0, 0, 0, 0}}, argument, "a misaligned offset"},
        {Call::start_environment,
         {{environment, abi::layout::image, 0x1000, 0, start().processor_time.value}},
         Error::not_present,
         "one without a PE page"},
        {Call::set_processor_environment, {{0, ~0ull, 0, 0, 0}}, range, "offset all ones"},
        {Call::set_processor_environment,
         {{0, end - 64, 0, 0, 0}},
         range,
         "a setup that leaves the request area"},
        {Call::set_processor_environment, {{0, 4, 0, 0, 0}}, argument, "a misaligned offset"},
        {Call::set_entry, {{0, 32, 0x1000, 0, 0}}, range, "entry 32"},
        {Call::set_entry, {{0, ~0ull, 0x1000, 0, 0}}, range, "entry all ones"},
        {Call::set_entry, {{0, 1ull << 32, 0x1000, 0, 0}}, range, "entry 2^32"},
        {Call::set_entry, {{0, 20, kernel_address, 0, 0}}, argument, "a kernel address"},
        {Call::set_entry, {{0, 20, abi::user_end, 0, 0}}, argument, "an address in the window"},
        {Call::set_entry, {{0, 20, non_canonical, 0, 0}}, argument, "a non-canonical address"},
        {Call::set_entry, {{0, 0, ~0ull, 0, 0}}, argument, "address all ones"},
        {Call::set_entry, {{environment, 1, 0x1000, 0, 0}}, argument, "one without a PE page"},
        {Call::switch_root, {{table, 0, 0, 0, 0}}, argument, "a leaf table"},
        {Call::yield_to, {{environment, 0, 0, 0, 0}}, Error::not_present, "one not started"},
        {Call::deliver_pending, {{0, 0, 0, 0, 0}}, Error::not_present, "nothing is pending"},
        {Call::set_limit, {{0, 2, 5000, 0, 0}}, argument, "an unknown limit"},
        {Call::set_limit, {{0, ~0ull, 5000, 0, 0}}, argument, "limit all ones"},
        {Call::set_limit, {{0, 0, 999, 0, 0}}, range, "999 instructions"},
        {Call::set_limit, {{0, 1, ~0ull, 0, 0}}, range, "all ones of instructions"},
        {Call::write_console, {{console, end, 1, 0, 0}}, range, "behind the request area"},
        {Call::write_console, {{console, end - 1, 2, 0, 0}}, range, "across its end"},
        {Call::write_console, {{console, ~0ull, 2, 0, 0}}, range, "an offset that overflows"},
        {Call::write_console, {{console, 8, ~0ull - 4, 0, 0}}, range, "a length that overflows"},
        {Call::write_console, {{console, kernel_address, 1, 0, 0}}, range, "a kernel address"},
        {Call::bind_io_ring, {{start().pe_frame.value, 0, 0, 0, 0}}, Error::busy, "the PE page"},
        {Call::submit_io, {{0, 0, 0, 0, 0}}, Error::not_present, "there is no ring"},
        {Call::request_revocation,
         {{self, environment, abi::make_capability(2, 9).value, 1, 1000}},
         Error::no_binding,
         "a binding that it never had"},
        {Call::request_revocation,
         {{console, environment, abi::make_capability(1, 1).value, 1, 1000}},
         Error::access_denied,
         "what is not derived from it"},
        {Call::request_revocation, {{console, self, console, 1, 1000}}, argument, "itself"},
        {Call::request_revocation,
         {{console, environment, 0, 1ull << 32 | 1, 1000}},
         Error::no_binding,
         "no binding, and a count of 2^32 + 1"},
        {Call::drop_frames, {{batch, 1ull << 32, 0, 0, 0}}, range, "2^32 frames"},
        {Call::drop_frames, {{batch, 513, 0, 0, 0}}, range, "513 frames"},
        {Call::drop_frames, {{end, 1, 0, 0, 0}}, range, "behind the request area"},
        {Call::drop_frames, {{end - 8, 2, 0, 0, 0}}, range, "across its end"},
        {Call::drop_frames, {{~0ull, 1, 0, 0, 0}}, range, "an offset that overflows"},
        {Call::drop_frames, {{batch, ~0ull, 0, 0, 0}}, range, "a count of all ones"},
        {Call::drop_frames, {{batch + 4, 1, 0, 0, 0}}, argument, "a misaligned offset"},
        {Call::bind_repossession_vector,
         {{start().pe_frame.value, 0, 0, 0, 0}},
         Error::busy,
         "the PE page"},
    };
    Call last = Call::null;
    bool right = true;
    for (const Refusal& refusal : refusals) {
        if (refusal.number != last && last != Call::null) {
            if (right)
                libos::print("{}: every bad number is refused by name\n", name_of(last));
            right = true;
        }
        last = refusal.number;
        if (!refuses(refusal.number, refusal.arguments, refusal.expected, refusal.why)) {
            ++check::failures;
            right = false;
        }
    }
    if (right)
        libos::print("{}: every bad number is refused by name\n", name_of(last));
}

void setups() {
    auto& setup = *libos::request_area::at<abi::ProcessorEnvironmentSetup>(batch);
    const abi::ProcessorEnvironmentSetup good{abi::layout::upcall_stack + 4 * abi::page_size,
                                              abi::layout::nested_stack + 2 * abi::page_size,
                                              0,
                                              0,
                                              {},
                                              {}};
    bool right = true;
    const auto bad = [&](auto change, Error expected, const char* why) {
        setup = good;
        change(setup);
        right =
            refuses(Call::set_processor_environment, {{0, batch, 0, 0, 0}}, expected, why) && right;
    };
    using Setup = abi::ProcessorEnvironmentSetup;
    constexpr auto argument = Error::invalid_argument;
    bad([](Setup& s) { s.upcall_stack_top += 8; }, argument, "a misaligned stack");
    bad([](Setup& s) { s.upcall_stack_top = 0; }, argument, "no stack");
    bad([](Setup& s) { s.upcall_stack_top = kernel_address; }, argument, "a stack in the kernel");
    bad([](Setup& s) { s.nested_stack_top = non_canonical + 16; }, argument, "no address");
    bad([](Setup& s) { s.nested_stack_top = ~15ull; }, argument, "a nested stack at the top");
    bad([](Setup& s) { s.resume_begin = 9, s.resume_end = 8; }, argument, "a range backwards");
    bad([](Setup& s) { s.resume_end = kernel_address; }, argument, "a range into the kernel");
    bad([](Setup& s) { s.request_frames[1] = stock.frame; }, argument, "a part of a request area");
    bad([](Setup& s) { s.pe_frame = stock.frame; }, Error::busy, "another PE page");
    if (right)
        libos::print("set_processor_environment: every bad setup is refused by name\n");
    else
        ++check::failures;
}

void unknown_calls() {
    bool right = true;
    for (const std::uint64_t number :
         {32ull, 33ull, 255ull, 0x7fff'ffffull, 0xffff'ffffull, 1ull << 32, 1ull << 32 | 1,
          1ull << 63, 1ull << 63 | 2, ~0ull, 0x4558'0000ull, 0x4558'0001ull})
        right =
            refuses(number, {{leaf.value, 0, 0, 0, 0}}, Error::unknown_call, "an unknown number") &&
            right;
    check::that("every number that no call has gives unknown_call", right);
}

// The upper half of rax is where the kernel keeps how far a call is that goes on. A caller that
// writes it misleads itself and gains nothing.
void forged_progress() {
    const auto going_on = [](Call number) {
        return static_cast<std::uint64_t>(number) | 1ull << 32;
    };
    bool right = true;
    for (std::uint64_t number = 0; number != abi::call_count; ++number)
        switch (static_cast<Call>(number)) {
        case Call::perform_translations:
        case Call::bind_frames:
        case Call::drop:
        case Call::revoke:
        case Call::destroy_environment:
        case Call::submit_io:
        case Call::request_revocation:
        case Call::drop_frames:
            break;
        default:
            right = refuses(going_on(static_cast<Call>(number)), {{0, 0, 0, 0, 0}},
                            Error::unknown_call, "a call without steps goes on") &&
                    right;
        }
    check::that("no call goes on that has no steps", right);
    const std::uint64_t environment = stock.environment.value;
    const std::uint64_t weak = stock.weak_environment.value;
    const std::uint64_t console = stock.weak_console.value;
    const std::uint64_t pe = start().pe_frame.value;
    right =
        refuses(going_on(Call::drop), {{pe, 0, 0, 0, 0}}, Error::busy, "the PE page") &&
        refuses(going_on(Call::drop), {{~0ull, 0, 0, 0, 0}}, Error::no_binding, "all ones") &&
        refuses(going_on(Call::revoke), {{derived(stock.frame, rights::read).value, 0, 0, 0, 0}},
                Error::access_denied, "without the right to revoke") &&
        refuses(going_on(Call::destroy_environment), {{weak, 0, 0, 0, 0}}, Error::access_denied,
                "without the right to destroy") &&
        refuses(going_on(Call::request_revocation), {{console, environment, console, 1, 1000}},
                Error::not_present, "a request that nobody made") &&
        refuses(going_on(Call::submit_io), {{0, 0, 0, 0, 0}}, Error::not_present, "no ring") &&
        refuses(going_on(Call::drop_frames), {{batch, 513, 0, 0, 0}}, Error::out_of_range,
                "513 frames");
    check::that("what seems to go on has the rights of a first step, and no more", right);
}

void unused_arguments() {
    bool right = true;
    for (std::uint64_t number = abi::hot_call_count; number != abi::call_count; ++number)
        for (unsigned at = arguments::counts[number]; at != 5; ++at) {
            Arguments some{};
            some.at[at] = 1ull << 63;
            right = refuses(number, some, Error::invalid_argument, "an argument too many") && right;
        }
    check::that("an argument that a call does not have must be 0", right);
}

void batches() {
    auto* const items = libos::request_area::at<abi::TranslationRequest>(0);
    using Operation = abi::TranslationOperation;
    const abi::TranslationRequest requests[] = {
        {Operation::install, 20, 1, 0, leaf, stock.frame, access::write},
        {Operation::install, 20, 1, 0, leaf, stock.frame, access::write},
        {Operation::install, 21, 1, 0, leaf, stock.stale, 0},
        {Operation::install, 21, 1, 0, {}, stock.frame, 0},
        {Operation::install, 21, 1, 0, stock.weak_table, stock.frame, 0},
        {Operation::install, 21, 1, 0, leaf, stock.weak_frame, access::write},
        {Operation::install, 21, 1, 0, leaf, stock.frame, ~0ull},
        {Operation::install, 533, 1, 0, leaf, stock.frame, 0},
        {static_cast<Operation>(0), 20, 1, 0, leaf, stock.frame, 0},
        {static_cast<Operation>(0xffff), 20, 1, 0, leaf, stock.frame, 0},
        {Operation::change, 20, 493, 0, leaf, {}, 0},
        {Operation::change, 20, 0xffff, 0, leaf, {}, 0},
        {Operation::clear_accessed, 511, 2, 0, leaf, {}, 0},
        {Operation::clear_dirty, 0xffff, 1, 0, leaf, {}, 0},
        {Operation::remove, 20, 1, 0, leaf, {}, 0},
        {Operation::remove, 20, 1, 0, leaf, {}, 0},
    };
    constexpr Error none{};
    const Error expected[] = {none,
                              Error::occupied,
                              Error::revoked,
                              Error::no_binding,
                              Error::access_denied,
                              Error::access_denied,
                              Error::invalid_argument,
                              Error::out_of_range,
                              Error::invalid_argument,
                              Error::invalid_argument,
                              Error::out_of_range,
                              Error::out_of_range,
                              Error::out_of_range,
                              Error::out_of_range,
                              none,
                              Error::not_present};
    constexpr unsigned count = sizeof requests / sizeof requests[0];
    for (unsigned i = 0; i != count; ++i)
        items[i] = requests[i];
    check::equal("a batch performs each item by itself and counts those that failed",
                 call::perform_translations(0, count).value_or(99), count - 2);
    bool right = true;
    for (unsigned i = 0; i != count; ++i) {
        if (items[i].error == static_cast<std::uint16_t>(expected[i]))
            continue;
        libos::print("  item {}: seen {}, expected {}\n", i,
                     name_of(static_cast<Error>(items[i].error)), name_of(expected[i]));
        right = false;
    }
    check::that("each item has its own error", right);
    for (unsigned i = 0; i != 512; ++i)
        items[i] = {static_cast<Operation>(0), 0, 0, 0, {}, {}, 0};
    check::equal("a batch of 512 bad items, in several steps, counts 512",
                 call::perform_translations(0, 512).value_or(0), 512);
}

void full_table() {
    const Capability memory = derived(start().memory, rights::all, 0, 4096);
    Value slot = call::open_slot();
    while (slot)
        slot = call::open_slot();
    check::refused("open_slot: a full capability table gives limit_reached", slot,
                   Error::limit_reached);
    check::refused("derive: too", call::derive(stock.frame, rights::read, 0, 0),
                   Error::limit_reached);
    check::refused("bind_view: too", call::bind_view(abi::View::system_page, 0),
                   Error::limit_reached);
    check::refused("bind_frames: too", call::bind_frames(memory, abi::any_frame, 1, batch),
                   Error::limit_reached);
    const Capability receiver = start().self;
    check::refused("grant: to a slot that is not open is occupied",
                   call::grant(stock.frame, receiver, abi::slot_of(stock.frame) * 64ull, 1),
                   Error::occupied);
    check::succeeds(
        "grant: to one that is open succeeds",
        call::grant(stock.frame, receiver, (start().capability_slots - 1) * 64, rights::read));
}

} // namespace

int application_main(libos::Arguments) {
    open();
    attempt::open();
    stock.frame = frame();
    stock.mapped = frame();
    (void)install(0, stock.mapped);
    stock.stale = frame();
    (void)call::drop(stock.stale);
    // Its slot is used again, so that the old name meets a binding of a later generation.
    stock.weak_frame = derived(stock.frame, rights::read);
    const Capability base = frame();
    stock.blind_frame = derived(base, rights::write);
    (void)call::drop(stock.weak_frame);
    const Capability another = frame();
    stock.weak_frame = derived(another, rights::read);
    stock.weak_table = derived(leaf, rights::all & ~rights::write);
    stock.weak_memory = derived(start().memory, rights::all & ~rights::control, 0, 9);
    stock.weak_root = derived(start().root_table, rights::read | rights::grant);
    stock.weak_console = derived(start().console, rights::read);
    stock.environment = child::create().environment;
    stock.weak_environment = derived(stock.environment, 0);
    capabilities();
    numbers();
    setups();
    unknown_calls();
    forged_progress();
    unused_arguments();
    batches();
    (void)call::destroy_environment(stock.environment, 0);
    full_table();
    return check::verdict();
}
