// tests/host/recording/recorder_test.cpp - draining a region: what comes out is what went in, and
// what cannot be right is flagged and harms nobody.

#include <algorithm>
#include <atomic>
#include <thread>

#include <catch2/catch.hpp>

#include "bindings/random.hpp"
#include "tests/host/recording/story.hpp"
#include "tools/recorder/recorder.hpp"
#include "tools/verifier/verify.hpp"
#include "tools/viewer/walk.hpp"

using namespace story;
using recording::Reason;

namespace {

constexpr std::uint64_t entry = 123'456;

// Drains and loads; fails the test if either does.
Recording through_file(std::span<const std::byte> region, recorder::Summary& summary) {
    const std::string path = temporary("drained");
    std::string error;
    REQUIRE(recorder::drain(region, correct_story().facts, path, summary, error));
    const auto loaded = recording::load(path, error);
    INFO(error);
    REQUIRE(loaded);
    return *loaded;
}

bool same(const Event& one, const Event& other) {
    return one.sequence == other.sequence && one.time == other.time &&
           one.environment == other.environment && one.processor == other.processor &&
           one.kind == other.kind && one.ring == other.ring && one.claim == other.claim &&
           one.words == other.words && one.payload == other.payload;
}

bool flagged(const std::vector<recording::Flag>& flags, Reason reason) {
    return std::ranges::find(flags, reason, &recording::Flag::reason) != flags.end();
}

struct Hostile {
    Reason reason;
    const char* how;
    void (*changes)(std::vector<std::byte>&);
};

const Hostile hostile[] = {
    {Reason::ring_outside_region, "a ring begins behind the region",
     [](auto& region) { header_of(region).rings[1].offset = 1u << 30; }},
    {Reason::ring_outside_region, "a ring begins in the header",
     [](auto& region) { header_of(region).rings[1].offset = 64; }},
    {Reason::ring_outside_region, "a ring's end wraps around",
     [](auto& region) { header_of(region).rings[1].capacity = ~0ull / 32; }},
    {Reason::ring_outside_region, "there are more rings than descriptors",
     [](auto& region) { header_of(region).ring_count = ~0u; }},
    {Reason::ring_of_unknown_origin, "a ring is of no known origin",
     [](auto& region) { header_of(region).rings[1].origin = static_cast<abi::RingOrigin>(9); }},
    {Reason::rings_overlap, "a libOS ring covers the kernel's",
     [](auto& region) { header_of(region).rings[1].offset = header_of(region).rings[0].offset; }},
    {Reason::head_beyond_capacity, "the head is beyond the ring",
     [](auto& region) { ring_header_of(region, 1).head = ~0ull; }},
    {Reason::forged_kernel_event, "a libOS writes a page fault",
     [](auto& region) {
         ring_records_of(region, 1)[0].kind = static_cast<std::uint16_t>(Kind::page_fault);
     }},
    {Reason::claim_in_kernel_ring, "the kernel writes a victim",
     [](auto& region) {
         ring_records_of(region, 0)[0].kind = static_cast<std::uint16_t>(Kind::victim_chosen);
     }},
    {Reason::foreign_environment, "a libOS writes in another one's name",
     [](auto& region) { ring_records_of(region, 1)[0].environment = 2; }},
    {Reason::foreign_processor, "a libOS names a processor that there is not",
     [](auto& region) { ring_records_of(region, 1)[0].processor = 7; }},
    {Reason::foreign_processor, "a kernel ring names another processor",
     [](auto& region) { ring_records_of(region, 0)[0].processor = 7; }},
    {Reason::time_ran_backwards, "time runs backwards",
     [](auto& region) { ring_records_of(region, 0)[0].time += 1u << 20; }},
    {Reason::time_before_entry, "an event is older than the kernel",
     [](auto& region) { ring_records_of(region, 1)[0].time = 5; }},
    {Reason::unknown_kind, "a kind that nobody knows",
     [](auto& region) { ring_records_of(region, 1)[0].kind = 0xbad; }},
    {Reason::broken_event, "the records of an event are swapped",
     [](auto& region) {
         const auto* records = ring_records_of(region, 1);
         const std::uint64_t count = ring_header_of(region, 1).head;
         for (std::uint64_t i = 0; i + 1 < count; ++i)
             if (records[i + 1].kind >> abi::record_follow_shift == 1)
                 return std::swap(ring_records_of(region, 1)[i], ring_records_of(region, 1)[i + 1]);
     }},
    {Reason::broken_event, "the last event is not whole",
     [](auto& region) {
         auto& head = ring_header_of(region, 0).head;
         while (ring_records_of(region, 0)[head - 1].kind >> abi::record_follow_shift == 0)
             --head;
         --head;
     }},
    {Reason::impossible_result, "the outcome is none of those that there are",
     [](auto& region) { header_of(region).result.outcome = static_cast<abi::Outcome>(77); }},
};

} // namespace

TEST_CASE("what the recorder drains is what the guest recorded, at relative times",
          "[recording][recorder]") {
    const Recording told = correct_story();
    recorder::Summary summary;
    const Recording loaded = through_file(region_of(told, entry), summary);
    REQUIRE(loaded.events.size() == told.events.size());
    for (std::size_t i = 0; i < told.events.size(); ++i) {
        INFO("event " << i);
        CHECK(same(loaded.events[i], told.events[i]));
    }
    CHECK(loaded.facts == told.facts);
    CHECK(loaded.flags.empty());
    CHECK(summary.flags.empty());
    CHECK(loaded.notes.empty());
    CHECK(loaded.complete);
    CHECK(loaded.result.outcome == abi::Outcome::ended);
    CHECK(loaded.result.ticks_at_entry == 0);
    CHECK(loaded.result.ticks_at_end == told.result.ticks_at_end);
    CHECK(summary.records == told.rings[0].records + told.rings[1].records);
    CHECK(verifier::verify(loaded).empty());
}

TEST_CASE("equal runs give equal files, however long the firmware took", "[recording][recorder]") {
    const Recording told = correct_story();
    recorder::Summary summary;
    std::string error;
    const std::string one = temporary("one"), other = temporary("other");
    REQUIRE(recorder::drain(region_of(told, 1000), told.facts, one, summary, error));
    REQUIRE(recorder::drain(region_of(told, 999'999), told.facts, other, summary, error));
    CHECK(bytes_of(one) == bytes_of(other));
    CHECK_FALSE(bytes_of(one).empty());
}

TEST_CASE("what cannot be right is flagged, in the summary and in the file",
          "[recording][recorder]") {
    for (const Hostile& each : hostile) {
        INFO(each.how);
        std::vector<std::byte> region = region_of(correct_story(), entry);
        each.changes(region);
        recorder::Summary summary;
        const Recording loaded = through_file(region, summary);
        CHECK(flagged(summary.flags, each.reason));
        CHECK(flagged(loaded.flags, each.reason));
        const bool told = std::ranges::all_of(summary.flags, [&](const recording::Flag& flag) {
            return std::ranges::find(loaded.flags, flag) != loaded.flags.end();
        });
        CHECK(told);
        CHECK_FALSE(verifier::verify(loaded).empty());
    }
}

TEST_CASE("a libOS cannot choose its origin", "[recording][recorder]") {
    std::vector<std::byte> region = region_of(correct_story(), entry);
    abi::Record& record = ring_records_of(region, 1)[0];
    record.environment = 2;
    record.kind = static_cast<std::uint16_t>(Kind::frame_released);
    recorder::Summary summary;
    const Recording loaded = through_file(region, summary);
    const auto forged = std::ranges::find(
        loaded.events, static_cast<std::uint16_t>(Kind::frame_released), &Event::kind);
    REQUIRE(forged != loaded.events.end());
    CHECK(forged->claim);
    CHECK(forged->environment == 1);
    const auto violations = verifier::verify(loaded);
    CHECK(std::ranges::find(violations, std::string("origin-not-forged"),
                            &verifier::Violation::rule) != violations.end());
}

TEST_CASE("a region that is none gives an error that says why and what to do",
          "[recording][recorder]") {
    recorder::Summary summary;
    std::string error;
    const auto refused = [&](const std::vector<std::byte>& region) {
        error.clear();
        CHECK_FALSE(recorder::drain(region, {}, temporary("refused"), summary, error));
        return error;
    };
    CHECK_THAT(refused(std::vector<std::byte>(100)), Catch::Contains("has 100 bytes"));
    CHECK_THAT(refused(std::vector<std::byte>(8192)), Catch::Contains("never set up"));
    std::vector<std::byte> region = region_of(correct_story(), entry);
    header_of(region).version = 9;
    CHECK_THAT(refused(region), Catch::Contains("version 9"));
    CHECK_FALSE(recorder::drain("/nonexistent/region", {}, temporary("x"), summary, error));
    CHECK_THAT(error, Catch::Contains("/nonexistent/region") && Catch::Contains("No such file"));
    region = region_of(correct_story(), entry);
    CHECK_FALSE(recorder::drain(region, {}, "/nonexistent/out", summary, error));
    CHECK_THAT(error, Catch::Contains("/nonexistent/out"));
    write_bytes(temporary("empty-region"), "");
    CHECK_FALSE(recorder::drain(temporary("empty-region"), {}, temporary("x"), summary, error));
    CHECK_THAT(error, Catch::Contains("empty"));
}

TEST_CASE("the result of a run is read from its region", "[recording][recorder]") {
    std::vector<std::byte> region = region_of(correct_story(), entry);
    header_of(region).result.status = 42;
    std::fill_n(header_of(region).result.message, sizeof(abi::RunResult::message), 'x');
    const std::string path = temporary("region");
    write_bytes(path, {reinterpret_cast<const char*>(region.data()), region.size()});
    std::string error;
    const abi::RunResult result = recorder::read_result(path, &error);
    CHECK(result.outcome == abi::Outcome::ended);
    CHECK(result.status == 42);
    CHECK(result.ticks_at_entry == entry);
    CHECK(std::string(result.message).size() == sizeof(abi::RunResult::message) - 1);
    CHECK(error.empty());
    CHECK(recorder::read_result("/nonexistent/region", &error).outcome == abi::Outcome::none);
    CHECK_FALSE(error.empty());
}

TEST_CASE("what did not fit into a recording is told by its rings", "[recording][recorder]") {
    std::vector<std::byte> region = region_of(correct_story(), entry);
    const std::string path = temporary("lost");
    const auto lost = [&] {
        write_bytes(path, {reinterpret_cast<const char*>(region.data()), region.size()});
        return recorder::lost_records(path);
    };
    CHECK(lost() == 0);
    ring_header_of(region, 0).lost = 2;
    ring_header_of(region, 1).lost = 3;
    CHECK(lost() == 5);
    header_of(region).magic = 0;
    CHECK(lost() == 0);
    CHECK(recorder::lost_records("/nonexistent/region") == 0);
}

TEST_CASE("indices that move while the ring is drained are noticed and not followed",
          "[recording][recorder]") {
    std::vector<std::byte> region = region_of(correct_story(), entry);
    auto* head = reinterpret_cast<std::atomic<std::uint64_t>*>(&ring_header_of(region, 1).head);
    auto* word = reinterpret_cast<std::atomic<std::uint64_t>*>(&ring_records_of(region, 1)[3].time);
    std::atomic<bool> stop = false;
    std::thread guest([&] {
        bindings::Random random(7);
        constexpr std::uint64_t heads[] = {0, 7, 60, 4096, 4097, ~0ull};
        while (!stop) {
            head->store(heads[random.below(std::size(heads))]);
            word->store(random.next());
        }
    });
    bool backwards = false, moved = false, beyond = false;
    for (int i = 0; i < 2000 && !(backwards && moved && beyond); ++i) {
        recorder::Summary summary;
        const Recording loaded = through_file(region, summary);
        backwards = backwards || flagged(summary.flags, Reason::head_ran_backwards);
        moved = moved || flagged(summary.flags, Reason::head_moved_while_draining);
        beyond = beyond || flagged(summary.flags, Reason::head_beyond_capacity);
        CHECK(loaded.rings[1].records <= 4096);
        CHECK(loaded.complete);
    }
    stop = true;
    guest.join();
    CHECK(backwards);
    CHECK(moved);
    CHECK(beyond);
}

TEST_CASE("no region can make recorder, reader, verifier or viewer fail", "[recording][recorder]") {
    bindings::Random random(20);
    const std::vector<std::byte> good = region_of(correct_story(), entry, 512);
    for (int round = 0; round < 400; ++round) {
        std::vector<std::byte> region = good;
        const std::uint64_t changes = 1 + random.below(60);
        for (std::uint64_t i = 0; i < changes; ++i) {
            // Mostly records, sometimes the header behind its magic.
            std::uint64_t at = 12 + random.below(region.size() - 12);
            if (random.below(4) == 0)
                at = 12 + random.below(sizeof(abi::RegionHeader) - 12);
            const std::uint64_t length =
                std::min<std::uint64_t>(1 + random.below(12), region.size() - at);
            for (std::uint64_t n = 0; n < length; ++n)
                region[at + n] =
                    static_cast<std::byte>(random.below(3) == 0 ? 0xff : random.next());
        }
        recorder::Summary summary;
        const Recording loaded = through_file(region, summary);
        verifier::verify(loaded);
        std::string error;
        for (const viewer::Format format :
             {viewer::Format::text, viewer::Format::ostep, viewer::Format::json})
            viewer::walk(loaded, {.format = format}, error);
        viewer::walk(loaded, {.fault = 1}, error);
    }
}
