// tests/qemu/reopened-slot/main.cpp - a slot that held a frame, opened for a grant and closed
// again: nothing that was bound meanwhile is lost to whoever revokes.

#include "tests/qemu/support/check.hpp"
#include "tests/qemu/support/world.hpp"

using abi::Error;
using namespace world;
namespace call = libos::system_call;

int application_main(libos::Arguments) {
    open();
    const std::uint64_t free_before = facts().free_frames;
    const Capability memory = derived(start().memory, rights::all, 0, 8);
    const Capability oldest = frame(memory);
    const Capability dropped[2] = {frame(memory), frame(memory)};
    // Two at once: the second one goes the short way.
    bound()[0] = dropped[0];
    bound()[1] = dropped[1];
    check::equal("two frames are dropped", call::drop_frames(batch, 2).value_or(9), 0);
    const auto slot = call::open_slot();
    check::equal("the slot of the second is opened", slot.value_or(0),
                 dropped[1].value & 0xffff'ffff);
    const Capability newer = frame(memory);
    check::succeeds("a frame is bound meanwhile and mapped", install(9, newer));
    check::succeeds("the slot is closed", call::drop({slot.value_or(0)}));
    check::succeeds("the memory is revoked", call::revoke(memory));
    check::refused("with what was bound before", install(10, oldest), Error::revoked);
    check::refused("and what was bound meanwhile", install(11, newer), Error::revoked);
    check::refused("which is not mapped any more", remove(9), Error::not_present);
    (void)call::drop(memory);
    check::equal("no frame is lost", facts().free_frames, free_before);
    return check::verdict();
}
