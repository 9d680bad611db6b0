// tests/host/command/experiment_test.cpp - scenarios, disks, manifests and QEMU's command line.

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <zstd.h>

#include "tests/host/command/support.hpp"
#include "tools/command/experiment.hpp"
#include "tools/command/trace_file.hpp"

using namespace command;
using command_test::content_of;
using command_test::Scratch;

namespace {

// A small project: one app, two policies.
struct Fixture {
    Scratch scratch;
    Project project = project_in(scratch.path());
    // Not with the runs of a user who has FAULTLINE_RUNS.
    static Project project_in(const std::filesystem::path& place) {
        const char* const set = std::getenv("FAULTLINE_RUNS");
        const std::string kept = set == nullptr ? "" : set;
        unsetenv("FAULTLINE_RUNS");
        Project made(place / "source", place / "build");
        if (set != nullptr)
            setenv("FAULTLINE_RUNS", kept.c_str(), 1);
        return made;
    }
    Fixture() {
        scratch.file("build/apps/wc", "program");
        scratch.file("source/apps/wc/README.md", "# wc - counts a file\n\nmore\n");
        scratch.file("source/apps/wc/wc.scenario", "# defaults\nframes=64\npolicy=fifo\n");
        scratch.file("source/libos/vm/policies/fifo.hpp",
                     "// libos/vm/policies/fifo.hpp - oldest first.\n");
        scratch.file("source/libos/vm/policies/two_q.hpp",
                     "// libos/vm/policies/two_q.hpp - two queues.\n//\n// Also called double.\n");
    }
    Outcome<Experiment> experiment(const Parsed& parsed) const {
        return experiment_from(project, *project.app("wc"), parsed);
    }
    std::string message(const Parsed& parsed) const {
        const auto outcome = experiment(parsed);
        REQUIRE_FALSE(outcome.has_value());
        CHECK(outcome.error().code == ExitCode::usage);
        return outcome.error().message;
    }
};

Parsed given(const std::string& option, const std::string& value) {
    Parsed parsed;
    parsed.values[option] = {value};
    return parsed;
}

} // namespace

TEST_CASE("an app brings its summary and its scenario", "[command]") {
    const Fixture fixture;
    const auto app = fixture.project.app("wc");
    REQUIRE(app.has_value());
    CHECK(app->summary == "counts a file");
    CHECK(app->scenario.frames == 64);
    CHECK(fixture.experiment({})->policy == "fifo");
    CHECK_THAT(fixture.project.app("cw").error().message, Catch::Contains("there is no app cw"));
    CHECK_THAT(fixture.project.app("wcc").error().message, Catch::Contains("did you mean wc?"));
}

TEST_CASE("policies have the names of the libOS's table, and aliases", "[command]") {
    const Fixture fixture;
    CHECK(fixture.project.policy("two-q") == "two-q");
    CHECK(fixture.project.policy("double") == "two-q");
    CHECK_THAT(fixture.project.policy("fifi").error().message, Catch::Contains("mean fifo?"));
    CHECK(fixture.project.policies()[1].summary == "two queues.");
}

TEST_CASE("a scenario with an unknown key or a bad value names the line", "[command]") {
    const Scratch scratch;
    CHECK_THAT(read_scenario(scratch.file("a", "frames=1\nfrmaes=2\n")).error().message,
               Catch::Contains(":2: `frmaes`") && Catch::Contains("did you mean frames?"));
    CHECK_THAT(read_scenario(scratch.file("b", "frames=none\n")).error().message,
               Catch::Contains(":1: frames"));
    CHECK(read_scenario(scratch.path() / "absent")->frames == Scenario{}.frames);
}

TEST_CASE("bad experiments are refused before anything is made", "[command]") {
    const Fixture fixture;
    CHECK_THAT(fixture.message(given("--frames", "0")), Catch::Contains("needs at least 3"));
    CHECK_THAT(fixture.message(given("--frames", "999999999")), Catch::Contains("at most"));
    CHECK_THAT(fixture.message(given("--policy", "fofi")), Catch::Contains("there is no policy"));
    CHECK_THAT(fixture.message(given("--file", "/no/such")), Catch::Contains("no such file"));
    CHECK_THAT(fixture.message(given("--file", "/tmp")), Catch::Contains("not a regular file"));
    CHECK_THAT(fixture.message(given("--until", "3")), Catch::Contains("fault:N"));
    CHECK_THAT(fixture.message(given("--profile", "smp")), Catch::Contains("not there yet"));
    CHECK_THAT(fixture.message(given("--profile", "fats")), Catch::Contains("did you mean fast?"));
    CHECK_THAT(fixture.message(given("--accel", "kvm")), Catch::Contains("--profile fast"));
    Parsed replay = given("--profile", "replay");
    replay.values["--no-record"];
    CHECK_THAT(fixture.message(replay), Catch::Contains("leave out --record and --no-record"));
    replay.values.erase("--no-record");
    replay.values["--accel"] = {"kvm"};
    CHECK_THAT(fixture.message(replay), Catch::Contains("counts no instructions"));
    CHECK_THAT(fixture.message(given("--region", "3M")), Catch::Contains("power of two"));
    Parsed arguments;
    arguments.rest = {"two words"};
    CHECK_THAT(fixture.message(arguments), Catch::Contains("contain a blank"));
    arguments.rest = {std::string(9000, 'a')};
    CHECK_THAT(fixture.message(arguments), Catch::Contains("bytes"));
    CHECK_FALSE(std::filesystem::exists(fixture.project.runs()));
}

TEST_CASE("a file larger than a run's disk is refused with both sizes", "[command]") {
    const Fixture fixture;
    const auto file = fixture.scratch.file("big", "");
    std::filesystem::resize_file(file, file_limit + 1); // sparse
    CHECK_THAT(fixture.message(given("--file", file.string())),
               Catch::Contains("1073741825") && Catch::Contains("1073741824"));
}

TEST_CASE("the manifest says everything that the kernel and the libOS need", "[command]") {
    const Fixture fixture;
    const auto file = fixture.scratch.file("my text.txt", std::string(5000, 'x'));
    Parsed parsed = given("--file", file.string());
    parsed.values["--until"] = {"fault:12"};
    parsed.values["--seed"] = {"7"};
    parsed.values["--policy"] = {"double"};
    parsed.rest = {"--pages", "4"};
    const auto experiment = fixture.experiment(parsed);
    REQUIRE(experiment.has_value());
    CHECK(*manifest_of(*experiment) ==
          "app=wc\nframes=64\npolicy=two-q\nseed=7\n"
          "arguments=--pages 4\nfile=my_text.txt 0 5000\nslots=8192\nrecord=1\n"
          "deterministic=1\nuntil_fault=12\n");
}

TEST_CASE("the guest's trace has 32 bits a reference, and what does not fit is named",
          "[command]") {
    const Scratch scratch;
    const auto wide = [](std::initializer_list<std::uint64_t> pages) {
        std::string text;
        for (const std::uint64_t page : pages)
            for (int byte = 0; byte < 8; ++byte)
                text += static_cast<char>(page >> 8 * byte);
        return text;
    };
    const std::string narrow("\4\0\0\0\xfc\xff\xff\3\x10\x0c\x08\0", 12);
    const auto sound = scratch.file("sound.u64", wide({1, 0xff'ffff, 0x02'0304}));
    CHECK(read_guest_trace(sound)->words == narrow);
    CHECK(read_guest_trace(sound)->pages == most_pages);
    std::string packed(1000, '\0');
    const std::string text = content_of(sound);
    packed.resize(ZSTD_compress(packed.data(), packed.size(), text.data(), text.size(), 3));
    CHECK(read_guest_trace(scratch.file("packed.u64.zst", packed))->words == narrow);
    // Page 3: loaded, stored to, fetched from, and both: a fetch is a load.
    const auto bits =
        scratch.file("bits.pg32", std::string("\x0c\0\0\0\x0d\0\0\0\x0e\0\0\0\x0f\0\0\0", 16));
    CHECK(read_guest_trace(bits)->words ==
          std::string("\x0c\0\0\0\x0d\0\0\0\x0c\0\0\0\x0d\0\0\0", 16));
    CHECK(read_guest_trace(bits)->pages == 4);
    const auto refused = [&](const std::string& name, const std::string& content) {
        const auto trace = read_guest_trace(scratch.file(name, content));
        REQUIRE_FALSE(trace.has_value());
        CHECK(trace.error().code == ExitCode::usage);
        return trace.error().message;
    };
    CHECK_THAT(refused("large.u64", wide({1, 1ull << 32})),
               Catch::Contains("large.u64: entry 1 (the first is 0) is page 4294967296"));
    CHECK_THAT(refused("large.u32", std::string("\0\0\0\1", 4)),
               Catch::Contains("entry 0 (the first is 0) is page 16777216; the region of a run has "
                               "pages 0 to 16777215"));
    CHECK_THAT(refused("odd.u64", wide({1}) + "four"), Catch::Contains("8 bytes each"));
    CHECK_THAT(refused("odd.u32", "12345"), Catch::Contains("4 bytes each"));
    CHECK_THAT(refused("other.zst", packed), Catch::Contains("must end with .u32, .u64, .pg32"));
}

TEST_CASE("a run has as many pages as its trace needs, which take no place on the host",
          "[command]") {
    const Fixture fixture;
    const std::string one("\1\0\0\0", 4);
    fixture.scratch.file("build/apps/trace", "program");
    fixture.scratch.file("source/apps/trace/trace.scenario", "policy=fifo\ntrace=one.u32\n");
    fixture.scratch.file("source/one.u32", one);
    const auto disk = [&](const Parsed& parsed) {
        const auto made = experiment_from(fixture.project, *fixture.project.app("trace"), parsed);
        REQUIRE(made.has_value());
        return made->disk;
    };
    CHECK(disk({}).files.size() == 2);
    CHECK(disk({}).blocks == 256 + 1 + 2);
    const auto far = fixture.scratch.file("far.u32", std::string("\xff\xff\xff\0", 4));
    const DiskPlan plan = disk(given("--trace", far.string()));
    CHECK(plan.blocks == 256 + 1 + most_pages);
    REQUIRE(write_disk(plan, fixture.scratch.path() / "disk").has_value());
    CHECK(std::filesystem::file_size(fixture.scratch.path() / "disk") == plan.blocks * 4096);
    const auto taken =
        command_test::run_program({"du", "-k", (fixture.scratch.path() / "disk").string()});
    CHECK(std::stoull(taken.output) < 100);
    CHECK_THAT(fixture.message(given("--trace", far.string())),
               Catch::Contains("wc takes no reference string; trace does"));
}

TEST_CASE("a disk holds copies at block borders and leaves the originals alone", "[command]") {
    const Scratch scratch;
    const auto one = scratch.file("one", std::string(4097, '1'));
    const auto two = scratch.file("two", "22");
    const auto plan = plan_disk({one, two}, 8);
    REQUIRE(plan.has_value());
    CHECK(plan->files[1].first_block == 2);
    CHECK(plan->blocks == 8);
    REQUIRE(write_disk(*plan, scratch.path() / "disk").has_value());
    const std::string disk = content_of(scratch.path() / "disk");
    CHECK(disk.size() == 8ul * 4096);
    CHECK(disk.substr(0, 4097) == std::string(4097, '1'));
    CHECK(disk.substr(4097, 4095) == std::string(4095, '\0'));
    CHECK(disk.substr(8192, 3) == std::string("22\0", 3));
    CHECK(content_of(one) == std::string(4097, '1'));
}

TEST_CASE("scratch blocks lie behind the files, however large those are", "[command]") {
    const Scratch scratch;
    const auto file = scratch.file("file", std::string(5 * 4096 + 1, 'x'));
    CHECK(plan_disk({file}, 8, 64)->blocks == 6 + 64);
    CHECK(plan_disk({file}, 100, 64)->blocks == 100);
}

TEST_CASE("an empty file still makes a disk", "[command]") {
    const Scratch scratch;
    const auto plan = plan_disk({scratch.file("empty", "")}, 4);
    REQUIRE(plan.has_value());
    REQUIRE(write_disk(*plan, scratch.path() / "disk").has_value());
    CHECK(std::filesystem::file_size(scratch.path() / "disk") == 4ul * 4096);
}

TEST_CASE("the deterministic machine counts instructions and has no periodic timer", "[command]") {
    const Fixture fixture;
    const auto words = machine_of(*fixture.experiment({}), "qemu", "/run");
    const std::string line = shell_line(words);
    CHECK_THAT(line, Catch::Contains("-M q35,pit=off,hpet=off -accel tcg -icount "
                                     "shift=0,sleep=off -smp 1 -m 256 -cpu max,-rdrand,-rdseed"));
    CHECK_THAT(line, Catch::Contains("-device isa-debug-exit,iobase=0x501,iosize=4"));
    CHECK_THAT(line, Catch::Contains("disable-legacy=on,page-per-vq=on,num-queues=32,vectors=33"));
    CHECK_THAT(line, Catch::Contains("rerror=report,werror=report"));
    const Parsed fast = given("--profile", "fast");
    CHECK_THAT(shell_line(machine_of(*fixture.experiment(fast), "qemu", "/run")),
               !Catch::Contains("icount"));
}

TEST_CASE("a replay boots the machine of the run, its log read instead of written", "[command]") {
    const Fixture fixture;
    auto experiment = fixture.experiment(given("--profile", "replay"));
    REQUIRE(experiment.has_value());
    const std::string recorded = shell_line(machine_of(*experiment, "qemu", ""));
    CHECK_THAT(recorded, Catch::Contains("-M q35 -accel tcg -icount "
                                         "shift=0,rr=record,rrfile=replay.log ") &&
                             Catch::Contains("file=disk.img,format=raw,if=none,id=image,"
                                             "snapshot=on") &&
                             Catch::Contains("driver=blkreplay,if=none,image=image,id=disk") &&
                             Catch::Contains("master=on") && !Catch::Contains("sleep=off"));
    CHECK_THAT(*manifest_of(*experiment), Catch::Contains("deterministic=1\n"));
    experiment->replaying = true;
    std::string replayed = shell_line(machine_of(*experiment, "qemu", ""));
    const std::size_t mode = replayed.find("rr=replay");
    REQUIRE(mode != std::string::npos);
    CHECK(replayed.replace(mode, 9, "rr=record") == recorded);
}

TEST_CASE("a machine grows with the frames that are asked for", "[command]") {
    const Fixture fixture;
    CHECK(memory_of(*fixture.experiment({})) == 256);
    const auto large = fixture.experiment(given("--frames", "200000"));
    REQUIRE(large.has_value());
    CHECK(memory_of(*large) * 256 > 200000);
    CHECK(memory_of(*large) % 64 == 0);
}

TEST_CASE("a shell reads a shown command line back as the same words", "[command]") {
    const std::vector<std::string> words{"printf", "%s|", "a b", "it's", "", "$HOME", "*", "a,b=c"};
    const auto ran = command_test::run_program({"sh", "-c", shell_line(words)});
    CHECK(ran.output == "a b|it's||$HOME|*|a,b=c|");
}
