// tests/qemu/limits/main.cpp - a limit that its creator has set for an environment is not the
// environment's own to lift, nor an accomplice's.

#include "tests/qemu/support/check.hpp"
#include "tests/qemu/support/child.hpp"

using abi::Error;
using namespace world;
namespace call = libos::system_call;

namespace {

std::uint64_t error_of(const check::Value& value) {
    return value ? 0 : static_cast<std::uint64_t>(value.error());
}

// Lifts the limit of the environment that word 5 names, 0: its own, and then never stops.
void lifts_the_limit(std::uint64_t) {
    const Capability whose{child::shared()[5]};
    child::shared()[1] = error_of(call::set_limit(whose, 0));
    child::shared()[2] = error_of(call::set_limit(whose, 1ull << 40));
    child::shared()[0] = 1;
    for (;;)
        if (whose)
            (void)call::yield();
}

} // namespace

int application_main(libos::Arguments) {
    open();
    const std::uint64_t before = facts().free_frames;
    const child::Child made = child::build({});
    const child::Child accomplice = child::build({});
    accomplice.shared()[5] = child::granted(accomplice, made.environment, rights::control).value;
    (void)check::needed("starting", child::start(accomplice, lifts_the_limit));
    child::give_slice(made, 100'000);
    (void)check::needed("starting", child::start(made, lifts_the_limit));
    check::succeeds("a creator limits what it has made",
                    call::set_limit(made.environment, 1ull << 39));
    while (made.shared()[0] == 0)
        (void)call::yield();
    constexpr auto busy = static_cast<std::uint64_t>(Error::busy);
    check::equal("it is not to be lifted by whom it limits", made.shared()[1], busy);
    check::equal("nor exchanged", made.shared()[2], busy);
    check::equal("nor by somebody else", accomplice.shared()[1], busy);
    check::succeeds("but by who set it", call::set_limit(made.environment, 1ull << 38));
    (void)call::destroy_environment(made.environment, 0);
    (void)call::destroy_environment(accomplice.environment, 0);
    (void)call::drop(made.memory);
    (void)call::drop(accomplice.memory);
    check::equal("no frame is lost", facts().free_frames, before);
    return check::verdict();
}
