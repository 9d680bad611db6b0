// tests/qemu/system-calls/capabilities.cpp - for each capability that a call takes: nothing, an
// empty slot, a slot beyond the table, a wrong generation, an old one, a misaligned name, another
// kind, too few rights.

#include "tests/qemu/system-calls/refusals.hpp"

namespace system_calls {

namespace {

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

} // namespace

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

} // namespace system_calls
