// tests/host/simulator/watch_test.cpp - a policy that loops for ever in the simulator, and the
// progress of one that merely takes its time.

#include <catch2/catch.hpp>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/host/command/support.hpp"
#include "tests/host/simulator/support.hpp"
#include "tools/command/sim_watch.hpp"
#include "tools/simulator/policies/lru.hpp"

using namespace simulator;
using namespace std::chrono_literals;

namespace {

// It goes on for ever in one of its functions, at the third fault or after it.
enum class In : std::uint8_t { init, select_victims, on_mapped, on_unmapped, on_access, nowhere };

template <In where> class Looper : public policies::Lru {
public:
    bool init(const libos::PolicySetup& setup) noexcept {
        loop(In::init);
        return policies::Lru::init(setup);
    }
    template <class View>
    std::uint32_t select_victims(View& view, const Fault& fault, std::span<FrameNo> out) noexcept {
        loop(In::select_victims);
        return policies::Lru::select_victims(view, fault, out);
    }
    void on_mapped(FrameNo frame, const Fault& fault) noexcept {
        if (fault.sequence == 3)
            loop(In::on_mapped);
        policies::Lru::on_mapped(frame, fault);
    }
    void on_unmapped(FrameNo frame, PageNo page) noexcept {
        loop(In::on_unmapped);
        policies::Lru::on_unmapped(frame, page);
    }
    void on_access(FrameNo frame, bool writes) noexcept {
        loop(In::on_access);
        policies::Lru::on_access(frame, writes);
    }

private:
    static void loop(In here) {
        for (volatile std::uint64_t steps = 0; here == where; steps = steps + 1)
            ;
    }
};

struct Child {
    int status = 0;
    std::string said;
};

// Simulates in a process of its own, which is to end within a minute.
template <In where> Child simulated() {
    const command_test::Scratch scratch;
    const auto said = scratch.path() / "said";
    const int process = fork();
    if (process == 0) {
        alarm(60);
        const int file = open(said.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
        dup2(file, STDERR_FILENO);
        const ReferenceString string = simulator_test::string_of({1, 2, 1, 3, 1});
        command::SimulationWatch watching(50ms, 4);
        watching.begin("looper", 2, string.references.size());
        Simulation<Looper<where>> simulation(string, 2, {.mode = Mode::exact});
        _exit(simulation.ready() && simulation.run().faults == 3 ? 0 : 1);
    }
    int status = 0;
    waitpid(process, &status, 0);
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status),
            command_test::content_of(said)};
}

template <In where> void ends(const std::string& at) {
    const Child child = simulated<where>();
    CAPTURE(child.said);
    CHECK(child.status == 6);
    CHECK(child.said == "exo: looper, 2 frames: the policy has not answered " + at +
                            " within 200 ms of processor time; each of its functions must end "
                            "after a bounded number of steps\n");
}

} // namespace

TEST_CASE("a policy that loops for ever ends with its name, its frames and the fault",
          "[simulator]") {
    ends<In::init>("in init");
    ends<In::select_victims>("at fault 3");
    ends<In::on_mapped>("at fault 3");
    ends<In::on_unmapped>("at fault 3");
    ends<In::on_access>("at fault 2"); // the hit comes after the second
    const Child good = simulated<In::nowhere>();
    CHECK(good.status == 0);
    CHECK(good.said.empty());
}

TEST_CASE("many questions that take long together are no loop", "[simulator]") {
    const int process = fork();
    if (process == 0) {
        const ReferenceString string = simulator_test::loop_over(5000, 400);
        command::SimulationWatch watching(10ms, 2);
        watching.begin("lru", 4000, string.references.size());
        Simulation<policies::Lru> simulation(string, 4000, {.mode = Mode::exact});
        _exit(simulation.run().faults == 2'000'000 ? 0 : 1);
    }
    int status = 0;
    waitpid(process, &status, 0);
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
}

namespace {

// What `exo sim` says on a terminal while it takes some seconds of processor time: it speaks after
// one.
std::string said_on_terminal(const std::string& environment) {
    const command_test::Scratch scratch;
    const std::string command = "env " + environment +
                                " " FAULTLINE_BUILD
                                "/exo sim --policy lfu --mode exact --frames 30000,40000 --pattern "
                                "zipf --pages 60000 --passes 60 --csv >" +
                                (scratch.path() / "result").string();
    const command_test::Ran ran = command_test::run_program(
        {"script", "-qec", command, (scratch.path() / "typescript").string()});
    CHECK(ran.code == 0);
    CHECK_THAT(command_test::content_of(scratch.path() / "result"), Catch::Contains("lfu,40000,"));
    return ran.output;
}

} // namespace

TEST_CASE("a long simulation shows on a terminal how far it is", "[simulator][exo]") {
    const std::string shown = said_on_terminal("TERM=xterm");
    CAPTURE(shown);
    CHECK_THAT(shown, Catch::Contains("\r\x1b[Kexo: lfu, ") &&
                          Catch::Contains(" % of 3600000 references") &&
                          Catch::EndsWith("\r\x1b[K"));
    CHECK(said_on_terminal("NO_COLOR=1").empty());
}
