// tests/host/command/bootstrap_test.cpp - tools/exo where tools are missing or too old.
//
// A PATH of its own, with the plain tools of every system and stand-ins for others, plays the
// bare machine; --no-install keeps it so.

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "tests/host/command/support.hpp"

using namespace command_test;

namespace {

// A copy of the script in an empty project, and a PATH with nothing but what a shell script uses.
struct Bare {
    Scratch scratch;
    std::string script;
    std::string path = (scratch.path() / "bin").string();
    Bare() {
        namespace fs = std::filesystem;
        script = scratch.file("project/tools/exo", content_of(FAULTLINE_SOURCE "/tools/exo"));
        fs::permissions(script, fs::perms::owner_all);
        fs::create_directories(path);
        for (const char* const name :
             {"bash", "env", "readlink", "dirname", "basename", "sed", "id", "mkdir", "cat", "tail",
              "rm", "flock", "tee", "grep", "head"})
            for (const char* const place : {"/usr/bin/", "/bin/"})
                if (fs::exists(std::string(place) + name) && !fs::exists(path + "/" + name))
                    fs::create_symlink(std::string(place) + name, path + "/" + name);
    }
    void add(const std::string& name, const std::string& says) const {
        const auto file = scratch.file("bin/" + name, "#!/bin/sh\necho '" + says + "'\n");
        std::filesystem::permissions(file, std::filesystem::perms::owner_all);
    }
    Ran run(std::vector<std::string> words) const {
        words.insert(words.begin(), {path + "/bash", script});
        return run_program(words, {{"PATH", path}});
    }
};

} // namespace

TEST_CASE("--no-install names what is missing and the line that installs it", "[command][exo]") {
    const Bare bare;
    const Ran ran = bare.run({"demo", "--no-install"});
    CAPTURE(ran.errors);
    CHECK(ran.code == 3);
    CHECK_THAT(ran.errors, Catch::Contains("apt-get install cmake ninja-build clang-19 lld-19"));
    CHECK_THAT(ran.errors, Catch::Contains("qemu-system-x86") && !Catch::Contains("clang-tidy"));
    CHECK_THAT(bare.run({"test", "--no-install"}).errors, Catch::Contains("clang-tidy-19"));
    CHECK_FALSE(std::filesystem::exists(bare.scratch.path() / "project/build"));
}

TEST_CASE("doctor installs nothing and reports on a bare machine", "[command][exo]") {
    const Bare bare;
    const Ran ran = bare.run({"doctor"});
    CHECK(ran.code == 3);
    CHECK_THAT(ran.errors, Catch::Contains("missing; install it: apt-get install"));
}

TEST_CASE("an older Clang is refused with the line that installs the right one", "[command][exo]") {
    const Bare bare;
    bare.add("clang++", "14.0.6");
    const Ran ran = bare.run({"demo", "--no-install"});
    CHECK(ran.code == 3);
    CHECK_THAT(ran.errors, Catch::Contains("needs Clang 19, found 14.0.6 at") &&
                               Catch::Contains("apt-get install clang-19 lld-19"));
}

TEST_CASE("an older QEMU is refused with its version and place", "[command][exo]") {
    const Bare bare;
    bare.add("qemu-system-x86_64", "QEMU emulator version 5.2.0 (Debian)");
    const Ran ran = bare.run({"demo", "--no-install"});
    CHECK(ran.code == 3);
    CHECK_THAT(ran.errors, Catch::Contains("needs QEMU >= 7.0, found 5.2.0 at " + bare.path));
}

TEST_CASE("who waits for another build is told so at once", "[command][exo]") {
    const Bare bare;
    for (const char* const name : {"cmake", "ninja", "clang++-19", "ld.lld-19", "pkg-config",
                                   "llvm-symbolizer-19", "capnp", "qemu-system-x86_64"})
        bare.add(name, "stand-in version 19.0");
    const auto lock = bare.scratch.file("project/build/.lock", "");
    const int other = open(lock.c_str(), O_RDWR | O_CLOEXEC);
    REQUIRE(flock(other, LOCK_EX) == 0);
    const Ran ran = run_program({"/usr/bin/timeout", "1", bare.path + "/bash", bare.script, "list"},
                                {{"PATH", bare.path}});
    close(other);
    CHECK(ran.code == 124);
    CHECK_THAT(ran.errors, Catch::Contains("another build is under way"));
}

TEST_CASE("a build that has nothing to do is not told of; another one, and how long it took",
          "[command][exo]") {
    const Bare bare;
    for (const char* const name :
         {"cmake", "clang++-19", "ld.lld-19", "pkg-config", "llvm-symbolizer-19", "capnp"})
        bare.add(name, "stand-in version 19.0");
    bare.add("qemu-system-x86_64", "QEMU emulator version 7.2.0");
    const auto exo = bare.scratch.file("project/build/exo", "#!/bin/sh\necho listed\n");
    std::filesystem::permissions(exo, std::filesystem::perms::owner_all);
    bare.add("ninja", "[0/1] Re-checking globbed directories...\nninja: no work to do.");
    const Ran idle = bare.run({"list", "--no-install"});
    CAPTURE(idle.errors);
    CHECK(idle.code == 0);
    CHECK(idle.output == "listed\n");
    CHECK_THAT(idle.errors, !Catch::Contains("builds") && !Catch::Contains("took"));
    bare.add("ninja", "[0/1] Re-checking globbed directories...\n[1/1] Linking exo");
    const Ran busy = bare.run({"list", "--no-install"});
    CHECK(busy.output == "listed\n");
    CHECK_THAT(busy.errors,
               Catch::Contains("exo: builds (output: ") && Catch::Contains("exo: the build took "));
}

TEST_CASE("without apt-get the missing packages are named", "[command][exo]") {
    const Bare bare;
    const Ran ran = bare.run({"demo"});
    CHECK(ran.code == 3);
    CHECK_THAT(ran.errors, Catch::Contains("has no apt-get"));
}
