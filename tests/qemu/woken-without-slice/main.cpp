// tests/qemu/woken-without-slice/main.cpp - a blocked environment whose slice is gone when what it
// waits for comes.

#include "tests/qemu/support/slices.hpp"

using abi::Capability;
using child::Child;
using namespace world;
namespace call = libos::system_call;

namespace {

// Words: 1 its memory, 2 the test as an environment, 3 a slot of the test, 4 what it granted there.
void asks(std::uint64_t) {
    volatile std::uint64_t* const shared = child::shared();
    const Capability memory{shared[1]};
    const Capability part{*call::derive(memory, rights::all, 0, 4)};
    shared[4] = *call::grant(part, Capability{shared[2]}, shared[3], rights::all);
    (void)call::yield();
    shared[5] = 1;
    const auto asked =
        call::request_revocation(part, Capability{shared[2]}, Capability{shared[4]}, 4, 1ull << 40);
    shared[5] = asked ? 2 : 3;
    child::end(5);
}
} // namespace

int application_main(libos::Arguments) {
    open();
    const Child made = child::build();
    const Capability time = derived(start().processor_time, rights::all, 1, 1);
    made.shared()[1] =
        child::granted(made, derived(start().memory, rights::all, 0, 16), rights::all).value;
    made.shared()[2] = child::granted(made, start().self, 0).value;
    made.shared()[3] = *call::open_slot();
    (void)check::needed("starting", child::start(made, asks, 0, time));
    (void)call::yield();
    const Capability mine{made.shared()[4]};
    const Capability one = frame(mine);
    (void)call::yield();
    check::equal("it asks for a frame, and waits", made.shared()[5], 1);
    check::succeeds("its slice is taken back", call::drop(time));
    check::succeeds("what it waits for is given", call::drop(one));
    for (int i = 0; i != 4; ++i)
        (void)call::yield();
    check::succeeds("it gets another slice",
                    call::bind_slice(made.environment, start().processor_time, 9, 20'000));
    for (int i = 0; i != 20; ++i)
        (void)call::yield();
    check::equal("and goes on", made.shared()[5], 2);
    return check::verdict();
}
