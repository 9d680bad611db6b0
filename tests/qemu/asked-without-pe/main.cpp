// tests/qemu/asked-without-pe/main.cpp - asking an environment for something that has a slice but
// no PE page yet.

#include "bindings/abi/revocation.hpp"
#include "tests/qemu/support/check.hpp"
#include "tests/qemu/support/child.hpp"
#include "tests/qemu/support/processors.hpp"

using abi::Capability;
using abi::Error;
using child::Child;
using namespace world;
using processors::pause;
using processors::rises_above;
using processors::time_of;
namespace call = libos::system_call;

namespace {

[[maybe_unused]] constexpr std::uint64_t cpu(std::uint64_t processor, std::uint64_t position) {
    return processor * abi::positions_per_processor + position;
}
[[maybe_unused]] void counts(std::uint64_t) {
    for (;;) {
        child::shared()[0] = child::shared()[0] + 1;
        pause();
    }
}

} // namespace

int application_main(libos::Arguments) {
    open();
    const Child made = child::create();
    check::succeeds("an environment without a PE page is given a slice",
                    call::bind_slice(made.environment, start().processor_time, 5, 20'000));
    const Capability lent = derived(start().console, rights::all);
    const Capability theirs = child::granted(made, lent, rights::write);
    const auto asked = call::request_revocation(lent, made.environment, theirs, 1, 1'000'000);
    check::succeeds("and what it was lent is asked back", asked);
    return check::verdict();
}
