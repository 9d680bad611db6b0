// tests/host/benchmark/fault_cost_test.cpp - what a fault costs without the disk: whose each run of
// instructions is, and the averages.

#include <catch2/catch.hpp>

#include "tools/benchmark/fault_cost.hpp"
#include "tools/benchmark/specification.hpp"
#include "tools/profiler/disk_share.hpp"

using namespace benchmark;
using profiler::Counter;
using profiler::Counters;

namespace {

// Executes runs of the user and of the kernel in turn.
class Machine {
public:
    void user(std::uint64_t instructions) { now[Counter::user] += instructions; }
    void kernel(std::uint64_t instructions, bool disk = false) {
        share.settle(now);
        if (disk)
            share.pass();
        now[Counter::kernel] += instructions / 2;
        share.settle(now); // another block of the same run
        now[Counter::kernel] += instructions - instructions / 2;
    }
    Counters now;
    profiler::DiskShare share;
};

} // namespace

TEST_CASE("a kernel run that passes the disk's code is the disk's, and waiting is between two",
          "[bench]") {
    Machine machine;
    machine.user(7); // the application
    machine.kernel(30);
    machine.user(200); // the handler
    machine.kernel(90);
    machine.user(50);
    machine.kernel(400, true); // submits
    machine.user(110);         // puts the thread aside
    machine.kernel(900, true); // waits; the completion
    machine.user(140);
    machine.kernel(50); // installs
    machine.user(80);
    machine.share.settle(machine.now);
    CHECK(machine.now[Counter::disk_kernel] == 1300);
    CHECK(machine.now[Counter::disk_user] == 110);
    CHECK(machine.now[Counter::kernel] == 1470);
    CHECK(machine.now[Counter::user] == 587);
}

TEST_CASE("the cost of a fault is an average without the application and the disk", "[bench]") {
    Counters counted;
    counted[Counter::exception] = 8;
    counted[Counter::kernel] = 8 * 1000 + 4;
    counted[Counter::disk_kernel] = 5600;
    counted[Counter::application] = 8 * 50 + 8; // the attempts that faulted too
    counted[Counter::user] = 5920;              // 8 times 50, 600 and 90
    counted[Counter::disk_user] = 720;
    const FaultCost cost = cost_of(counted, 8);
    CHECK(cost.problem.empty());
    CHECK(cost.kernel == 300'50);
    CHECK(cost.user == 600'00);
    CHECK(cost.total() == 900'50);
    CHECK(cost.disk_kernel == 700'00);
    CHECK(cost.disk_user == 90'00);
    CHECK_THAT(cost_of(counted, 9).problem, Catch::Contains("saw 8 faults, the libOS 9"));
    CHECK_FALSE(cost_of({}, 0).problem.empty());
}

TEST_CASE("a cost over its budget is named in the table, and fails", "[bench]") {
    FaultCosts costs{.string = "a string", .frames = 32, .list = {}};
    costs.list.emplace_back();
    costs.list[0].policy = "clock";
    costs.list[0].kernel = 100'25;
    costs.list[0].user = 9'07;
    CHECK_THAT(text_of(costs), Catch::Contains("fault, clock") && Catch::Contains("100.25") &&
                                   Catch::Contains("9.07") && Catch::Contains("109.32") &&
                                   !Catch::Contains("FAIL"));
    costs.list[0].problem = "total 109.32 is over the budget of 100";
    CHECK_THAT(text_of(costs), Catch::Contains("FAIL fault, clock: total 109.32 is over"));
    CHECK_THAT(json_of(costs),
               Catch::Contains("\"total\":109.32") && Catch::Contains("\"passed\":false"));
}

TEST_CASE("what is measured of trace follows from the symbols, or what is missing is named",
          "[bench]") {
    const Symbols application{{"trace_begin", 0x400100},
                              {"trace_end", 0x400110},
                              {"trace_touch_all", 0x400200},
                              {"behind", 0x400280},
                              {"far", 0x500000}};
    const Symbols kernel{{"fault_14", 0xffffffff80200000},
                         {"interrupt_disk", 0xffffffff80200010},
                         {"_ZN17checkedITnDaXadL_ZNS_13sys_submit_ioE", 0xffffffff80200020},
                         {"_ZN17checkedITnDaXadL_ZNS_8sys_waitE", 0xffffffff80200030}};
    const auto text = specification_of_trace(application, kernel);
    REQUIRE(text.has_value());
    CHECK(*text == "region trace 400100 400110\n"
                   "application 400200 400280\n"
                   "fault ffffffff80200000\n"
                   "interrupt ffffffff80200010\n"
                   "disk ffffffff80200020\n"
                   "disk ffffffff80200030\n"
                   "disk ffffffff80200010\n");
    Symbols without = kernel;
    without.erase("interrupt_disk");
    CHECK_THAT(specification_of_trace(application, without).error().message,
               Catch::Contains("no symbol with interrupt_disk"));
    CHECK_THAT(specification_of_trace({}, kernel).error().message,
               Catch::Contains("no symbols trace_begin"));
}
