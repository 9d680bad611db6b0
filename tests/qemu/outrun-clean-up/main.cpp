// tests/qemu/outrun-clean-up/main.cpp - holders that give a clean-up new work at each of their
// turns: it must end all the same.
//
// What is taken on the way (an environment's name, a leaf table whose links go, an upper table) is
// held by somebody who goes on using it: derives from it, installs in it, hangs tables below it.

#include "tests/qemu/support/attempt.hpp"
#include "tests/qemu/support/check.hpp"
#include "tests/qemu/support/child.hpp"

using child::Child;
using namespace world;
namespace call = libos::system_call;

namespace {

constexpr std::uint64_t patience = 300; // turns, after which a holder gives up
constexpr std::uint64_t leaf_address = 0x80'0000;
constexpr std::uint64_t upper_address = 0x4000'0000;

// Words of a holder's shared page.
enum Word : unsigned { given, ready, over, turns, more, slot };

Capability own_frame() {
    const auto made =
        invoke(abi::Call::bind_frames, start().memory.value, abi::any_frame, 1, batch);
    return made ? *bound() : Capability{};
}

// Makes an environment of memory that it was lent, and derives from its name while it is taken.
void derives_names(std::uint64_t) {
    volatile std::uint64_t* const post = child::shared();
    Capability frames[4];
    for (Capability& one : frames)
        one = frame(Capability{post[given]});
    (void)child::describe_object(frames);
    const Capability made{check::needed("an environment", call::create_environment(batch))};
    for (post[ready] = 1; post[over] == 0 && post[turns] != patience;
         post[turns] = post[turns] + 1) {
        while (call::derive(made, rights::read, 0, 0))
            post[more] = post[more] + 1;
        (void)call::yield();
    }
    while (post[over] == 0)
        (void)call::yield();
    child::end(0);
}

void names() {
    const std::uint64_t free_before = facts().free_frames;
    const std::uint64_t ended = child::ended_count();
    const Capability lent = derived(start().memory, rights::all, 0, 8);
    child::Options options;
    options.table_frames = 4;
    const Child holder = child::build(options);
    holder.shared()[given] = child::granted(holder, lent, rights::all).value;
    (void)check::needed("starting", child::start(holder, derives_names));
    while (holder.shared()[ready] == 0)
        (void)call::yield();
    check::succeeds("memory is taken back that an environment was made of", call::revoke(lent));
    check::that("although its creator derives from its name all the while",
                holder.shared()[turns] < patience);
    holder.shared()[over] = 1;
    if (holder.shared()[turns] == patience)
        libos::print("  {} names were derived meanwhile\n", holder.shared()[more]);
    (void)child::wait_for_end(ended + 1);
    (void)call::drop(lent);
    (void)call::drop(holder.memory);
    check::equal("and no frame is lost", facts().free_frames, free_before);
}

// Grants a frame's worth of memory to another and ends when told to. Word more: the receiver.
void lends_memory(std::uint64_t) {
    volatile std::uint64_t* const post = child::shared();
    const Capability part = derived(start().memory, rights::all, 0, 4);
    post[given] = check::needed("lending",
                                call::grant(part, Capability{post[more]}, post[slot], rights::all));
    for (post[ready] = 1; post[over] == 0;)
        (void)call::yield();
    child::end(0);
}

// Its leaf table has its links in the other's memory.
void refills_leaf(std::uint64_t) {
    volatile std::uint64_t* const post = child::shared();
    post[slot] = check::needed("a slot", invoke(abi::Call::open_slot));
    while (post[given] == 0)
        (void)call::yield();
    const Capability links = frame(Capability{post[given]});
    const Capability page = own_frame();
    const Value leaf_table =
        call::bind_page_table(start().root_table, own_frame(), links, leaf_address, 1);
    const Capability filled{check::needed("a leaf table", leaf_table)};
    for (post[ready] = 1; post[over] == 0 && post[turns] != patience;
         post[turns] = post[turns] + 1) {
        for (std::uint64_t i = 0; i != 512; ++i)
            post[more] =
                post[more] +
                call::install(filled, abi::Vpn{i}, page, abi::access::read_only).has_value();
        (void)call::yield();
    }
    while (post[over] == 0)
        (void)call::yield();
    child::end(0);
}

// The upper table is the other's; it hangs leaf tables below it.
void hangs_tables(std::uint64_t) {
    volatile std::uint64_t* const post = child::shared();
    while (post[given] == 0)
        (void)call::yield();
    for (; post[over] == 0 && post[turns] != patience; post[turns] = post[turns] + 1) {
        Capability spare[2]{};
        for (std::uint64_t i = 0; i != 40; ++i) {
            for (Capability& one : spare)
                if (!one)
                    one = own_frame();
            if (!spare[0] || !spare[1])
                break;
            if (call::bind_page_table(start().root_table, spare[0], spare[1],
                                      upper_address + i * 0x20'0000, 1)) {
                post[more] = post[more] + 1;
                spare[0] = spare[1] = {};
            }
        }
        for (const Capability one : spare)
            if (one)
                (void)call::drop(one);
        post[ready] = 1;
        (void)call::yield();
    }
    while (post[over] == 0)
        (void)call::yield();
    child::end(0);
}

// Donates an upper table to an address space that is not its own.
void lends_table(std::uint64_t) {
    volatile std::uint64_t* const post = child::shared();
    const Capability root{post[more]};
    post[given] = call::bind_page_table(root, own_frame(), {}, upper_address, 2).has_value();
    for (post[ready] = 1; post[over] == 0;)
        (void)call::yield();
    child::end(0);
}

void together(const char* sentence, void (*lends)(std::uint64_t), void (*holds)(std::uint64_t),
              bool table) {
    const std::uint64_t free_before = facts().free_frames;
    const std::uint64_t ended = child::ended_count();
    child::Options options;
    options.memory_limit = 90;
    options.table_frames = 4;
    const Child holder = child::build(options);
    options.table_frames = 1;
    options.memory_limit = 8;
    const Child lender = child::build(options);
    (void)check::needed("starting", child::start(holder, holds));
    if (table) {
        lender.shared()[more] = child::granted(lender, holder.root, rights::control).value;
    } else {
        while (holder.shared()[slot] == 0)
            (void)call::yield();
        lender.shared()[slot] = holder.shared()[slot];
        lender.shared()[more] = child::granted(lender, holder.environment, rights::read).value;
    }
    (void)check::needed("starting", child::start(lender, lends));
    while (lender.shared()[ready] == 0)
        (void)call::yield();
    holder.shared()[given] = lender.shared()[given];
    while (holder.shared()[ready] == 0)
        (void)call::yield();
    const std::uint64_t before = holder.shared()[more];
    lender.shared()[over] = 1;
    const abi::EndNotice notice = child::wait_for_end(ended + 1);
    check::equal("an environment ends by itself", notice.environment, lender.identity);
    check::that(sentence, holder.shared()[turns] < patience);
    if (holder.shared()[turns] == patience)
        libos::print("  {} were made meanwhile\n", holder.shared()[more] - before);
    holder.shared()[over] = 1;
    (void)child::wait_for_end(ended + 2);
    (void)call::drop(lender.memory);
    (void)call::drop(holder.memory);
    check::equal("and no frame is lost", facts().free_frames, free_before);
}

} // namespace

int application_main(libos::Arguments) {
    open();
    names();
    together("although another fills the table whose links it lent", lends_memory, refills_leaf,
             false);
    together("although another hangs tables below the one it lent", lends_table, hangs_tables,
             true);
    return check::verdict();
}
