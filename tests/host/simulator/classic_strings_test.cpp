// tests/host/simulator/classic_strings_test.cpp - how many faults each policy takes on the strings
// of the textbooks: one table for each mode.

#include "tests/host/simulator/support.hpp"

using namespace simulator;
using namespace simulator_test;

namespace {

const ReferenceString belady = string_of({1, 2, 3, 4, 1, 2, 5, 1, 2, 3, 4, 5});
// Silberschatz, Galvin, Gagne, Operating System Concepts; the tenth edition has 0, 3 once more.
const ReferenceString silberschatz =
    string_of({7, 0, 1, 2, 0, 3, 0, 4, 2, 3, 0, 3, 2, 1, 2, 0, 1, 7, 0, 1});
const ReferenceString tenth_edition =
    string_of({7, 0, 1, 2, 0, 3, 0, 4, 2, 3, 0, 3, 0, 3, 2, 1, 2, 0, 1, 7, 0, 1});
const ReferenceString loop = loop_over(65, 100);

struct Known {
    const char* policy;
    std::uint64_t belady3, belady4, silberschatz3, silberschatz4, tenth_edition3, loop64;
};

// In the exact mode a page is mapped with its bit clear, as books and other simulators have it.
constexpr Known exact_mode[] = {
    {"fifo", 9, 10, 15, 10, 15, 6500}, // Belady's anomaly
    {"lru", 10, 8, 12, 8, 12, 6500},
    {"opt", 7, 6, 9, 8, 9, 165},
    {"unopt", 12, 10, 20, 19, 22, 6500},
    {"mru", 7, 6, 16, 12, 18, 165}, // on the loop as few as OPT
    {"lfu", 10, 8, 11, 9, 13, 6500},
    {"clock", 10, 8, 11, 8, 11, 6500},
    {"advised", 10, 8, 11, 8, 11, 6500}, // without advice: clock
    {"sieve", 10, 8, 11, 8, 11, 6500},
    {"arc", 10, 7, 13, 9, 13, 6500},
    {"car", 10, 8, 11, 8, 11, 6500},
    {"2q", 11, 9, 14, 10, 14, 496},
    {"s3-fifo", 10, 10, 14, 8, 14, 616},
    {"clock-pro", 8, 7, 11, 9, 11, 263},
    {"wsclock", 10, 8, 11, 8, 11, 6500},
    {"aging", 9, 10, 15, 10, 15, 6500}, // its first harvest is at fault 16: until then as FIFO
    {"nru", 10, 7, 11, 8, 10, 6500},
    {"random", 10, 7, 17, 9, 17, 260},
};

// In the libOS it is mapped with its bit set, because the faulting instruction is executed again.
constexpr Known hw_mode[] = {
    {"fifo", 9, 10, 15, 10, 15, 6500},
    {"clock", 9, 10, 14, 9, 14, 6500},   // FIFO's anomaly
    {"advised", 9, 10, 14, 9, 14, 6500}, // without advice: clock
    {"sieve", 9, 10, 14, 9, 14, 6500},
    {"car", 10, 10, 11, 8, 11, 6500},
    {"2q", 9, 9, 15, 11, 15, 496},
    {"s3-fifo", 10, 10, 11, 8, 11, 6500},
    {"clock-pro", 8, 7, 11, 9, 11, 263},
    {"wsclock", 9, 10, 14, 9, 14, 6500},
    {"aging", 9, 10, 15, 10, 15, 263}, // what has just come has age 0, and goes
    {"nru", 9, 7, 10, 9, 10, 6500},
    {"mru", 8, 7, 12, 9, 12, 263}, // "used last" is "faulted in last": two faults a round
    {"random", 10, 7, 17, 9, 17, 260},
};

template <class Faults> void check(std::span<const Known> table, Faults faults) {
    for (const Known& known : table) {
        INFO(known.policy);
        CHECK(faults(known.policy, belady, 3) == known.belady3);
        CHECK(faults(known.policy, belady, 4) == known.belady4);
        CHECK(faults(known.policy, silberschatz, 3) == known.silberschatz3);
        CHECK(faults(known.policy, silberschatz, 4) == known.silberschatz4);
        CHECK(faults(known.policy, tenth_edition, 3) == known.tenth_edition3);
        CHECK(faults(known.policy, loop, 64) == known.loop64);
    }
}

} // namespace

TEST_CASE("the strings of the textbooks have their known faults in exact mode", "[simulator]") {
    check(exact_mode, [](const char* policy, const ReferenceString& string, std::uint32_t frames) {
        return exact(policy, string, frames).faults;
    });
}

TEST_CASE("the strings of the textbooks have their known faults in hw mode", "[simulator]") {
    check(hw_mode, [](const char* policy, const ReferenceString& string, std::uint32_t frames) {
        return hardware(policy, string, frames).faults;
    });
}

TEST_CASE("every shipped policy has its line in the tables", "[simulator]") {
    const auto has = [](std::span<const Known> table, std::string_view name) {
        return std::ranges::count(table, name, &Known::policy) == 1;
    };
    for (const char* const both : {"fifo", "clock", "sieve", "car", "aging", "nru", "s3-fifo", "2q",
                                   "clock-pro", "advised", "wsclock", "mru", "random"}) {
        INFO(both);
        CHECK(policy(both).exact != nullptr);
        CHECK(policy(both).hardware != nullptr);
        CHECK((has(exact_mode, both) && has(hw_mode, both)));
    }
    for (const char* const exact_only : {"lru", "opt", "lfu", "arc", "unopt"}) {
        INFO(exact_only);
        CHECK(policy(exact_only).exact != nullptr);
        CHECK(policy(exact_only).hardware == nullptr);
        CHECK(has(exact_mode, exact_only));
    }
}

TEST_CASE("without hits to learn from pages go in FIFO's order", "[simulator]") {
    const ReferenceString no_hits = loop_over(400, 1);
    const std::uint64_t fifo = hardware("fifo", no_hits, 16).victims_hash;
    for (const char* const name : {"clock", "sieve", "car", "nru", "wsclock", "s3-fifo"}) {
        INFO(name);
        CHECK(exact(name, no_hits, 16).victims_hash == fifo);
        CHECK(hardware(name, no_hits, 16).victims_hash == fifo);
    }
    // To aging the bit that the fault itself sets is a use.
    for (const char* const name : {"aging", "lru", "lfu", "arc"}) {
        INFO(name);
        CHECK(exact(name, no_hits, 16).victims_hash == fifo);
    }
}

TEST_CASE("CLOCK-Pro keeps most of a loop that LRU loses", "[simulator]") {
    for (const std::uint32_t pages : {65u, 80u, 100u, 128u}) {
        const ReferenceString longer = loop_over(pages, 100);
        const std::uint64_t least = exact("opt", longer, 64).faults;
        const std::uint64_t faults = hardware("clock-pro", longer, 64).faults;
        CAPTURE(pages, least, faults);
        CHECK(exact("lru", longer, 64).faults == longer.references.size());
        CHECK(faults >= least);
        CHECK(faults <= least + 300); // three a round
        CHECK(exact("clock-pro", longer, 64).faults ==
              faults); // what hits a fault later is the same
    }
}

TEST_CASE("four rounds over 16,384 pages have the faults that the booted libOS has",
          "[simulator]") {
    const ReferenceString rounds = loop_over(16'384, 4);
    CHECK(hardware("mru", rounds, 7936).faults == 41'731);
    CHECK(hardware("mru", rounds, 8192).faults == 40'963);
    CHECK(hardware("fifo", rounds, 7936).faults == 65'536);
}
