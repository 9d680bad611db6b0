// tests/host/booted/discontinuities_test.cpp - each line of what apps/discontinuities says, on both
// kernels, and against what the exokernel recorded.

#include <algorithm>
#include <catch2/catch.hpp>

#include "bindings/abi/event.hpp"
#include "tests/host/booted/guest.hpp"
#include "tools/recording_file/recording.hpp"
#include "tools/verifier/fields.hpp"

using booted::boot;
using booted::Guest;
using command_test::content_of;
using command_test::Scratch;
using verifier::get;
using Kind = abi::Event;

namespace {

struct Expected {
    const char* key;
    const char* type;
    long long vector; // -1: none
    long long error;  // -1: none
    const char* rip_is;
    const char* entry;
    const char* by;
    const char* how;
};

// TCG raises no alignment check.
constexpr Expected lines[] = {
    {"divide_error", "fault", 0, -1, "of it", "exception", "libOS", "retried"},
    {"invalid_opcode", "fault", 6, -1, "of it", "exception", "libOS", "skipped"},
    {"privileged", "fault", 13, 0, "of it", "exception", "libOS", "skipped"},
    {"misaligned", "fault", 13, 0, "of it", "exception", "libOS", "retried"},
    {"page_fault", "fault", 14, 4, "of it", "page_fault", "libOS", "retried"},
    {"breakpoint", "trap", 3, -1, "behind", "exception", "libOS", "continued"},
    {"single_step", "trap", 1, -1, "behind", "exception", "libOS", "continued"},
    {"system_call", "trap", -1, -1, "behind", "none", "sysret", "continued"},
    {"completion", "interrupt", 0x41, -1, "next", "io_completion", "libOS", "continued"},
    {"timer", "interrupt", 0x40, -1, "next", "none", "iret", "continued"},
};

std::uint64_t value(const Guest& guest, const char* key, const char* what) {
    const std::string text = guest.text(std::string(key) + "." + what);
    REQUIRE(text.starts_with("0x"));
    return std::stoull(text, nullptr, 16);
}

recording::Recording recorded(const Guest& guest) {
    std::string error;
    auto loaded = recording::load((guest.run / "run.faultline").string(), error);
    REQUIRE(loaded);
    return *std::move(loaded);
}

// The kernel's events of a kind for which `matches` holds.
template <class Matches>
std::vector<std::size_t> facts(const recording::Recording& recording, Kind kind, Matches matches) {
    std::vector<std::size_t> found;
    for (std::size_t i = 0; i != recording.events.size(); ++i)
        if (const auto& event = recording.events[i];
            !event.claim && event.kind == static_cast<std::uint16_t>(kind) && matches(event))
            found.push_back(i);
    return found;
}

// What kind the kernel's event behind `index` is, and the event.
const recording::Event& next_fact(const recording::Recording& recording, std::size_t index) {
    do
        ++index;
    while (recording.events.at(index).claim);
    return recording.events[index];
}

bool is(const recording::Event& event, Kind kind) {
    return event.kind == static_cast<std::uint16_t>(kind);
}

} // namespace

TEST_CASE("each discontinuity saves, enters and resumes as its class says, on both kernels",
          "[booted]") {
    const Scratch scratch;
    for (const char* const option : {"", "--no-record"}) {
        std::vector<std::string> words{"discontinuities"};
        if (*option != '\0')
            words.emplace_back(option);
        const Guest guest = boot(scratch, std::string("run") + option, words);
        CAPTURE(option, guest.ran.errors);
        CHECK(guest.ran.code == 0);
        for (const Expected& line : lines) {
            const std::string key = line.key;
            INFO(key);
            CHECK(guest.text(key + ".class") == line.type);
            CHECK(guest.number(key + ".vector") == line.vector);
            CHECK(guest.number(key + ".error") == line.error);
            CHECK(guest.text(key + ".rip_is") == line.rip_is);
            CHECK(guest.text(key + ".pe_entry") == line.entry);
            CHECK(guest.text(key + ".resumed_by") == line.by);
            CHECK(guest.text(key + ".resumed_how") == line.how);
            CHECK(guest.text(key + ".registers") == "right");
        }
        CHECK(guest.number("alignment_check.happened") == 0);
        CHECK(value(guest, "page_fault", "cr2") == 0x10'0000'0000);
        CHECK(value(guest, "single_step", "rflags") == 0xbd7); // the trap flag among them
        // A completion's interrupt waits, until it is due, and then comes in the exokernel.
        CHECK(guest.number("completion.ring") == 0);
        CHECK(guest.number("timer.ring") == 3);
        const std::string console = content_of(guest.run / "console.log");
        CHECK_THAT(console, Catch::Contains("alignment check: this processor does not raise it") &&
                                Catch::Contains("After each of the 10, registers and flags are"));
        for (std::size_t begin = 0, end = 0; begin < console.size(); begin = end + 1) {
            end = std::min(console.find('\n', begin), console.size());
            CHECK((end - begin <= 80 || console[begin] == '@'));
        }
    }
}

TEST_CASE("what the application says of its discontinuities is what the exokernel recorded",
          "[booted]") {
    const Scratch scratch;
    const Guest guest = boot(scratch, "run", {"discontinuities"});
    const recording::Recording recording = recorded(guest);
    for (const char* const key : {"divide_error", "invalid_opcode", "privileged", "misaligned",
                                  "breakpoint", "single_step"}) {
        INFO(key);
        const auto found = facts(recording, Kind::exception, [&](const recording::Event& event) {
            return get<Kind::exception, "rip">(event) == value(guest, key, "rip");
        });
        REQUIRE(found.size() == 1); // mended, it does not come again
        const recording::Event& event = recording.events[found[0]];
        CHECK(static_cast<long long>(get<Kind::exception, "vector">(event)) ==
              guest.number(std::string(key) + ".vector"));
        CHECK(get<Kind::exception, "rflags">(event) == value(guest, key, "rflags"));
        CHECK(get<Kind::exception, "rsp">(event) == value(guest, key, "rsp"));
        const recording::Event& upcall = next_fact(recording, found[0]);
        CHECK(is(upcall, Kind::upcall));
        CHECK(get<Kind::upcall, "entry">(upcall) == 1);
    }
    CHECK(facts(recording, Kind::page_fault, [&](const recording::Event& event) {
              return get<Kind::page_fault, "rip">(event) == value(guest, "page_fault", "rip") &&
                     get<Kind::page_fault, "address">(event) == value(guest, "page_fault", "cr2") &&
                     get<Kind::page_fault, "rsp">(event) == value(guest, "page_fault", "rsp");
          }).size() == 1);
    const auto calls = facts(recording, Kind::system_call, [&](const recording::Event& event) {
        return get<Kind::system_call, "rip">(event) == value(guest, "system_call", "rip");
    });
    REQUIRE(calls.size() == 1);
    CHECK(get<Kind::system_call, "call">(recording.events[calls[0]]) == 0);
    CHECK_FALSE(is(next_fact(recording, calls[0]), Kind::resumed_by_iret));
    const auto ticks = facts(recording, Kind::interrupt, [&](const recording::Event& event) {
        return get<Kind::interrupt, "vector">(event) == 0x40 &&
               get<Kind::interrupt, "rip">(event) == value(guest, "timer", "rip") &&
               get<Kind::interrupt, "rflags">(event) == value(guest, "timer", "rflags") &&
               get<Kind::interrupt, "rsp">(event) == value(guest, "timer", "rsp");
    });
    REQUIRE(ticks.size() == 1);
    CHECK(is(next_fact(recording, ticks[0]), Kind::resumed_by_iret));
    CHECK(command_test::exo({"verify", guest.run.string()}).code == 0);
}

TEST_CASE("two runs of the discontinuities are equal to the last byte", "[booted]") {
    const Scratch scratch;
    const Guest first = boot(scratch, "a", {"discontinuities"});
    const Guest second = boot(scratch, "b", {"discontinuities"});
    CHECK((content_of(first.run / "run.faultline") == content_of(second.run / "run.faultline")));
    CHECK(content_of(first.run / "console.log") == content_of(second.run / "console.log"));
}

TEST_CASE("each of the ten is shown step by step: what was saved, the PE entry, how it goes on",
          "[booted]") {
    const Scratch scratch;
    const Guest guest = boot(scratch, "run", {"discontinuities"});
    const auto shown = [&](std::size_t number) {
        return command_test::exo({"walk", guest.run.string(), "--exception", std::to_string(number),
                                  "--columns", "1000"});
    };
    // The order in which walk numbers them: exceptions, then the first of what comes often.
    constexpr const char* keys[] = {"divide_error", "invalid_opcode", "privileged", "misaligned",
                                    "breakpoint",   "single_step",    "page_fault", "completion",
                                    "timer",        "system_call"};
    for (std::size_t i = 0; i != std::size(keys); ++i) {
        const std::string key = keys[i];
        const auto ran = shown(i + 1);
        CAPTURE(key, ran.output, ran.errors);
        REQUIRE(ran.code == 0);
        const std::string title = ran.output.substr(0, ran.output.find('\n'));
        const std::string type = guest.text(key + ".class"), entry = guest.text(key + ".pe_entry"),
                          by = guest.text(key + ".resumed_by");
        CHECK_THAT(title, Catch::StartsWith("Discontinuity " + std::to_string(i + 1) + " of 10: "));
        CHECK_THAT(title, Catch::Contains(type == "interrupt" ? ". An interrupt: saved are"
                                          : type == "fault"   ? ". A fault: saved are the rip of"
                                                              : ". A trap: "));
        CHECK_THAT(title, Catch::Contains(entry == "none" ? " No PE entry is taken."
                                                          : " PE entry " + entry + " is taken."));
        CHECK_THAT(title,
                   Catch::EndsWith(key == "completion" ? "when the libOS resumes it."
                                   : by == "libOS"     ? ": the libOS resumes it."
                                                   : "the exokernel resumes it by " + by + "."));
        if (const auto vector = guest.number(key + ".vector"); type == "interrupt")
            CHECK_THAT(title, Catch::Contains(vector == 0x41 ? "interrupt 0x41 (the disk's)"
                                                             : "interrupt 0x40 (the timer's)"));
        else if (vector >= 0)
            CHECK_THAT(title, Catch::Contains(": vector " + std::to_string(vector) + " ("));
        // The one that the application saw, and not another of its kind.
        CHECK_THAT(
            command_test::exo({"walk", guest.run.string(), "--exception", std::to_string(i + 1),
                               "--format", "json"})
                .output,
            Catch::Contains("\"rip\":" + std::to_string(value(guest, keys[i], "rip")) + ","));
    }
    CHECK_THAT(shown(3).output, Catch::Contains("has edited rip"));
    CHECK(shown(11).code == 2);
}
