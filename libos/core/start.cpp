// libos/core/start.cpp - from the exokernel's entry to application_main, and back to `end`.

#include "libos/core/start.hpp"

#include "libos/core/check_manifest.hpp"
#include "libos/core/record.hpp"
#include "libos/core/run_end.hpp"
#include "libos/core/system_call.hpp"
#include "libos/core/threads.hpp"
#include "libos/core/upcall.hpp"
#include "libos/core/upcall_limit.hpp"

extern "C" {
using Constructor = void (*)();
extern const Constructor init_array_begin[];
extern const Constructor init_array_end[];
[[noreturn]] void libos_start(const abi::StartInformation* information);
}

namespace libos {

namespace {
Manifest the_manifest;
RunEnd run_end = nullptr;

void check_manifest(std::string_view text, std::uint64_t disk_blocks) {
    const auto problem = problem_of_manifest(text, disk_blocks);
    if (!problem)
        return;
    if (problem->should_be.empty())
        fail(abi::Error::invalid_argument,
             "libos: line {} of the manifest names {}, {} bytes from block {} on, but the disk "
             "has {} blocks of 4096 bytes",
             problem->line, problem->beyond.name, problem->beyond.length,
             problem->beyond.first_block, disk_blocks);
    fail(abi::Error::invalid_argument, "libos: line {} of the manifest is `{}`; it must be {}",
         problem->line, problem->text, problem->should_be);
}

} // namespace

const Manifest& manifest() { return the_manifest; }

void set_run_end(RunEnd function) { run_end = function; }

void finish(int status) {
    // Nothing switches threads any more: completions are waited for in place.
    const UpcallLimitPaused paused;
    disable_upcalls();
    finish_line();
    if (run_end != nullptr) {
        const int failure = run_end();
        if (failure != 0)
            status = failure;
    }
    recording::note<abi::Event::application_ended>(static_cast<std::uint32_t>(status));
    system_call::end(static_cast<std::uint32_t>(status));
}

void end_now(abi::Error error) {
    finish_line();
    system_call::end(static_cast<std::uint32_t>(error));
}

} // namespace libos

void libos_start(const abi::StartInformation* information) {
    using namespace libos;
    if (information->version != abi::start_information_version)
        fail(abi::Error::invalid_argument,
             "libos: built for start information version {}, the exokernel gives {}; build both "
             "from one tree",
             abi::start_information_version, information->version);
    const std::string_view text{reinterpret_cast<const char*>(abi::layout::manifest),
                                information->manifest_bytes};
    the_manifest = Manifest{text};
    start_upcalls();
    recording::start();
    check_manifest(text, information->disk_blocks);
    threads::start(recording::is_on() ? recording::Recording::on : recording::Recording::off);
    for (const Constructor* constructor = init_array_begin; constructor != init_array_end;
         ++constructor)
        (*constructor)();
    const Arguments arguments{the_manifest.find("arguments").value_or("")};
    std::uint64_t name[4] = {};
    the_manifest.find("app").value_or("").copy(reinterpret_cast<char*>(name), sizeof(name));
    recording::note<abi::Event::application_started>(arguments.count(), name[0], name[1], name[2],
                                                     name[3]);
    arm_upcall_limit();
    enable_upcalls();
    finish(application_main(arguments));
}
