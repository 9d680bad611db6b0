// tests/qemu/system-calls/capabilities.cpp - for each capability that a call takes: nothing, an
// empty slot, a slot beyond the table, a wrong generation, an old one, a misaligned name, another
// kind, too few rights.

#include "tests/qemu/system-calls/refusals.hpp"

namespace system_calls {

namespace {

// What `attempt(bad, expected, why)` says of every bad capability in place of `good`. `other`: a
// binding of another kind, 0 if any kind will do. `weak`: the right kind with too few rights, 0 if
// none are needed. `zero_means`: what 0 in that place is taken for, if not for a capability.
enum class Zero { nothing, something };
bool each_bad(Capability good, Capability other, Capability weak, Zero zero, auto attempt) {
    bool right = true;
    const auto with = [&](std::uint64_t bad, Error expected, const char* why) {
        right = attempt(bad, expected, why) && right;
    };
    const std::uint64_t slots = start().capability_slots;
    if (zero == Zero::nothing)
        with(0, Error::no_binding, "nothing");
    with(abi::make_capability(static_cast<std::uint32_t>(slots - 1), 1).value, Error::no_binding,
         "an empty slot");
    with(abi::make_capability(static_cast<std::uint32_t>(slots), 1).value, Error::no_binding,
         "a slot beyond the table");
    with(~0ull, Error::no_binding, "all ones");
    with(1ull << 63, Error::no_binding, "2^63");
    with(1ull << 32, Error::no_binding, "2^32");
    with(kernel_address, Error::no_binding, "a kernel address");
    with(good.value + 8, Error::no_binding, "a misaligned name");
    with(good.value + (1ull << 32), Error::no_binding, "a generation that is not there yet");
    with(good.value & 0xffff'ffff, Error::no_binding, "generation 0");
    with(stock.stale.value, Error::revoked, "an old generation");
    if (other)
        with(other.value, Error::no_binding, "another kind");
    if (weak)
        with(weak.value, Error::access_denied, "too few rights");
    return right;
}

void tell(Call number, std::string_view place, bool right) {
    if (!right)
        ++check::failures;
    else
        libos::print("{}: {}: every bad capability is refused by name\n", name_of(number), place);
}

// As argument `at` of a call that is good without it.
void capability_argument(Call number, unsigned at, Arguments arguments, Capability other,
                         Capability weak, Zero zero = Zero::nothing) {
    constexpr std::string_view places[] = {"argument 0", "argument 1", "argument 2", "argument 3",
                                           "argument 4"};
    tell(number, places[at],
         each_bad({arguments.at[at]}, other, weak, zero,
                  [&](std::uint64_t bad, Error expected, const char* why) {
                      arguments.at[at] = bad;
                      return refuses(number, arguments, expected, why);
                  }));
}

// As the one capability of a batch: the call does not fail, its item does.
bool fails_alone(Call number, const Arguments& arguments, auto error, Error expected,
                 const char* why) {
    const std::uint64_t before = state();
    const Value failed = perform(static_cast<std::uint64_t>(number), arguments);
    const bool same = before == state();
    const auto seen = static_cast<Error>(error());
    if (failed == 1 && seen == expected && same)
        return true;
    libos::print("FAILED: {}: {}: {} failed with {}, expected {}{}\n", name_of(number), why,
                 failed.value_or(0), name_of(seen), name_of(expected),
                 same ? "" : ", and it had an effect");
    return false;
}

void in_translations() {
    auto& item = *libos::request_area::at<abi::TranslationRequest>(0);
    using Operation = abi::TranslationOperation;
    const auto attempt = [&](Operation operation, bool table) {
        return [&item, operation, table](std::uint64_t bad, Error expected, const char* why) {
            item = {operation,
                    static_cast<std::uint16_t>(operation == Operation::install ? 9 : 0),
                    1,
                    0,
                    table ? Capability{bad} : leaf,
                    table ? stock.frame : Capability{bad},
                    0};
            return fails_alone(
                Call::perform_translations, {{0, 1, 0, 0, 0}}, [&] { return item.error; }, expected,
                why);
        };
    };
    bool right = true;
    for (const Operation operation : {Operation::install, Operation::remove, Operation::change,
                                      Operation::clear_accessed, Operation::clear_dirty})
        right = each_bad(leaf, start().console, stock.weak_table, Zero::nothing,
                         attempt(operation, true)) &&
                right;
    tell(Call::perform_translations, "a table", right);
    tell(Call::perform_translations, "a frame",
         each_bad(stock.frame, start().console, stock.blind_frame, Zero::nothing,
                  attempt(Operation::install, false)));
}

void in_drop_frames() {
    std::uint64_t& word = *libos::request_area::at<std::uint64_t>(batch);
    tell(Call::drop_frames, "a frame",
         each_bad(stock.frame, start().console, {}, Zero::nothing,
                  [&](std::uint64_t bad, Error expected, const char* why) {
                      word = bad;
                      return fails_alone(
                          Call::drop_frames, {{batch, 1, 0, 0, 0}}, [&] { return word; }, expected,
                          why);
                  }));
}

// Each frame that an environment is made of.
void in_create_environment() {
    auto& request = *libos::request_area::at<abi::CreateEnvironment>(batch);
    Capability frames[4];
    for (Capability& one : frames)
        one = frame();
    bool right = true;
    for (unsigned place = 0; place != 4; ++place)
        right = each_bad(frames[place], start().console, stock.weak_frame, Zero::nothing,
                         [&](std::uint64_t bad, Error expected, const char* why) {
                             request = {{frames[0], frames[1]}, frames[2], {}, 0, 1, {frames[3]}};
                             (place < 2    ? request.object_frames[place]
                              : place == 2 ? request.root_frame
                                           : request.table[0]) = {bad};
                             return refuses(Call::create_environment, {{batch, 0, 0, 0, 0}},
                                            expected, why);
                         }) &&
                right;
    tell(Call::create_environment, "each of its frames", right);
    for (const Capability one : frames)
        (void)call::drop(one);
}

// What is asked back is named as the other environment names it.
void in_the_others_table() {
    const Capability own{abi::make_capability(1, 1)};
    bool right = true;
    for (const auto& [bad, why] : {std::pair<std::uint64_t, const char*>{0, "nothing"},
                                   {own.value + 8, "a misaligned name"},
                                   {own.value & 0xffff'ffff, "generation 0"},
                                   {own.value + (1ull << 32), "a generation not there yet"},
                                   {abi::make_capability(64, 1).value, "a slot beyond its table"},
                                   {kernel_address, "a kernel address"},
                                   {~0ull, "all ones"}})
        right = refuses(Call::request_revocation,
                        {{stock.environment.value, stock.environment.value, bad, 1, 1000}},
                        Error::no_binding, why) &&
                right;
    tell(Call::request_revocation, "argument 2", right);
}

// Each page that a PE has, for one that has none yet. 0 is no page there.
void in_setups() {
    auto& setup = *libos::request_area::at<abi::ProcessorEnvironmentSetup>(batch);
    Capability frames[5];
    for (Capability& one : frames)
        one = frame();
    bool right = true;
    for (unsigned place = 0; place != 5; ++place)
        right =
            each_bad(frames[place], start().console, stock.weak_frame, Zero::something,
                     [&](std::uint64_t bad, Error expected, const char* why) {
                         setup = {0x10'0000, 0x10'0000,
                                  0,         0,
                                  frames[0], {frames[1], frames[2], frames[3], frames[4]}};
                         (place == 0 ? setup.pe_frame : setup.request_frames[place - 1]) = {bad};
                         return refuses(Call::set_processor_environment,
                                        {{stock.environment.value, batch, 0, 0, 0}}, expected, why);
                     }) &&
            right;
    tell(Call::set_processor_environment, "each of its pages", right);
    for (const Capability one : frames)
        (void)call::drop(one);
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
                        stock.weak_frame, Zero::something);
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
    capability_argument(Call::start_environment, 4,
                        {{stock.ready.value, abi::layout::image, 0x1000, 0, time}}, other,
                        stock.weak_time);
    capability_argument(Call::bind_slice, 0, {{environment, time, 50, abi::least_slice, 0}}, other,
                        stock.weak_environment, Zero::something);
    capability_argument(Call::bind_slice, 1, {{environment, time, 50, abi::least_slice, 0}}, other,
                        stock.weak_time);
    capability_argument(Call::destroy_environment, 0, {{environment, 0, 0, 0, 0}}, other,
                        stock.weak_environment);
    // Where 0 is the caller; a setup that would be good.
    auto& setup = *libos::request_area::at<abi::ProcessorEnvironmentSetup>(batch);
    setup = {};
    setup.upcall_stack_top = abi::layout::upcall_stack + 4 * abi::page_size;
    setup.nested_stack_top = abi::layout::nested_stack + 2 * abi::page_size;
    capability_argument(Call::set_processor_environment, 0, {{self, batch, 0, 0, 0}}, other,
                        stock.weak_environment, Zero::something);
    capability_argument(Call::set_entry, 0, {{self, 20, 0x1000, 0, 0}}, other,
                        stock.weak_environment, Zero::something);
    capability_argument(Call::switch_root, 0, {{root, 0, 0, 0, 0}}, other, stock.weak_root);
    capability_argument(Call::yield_to, 0, {{self, 0, 0, 0, 0}}, other, {});
    capability_argument(Call::set_limit, 0, {{self, 0, 0, 0, 0}}, other, stock.weak_environment,
                        Zero::something);
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
    in_the_others_table();
    capability_argument(Call::bind_repossession_vector, 0, {{spare, 0, 0, 0, 0}}, other,
                        stock.weak_frame);
    capability_argument(Call::guarantee, 0, {{spare, 0, 0, 0, 0}}, other, stock.blind_frame);
    in_translations();
    in_drop_frames();
    in_create_environment();
    in_setups();
}

} // namespace system_calls
