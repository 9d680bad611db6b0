// tests/host/booted/console_test.cpp - the lines of several libOSes: each whole, under its own
// number, in its own order.

#include <algorithm>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "bindings/abi/system_call.hpp"
#include "tests/guests/talkers/said.hpp"
#include "tests/host/booted/guest.hpp"
#include "tools/recording_file/recording.hpp"
#include "tools/viewer/words.hpp"

using booted::Guest;
using command_test::Scratch;

namespace {

constexpr std::size_t longest_line = 200; // that the exokernel composes; the rest is another line

// What a talker's lines must look like: only text, cut where they are too long.
std::vector<std::string> lines_of(std::uint32_t talker) {
    std::vector<std::string> lines;
    std::string line;
    const auto put = [&] { lines.push_back(std::exchange(line, {})); };
    talkers::Said said{talker};
    for (char byte; said.next(byte);) {
        if (byte == '\n') {
            put();
            continue;
        }
        const auto code = static_cast<unsigned char>(byte);
        line += byte == '\t' || (code >= 0x20 && code != 0x7f) ? byte : '?';
        if (line.size() == longest_line)
            put();
    }
    if (!line.empty())
        put();
    return lines;
}

// The lines behind `[N] `, by N.
std::map<long long, std::vector<std::string>> lines_in(const std::string& console) {
    std::map<long long, std::vector<std::string>> lines;
    std::istringstream stream(console);
    for (std::string line; std::getline(stream, line);) {
        CAPTURE(line);
        if (!line.starts_with('['))
            continue; // from when there was one only
        REQUIRE(line.ends_with('\r'));
        line.pop_back();
        const std::size_t end = line.find("] ");
        REQUIRE(end != std::string::npos);
        lines[std::stoll(line.substr(1, end - 1))].push_back(line.substr(end + 2));
    }
    return lines;
}

// How often a turn was over where a call that writes had more to do: it is entered again then.
long stopped_in_calls(const std::string& file) {
    std::string error;
    const auto recording = recording::load(file, error);
    CAPTURE(error);
    REQUIRE(recording);
    constexpr std::uint64_t instruction = 2; // bytes of `syscall`
    std::set<std::uint64_t> places;
    for (const recording::Event& event : recording->events)
        if (event.kind == static_cast<std::uint16_t>(abi::Event::system_call) &&
            viewer::field(event, "call") == static_cast<std::uint64_t>(abi::Call::write_console))
            places.insert(viewer::field(event, "rip") - instruction);
    return std::ranges::count_if(recording->events, [&](const recording::Event& event) {
        return event.kind == static_cast<std::uint16_t>(abi::Event::interrupt) &&
               places.contains(viewer::field(event, "rip"));
    });
}

} // namespace

TEST_CASE("lines of several libOSes never mix, whatever they write and wherever they are stopped",
          "[booted]") {
    const Scratch scratch;
    const auto file = scratch.file("text", "a page\n");
    for (const char* const recorded : {"--record", "--no-record"}) {
        std::vector<std::string> words{
            "hello",  "--program",   FAULTLINE_BUILD "/tests/guests/talkers",
            "--file", file.string(), recorded};
        if (std::string(recorded) == "--record")
            words.push_back((scratch.path() / "recording").string());
        const Guest guest = booted::boot(scratch, recorded + 2, words);
        const std::string console = command_test::content_of(guest.run / "console.log");
        CAPTURE(recorded, guest.ran.errors);
        REQUIRE(guest.ran.code == 0);
        const auto lines = lines_in(console);
        for (std::uint32_t talker = 0; talker != talkers::count; ++talker) {
            const std::vector<std::string> expected = lines_of(talker);
            REQUIRE(expected.size() > talkers::lines_of_each);
            const long long number = guest.number(fmt::format("talker{}", talker));
            REQUIRE(lines.contains(number));
            CHECK(lines.at(number) == expected);
        }
        CHECK(console.find("exokernel: ") != std::string::npos); // what some of them begin with
        if (std::string(recorded) == "--record")
            CHECK(stopped_in_calls((scratch.path() / "recording").string()) > 100);
    }
}
