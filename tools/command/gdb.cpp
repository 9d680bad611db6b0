// tools/command/gdb.cpp - `exo gdb APP`: the machine halted before its first instruction, and a
// gdb attached that knows the symbols of the exokernel and of the app.

#include <fmt/format.h>
#include <system_error>
#include <thread>

#include "tools/command/child.hpp"
#include "tools/command/command.hpp"
#include "tools/command/run.hpp"
#include "tools/command/tool.hpp"

namespace command {

namespace fs = std::filesystem;

namespace {

std::string script_of(const Project& project, const Experiment& experiment,
                      const fs::path& socket) {
    return fmt::format(
        "set confirm off\nset pagination off\nset architecture i386:x86-64\n"
        "directory {}\nfile {}\nadd-symbol-file {}\ntarget remote {}\n"
        "echo Halted before the first instruction. `hbreak application_main` and `continue` "
        "lead to the app.\\n\n",
        project.source().string(), fs::absolute(experiment.kernel).string(),
        experiment.app.program.string(), socket.string());
}

Outcome<ExitCode> perform(const Project& project, const Parsed& parsed) {
    const App app = TRY(project.app(parsed.positional[0]));
    Parsed options = parsed;
    options.rest.clear(); // what follows `--` is for gdb
    Experiment experiment = TRY(experiment_from(project, app, options));
    const Qemu qemu = TRY(find_qemu());
    if (program_in_path("gdb").empty())
        return std::unexpected(
            Failure{ExitCode::tool_missing, "gdb is missing; install it: apt-get install gdb"});
    const fs::path run = TRY(run_directory(project, experiment.app.name, parsed));
    const fs::path socket = run / "gdb.socket";
    std::error_code error;
    fs::remove(socket, error);
    if (socket.native().size() > 100)
        return usage_error(fmt::format("{}: is too long a name for a socket; name a shorter run "
                                       "directory with -o",
                                       socket.string()));
    experiment.machine.insert(
        experiment.machine.end(),
        {"-S", "-chardev", fmt::format("socket,id=gdb,path={},server=on,wait=off", socket.string()),
         "-gdb", "chardev:gdb"});
    const std::vector<std::string> machine = machine_of(experiment, qemu.place, run);
    if (parsed.has("--dry-run")) {
        fmt::print("{}\n", shell_line(machine));
        return ExitCode::done;
    }
    TRY(make_ready(experiment, machine, qemu.says, run));
    TRY(write_whole(run / "gdb.commands", script_of(project, experiment, socket)));

    const Companion guest = TRY(Companion::start({machine, run / "qemu.log"}));
    for (int moment = 0; !fs::exists(socket) && guest.alive() && moment < 100; ++moment)
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    if (!fs::exists(socket))
        return host_error("QEMU did not start: " + read_whole(run / "qemu.log").value_or(""));
    std::vector<std::string> words{"gdb", "-q", "-nx", "-x", (run / "gdb.commands").string()};
    words.insert(words.end(), parsed.rest.begin(), parsed.rest.end());
    const ChildEnd end = TRY(run_child({words, "", true}, std::chrono::hours(24 * 365), [] {}));
    if (end.how == Ended::interrupted)
        return ExitCode::interrupted;
    return end.how == Ended::exited && end.status == 0 ? ExitCode::done : ExitCode::internal_fault;
}

} // namespace

Command gdb_command() {
    return {"gdb",           "APP",  "QEMU halted, with a gdb attached", experiment_options(), 1, 1,
            "GDB-ARGUMENTS", perform};
}

} // namespace command
