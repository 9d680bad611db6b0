// tests/qemu/disk-errors/main.cpp - a disk that fails: QEMU's blkdebug refuses reads of block 3 and
// writes of block 5. The error reaches the libOS in the completion, others are not affected.

#include "tests/qemu/support/check.hpp"
#include "tests/qemu/support/disk.hpp"

using abi::Error;
using abi::IoOperation;
using namespace world;

int application_main(libos::Arguments) {
    open();
    disk::open();
    const Capability page = frame();
    (void)install(0, page);
    const auto attempted = [&](IoOperation operation, std::uint32_t block) {
        return disk::attempted(operation, start().disk, block, page);
    };
    fill(0, 7);
    check::succeeds("a good block can be written", attempted(IoOperation::write, 2));
    check::refused("a write that the device refuses completes with io_error",
                   attempted(IoOperation::write, 5), Error::io_error);
    check::refused("a read that the device refuses completes with io_error",
                   attempted(IoOperation::read, 3), Error::io_error);
    check::refused("again and again", attempted(IoOperation::read, 3), Error::io_error);
    for (std::uint32_t i = 0; i != 8; ++i)
        disk::push(IoOperation::read, start().disk, i, frame(), i);
    (void)libos::system_call::submit_io();
    bool right = true;
    for (std::uint32_t i = 0; i != 8; ++i) {
        const auto completion = disk::next();
        right = right && completion.cookie == i && (completion.error != 0) == (i == 3);
    }
    check::that("of eight requests in flight only the bad one fails", right);
    check::succeeds("a good block can still be read", attempted(IoOperation::read, 2));
    check::that("with what was written", all(0, 7));
    check::succeeds("the frame of a failed request can be dropped", libos::system_call::drop(page));
    return check::verdict();
}
