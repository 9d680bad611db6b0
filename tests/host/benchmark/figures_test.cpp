// tests/host/benchmark/figures_test.cpp - budgets are judged so that nothing passes by accident.

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>

#include "tools/benchmark/bench.hpp"
#include "tools/benchmark/figures.hpp"
#include "tools/benchmark/report.hpp"
#include "tools/benchmark/specification.hpp"

namespace {

using benchmark::Figure;
using benchmark::Measured;
using benchmark::verdict;
using profiler::Counter;

/// A run in which every path cost `kernel` + `user` a pass, and the guest's clock agrees.
Measured run_with(std::uint64_t kernel, std::uint64_t user) {
    Measured measured;
    for (const benchmark::Path& path : benchmark::paths) {
        if (!path.is_region())
            continue;
        auto& region = measured.profile.regions[path.name];
        region.passes = 1000;
        region.best[Counter::kernel] = kernel;
        region.best[Counter::user] = user;
        region.most = region.best;
        measured.ticks[path.name] = std::to_string(kernel + user);
    }
    measured.profile.all[Counter::kernel] = 1'000'000;
    measured.profile.longest.length = 300;
    measured.result.ticks_at_entry = 5;
    measured.result.ticks_at_start = 500'005;
    return measured;
}

Measured recorded_run() {
    Measured measured = run_with(0, 1);
    measured.profile.all[Counter::kernel] = 1'390'000;
    measured.records = 10'000;
    return measured;
}

Figure figure(const std::vector<Figure>& figures, const std::string& name) {
    return *std::ranges::find_if(figures,
                                 [&](const Figure& each) { return each.path->name == name; });
}

} // namespace

TEST_CASE("a path within its budget passes and one instruction more fails", "[bench]") {
    Measured plain = run_with(20, 2);
    CHECK(figure(figures_of(plain, recorded_run()), "null_call").passed());
    plain.profile.regions["null_call"].best[Counter::kernel] = 21;
    plain.ticks["null_call"] = "23";
    CHECK(figure(figures_of(plain, recorded_run()), "null_call").problem ==
          "kernel 21 is 1 over the budget of 20");
}

TEST_CASE("a path that did not run fails", "[bench]") {
    Measured plain = run_with(0, 1);
    plain.profile.regions.erase("remove");
    plain.profile.regions["install"].passes = 0;
    const auto figures = figures_of(plain, recorded_run());
    CHECK(figure(figures, "remove").problem == "did not run");
    CHECK(figure(figures, "install").problem == "did not run");
}

TEST_CASE("a missed budget is exit 1, and kept ones are exit 0", "[bench]") {
    const Figure within = figure(figures_of(run_with(20, 2), recorded_run()), "null_call");
    const Figure beyond = figure(figures_of(run_with(21, 2), recorded_run()), "null_call");
    CHECK(verdict(std::vector{within, within}) == command::ExitCode::done);
    CHECK(verdict(std::vector{within, beyond}) == command::ExitCode::check_failed);
}

TEST_CASE("too few passes fail", "[bench]") {
    Measured plain = run_with(0, 1);
    plain.profile.regions["null_call"].passes = 999;
    plain.profile.regions["appel1"].passes = 10; // of 100 pages each
    const auto figures = figures_of(plain, recorded_run());
    CHECK(figure(figures, "null_call").problem == "only 999 operations");
    CHECK(figure(figures, "appel1").passed());
}

TEST_CASE("a clock that disagrees with the profiler fails", "[bench]") {
    Measured plain = run_with(10, 2);
    plain.ticks["null_call"] = "13";
    plain.ticks.erase("install");
    const auto figures = figures_of(plain, recorded_run());
    CHECK(figure(figures, "null_call").problem == "the guest's clock says 13, the profiler 12");
    CHECK_FALSE(figure(figures, "install").passed());
}

TEST_CASE("figures of several operations a pass are rounded up", "[bench]") {
    Measured plain = run_with(0, 1);
    plain.profile.regions["appel2"].best[Counter::kernel] = 16'000;
    plain.ticks["appel2"] = "16001";
    const Figure appel2 = figure(figures_of(plain, recorded_run()), "appel2");
    CHECK(appel2.total == 161);
    CHECK_FALSE(appel2.passed());
}

TEST_CASE("the cost of a record is what recording adds, over the records", "[bench]") {
    const Measured plain = run_with(0, 1);
    Measured recorded = recorded_run();
    CHECK(figure(figures_of(plain, recorded), "record").total == 39);
    recorded.profile.all[Counter::kernel] = 1'400'001;
    CHECK_FALSE(figure(figures_of(plain, recorded), "record").passed());
    recorded.records = 0;
    CHECK_FALSE(figure(figures_of(plain, recorded), "record").passed());
}

TEST_CASE("what a libOS records is measured in the boot that records, where it may cost 40",
          "[bench]") {
    const Measured plain = run_with(0, 41); // has no ring
    Measured recorded = recorded_run();
    recorded.profile.regions["emit"].best[Counter::user] = 40;
    recorded.ticks["emit"] = "40";
    CHECK(figure(figures_of(plain, recorded), "emit").passed());
    recorded.profile.regions["emit"].best[Counter::user] = 41;
    recorded.ticks["emit"] = "41";
    CHECK(figure(figures_of(plain, recorded), "emit").problem ==
          "user 41 is 1 over the budget of 40");
    recorded.profile.regions["emit"].best[Counter::user] = 39;
    recorded.profile.regions["emit"].best[Counter::kernel] = 1; // it is written without the kernel
    recorded.ticks["emit"] = "40";
    CHECK_FALSE(figure(figures_of(plain, recorded), "emit").passed());
    recorded.profile.regions.erase("emit");
    CHECK(figure(figures_of(plain, recorded), "emit").problem == "did not run");
}

TEST_CASE("a question whether recording is on fails on a budgeted path only", "[bench]") {
    Measured plain = run_with(0, 1);
    plain.profile.regions["yield"].best[Counter::watched] = 1; // has no budget
    CHECK(figure(figures_of(plain, recorded_run()), "recording_off").passed());
    plain.profile.regions["appel1"].best[Counter::watched] = 1;
    CHECK_FALSE(figure(figures_of(plain, recorded_run()), "recording_off").passed());
}

TEST_CASE("boot counts from kernel entry to the first libOS instruction", "[bench]") {
    Measured plain = run_with(0, 1);
    CHECK(figure(figures_of(plain, recorded_run()), "boot").total == 500'000);
    plain.result.ticks_at_start = 2'000'006;
    CHECK_FALSE(figure(figures_of(plain, recorded_run()), "boot").passed());
}

TEST_CASE("the tables fit 80 columns and name what fails", "[bench]") {
    const Measured plain = run_with(99'999, 99);
    const auto figures = figures_of(plain, recorded_run());
    const std::string text = text_of(figures, plain, recorded_run());
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = text.find('\n', begin);
        const std::string line = text.substr(begin, end - begin);
        if (!line.starts_with("FAIL") && line.find("interrupts off:") == line.npos)
            CHECK(line.size() <= 80);
        begin = end + 1;
    }
    CHECK(text.find("FAIL null_call: kernel 99999 is 99979 over the budget of 20") != text.npos);
}

TEST_CASE("the profiler is told of labels in pairs, of stubs by class, and of the ring",
          "[bench]") {
    const benchmark::Symbols application{{"bench_a_begin", 0x400000},
                                         {"bench_a_end", 0x400010},
                                         {"bench_alone_begin", 0x400020},
                                         {"bench_table", 0x400030}};
    benchmark::Symbols kernel{{"fault_14", 0xffffffff80000000},
                              {"fault_3", 0xffffffff80000020},
                              {"fault_from_user_14", 0xffffffff80000030},
                              {"interrupt_disk", 0xffffffff80000040},
                              {"_ZN9exokernel11kernel_ringE", 0xffffffff80400000}};
    const auto text = benchmark::specification_of(application, kernel);
    REQUIRE(text);
    CHECK(*text == "region a 400000 400010\n"
                   "fault ffffffff80000000\n"
                   "interrupt ffffffff80000020\n"
                   "interrupt ffffffff80000040\n"
                   "watch ffffffff80400000\n");
    kernel.erase("_ZN9exokernel11kernel_ringE");
    const auto without = benchmark::specification_of(application, kernel);
    REQUIRE(without);
    CHECK(without->find("watch") == without->npos);
    CHECK_FALSE(benchmark::specification_of({{"main", 1}}, kernel));
}
