// tests/qemu/destroying-the-first/main.cpp - the first environment lends itself with control, and
// is destroyed by its child: the run ends in good order, and says so.

#include "tests/qemu/support/child.hpp"

using namespace world;

namespace {

void destroys_its_parent(std::uint64_t) {
    libos::print("a child destroys its parent, the first environment\n");
    (void)libos::system_call::destroy_environment(Capability{child::shared()[5]}, 23);
    for (;;)
        (void)libos::system_call::yield();
}

} // namespace

int application_main(libos::Arguments) {
    open();
    const child::Child made = child::build({});
    made.shared()[5] = child::granted(made, start().self, rights::control).value;
    (void)check::needed("starting", child::start(made, destroys_its_parent));
    for (;;)
        (void)libos::system_call::yield();
}
