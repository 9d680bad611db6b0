// tests/host/booted/replay_test.cpp - a run under --profile replay, replayed with gdb attached: it
// stands where the recording says, forwards and backwards, and shows what the recording says.

#include <algorithm>
#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <map>
#include <unistd.h>

#include "bindings/abi/capability.hpp"
#include "bindings/abi/event.hpp"
#include "tests/host/booted/guest.hpp"
#include "tools/command/boot_image.hpp"
#include "tools/command/replay.hpp"
#include "tools/recording_file/recording.hpp"
#include "tools/viewer/words.hpp"

using booted::Guest;
using command_test::content_of;
using command_test::exo;
using command_test::Ran;
using command_test::Scratch;
using recording::Event;
using viewer::field;

namespace {

namespace fs = std::filesystem;

bool is(const Event& event, abi::Event kind) {
    return !event.claim && event.kind == static_cast<std::uint16_t>(kind);
}

// One replayable run of wc, 10 pages in 4 frames, that all tests here look at.
struct Run {
    Scratch scratch;
    Guest guest;
    recording::Recording recording;
    std::vector<Event> faults;

    Run() {
        const fs::path text = scratch.file("text", booted::noise(40000, 5));
        guest = booted::boot(scratch, "run",
                             {"wc", "--profile", "replay", "--policy", "fifo", "--file",
                              text.string(), "--frames", "4"});
        std::string error;
        const auto loaded = recording::load((guest.run / "run.faultline").string(), error);
        INFO(guest.ran.errors << error);
        REQUIRE(loaded);
        recording = *loaded;
        std::ranges::copy_if(recording.events, std::back_inserter(faults),
                             [](const Event& event) { return is(event, abi::Event::page_fault); });
    }
};

const Run& the_run() {
    static const Run run;
    return run;
}

/// `exo gdb --replay RUN WORDS... -- -batch -ex COMMAND...`
Ran replay(const fs::path& run, std::vector<std::string> words,
           const std::vector<std::string>& commands) {
    words.insert(words.begin(), {"gdb", "--replay", run.string()});
    words.insert(words.end(), {"--", "-batch"});
    for (const std::string& command : commands)
        words.insert(words.end(), {"-ex", command});
    return exo(words);
}

// The scratch directory of a replay, from what gdb says of the program's symbols.
std::string place_of(const Ran& ran) {
    const std::size_t begin = ran.output.find("/tmp/exo-replay-");
    REQUIRE(begin != std::string::npos);
    return ran.output.substr(begin, ran.output.find('/', begin + 5) - begin);
}

// Whether a process works in `place`.
bool someone_in(const std::string& place) {
    std::error_code none;
    for (const auto& process : fs::directory_iterator("/proc", none))
        if (fs::read_symlink(process.path() / "cwd", none).string().starts_with(place))
            return true;
    return false;
}

std::string without_place(const Ran& ran) {
    std::string text = ran.output;
    const std::string place = place_of(ran);
    for (std::size_t at; (at = text.find(place)) != std::string::npos;)
        text.erase(at, place.size());
    return text;
}

void copy_without(const fs::path& run, const fs::path& to, const std::string& missing) {
    fs::remove_all(to);
    fs::copy(run, to, fs::copy_options::recursive);
    fs::remove(to / missing);
}

} // namespace

TEST_CASE("a run under --profile replay pages as the deterministic one", "[booted][replay]") {
    const Run& run = the_run();
    CHECK(run.guest.ran.code == 0);
    CHECK(run.guest.number("faults") == static_cast<long long>(run.faults.size()));
    REQUIRE(run.faults.size() == 10);
    const Guest plain = booted::boot(run.scratch, "plain",
                                     {"wc", "--policy", "fifo", "--file",
                                      (run.scratch.path() / "text").string(), "--frames", "4"});
    CHECK(plain.text("victims_hash") == run.guest.text("victims_hash"));
    CHECK(plain.text("words") == run.guest.text("words"));
    CHECK(exo({"verify", run.guest.run.string()}).code == 0);
}

TEST_CASE("a replay stands at any fault, forwards and backwards", "[booted][replay]") {
    const Run& run = the_run();
    const std::string show = "printf \"at %lx %lx %lx %x\\n\", $rip, $rsp, $rdi, (int)$eflags";
    const std::string raise = "printf \"raised %lx\\n\", $cr2";
    const Ran ran = replay(run.guest.run, {"--at", "fault:3"},
                           {show, "stepi", raise, "exo goto fault:1", show, "stepi", raise,
                            "exo goto fault:9", show, "exo previous", show, "exo next", "exo next",
                            show, "exo next", "stepi", raise, "exo back", "exo where"});
    CAPTURE(ran.output, ran.errors);
    CHECK(ran.code == 0);
    std::size_t from = 0;
    const auto next = [&](const std::string& text) {
        CAPTURE(text);
        from = ran.output.find(text, from);
        CHECK(from != std::string::npos);
    };
    const auto stands_at = [&](std::size_t number) {
        const Event& fault = run.faults[number - 1];
        next(fmt::format("now: fault {}, event {}:", number, fault.sequence));
        next(fmt::format("at {:x} {:x} ", field(fault, "rip"), field(fault, "rsp")));
        next(fmt::format(" {:x}\n", field(fault, "rflags")));
    };
    const auto raised = [&](std::size_t number) {
        next(fmt::format("raised {:x}\n", field(run.faults[number - 1], "address")));
    };
    stands_at(3);
    raised(3);
    stands_at(1);
    raised(1);
    stands_at(9);
    stands_at(8);
    stands_at(10);
    raised(10);
    CHECK_THAT(ran.errors, Catch::Contains("there is no later fault"));
}

TEST_CASE("a replay shows the bindings that the recording tells of", "[booted][replay]") {
    const Run& run = the_run();
    const Event& fault = run.faults[8];
    std::map<std::uint64_t, Event> installed; // page -> its event, before the ninth fault
    std::uint64_t removed = 0, entry = 0;
    for (const Event& event : run.recording.events) {
        if (event.sequence == fault.sequence)
            break;
        if (is(event, abi::Event::translation_installed))
            installed[field(event, "page")] = event;
        if (is(event, abi::Event::translation_removed)) {
            removed = field(event, "page");
            installed.erase(removed);
        }
        if (is(event, abi::Event::upcall) && field(event, "entry") == 0)
            entry = field(event, "address");
    }
    const std::uint64_t page = installed.rbegin()->first;
    // Not the last page in memory: that one was installed for the recording ring or the archive.
    const std::uint64_t last = std::max(removed, field(run.faults[7], "address") >> 12);
    REQUIRE(installed.contains(last));
    const std::uint64_t frame = field(installed[last], "frame");
    const std::uint32_t slot =
        abi::slot_of(abi::Capability{field(installed[last], "frame_capability")});
    const std::vector<std::string> commands{"exo pe",
                                            "print $pe()",
                                            fmt::format("exo mappings {:#x}", last << 12),
                                            fmt::format("exo mappings {:#x}", removed << 12),
                                            "exo mappings",
                                            fmt::format("exo bindings {}", slot),
                                            "exo bindings",
                                            "exo environments",
                                            "info registers",
                                            "x/64gx $rsp"};
    const Ran ran = replay(run.guest.run, {"--at", "fault:9"}, commands);
    CAPTURE(ran.output, ran.errors, page);
    CHECK(ran.code == 0);
    const auto has = [&](const std::string& text) {
        CHECK_THAT(ran.output, Catch::Contains(text));
    };
    has(fmt::format("environment 1: runnable, PE page in frame {:#x}\n", field(fault, "pe")));
    has(fmt::format("entry      page_fault         {:#x} ", entry));
    has(fmt::format("page_fault = {:#x} ", entry));
    has(fmt::format("page {:#x} -> frame {:#x}  r-- accessed  by slot {}\n", last, frame, slot));
    has(fmt::format("page {:#x} has no translation in environment 1\n", removed));
    has(fmt::format("{:#018x} frame ", field(installed[last], "frame_capability")));
    has(fmt::format("frame {:#x}, mapped\n", frame));
    has("* environment 1: runnable");

    // Another replay of the same run stands in the same state.
    const Ran again = replay(run.guest.run, {"--at", "fault:9"}, commands);
    CHECK((without_place(again) == without_place(ran)));
}

TEST_CASE("a replay stands at events that are no faults", "[booted][replay]") {
    const Run& run = the_run();
    const auto& events = run.recording.events;
    const auto io = std::ranges::find_if(
        events, [](const Event& event) { return is(event, abi::Event::io_submitted); });
    const auto seen = std::ranges::find_if(events, [](const Event& event) {
        return event.claim && event.kind == static_cast<std::uint16_t>(abi::Event::fault_seen);
    });
    REQUIRE((io != events.end() && seen != events.end()));
    const Ran ran =
        replay(run.guest.run, {"--at", fmt::format("event:{}", io->sequence)},
               {fmt::format("exo goto event:{}", seen->sequence), "exo goto fault:11",
                fmt::format("exo goto event:{}", events.size()), "exo goto here", "continue"});
    CAPTURE(ran.output, ran.errors);
    CHECK_THAT(ran.output, Catch::Contains(fmt::format("now: event {}: io_submitted of "
                                                       "environment 1: request 0x1 ",
                                                       io->sequence)));
    CHECK_THAT(ran.output,
               Catch::Contains(fmt::format("now: event {}: fault_seen of environment 1: page {:#x}",
                                           seen->sequence, field(*seen, "page"))));
    CHECK_THAT(ran.errors,
               Catch::Contains("fault:11: the run has 10 faults") &&
                   Catch::Contains("the run has events 0 to ") &&
                   Catch::Contains("here: has the form fault:N, revocation:N or event:SEQ"));
    CHECK_THAT(ran.output, Catch::Contains("The run ends here"));
}

TEST_CASE("a replay has the symbols of the program that runs where it stands", "[booted][replay]") {
    const Scratch scratch;
    const auto text = scratch.file("text", booted::noise(300'000, 6));
    const Guest guest =
        booted::boot(scratch, "pair", {"pair", "--profile", "replay", "--file", text.string()});
    CAPTURE(guest.ran.errors);
    // Time passes as it does in this profile: poller may have ended before pair asks it for frames,
    // which pair counts as a failure. The calls of all are in the recording in either case.
    REQUIRE((guest.ran.code == 0 || guest.ran.code == 6));
    std::string error;
    const auto loaded = recording::load((guest.run / "run.faultline").string(), error);
    REQUIRE(loaded);
    // A call of each: 2 runs wc, 3 and 4 run poller, and 1 started them.
    std::map<std::uint32_t, std::vector<std::uint64_t>> calls; // environment -> sequences
    for (const Event& event : loaded->events)
        if (is(event, abi::Event::system_call))
            calls[event.environment].push_back(event.sequence);
    std::vector<std::string> commands{"exo goto fault:1", "echo stands at a fault\\n",
                                      "info symbol $rip", "exo goto revocation:2",
                                      "exo goto revocation:1"};
    const std::pair<std::uint32_t, const char*> runs[] = {
        {2, "wc"}, {3, "poller"}, {1, "pair"}, {4, "poller"}, {2, "wc"}};
    for (const auto& [environment, program] : runs) {
        REQUIRE(calls[environment].size() > 40);
        commands.insert(commands.end(), {fmt::format("exo goto event:{}", calls[environment][40]),
                                         fmt::format("echo stands in {}\\n", environment),
                                         "info symbol (long)&_start"});
    }
    const Ran ran = replay(guest.run, {}, commands);
    CAPTURE(ran.output, ran.errors);
    CHECK(ran.code == 0);
    // Where it is asked for, not where its record is written: there, and back from a later one.
    for (const char* const number : {"0x1", "0x2"}) {
        const std::string event = ": revocation_requested of environment 1: number ";
        const std::size_t told = ran.output.find(event + number + " ");
        REQUIRE(told != std::string::npos);
        const std::size_t line = ran.output.find('\n', told) + 1;
        CHECK_THAT(ran.output.substr(line, ran.output.find('\n', line) - line),
                   Catch::StartsWith("#0  exokernel::sys_request_revocation (call=...) at ") &&
                       Catch::Contains("exokernel/revocation/request_revocation.cpp:"));
    }
    const auto after = [&](const std::string& text, std::size_t from) { // the line behind it
        const std::size_t at = ran.output.find(text + "\n", from);
        REQUIRE(at != std::string::npos);
        const std::size_t line = at + text.size() + 1;
        return std::make_pair(ran.output.substr(line, ran.output.find('\n', line) - line), line);
    };
    CHECK_THAT(after("stands at a fault", 0).first, Catch::EndsWith("/programs/wc"));
    std::size_t at = 0;
    for (const auto& [environment, program] : runs) {
        const auto [symbol, line] = after(fmt::format("stands in {}", environment), at);
        CHECK_THAT(symbol, Catch::EndsWith(fmt::format("/programs/{}", program)));
        at = line;
    }
}

TEST_CASE("a program that gdb was not given has no symbols rather than another one's",
          "[booted][replay]") {
    const Scratch scratch;
    const std::string wc = command::loadable_part(content_of(FAULTLINE_BUILD "/apps/wc"));
    const auto archive = scratch.file(
        "archive", *command::bootable_archive("app=hello\nrecord=1\n", {{"hello", wc}}));
    const std::vector<std::string> words{"hello",
                                         "--archive",
                                         archive.string(),
                                         "-o",
                                         (scratch.path() / "run").string(),
                                         "--",
                                         "-batch",
                                         "-ex",
                                         "info symbol application_main",
                                         "-ex",
                                         "hbreak exokernel::sys_write_console",
                                         "-ex",
                                         "continue",
                                         "-ex",
                                         "info symbol application_main"};
    std::vector<std::string> all{"gdb"};
    all.insert(all.end(), words.begin(), words.end());
    const Ran ran = exo(all);
    CAPTURE(ran.output, ran.errors);
    CHECK_THAT(ran.output,
               Catch::Contains("application_main(") && Catch::Contains("symbols of no program"));
    CHECK_THAT(ran.errors, Catch::Contains("No symbol \"application_main\""));
}

TEST_CASE("what cannot be replayed is refused with the reason", "[booted][replay]") {
    const Run& run = the_run();
    const std::string good = run.guest.run.string();
    const fs::path other = run.scratch.path() / "other";
    const auto refused = [&](const std::vector<std::string>& words, int code,
                             const std::string& text) {
        std::vector<std::string> all{"gdb"};
        all.insert(all.end(), words.begin(), words.end());
        const Ran ran = exo(all);
        CHECK(ran.code == code);
        CHECK_THAT(ran.errors, Catch::Contains(text));
    };
    refused({"--replay", good, "--at", "fault:11"}, 2, "the run has 10 faults");
    refused({"--replay", good, "--at", "fault:0"}, 2, "--at fault:0: must be 1 or more");
    refused({"--replay", good, "--at", "fault"}, 2, "has the form fault:N, revocation:N or event:");
    refused({"--replay", good, "--at", "revocation:1"}, 2, "the run has no revocations");
    refused({"--replay", good, "--at", "event:99999999"}, 2, "events, the first is 0");
    refused({"--replay", good, "--frames", "9"}, 2, "--frames is settled by the run");
    refused({"--replay", good, "wc"}, 2, "one argument too many");
    refused({"--at", "fault:1", "wc"}, 2, "--replay RUN");
    refused({"hello", "--profile", "replay"}, 2, "exo run hello --profile replay");
    refused({}, 2, "needs an app or a run");
    refused({"--replay", "/no/such/run"}, 2, "is no recording");

    const Guest plain = booted::boot(run.scratch, "hello", {"hello"});
    refused({"--replay", plain.run.string()}, 2,
            "was made with --profile deterministic, which keeps no replay log; make a run that can "
            "be replayed: exo run hello --profile replay");
    copy_without(good, other, "replay.log");
    refused({"--replay", other.string()}, 2, "has no replay.log any more");
    const auto with_log = [&](const std::string& log, bool noted) {
        copy_without(good, other, "replay.log");
        run.scratch.file("other/replay.log", log);
        if (noted)
            run.scratch.file("other/result.json",
                             "{\"replay_log\":" + *command::replay_log_of(other) + "}\n");
    };
    const std::string log = content_of(run.guest.run / "replay.log");
    std::string flipped = log;
    flipped[log.size() / 2] = static_cast<char>(flipped[log.size() / 2] ^ 16);
    for (const std::string& damaged : {log.substr(0, log.size() / 2), flipped}) {
        with_log(damaged, false);
        refused({"--replay", other.string()}, 2, "replay.log is damaged");
    }
    with_log(std::string(100000, '\0'), true);
    refused({"--replay", other.string()}, 2, "replay.log was never finished");
    // Damage that result.json does not tell of: what QEMU says of it is not lost.
    with_log(log.substr(0, log.size() / 2), true);
    const Ran cut = replay(other, {}, {"continue"});
    CAPTURE(cut.output, cut.errors);
    CHECK_THAT(cut.errors, Catch::Contains("exo: QEMU said: "));
    copy_without(good, other, "versions");
    run.scratch.file("other/versions", "QEMU emulator version 6.9.1\n");
    refused({"--replay", other.string()}, 3, "was made with QEMU 6.9.1, and ");
    const Ran dry = exo({"gdb", "--replay", good, "--at", "fault:2", "--dry-run"});
    CHECK(dry.code == 0);
    CHECK_THAT(dry.output, Catch::Contains("rr=replay,rrfile=replay.log") && Catch::Contains("-S"));

    // A PATH with QEMU, but without gdb.
    const fs::path tools = run.scratch.path() / "tools";
    fs::create_directories(tools);
    fs::create_symlink("/usr/bin/qemu-system-x86_64", tools / "qemu-system-x86_64");
    const Ran none = exo({"gdb", "--replay", good}, {{"PATH", tools.string()}});
    CHECK(none.code == 3);
    CHECK_THAT(none.errors, Catch::Contains("gdb is missing; install it: apt-get install gdb"));
}

TEST_CASE("a replay leaves nothing behind, however it ends", "[booted][replay]") {
    const Run& run = the_run();
    const std::string before = content_of(run.guest.run / "console.log");
    const Ran ended = replay(run.guest.run, {}, {"quit"});
    CHECK_FALSE(fs::exists(place_of(ended)));
    CHECK_FALSE(someone_in(place_of(ended)));
    for (const std::string signal : {"INT", "TERM"}) {
        const Ran ran = command_test::run_program(
            {"timeout", "-s", signal, "-k", "20", "4", std::string(FAULTLINE_BUILD) + "/exo", "gdb",
             "--replay", run.guest.run.string(), "--at", "fault:1", "--", "-batch", "-ex",
             "shell sleep 60"});
        CAPTURE(signal, ran.output, ran.errors);
        CHECK(ran.code == 124); // timeout's own: it had to send the signal, and once was enough
        // `timeout` signals its child and then the whole group, so the signal comes twice.
        CHECK_FALSE(fs::exists(place_of(ran)));
        CHECK_FALSE(someone_in(place_of(ran)));
    }
    CHECK(content_of(run.guest.run / "console.log") == before);
}

TEST_CASE("a run that was stopped can be replayed as far as it came", "[booted][replay]") {
    const Scratch scratch;
    Ran ran;
    // A busy host does not come to its thirtieth fault in two seconds.
    for (const char* const seconds : {"2", "10", "40"}) {
        const Guest guest = booted::boot(scratch, std::string("late") + seconds,
                                         {"scan", "--profile", "replay", "--timeout", seconds,
                                          "--frames", "64", "--policy", "fifo", "--", "--pattern",
                                          "cyclic", "--pages", "128", "--passes", "9999"});
        CHECK(guest.ran.code == 124);
        ran = replay(guest.run, {"--at", "fault:30"}, {"exo previous"});
        if (ran.output.find("now: fault 30,") != std::string::npos)
            break;
    }
    CAPTURE(ran.output, ran.errors);
    CHECK_THAT(ran.output, Catch::Contains("now: fault 30,") && Catch::Contains("now: fault 29,"));
}

TEST_CASE("plain exo gdb has the same commands", "[booted][replay]") {
    const Scratch scratch;
    const Ran ran = exo({"gdb", "hello",
                         "-o",  (scratch.path() / "run").string(),
                         "--",  "-batch",
                         "-ex", "exo pe",
                         "-ex", "hbreak application_main",
                         "-ex", "continue",
                         "-ex", "exo pe",
                         "-ex", "exo mappings &application_main",
                         "-ex", "exo bindings memory",
                         "-ex", "exo goto fault:1"});
    CAPTURE(ran.output, ran.errors);
    CHECK_THAT(ran.errors, Catch::Contains("the exokernel has not started yet") &&
                               Catch::Contains("this machine is not a replay"));
    CHECK_THAT(ran.output, Catch::Contains("entry      page_fault") && Catch::Contains("r-x") &&
                               Catch::Contains("frames bound"));
}
