// tests/qemu/support/receivers.hpp - libOSes that are asked for something back, each
// with its own idea of what to do about it.
//
// They have no upcall entries and look into the PE page instead: the kernel favours neither way.

#pragma once

#include "bindings/abi/revocation.hpp"
#include "tests/qemu/support/check.hpp"
#include "tests/qemu/support/child.hpp"
#include "tests/qemu/support/disk.hpp"

namespace receivers {

using namespace world;
namespace call = libos::system_call;

inline constexpr std::uint64_t vector_address = 0x1e'0000; // in the receiver
inline constexpr unsigned first_page = 320;                // of its low table, for its frames

// What a receiver is told in words 8 to 11 of its shared page before it starts.
struct Orders {
    std::uint64_t frames = 0;     // to bind, map and fill with their number
    std::uint64_t guaranteed = 0; // of them
    std::uint64_t places = 0;     // slots of the vector made ready, with places from block 0 on
    std::uint64_t bare_slots = 0; // slots made ready behind them, without a place
};
inline volatile std::uint64_t* orders() { return child::shared() + 8; }

inline Capability held[64];

inline abi::RepossessionVector& vector() {
    return *reinterpret_cast<abi::RepossessionVector*>(vector_address);
}

inline volatile std::uint64_t* page_of_frame(unsigned i) {
    return reinterpret_cast<volatile std::uint64_t*>((first_page + i) * abi::page_size);
}

inline bool has_vector() { return orders()[2] + orders()[3] != 0; }

inline void bind_vector() {
    const Capability own = frame();
    (void)call::install(start().low_table, abi::Vpn{vector_address >> 12}, own, access::write);
    if (!call::bind_repossession_vector(own))
        child::end(90);
    for (std::uint64_t i = 0; i != orders()[2] + orders()[3]; ++i) {
        if (i < orders()[2]) {
            vector().slots[i].extent = start().disk;
            vector().slots[i].block = static_cast<std::uint32_t>(i);
        }
        vector().slots[i].state = abi::RepossessionState::ready;
    }
}

/// Binds and fills its frames, then says so in word 0 of the shared page.
inline void settle() {
    if (has_vector())
        bind_vector();
    for (unsigned i = 0; i != orders()[0]; ++i) {
        held[i] = frame();
        (void)call::install(start().low_table, abi::Vpn{first_page + i}, held[i], access::write);
        page_of_frame(i)[0] = 1000 + i;
        if (i < orders()[1] && !call::guarantee(held[i]))
            child::end(91);
    }
    child::shared()[0] = 1;
}

inline bool is_asked() {
    const volatile auto& pe = libos::processor_environment();
    return pe.revoke_binding.value != 0;
}

/// Gives `count` frames back, the last first.
inline void give_back(std::uint64_t count) {
    for (std::uint64_t i = orders()[0]; count != 0; --count)
        if (!call::drop(held[--i]))
            child::end(92);
}

inline void spin(std::uint64_t turns) {
    for (std::uint64_t i = 0; i != turns; ++i)
        asm volatile("pause");
}

inline void complies(std::uint64_t) {
    settle();
    while (!is_asked())
        (void)call::yield();
    const volatile auto& pe = libos::processor_environment();
    child::shared()[1] = pe.revoke_count;
    child::shared()[2] = pe.revoke_deadline;
    child::shared()[3] = pe.revoke_binding.value;
    child::shared()[4] = pe.pending >> static_cast<unsigned>(abi::Entry::revoke) & 1;
    const auto more =
        invoke(abi::Call::bind_frames, start().memory.value, abi::any_frame, 1, batch);
    child::shared()[5] = more ? 0 : static_cast<std::uint64_t>(more.error());
    give_back(pe.revoke_count);
    for (;;)
        (void)call::yield();
}

inline void is_slow(std::uint64_t) { // one frame in a while
    settle();
    while (!is_asked())
        (void)call::yield();
    give_back(2);
    for (;;)
        spin(1000);
}

inline void refuses(std::uint64_t) {
    settle();
    for (;;)
        (void)call::yield();
}

inline void loops(std::uint64_t) { // upcalls are disabled from the start
    settle();
    (void)call::yield();
    for (;;)
        spin(1000);
}

inline void dies(std::uint64_t) {
    settle();
    while (!is_asked())
        (void)call::yield();
    child::end(7);
}

/// Has sixteen reads in flight, again and again; ends by itself after `turns`, unless that is 0.
inline void reads_the_disk(std::uint64_t turns) {
    disk::open(frame());
    Capability buffers[16];
    for (Capability& buffer : buffers)
        buffer = frame();
    child::shared()[0] = 1;
    for (std::uint64_t turn = 1;; ++turn) {
        for (const Capability buffer : buffers)
            disk::push(abi::IoOperation::read, start().disk, 3, buffer);
        (void)call::submit_io();
        if (turn == turns)
            child::end(turns);
        (void)call::yield();
        for (unsigned i = 0; i != 16; ++i)
            (void)disk::next();
    }
}

// -- who asks ------------------------------------------------------------------------------------

inline constexpr std::uint64_t short_time = 20'000; // ticks of the receiver's own time

constexpr std::uint64_t given_taken(std::uint64_t given, std::uint64_t taken) {
    return given | taken << 32;
}

/// One that is not started, with the disk's first blocks.
inline child::Child built(std::uint64_t limit) {
    child::Options options;
    options.memory_limit = limit;
    options.disk_rights = rights::read | rights::write | rights::grant;
    return child::build(options);
}

inline void wait_for(const volatile std::uint64_t& word, std::uint64_t value) {
    while (word != value)
        (void)call::yield();
}

/// Starts it and waits until word 0 of its shared page is `ready`.
inline void start_receiver(const child::Child& made, void (*function)(std::uint64_t),
                           const Orders& orders, std::uint64_t ready = 1,
                           std::uint64_t argument = 0) {
    volatile std::uint64_t* const to = made.shared() + 8;
    to[0] = orders.frames;
    to[1] = orders.guaranteed;
    to[2] = orders.places;
    to[3] = orders.bare_slots;
    (void)check::needed("starting", child::start(made, function, argument));
    wait_for(made.shared()[0], ready);
}

inline child::Child receiver(void (*function)(std::uint64_t), const Orders& orders,
                             std::uint64_t ready = 1, std::uint64_t limit = 64) {
    const child::Child made = built(limit);
    start_receiver(made, function, orders, ready);
    return made;
}

inline Value ask(const child::Child& of, std::uint32_t count, std::uint64_t deadline = short_time) {
    return call::request_revocation(of.memory, of.environment, of.own_memory, count, deadline);
}

// Value and error of a call that may have both.
struct Outcome {
    std::uint64_t error, value;
};
inline Outcome ask_for_both(Capability from, const child::Child& of, Capability what,
                            std::uint32_t count, std::uint64_t deadline) {
    std::uint64_t rax = static_cast<std::uint64_t>(abi::Call::request_revocation);
    std::uint64_t rdx = what.value;
    register std::uint64_t r8 asm("r8") = count;
    register std::uint64_t r9 asm("r9") = deadline;
    std::uint64_t rdi = from.value;
    std::uint64_t rsi = of.environment.value;
    asm volatile("syscall"
                 : "+a"(rax), "+D"(rdi), "+S"(rsi), "+d"(rdx), "+r"(r8), "+r"(r9)
                 :
                 : "rcx", "r10", "r11", "memory");
    return {rax, rdx};
}

inline void finish(const child::Child& made) {
    const std::uint64_t ended = child::ended_count();
    if (call::destroy_environment(made.environment, 0))
        (void)child::wait_for_end(ended + 1);
    (void)call::drop(made.memory);
    (void)call::drop(made.disk_part);
}

/// The first word of block `block` of the disk, as the asker reads it.
inline std::uint64_t first_word_of(std::uint32_t block) {
    const Capability buffer = frame();
    (void)install(30, buffer);
    const auto completion = disk::perform(abi::IoOperation::read, start().disk, block, buffer);
    const std::uint64_t seen = completion.error == 0 ? words(30)[0] : ~0ull;
    (void)remove(30);
    (void)call::drop(buffer);
    return seen;
}

} // namespace receivers
