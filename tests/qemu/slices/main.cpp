// tests/qemu/slices/main.cpp - slices of one processor: bound, over, overrun, handed on, lost.
//
// Children count in the page that they share with the test. A round: the test gives the processor
// up, and has it again when everybody behind it in the run vector has had a slice.

#include "bindings/abi/revocation.hpp"
#include "tests/qemu/support/slices.hpp"

using abi::Capability;
using abi::Error;
using child::Child;
using namespace world;
using slices::pe_of;
using slices::with_slice;
namespace call = libos::system_call;

namespace {

constexpr std::uint64_t ticks = 20'000;
std::uint64_t ends = 0;

void rounds(std::uint64_t count) {
    for (; count != 0; --count)
        (void)call::yield();
}

void counts(std::uint64_t) {
    for (;;)
        child::shared()[0] = child::shared()[0] + 1;
}

/// How much it counts in so many rounds.
std::uint64_t counted(const Child& made, std::uint64_t in) {
    const std::uint64_t before = made.shared()[0];
    rounds(in);
    return made.shared()[0] - before;
}

bool is_about(std::uint64_t seen, std::uint64_t expected) {
    const std::uint64_t off = seen > expected ? seen - expected : expected - seen;
    return off * 50 <= expected; // to 2 %
}

Capability time_at(std::uint64_t position) {
    return derived(start().processor_time, rights::all, position, 1);
}

void finish(const Child& made) {
    (void)call::destroy_environment(made.environment, 0);
    (void)child::wait_for_end(++ends);
    (void)call::drop(made.memory);
}

void what_is_refused() {
    const Child made = child::build();
    const Capability time = start().processor_time;
    const auto bind = [&](Capability environment, Capability through, std::uint64_t position,
                          std::uint64_t length) {
        return call::bind_slice(environment, through, position, length);
    };
    check::refused("a slice of no length is refused", bind(made.environment, time, 5, 0),
                   Error::out_of_range);
    check::refused("and one that is too short",
                   bind(made.environment, time, 5, abi::least_slice - 1), Error::out_of_range);
    check::refused("or too long", bind(made.environment, time, 5, abi::longest_slice + 1),
                   Error::out_of_range);
    check::refused("or behind the last position", bind(made.environment, time, 64, ticks),
                   Error::out_of_range);
    check::refused("or far behind", bind(made.environment, time, ~0ull, ticks),
                   Error::out_of_range);
    const Capability part = derived(time, rights::all, 8, 2);
    check::refused("a binding gives slices of its own positions only, none before",
                   bind(made.environment, part, 7, ticks), Error::out_of_range);
    check::refused("and none behind", bind(made.environment, part, 10, ticks), Error::out_of_range);
    check::succeeds("but those", bind(made.environment, part, 9, ticks));
    check::refused("a position that another one has is taken", bind({}, time, 9, ticks),
                   Error::occupied);
    check::refused("so is the test's own for the child", bind(made.environment, time, 0, ticks),
                   Error::occupied);
    check::refused("without the right to control time there is none",
                   bind(made.environment, derived(time, rights::grant, 0, 64), 6, ticks),
                   Error::access_denied);
    check::refused("nor without that to control the environment",
                   bind(derived(made.environment, rights::grant), time, 6, ticks),
                   Error::access_denied);
    check::refused("nor through something else", bind(made.environment, start().console, 6, ticks),
                   Error::no_binding);
    (void)check::needed("dropping", call::drop(part));
    check::refused("nor through a binding that is gone", bind(made.environment, part, 9, ticks),
                   Error::revoked);
    const Capability own = time_at(9);
    check::succeeds("with that binding the slice has gone, and another one may have it",
                    bind({}, own, 9, ticks));
    check::refused("a length has its bounds for one that there is as well", bind({}, time, 9, 1),
                   Error::out_of_range);
    check::succeeds("and give it back", call::drop(own));
    (void)call::destroy_environment(made.environment, 0);
    (void)child::wait_for_end(++ends);
    check::refused("nobody gives one to who is gone", bind(made.environment, time, 6, ticks),
                   Error::revoked);
    check::refused("nor passes it the processor", call::yield_to(made.environment), Error::revoked);
    (void)call::drop(made.memory);
}

void stopped_at_the_end() {
    const Child made = with_slice(counts, 5, ticks);
    rounds(2);
    const std::uint64_t before = __builtin_ia32_rdtsc();
    rounds(20);
    const std::uint64_t taken = (__builtin_ia32_rdtsc() - before) / 20;
    check::that("who never gives the processor up is stopped when its slice is over",
                taken > ticks && taken < ticks + 3000);
    const std::uint64_t one = counted(made, 50);
    check::succeeds("its slice is made twice as long",
                    call::bind_slice(made.environment, start().processor_time, 5, 2 * ticks));
    rounds(2);
    check::that("and it gets twice as much", is_about(counted(made, 50), 2 * one));
    check::succeeds("a second slice is added to it",
                    call::bind_slice(made.environment, start().processor_time, 40, ticks));
    rounds(2);
    check::that("and it gets three times as much", is_about(counted(made, 50), 3 * one));
    check::equal("nothing is held against who has no entry for the end", pe_of(made).excess_time,
                 0);
    finish(made);
}

// -- the end of a slice as an upcall
// ---------------------------------------------------------------

enum Word : unsigned { count, begun, over, slot_kind, slot_frame, slot_state };
constexpr std::uint64_t vector_address = 0x1e'0000; // in the child

bool on_begin(abi::SaveArea&, std::uint64_t, std::uint64_t) {
    child::shared()[begun] = child::shared()[begun] + 1;
    if (const auto& pe = libos::processor_environment(); pe.repossessed != 0) {
        const auto& slot =
            reinterpret_cast<volatile abi::RepossessionVector*>(vector_address)->slots[0];
        child::shared()[slot_kind] = static_cast<std::uint64_t>(slot.kind);
        child::shared()[slot_frame] = slot.frame;
        child::shared()[slot_state] = static_cast<std::uint64_t>(slot.state);
    }
    return false;
}
bool gives_up(abi::SaveArea&, std::uint64_t, std::uint64_t) {
    child::shared()[over] = child::shared()[over] + 1;
    (void)call::yield();
    return false;
}
bool ignores(abi::SaveArea&, std::uint64_t, std::uint64_t) {
    child::shared()[over] = child::shared()[over] + 1;
    return false;
}
bool never_returns(abi::SaveArea&, std::uint64_t, std::uint64_t) {
    for (;;)
        child::shared()[over] = child::shared()[over] + 1;
}

void counts_with(LibosHandler handler) {
    libos::start_upcalls();
    libos_handle_slice_begin = on_begin;
    libos_handle_slice_end = handler;
    libos::set_entry(abi::Entry::slice_begin, libos_entry_slice_begin);
    libos::set_entry(abi::Entry::slice_end, libos_entry_slice_end);
    libos::enable_upcalls();
    counts(0);
}
void polite(std::uint64_t) { counts_with(gives_up); }

void told_of_it() {
    const Child told = with_slice(polite, 5, 2 * ticks);
    const Child other = with_slice(counts, 6, 2 * ticks);
    rounds(3);
    const std::uint64_t begun_before = told.shared()[begun];
    const std::uint64_t over_before = told.shared()[over];
    const std::uint64_t before = told.shared()[count];
    const std::uint64_t others = counted(other, 100);
    check::equal("each slice begins with an upcall", told.shared()[begun] - begun_before, 100);
    check::equal("and is over with one", told.shared()[over] - over_before, 100);
    volatile abi::ProcessorEnvironmentPage& page = pe_of(told);
    check::that("who gives the processor up at once has little excess time",
                page.excess_time > 0 && page.excess_time / page.slices < 600);
    check::that("and gets what another one gets, to 2 %",
                is_about(told.shared()[count] - before, others));
    check::equal("it sees where its slice is", page.slice_position, 5);
    check::that("and how long it is, less what it has forfeited",
                page.slice_length <= 2 * ticks && page.slice_length > 2 * ticks - 600);
    finish(told);
    finish(other);
}

// Who does not give up is stopped after the grace, forfeits that, and loses the slice in the end.
void overruns(std::uint64_t handler) {
    (void)call::bind_frames(start().memory, abi::any_frame, 1, 0);
    const Capability frame{*libos::request_area::at<std::uint64_t>(0)};
    (void)call::install(start().low_table, page_of(abi::VirtualAddress{vector_address}), frame,
                        abi::access::write);
    (void)call::bind_repossession_vector(frame);
    reinterpret_cast<abi::RepossessionVector*>(vector_address)->slots[0].state =
        abi::RepossessionState::ready;
    counts_with(reinterpret_cast<LibosHandler>(handler));
}

void loses_it(const char* who, LibosHandler handler) {
    libos::print("{}:\n", who);
    const Child greedy = with_slice(overruns, 5, ticks, reinterpret_cast<std::uint64_t>(handler));
    const Child other = with_slice(counts, 6, ticks);
    volatile abi::ProcessorEnvironmentPage& page = pe_of(greedy);
    while (page.excess_time == 0)
        rounds(1);
    check::that("it is stopped in the grace, which is held against it",
                page.excess_time >= abi::slice_grace && page.excess_time < abi::slice_grace + 1000);
    const std::uint64_t before = page.excess_time;
    const std::uint64_t others = other.shared()[0];
    const std::uint64_t began = __builtin_ia32_rdtsc();
    rounds(4);
    const std::uint64_t round = (__builtin_ia32_rdtsc() - began) / 4;
    check::that("each slice is shorter by what it has used of the one before",
                page.slice_length + (page.excess_time - before) / 4 < ticks + 200 &&
                    page.slice_length <= ticks - abi::slice_grace);
    check::that("so a round is hardly longer than if all kept to their slices",
                round > 2 * ticks && round < 2 * ticks + ticks / 10);
    rounds(4);
    const std::uint64_t then = greedy.shared()[0];
    const std::uint64_t slices = page.slices;
    const std::uint64_t of_other = counted(other, 20);
    check::equal("then it has lost the slice", greedy.shared()[0] - then + page.slices - slices, 0);
    check::equal("is told so", page.repossessed, 1);
    check::that("the other one keeps its share",
                is_about(of_other, (other.shared()[0] - others) * 20 / 28));
    check::succeeds("it can be given another",
                    call::bind_slice(greedy.environment, start().processor_time, 7, ticks));
    rounds(2);
    check::that("and goes on where it was", page.slices > slices);
    if (handler == ignores) {
        check::equal("its vector says that it was processor time", greedy.shared()[slot_kind],
                     static_cast<std::uint64_t>(abi::Kind::processor_time));
        check::equal("at which position", greedy.shared()[slot_frame], 5);
        check::equal("and that nothing was saved", greedy.shared()[slot_state],
                     static_cast<std::uint64_t>(abi::RepossessionState::lost));
    }
    finish(greedy);
    finish(other);
}

// -- what is held against whom
// ----------------------------------------------------------------------

// In the grace of its first slice it makes a call that takes longer than half of a slice.
bool clears_frames(abi::SaveArea& area, std::uint64_t, std::uint64_t) {
    if (child::shared()[over] == 0)
        (void)call::bind_frames(start().memory, abi::any_frame, 24, 0);
    return gives_up(area, 0, 0);
}
void clears(std::uint64_t) { counts_with(clears_frames); }

void the_excess_is_carried_over() {
    constexpr std::uint64_t length = abi::least_slice;
    const Child made = child::build({.memory_limit = 24});
    slices::bind(made, 5, length);
    (void)check::needed("starting", child::start(made, clears, 0, {}));
    volatile abi::ProcessorEnvironmentPage& page = pe_of(made);
    while (page.excess_time == 0)
        rounds(1);
    std::uint64_t owed = page.excess_time;
    check::that("one stays longer past the end than two slices can be shortened by", owed > length);
    std::uint64_t wrong = 0;
    for (int i = 0; i != 6; ++i) {
        const std::uint64_t forfeited = owed < length / 2 ? owed : length / 2;
        const std::uint64_t before = page.excess_time;
        rounds(1);
        wrong += page.slice_length != length - forfeited ? 1 : 0;
        owed += page.excess_time - before - forfeited;
    }
    check::equal("each later slice is half as long, until exactly that has been forfeited", wrong,
                 0);
    check::that("then they are whole again", page.slice_length > length - 600);
    finish(made);
}

// Seven slices are overrun, then one is not, and so on.
bool ignores_seven_of_eight(abi::SaveArea& area, std::uint64_t, std::uint64_t) {
    return child::shared()[over] % 8 == 7 ? gives_up(area, 0, 0) : ignores(area, 0, 0);
}
void often_late(std::uint64_t) { counts_with(ignores_seven_of_eight); }

void only_overruns_in_a_row_count() {
    const Child made = with_slice(often_late, 5, ticks);
    rounds(41);
    volatile abi::ProcessorEnvironmentPage& page = pe_of(made);
    check::equal("one that gives up in time once in eight slices loses none",
                 page.repossessed + page.unrecorded, 0);
    check::that("of forty", made.shared()[over] >= 40 && page.slices >= 40);
    finish(made);
}

// In its own slices it gives up in time; in what it was handed of others' it never does.
bool keeps_what_it_was_handed(abi::SaveArea& area, std::uint64_t, std::uint64_t) {
    static std::uint64_t last = 0;
    const volatile auto& pe = libos::processor_environment();
    if (pe.slices != last) {
        last = pe.slices;
        return gives_up(area, 0, 0);
    }
    while (pe.slices == last) {
    }
    return false;
}
void keeps(std::uint64_t) { counts_with(keeps_what_it_was_handed); }

// -- directed yield
// --------------------------------------------------------------------------------

void hands_on(std::uint64_t to) {
    for (;;) {
        child::shared()[0] = child::shared()[0] + 1;
        child::shared()[1] = call::yield_to({to}).has_value() ? 0 : 1;
    }
}

void the_rest_is_handed_on() {
    const Child heir = with_slice(counts, 6, ticks);
    rounds(2);
    const std::uint64_t alone = counted(heir, 40);
    const Child giver = child::build();
    const Capability name = child::granted(giver, heir.environment, rights::read);
    (void)check::needed("binding a slice",
                        call::bind_slice(giver.environment, start().processor_time, 5, 3 * ticks));
    (void)check::needed("starting", child::start(giver, hands_on, name.value, {}));
    rounds(2);
    const std::uint64_t given = counted(giver, 1);
    check::that("who is given the rest of a slice of three has that and its own of one",
                is_about(counted(heir, 40), 4 * alone));
    check::equal("the giver has had its turn once a round", given, 1);
    check::equal("and is not refused", giver.shared()[1], 0);
    (void)call::destroy_environment(heir.environment, 0);
    (void)child::wait_for_end(++ends);
    rounds(1);
    check::equal("to one that has ended it hands nothing on", giver.shared()[1], 1);
    (void)call::drop(heir.memory);
    finish(giver);
}

// Ten slices of one are overrun by another one, which has none of its own in between.
void heirs_overrun_nothing_of_their_own() {
    const Child heir = with_slice(keeps, 6, ticks);
    const Child giver = child::build();
    const Capability name = child::granted(giver, heir.environment, rights::read);
    constexpr std::uint64_t positions = abi::most_overruns + 2;
    for (std::uint64_t i = 0; i != positions; ++i)
        slices::bind(giver, 8 + i, ticks);
    rounds(2);
    (void)check::needed("starting", child::start(giver, hands_on, name.value, {}));
    rounds(2);
    volatile abi::ProcessorEnvironmentPage& page = pe_of(giver);
    const std::uint64_t before = page.excess_time;
    const std::uint64_t given = counted(giver, 4);
    check::that("one is stopped in ten slices in a row that it was handed, which is held against "
                "who handed them on",
                page.excess_time - before >= 4 * positions * abi::slice_grace);
    check::equal("but that one has them all still", given, 4 * positions);
    check::equal("and was told of no loss", page.repossessed + page.unrecorded, 0);
    volatile abi::ProcessorEnvironmentPage& its = pe_of(heir);
    check::equal("nor was the one who was stopped", its.repossessed + its.unrecorded, 0);
    check::that("against whom nothing is held", its.excess_time < its.slices * 600);
    finish(heir);
    finish(giver);
}

// Counts its turns.
void takes_turns(std::uint64_t) {
    for (;;) {
        child::shared()[0] = child::shared()[0] + 1;
        (void)call::yield();
    }
}
std::uint64_t heir_name = 0;
bool hands_on_too_late(abi::SaveArea&, std::uint64_t, std::uint64_t) {
    child::shared()[over] += call::yield_to({heir_name}).has_value() ? 1 : 0;
    return false;
}
void late(std::uint64_t to) {
    heir_name = to;
    counts_with(hands_on_too_late);
}

void nothing_is_left_to_hand_on() {
    const Child heir = with_slice(takes_turns, 6, ticks);
    const Child giver = child::build();
    const Capability name = child::granted(giver, heir.environment, rights::read);
    slices::bind(giver, 5, ticks);
    (void)check::needed("starting", child::start(giver, late, name.value, {}));
    rounds(2);
    const std::uint64_t handed = giver.shared()[over];
    check::equal("who was told that its slice is over hands nothing on", counted(heir, 20), 20);
    check::equal("though it tries each time", giver.shared()[over] - handed, 20);
    finish(heir);
    finish(giver);
}

} // namespace

int application_main(libos::Arguments) {
    open();
    what_is_refused();
    stopped_at_the_end();
    told_of_it();
    loses_it("one that does not give the processor up when its slice is over", ignores);
    loses_it("one that stays in the upcall for ever", never_returns);
    the_excess_is_carried_over();
    only_overruns_in_a_row_count();
    the_rest_is_handed_on();
    heirs_overrun_nothing_of_their_own();
    nothing_is_left_to_hand_on();
    return check::verdict();
}
