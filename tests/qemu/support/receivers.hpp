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

} // namespace receivers
