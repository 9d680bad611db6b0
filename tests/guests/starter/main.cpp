// tests/guests/starter/main.cpp - starts the program that its first argument names, with the second
// one as its arguments, waits for its end, and ends well itself.

#include "libos/core/format.hpp"
#include "libos/core/start.hpp"
#include "libos/core/system_call.hpp"
#include "libos/core/upcall.hpp"
#include "libos/environment/spawn.hpp"

int application_main(libos::Arguments arguments) {
    if (arguments.count() != 2)
        libos::fail(abi::Error::invalid_argument, "starter: needs a program and an argument");
    char room[256];
    libos::Line line{room};
    const libos::FormatArgument words[] = {arguments[0], arguments[1]};
    line.format("app={}\nframes=16\npolicy=clock\nseed=1\narguments={}\n", words);
    libos::Allowance allowance;
    allowance.frames = 64;
    const auto child = libos::spawn(arguments[0], line.text(), allowance);
    if (!child)
        libos::fail(child.error(), "starter: starting {} failed: {}", arguments[0],
                    name_of(child.error()));
    const auto& pe =
        const_cast<const volatile abi::ProcessorEnvironmentPage&>(libos::processor_environment());
    while (pe.ended_count == 0) {
        const libos::UpcallsDisabled guard;
        if (pe.ended_count == 0)
            libos::system_call::disregard(libos::system_call::wait());
    }
    const abi::EndNotice notice = libos::processor_environment().ended[0];
    libos::print("{} is environment {} and has ended: {}, status {}\n", arguments[0],
                 child->identity, name_of(static_cast<abi::EndReason>(notice.reason)),
                 std::uint64_t{notice.status});
    libos::bury(*child);
    return 0;
}
