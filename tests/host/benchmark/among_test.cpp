// tests/host/benchmark/among_test.cpp - what a path may cost more where there are other processors.

#include <catch2/catch.hpp>
#include <string>

#include "tools/benchmark/among.hpp"

namespace {

using benchmark::Among;
using benchmark::Measured;
using profiler::Counter;

/// Every path costs `instructions` an operation.
Measured run_with(std::uint64_t instructions) {
    Measured measured;
    for (const benchmark::Path& path : benchmark::paths) {
        if (!path.is_region())
            continue;
        auto& region = measured.profile.regions[path.name];
        region.passes = 1000;
        region.best[Counter::kernel] = instructions * path.divisor;
    }
    measured.profile.boot[Counter::kernel] = 1000 * instructions;
    measured.result.ticks_at_entry = 5;
    measured.result.ticks_at_start = 105;
    return measured;
}

std::string problem_of(const Among& among, const std::string& name) {
    for (const benchmark::Pair& pair : among.pairs)
        if (pair.path->name == name)
            return pair.problem;
    return "there is no " + name;
}

} // namespace

TEST_CASE("among others the null call and a fault may cost two instructions more", "[bench]") {
    CHECK(compare(run_with(20), run_with(22), 4).passed());
    for (const char* name : {"null_call", "fault_upcall"}) {
        Measured among = run_with(22);
        among.profile.regions[name].best[Counter::user] = 1;
        const Among compared = compare(run_with(20), among, 4);
        CHECK_FALSE(compared.passed());
        CHECK(problem_of(compared, name) ==
              "costs 23 instructions among 4 processors, 20 alone: 2 more are allowed");
    }
}

TEST_CASE("other paths are compared and not judged", "[bench]") {
    Measured among = run_with(20);
    among.profile.regions["yield"].best[Counter::kernel] = 500;
    const Among compared = compare(run_with(20), among, 4);
    CHECK(compared.passed());
    CHECK_THAT(text_of(compared),
               Catch::Contains("yield, alone                    20         500      +480\n"));
}

TEST_CASE("a path that did not run on one of them fails", "[bench]") {
    Measured among = run_with(20);
    among.profile.regions["yield"].passes = 0;
    CHECK(problem_of(compare(run_with(20), among, 4), "yield") == "did not run");
    among.profile.regions.erase("remove");
    CHECK(problem_of(compare(run_with(20), among, 4), "remove") == "did not run");
}

TEST_CASE("the boot of several processors is reported in instructions and in ticks", "[bench]") {
    const Among compared = compare(run_with(20), run_with(30), 8);
    CHECK(compared.boot_alone == 20'000);
    CHECK(compared.boot_among == 30'000);
    CHECK_THAT(text_of(compared), Catch::Contains("1 of 8") && Catch::Contains("+10000") &&
                                      Catch::Contains("100 ticks for that boot"));
    CHECK_THAT(json_of(compared),
               Catch::Contains("\"boot_among\":30000") && Catch::Contains("\"processors\":8"));
}
