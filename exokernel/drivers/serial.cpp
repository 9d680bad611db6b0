// exokernel/drivers/serial.cpp - a 16550 UART, polled.

#include "exokernel/drivers/serial.hpp"

#include <cstdint>

#include "exokernel/arch/x86_64/io_port.hpp"

namespace exokernel {
namespace {

constexpr std::uint16_t base = 0x3f8;
constexpr std::uint16_t data = base + 0; // divisor latch, low byte, while divisor_access is set
constexpr std::uint16_t interrupt_enable = base + 1; // and its high byte
constexpr std::uint16_t fifo_control = base + 2;
constexpr std::uint16_t line_control = base + 3;
constexpr std::uint16_t modem_control = base + 4;
constexpr std::uint16_t line_status = base + 5;

constexpr std::uint8_t divisor_access = 0x80;
constexpr std::uint8_t eight_bits_no_parity = 0x03;
constexpr std::uint8_t fifo_on_and_cleared = 0x07;
constexpr std::uint8_t terminal_and_request_ready = 0x03;
constexpr std::uint8_t transmitter_empty = 0x20;

// A full FIFO drains in 1.4 ms at this speed; a port read takes about a microsecond. Under QEMU
// the transmitter is always empty at the first look, so the wait has a fixed length there.
constexpr unsigned patience = 100'000;

bool port_is_stuck = false;

} // namespace

void initialise_serial() {
    out8(interrupt_enable, 0);
    out8(line_control, divisor_access);
    out8(data, 1); // 115,200 / 1
    out8(interrupt_enable, 0);
    out8(line_control, eight_bits_no_parity);
    out8(fifo_control, fifo_on_and_cleared);
    out8(modem_control, terminal_and_request_ready);
    port_is_stuck = false;
}

void put_serial(char character) {
    if (port_is_stuck)
        return;
    for (unsigned attempt = 0; attempt < patience; ++attempt) {
        // An absent port reads as all ones: it looks empty, and what is sent is lost.
        if ((in8(line_status) & transmitter_empty) != 0) {
            out8(data, static_cast<std::uint8_t>(character));
            return;
        }
    }
    port_is_stuck = true;
}

} // namespace exokernel
