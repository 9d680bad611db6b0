// tests/qemu/positions-taken-back/main.cpp - how long the processor is kept by taking processor
// time back: bindings of all positions are many to look through.

#include "tests/qemu/support/check.hpp"
#include "tests/qemu/support/stretch.hpp"
#include "tests/qemu/support/world.hpp"

using abi::Capability;
using namespace world;
namespace call = libos::system_call;

int application_main(libos::Arguments) {
    open();
    stretch::open();
    const Capability top = derived(start().processor_time, rights::all, 0, 512);
    for (int i = 0; i != 40; ++i)
        (void)derived(top, rights::all, 0, 512);
    stretch::within("a step of taking back processor time is within the bound", abi::Call::revoke,
                    top.value);
    (void)call::revoke(top);
    return check::verdict();
}
