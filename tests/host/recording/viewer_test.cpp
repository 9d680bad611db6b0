// tests/host/recording/viewer_test.cpp - what a user sees of a recording.
//
// The golden files in tests/golden/recording are compared byte for byte; run the tests with
// FAULTLINE_REGENERATE=1 to write them anew, and review the difference.

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <sstream>

#include <catch2/catch.hpp>

#include "bindings/abi/exception.hpp"
#include "tests/host/recording/story.hpp"
#include "tools/viewer/discontinuities.hpp"
#include "tools/viewer/names.hpp"
#include "tools/viewer/revocations.hpp"
#include "tools/viewer/walk.hpp"
#include "tools/viewer/words.hpp"

using namespace story;
using viewer::Format;

namespace {

void check_golden(const std::string& name, const std::string& text) {
    const std::string path = FAULTLINE_SOURCE "/tests/golden/recording/" + name;
    if (std::getenv("FAULTLINE_REGENERATE") != nullptr) {
        std::filesystem::create_directories(FAULTLINE_SOURCE "/tests/golden/recording");
        write_bytes(path, text);
    }
    CHECK(text == bytes_of(path));
}

std::string shown(const viewer::WalkOptions& options) {
    std::string error;
    const std::string text = viewer::walk(correct_story(), options, error);
    CHECK(error.empty());
    return text;
}

std::size_t widest(const std::string& text) {
    std::istringstream lines(text);
    std::size_t width = 0;
    for (std::string line; std::getline(lines, line);)
        width = std::max(width, line.size());
    return width;
}

// Skips one JSON value; nullptr if there is none.
const char* skip_json(const char* at) {
    const auto member = [](const char* from, char close, bool named) -> const char* {
        if (*from == close)
            return from + 1;
        while (from != nullptr) {
            if (named) {
                from = *from == '"' ? skip_json(from) : nullptr;
                if (from == nullptr || *from != ':')
                    return nullptr;
                ++from;
            }
            from = skip_json(from);
            if (from == nullptr || (*from != ',' && *from != close))
                return nullptr;
            if (*from++ == close)
                return from;
        }
        return nullptr;
    };
    if (*at == '{')
        return member(at + 1, '}', true);
    if (*at == '[')
        return member(at + 1, ']', false);
    if (*at == '"') {
        for (++at; *at != '"'; ++at) {
            if (*at == '\\')
                ++at;
            if (static_cast<unsigned char>(*at) < ' ')
                return nullptr;
        }
        return at + 1;
    }
    const char* begin = at;
    while (std::isalnum(static_cast<unsigned char>(*at)))
        ++at;
    return at == begin ? nullptr : at;
}

bool is_json(const std::string& text) {
    const char* end = skip_json(text.c_str());
    return end != nullptr && std::string(end) == "\n";
}

} // namespace

TEST_CASE("a fault with a dirty victim reads as all of its steps at 80 columns",
          "[recording][viewer]") {
    const std::string text = shown({.fault = viewer::default_fault(correct_story())});
    check_golden("fault.txt", text);
    CHECK(widest(text) <= 80);
    for (const char* step : {"\n1 detect", "\n2 upcall through the PE", "\n3 replace",
                             "\n4 delete the victim", "\n4b write back", "\n5 read",
                             "\n6 completion upcall", "\n7 install the translation", "\n8 resume"})
        CHECK_THAT(text, Catch::Contains(step));
}

TEST_CASE("a revocation reads as all of its steps at 80 columns", "[recording][viewer]") {
    std::string error;
    const std::string text = viewer::walk(revocation_story(), {.revocation = 2}, error);
    check_golden("revocation.txt", text);
    CHECK(widest(text) <= 80);
    for (const char* step : {"\n1 request", "\n2 choose and give back", "\n3 confirm",
                             "\n4 the deadline passes", "\n5 break by force", "\n6 save the state",
                             "\n7 record", "\n8 deliver", "\n9 mend", "\n10 restore"})
        CHECK_THAT(text, Catch::Contains(step));
    const std::string overview = viewer::walk(revocation_story(), {}, error);
    check_golden("revocations.txt", overview);
    CHECK(widest(overview) <= 80);
    CHECK(error.empty());
}

TEST_CASE("frames that a libOS gives up for itself belong to no revocation",
          "[recording][viewer]") {
    Recording recording = revocation_story();
    std::string error;
    const std::string text = viewer::walk(recording, {.revocation = 2}, error);
    const std::size_t last = recording.events.size() - 2;
    insert(recording, last, true, Kind::frame_chosen, {0, 26, 0x26, 0, 0});
    recording.events[last].environment = 2;
    CHECK(viewer::walk(recording, {.revocation = 2}, error) == text);
    recording.events[last].payload[0] = 2;
    CHECK(viewer::walk(recording, {.revocation = 2}, error) != text);
}

TEST_CASE("an environment bears the name of its program, wherever it is told of",
          "[recording][viewer]") {
    Recording recording = revocation_story();
    const std::size_t first = index_of(recording, Kind::guaranteed, 0);
    insert(recording, first, true, Kind::application_started,
           {3, 0x0a68'6374'6177'2d61ull, 0x72}); // "a-watch\nr"
    recording.events[first].environment = 2;
    std::string error;
    const auto text = [&](viewer::WalkOptions options) {
        options.columns = 400;
        return viewer::walk(recording, options, error);
    };
    CHECK_THAT(text({}), Catch::Contains("Environments: 1 (wc), 2 (a-watch?r)."));
    CHECK_THAT(text({.fault = 1}), Catch::Contains("environment 2 (a-watch?r), "));
    CHECK_THAT(text({.revocation = 1}),
               Catch::Contains("environment 1 (wc) asks environment 2 (a-watch?r) for 2 frames"));
    CHECK_THAT(text({.revocation = 1}), Catch::Contains("  libOS 2 (a-watch?r)\n"));
    CHECK_THAT(text({.format = Format::html}),
               Catch::Contains(R"json([2,"libOS 2 (a-watch?r)","a-watch?r 2"])json"));
    CHECK_THAT(text({.format = Format::perfetto}), Catch::Contains("environment 2 (a-watch?r)"));
    // What it says of itself counts, whatever its creator says; only its creator may say it for it.
    const auto named_by = [](std::uint32_t who, bool also_itself) {
        Recording story = revocation_story();
        const std::size_t at = index_of(story, Kind::guaranteed, 0);
        insert(story, at, true, Kind::child_started, {2, 0x796d}); // "my"
        story.events[at].environment = who;
        if (also_itself)
            insert(story, at + 1, true, Kind::application_started, {0, 0x6e776f}); // "own"
        story.events[at + 1].environment = also_itself ? 2 : story.events[at + 1].environment;
        return viewer::Names(story).of_environment(2);
    };
    CHECK(named_by(1, false) == "environment 2 (my)");
    CHECK(named_by(1, true) == "environment 2 (own)");
    CHECK(named_by(2, false) == "environment 2");
    // Nothing is known of one of which nobody has said anything, whatever the run's app is.
    CHECK(viewer::Names(revocation_story()).of_environment(2) == "environment 2");
    CHECK(viewer::Names(revocation_story()).of_environment(1) == "environment 1 (wc)");
}

TEST_CASE("a revocation that was under way at the end is not said to be in time",
          "[recording][viewer]") {
    Recording recording = revocation_story();
    erase_all(recording, Kind::revocation_ended);
    erase_all(recording, Kind::environment_ended);
    std::string error;
    const auto text = [&](std::uint64_t number) {
        return viewer::walk(recording, {.revocation = number, .columns = 400}, error);
    };
    CHECK_THAT(text(1), Catch::Contains("It was under way at the end."));
    CHECK_THAT(text(2), Catch::Contains("The deadline passed; it was under way at the end."));
}

TEST_CASE("a revocation whose receiver or asker has ended was not under way at the end",
          "[recording][viewer]") {
    Recording recording = revocation_story();
    erase_all(recording, Kind::revocation_ended);
    erase_all(recording, Kind::environment_ended);
    const auto revocation = [&] { return viewer::find_revocations(recording, 0)[0]; };
    const viewer::Revocation open = revocation();
    REQUIRE(open.asker != open.receiver);
    for (const std::uint32_t dead : {open.receiver, open.asker}) {
        recording::Event event = recording.events.back();
        event.kind = static_cast<std::uint16_t>(Kind::environment_ended);
        event.claim = false;
        event.words = 5;
        event.payload = {dead, 7};
        recording.events.push_back(event);
        CHECK(viewer::outcome_of(revocation()) == (dead == open.receiver
                                                       ? "The receiver ended meanwhile."
                                                       : "The asker ended meanwhile."));
        CHECK(revocation().events.back().index == recording.events.size() - 1);
        std::string error;
        CHECK_THAT(viewer::walk(recording, {.revocation = 1, .format = Format::json}, error),
                   Catch::Contains("\"dead\":" + std::to_string(dead) + ","));
        recording.events.pop_back();
    }
    CHECK(viewer::outcome_of(revocation()) == "It was under way at the end.");
}

TEST_CASE("a binding that is asked for and dropped is what its receiver gives back",
          "[recording][viewer]") {
    Recording recording = revocation_story();
    const std::size_t asked = index_of(recording, Kind::revocation_requested);
    const auto word = [&](const char* name) { return value_of(recording.events[asked], name); };
    const auto receiver = static_cast<std::uint32_t>(word("receiver"));
    const auto steps_with = [&](std::uint64_t capability, std::uint32_t holder) {
        Recording dropped = recording;
        insert(dropped, asked + 1, false, Kind::binding_broken,
               {word("kind"), capability, holder, 0, 0});
        dropped.events[asked + 1].environment = holder;
        const viewer::Revocation found = viewer::find_revocations(dropped, 0)[0];
        return found.events[1].index == asked + 1 ? found.events[1].step : 0;
    };
    CHECK(steps_with(word("capability"), receiver) == abi::revocation_steps + 2);
    CHECK(steps_with(word("capability") + 64, receiver) == 0);
    CHECK(steps_with(word("capability"), receiver + 1) == 0);
}

TEST_CASE("counts agree with what they count", "[recording][viewer]") {
    CHECK(viewer::counted(0, "page fault") == "0 page faults");
    CHECK(viewer::counted(1, "page fault") == "1 page fault");
    CHECK(viewer::counted(1234, "read") == "1,234 reads");
}

TEST_CASE("only the fields name0 to name9 are characters of a name", "[recording][viewer]") {
    using viewer::Shown;
    for (const char* const field : {"name0", "name3", "name9"})
        CHECK(viewer::shown_as(Kind::application_started, field) == Shown::characters);
    for (const char* const field : {"name", "names", "named", "name10", "namespace0", "rename0"})
        CHECK(viewer::shown_as(Kind::application_started, field) == Shown::decimal);
}

TEST_CASE("a revocation that is not there is an error that says which there are",
          "[recording][viewer]") {
    std::string error;
    CHECK(viewer::walk(revocation_story(), {.revocation = 4}, error).empty());
    CHECK_THAT(error, Catch::Contains("revocations 1 to 3"));
    CHECK(viewer::walk(correct_story(), {.revocation = 1}, error).empty());
    CHECK_THAT(error, Catch::Contains("nothing was revoked"));
    CHECK(viewer::walk(revocation_story(), {.revocation = 1, .format = Format::ostep}, error)
              .empty());
    const std::string json =
        viewer::walk(revocation_story(), {.revocation = 2, .format = Format::json}, error);
    CHECK(is_json(json));
    CHECK_THAT(json, Catch::Contains(R"("given":1,"taken":2,"missing":1)"));
}

TEST_CASE("the overview says how the run ended and which faults it had", "[recording][viewer]") {
    const std::string text = shown({});
    check_golden("overview.txt", text);
    CHECK(widest(text) <= 80);
}

TEST_CASE("an exception reads as its three steps at 80 columns", "[recording][viewer]") {
    const std::string text = shown({.exception = 1});
    check_golden("exception.txt", text);
    CHECK(widest(text) <= 80);
    for (const char* step : {"\n1 detect", "\n2 upcall through the PE", "\n8 resume"})
        CHECK_THAT(text, Catch::Contains(step));
    CHECK_THAT(shown({.exception = 2, .columns = 400}),
               Catch::Contains("goes on at the saved rip"));
}

TEST_CASE("an error code is told of where the processor saves one", "[recording][viewer]") {
    for (const Kind kind : {Kind::exception, Kind::exception_seen})
        for (std::uint64_t vector = 0; vector != abi::exception_vectors; ++vector) {
            recording::Event event;
            event.kind = static_cast<std::uint16_t>(kind);
            event.claim = kind == Kind::exception_seen;
            event.words = recording::largest_payload;
            event.payload[kind == Kind::exception ? 0 : 1] = vector;
            CAPTURE(vector, viewer::sentence(event));
            CHECK(abi::has_error_code(vector) ==
                  (viewer::sentence(event).find("error code") != std::string::npos));
            CHECK_THAT(viewer::sentence(event), Catch::Contains(" rip "));
        }
}

TEST_CASE("of interrupts and system calls the first of each kind reads as what it saved and how it "
          "went on",
          "[recording][viewer]") {
    const std::string text = shown({.exception = 4}) + "\n" + shown({.exception = 5});
    check_golden("discontinuities.txt", text);
    CHECK(widest(text) <= 80);
    // The page fault is the one that --fault shows, with the same steps.
    const std::string fault = shown({.fault = 1}), exception = shown({.exception = 3});
    CHECK(exception.substr(exception.find("\n1 detect"), 2000) ==
          fault.substr(fault.find("\n1 detect"), 2000));
}

TEST_CASE(
    "an interrupt is told by what the program that it interrupts is entered or resumed through",
    "[recording][viewer]") {
    constexpr std::uint64_t disk = 0x41, timer = 0x40, rip = 0x402000;
    const auto outcomes = [](const Recording& recording) {
        std::vector<std::string> all;
        for (const viewer::Exception& each : viewer::find_discontinuities(recording, {}, 0))
            all.push_back(viewer::what_of(each) + ": " + viewer::outcome_of(each));
        return all;
    };
    Recording recording;
    const auto add = [&](Kind kind, std::initializer_list<std::uint64_t> words) {
        recording::Event event;
        event.kind = static_cast<std::uint16_t>(kind);
        event.environment = 1;
        event.words = static_cast<std::uint32_t>(words.size());
        std::ranges::copy(words, event.payload.begin());
        recording.events.push_back(event);
    };
    const std::string saved =
        ": An interrupt: saved are the rip of the next instruction, rsp and the flags.";
    for (unsigned turn = 0; turn != 2; ++turn) { // the second of a kind is not told
        add(Kind::interrupt, {timer, rip, 0x202, 0x5000, 3});
        add(Kind::resumed_by_iret, {rip, 0x202, 0x5000, timer, 0});
        add(Kind::interrupt, {timer, rip, 0x202, 0x5000, 3}); // to finish what is due
        add(Kind::interrupt, {disk, 1ull << 63, 0x202, 0, 0});
        add(Kind::io_completed, {1, 0, 1, 30, 1});
        add(Kind::upcall, {2, 0x401000, 0, 512, 256, 0, 1, 0});
        add(Kind::interrupt, {disk, rip, 0x202, 0x5000, 3}); // to another program's benefit
        add(Kind::environment_switched, {1, 2});
        add(Kind::resumed_by_iret, {rip, 0x202, 0x5000, disk, 0});
    }
    CHECK(outcomes(recording) ==
          std::vector<std::string>{
              "interrupt 0x40 (the timer's)" + saved +
                  " No PE entry is taken. The program goes on at the saved rip: the exokernel "
                  "resumes it by iret.",
              "interrupt 0x41 (the disk's)" + saved +
                  " PE entry io_completion is taken. The program goes on when the libOS resumes "
                  "it."});
    // A call goes back by sysret, unless the exokernel says otherwise; null is told before others.
    const auto call = [&](std::uint64_t number) { add(Kind::system_call, {number, 0, 0, rip, 0}); };
    call(3);
    CHECK_THAT(outcomes(recording).back(), Catch::EndsWith("resumes it by sysret."));
    add(Kind::resumed_by_iret, {rip, 0x202, 0x5000, 0x100, 0});
    CHECK_THAT(outcomes(recording).back(), Catch::EndsWith("resumes it by iret."));
    call(0);
    CHECK_THAT(outcomes(recording).back(), Catch::StartsWith("system call null: A trap: ") &&
                                               Catch::EndsWith("resumes it by sysret."));
    CHECK(outcomes(recording).size() == 3);
}

TEST_CASE("an exception that is not there is an error that says which there are",
          "[recording][viewer]") {
    std::string error;
    for (const std::uint64_t exception : {0ull, 6ull, ~0ull}) {
        CHECK(viewer::walk(correct_story(), {.exception = exception}, error).empty());
        CHECK_THAT(error, Catch::Contains("the recording has 1 to 5"));
    }
    CHECK(viewer::walk(correct_story(), {.fault = 1, .exception = 1}, error).empty());
    CHECK_THAT(error, Catch::Contains("one of them at a time"));
    CHECK(viewer::walk(correct_story(), {.exception = 1, .format = Format::ostep}, error).empty());
    CHECK_THAT(error, Catch::Contains("page faults only"));
    CHECK(viewer::walk(Recording(), {.exception = 1}, error).empty());
    CHECK_THAT(error, Catch::Contains("nothing came between two instructions"));
}

TEST_CASE("misses are shown in the line shape of the OSTEP homework", "[recording][viewer]") {
    const std::string text = shown({.format = Format::ostep});
    check_golden("ostep.txt", text);
    CHECK_THAT(text, Catch::StartsWith("Access: 0  MISS FirstIn ->          [0] <- Lastin  "
                                       "Replaced:- [Hits:0 Misses:1]\n"));
}

TEST_CASE("where the reference string is known, hits are filled in", "[recording][viewer]") {
    const auto string_of = [](const std::vector<std::uint64_t>& pages) {
        simulator::StringBuilder string;
        for (const std::uint64_t page : pages)
            string.add(page);
        return string.take();
    };
    const auto string = string_of({0, 1, 0, 2, 1, 3, 2, 4, 3, 5, 4, 4});
    const std::string text = shown({.format = Format::ostep, .references = &string});
    CHECK_THAT(
        text,
        Catch::Contains("Access: 0  HIT  FirstIn ->       [0, 1] <- Lastin  Replaced:- [Hits:1 "
                        "Misses:2]\n") &&
            Catch::Contains("Access: 4  HIT  FirstIn ->    [3, 4, 5] <- Lastin  Replaced:- [Hits:6 "
                            "Misses:6]\n\nFINALSTATS hits 6   misses 6   hitrate 50.00\n"));
    const auto longer = string_of({0, 1, 2, 3, 4, 5, 9, 1});
    CHECK_THAT(shown({.format = Format::ostep, .references = &longer}),
               Catch::Contains("hits 0   misses 6   hitrate 0.00\n") &&
                   Catch::Contains("as far as the run went"));
    for (const auto& other : {string_of({0, 1, 2, 4}), string_of({0, 1, 2, 3, 4})}) {
        const std::string alone = shown({.format = Format::ostep, .references = &other});
        CHECK_THAT(alone, Catch::Contains("FINALSTATS misses 6") &&
                              Catch::Contains("does not follow the reference string"));
        CHECK(alone.find("HIT") == std::string::npos);
    }
}

TEST_CASE("faults are words of page and written, as they were dirty", "[recording][viewer]") {
    const std::string text = shown({.format = Format::pg32});
    std::string pages;
    for (std::size_t at = 0; at < text.size(); at += 4)
        pages += std::to_string(static_cast<unsigned char>(text[at]) >> 2) +
                 ((text[at] & 1) != 0 ? "w " : " ");
    // Page 0 was written when its frame was needed, page 4 at the end.
    CHECK(pages == "0w 1 2 3 4w 5 ");
    std::string error;
    CHECK(viewer::walk(Recording(), {.format = Format::pg32}, error).empty());
    CHECK_THAT(error, Catch::Contains("no page was brought in"));
}

TEST_CASE("text is wrapped at the width that is asked for", "[recording][viewer]") {
    for (const unsigned columns : {60u, 70u, 100u, 200u}) {
        INFO(columns);
        CHECK(widest(shown({.fault = 6, .columns = columns})) <= columns);
    }
    CHECK(widest(shown({.fault = 6, .columns = 1})) < 80);
}

TEST_CASE("there are colours only where they are asked for", "[recording][viewer]") {
    CHECK(shown({.fault = 6}).find('\x1b') == std::string::npos);
    CHECK(shown({}).find('\x1b') == std::string::npos);
    CHECK(shown({.fault = 6, .colours = true}).find("\x1b[") != std::string::npos);
}

TEST_CASE("the default fault has a victim that is written back, if any has",
          "[recording][viewer]") {
    Recording recording = correct_story();
    CHECK(viewer::default_fault(recording) == 6);
    erase(recording, index_of(recording, Kind::write_back_submitted));
    CHECK(viewer::default_fault(recording) == 5);
    recording.events.clear();
    CHECK(viewer::default_fault(recording) == 0);
}

TEST_CASE("recording's own cost is taken off every step", "[recording][viewer]") {
    const std::string with = shown({.fault = 5, .format = Format::json});
    const std::string without =
        shown({.fault = 5, .format = Format::json, .instructions_per_record = 2});
    CHECK_THAT(with, Catch::Contains("\"instructions\":180,"));
    CHECK_THAT(without, Catch::Contains("\"instructions\":92,")); // 44 records lie between
}

TEST_CASE("a fault that is not there is an error that says which there are",
          "[recording][viewer]") {
    std::string error;
    for (const std::uint64_t fault : {0ull, 8ull, ~0ull}) {
        CHECK(viewer::walk(correct_story(), {.fault = fault}, error).empty());
        CHECK_THAT(error, Catch::Contains("faults 1 to 7"));
    }
    const Recording empty;
    CHECK(viewer::walk(empty, {.fault = 1}, error).empty());
    CHECK_THAT(error, Catch::Contains("the run had no page fault"));
    CHECK_FALSE(viewer::walk(empty, {}, error).empty());
}

TEST_CASE("the JSON forms are one object each", "[recording][viewer]") {
    Recording recording = correct_story();
    recording.facts.emplace_back("quote\"d", "back\\slash\nand \x01");
    std::string error;
    CHECK(is_json(viewer::walk(recording, {.format = Format::json}, error)));
    for (std::uint64_t fault = 1; fault <= 7; ++fault)
        CHECK(is_json(viewer::walk(recording, {.fault = fault, .format = Format::json}, error)));
    for (std::uint64_t exception = 1; exception <= 2; ++exception)
        CHECK(is_json(
            viewer::walk(recording, {.exception = exception, .format = Format::json}, error)));
    CHECK_THAT(shown({.fault = 6, .format = Format::json}),
               Catch::Contains("\"victim_page\":262144") && Catch::Contains("\"step\":\"4b\""));
}
