// apps/tailored/children.cpp - starting the two, waiting for their ends, and reading their faults.
//
// A libOS's page faults are counted in its PE page, which its creator may read.

#include "apps/tailored/children.hpp"

#include "bindings/abi/io_ring.hpp"
#include "bindings/abi/processor_environment.hpp"
#include "libos/core/format.hpp"
#include "libos/core/heap.hpp"
#include "libos/core/start.hpp"
#include "libos/core/system_call.hpp"
#include "libos/core/upcall.hpp"
#include "libos/environment/spawn.hpp"

namespace tailored {

namespace {

// What a libOS needs beside its pool: tables, heap, rings, books.
constexpr std::uint64_t frames_besides = 304;

struct Running {
    libos::Child held;
    const volatile abi::ProcessorEnvironmentPage* page;
};

Running start(const Application& application, std::string_view policy, bool aloud) {
    const std::uint64_t frames = libos::manifest().number("frames", 64);
    char room[512];
    libos::Line line{room};
    const libos::FormatArgument words[] = {frames, policy, libos::manifest().number("seed", 1),
                                           application.arguments};
    line.format("app=scan\nframes={}\npolicy={}\nseed={}\narguments={}\n", words);
    libos::Allowance allowance;
    allowance.frames = frames + frames_besides;
    allowance.blocks = libos::start_information().disk_blocks;
    allowance.disk_rights = abi::rights::read;
    allowance.console = aloud;
    const auto child = libos::spawn("scan", line.text(), allowance);
    if (!child)
        libos::fail(child.error(),
                    "tailored: starting the {} with {} frames failed: {}; take fewer with "
                    "`--frames`, or more memory with `--memory`",
                    application.name, frames, name_of(child.error()));
    if (aloud)
        libos::print("the {} is environment {}, under {}: scan {}\n", application.name,
                     child->identity, policy, application.arguments);
    const std::uint64_t page = libos::heap::adopt_pages({&child->pe_frame, 1});
    return {*child, reinterpret_cast<const volatile abi::ProcessorEnvironmentPage*>(page)};
}

void await_end(const Application& application, const Running& child, std::string_view policy) {
    const abi::EndNotice* notice = nullptr;
    while ((notice = libos::end_of(child.held)) == nullptr) {
        const libos::UpcallsDisabled guard;
        libos::system_call::disregard(libos::system_call::wait());
    }
    if (const auto reason = static_cast<abi::EndReason>(notice->reason);
        reason != abi::EndReason::ended || notice->status != 0)
        libos::fail(abi::Error::invalid_argument,
                    "tailored: the {} has ended under {}: {}, status {}; is there such a policy, "
                    "and does it serve so few frames? (`exo list`)",
                    application.name, policy, name_of(reason), std::uint64_t{notice->status});
}

} // namespace

Faults run_both(std::string_view policy_of_looper, std::string_view policy_of_mover, bool aloud) {
    const Running one = start(looper, policy_of_looper, aloud);
    const Running other = start(mover, policy_of_mover, aloud);
    await_end(looper, one, policy_of_looper);
    await_end(mover, other, policy_of_mover);
    const Faults faults{one.page->faults, other.page->faults};
    libos::bury(one.held);
    libos::bury(other.held);
    return faults;
}

} // namespace tailored
