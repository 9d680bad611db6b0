// tests/qemu/bindings/main.cpp - the three tests of every kind of secure binding: it works with
// authority, is refused without, and is refused after revocation. The one who tries is another
// environment, which was granted just that binding.

#include "tests/qemu/support/attempt.hpp"
#include "tests/qemu/support/check.hpp"
#include "tests/qemu/support/child.hpp"
#include "tests/qemu/support/disk.hpp"

using abi::Error;
using abi::Kind;
using namespace world;
namespace call = libos::system_call;
namespace layout = abi::layout;

namespace {

// -- in the other environment: performs calls that the first one writes into the shared page ----

// Words 0 to 5: number and arguments; 6, 7: error and value; 8: 1 = do it, 0 = done.
void serves(std::uint64_t) {
    volatile std::uint64_t* const post = child::shared();
    for (;;) {
        if (post[8] != 0) {
            const auto number = static_cast<Call>(post[0]);
            const Value value = invoke(number, post[1], post[2], post[3], post[4], post[5]);
            post[6] = value ? 0 : static_cast<std::uint64_t>(value.error());
            post[7] = value.value_or(0);
            post[8] = 0;
        }
        (void)call::yield();
    }
}

child::Child other;

/// What a system call gives in the other environment.
Value there(Call number, std::uint64_t a = 0, std::uint64_t b = 0, std::uint64_t c = 0,
            std::uint64_t d = 0, std::uint64_t e = 0) {
    volatile std::uint64_t* const post = other.shared();
    const std::uint64_t words[] = {static_cast<std::uint64_t>(number), a, b, c, d, e};
    for (unsigned i = 0; i != 6; ++i)
        post[i] = words[i];
    post[8] = 1;
    while (post[8] != 0)
        (void)call::yield();
    if (post[6] != 0)
        return std::unexpected(static_cast<Error>(post[6]));
    return post[7];
}

/// Grants `capability` into a slot that the other environment opens; its name there.
std::uint64_t granted(Capability capability, std::uint32_t wanted) {
    const std::uint64_t slot = check::needed("opening a slot", there(Call::open_slot));
    return check::needed("granting", call::grant(capability, other.environment, slot, wanted));
}

// The same three sentences for each kind: `use` performs the call with a capability of there.
template <class Use>
void three_tests(const char* kind, Capability root, std::uint32_t enough, std::uint32_t too_few,
                 Use use, Error without = Error::access_denied) {
    const abi::CapabilityEntry entry = entry_of(root);
    const bool has_parts = kind_of(entry) == Kind::memory || kind_of(entry) == Kind::disk_extent;
    const Capability parent =
        derived(root, rights::all & rights_of(entry), 0, has_parts ? entry.detail : 0);
    const std::uint64_t weak = granted(parent, too_few);
    const std::uint64_t good = granted(parent, enough);
    const Value refused_nothing = use(0);
    const Value refused_weak = use(weak);
    const Value works = use(good);
    const Value revoked = call::revoke(parent);
    const Value after = use(good);
    const bool right = works && revoked && after == std::unexpected(Error::revoked) &&
                       refused_weak == std::unexpected(without) &&
                       refused_nothing == std::unexpected(Error::no_binding);
    check::that(kind, right);
    const auto name = [](const Value& value) { return value ? "success" : name_of(value.error()); };
    if (!right)
        libos::print("  with authority {}, too few rights {}, none {}, revoking {}, after {}\n",
                     name(works), name(refused_weak), name(refused_nothing), name(revoked),
                     name(after));
    (void)call::drop(parent);
}

void ends_at_once(std::uint64_t) { child::end(0); }
void waits_for_ever(std::uint64_t) { (void)call::wait(); }

void each_kind() {
    const std::uint64_t their_leaf = granted(other.low_leaf, rights::write);
    const Capability page = frame(other.memory);
    three_tests("frame: mapped with authority, not without, not after revocation", page,
                rights::read | rights::write, rights::read, [&](std::uint64_t capability) {
                    const Value result =
                        there(Call::install, their_leaf, 0x1c0, capability, access::write);
                    (void)there(Call::remove, their_leaf, 0x1c0);
                    return result;
                });
    three_tests("page table: changed with authority, not without, not after revocation",
                other.low_leaf, rights::write, rights::read, [&](std::uint64_t capability) {
                    return there(Call::change, capability, 0x1f0, 1, access::write);
                });
    three_tests("memory: frames bound with authority, not without, not after revocation",
                derived(start().memory, rights::all, 0, 8), rights::control, rights::read,
                [&](std::uint64_t capability) {
                    return there(Call::bind_frames, capability, abi::any_frame, 1, 0);
                });
    const child::Child victim = child::create();
    three_tests("environment: controlled with authority, not without, not after revocation",
                victim.environment, rights::control, rights::read, [&](std::uint64_t capability) {
                    if (capability == 0)
                        return there(Call::destroy_environment, 0);
                    return there(Call::set_limit, capability, 5000);
                });
    (void)call::destroy_environment(victim.environment, 0);
    (void)call::drop(victim.memory);
}

// Of the three who try only one is heard.
void console() {
    constexpr std::string_view line = "this line stands here once\n";
    (void)install(62, other.request_frame);
    for (std::size_t i = 0; i != line.size(); ++i)
        reinterpret_cast<volatile char*>(address(62))[i] = line[i];
    (void)remove(62);
    three_tests("console: written with authority, not without, not after revocation",
                start().console, rights::write, rights::read | rights::control,
                [&](std::uint64_t capability) {
                    return there(Call::write_console, capability, 0, line.size());
                });
}

// What a frame that was donated has become has a name, which is good for nothing: it goes with what
// it serves. What they are made of is tested in `environments` and `system-calls`, their end in
// `revocation`.
void donated() {
    const child::Child victim = child::build();
    unsigned objects = 0;
    unsigned links = 0;
    bool right = true;
    const auto refuses = [&](const Value& seen, Error expected) {
        right = right && seen == std::unexpected(expected);
    };
    for (std::uint64_t slot = 1; slot != start().capability_slots; ++slot) {
        const abi::CapabilityEntry& entry =
            reinterpret_cast<const abi::CapabilityEntry*>(table_view)[slot];
        if (kind_of(entry) != Kind::kernel_object && kind_of(entry) != Kind::table_links)
            continue;
        ++(kind_of(entry) == Kind::kernel_object ? objects : links);
        const Capability name{entry.name};
        refuses(install(63, name, access::read_only), Error::no_binding);
        refuses(call::bind_io_ring(name), Error::no_binding);
        refuses(call::derive(name, rights::read, 0, 0), Error::access_denied);
        refuses(call::grant(name, other.environment, 0, rights::read), Error::access_denied);
        refuses(call::revoke(name), Error::access_denied);
        refuses(call::drop(name), Error::busy);
    }
    check::that("kernel objects and links of tables: their names are good for nothing",
                right && objects >= 3 && links >= 2);
    (void)call::destroy_environment(victim.environment, 0);
    (void)call::drop(victim.memory);
}

void processor_time() {
    const child::Child starter = child::build();
    const std::uint64_t its = granted(starter.environment, rights::control);
    const Capability parent = derived(start().processor_time, rights::all, 60, 1);
    const std::uint64_t weak = granted(parent, rights::read);
    const std::uint64_t good = granted(parent, rights::control);
    const Capability second = derived(start().processor_time, rights::all, 61, 1);
    const std::uint64_t gone = granted(second, rights::control);
    (void)call::revoke(second);
    const auto starts = [&](std::uint64_t environment, std::uint64_t time) {
        return there(Call::start_environment, environment,
                     reinterpret_cast<std::uint64_t>(&ends_at_once), layout::first_stack + 4096 - 8,
                     0, time);
    };
    check::refused("processor time: without it nothing starts", starts(its, 0), Error::no_binding);
    check::refused("nor with too few rights", starts(its, weak), Error::access_denied);
    check::refused("nor after revocation", starts(its, gone), Error::revoked);
    const child::Child sitter = child::build();
    (void)check::needed("starting", invoke(Call::start_environment, sitter.environment.value,
                                           reinterpret_cast<std::uint64_t>(&waits_for_ever),
                                           layout::first_stack + 4096 - 8, 0, parent.value));
    check::refused("nor where another has the position", starts(its, good), Error::limit_reached);
    (void)call::destroy_environment(sitter.environment, 0);
    check::succeeds("with a free position it starts", starts(its, good));
    (void)child::wait_for_end(child::ended_count() + 1);
    (void)call::drop(starter.memory);
    (void)call::drop(sitter.memory);
}

// The other environment binds a ring in a frame that it grants back, so that the requests can be
// written here; its extent is granted and revoked.
void disk_extent() {
    (void)check::needed("binding frames there",
                        there(Call::bind_frames, other.own_memory.value, abi::any_frame, 2, 0));
    (void)install(60, other.request_frame, access::read_only);
    const std::uint64_t ring_frame = words(60)[0];
    const std::uint64_t buffer = words(60)[1];
    const std::uint64_t to_us = granted(start().self, 0);
    const Capability seen = {
        check::needed("granting here", there(Call::grant, ring_frame, to_us,
                                             check::needed("opening a slot", call::open_slot()),
                                             rights::read | rights::write))};
    check::refused("a frame that was granted to others is no ring of one's own",
                   there(Call::bind_io_ring, ring_frame), Error::busy);
    (void)call::drop(seen);
    (void)check::needed("binding a ring there", there(Call::bind_io_ring, ring_frame));
    const Capability ring_here = {
        check::needed("granting here", there(Call::grant, ring_frame, to_us,
                                             check::needed("opening a slot", call::open_slot()),
                                             rights::read | rights::write))};
    (void)install(61, ring_here);
    libos::IoRing ring{reinterpret_cast<abi::IoRing*>(address(61))};
    ring.poll();
    const auto transfer = [&](abi::IoOperation operation, std::uint64_t capability) -> Value {
        ring.push({{capability}, {buffer}, 1, operation, 0});
        (void)there(Call::submit_io);
        abi::IoCompletion completion{};
        while (!ring.take(completion))
            (void)call::yield();
        if (completion.error != 0)
            return std::unexpected(static_cast<Error>(completion.error));
        return 0;
    };
    three_tests("disk extent: read with authority, not without, not after revocation", start().disk,
                rights::read, rights::write, [&](std::uint64_t capability) {
                    return transfer(abi::IoOperation::read, capability);
                });
    three_tests(
        "and written", start().disk, rights::write, rights::read,
        [&](std::uint64_t capability) { return transfer(abi::IoOperation::write, capability); });
    check::succeeds("the view of another's ring can be dropped", call::drop(ring_here));
    check::equal("its owner lives on", there(Call::null).has_value(), 1);
}

// A view names no capability: who asks is the authority, and as it cannot be passed on, nobody but
// its holder takes it back.
void archive() {
    constexpr std::uint64_t first_name = 0x746f'6f62; // "boot"
    const std::uint64_t view = static_cast<std::uint64_t>(abi::View::archive);
    const Capability seen{check::needed("viewing the archive", invoke(Call::bind_view, view, 0))};
    (void)install(64, seen, access::read_only);
    check::equal("archive: the first environment reads it", words(64)[0], first_name);
    check::refused("but does not write it", install(65, seen, access::write), Error::access_denied);
    check::refused("one that another created does not read it", there(Call::bind_view, view, 0),
                   Error::access_denied);
    const std::uint64_t slot = check::needed("opening a slot", there(Call::open_slot));
    check::refused("nor is it given a view",
                   call::grant(seen, other.environment, slot, rights::read), Error::access_denied);
    check::succeeds("a view can be given back", call::drop(seen));
    check::refused("is revoked then", install(65, seen, access::read_only), Error::revoked);
    check::that("and shows nothing any more", attempt::load(address(64)).happened);
}

} // namespace

int application_main(libos::Arguments) {
    open();
    attempt::open();
    child::Options options;
    options.memory_limit = 8;
    other = child::started(serves, 0, options);
    each_kind();
    donated();
    console();
    processor_time();
    disk_extent();
    archive();
    return check::verdict();
}
