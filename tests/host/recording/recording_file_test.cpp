// tests/host/recording/recording_file_test.cpp - the file on disk: raw records in it, readable
// with stock tools, and damaged files that give an error or their readable part.

#include <cstdlib>
#include <cstring>
#include <fstream>

#include <catch2/catch.hpp>

#include "bindings/random.hpp"
#include "tests/host/recording/story.hpp"
#include "tools/recorder/recorder.hpp"
#include "tools/recording_file/writer.hpp"

using namespace story;

namespace {

// The file of the correct story.
std::string drained(const std::string& name) {
    const std::string path = temporary(name);
    recorder::Summary summary;
    std::string error;
    const Recording told = correct_story();
    REQUIRE(recorder::drain(region_of(told, 77), told.facts, path, summary, error));
    return path;
}

std::string error_of(const std::string& path) {
    std::string error;
    CHECK_FALSE(recording::load(path, error));
    return error;
}

int capnp(const std::string& arguments) { return std::system(("capnp " + arguments).c_str()); }

const std::string schema = FAULTLINE_SOURCE "/bindings/schemas/recording.capnp";

} // namespace

TEST_CASE("a chunk holds the records byte for byte", "[recording][file]") {
    const std::string bytes = bytes_of(drained("raw"));
    for (std::uint32_t ring = 0; ring < 2; ++ring) {
        const std::vector<abi::Record> records = records_of(correct_story(), ring, 0);
        const std::string raw(reinterpret_cast<const char*>(records.data()),
                              records.size() * sizeof(abi::Record));
        const std::size_t at = bytes.find(raw);
        CHECK(at != std::string::npos);
        CHECK(at % 8 == 0);
    }
}

TEST_CASE("stock capnp decodes a recording and writes it back the same", "[recording][file]") {
    const std::string path = drained("stock");
    REQUIRE(capnp("decode " + schema + " Message < " + path + " > " + path + ".txt") == 0);
    const std::string text = bytes_of(path + ".txt");
    CHECK_THAT(text, Catch::Contains("faultline recording") && Catch::Contains("outcome = ended") &&
                         Catch::Contains("origin = libos") && Catch::Contains("(key = \"policy\""));
    REQUIRE(capnp("encode " + schema + " Message < " + path + ".txt > " + path + ".again") == 0);
    std::string error;
    const auto one = recording::load(path, error), again = recording::load(path + ".again", error);
    REQUIRE(one);
    REQUIRE(again);
    CHECK(again->complete);
    REQUIRE(again->events.size() == one->events.size());
    for (std::size_t i = 0; i < one->events.size(); ++i)
        CHECK(again->events[i].payload == one->events[i].payload);
    REQUIRE(capnp("convert binary:json " + schema + " Message < " + path + " > " + path +
                  ".json") == 0);
    CHECK_THAT(bytes_of(path + ".json"), Catch::Contains("\"format\": \"faultline recording\""));
}

TEST_CASE("a file that is cut off anywhere gives its whole chunks, or says what it is not",
          "[recording][file]") {
    const std::string bytes = bytes_of(drained("whole"));
    const std::string path = temporary("cut");
    std::string error;
    std::size_t most = 0;
    bool readable = false;
    for (std::size_t length = 0; length < bytes.size(); length += length < 600 ? 1 : 97) {
        write_bytes(path, bytes.substr(0, length));
        error.clear();
        const auto loaded = recording::load(path, error);
        INFO("cut at " << length << ": " << error);
        CHECK(loaded.has_value() == error.empty());
        if (!loaded) {
            CHECK_FALSE(readable);
            continue;
        }
        readable = true;
        CHECK_FALSE(loaded->complete);
        REQUIRE(loaded->notes.size() == 1);
        CHECK_THAT(loaded->notes[0], Catch::Contains("is missing"));
        CHECK(loaded->flags.empty());
        CHECK(loaded->events.size() >= most);
        most = loaded->events.size();
    }
    CHECK(readable);
    CHECK(most > 50);
}

TEST_CASE("files that are no recording are refused by name", "[recording][file]") {
    const std::string path = temporary("foreign");
    CHECK_THAT(error_of("/nonexistent/file"),
               Catch::Contains("/nonexistent/file") && Catch::Contains("No such file"));
    CHECK_THAT(error_of("/tmp"), Catch::Contains("directory"));
    write_bytes(path, "");
    CHECK_THAT(error_of(path), Catch::Contains("is empty"));
    for (const std::string& content :
         {std::string("#!/bin/sh\necho a script, not a recording\n"), std::string(100'000, '\0'),
          std::string(64, '\xff'), std::string("\0\0\0\0\2\0\0\0", 8) + std::string(16, '\0')}) {
        write_bytes(path, content);
        CHECK_THAT(error_of(path), Catch::Contains("is not a recording"));
    }
}

TEST_CASE("a recording of a newer version is refused, with both versions named",
          "[recording][file]") {
    const std::string path = temporary("newer");
    recording::Header header;
    header.version = recording::format_version + 1;
    recording::Writer writer(path, header);
    std::string error;
    REQUIRE(writer.finish({}, error));
    CHECK_THAT(error_of(path), Catch::Contains("newer") && Catch::Contains("format 3") &&
                                   Catch::Contains("up to 2"));
}

TEST_CASE("a recording of an older version is refused, with both versions named",
          "[recording][file]") {
    const std::string path = temporary("older");
    recording::Header header;
    header.version = recording::format_version - 1;
    recording::Writer writer(path, header);
    std::string error;
    REQUIRE(writer.finish({}, error));
    CHECK_THAT(error_of(path), Catch::Contains("older") && Catch::Contains("format 1") &&
                                   Catch::Contains("reads 2"));
}

TEST_CASE("a damaged recording gives what lies before the damage", "[recording][file]") {
    const std::string path = temporary("damaged");
    const std::vector<abi::Record> records = records_of(correct_story(), 0, 0);
    const auto write = [&](std::uint64_t second_first, std::uint64_t lost) {
        recording::Header header;
        header.rings = {{abi::RingOrigin::kernel, 0, 20, 0}};
        recording::Writer writer(path, header);
        writer.chunk(0, 0, 0, records.data(), 10);
        writer.chunk(0, second_first, lost, records.data() + 10, 10);
        std::string error;
        REQUIRE(writer.finish({}, error));
        auto loaded = recording::load(path, error);
        REQUIRE(loaded);
        return *loaded;
    };
    CHECK(write(10, 0).complete);
    const Recording gap = write(15, 0); // five records are missing and nobody says so
    CHECK_FALSE(gap.complete);
    CHECK_THAT(gap.notes.at(0), Catch::Contains("damaged after 1 chunks"));
    CHECK_FALSE(gap.events.empty());
    CHECK(write(15, 5).notes.at(0).find("ring 0 has 25 records") == 0);
}

TEST_CASE("a single flipped bit is named, and where", "[recording][file]") {
    const std::string bytes = bytes_of(drained("sound"));
    const std::string path = temporary("flipped-bit");
    const auto notes_with = [&](std::size_t at, int bit) {
        std::string changed = bytes;
        changed[at] = static_cast<char>(changed[at] ^ 1 << bit);
        write_bytes(path, changed);
        std::string error;
        const auto loaded = recording::load(path, error);
        REQUIRE(loaded);
        CHECK_FALSE(loaded->complete);
        REQUIRE_FALSE(loaded->notes.empty());
        return loaded->notes[0];
    };
    const std::vector<abi::Record> records = records_of(correct_story(), 0, 0);
    const std::string raw(reinterpret_cast<const char*>(records.data()),
                          records.size() * sizeof(abi::Record));
    const std::size_t begin = bytes.find(raw);
    REQUIRE(begin != std::string::npos);
    for (std::size_t bit = 0; bit < 8 * raw.size(); bit += 61)
        CHECK_THAT(notes_with(begin + bit / 8, static_cast<int>(bit % 8)),
                   Catch::Contains("damaged in 1 of its 2 chunks, first in chunk 1, records 0 to " +
                                   std::to_string(records.size() - 1) + " of ring 0"));
    CHECK_THAT(notes_with(bytes.find("policy"), 0), Catch::Contains("the header of the recording"));
}

TEST_CASE("a recording that somebody else made moves no cursor", "[recording][file]") {
    const std::string path = temporary("controls");
    recording::Header header;
    header.facts = {{"app", "\x1b[2J\xc2\x9b"
                            "1m\x7f \xc3\xa4"}};
    std::string error;
    REQUIRE(recording::Writer(path, header).finish({}, error));
    const auto loaded = recording::load(path, error);
    REQUIRE(loaded);
    CHECK(recording::fact(*loaded, "app") == "?[2J\xc2?1m? \xc3\xa4");
}

TEST_CASE("no damage to a file can make the reader fail", "[recording][file]") {
    const std::string bytes = bytes_of(drained("good"));
    const std::string path = temporary("fuzzed");
    bindings::Random random(3);
    std::size_t refused = 0, kept = 0;
    for (int round = 0; round < 1500; ++round) {
        std::string changed = bytes;
        const std::uint64_t changes = 1 + random.below(8);
        for (std::uint64_t i = 0; i < changes; ++i) // half of them where the pointers are
            changed[random.below(random.below(2) == 0 ? 1200 : changed.size())] =
                static_cast<char>(random.next());
        write_bytes(path, changed);
        std::string error;
        const auto loaded = recording::load(path, error);
        CHECK(loaded.has_value() == error.empty());
        ++(loaded ? kept : refused);
    }
    CHECK(refused > 100);
    CHECK(kept > 100);
}

TEST_CASE("a recording that cannot be written says which file and why", "[recording][file]") {
    recording::Writer writer("/nonexistent/folder/recording", {});
    std::string error;
    CHECK_FALSE(writer.finish({}, error));
    CHECK_THAT(error,
               Catch::Contains("/nonexistent/folder/recording") && Catch::Contains("No such file"));
    if (std::ifstream("/dev/full").good()) {
        recording::Writer full("/dev/full", {});
        CHECK_FALSE(full.finish({}, error));
        CHECK_THAT(error, Catch::Contains("No space"));
    }
}

TEST_CASE("environments that were started without a ring are named", "[recording][file]") {
    const std::string path = temporary("ringless");
    recording::Header header;
    header.rings = {{abi::RingOrigin::kernel, 0, 0, 0}, {abi::RingOrigin::libos, 1, 0, 0}};
    const auto notes_of = [&](std::initializer_list<std::uint64_t> started) {
        std::vector<abi::Record> facts;
        for (const std::uint64_t environment : started)
            facts.push_back(
                {5, 1, 0, static_cast<std::uint16_t>(Kind::environment_started), environment, 0});
        header.rings[0].records = facts.size();
        recording::Writer writer(path, header);
        writer.chunk(0, 0, 0, facts.data(), facts.size());
        std::string error;
        REQUIRE(writer.finish({}, error));
        const auto loaded = recording::load(path, error);
        REQUIRE(loaded);
        CHECK(loaded->complete);
        return loaded->notes;
    };
    CHECK(notes_of({1}).empty());
    const auto one = notes_of({1, 33});
    REQUIRE(one.size() == 1);
    CHECK_THAT(one[0], Catch::Contains("environment 33 was started without a recording ring"));
    const auto three = notes_of({1, 33, 35, 40});
    REQUIRE(three.size() == 1);
    CHECK_THAT(three[0], Catch::Contains("3 environments, the first of them 33, were started"));
}

TEST_CASE("rings are merged by time, and the kernel comes first on a tie", "[recording][file]") {
    const std::string path = temporary("merged");
    recording::Header header;
    header.rings = {{abi::RingOrigin::libos, 1, 2, 0}, {abi::RingOrigin::kernel, 0, 3, 0}};
    const auto at = [](std::uint64_t time, Kind kind) {
        return abi::Record{time, 1, 0, static_cast<std::uint16_t>(kind), 0, 0};
    };
    const abi::Record claims[] = {at(5, Kind::zero_filled), at(9, Kind::zero_filled)};
    const abi::Record facts[] = {at(5, Kind::idle), at(5, Kind::idle), at(7, Kind::idle)};
    recording::Writer writer(path, header);
    writer.chunk(0, 0, 0, claims, 2);
    writer.chunk(1, 0, 0, facts, 3);
    std::string error;
    REQUIRE(writer.finish({}, error));
    const auto loaded = recording::load(path, error);
    REQUIRE(loaded);
    std::string order;
    for (const Event& event : loaded->events)
        order += (event.claim ? 'c' : 'k') + std::to_string(event.time) + " ";
    CHECK(order == "k5 k5 c5 k7 c9 ");
}
