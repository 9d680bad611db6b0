// tests/host/booted/crash_test.cpp - guests that crash: exit 4 and a report on one screen.

#include <algorithm>
#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <sstream>

#include "bindings/abi/error.hpp"
#include "tests/host/booted/guest.hpp"
#include "tools/benchmark/symbols.hpp"
#include "tools/command/run.hpp"
#include "tools/command/symbols.hpp"

using booted::boot;
using booted::Guest;
using command_test::content_of;
using command_test::Scratch;

namespace {

// Boots tests/guests/broken, which goes wrong in the way that `how` names.
Guest boot_broken(const Scratch& scratch, const std::string& how,
                  std::vector<std::string> more = {}) {
    const auto file = scratch.file("text", "a page\n");
    std::vector<std::string> words{"hello", "--program", FAULTLINE_BUILD "/tests/guests/broken",
                                   "--file", file.string()};
    words.insert(words.end(), more.begin(), more.end());
    words.insert(words.end(), {"--", how});
    return boot(scratch, how, words);
}

void reports(const Guest& guest, const std::vector<std::string>& parts) {
    CAPTURE(guest.ran.errors);
    CHECK(guest.ran.code == 4);
    for (const std::string& part : parts)
        CHECK_THAT(guest.ran.errors, Catch::Contains(part));
    CHECK_THAT(guest.ran.errors, Catch::Contains("last events") && Catch::Contains("console.log"));
    CHECK(std::ranges::count(guest.ran.errors, '\n') <= 24);
}

// "FUNCTION at FILE:N", N the line of the file that holds `text`.
std::string place_in(const std::string& file, const std::string& function,
                     const std::string& text) {
    const std::string content = content_of(FAULTLINE_SOURCE "/" + file);
    const std::size_t found = content.find(text);
    REQUIRE(found != std::string::npos);
    return fmt::format("{} at {}:{}", function, file,
                       1 + std::ranges::count(content.substr(0, found), '\n'));
}

} // namespace

TEST_CASE("a handler that never ends is ended and named", "[booted]") {
    const Scratch scratch;
    const Guest guest = boot_broken(scratch, "loop-in-handler");
    reports(guest, {"upcall too long", "in the upcall page_fault", "loop_in_handler at ",
                    "environment_ended"});
    CHECK(guest.text("outcome") == "environment_killed");
}

TEST_CASE("an app that only computes for long is not ended", "[booted]") {
    const Scratch scratch;
    const Guest guest = boot_broken(scratch, "compute");
    CAPTURE(guest.ran.errors);
    CHECK(guest.ran.code == 0);
    CHECK(guest.number("instructions") > 250'000'000);
}

TEST_CASE("a crash is told from an error that the app ends with", "[booted]") {
    const Scratch scratch;
    const Guest wild = boot_broken(scratch, "wild");
    reports(wild, {"crashed: wild_access", "0x700000001000", "touch_wild_address at ",
                   "PE entry       page_fault", "thread         1"});
    CHECK(wild.text("outcome") == "crashed");
    // Its last events are told in fields by name, each on a line of its own.
    CHECK_THAT(
        wild.ran.errors,
        Catch::Contains("  [1] page_fault address 0x700000001000") &&
            Catch::Contains("  [1] upcall entry page_fault address 0x") &&
            Catch::Contains("  [1] environment_ended environment 1 status 8 reason ended\n"));
    std::istringstream lines{wild.ran.errors.substr(wild.ran.errors.find("last events"))};
    for (std::string line; std::getline(lines, line) && !line.starts_with("logs");)
        CHECK(line.size() <= 80);
    reports(boot_broken(scratch, "fault-in-handler"),
            {"crashed: fault_in_libos", "0x700000001000", "touch_wild_address at "});
    reports(boot_broken(scratch, "jump-to-kernel"),
            {"crashed: wild_access", "rip            0xffffffff80000000"});
    reports(boot_broken(scratch, "undefined"),
            {"crashed: exception", "PE entry       exception", "application_main at "});
}

TEST_CASE("a stack that is full ends the app and is named", "[booted]") {
    const Scratch scratch;
    const Guest thread = boot_broken(scratch, "deep-thread");
    reports(thread, {"crashed: stack_overflow", "use_up_stack at ", "thread         2"});
    CHECK_THAT(content_of(thread.run / "console.log"),
               Catch::Contains("libos: the stack of thread 2 is full: ") &&
                   Catch::Contains("below its 4 pages"));
    const Guest first = boot_broken(scratch, "deep");
    reports(first, {"crashed: stack_overflow", "use_up_stack at ", "thread         1"});
    CHECK_THAT(content_of(first.run / "console.log"), Catch::Contains("below its 16 pages"));
}

TEST_CASE("a heap whose range is full says so, and gives no pages behind it", "[booted]") {
    const Scratch scratch;
    const Guest guest = boot_broken(scratch, "full-heap", {"--no-record", "--frames", "4096"});
    const std::string console = content_of(guest.run / "console.log");
    CAPTURE(guest.ran.errors, console);
    CHECK(guest.text("outcome") == "ended");
    CHECK(guest.number("status") == static_cast<long long>(abi::Error::no_memory));
    CHECK_THAT(console, Catch::Contains("the heap is at its end\n") &&
                            Catch::Contains("the heap cannot grow by 2 pages: its range is full"));
}

TEST_CASE("a run that is stopped at its deadline shows how far it came", "[booted]") {
    const Scratch scratch;
    // On a loaded host the firmware alone takes seconds: the deadline grows until the app has
    // begun.
    Guest guest;
    for (const char* const seconds : {"2", "10", "50", "100"}) {
        guest = boot_broken(scratch, "loop", {"--timeout", seconds});
        CHECK(guest.ran.code == 124);
        if (content_of(guest.run / "console.log").find("broken: loop") != std::string::npos)
            break;
    }
    CHECK_THAT(guest.ran.errors, Catch::Contains("last lines of the console\n  broken: loop") &&
                                     Catch::Contains("last events") &&
                                     Catch::Contains("console.log"));
}

TEST_CASE("lines that a libOS makes look like the exokernel's or another's are its own",
          "[booted]") {
    const Scratch scratch;
    const Guest well = boot_broken(scratch, "pretend");
    CAPTURE(well.ran.errors, well.ran.output);
    CHECK(well.ran.code == 0);
    CHECK(well.text("outcome") == "ended");
    CHECK(well.ran.output.find("forged") == std::string::npos);
    CHECK(well.ran.output.find("\"crash") == std::string::npos);
    // Neither does its crash look like another one.
    const Guest crashed = boot_broken(scratch, "pretend-well");
    reports(crashed, {"environment 1 crashed: wild_access", "touch_wild_address at "});
    // Above the report stand the lines of the app.
    const std::string report = crashed.ran.errors.substr(crashed.ran.errors.find("hello: "));
    CHECK_THAT(report, !Catch::Contains("PANIC") && !Catch::Contains("nested"));
    CHECK_THAT(content_of(crashed.run / "console.log"),
               Catch::Contains("exokernel: PANIC: all is lost\n?exokernel: PANIC: or nothing?\n"));
}

TEST_CASE("a crash of a started libOS is named from its own program", "[booted]") {
    const Scratch scratch;
    // Both programs have their functions at the same addresses.
    const auto boot_started = [&](const char* how, std::vector<std::string> more = {}) {
        std::vector<std::string> words{"hello",
                                       "--program",
                                       FAULTLINE_BUILD "/tests/guests/starter",
                                       "--program",
                                       FAULTLINE_BUILD "/tests/guests/broken",
                                       "--file",
                                       scratch.file("text", "a page\n").string()};
        words.insert(words.end(), more.begin(), more.end());
        words.insert(words.end(), {"--", "broken", how});
        return boot(scratch, how, words);
    };
    const Guest undefined = boot_started("undefined");
    reports(undefined, {"environment 2 crashed: exception", "PE entry       exception",
                        place_in("tests/guests/broken/main.cpp", "application_main", "ud2")});
    // The last events are its own, not those of who goes on.
    CHECK_THAT(undefined.ran.errors,
               Catch::Contains("[2] exception_seen") && !Catch::Contains("[1] "));
    CHECK(undefined.text("outcome") == "crashed");
    CHECK_THAT(content_of(undefined.run / "console.log"),
               Catch::Contains("broken is environment 2 and has ended: ended, status 1"));
    reports(boot_started("wild"), {"environment 2 crashed: wild_access", "0x700000001000",
                                   place_in("tests/guests/broken/main.cpp", "touch_wild_address",
                                            "touch_wild_address() {")});
    // Which program it was stands in the recording only: no name is better than a wrong one.
    const Guest unrecorded = boot_started("undefined", {"--no-record"});
    CHECK(unrecorded.ran.code == 4);
    CHECK_THAT(unrecorded.ran.errors, Catch::Contains("environment 2 crashed: exception") &&
                                          !Catch::Contains(" at tests/") &&
                                          !Catch::Contains(" at libos/"));
}

TEST_CASE("a place is named after the function that its line is in", "[command]") {
    // Instructions of a function that is inlined there come before those of the line.
    for (const std::string program : {"apps/wc", "apps/pair", "tests/guests/broken"}) {
        const auto symbols = benchmark::symbols_of(FAULTLINE_BUILD "/" + program);
        REQUIRE(symbols.has_value());
        const auto main = std::ranges::find_if(*symbols, [](const auto& symbol) {
            return symbol.first.find("application_main") != std::string::npos;
        });
        REQUIRE(main != symbols->end());
        const std::string place = command::symbol_of(FAULTLINE_BUILD "/" + program, main->second);
        CAPTURE(place);
        CHECK(place.starts_with("application_main at " + program + "/main.cpp:"));
    }
}
