// tests/host/recording/damaged_views_test.cpp - a damaged recording in every view: an error that
// names what is wrong, or what could be read.

#include <algorithm>
#include <cstring>

#include <catch2/catch.hpp>

#include "bindings/random.hpp"
#include "tests/host/command/support.hpp"
#include "tests/host/recording/story.hpp"
#include "tools/recorder/recorder.hpp"
#include "tools/verifier/verify.hpp"
#include "tools/viewer/walk.hpp"

using namespace story;
using viewer::Format;

namespace {

std::string story_file(const std::string& path, const Recording& told = correct_story()) {
    recorder::Summary summary;
    std::string error;
    REQUIRE(recorder::drain(region_of(told, 77), told.facts, path, summary, error));
    return bytes_of(path);
}

// `exo` shows the damaged file in every view; each says so, and how much could be read.
void check_exo(const std::string& path, const std::string& warning) {
    const std::string out = temporary("damaged-view-out");
    for (const std::vector<std::string>& words :
         std::vector<std::vector<std::string>>{{"walk"},
                                               {"walk", "--format", "ostep"},
                                               {"walk", "--format", "json"},
                                               {"walk", "--format", "html", "-o", out},
                                               {"walk", "--format", "perfetto", "-o", out},
                                               {"walk", "--fault", "1"},
                                               {"walk", "--fault", "1", "--format", "json"},
                                               {"walk", "--revocation", "1"},
                                               {"verify"},
                                               {"verify", "--json"}}) {
        std::vector<std::string> all = words;
        all.push_back(path);
        const command_test::Ran ran = command_test::exo(all);
        CAPTURE(words, ran.errors, ran.output);
        CHECK(ran.code == (words[0] == "verify" ? 1 : 0));
        CHECK_THAT(ran.errors, Catch::StartsWith("exo: ") && Catch::Contains(warning) &&
                                   Catch::Contains(" records"));
        if (words[0] == "walk") // one warning, on one line
            CHECK(std::ranges::count(ran.errors, '\n') == 1);
        if (words.back() == "json")
            CHECK_THAT(ran.output,
                       Catch::Contains("\"complete\":false") && Catch::Contains("\"notes\":[\""));
    }
}

// Every view gives a text or says why not, and ends.
void check_views(const Recording& recording) {
    for (const Format format : {Format::text, Format::ostep, Format::pg32, Format::json,
                                Format::html, Format::perfetto}) {
        std::string error;
        const std::string text = viewer::walk(
            recording,
            {.format = format, .instructions_per_record = 24, .sources = FAULTLINE_SOURCE}, error);
        CHECK(text.empty() != error.empty());
        const std::string fault = viewer::walk(recording, {.fault = 2, .format = format}, error);
        CHECK_FALSE((fault.empty() && error.empty()));
    }
    verifier::verify(recording);
}

} // namespace

TEST_CASE("a recording that is cut off is shown in every view, and each says so",
          "[recording][damaged]") {
    const std::string path = temporary("cut-view");
    const std::string whole = story_file(path);
    std::size_t shown = 0;
    for (std::size_t length = 0; length < whole.size(); length += 1009) {
        CAPTURE(length);
        write_bytes(path, whole.substr(0, length));
        std::string error;
        const auto recording = recording::load(path, error);
        if (!recording) {
            CHECK_FALSE(error.empty());
            continue;
        }
        ++shown;
        CHECK_FALSE(recording->complete);
        check_views(*recording);
        std::string none;
        CHECK_THAT(viewer::walk(*recording, {}, none), Catch::Contains("Note: the end"));
        CHECK_THAT(viewer::walk(*recording, {.format = Format::html}, none),
                   Catch::Contains("the end of the recording is missing"));
        CHECK_THAT(viewer::walk(*recording, {.format = Format::json}, none),
                   Catch::Contains("\"complete\":false"));
    }
    CHECK(shown > 5);
}

TEST_CASE("no damage to a recording makes a view fail", "[recording][damaged]") {
    const std::string path = temporary("damaged-view");
    const std::string whole = story_file(path);
    bindings::Random random{7};
    std::size_t shown = 0;
    for (int round = 0; round < 150; ++round) {
        CAPTURE(round);
        std::string damaged = whole;
        for (int flips = 0; flips <= round % 7; ++flips) {
            const std::size_t at = random.below(damaged.size() / 8) * 8;
            const std::uint64_t value = round % 2 == 0 ? ~0ull : random.next();
            std::memcpy(&damaged[at], &value, sizeof value);
        }
        write_bytes(path, damaged);
        std::string error;
        const auto recording = recording::load(path, error);
        CHECK((recording || !error.empty()));
        if (!recording)
            continue;
        ++shown;
        check_views(*recording);
    }
    CHECK(shown > 50);
}

TEST_CASE("every view of a recording with flipped bits names the damage on stderr",
          "[recording][damaged][command]") {
    const std::string path = temporary("flipped");
    std::string damaged = story_file(path, revocation_story());
    // Bits of addresses and values, so that what is told of stays; 200 of them.
    std::string error;
    const auto whole = recording::load(path, error);
    REQUIRE(whole);
    const std::vector<abi::Record> records = records_of(*whole, 0, 0);
    const std::size_t begin = damaged.find(std::string(
        reinterpret_cast<const char*>(records.data()), records.size() * sizeof(abi::Record)));
    REQUIRE(begin != std::string::npos);
    bindings::Random random{5};
    for (int flips = 0; flips < 200; ++flips) {
        const std::size_t record = random.below(records.size()) * sizeof(abi::Record);
        char& byte = damaged[begin + record + 28 + random.below(4)];
        byte = static_cast<char>(byte ^ (1 << random.below(8)));
    }
    write_bytes(path, damaged);
    check_exo(path, "the recording is damaged in 1 of its ");
}

TEST_CASE("every view of a recording that lacks its end says so on stderr",
          "[recording][damaged][command]") {
    const std::string path = temporary("halved");
    const std::string whole = story_file(path, revocation_story());
    const auto last = whole.rfind(std::string("\x50\x00", 2)); // anywhere in the last chunk
    REQUIRE(last != std::string::npos);
    write_bytes(path, whole.substr(0, whole.size() - 200));
    check_exo(path, "the end of the recording is missing");
}

TEST_CASE("every view of a recording with flagged records says so on stderr",
          "[recording][damaged][command]") {
    const std::string path = temporary("flagged");
    std::vector<std::byte> region = region_of(revocation_story(), 77);
    abi::Record* const records = ring_records_of(region, 1);
    int next = 1; // the first record of the second event
    while (records[next].kind >> abi::record_follow_shift != 0)
        ++next;
    for (const int record : {0, next})
        records[record].environment = 9;
    recorder::Summary summary;
    std::string error;
    REQUIRE(recorder::drain(region, revocation_story().facts, path, summary, error));
    for (const char* const format : {"text", "ostep", "json"}) {
        const command_test::Ran ran = command_test::exo({"walk", "--format", format, path});
        CAPTURE(format, ran.errors);
        CHECK(ran.code == 0);
        CHECK_THAT(ran.errors,
                   Catch::Contains("flagged: record 0 of ring 1: a libOS wrote an event in the "
                                   "name of another environment; ") &&
                       Catch::Contains(" flags in all, `exo verify` names them"));
    }
}
