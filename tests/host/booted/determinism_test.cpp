// tests/host/booted/determinism_test.cpp - equal input gives byte-identical recordings.

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <map>
#include <set>
#include <thread>

#include "bindings/abi/event.hpp"
#include "bindings/abi/io_ring.hpp"
#include "tests/host/booted/guest.hpp"
#include "tools/command/boot_image.hpp"
#include "tools/recording_file/recording.hpp"

using booted::boot;
using booted::Guest;
using command_test::content_of;
using command_test::Scratch;

namespace {

// The most reads that were in flight at once, by the recording.
std::size_t most_reads_in_flight(const std::filesystem::path& file) {
    std::string error;
    const auto recording = recording::load(file.string(), error);
    REQUIRE(recording);
    std::set<std::uint64_t> in_flight; // requests
    std::size_t most = 0;
    for (const recording::Event& event : recording->events) {
        if (event.kind == static_cast<std::uint16_t>(abi::Event::io_completed))
            in_flight.erase(event.payload[0]);
        if (event.kind == static_cast<std::uint16_t>(abi::Event::io_submitted) &&
            event.payload[1] == static_cast<std::uint64_t>(abi::IoOperation::read))
            most = std::max(most, in_flight.insert(event.payload[0]).second ? in_flight.size() : 0);
    }
    return most;
}

// The most requests that were in flight at once while `threads` threads had faulted and were to
// fault again, by the recording.
std::size_t most_in_flight_among(std::size_t threads, const std::filesystem::path& file) {
    std::string error;
    const auto recording = recording::load(file.string(), error);
    REQUIRE(recording);
    std::map<std::uint64_t, std::pair<std::size_t, std::size_t>> faulting; // first, last event
    for (std::size_t i = 0; i < recording->events.size(); ++i)
        if (const recording::Event& event = recording->events[i];
            event.kind == static_cast<std::uint16_t>(abi::Event::fault_seen))
            faulting.try_emplace(event.payload[1], i, i).first->second.second = i;
    REQUIRE(faulting.size() == threads);
    std::set<std::uint64_t> in_flight; // requests
    std::size_t most = 0;
    for (std::size_t i = 0; i < recording->events.size(); ++i) {
        const recording::Event& event = recording->events[i];
        if (event.kind == static_cast<std::uint16_t>(abi::Event::io_completed))
            in_flight.erase(event.payload[0]);
        if (event.kind == static_cast<std::uint16_t>(abi::Event::io_submitted))
            in_flight.insert(event.payload[0]);
        if (std::ranges::all_of(faulting, [&](const auto& thread) {
                return thread.second.first < i && i < thread.second.second;
            }))
            most = std::max(most, in_flight.size());
    }
    return most;
}

using Words = std::vector<std::string>;

// 32 threads that read, each with a read of its own in flight: the disk takes its time, longer than
// 32 faults.
Words readers(const Scratch& scratch) {
    const std::string program = FAULTLINE_BUILD "/tests/guests/readers";
    Words words{"scan", "--program", program, "--frames", "96", "--seed", "3"};
    const Guest plain = boot(scratch, "plain", words);
    CAPTURE(plain.ran.errors);
    REQUIRE(plain.ran.code == 0);
    const std::string manifest = content_of(plain.run / "config") + "service_time=200000\n";
    const auto archive = scratch.file(
        "archive.tar", *command::bootable_archive(
                           manifest, {{"scan", command::loadable_part(content_of(program))}}));
    words.insert(words.end(), {"--archive", archive.string()});
    return words;
}

// All recordings equal the first, byte for byte. Every other run has a disk that is throttled.
template <class Check>
void equal_recordings(const Scratch& scratch, int runs, const Words& workload, Check check) {
    std::string first;
    for (int run = 0; run < runs; ++run) {
        Words words = workload;
        if (run % 2 == 1)
            words.insert(words.begin() + 1, {"--throttle", "400"});
        const Guest guest = boot(scratch, "run" + std::to_string(run), words);
        CAPTURE(run, guest.ran.errors);
        REQUIRE(guest.ran.code == 0);
        const std::string recording = content_of(guest.run / "run.faultline");
        REQUIRE(recording.size() > 10000);
        if (first.empty()) {
            first = recording;
            check(guest.run / "run.faultline");
        }
        CHECK((recording == first)); // not shown: megabytes
        std::filesystem::remove_all(guest.run);
    }
}

// Keeps the host's processors busy while it lives.
class Load {
public:
    Load() {
        for (int i = 0; i < 4; ++i)
            threads_.emplace_back([this] {
                while (!stop_.load(std::memory_order_relaxed)) {
                }
            });
    }
    ~Load() {
        stop_ = true;
        for (std::thread& thread : threads_)
            thread.join();
    }
    Load(const Load&) = delete;
    Load& operator=(const Load&) = delete;

private:
    std::atomic<bool> stop_ = false;
    std::vector<std::thread> threads_;
};

} // namespace

TEST_CASE("another seed gives another recording", "[booted]") {
    const Scratch scratch;
    std::string hashes[2];
    for (const int seed : {0, 1}) {
        const Guest guest = boot(scratch, std::to_string(seed),
                                 {"scan", "--frames", "64", "--seed", std::to_string(seed + 1),
                                  "--", "--pattern", "uniform", "--pages", "256", "--passes", "1"});
        CHECK(guest.ran.code == 0);
        hashes[seed] = guest.text("victims_hash");
    }
    CHECK(hashes[0] != hashes[1]);
}

TEST_CASE("20 of 20 recordings are equal on a loaded host with a throttled disk",
          "[booted][long]") {
    const Scratch scratch;
    SECTION("of 32 threads, each with a read in flight") {
        const Words workload = readers(scratch);
        const Load load;
        equal_recordings(scratch, 20, workload,
                         [](const auto& file) { CHECK(most_reads_in_flight(file) == 32); });
    }
    SECTION("of 8 threads with 32 requests in flight") {
        const Words workload{"scan",     "--program", FAULTLINE_BUILD "/tests/guests/readers",
                             "--frames", "96",        "--seed",
                             "3",        "--",        "8"};
        const Load load;
        equal_recordings(scratch, 20, workload,
                         [](const auto& file) { CHECK(most_in_flight_among(8, file) == 32); });
    }
}
