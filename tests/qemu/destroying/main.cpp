// tests/qemu/destroying/main.cpp - who may destroy whom, and at what moment: oneself, one's parent,
// a stranger whose capability one was granted, an environment whose transfers are under way, one
// that is being asked for something, one that has ended already.

#include "tests/qemu/support/receivers.hpp"

using abi::EndReason;
using abi::Error;
using namespace world;
namespace call = libos::system_call;
using check::Value;

namespace {

constexpr std::uint64_t number(EndReason reason) { return static_cast<std::uint64_t>(reason); }

void yields(std::uint64_t) {
    child::shared()[0] = 1;
    for (;;)
        (void)call::yield();
}

void destroys_itself(std::uint64_t) {
    (void)call::destroy_environment(start().self, 41);
    child::end(99);
}

// Destroys what word 5 of its shared page names, then says how that went.
void destroys_another(std::uint64_t) {
    const Value result = call::destroy_environment(Capability{child::shared()[5]}, 42);
    child::end(result ? 7 : static_cast<std::uint64_t>(result.error()));
}

child::Child running(void (*function)(std::uint64_t), const child::Options& options = {}) {
    const child::Child made = child::started(function, 0, options);
    while (made.shared()[0] == 0)
        (void)call::yield();
    return made;
}

abi::EndNotice destroyed_by_another(const child::Child& victim, std::uint32_t wanted) {
    const child::Child other = child::build({});
    other.shared()[5] = child::granted(other, victim.environment, wanted).value;
    const std::uint64_t ended = child::ended_count();
    (void)check::needed("starting", child::start(other, destroys_another));
    const abi::EndNotice last = child::wait_for_end(ended + (wanted == rights::control ? 2 : 1));
    (void)call::drop(other.memory);
    return last;
}

void by_itself() {
    const auto notice = child::run(destroys_itself);
    check::equal("an environment may destroy itself", notice.reason, number(EndReason::destroyed));
    check::equal("with a status", notice.status, 41);
}

void by_another() {
    const child::Child victim = running(yields);
    check::equal("whoever holds its capability without control may not",
                 destroyed_by_another(victim, abi::rights::read).status,
                 static_cast<std::uint64_t>(Error::access_denied));
    (void)call::destroy_environment(victim.environment, 0);
    (void)call::drop(victim.memory);
}

void by_a_holder() {
    const std::uint64_t before = facts().free_frames;
    const child::Child victim = running(yields);
    check::equal("whoever holds it with control may",
                 destroyed_by_another(victim, rights::control).status, 7);
    check::refused("its creator's capability is gone",
                   call::destroy_environment(victim.environment, 0), Error::revoked);
    (void)call::drop(victim.memory);
    check::equal("and no frame is lost", facts().free_frames, before);
}

void under_transfers() {
    const std::uint64_t before = facts().free_frames;
    child::Options options;
    options.memory_limit = 20;
    options.disk_rights = rights::read;
    for (int i = 0; i != 8; ++i) {
        const child::Child victim = running(receivers::reads_the_disk, options);
        for (int turn = 0; turn != i; ++turn)
            (void)call::yield();
        (void)check::needed("destroying", call::destroy_environment(victim.environment, 1));
        (void)call::drop(victim.memory);
    }
    check::equal("environments are destroyed at any moment of their transfers", facts().free_frames,
                 before);
}

void while_it_is_asked() {
    const std::uint64_t before = facts().free_frames;
    const child::Child victim = running(yields, {.memory_limit = 4});
    // One that refuses is destroyed by a third while it is asked.
    const child::Child other = child::build({});
    other.shared()[5] = child::granted(other, victim.environment, rights::control).value;
    const Capability held = victim.own_memory;
    (void)check::needed("starting", child::start(other, destroys_another));
    const Value asked =
        call::request_revocation(victim.memory, victim.environment, held, 4, 1'000'000);
    check::that("an environment may be destroyed while it is asked for something",
                asked.has_value() || asked.error() == Error::ended);
    while (facts().environments > 1)
        (void)call::yield();
    (void)call::drop(victim.memory);
    (void)call::drop(other.memory);
    check::equal("and no frame is lost", facts().free_frames, before);
}

// Tables of its creator's below its root, one below the other; the last is full, so that taking it
// apart needs several steps.
void with_tables_of_its_creator() {
    const Counts before = counts();
    const child::Child made = child::create(1, 8);
    const Capability memory = derived(start().memory, rights::all, 0, 8);
    const Capability page = frame(memory);
    child::Child tables{};
    tables.memory = memory;
    tables.root = made.root;
    for (const std::uint32_t level : {3u, 2u, 1u})
        tables.low_leaf = child::table(tables, 0x40'0000'0000, level);
    for (unsigned i = 0; i != 512; ++i)
        child::map(tables.low_leaf, 0x40'0000'0000 + i * abi::page_size, page, access::read_only);
    (void)call::destroy_environment(made.environment, 0);
    check::equal("tables that its creator has hung below its root go with it",
                 entry_of(memory).object, 1);
    (void)call::drop(memory);
    (void)call::drop(made.memory);
    check::that("and nothing of them is lost", counts() == before);
}

void the_dead() {
    const child::Child victim = running(yields);
    const std::uint64_t ended = child::ended_count();
    (void)call::destroy_environment(victim.environment, 3);
    (void)child::wait_for_end(ended + 1);
    check::refused("the dead cannot be destroyed again",
                   call::destroy_environment(victim.environment, 3), Error::revoked);
    check::refused("nor be granted anything",
                   call::grant(start().console, victim.environment, 0, rights::write),
                   Error::revoked);
    check::refused("nor be asked for anything",
                   call::request_revocation(victim.memory, victim.environment,
                                            abi::Capability{abi::make_capability(3, 1)}, 1, 5000),
                   Error::revoked);
    (void)call::drop(victim.memory);
}

} // namespace

int application_main(libos::Arguments) {
    open();
    disk::open();
    by_itself();
    by_another();
    by_a_holder();
    under_transfers();
    while_it_is_asked();
    with_tables_of_its_creator();
    the_dead();
    while (facts().environments > 1)
        (void)call::yield();
    return check::verdict();
}
