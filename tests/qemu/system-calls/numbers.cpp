// tests/qemu/system-calls/numbers.cpp - for the numbers that a call takes: what overflows, is
// misaligned, or lies in the kernel's half.

#include "tests/qemu/system-calls/refusals.hpp"

namespace system_calls {

namespace {

struct Refusal {
    Call number;
    Arguments arguments;
    Error expected;
    const char* why;
};

} // namespace

void numbers() {
    const std::uint64_t table = leaf.value;
    const std::uint64_t root = start().root_table.value;
    const std::uint64_t console = start().console.value;
    const std::uint64_t spare = stock.frame.value;
    const std::uint64_t mapped = stock.mapped.value;
    const std::uint64_t self = start().self.value;
    const std::uint64_t environment = stock.environment.value;
    const std::uint64_t own = abi::make_capability(1, 1).value; // in its table
    const std::uint64_t memory = start().memory.value;
    const std::uint64_t time = start().processor_time.value;
    const std::uint64_t ready = stock.ready.value;
    const std::uint64_t any = abi::any_frame;
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
        {Call::bind_frames, {{memory, any, 513, 0, 0}}, range, "513 frames"},
        {Call::bind_frames, {{memory, any, ~0ull, 0, 0}}, range, "a count of all ones"},
        {Call::bind_frames, {{memory, any, 1ull << 61, 0, 0}}, range, "a length that overflows"},
        {Call::bind_frames, {{memory, any, 1ull << 32 | 1, 0, 0}}, range, "2^32 + 1 frames"},
        {Call::bind_frames, {{memory, any, 1, end, 0}}, range, "behind the request area"},
        {Call::bind_frames, {{memory, any, 2, end - 8, 0}}, range, "across its end"},
        {Call::bind_frames, {{memory, any, 2, ~0ull - 7, 0}}, range, "an offset that overflows"},
        {Call::bind_frames, {{memory, any, 1, kernel_address, 0}}, range, "a kernel address"},
        {Call::bind_frames, {{memory, any, 1, batch + 4, 0}}, argument, "a misaligned offset"},
        {Call::bind_frames, {{memory, any - 1, 1, batch, 0}}, range, "no frame of the RAM"},
        {Call::bind_frames, {{memory, any - 1, 2, batch, 0}}, range, "frames that overflow"},
        {Call::bind_frames, {{memory, 1ull << 52, 1, batch, 0}}, range, "frame 2^52"},
        {Call::bind_frames,
         {{memory, pfn_of(stock.frame), 1, batch, 0}},
         Error::occupied,
         "a frame in use"},
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
        {Call::grant,
         {{console, stock.witness.environment.value, 64, 2, 0}},
         Error::occupied,
         "a slot in use of one that runs"},
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
        {Call::start_environment,
         {{ready, kernel_address, 0x1000, 0, time}},
         argument,
         "an entry in the kernel"},
        {Call::start_environment,
         {{ready, non_canonical, 0x1000, 0, time}},
         argument,
         "an entry that is no address"},
        {Call::start_environment,
         {{ready, abi::layout::image, kernel_address, 0, time}},
         argument,
         "a stack in the kernel"},
        {Call::start_environment,
         {{ready, abi::layout::image, ~0ull, 0, time}},
         argument,
         "a stack of all ones"},
        {Call::start_environment,
         {{self, abi::layout::image, 0x1000, 0, time}},
         Error::occupied,
         "one that runs"},
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
        {Call::set_limit, {{0, 999, 0, 0, 0}}, range, "999 instructions"},
        {Call::set_limit, {{0, ~0ull, 0, 0, 0}}, range, "all ones of instructions"},
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
         {{console, environment, own, 1, 1000}},
         Error::access_denied,
         "what is not derived from it"},
        {Call::request_revocation, {{console, self, console, 1, 1000}}, argument, "itself"},
        {Call::request_revocation, {{environment, environment, own, 0, 1000}}, range, "none of it"},
        {Call::request_revocation, {{environment, environment, own, 2, 1000}}, range, "two of it"},
        {Call::request_revocation,
         {{environment, environment, own, 1ull << 32 | 1, 1000}},
         range,
         "2^32 + 1 of it"},
        {Call::request_revocation, {{environment, environment, own, 1, 999}}, range, "999 ticks"},
        {Call::request_revocation,
         {{environment, environment, own, 1, (1ull << 40) + 1}},
         range,
         "more than 2^40 ticks"},
        {Call::drop_frames, {{batch, 1ull << 32, 0, 0, 0}}, range, "2^32 frames"},
        {Call::drop_frames, {{batch, 513, 0, 0, 0}}, range, "513 frames"},
        {Call::drop_frames, {{end, 1, 0, 0, 0}}, range, "behind the request area"},
        {Call::drop_frames, {{end - 8, 2, 0, 0, 0}}, range, "across its end"},
        {Call::drop_frames, {{~0ull, 1, 0, 0, 0}}, range, "an offset that overflows"},
        {Call::drop_frames, {{batch, ~0ull, 0, 0, 0}}, range, "a count of all ones"},
        {Call::drop_frames, {{batch + 4, 1, 0, 0, 0}}, argument, "a misaligned offset"},
        {Call::drop_frames, {{kernel_address, 1, 0, 0, 0}}, range, "a kernel address"},
        {Call::bind_repossession_vector,
         {{start().pe_frame.value, 0, 0, 0, 0}},
         Error::busy,
         "the PE page"},
        {Call::bind_slice, {{environment, time, 64, 10'000, 0}}, range, "position 64"},
        {Call::bind_slice, {{environment, time, ~0ull, 10'000, 0}}, range, "position all ones"},
        {Call::bind_slice, {{environment, time, 1ull << 32, 10'000, 0}}, range, "position 2^32"},
        {Call::bind_slice, {{environment, time, 50, 9'999, 0}}, range, "too short a slice"},
        {Call::bind_slice, {{environment, time, 50, ~0ull, 0}}, range, "a slice of all ones"},
        {Call::bind_slice,
         {{environment, time, 0, 10'000, 0}},
         Error::occupied,
         "its own position"},
        {Call::guarantee, {{stock.weak_frame.value, 0, 0, 0, 0}}, Error::busy, "a derived frame"},
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

} // namespace system_calls
