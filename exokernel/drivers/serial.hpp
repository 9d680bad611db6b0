// exokernel/drivers/serial.hpp - text out of the first serial port (COM1); there is no input.
//
// Bytes go out as they are: no carriage return is added. No interrupts, no state beyond whether the
// port still answers; may be used from the first instruction of C++ and from a panic.

#pragma once

namespace exokernel {

/// 115,200 baud, 8 data bits, no parity, FIFO on, interrupts off.
void initialise_serial();

/// Sends one byte, after waiting a bounded time for room. A port that is stuck beyond that is
/// given up for good, so that it cannot slow the machine down byte by byte.
void put_serial(char character);

} // namespace exokernel
