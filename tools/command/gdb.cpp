// tools/command/gdb.cpp - `exo gdb APP`: the machine halted before its first instruction; `exo gdb
// --replay RUN`: a run that is replayed, standing at one of its events. Either with a gdb that
// knows the symbols of the exokernel and of the app, and their objects (tools/gdb).

#include <fmt/format.h>
#include <system_error>
#include <thread>

#include "tools/command/child.hpp"
#include "tools/command/command.hpp"
#include "tools/command/replay.hpp"
#include "tools/command/run.hpp"
#include "tools/command/tool.hpp"
#include "tools/command/wrap.hpp"

namespace command {

namespace fs = std::filesystem;

namespace {

constexpr const char* socket_name = "gdb.socket";

struct Debugged {
    std::vector<std::string> machine;
    fs::path place; // where gdb's files lie
    fs::path start; // where QEMU starts; empty: where exo did
    fs::path kernel;
    std::vector<fs::path> programs; // the first environment's first
    std::string then;               // further commands for gdb
};

// QEMU answers late where it first saves a snapshot, as it does when gdb comes to a replay.
std::string script_of(const Project& project, const Debugged& debugged) {
    std::string programs;
    for (const fs::path& program : debugged.programs)
        programs += fmt::format("\"{}\", ", fs::absolute(program).string());
    return fmt::format("set confirm off\nset pagination off\nset architecture i386:x86-64\n"
                       "set remotetimeout 120\n"
                       "directory {0}\nset substitute-path build/exokernel {0}/exokernel\n"
                       "set substitute-path build/libos {0}/libos\nfile {1}\n"
                       "target remote {2}\nsource {0}/tools/gdb/exo.py\n"
                       "python symbols.begin([{3}])\n"
                       "define hook-stop\npython symbols.follow()\nend\n{4}",
                       project.source().string(), fs::absolute(debugged.kernel).string(),
                       (debugged.place / socket_name).string(), programs, debugged.then);
}

// QEMU halted, with a server for gdb.
std::vector<std::string> waiting(std::vector<std::string> machine, const fs::path& socket) {
    machine.insert(machine.end(),
                   {"-S", "-chardev",
                    fmt::format("socket,id=gdb,path={},server=on,wait=off", socket.string()),
                    "-gdb", "chardev:gdb"});
    return machine;
}

Outcome<ExitCode> debug(const Project& project, const Debugged& debugged,
                        const std::vector<std::string>& gdb_words) {
    const fs::path socket = debugged.place / socket_name;
    std::error_code error;
    fs::remove(socket, error);
    if (socket.native().size() > 100)
        return usage_error(fmt::format("{}: is too long a name for a socket; name a shorter run "
                                       "directory with -o",
                                       socket.string()));
    const fs::path script = debugged.place / "gdb.commands";
    TRY(write_whole(script, script_of(project, debugged)));
    ChildPlan plan{debugged.machine, debugged.place / "qemu.log"};
    plan.place = debugged.start;
    const Companion guest = TRY(Companion::start(plan));
    for (int moment = 0; !fs::exists(socket) && guest.alive() && moment < 100; ++moment)
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    if (!fs::exists(socket))
        return host_error("QEMU did not start: " + read_whole(plan.output).value_or(""));
    std::vector<std::string> words{"gdb", "-q", "-nx", "-x", script.string()};
    words.insert(words.end(), gdb_words.begin(), gdb_words.end());
    const ChildEnd end = TRY(run_child({words, "", true}, std::chrono::hours(24 * 365), [] {}));
    if (const std::string said = complaint_of(read_whole(plan.output).value_or("")); !said.empty())
        say(fmt::format("exo: QEMU said: {}\n", said));
    if (end.how == Ended::interrupted)
        return ExitCode::interrupted;
    return end.how == Ended::exited && end.status == 0 ? ExitCode::done : ExitCode::internal_fault;
}

Outcome<void> find_gdb() {
    if (program_in_path("gdb").empty())
        return std::unexpected(
            Failure{ExitCode::tool_missing, "gdb is missing; install it: apt-get install gdb"});
    return {};
}

Outcome<ExitCode> debug_app(const Project& project, const Parsed& parsed) {
    const App app = TRY(project.app(parsed.positional[0]));
    Parsed options = parsed;
    options.rest.clear(); // what follows `--` is for gdb
    const Experiment experiment = TRY(experiment_from(project, app, options));
    if (experiment.for_replay())
        return usage_error(fmt::format("exo gdb {0} --profile replay: first make the run: exo run "
                                       "{0} --profile replay; then exo gdb --replay RUN",
                                       app.name));
    const Qemu qemu = TRY(find_qemu());
    if (parsed.has("--dry-run")) {
        const fs::path place =
            parsed.value("-o").value_or((project.runs() / (app.name + "-N")).string());
        fmt::print("{}\n", shell_line(waiting(machine_of(experiment, qemu.place, place),
                                              place / socket_name)));
        return ExitCode::done;
    }
    TRY(find_gdb());
    const fs::path run = TRY(run_directory(project, experiment.app.name, parsed));
    const std::vector<std::string> machine =
        waiting(machine_of(experiment, qemu.place, run), run / socket_name);
    TRY(make_ready(experiment, machine, qemu.says, run));
    return debug(project,
                 {machine, run, "", experiment.kernel, programs_of(experiment),
                  "echo Halted before the first instruction. `hbreak application_main` and "
                  "`continue` lead to the app; `help exo` lists what there is besides.\\n\n"},
                 parsed.rest);
}

Outcome<ExitCode> debug_replay(const Project& project, const Parsed& parsed) {
    for (const auto& [name, values] : parsed.values)
        if (name != "--replay" && name != "--at" && name != "--dry-run")
            return usage_error(fmt::format("exo gdb --replay: {} is settled by the run", name));
    if (!parsed.positional.empty())
        return usage_error(fmt::format("exo gdb --replay: `{}` is one argument too many; the run "
                                       "says which app",
                                       parsed.positional[0]));
    const Qemu qemu = TRY(find_qemu());
    const ReplayedRun run =
        TRY(replayed_run(project, parsed.value("--replay").value_or(""), qemu.place, qemu.says));
    const auto place = parsed.value("--at");
    if (place)
        TRY(check_place(run.recording, *place));
    const std::vector<std::string> machine = waiting(run.machine, socket_name);
    if (parsed.has("--dry-run")) {
        fmt::print("{}\n", shell_line(machine));
        return ExitCode::done;
    }
    TRY(find_gdb());
    const ScratchDirectory scratch = TRY(ScratchDirectory::make("exo-replay"));
    TRY(lay_out(run, scratch.path()));
    TRY(write_whole(scratch.path() / "events", replay_events(run.recording)));
    std::string then = fmt::format("python travel.begin(\"{0}/events\", \"{0}/region.bin\")\n",
                                   scratch.path().string());
    then += place ? fmt::format("exo goto {}\n", *place)
                  : "echo At the entry of the exokernel. `exo goto fault:1` leads to the first "
                    "fault, `help exo` lists what there is besides.\\n\n";
    return debug(project,
                 {machine, scratch.path(), scratch.path(), scratch.path() / "kernel.elf",
                  TRY(kept_programs(run, scratch.path())), then},
                 parsed.rest);
}

Outcome<ExitCode> perform(const Project& project, const Parsed& parsed) {
    if (parsed.has("--replay"))
        return debug_replay(project, parsed);
    if (parsed.has("--at"))
        return usage_error("exo gdb --at: needs the run that it is a place in: --replay RUN");
    if (parsed.positional.empty())
        return usage_error("exo gdb: needs an app or a run: exo gdb APP, or exo gdb --replay RUN "
                           "(see `exo gdb --help`)");
    return debug_app(project, parsed);
}

} // namespace

Command gdb_command() {
    std::vector<Option> options{
        {"--replay", "RUN", "instead of an app: replays a run made with --profile replay"},
        {"--at", "fault:N",
         "stands at its Nth fault; or revocation:N, where it was asked for; or event:SEQ, an event "
         "of its "
         "recording (`exo walk --fault N --format json` has the numbers of a fault's)"}};
    const std::vector<Option> of_experiments = experiment_options();
    options.insert(options.end(), of_experiments.begin(), of_experiments.end());
    return {"gdb",
            "[APP]",
            "QEMU halted, or a run replayed, with a gdb attached",
            std::move(options),
            0,
            1,
            "GDB-ARGUMENTS",
            perform};
}

} // namespace command
