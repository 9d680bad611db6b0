// tests/host/comparison/sweep_test.cpp - `exo sweep`: jobs that are done once, by themselves, and
// whatever becomes of the others.

#include <algorithm>
#include <catch2/catch.hpp>
#include <sstream>

#include "tests/host/command/support.hpp"
#include "tools/command/experiment.hpp"

using namespace command_test;
namespace fs = std::filesystem;

namespace {

const std::string belady = FAULTLINE_SOURCE "/tests/golden/traces/belady.txt";

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);)
        lines.push_back(line);
    return lines;
}

// A sweep without booting, in `scratch`/sweep.
Ran simulated(const Scratch& scratch, const std::string& policies, const std::string& frames,
              const std::vector<std::string>& more = {}, const std::string& trace = belady) {
    std::vector<std::string> words{"sweep",    "--simulate", "--policy", policies,
                                   "--frames", frames,       "-o",       scratch.path() / "sweep"};
    if (!trace.empty())
        words.insert(words.end(), {"--trace", trace});
    words.insert(words.end(), more.begin(), more.end());
    return exo(words);
}

abi::RunResult ended() {
    abi::RunResult result{};
    result.outcome = abi::Outcome::ended;
    result.ticks_at_end = 90'000;
    return result;
}

// A sweep of `hello` on machines that are played; each takes `seconds`, and notes when it begins
// and when it ends.
struct Booted {
    Scratch scratch;
    fs::path notes = scratch.path() / "notes";
    std::string qemu;

    explicit Booted(int seconds = 0) {
        const auto played = stand_in_for_qemu(
            scratch, ended(), "@faults=90\r\n@evictions=26\r\n@victims_hash=ab\r\n", seconds);
        qemu = scratch
                   .file("qemu",
                         "#!/bin/sh\n[ \"$1\" = --version ] && exec " + played.string() +
                             " --version\ncase \"$*\" in *\"${FAIL:-no such}\"*) exit 3 ;; esac\n"
                             "echo begins >>" +
                             notes.string() + "\n" + played.string() +
                             " \"$@\"\ncode=$?\necho ends >>" + notes.string() + "\nexit $code\n")
                   .string();
        fs::permissions(qemu, fs::perms::owner_all);
    }
    std::vector<std::string> words(const std::string& frames,
                                   const std::vector<std::string>& more = {}) const {
        std::vector<std::string> all{
            "sweep",    "hello", "--policy", "fifo,mru",
            "--frames", frames,  "-o",       (scratch.path() / "sweep").string()};
        all.insert(all.end(), more.begin(), more.end());
        return all;
    }
    Ran run(const std::string& frames, const std::vector<std::string>& more = {}) const {
        return exo(words(frames, more), {{"FAULTLINE_QEMU", qemu}});
    }
    std::size_t booted() const {
        return static_cast<std::size_t>(std::ranges::count(lines_of(content_of(notes)), "begins"));
    }
    // The most that ran at once.
    int most() const {
        int now = 0;
        int most = 0;
        for (const std::string& line : lines_of(content_of(notes)))
            most = std::max(most, now += line == "begins" ? 1 : -1);
        return most;
    }
};

} // namespace

TEST_CASE("a simulated sweep gives each policy's faults, and references beside them",
          "[comparison][exo]") {
    const Scratch scratch;
    const Ran ran = simulated(scratch, "fifo,lru,opt", "4,3");
    CAPTURE(ran.errors);
    CHECK(ran.code == 0);
    CHECK_THAT(ran.errors, Catch::Contains("6 jobs: 6 run, 0 done before, 0 failed"));
    const std::vector<std::string> lines = lines_of(ran.output);
    REQUIRE(lines.size() > 7);
    for (const auto& [line, begin] : {std::pair{1, "fifo             3      9    75.00"},
                                      {2, "fifo             4     10    83.33"},
                                      {3, "lru (exact)      3     10    83.33"},
                                      {4, "lru (exact)      4      8    66.67"},
                                      {5, "opt (exact)      3      7    58.33"},
                                      {6, "opt (exact)      4      6    50.00"}}) {
        CAPTURE(lines[static_cast<std::size_t>(line)]);
        CHECK(lines[static_cast<std::size_t>(line)].starts_with(begin));
    }
    const std::string page = content_of(scratch.path() / "sweep/sweep.html");
    CHECK_THAT(page, Catch::Contains("lru (exact)") && Catch::Contains("Of 12 references") &&
                         !Catch::Contains("<script"));
}

TEST_CASE("each line of a sweep's jobs works by itself, from anywhere", "[comparison][exo]") {
    const Scratch scratch;
    const Ran dry = simulated(scratch, "fifo,clock", "3,4", {"--dry-run"});
    CHECK(dry.code == 0);
    CHECK_FALSE(fs::exists(scratch.path() / "sweep"));
    const auto jobs = lines_of(dry.output);
    REQUIRE(jobs.size() == 4);
    for (const std::string& job : jobs)
        CHECK(run_program({"sh", "-c", "cd / && " + job}).code == 0);
    scratch.file("sweep/jobs", ""); // as whoever keeps the lines would
    const Ran ran = simulated(scratch, "fifo,clock", "3,4");
    CHECK_THAT(ran.errors, Catch::Contains("4 jobs: 0 run, 4 done before"));
    CHECK(content_of(scratch.path() / "sweep/jobs") == dry.output);
}

TEST_CASE("what is done is not done again, unless it is another experiment", "[comparison][exo]") {
    const Scratch scratch;
    const std::string trace = scratch.file("a.txt", "1 2 3 1 2 3").string();
    CHECK_THAT(simulated(scratch, "fifo", "2,3", {}, trace).errors,
               Catch::Contains("2 run, 0 done"));
    CHECK_THAT(simulated(scratch, "fifo", "2,3", {}, trace).errors,
               Catch::Contains("0 run, 2 done"));
    CHECK_THAT(simulated(scratch, "fifo", "2,3,4", {}, trace).errors,
               Catch::Contains("1 run, 2 done"));
    CHECK_THAT(simulated(scratch, "fifo", "2,3", {"--seed", "9"}, trace).errors,
               Catch::Contains("2 run, 0 done"));
    CHECK_THAT(simulated(scratch, "fifo", "2,3", {"--grace"}, trace).errors,
               Catch::Contains("2 run, 0 done"));
    CHECK_THAT(simulated(scratch, "fifo", "2,3", {"--mode", "exact"}, trace).errors,
               Catch::Contains("2 run, 0 done"));
    simulated(scratch, "fifo", "2,3", {}, trace);
    scratch.file("a.txt", "1 2 3 1 2 4");
    CHECK_THAT(simulated(scratch, "fifo", "2,3", {}, trace).errors,
               Catch::Contains("2 run, 0 done"));
    for (const char* const damaged : {"", "{", "[]", "{\"policy\":\"fifo\"}"}) {
        scratch.file("sweep/fifo-2.json", damaged);
        CHECK_THAT(simulated(scratch, "fifo", "2,3", {}, trace).errors,
                   Catch::Contains("1 run, 1 done"));
    }
}

TEST_CASE("CSV and JSON of a sweep have every job", "[comparison][exo]") {
    const Scratch scratch;
    const Ran csv = simulated(scratch, "fifo,second-chance,clock", "3,3,4", {"--csv"});
    CHECK(lines_of(csv.output).size() == 1 + 4); // a second name is no second policy
    const Ran json = simulated(scratch, "fifo,clock", "3,4", {"--json"});
    CHECK_THAT(json.output,
               Catch::StartsWith("{\"same_work\":true,\"runs\":[{\"run\":\"fifo-3\"") &&
                   Catch::Contains("\"run\":\"clock-4\""));
    const Ran all = simulated(scratch, "all", "9", {"--csv"});
    for (const char* const policy : {",fifo,", ",clock,", ",lru,", ",opt,", ",unopt,", ",random,"})
        CHECK_THAT(all.output, Catch::Contains(policy));
}

TEST_CASE("a booted sweep runs each experiment once, unrecorded, and keeps no disks",
          "[comparison][exo]") {
    const Booted sweep;
    const Ran ran = sweep.run("64,128", {"-j", "1"});
    CAPTURE(ran.errors);
    CHECK(ran.code == 0);
    CHECK(sweep.booted() == 4);
    CHECK(sweep.most() == 1);
    CHECK_THAT(ran.output, Catch::Contains("fifo       64     90        1000"));
    CHECK_THAT(ran.output, Catch::Contains("sweep.html"));
    const fs::path run = sweep.scratch.path() / "sweep/mru-128";
    CHECK(fs::exists(run / "result.json"));
    CHECK_THAT(content_of(run / "config"), Catch::Contains("policy=mru") &&
                                               Catch::Contains("frames=128") &&
                                               Catch::Contains("record=0"));
    for (const char* const name : {"disk.img", "archive.tar", "region.bin"})
        CHECK_FALSE(fs::exists(run / name));
    CHECK(sweep.run("64,128").code == 0);
    CHECK(sweep.booted() == 4);
    CHECK_THAT(sweep.run("64,96,128").errors, Catch::Contains("6 jobs: 2 run, 4 done before"));
    CHECK_THAT(sweep.run("64", {"--", "other", "arguments"}).errors,
               Catch::Contains("2 run, 0 done"));
}

TEST_CASE("a job that fails is named, the others go on, and it is tried again",
          "[comparison][exo]") {
    const Booted sweep;
    const Ran ran =
        exo(sweep.words("64,128"), {{"FAULTLINE_QEMU", sweep.qemu}, {"FAIL", "mru-64/"}});
    CAPTURE(ran.errors, ran.output);
    CHECK(ran.code == 1);
    CHECK_THAT(ran.errors, Catch::Contains("mru-64 failed (exit 4): ") &&
                               Catch::Contains("mru-64.log has all that it said") &&
                               Catch::Contains("4 jobs: 3 run, 0 done before, 1 failed"));
    CHECK_THAT(ran.output, Catch::Contains("mru       128") && !Catch::Contains("mru        64"));
    CHECK_FALSE(content_of(sweep.scratch.path() / "sweep/mru-64.log").empty());
    const Ran again = sweep.run("64,128");
    CHECK(again.code == 0);
    CHECK_THAT(again.errors, Catch::Contains("4 jobs: 1 run, 3 done before, 0 failed"));
    CHECK_FALSE(fs::exists(sweep.scratch.path() / "sweep/mru-64.log"));
}

TEST_CASE("-j runs so many jobs at a time", "[comparison][exo]") {
    const Booted sweep(1);
    CHECK(sweep.run("64,128,192", {"-j", "3"}).code == 0);
    CHECK(sweep.booted() == 6);
    CHECK(sweep.most() == 3);
}

TEST_CASE("an interrupt leaves finished jobs finished", "[comparison][exo]") {
    const Booted sweep(2);
    std::vector<std::string> words{"timeout", "--preserve-status",   "-s", "INT",
                                   "7",       FAULTLINE_BUILD "/exo"};
    const auto more = sweep.words("64,128,192,256", {"-j", "1"});
    words.insert(words.end(), more.begin(), more.end());
    const Ran ran = run_program(words, {{"FAULTLINE_QEMU", sweep.qemu}});
    CAPTURE(ran.errors);
    CHECK(ran.code == 130);
    CHECK(ran.output.empty());
    CHECK_THAT(ran.errors, Catch::Contains("of 8 jobs are done, and the same command goes on"));
    std::size_t finished = 0;
    for (const auto& entry : fs::directory_iterator(sweep.scratch.path() / "sweep"))
        finished += content_of(entry.path() / "result.json").find("\"ended\"") != std::string::npos;
    CHECK(finished >= 1);
    CHECK(finished < 8);
    const std::size_t before = sweep.booted();
    CHECK(before - finished <= 1); // one was at work
    const Ran again = sweep.run("64,128,192,256", {"-j", "4"});
    CHECK(again.code == 0);
    CHECK(sweep.booted() == before + 8 - finished);
}

TEST_CASE("what exo sweep cannot take is refused before anything runs", "[comparison][exo]") {
    const Scratch scratch;
    const auto refused = [&](std::vector<std::string> words, const std::string& message) {
        words.insert(words.begin(), {"sweep", "-o", (scratch.path() / "sweep").string()});
        const Ran ran = exo(words);
        CAPTURE(words, ran.errors);
        CHECK(ran.code == 2);
        CHECK(ran.output.empty());
        CHECK_THAT(ran.errors, Catch::Contains(message));
        CHECK_FALSE(fs::exists(scratch.path() / "sweep"));
    };
    const auto with = [&](std::vector<std::string> words) {
        words.insert(words.begin(), {"--policy", "fifo", "--frames", "64"});
        return words;
    };
    refused({"hello", "--frames", "64"}, "needs --policy");
    refused({"hello", "--policy", "fifo"}, "needs --frames");
    refused(with({}), "needs APP, or --simulate");
    refused(with({"hell"}), "did you mean hello?");
    refused(with({"hello", "--simulate"}), "either an app (hello) or --simulate");
    refused(with({"--simulate"}), "either --trace or --pattern");
    refused(with({"--simulate", "--trace", "no-such-file"}), "no-such-file");
    refused(with({"--simulate", "--trace", belady, "--", "x"}), "nothing may follow");
    refused(with({"--simulate", "--trace", belady, "--file", "x"}), "--file: is of an app");
    refused(with({"hello", "--mode", "hw"}), "--mode: goes with --simulate");
    refused(with({"hello", "--pages", "4"}), "--pages: goes with --simulate");
    refused(with({"hello", "-j", "0"}), "-j 0: must be from 1");
    refused(with({"hello", "--seed", "x"}), "--seed x: not a whole number");
    refused(with({"hello", "--json", "--csv"}), "choose one");
    refused({"hello", "--policy", "fifo,fifp", "--frames", "64"}, "did you mean fifo?");
    refused({"hello", "--policy", "lru", "--frames", "64"}, "in the simulator only");
    refused({"hello", "--policy", "fifo", "--frames", "64,1"}, "--frames 1: ");
    refused({"hello", "--policy", "fifo", "--frames", "64,x"}, "not a whole number");
    refused({"--simulate", "--trace", belady, "--policy", "fifo", "--frames", "0"}, "--frames 0");
    refused({"--simulate", "--trace", belady, "--policy", "lur", "--frames", "3"}, "there is");
}

TEST_CASE("a directory that is another's is left alone", "[comparison][exo]") {
    const Scratch scratch;
    scratch.file("sweep/precious", "text");
    const Ran ran = simulated(scratch, "fifo", "3");
    CHECK(ran.code == 2);
    CHECK_THAT(ran.errors, Catch::Contains("holds other files"));
    CHECK(content_of(scratch.path() / "sweep/precious") == "text");
    scratch.file("a-file", "");
    CHECK(exo({"sweep", "--simulate", "--trace", belady, "--policy", "fifo", "--frames", "3", "-o",
               (scratch.path() / "a-file").string()})
              .code == 2);
}

TEST_CASE("two sweeps do not work in one directory at once", "[comparison][exo]") {
    const Scratch scratch;
    simulated(scratch, "fifo", "3");
    const std::string sweep = (scratch.path() / "sweep").string();
    const std::string line = command::shell_line(
        {"flock", sweep + "/.lock", FAULTLINE_BUILD "/exo", "sweep", "--simulate", "--trace",
         belady, "--policy", "fifo", "--frames", "3", "-o", sweep});
    const Ran ran = run_program({"sh", "-c", line});
    CHECK(ran.code == 2);
    CHECK_THAT(ran.errors, Catch::Contains("another sweep works there"));
}
