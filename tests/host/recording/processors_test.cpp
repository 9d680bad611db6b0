// tests/host/recording/processors_test.cpp - recordings of several processors: what each view says
// of where things happened, and TLB shootdowns step by step.

#include <algorithm>
#include <cstdlib>
#include <sstream>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "tests/host/recording/processors_story.hpp"
#include "tools/recording_file/assemble.hpp"
#include "tools/viewer/episodes.hpp"
#include "tools/viewer/processors.hpp"
#include "tools/viewer/shootdowns.hpp"
#include "tools/viewer/walk.hpp"

using namespace story;
using viewer::Format;

namespace {

// Compared byte for byte; FAULTLINE_REGENERATE=1 writes it anew.
void check_golden(const std::string& name, const std::string& text) {
    const std::string path = FAULTLINE_SOURCE "/tests/golden/recording/" + name;
    if (std::getenv("FAULTLINE_REGENERATE") != nullptr)
        write_bytes(path, text);
    CHECK(text == bytes_of(path));
}

std::size_t widest(const std::string& text) {
    std::istringstream lines(text);
    std::size_t width = 0;
    for (std::string line; std::getline(lines, line);)
        width = std::max(width, line.size());
    return width;
}

std::string shown(const Recording& recording, const viewer::WalkOptions& options) {
    std::string error;
    std::string text = viewer::walk(recording, options, error);
    CHECK(error.empty());
    return text;
}

std::vector<Kind> kinds_of(const Recording& recording, const viewer::Shootdown& shootdown,
                           std::uint32_t step) {
    std::vector<Kind> kinds;
    for (const viewer::StepEvent& event : shootdown.events)
        if (event.step == viewer::shootdown_steps + step)
            kinds.push_back(Kind{recording.events[event.index].kind});
    return kinds;
}

} // namespace

TEST_CASE("a kernel's event is of its ring's processor, whatever it says itself",
          "[recording][processors]") {
    recording::Assembler assembler(0, {abi::RingOrigin::kernel, 2, 1, 0}, {0, 1, 2});
    std::vector<Event> events;
    assembler.take({1000, 1, 7, static_cast<std::uint16_t>(Kind::tlb_flushed), 0, 1}, &events);
    REQUIRE(events.size() == 1);
    CHECK(events[0].processor == 2);
    REQUIRE(assembler.flags().size() == 1);
    CHECK(assembler.flags()[0].reason == recording::Reason::foreign_processor);
}

TEST_CASE("a claim was made where the exokernel has its libOS run, whatever it says itself",
          "[recording][processors]") {
    const Recording recording = processors_story();
    const viewer::Processors processors(recording);
    CHECK(processors.all() == std::vector<std::uint16_t>{0, 1, 2});
    const std::size_t last = recording.events.size() - 1;
    CHECK(recording.events[last].processor == 0); // as it says
    CHECK(processors.of(last) == 1);
    for (std::size_t i = 0; i != last; ++i)
        CHECK(processors.of(i) == recording.events[i].processor);
    CHECK_FALSE(viewer::Processors(correct_story()).are_several());
}

TEST_CASE("a shootdown is what one step removes, whom it asks, and who answers",
          "[recording][processors]") {
    const Recording recording = processors_story();
    const auto found = viewer::find_shootdowns(recording, 0);
    REQUIRE(found.size() == shootdowns_of_story);

    const viewer::Shootdown& both = found[0];
    CHECK(both.environment == 1);
    CHECK(both.processor == 0);
    CHECK(both.removed == 2);
    CHECK(kinds_of(recording, both, 1) ==
          std::vector{Kind::translation_removed, Kind::translation_removed, Kind::system_call});
    CHECK(kinds_of(recording, both, 2) == std::vector{Kind::shootdown_sent, Kind::shootdown_sent});
    CHECK(kinds_of(recording, both, 3) ==
          std::vector{Kind::shootdown_answered, Kind::shootdown_answered});
    CHECK(kinds_of(recording, both, 4) == std::vector{Kind::interrupt, Kind::interrupt,
                                                      Kind::resumed_by_iret,
                                                      Kind::resumed_by_iret});
    REQUIRE(both.asked.size() == 2);
    CHECK(both.asked[0].processor == 1);
    CHECK(both.asked[0].running == 2);
    CHECK(both.asked[1].processor == 2);
    CHECK(both.over == nth(const_cast<Recording&>(recording), Kind::shootdown_answered, 1).time);

    const viewer::Shootdown& freed = found[1];
    CHECK(kinds_of(recording, freed, 1) ==
          std::vector{Kind::translation_removed, Kind::frame_released, Kind::system_call});
    CHECK(kinds_of(recording, freed, 3) == std::vector{Kind::shootdown_answered});
    CHECK(kinds_of(recording, freed, 4).empty()); // it waited for the lock by itself

    const viewer::Shootdown& silent = found[2]; // what went before it without the lock is not its
    CHECK(silent.removed == 0);
    CHECK(silent.changed == 3);
    CHECK_FALSE(silent.over);
    CHECK(silent.answers() == 0);
    CHECK_THAT(viewer::outcome_of(silent), Catch::Contains("no answer of processor 2"));
}

TEST_CASE("an answer is given to the processor that asked", "[recording][processors]") {
    Recording recording = processors_story();
    const std::size_t answer = index_of(recording, Kind::shootdown_answered, 0);
    recording.events[answer].processor = 0; // nobody has asked that one
    const auto found = viewer::find_shootdowns(recording, 0);
    CHECK(found[0].answers() == 1);
    CHECK_FALSE(found[0].over);
    CHECK_THAT(viewer::outcome_of(found[0]), Catch::Contains("no answer of processor 2"));
}

TEST_CASE("costs of a shootdown add up, what came before the first removal left out",
          "[recording][processors]") {
    const Recording recording = processors_story();
    for (const viewer::Shootdown& each : viewer::find_shootdowns(recording, 2)) {
        std::uint64_t cost = 0, passed = 0;
        for (const viewer::StepEvent& event : each.events) {
            cost += event.cost;
            passed += &event == each.events.data() ? 0 : event.cost + event.waited;
        }
        CHECK(each.events.front().cost == 0);
        CHECK(each.cost == cost);
        CHECK(each.elapsed == passed);
    }
}

TEST_CASE("a shootdown reads as its steps at 80 columns, and each line says on which processor",
          "[recording][processors]") {
    const std::string text = shown(processors_story(), {.shootdown = 1});
    check_golden("shootdown.txt", text);
    CHECK(widest(text) <= 80);
    for (const char* step : {"\n1 remove", "\n2 ask other processors", "\n3 answer", "\n4 go on"})
        CHECK_THAT(text, Catch::Contains(step));
    for (const char* where : {"  processor 0   ", "  processor 1   ", "  processor 2   "})
        CHECK_THAT(text, Catch::Contains(where));
}

TEST_CASE("the overview of several processors has a line for each of them",
          "[recording][processors]") {
    const std::string text = shown(processors_story(), {});
    check_golden("processors.txt", text);
    CHECK(widest(text) <= 80);
    CHECK_THAT(text, Catch::Contains("The clock counts the instructions"));
    CHECK_THAT(shown(correct_story(), {}), !Catch::Contains("processor  "));
}

TEST_CASE("a shootdown that is not there is an error that says which there are",
          "[recording][processors]") {
    std::string error;
    CHECK(viewer::walk(processors_story(), {.shootdown = 4}, error).empty());
    CHECK_THAT(error,
               Catch::Contains("there is no shootdown 4: the recording has shootdowns 1 to 3"));
    CHECK(viewer::walk(correct_story(), {.shootdown = 1}, error).empty());
    CHECK_THAT(error, Catch::Contains("no processor had to forget") && Catch::Contains("--cpus"));
    CHECK(viewer::walk(processors_story(), {.fault = 1, .shootdown = 1}, error).empty());
    CHECK_THAT(error, Catch::Contains("one of them at a time"));
    CHECK(
        viewer::walk(processors_story(), {.shootdown = 1, .format = Format::html}, error).empty());
    CHECK_THAT(error, Catch::Contains("text and json"));
}

TEST_CASE("JSON says of each event on which processor it was", "[recording][processors]") {
    const std::string text = shown(processors_story(), {.shootdown = 1, .format = Format::json});
    for (const char* part :
         {"\"processor\":0,\"removed\":2", "{\"processor\":1,\"running\":2,\"answered\":true}",
          "\"claim\":false,\"event\":\"shootdown_answered\"", "\"processor\":2,\"sequence\":"})
        CHECK_THAT(text, Catch::Contains(part));
    CHECK_THAT(shown(processors_story(), {.format = Format::json}),
               Catch::Contains("\"processors\":3,\"shootdowns\":3"));
    CHECK_THAT(shown(correct_story(), {.fault = 1, .format = Format::json}),
               Catch::Contains("\"processor\":0,\"sequence\":"));
}

TEST_CASE("a shootdown is an episode of who removes and who runs what is removed",
          "[recording][processors]") {
    const Recording recording = processors_story();
    std::vector<viewer::Episode> episodes;
    for (const viewer::Episode& episode : viewer::find_episodes(recording, {}, 0))
        if (episode.kind == viewer::Episode::Kind::shootdown)
            episodes.push_back(episode);
    REQUIRE(episodes.size() == shootdowns_of_story);
    CHECK(episodes[0].parties == std::vector<std::uint32_t>{2, 3, 1});
    CHECK(episodes[0].title == "environment 1 (remover) removes 2 translations on processor 0");
    CHECK_THAT(episodes[0].outcome,
               Catch::Contains("The TLBs of processors 1 and 2 had to forget"));
}

TEST_CASE("the page has lanes of processors only where there are several",
          "[recording][processors]") {
    const std::string several = shown(processors_story(), {.format = Format::html});
    const std::string one = shown(correct_story(), {.format = Format::html});
    CHECK_THAT(several,
               Catch::Contains("\"processors\":[0,1,2]") && Catch::Contains("function drawLanes"));
    CHECK_THAT(one, Catch::Contains("\"processors\":[]") && !Catch::Contains("function drawLanes"));
}
