// exokernel/drivers/local_apic.cpp - registers of the xAPIC (Intel SDM volume 3, chapter 11).

#include "exokernel/drivers/local_apic.hpp"

#include "exokernel/arch/x86_64/control.hpp"
#include "exokernel/arch/x86_64/direct_map.hpp"
#include "exokernel/arch/x86_64/io_port.hpp"
#include "exokernel/arch/x86_64/processor.hpp"
#include "exokernel/arch/x86_64/registers.hpp"
#include "exokernel/memory/system_page.hpp"

namespace exokernel {

namespace {

constinit volatile std::uint32_t* apic = nullptr;
constinit std::uint64_t ratio = 1024;

enum Register : unsigned {
    identity = 0x20 / 4,
    end = 0xb0 / 4,
    spurious = 0xf0 / 4,
    command = 0x300 / 4, // writing it sends
    command_target = 0x310 / 4,
    timer_entry = 0x320 / 4,
    initial_count = 0x380 / 4,
    current_count = 0x390 / 4,
    divide = 0x3e0 / 4,
};
constexpr std::uint32_t divide_by_one = 0xb;
constexpr std::uint32_t software_enable = 0x100;
constexpr std::uint32_t send_pending = 1u << 12;
constexpr std::uint32_t assert_level = 1u << 14;
constexpr std::uint32_t mode_init = 5u << 8;
constexpr std::uint32_t mode_startup = 6u << 8;

// ACPI PM timer of q35 and pc: 3.579545 MHz, 24 bits at least. The port is where SeaBIOS puts it.
constexpr std::uint16_t pm_timer_port = 0x608;
constexpr std::uint32_t pm_ticks = 35795; // 10 ms

} // namespace

void start_local_apic() {
    const std::uint64_t base = read_msr(msr::apic_base) & 0x000f'ffff'ffff'f000;
    map_device(base, 4096);
    apic = at_physical<volatile std::uint32_t>(base);
    out8(0x21, 0xff); // the firmware leaves the PIT's interrupt on
    out8(0xa1, 0xff);
    apic[spurious] = software_enable | vector_spurious;
    apic[divide] = divide_by_one;
    apic[timer_entry] = abi::interrupt::timer; // one-shot, not masked
    apic[initial_count] = 0;
}

std::uint8_t local_apic_identity() { return static_cast<std::uint8_t>(apic[identity] >> 24); }

void set_timer(std::uint32_t ticks) { apic[initial_count] = ticks; }

void send_interrupt(std::uint32_t target, std::uint64_t vector) {
    while ((apic[command] & send_pending) != 0)
        pause();
    apic[command_target] = target << 24;
    apic[command] = assert_level | static_cast<std::uint32_t>(vector);
}

void send_init(std::uint32_t target) { send_interrupt(target, mode_init); }

void send_startup(std::uint32_t target, std::uint64_t page) {
    send_interrupt(target, mode_startup | page >> 12);
}

void end_of_interrupt() { apic[end] = 0; }

std::uint64_t timer_ratio() { return ratio; }

void calibrate_timer() {
    const std::uint32_t begin = in32(pm_timer_port) & 0xff'ffff;
    const std::uint64_t stamp = time_stamp();
    apic[initial_count] = ~0u;
    // Bounded: a machine whose timer stands still keeps the ratio of one.
    for (std::uint32_t tries = 0; tries != 10'000'000; ++tries)
        if (((in32(pm_timer_port) & 0xff'ffff) - begin & 0xff'ffff) >= pm_ticks)
            break;
    const std::uint64_t timer = ~0u - apic[current_count];
    const std::uint64_t stamps = time_stamp() - stamp;
    apic[initial_count] = 0;
    if (timer == 0 || stamps == 0)
        return;
    ratio = timer * 1024 / stamps;
    ratio = ratio != 0 ? ratio : 1;
    system_page().ticks_per_microsecond = stamps / 10'000;
}

} // namespace exokernel
