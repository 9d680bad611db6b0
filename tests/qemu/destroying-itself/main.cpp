// tests/qemu/destroying-itself/main.cpp - the first environment destroys itself, with a child alive
// and a transfer under way: the run ends in good order, with the status that it gave.

#include "tests/qemu/support/child.hpp"
#include "tests/qemu/support/disk.hpp"

using namespace world;

namespace {

void yields(std::uint64_t) {
    for (;;)
        (void)libos::system_call::yield();
}

} // namespace

int application_main(libos::Arguments) {
    open();
    disk::open();
    (void)child::started(yields);
    disk::push(abi::IoOperation::read, start().disk, 3, frame());
    (void)libos::system_call::submit_io();
    libos::print("the first environment destroys itself\n");
    (void)libos::system_call::destroy_environment(start().self, 24);
    libos::print("FAILED: it goes on\n");
    return 1;
}
