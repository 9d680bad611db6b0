// tests/qemu/system-calls/refusals.cpp - performs a call and compares what there is before and
// after.

#include "tests/qemu/system-calls/refusals.hpp"

namespace system_calls {

namespace {

constexpr std::uint64_t witness_view = 0x1e'0000; // in the witness: its capability table

std::uint64_t mixed(std::uint64_t hash, std::uint64_t word) {
    return (hash ^ word) * 0x100'0000'01b3;
}

} // namespace

void testifies(std::uint64_t) {
    const Capability view{call::bind_view(abi::View::capability_table, 0).value_or(0)};
    (void)call::install(start().low_table, abi::Vpn{witness_view >> 12}, view, access::read_only);
    volatile std::uint64_t* const post = child::shared();
    for (;;) {
        if (post[0] != 0) {
            std::uint64_t hash = 1;
            for (unsigned i = 0; i != 512; ++i)
                hash =
                    mixed(hash, reinterpret_cast<const volatile std::uint64_t*>(witness_view)[i]);
            for (const std::uint64_t entry : libos::processor_environment().entries)
                hash = mixed(hash, entry);
            post[1] = hash;
            post[0] = 0;
        }
        (void)call::yield();
    }
}

std::uint64_t state() {
    std::uint64_t hash = 0xcbf2'9ce4'8422'2325;
    const auto mix = [&](std::uint64_t word) { hash = mixed(hash, word); };
    const auto* table = reinterpret_cast<const volatile std::uint64_t*>(table_view);
    for (std::uint64_t i = 0; i != start().capability_slots * 8; ++i)
        mix(table[i]);
    for (unsigned i = 0; i != 512; ++i)
        mix(translation(address(i)) & ~0x60ull); // accessed and dirty are the processor's
    mix(facts().free_frames);
    mix(facts().environments);
    const auto& pe = libos::processor_environment();
    for (const std::uint64_t entry : pe.entries)
        mix(entry);
    mix(pe.pending);
    for (unsigned i = 0; i != 512; ++i)
        mix(words(ready_page)[i]);
    volatile std::uint64_t* const post = stock.witness.shared();
    post[0] = 1;
    while (post[0] != 0)
        (void)call::yield();
    mix(post[1]);
    return hash;
}

Value perform(std::uint64_t number, const Arguments& a) {
    std::uint64_t rax = number;
    std::uint64_t first = a.at[0];
    std::uint64_t second = a.at[1];
    std::uint64_t third = a.at[2];
    register std::uint64_t r8 asm("r8") = a.at[3];
    register std::uint64_t r9 asm("r9") = a.at[4];
    asm volatile("syscall"
                 : "+a"(rax), "+D"(first), "+S"(second), "+d"(third), "+r"(r8), "+r"(r9)
                 :
                 : "rcx", "r10", "r11", "memory");
    if (rax != 0)
        return std::unexpected(static_cast<Error>(rax));
    return third;
}

bool refuses(std::uint64_t number, const Arguments& arguments, Error expected, const char* why) {
    const std::uint64_t before = state();
    const Value seen = perform(number, arguments);
    const bool same = before == state();
    if (!seen && seen.error() == expected && same)
        return true;
    libos::print("FAILED: call {}: {}: seen {}, expected {}{}\n", number, why,
                 seen ? "success" : name_of(seen.error()), name_of(expected),
                 same ? "" : ", and it had an effect");
    return false;
}

} // namespace system_calls
