// tests/host/exokernel/start_processors_test.cpp - processors that come up, and one that never
// does. The emulator has none of those.

#include "tests/host/exokernel/physical_memory.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "exokernel/arch/x86_64/start_processors.cpp" // NOLINT(bugprone-suspicious-include)

namespace {
std::set<std::uint32_t> dead;              // identities that never begin
std::vector<std::uint32_t> resets, begins; // identities that were told to
std::vector<std::string> said;
std::uint32_t slow = 0; // that identity takes its stack at the last call, and begins later
std::uint64_t* stack_word() { return exokernel::at_physical<std::uint64_t>(STARTUP_PAGE + 0x100); }
abi::SystemPage facts{};
} // namespace

extern "C" const std::uint64_t startup_places[3] = {0x1000, 0x1100, 0x1200};

namespace exokernel {

constinit Processor processors[most_processors]{};
constinit std::uint32_t processor_count = 1;

std::uint8_t local_apic_identity() { return 0; }
void send_init(std::uint32_t target) { resets.push_back(target); }
void send_startup(std::uint32_t target, std::uint64_t) {
    begins.push_back(target);
    const auto begin = [target] {
        for (Processor& each : processors)
            each.halted = each.halted | (each.apic_identity == target ? 1 : 0);
    };
    if (target == slow && begins.size() == 250) {
        *stack_word() = 0;
        std::thread{[begin] {
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
            begin();
        }}.detach();
    } else if (!dead.contains(target)) {
        *stack_word() = 0;
        begin();
    }
}
void print_line(const Text& text) { said.emplace_back(text.c_str()); }
abi::SystemPage& system_page() { return facts; }

// What only a processor that has begun would call.
std::uint64_t kernel_root() { return 0; }
void prepare_processor(Processor&) {}
void start_local_apic() {}
void take_lock() {}
void run_next() { __builtin_trap(); }

} // namespace exokernel

using namespace exokernel;

namespace {

// Starts processors with these identities where those in `never` do not begin.
void start_all(const std::vector<std::uint8_t>& identities, std::uint64_t wanted,
               std::set<std::uint32_t> never = {}) {
    for (Processor& each : processors)
        each.halted = each.apic_identity = 0;
    processor_count = 1;
    dead = std::move(never);
    resets.clear();
    begins.clear();
    said.clear();
    start_processors(identities, wanted);
}

} // namespace

TEST_CASE("processors are started in the order of the list, the boot processor left out",
          "[processors]") {
    start_all({0, 4, 2, 6}, 4);
    CHECK(processor_count == 4);
    CHECK(facts.processors == 4);
    CHECK(processors[1].apic_identity == 4);
    CHECK(processors[3].apic_identity == 6);
    CHECK(said.empty());
}

TEST_CASE("one that does not come up is named, told again and again, and left out",
          "[processors]") {
    start_all({0, 1, 2, 3}, 4, {2});
    CHECK(processor_count == 3);
    CHECK(facts.processors == 3);
    CHECK(processors[2].apic_identity == 3); // the next one has its place
    CHECK(std::count(begins.begin(), begins.end(), 2u) == 250);
    CHECK(std::count(resets.begin(), resets.end(), 2u) == 1);
    REQUIRE(said.size() == 2);
    CHECK(said[0] ==
          "the processor with local APIC 2 does not come up: the run goes on without it");
    CHECK(said[1] == "4 processors are asked for, 3 run");
}

TEST_CASE("one that comes when it has been given up finds no stack", "[processors]") {
    start_all({0, 1, 2}, 3, {1});
    CHECK(processor_count == 2);
    CHECK(*stack_word() == 0); // nor did the last one leave any
}

TEST_CASE("one that takes its stack late is waited for", "[processors]") {
    slow = 1;
    start_all({0, 1}, 2, {1});
    slow = 0;
    CHECK(processor_count == 2);
    CHECK(said.empty());
}

TEST_CASE("with none but the boot processor the run goes on", "[processors]") {
    start_all({0, 1}, 2, {1});
    CHECK(processor_count == 1);
    CHECK(said.back() == "2 processors are asked for, 1 run");
}

TEST_CASE("no more are started than are wanted, and fewer than wanted is said", "[processors]") {
    start_all({0, 1, 2, 3}, 2);
    CHECK(processor_count == 2);
    CHECK(begins == std::vector<std::uint32_t>{1});
    start_all({0, 1}, 8);
    CHECK(processor_count == 2);
    CHECK(said == std::vector<std::string>{"8 processors are asked for, 2 run"});
}
