// tests/host/booted/determinism_test.cpp - equal input gives byte-identical recordings.

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

#include "bindings/abi/event.hpp"
#include "tests/host/booted/guest.hpp"
#include "tools/recording_file/recording.hpp"

using booted::boot;
using booted::Guest;
using command_test::content_of;
using command_test::Scratch;

namespace {

// The most transfers that were in flight at once, as the exokernel counted them.
std::uint64_t most_in_flight(const std::filesystem::path& file) {
    std::string error;
    const auto recording = recording::load(file.string(), error);
    REQUIRE(recording);
    constexpr std::size_t in_flight = 7; // field of io_submitted
    std::uint64_t most = 0;
    for (const recording::Event& event : recording->events)
        if (event.kind == static_cast<std::uint16_t>(abi::Event::io_submitted))
            most = std::max(most, event.payload[in_flight]);
    return most;
}

// `runs` runs of scan with 8 threads that write, the dirty pages going out together at the end: all
// recordings equal the first, byte for byte. Every other run has a disk that is throttled, if
// `throttled`.
void equal_recordings(int runs, bool throttled) {
    const Scratch scratch;
    std::string first;
    for (int run = 0; run < runs; ++run) {
        std::vector<std::string> words{"scan",  "--frames", "64", "--policy",
                                       "clock", "--seed",   "3"};
        if (throttled && run % 2 == 1)
            words.insert(words.end(), {"--throttle", "400"});
        words.insert(words.end(), {"--", "--pattern", "zipf", "--pages", "512", "--passes", "2",
                                   "--threads", "8", "--write"});
        const Guest guest = boot(scratch, "run" + std::to_string(run), words);
        CAPTURE(run, guest.ran.errors);
        REQUIRE(guest.ran.code == 0);
        const std::string recording = content_of(guest.run / "run.faultline");
        REQUIRE(recording.size() > 10000);
        if (first.empty()) {
            first = recording;
            CHECK(most_in_flight(guest.run / "run.faultline") == 32);
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

TEST_CASE("equal runs give byte-identical recordings", "[booted]") { equal_recordings(4, true); }

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
    const Load load;
    equal_recordings(20, true);
}
