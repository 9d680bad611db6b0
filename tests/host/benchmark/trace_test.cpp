// tests/host/benchmark/trace_test.cpp - the list of a best pass, taken and printed.

#include <catch2/catch.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "tools/benchmark/listing.hpp"
#include "tools/command/disk_image.hpp"
#include "tools/profiler/trace.hpp"

namespace {

namespace fs = std::filesystem;

/// A region from 100 to 200, followed by a trace, and a processor that executes program counters.
struct Machine {
    profiler::Region region{"a", 100, 200};
    profiler::Trace trace;
    profiler::Counters now;

    Machine() { trace.follow(&region); }
    void execute(const std::vector<std::uint64_t>& pcs) {
        for (const std::uint64_t pc : pcs) {
            if (pc == region.from() || pc == region.to()) {
                trace.before_reach();
                region.reach(pc, now);
                trace.after_reach();
            }
            trace.step(trace.remember(pc, "nop"));
            ++now[profiler::Counter::user];
        }
    }
    std::vector<std::uint64_t> best() const {
        std::vector<std::uint64_t> pcs;
        for (const profiler::Instruction* instruction : trace.best())
            pcs.push_back(instruction->pc);
        return pcs;
    }
};

} // namespace

TEST_CASE("a trace keeps the shortest pass, with its first and without its last instruction",
          "[bench]") {
    Machine machine;
    machine.execute({7, 100, 101, 102, 103, 200, 8});
    machine.execute({100, 101, 103, 200});
    machine.execute({100, 101, 102, 103, 200});
    CHECK(machine.best() == std::vector<std::uint64_t>{100, 101, 103});
}

TEST_CASE("a pass that begins anew leaves nothing of its first beginning", "[bench]") {
    Machine machine;
    machine.execute({100, 1, 2, 3, 100, 4, 200});
    CHECK(machine.best() == std::vector<std::uint64_t>{100, 4});
}

TEST_CASE("a listing names the function of each stretch", "[bench]") {
    const fs::path file = fs::temp_directory_path() / "faultline-listing-test";
    REQUIRE(command::write_whole(file, "400010 syscall \nffffffff80000004 swapgs \n"
                                       "ffffffff80000007 sysretq \n400012 decl %ebx\n"));
    const benchmark::Symbols application{{"begin", 0x400010}, {"later", 0x500000}};
    const benchmark::Symbols kernel{{"_ZN9exokernel4workEv", 0xffffffff80000000},
                                    {"next", 0xffffffff80000008}};
    const auto listing = benchmark::listing_of(file, application, kernel);
    fs::remove(file);
    REQUIRE(listing);
    CHECK(*listing == "begin:\n"
                      "   1           400010  syscall \n"
                      "exokernel::work():\n"
                      "   2 ffffffff80000004  swapgs \n"
                      "   3 ffffffff80000007  sysretq \n"
                      "begin:\n"
                      "   4           400012  decl %ebx\n\n");
}
