// tests/host/command/exo_test.cpp - the built `exo`: its exit codes and messages, with bad input
// and with a machine that is played by a stand-in.

#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fmt/format.h>
#include <sstream>
#include <string_view>
#include <unistd.h>

#include "tests/host/command/support.hpp"
#include "tests/host/recording/story.hpp"
#include "tools/benchmark/symbols.hpp"
#include "tools/command/experiment.hpp"
#include "tools/command/project.hpp"
#include "tools/command/tool.hpp"
#include "tools/command/word_count.hpp"
#include "tools/command/wrap.hpp"

using namespace command_test;

namespace {

abi::RunResult ended(std::uint32_t status) {
    abi::RunResult result{};
    result.outcome = abi::Outcome::ended;
    result.status = status;
    result.ticks_at_entry = 1000;
    result.ticks_at_start = 2000;
    result.ticks_at_end = 9000;
    result.idle_ticks = 500;
    return result;
}

// `exo run hello` on a machine that leaves `result`.
Ran run_on(const Scratch& scratch, const abi::RunResult& result, const std::string& console,
           std::vector<std::string> more = {}, int seconds = 0) {
    std::vector<std::string> words{"run", "hello", "-o", (scratch.path() / "run").string()};
    words.insert(words.end(), more.begin(), more.end());
    return exo(words,
               {{"FAULTLINE_QEMU", stand_in_for_qemu(scratch, result, console, seconds).string()}});
}

void refused(const std::vector<std::string>& words, const std::string& message) {
    const Ran ran = exo(words);
    CAPTURE(words, ran.errors);
    CHECK(ran.code == 2);
    CHECK(ran.output.empty());
    CHECK_THAT(ran.errors, Catch::Contains(message));
}

} // namespace

TEST_CASE("help goes to stdout, and an empty command line is a usage error", "[command][exo]") {
    const Ran help = exo({"--help"});
    CHECK(help.code == 0);
    for (const char* const name :
         {"demo", "run APP", "list", "walk", "verify", "sim", "compare RUN", "sweep", "new policy",
          "bench", "gdb [APP]", "doctor", "test"})
        CHECK_THAT(help.output, Catch::Contains(std::string("  ") + name));
    CHECK_THAT(help.output, !Catch::Contains("booted-test"));
    CHECK(exo({"run", "--help"}).output == exo({"help", "run"}).output);
    CHECK(exo({}).code == 2);
}

TEST_CASE("what is for people fits 80 columns", "[command][exo]") {
    for (const std::vector<std::string>& words :
         std::vector<std::vector<std::string>>{{"help"},
                                               {"list"},
                                               {"run", "--help"},
                                               {"walk", "--help"},
                                               {"verify", "--help"},
                                               {"sim", "--help"},
                                               {"compare", "--help"},
                                               {"sweep", "--help"},
                                               {"new", "--help"},
                                               {"bench", "--help"},
                                               {"gdb", "--help"},
                                               {"doctor", "--help"},
                                               {"test", "--help"},
                                               {"doctor"}}) {
        std::istringstream lines(exo(words).output);
        for (std::string line; std::getline(lines, line);) {
            CAPTURE(words, line);
            CHECK(line.size() <= 80);
        }
    }
    CHECK(command::wrapped("one two three\nfour", 4, 12) == "one two\n    three\n    four");
    CHECK(command::wrapped("a-word-that-is-long and", 2, 10) == "a-word-that-is-long\n  and");
    CHECK(command::wrapped("end\n", 0, 10) == "end\n");
}

TEST_CASE("output that cannot be written is exit 5 with the reason", "[command][exo]") {
    const auto into = [](const std::vector<std::string>& words, const char* redirection) {
        std::vector<std::string> all{FAULTLINE_BUILD "/exo"};
        all.insert(all.end(), words.begin(), words.end());
        return run_program({"sh", "-c", command::shell_line(all) + " " + redirection});
    };
    for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
             {"list"}, {"list", "--json"}, {"help"}, {"doctor"}, {"verify", "--rules"}}) {
        const Ran full = into(words, ">/dev/full");
        CAPTURE(words, full.errors);
        CHECK(full.code == 5);
        CHECK(full.errors == "exo: the output cannot be written: No space left on device; give it "
                             "a place that has room, with -o or `>`\n");
        const Ran closed = into(words, ">&-");
        CHECK(closed.code == 5);
        CHECK_THAT(closed.errors, Catch::Contains("cannot be written: Bad file descriptor"));
    }
}

TEST_CASE("messages that cannot be written change nothing of the result", "[command][exo]") {
    const Scratch scratch;
    const auto run = [&](const char* redirection) {
        return run_program(
            {"sh", "-c",
             command::shell_line({FAULTLINE_BUILD "/exo", "run", "hello", "-o",
                                  (scratch.path() / "run").string()}) +
                 " " + redirection},
            {{"FAULTLINE_QEMU",
              stand_in_for_qemu(scratch, ended(2), "a line of the app\n", 2).string()}});
    };
    for (const char* const redirection : {"2>/dev/full", "2>&-"}) {
        const Ran ran = run(redirection);
        CAPTURE(redirection);
        CHECK(ran.code == 6);
        CHECK_THAT(ran.output, Catch::StartsWith("a line of the app"));
    }
    CHECK(run_program({"sh", "-c", FAULTLINE_BUILD "/exo nosuch 2>/dev/full"}).code == 2);
}

TEST_CASE("what is said on a stream that is closed goes into no file", "[command][exo]") {
    const Scratch scratch;
    const auto qemu = stand_in_for_qemu(scratch, ended(0), "a line of the app\n");
    const auto run = scratch.path() / "run";
    const Ran ran = run_program(
        {"sh", "-c",
         command::shell_line({FAULTLINE_BUILD "/exo", "run", "hello", "-o", run.string()}) +
             " >&- 2>&-"},
        {{"FAULTLINE_QEMU", qemu.string()}});
    CHECK(ran.code == 5);
    for (const auto& entry : std::filesystem::directory_iterator(run)) {
        CAPTURE(entry.path().filename().string());
        if (entry.is_regular_file() && entry.path().filename() != "console.log")
            CHECK(content_of(entry.path()).find("a line of the app") == std::string::npos);
    }
}

TEST_CASE("errors on a terminal fit 80 columns", "[command][exo]") {
    if (!std::filesystem::exists("/dev/pts/ptmx")) { // in a chroot without devpts
        const char* const skip = std::getenv("FAULTLINE_SKIP");
        REQUIRE_FALSE((skip != nullptr && std::string_view{skip} == "never"));
        WARN("skipped: there are no pseudo-terminals here, /dev/pts is not mounted");
        return;
    }
    const Scratch scratch;
    const auto large = scratch.file("large", "");
    std::filesystem::resize_file(large, (1ull << 30) + 1);                // sparse
    const auto far = scratch.file("far.u32", std::string("\0\0\0\1", 4)); // page 2^24
    for (const std::vector<std::string>& words :
         std::vector<std::vector<std::string>>{{"bench", "nosuch"},
                                               {"run", "hello", "--file", large.string()},
                                               {"run", "hello", "--frames", "4000000000"},
                                               {"run", "scan", "--trace", "trace.pg32"},
                                               {"run", "trace", "--trace", far.string()},
                                               {"gdb", "hello", "--profile", "replay"},
                                               {"walk", "--format", "ostep", "--fault", "2"}}) {
        std::vector<std::string> all{FAULTLINE_BUILD "/exo"};
        all.insert(all.end(), words.begin(), words.end());
        const Ran ran = run_program({"script", "-qec", command::shell_line(all), "/dev/null"});
        CAPTURE(words, ran.output, ran.errors);
        CHECK(ran.code == 2);
        CHECK_THAT(ran.output, Catch::StartsWith("exo"));
        std::istringstream lines(ran.output);
        for (std::string line; std::getline(lines, line);)
            CHECK(line.size() <= 81); // with the terminal's carriage return
    }
}

TEST_CASE("doctor knows every package that the bootstrap installs", "[command][exo]") {
    const std::string known = exo({"doctor", "--json"}).output;
    std::string packages;
    for (const command::Tool& tool : command::tools())
        packages += std::string(" ").append(tool.package);
    for (const command::Library& library : command::libraries()) {
        packages += std::string(" ").append(library.package);
        CHECK_THAT(known, Catch::Contains("\"" + std::string(library.package) + "\""));
    }
    packages += ' ';
    std::istringstream script(content_of(FAULTLINE_SOURCE "/tools/exo"));
    int count = 0;
    for (std::string line; std::getline(script, line);) {
        std::istringstream words(line);
        std::string group;
        std::string package;
        std::string check;
        if (!(words >> group >> package >> check) || (group != "run" && group != "test") ||
            line.find("  ") == std::string::npos || line.starts_with(' '))
            continue;
        CAPTURE(line);
        ++count;
        CHECK_THAT(packages, Catch::Contains(" " + package + " "));
    }
    CHECK(count >= 16);
}

TEST_CASE("a dry run of gdb makes nothing, and ostep takes no fault", "[command][exo]") {
    const Scratch scratch;
    const auto runs = scratch.path() / "runs";
    CHECK(exo({"gdb", "hello", "--dry-run"}, {{"FAULTLINE_RUNS", runs.string()}}).code == 0);
    CHECK_FALSE(std::filesystem::exists(runs));
    refused({"walk", "--format", "ostep", "--fault", "2"}, "leave out --fault");
}

TEST_CASE("mistyped commands, and options that come later, are refused with a hint",
          "[command][exo]") {
    refused({"verfy"}, "did you mean verify?");
    refused({"run"}, "needs APP");
    refused({"run", "helo"}, "did you mean hello?");
    refused({"run", "hello", "--polcy", "fifo"}, "did you mean --policy?");
    refused({"run", "hello", "--policy", "fifoo"}, "did you mean fifo?");
    refused({"run", "hello", "--cpus", "0"}, "--cpus 0: must be from 1 to 8");
    refused({"run", "hello", "--cpus", "9"}, "--cpus 9: must be from 1 to 8");
    refused({"run", "hello", "--cpus", "2", "--profile", "replay"}, "QEMU replays one processor");
    refused({"walk", "--format", "htm"}, "did you mean html?");
    refused({"demo", "--", "x"}, "nothing may follow");
}

TEST_CASE("bad files and numbers are refused", "[command][exo]") {
    const Scratch scratch;
    refused({"run", "hello", "--frames", "0"}, "needs at least 3");
    refused({"run", "hello", "--frames", "2"}, "say --frames 3 or more");
    refused({"run", "hello", "--frames", "4000000000"}, "the memory of this host allows");
    refused({"test", "hots"}, "did you mean host?");
    refused({"run", "hello", "--file", "/no/such/file"}, "there is no such file");
    refused({"run", "hello", "--timeout", "soon"}, "not a whole number");
    refused({"run", "hello", "--seed", "18446744073709551616"},
            "exo: --seed 18446744073709551616: must be from 0 to 18446744073709551615");
    refused({"run", "hello", "--until", "fault:0"}, "exo: --until fault:0: must be 1 or more");
    refused({"run", "hello", "--until", "fault:x"}, "exo: --until fault:x: not a whole number");
    refused({"verify", "/no/such/run"}, "is no recording");
    refused({"walk", "/no/such/run"}, "is no recording");
    const auto kept = scratch.file("mine/precious", "x");
    refused({"run", "hello", "-o", (scratch.path() / "mine").string()}, "holds other files");
    CHECK(content_of(kept) == "x");
}

TEST_CASE("a file that may not be read is refused with the reason", "[command][exo]") {
    const Scratch scratch;
    const auto file = scratch.file("secret", "x");
    std::filesystem::permissions(file, std::filesystem::perms::none);
    std::vector<std::string> words{FAULTLINE_BUILD "/exo", "run", "wc", "--file", file.string()};
    if (geteuid() == 0) // who may read every file, unless that is taken away
        words.insert(words.begin(), {"setpriv", "--inh-caps=-all", "--bounding-set=-all"});
    const Ran ran = run_program(words);
    CAPTURE(ran.errors);
    CHECK(ran.code == 2);
    CHECK_THAT(ran.errors, Catch::Contains("secret: cannot be read: Permission denied"));
}

TEST_CASE("a dry run prints one command line and makes nothing", "[command][exo]") {
    const Scratch scratch;
    const std::string run = (scratch.path() / "run").string();
    const Ran ran = exo({"run", "hello", "--dry-run", "-o", run});
    CHECK(ran.code == 0);
    CHECK_THAT(ran.output, Catch::Contains("-icount shift=0,sleep=off") && Catch::Contains(run));
    CHECK_FALSE(std::filesystem::exists(run));
}

TEST_CASE("a run that ends well gives its figures as JSON", "[command][exo]") {
    const Scratch scratch;
    const Ran ran = run_on(scratch, ended(0), "text\n@faults=3\n@output.lines=4\n",
                           {"--json", "--no-record", "--seed", "9"});
    CAPTURE(ran.errors);
    CHECK(ran.code == 0);
    for (const char* const part :
         {R"("app":"hello")", R"("outcome":"ended")", R"("faults":3)", R"("seed":9)",
          R"("instructions":6500)", R"("output":{"lines":4})"})
        CHECK_THAT(ran.output, Catch::Contains(part));
    CHECK(content_of(scratch.path() / "run/result.json") == ran.output);
    for (const char* const name : {"config", "command", "versions", "archive.tar", "disk.img",
                                   "region.bin", "console.log", "qemu.log"})
        CHECK(std::filesystem::exists(scratch.path() / "run" / name));
}

TEST_CASE("figures that an app does not count are null, and a seed survives any reader",
          "[command][exo]") {
    const Scratch scratch;
    const Ran ran = run_on(scratch, ended(0), "@writebacks=0\n",
                           {"--json", "--no-record", "--seed", "18446744073709551615"});
    CHECK(ran.code == 0);
    CHECK_THAT(ran.output, Catch::Contains(R"("seed":"18446744073709551615")"));
    CHECK_THAT(ran.output, Catch::Contains(R"("faults":null,"evictions":null,"writebacks":0,)"
                                           R"("reads":null,)"));
    CHECK_THAT(ran.output, Catch::Contains(R"("victims_hash":null)"));
}

TEST_CASE("without --json the app's own lines come first", "[command][exo]") {
    const Scratch scratch;
    const Ran ran = run_on(scratch, ended(0), "exokernel: up\r\nmine\n@faults=3\n");
    CHECK(ran.code == 0);
    CHECK_THAT(ran.output, Catch::StartsWith("mine\n") && Catch::Contains("faults"));
    CHECK_THAT(ran.output, !Catch::Contains("exokernel: up") && !Catch::Contains("@"));
}

TEST_CASE("the app's own error is exit 6 and has its name", "[command][exo]") {
    const Scratch scratch;
    const Ran ran = run_on(scratch, ended(11), "disk trouble\n");
    CHECK(ran.code == 6);
    CHECK_THAT(ran.errors, Catch::Contains("status 11, io_error"));
}

TEST_CASE("a guest that is killed leaves a report and exit 4", "[command][exo]") {
    const Scratch scratch;
    abi::RunResult result = ended(0);
    result.outcome = abi::Outcome::environment_killed;
    result.reason = 2;
    result.environment = 1;
    result.cause = 14;
    result.fault_address = 0xdead000;
    result.rip = 0x400123;
    const Ran ran = run_on(scratch, result, "exokernel: environment 1 is ended\r\n");
    CHECK(ran.code == 4);
    CHECK(ran.output.empty());
    for (const char* const part : {"no entry point", "page_fault (vector 14)", "0xdead000",
                                   "0x400123", "console.log", "environment 1 is ended"})
        CHECK_THAT(ran.errors, Catch::Contains(part));
}

TEST_CASE("panic, refusal and a full recording are exit 4 with their reason", "[command][exo]") {
    const Scratch scratch;
    abi::RunResult result = ended(0);
    std::strcpy(result.message, "the manifest names no app");
    result.outcome = abi::Outcome::boot_error;
    Ran ran = run_on(scratch, result, "");
    CHECK(ran.code == 4);
    CHECK_THAT(ran.errors, Catch::Contains("the manifest names no app"));
    std::strcpy(result.message, "page fault in the kernel");
    result.outcome = abi::Outcome::panic;
    result.cause = 14;
    result.fault_address = 0xdead000;
    result.rip = benchmark::symbols_of(FAULTLINE_BUILD "/exokernel-recording.elf")->at("memcpy");
    ran = run_on(scratch, result, "exokernel: PANIC: page fault in the kernel\r\n");
    CHECK(ran.code == 4);
    CHECK_THAT(ran.errors, Catch::Contains("the exokernel panicked: page fault in the kernel") &&
                               Catch::Contains("fault address  0xdead000") &&
                               Catch::Contains("memcpy at exokernel/") &&
                               Catch::Contains("exokernel: PANIC"));
    result.outcome = abi::Outcome::recording_full;
    ran = run_on(scratch, result, "");
    CHECK(ran.code == 4);
    CHECK_THAT(ran.errors, Catch::Contains("--region"));
    ran = run_on(scratch, {}, "");
    CHECK(ran.code == 4);
    CHECK_THAT(ran.errors, Catch::Contains("without a result"));
}

TEST_CASE("a recording that cannot be written is exit 5", "[command][exo]") {
    const Scratch scratch;
    const auto asked = [&](const std::filesystem::path& file) {
        return run_on(scratch, ended(0), "", {"--record", file.string()});
    };
    Ran ran = asked(scratch.path() / "absent/x"); // not even booted
    CHECK(ran.code == 5);
    CHECK_THAT(ran.errors, Catch::Contains("there is no directory"));
    ran = asked(scratch.path());
    CHECK(ran.code == 5);
    CHECK_THAT(ran.errors, Catch::Contains("cannot be written"));
    CHECK_FALSE(std::filesystem::exists(scratch.path() / "run"));
    ran = asked("/proc/x"); // found out only afterwards
    CHECK(ran.code == 5);
    CHECK_THAT(ran.errors, Catch::Contains("no recording: "));
    CHECK(std::filesystem::exists(scratch.path() / "run/result.json"));
}

TEST_CASE("runs of tests are not the last run of a user", "[booted]") {
    const Scratch scratch;
    const command::Project project(FAULTLINE_SOURCE, scratch.path());
    CHECK(project.for_tests().runs() == scratch.path() / "test-runs");
    const std::filesystem::path mine = FAULTLINE_BUILD "/runs";
    std::error_code none;
    const auto last = std::filesystem::read_symlink(mine / "last", none);
    const auto written = std::filesystem::last_write_time(mine, none);
    CHECK(exo({"run", "hello"}).code == 0);
    CHECK(run_program(
              {"env", "-u", "FAULTLINE_RUNS", FAULTLINE_BUILD "/exo", "booted-test", "lent-frame"})
              .code == 0);
    CHECK(std::filesystem::read_symlink(mine / "last", none) == last);
    CHECK(std::filesystem::last_write_time(mine, none) == written);
}

TEST_CASE("a guest that does not end is stopped at its deadline", "[command][exo]") {
    const Scratch scratch;
    const auto began = std::chrono::steady_clock::now();
    const Ran ran = run_on(scratch, ended(0), "", {"--timeout", "1"}, 30);
    CHECK(ran.code == 124);
    CHECK_THAT(ran.errors, Catch::Contains("stopped after 1 s"));
    CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds(15));
}

TEST_CASE("an interrupt stops the guest and is exit 130", "[command][exo]") {
    const Scratch scratch;
    const std::string qemu = stand_in_for_qemu(scratch, ended(0), "", 30).string();
    const Ran ran = run_program({"timeout", "--preserve-status", "-s", "INT", "2",
                                 std::string(FAULTLINE_BUILD) + "/exo", "run", "hello", "-o",
                                 (scratch.path() / "run").string()},
                                {{"FAULTLINE_QEMU", qemu}});
    CHECK(ran.code == 130);
}

TEST_CASE("a QEMU that is missing or too old is exit 3 with the line that installs it",
          "[command][exo]") {
    const Scratch scratch;
    const auto old = scratch.file("qemu", "#!/bin/sh\necho 'QEMU emulator version 5.2.0'\n");
    std::filesystem::permissions(old, std::filesystem::perms::owner_all);
    const Ran ran = exo({"run", "hello"}, {{"FAULTLINE_QEMU", old.string()}});
    CHECK(ran.code == 3);
    CHECK_THAT(ran.errors, Catch::Contains("needs qemu-system-x86_64 >= 7, found 5.2.0") &&
                               Catch::Contains("apt-get install qemu-system-x86"));
    CHECK(exo({"doctor"}, {{"FAULTLINE_QEMU", old.string()}}).code == 3);
    const Ran none = exo({"run", "hello"}, {{"PATH", "/nowhere"}});
    CHECK(none.code == 3);
    CHECK_THAT(none.errors, Catch::Contains("apt-get install qemu-system-x86"));
}

TEST_CASE("a KVM that cannot run the machine is named, and how to do without it",
          "[command][exo]") {
    const Scratch scratch;
    const auto broken = scratch.file(
        "qemu", "#!/bin/sh\n[ \"$1\" = --version ] && { echo 'QEMU emulator version 7.2.0'; exit "
                "0; }\necho 'qemu-system-x86_64: error: failed to set MSR 0x38d to 0x0' >&2\n"
                "kill -ABRT $$\n");
    std::filesystem::permissions(broken, std::filesystem::perms::owner_all);
    const Ran ran = exo({"run", "hello", "--profile", "fast", "--accel", "kvm", "-o",
                         (scratch.path() / "run").string()},
                        {{"FAULTLINE_QEMU", broken.string()}});
    CAPTURE(ran.errors);
    CHECK(ran.code == 5);
    CHECK_THAT(ran.errors, Catch::Contains("this host's KVM cannot run the machine; leave out "
                                           "--accel kvm. QEMU said: qemu-system-x86_64: error: "
                                           "failed to set MSR 0x38d to 0x0"));
}

TEST_CASE("a demo whose counts are wrong is exit 1, and says which", "[command][exo]") {
    const Scratch scratch;
    const command::WordCount count = command::count_words(content_of(FAULTLINE_BUILD "/demo.txt"));
    const auto demo = [&](std::uint64_t lines) {
        const auto qemu = stand_in_for_qemu(
            scratch, ended(0),
            fmt::format("@faults=3\n@evictions=1\n@output.lines={}\n@output.words={}\n"
                        "@output.bytes={}\n",
                        lines, count.words, count.bytes));
        const std::vector<std::byte> region = story::region_of(story::correct_story(), 1000);
        scratch.file("stand-in/region",
                     std::string(reinterpret_cast<const char*>(region.data()), region.size()));
        return exo({"demo"}, {{"FAULTLINE_QEMU", qemu.string()}});
    };
    const Ran right = demo(count.lines);
    CAPTURE(right.output, right.errors);
    CHECK(right.code == 0);
    CHECK_THAT(right.output, Catch::Contains("ok      the host counts"));
    CHECK_THAT(right.errors, Catch::Contains("exo: the demo took "));
    CHECK_THAT(right.output, !Catch::Contains("the demo took"));
    // Where both go to one place, what was printed before a message stands before it.
    const Ran together = command_test::run_program(
        {"sh", "-c", FAULTLINE_BUILD "/exo demo 2>&1"},
        {{"FAULTLINE_QEMU", (scratch.path() / "stand-in/qemu").string()}});
    const std::size_t took = together.output.find("\nexo: the demo took ");
    REQUIRE(took != std::string::npos);
    CHECK(together.output.find("\nanother run") < took);
    const Ran wrong = demo(count.lines + 1);
    CAPTURE(wrong.output, wrong.errors);
    CHECK(wrong.code == 1);
    CHECK_THAT(wrong.output, Catch::Contains("FAILED  the host counts"));
}

TEST_CASE("what QEMU says is not lost when it does not start", "[command][exo]") {
    const Scratch scratch;
    const auto broken = scratch.file(
        "qemu", "#!/bin/sh\n[ \"$1\" = --version ] && { echo 'QEMU emulator version 7.2.0'; exit "
                "0; }\necho 'qemu: no such device' >&2\nexit 1\n");
    std::filesystem::permissions(broken, std::filesystem::perms::owner_all);
    const Ran ran = exo({"run", "hello", "-o", (scratch.path() / "run").string()},
                        {{"FAULTLINE_QEMU", broken.string()}});
    CHECK(ran.code == 5);
    CHECK_THAT(ran.errors, Catch::Contains("qemu: no such device"));
}
