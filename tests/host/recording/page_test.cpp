// tests/host/recording/page_test.cpp - what goes into the walkthrough page. How it behaves in a
// browser is tested in tests/page.

#include <algorithm>
#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "tests/host/recording/processors_story.hpp"
#include "tools/viewer/drawing.hpp"
#include "tools/viewer/pack.hpp"
#include "tools/viewer/page.hpp"
#include "tools/viewer/page_data.hpp"
#include "tools/viewer/processors.hpp"
#include "tools/viewer/sources.hpp"
#include "tools/viewer/views.hpp"
#include "tools/viewer/words.hpp"

using namespace story;

namespace {

std::string page_of(const Recording& recording) {
    std::string error;
    return viewer::walk(
        recording,
        {.format = viewer::Format::html, .instructions_per_record = 2, .sources = FAULTLINE_SOURCE},
        error);
}

// What stands between `<script ... id="NAME">` and its end.
std::string part(const std::string& page, const std::string& name) {
    const std::size_t begin = page.find('>', page.find(" id=\"" + name + "\"")) + 1;
    return page.substr(begin, page.find("</script>", begin) - begin);
}

std::string from_base64(const std::string& text) {
    const std::string digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string bytes;
    std::uint32_t group = 0;
    int bits = 0;
    for (const char digit : text) {
        if (digit == '=')
            break;
        group = group << 6 | static_cast<std::uint32_t>(digits.find(digit));
        bits += 6;
        if (bits >= 8)
            bytes += static_cast<char>(group >> (bits -= 8));
    }
    return bytes;
}

struct Unpacker {
    std::string bytes;
    std::size_t at = 0;

    std::uint64_t number() {
        std::uint64_t value = 0;
        for (unsigned shift = 0;; shift += 7) {
            const auto byte = static_cast<unsigned char>(bytes.at(at++));
            value |= std::uint64_t{byte & 0x7fu} << shift;
            if (byte < 0x80)
                return value;
        }
    }
    std::uint64_t difference() {
        const std::uint64_t value = number();
        return value >> 1 ^ ((value & 1) != 0 ? ~0ull : 0);
    }
};

std::size_t occurrences(const std::string& text, const std::string& of) {
    std::size_t count = 0;
    for (std::size_t at = 0; (at = text.find(of, at)) != std::string::npos; at += of.size())
        ++count;
    return count;
}

} // namespace

TEST_CASE("the page without data is smaller than 60 KB", "[recording][page]") {
    CHECK(viewer::page_frame.size() + viewer::page_style.size() + viewer::page_script.size() <
          60'000);
}

TEST_CASE("the page names no other place, and its policy allows no request", "[recording][page]") {
    const std::string page = page_of(correct_story());
    CHECK_THAT(page, Catch::Contains("default-src 'none'"));
    CHECK(occurrences(page, "http") ==
          occurrences(page, "http://www.w3.org/2000/svg") + occurrences(page, "http-equiv"));
    CHECK(occurrences(page, " src=") == 0);
    CHECK(occurrences(page, "url(") == 0);
    CHECK(occurrences(page, "@import") == 0);
}

TEST_CASE("the packed events are those of the recording", "[recording][page]") {
    const bool several = GENERATE(false, true);
    Recording recording = several ? processors_story() : correct_story();
    recording.events[4].payload[0] = ~0ull; // extremes, and back again
    recording.events[7].payload[1] = 1ull << 63;
    recording.events.back().kind = 0x3fe; // not of this version
    const viewer::Processors processors(recording);
    Unpacker packed{from_base64(part(page_of(recording), "packed"))};
    std::uint64_t time = 0;
    std::vector<std::pair<viewer::Shape, std::vector<std::uint64_t>>> shapes;
    for (const Event& event : recording.events) {
        CAPTURE(event.sequence, event.kind);
        const std::uint64_t shape = packed.number();
        if (shape == shapes.size())
            shapes.push_back(
                {{event.kind, event.claim, event.words}, std::vector<std::uint64_t>(event.words)});
        REQUIRE(shape < shapes.size());
        CHECK(shapes[shape].first == viewer::Shape{event.kind, event.claim, event.words});
        CHECK((time += packed.difference()) == event.time);
        CHECK(packed.number() == event.environment);
        if (several)
            CHECK(packed.number() == processors.of(event.sequence));
        for (std::uint32_t i = 0; i < event.words; ++i)
            CHECK((shapes[shape].second[i] += packed.difference()) == event.payload[i]);
    }
    CHECK(packed.at == packed.bytes.size());
}

TEST_CASE("the packed episodes are those that are found", "[recording][page]") {
    const Recording recording = GENERATE(correct_story(), processors_story());
    Unpacker packed{from_base64(part(page_of(recording), "members"))};
    const auto faults = viewer::find_faults(recording, 2);
    for (const viewer::Episode& fault : viewer::find_episodes(recording, faults, 2)) {
        CAPTURE(fault.kind, fault.number);
        CHECK(packed.number() == fault.events.size());
        std::uint64_t index = 0;
        for (const viewer::StepEvent& event : fault.events) {
            CHECK((index += packed.difference()) == event.index);
            CHECK(packed.number() == event.step);
            CHECK(packed.number() == event.cost);
            CHECK(packed.number() == event.waited);
        }
    }
    CHECK(packed.at == packed.bytes.size());
}

TEST_CASE("what a libOS forges is called so and writes no state of the page", "[recording][page]") {
    Recording recording = correct_story();
    for (const Kind kind : {Kind::page_fault, Kind::translation_installed, Kind::io_submitted})
        insert(recording, index_of(recording, Kind::victim_chosen), true, kind, {1, 2});
    // The state of the page follows events by their names.
    const std::string page = page_of(recording);
    for (const char* const name : {"page_fault", "translation_installed", "io_submitted"}) {
        CHECK(occurrences(page, fmt::format("\"claim\":true,\"actor\":\"libOS\",\"name\":\"{}\"",
                                            name)) == 0);
        CHECK(occurrences(page, fmt::format("\"name\":\"forged {}\"", name)) == 1);
        CHECK(occurrences(page, fmt::format("A forged {} event: its ring has no right to say so",
                                            name)) == 1);
    }
}

TEST_CASE("a recording cannot end the page's script", "[recording][page]") {
    Recording recording = correct_story();
    recording.facts[0].second = "</script><script>alert(1)</script><!--";
    recording.notes.emplace_back("<b>note</b>");
    const std::string page = page_of(recording);
    CHECK(occurrences(page, "</script>") == 4); // the page's own
    CHECK(occurrences(page, "<b>note") == 0);
    CHECK(occurrences(page, "<!--") == 0);
}

TEST_CASE("the source of every event is shown at a line that speaks of it", "[recording][page]") {
    for (const abi::EventDefinition& definition : abi::event_definitions) {
        CAPTURE(definition.name, definition.source);
        const auto excerpt =
            viewer::excerpt_of(FAULTLINE_SOURCE, definition.source, definition.name);
        REQUIRE(excerpt);
        const std::string& line = excerpt->lines.at(excerpt->marked - excerpt->first);
        CHECK_THAT(line, Catch::Contains(definition.name));
    }
    CHECK_FALSE(
        viewer::excerpt_of("/nonexistent", "exokernel/boot/kernel_main.cpp", "kernel_started"));
}

TEST_CASE("every policy has its source, and no other name has one", "[recording][page]") {
    for (const char* policy : {"fifo", "mru", "clock", "second-chance"}) {
        CAPTURE(policy);
        CHECK(viewer::source_of_policy(FAULTLINE_SOURCE, policy));
    }
    for (const char* policy : {"", "../../../README", "no-such"}) {
        CAPTURE(policy);
        CHECK_FALSE(viewer::source_of_policy(FAULTLINE_SOURCE, policy));
    }
}

TEST_CASE("the words at an arrow name fields that the event has", "[recording][page]") {
    for (const abi::EventDefinition& definition : abi::event_definitions) {
        const bool claim = static_cast<std::uint16_t>(definition.event) >= abi::first_libos_event;
        const viewer::Drawing drawing =
            viewer::drawing_of(definition.event, definition.name, claim);
        const std::string fields = " " + std::string(definition.fields) + " ";
        CAPTURE(definition.name, drawing.label);
        CHECK_FALSE(drawing.label.empty());
        for (std::size_t at = 0; (at = drawing.label.find('{', at)) != std::string::npos; ++at) {
            const std::size_t end = drawing.label.find('}', at);
            CHECK_THAT(fields,
                       Catch::Contains(" " + drawing.label.substr(at + 1, end - at - 1) + " "));
        }
        if (drawing.from == viewer::Lane::party || drawing.to == viewer::Lane::party ||
            *drawing.party != '\0')
            CHECK_THAT(fields, Catch::Contains(" " + std::string(drawing.party) + " "));
    }
}

TEST_CASE("an exception is an episode, to the resumption or the end of its environment",
          "[recording][page]") {
    Recording recording = correct_story();
    const std::size_t begin = recording.events.size() - 3;
    insert(recording, begin, false, Kind::exception, {13, 0, 0x402010, 0, 0, 0, 1, 0, 0, 1, 5});
    insert(recording, begin + 1, false, Kind::environment_ended, {1, 0, 3, 0x402010, 0});
    const auto faults = viewer::find_faults(recording, 0);
    std::vector<viewer::Episode> exceptions;
    for (const viewer::Episode& episode : viewer::find_episodes(recording, faults, 0))
        if (episode.kind == viewer::Episode::Kind::exception)
            exceptions.push_back(episode);
    std::ranges::sort(exceptions, {}, &viewer::Episode::number);
    REQUIRE(exceptions.size() == 6); // the story has two, and a page fault, interrupt and call
    CHECK_THAT(exceptions[0].outcome, Catch::Contains("PE entry exception is taken. The program") &&
                                          Catch::EndsWith("the libOS resumes it."));
    CHECK(exceptions[0].events.size() == 5);
    CHECK_THAT(exceptions[2].title,
               Catch::Contains("vector 13 (general protection), environment 1"));
    CHECK_THAT(exceptions[2].outcome, Catch::EndsWith("No PE entry is taken. The environment ends: "
                                                      "nested too deep."));
    CHECK(exceptions[2].events.size() == 2);
    for (std::size_t i = 0; i < exceptions.size(); ++i)
        CHECK(exceptions[i].number == i + 1);
}

TEST_CASE("a fault that its environment does not survive ends with it, and says why",
          "[recording][page]") {
    Recording recording = correct_story();
    const std::size_t end = index_of(recording, Kind::environment_ended, 0);
    insert(recording, end, false, Kind::page_fault, {8, 4, 0x400957, 0, 0, 0, 1, 14, 0, 1, 5});
    set(recording.events[end + 1], "reason", 3);
    const auto faults = viewer::find_faults(recording, 0);
    REQUIRE(faults.size() == 8);
    CHECK_FALSE(faults[6].end_reason); // it was resumed
    CHECK(faults[7].end_reason == 3);
    REQUIRE(faults[7].events.size() == 2);
    CHECK(faults[7].events.back().index == end + 1);
    std::string error;
    for (const std::optional<std::uint64_t> fault : {std::optional<std::uint64_t>{8}, {}})
        CHECK_THAT(viewer::walk(recording, {.fault = fault, .columns = 200}, error),
                   Catch::Contains("he environment ends: nested too deep"));
}

TEST_CASE("each fault that ends with its environment has the event, which costs the last one",
          "[recording][page]") {
    Recording recording = correct_story();
    const std::size_t end = index_of(recording, Kind::environment_ended, 0);
    for (std::size_t i = 0; i != 3; ++i)
        insert(recording, end + i, false, Kind::page_fault,
               {8 * i, 4, 0x400957, 0, 0, 0, 1, 14, 0, 1, 5});
    recording.events[end + 3].time = recording.events[end + 2].time + 60;
    const auto faults = viewer::find_faults(recording, 0);
    REQUIRE(faults.size() == 10);
    for (std::size_t i = 7; i != 10; ++i) {
        CHECK(faults[i].end_reason);
        REQUIRE(faults[i].events.size() == 2);
        CHECK(faults[i].events.back().index == end + 3);
        CHECK(faults[i].cost == (i == 9 ? 60 : 0));
        CHECK(faults[i].elapsed >= 60);
    }
}

TEST_CASE("an episode of a revocation has the events and costs that are found for it",
          "[recording][page]") {
    const Recording recording = revocation_story();
    const auto revocations = viewer::find_revocations(recording, 2);
    std::vector<viewer::Episode> episodes;
    for (const viewer::Episode& episode :
         viewer::find_episodes(recording, viewer::find_faults(recording, 2), 2))
        if (episode.kind == viewer::Episode::Kind::revocation)
            episodes.push_back(episode);
    REQUIRE(episodes.size() == revocations.size());
    for (std::size_t i = 0; i < episodes.size(); ++i) {
        CAPTURE(i);
        CHECK(episodes[i].number == revocations[i].number);
        CHECK(episodes[i].parties == std::vector<std::uint32_t>{1, 2}); // asker, receiver
        std::uint64_t cost = 0;
        REQUIRE(episodes[i].events.size() == revocations[i].events.size());
        for (std::size_t j = 0; j < episodes[i].events.size(); ++j) {
            CHECK(episodes[i].events[j].index == revocations[i].events[j].index);
            CHECK(episodes[i].events[j].step == revocations[i].events[j].step);
            cost += episodes[i].events[j].cost;
        }
        CHECK(cost == revocations[i].cost);
    }
    CHECK_THAT(episodes[1].title, Catch::Contains("for 4 frames"));
    CHECK(episodes[1].outcome == "The deadline passed: 1 given, 2 taken, 1 missing.");
}
