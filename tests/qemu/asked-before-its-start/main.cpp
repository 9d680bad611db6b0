// tests/qemu/asked-before-its-start/main.cpp - asking an environment for something that has a slice
// and was never started, with a PE page and without.

#include "tests/qemu/support/slices.hpp"

using abi::Capability;
using child::Child;
using namespace world;
namespace call = libos::system_call;

namespace {

void asked_back(const char* of_whom, const Child& made, std::uint64_t at) {
    check::succeeds(
        of_whom, call::bind_slice(made.environment, start().processor_time, at, abi::least_slice));
    const Capability lent = derived(start().console, rights::all);
    const Capability theirs = child::granted(made, lent, rights::write);
    check::succeeds("and what it was lent is asked back, and taken",
                    call::request_revocation(lent, made.environment, theirs, 1, 1'000'000));
}

} // namespace

int application_main(libos::Arguments) {
    open();
    asked_back("an environment that is not started is given a slice", child::build(), 5);
    asked_back("so is one without a PE page", child::create(), 6);
    return check::verdict();
}
