// tests/qemu/system-calls/main.cpp - every system call against every kind of bad argument.
//
// For each capability that a call takes: nothing, an empty slot, a slot beyond the table, a wrong
// generation, an old one, a misaligned name, another kind, too few rights. For its numbers: what
// overflows, is misaligned, or lies in the kernel's half. After each refusal everything must be
// what it was, here and in other environments (`state`).

#include "tests/qemu/support/arguments.hpp"
#include "tests/qemu/support/attempt.hpp"
#include "tests/qemu/system-calls/refusals.hpp"

using namespace system_calls;

namespace {

void unknown_calls() {
    bool right = true;
    for (const std::uint64_t number :
         {abi::call_count + 0ull, abi::call_count + 1ull, 255ull, 0x7fff'ffffull, 0xffff'ffffull,
          1ull << 32, 1ull << 32 | 1, 1ull << 63, 1ull << 63 | 2, ~0ull, 0x4558'0000ull,
          0x4558'0001ull})
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

// An environment whose PE has no request area.
void without_request_area() {
    child::Options options;
    options.memory_limit = 4;
    options.request_area = false;
    const auto asks = [](std::uint64_t) {
        std::uint64_t refused = 0;
        const auto count = [&](const Value& seen) {
            refused += seen == std::unexpected(Error::invalid_argument) ? 1 : 0;
        };
        count(invoke(Call::perform_translations, 0, 1));
        count(invoke(Call::bind_frames, start().memory.value, abi::any_frame, 1, 0));
        count(invoke(Call::create_environment, 0));
        count(invoke(Call::set_processor_environment, 0, 0));
        count(invoke(Call::write_console, start().console.value, 0, 1));
        count(invoke(Call::drop_frames, 0, 1));
        child::end(refused);
    };
    check::equal("without a request area the six calls that read or write one are refused",
                 child::run(asks, 0, options).status, 6);
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
    stock.weak_time = derived(start().processor_time, rights::read, 60, 1);
    stock.environment = child::create().environment;
    const child::Child ready = child::build();
    stock.ready = ready.environment;
    (void)install(ready_page, ready.pe_frame);
    stock.weak_environment = derived(stock.ready, 0);
    stock.witness = child::started(testifies);
    capabilities();
    numbers();
    setups();
    unknown_calls();
    forged_progress();
    unused_arguments();
    batches();
    without_request_area();
    for (const Capability made : {stock.environment, stock.ready, stock.witness.environment})
        (void)call::destroy_environment(made, 0);
    full_table();
    return check::verdict();
}
