// tests/host/recording/damaged_views_test.cpp - a damaged recording in every view: an error that
// names what is wrong, or what could be read.

#include <cstring>

#include <catch2/catch.hpp>

#include "bindings/random.hpp"
#include "tests/host/recording/story.hpp"
#include "tools/recorder/recorder.hpp"
#include "tools/verifier/verify.hpp"
#include "tools/viewer/walk.hpp"

using namespace story;
using viewer::Format;

namespace {

std::string story_file(const std::string& path) {
    recorder::Summary summary;
    std::string error;
    const Recording told = correct_story();
    REQUIRE(recorder::drain(region_of(told, 77), told.facts, path, summary, error));
    return bytes_of(path);
}

// Every view gives a text or says why not, and ends.
void check_views(const Recording& recording) {
    for (const Format format :
         {Format::text, Format::ostep, Format::json, Format::html, Format::perfetto}) {
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
