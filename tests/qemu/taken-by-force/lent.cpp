// tests/qemu/taken-by-force/lent.cpp - single bindings that are asked back: frames that others have
// too, extents, and whoever lends on what it is asked for.

#include "tests/qemu/taken-by-force/taken.hpp"

namespace taken_by_force {

namespace {

// A frame of the test's own, mapped a thousand times by three environments.
constexpr unsigned mappings_each = 334;

void maps_it(std::uint64_t) {
    const Capability table = frame();
    const Capability links = frame();
    const auto leaf = call::bind_page_table(start().root_table, table, links, 0x3000'0000, 1);
    for (unsigned i = 0; i != mappings_each; ++i)
        if (!call::install(Capability{leaf.value_or(0)}, abi::Vpn{i},
                           Capability{child::shared()[5]}, access::read_only))
            child::end(94);
    child::shared()[0] = 1;
    for (;;)
        (void)call::yield();
}

void gives_its_extent(std::uint64_t) {
    child::shared()[0] = 1;
    while (!receivers::is_asked())
        (void)call::yield();
    const volatile auto& pe = libos::processor_environment();
    if (pe.revoke_binding.value != start().disk.value || pe.revoke_count != 1)
        child::end(95);
    (void)call::drop(start().disk);
    for (;;)
        (void)call::yield();
}

// Lends one of its frames to a third one and asks it back with all the time in the world, so that
// it is never there to be asked itself.
void hides_behind_another(std::uint64_t) {
    receivers::settle();
    const Capability other{child::shared()[5]};
    const Capability part = derived(start().memory, rights::all, 0, 1);
    const std::uint64_t theirs =
        check::needed("lending", call::grant(part, other, child::shared()[6], rights::all));
    child::shared()[7] = theirs;
    child::shared()[0] = 2;
    while (child::shared()[24] == 0) // until the other has bound the frame
        (void)call::yield();
    child::shared()[0] = 3;
    const Value result = call::request_revocation(part, other, Capability{theirs}, 1, for_ever);
    child::shared()[25] = 1 + result.value_or(99);
    reports_losses();
}

// Binds a frame of what it is lent and keeps it.
void keeps_what_it_is_lent(std::uint64_t) {
    child::shared()[6] = check::needed("opening a slot", call::open_slot());
    child::shared()[0] = 1;
    while (child::shared()[7] == 0)
        (void)call::yield();
    child::shared()[24] = frame(Capability{child::shared()[7]}).value;
    for (;;)
        (void)call::yield();
}

} // namespace

void shared_frame() {
    const Capability page = frame();
    child::Child users[3];
    for (child::Child& user : users) {
        child::Options options;
        options.memory_limit = 2;
        user = child::build(options);
        user.shared()[5] = child::granted(user, page, rights::read).value;
        (void)check::needed("starting", child::start(user, maps_it));
        while (user.shared()[0] == 0)
            (void)call::yield();
    }
    const Capability first{users[0].shared()[5]};
    check::equal(
        "one of three that share a frame is asked and refuses",
        call::request_revocation(page, users[0].environment, first, 1, short_time).value_or(0),
        given_taken(0, 1));
    check::refused("it has the frame no more",
                   call::request_revocation(page, users[0].environment, first, 1, short_time),
                   Error::revoked);
    check::succeeds("the owner can still map it", install(9, page));
    check::refused(
        "it cannot be dropped with others by `drop_frames`",
        [&]() -> Value {
            *bound() = page;
            const std::uint64_t failed = check::needed("dropping", call::drop_frames(batch, 1));
            if (failed == 0)
                return 0;
            return std::unexpected(static_cast<Error>(bound()->value));
        }(),
        Error::busy);
    const Capability second = frame();
    disk::push(abi::IoOperation::read, start().disk, 1, second);
    (void)call::submit_io();
    bound()[0] = second;
    (void)call::drop_frames(batch, 1);
    check::equal("nor can one that a transfer is under way to", bound()[0].value,
                 static_cast<std::uint64_t>(Error::busy));
    (void)disk::next();
    (void)call::drop(second);
    check::succeeds("all others lose it at once by `revoke`", call::revoke(page));
    (void)remove(9);
    *bound() = page;
    check::equal("then it can", call::drop_frames(batch, 1).value_or(9), 0);
    check::refused("and is gone", install(9, page), Error::revoked);
    for (const child::Child& user : users)
        finish(user);
}

void extents() {
    const auto ask_extent = [](const child::Child& of) {
        return call::request_revocation(start().disk, of.environment, of.own_disk, 1, short_time);
    };
    const Capability weak = derived(start().disk, rights::read | rights::grant, 0, 4);
    const child::Child lent = child::build({});
    const Capability theirs = child::granted(lent, weak, rights::read);
    check::refused("whoever may not revoke may not ask either",
                   call::request_revocation(weak, lent.environment, theirs, 1, short_time),
                   Error::access_denied);
    check::equal(
        "whoever may, may",
        call::request_revocation(start().disk, lent.environment, theirs, 1, short_time).value_or(0),
        given_taken(0, 1));
    finish(lent);
    const child::Child loses = built(4);
    const Capability part = derived(start().disk, rights::all, 0, 4);
    (void)child::granted(loses, part, rights::read);
    start_receiver(loses, only_refuses, {.frames = 1, .bare_slots = 2});
    check::succeeds("`revoke` takes without asking", call::revoke(part));
    check::equal("and its victim is told", reported(loses)[8],
                 static_cast<std::uint64_t>(Kind::disk_extent));
    finish(loses);
    const child::Child gives = receiver(gives_its_extent, {});
    check::equal("an extent is given back when asked for", ask_extent(gives).value_or(0),
                 given_taken(1, 0));
    finish(gives);
    const child::Child refuses = receiver(only_refuses, {.frames = 1, .bare_slots = 4});
    check::equal("or taken", ask_extent(refuses).value_or(0), given_taken(0, 1));
    const volatile std::uint64_t* const told = reported(refuses);
    check::equal("and told of", told[8], static_cast<std::uint64_t>(Kind::disk_extent));
    check::refused("it cannot be asked for twice", ask_extent(refuses), Error::revoked);
    const child::Child busy = receiver(keeps_the_disk_busy, {.frames = 8}, 2);
    check::equal("under transfers it is taken when those have ended", ask_extent(busy).value_or(0),
                 given_taken(0, 1));
    finish(busy);
    finish(refuses);
}

void hiding() {
    const child::Child other = receiver(keeps_what_it_is_lent, {});
    child::Options options;
    options.memory_limit = 5;
    const child::Child hider = child::build(options);
    hider.shared()[8] = 4;
    hider.shared()[5] = child::granted(hider, other.environment, 0).value;
    hider.shared()[6] = other.shared()[6];
    (void)check::needed("starting", child::start(hider, hides_behind_another));
    while (hider.shared()[0] != 2)
        (void)call::yield();
    other.shared()[7] = hider.shared()[7];
    while (other.shared()[24] == 0)
        (void)call::yield();
    hider.shared()[24] = 1;
    while (hider.shared()[0] != 3)
        (void)call::yield();
    for (int i = 0; i != 10; ++i)
        (void)call::yield();
    check::equal("an environment waits long for what it asks of another", hider.shared()[25], 0);
    check::refused("meanwhile nobody else may ask that one",
                   call::request_revocation(hider.memory, other.environment,
                                            Capability{hider.shared()[7]}, 1, short_time),
                   Error::busy);
    // What comes back from the other one counts as given.
    check::equal("it is asked itself, and cannot hide behind that", ask(hider, 3).value_or(0),
                 given_taken(1, 2));
    (void)call::yield();
    (void)call::yield();
    check::equal("what it asked for was taken at once", hider.shared()[25], 1 + given_taken(0, 1));
    finish(hider);
    finish(other);
}

} // namespace taken_by_force
