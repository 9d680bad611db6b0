// tests/qemu/long-lines/main.cpp - how long the kernel keeps interrupts off in `write_console`: one
// step of 64 bytes, each of them the end of a line with the identity in front.
//
// Measured as in long-steps: a pending upcall comes at the end of the first step.

#include "tests/qemu/support/attempt.hpp"
#include "tests/qemu/support/check.hpp"
#include "tests/qemu/support/child.hpp"
#include "tests/qemu/support/stretch.hpp"

using namespace world;
using stretch::within;
namespace call = libos::system_call;

int application_main(libos::Arguments) {
    open();
    stretch::open();
    const child::Child made = child::build(); // from now on lines are prefixed
    auto* const text = libos::request_area::at<char>(0);
    for (int i = 0; i != 64; ++i)
        text[i] = '\n';
    within("a step of writing empty lines is within the bound", abi::Call::write_console,
           start().console.value, 0, 64);
    (void)invoke(abi::Call::destroy_environment, made.environment.value);
    return check::verdict();
}
