// tests/host/comparison/compare_test.cpp - `exo compare`: results that are there, differ, or are
// damaged.

#include <algorithm>
#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <sstream>

#include "tests/host/command/support.hpp"
#include "tools/comparison/result.hpp"
#include "tools/comparison/table.hpp"

using namespace command_test;
using comparison::Row;

namespace {

struct Result {
    std::string policy = "fifo", app = "scan", workload = "00000000000000aa", recording = "";
    std::string victims = "e3dc1bc818822562", outcome = "ended", instructions = "1000000";
    std::uint64_t frames = 64, faults = 300, exit = 0;

    std::string json() const {
        return fmt::format(
            R"({{"app":"{}","policy":"{}","frames":{},"seed":1,"outcome":"{}","exit":{},)"
            R"("faults":{},"evictions":236,"writebacks":7,"reads":300,"instructions":{},)"
            R"("victims_hash":"{}","figures":{{"policy_fallbacks":2}},"recording":"{}",)"
            R"("workload":"{}","output":{{"faults":"none of these"}}}})",
            app, policy, frames, outcome, exit, faults, instructions, victims, recording, workload);
    }
};

std::string run(const Scratch& scratch, const std::string& name, const Result& result) {
    return scratch.file(name + "/result.json", result.json()).parent_path().string();
}

Ran compare(std::vector<std::string> words) {
    words.insert(words.begin(), "compare");
    return exo(words);
}

Row row(const std::string& json) {
    const auto read = comparison::row_from(json);
    REQUIRE(read);
    return *read;
}

} // namespace

TEST_CASE("runs stand side by side, and equal victims show", "[comparison][exo]") {
    const Scratch scratch;
    const Ran ran =
        compare({run(scratch, "a", {}),
                 run(scratch, "b", {.policy = "mru", .victims = "e3dfaaaaaaaaaaaa", .faults = 299}),
                 run(scratch, "c", {.policy = "clock"}) + "/"});
    CHECK(ran.code == 0);
    CHECK(ran.errors.empty());
    std::istringstream lines(ran.output);
    std::string line;
    std::getline(lines, line);
    CHECK_THAT(line, Catch::Contains("policy frames faults instr/fault writebacks fallbacks"));
    std::getline(lines, line);
    CHECK_THAT(line, Catch::EndsWith("/a fifo       64    300        3333          7         2 "
                                     "e3dc"));
    std::getline(lines, line);
    CHECK_THAT(line, Catch::EndsWith("/b mru        64    299        3344          7         2 "
                                     "e3df"));
    std::getline(lines, line);
    CHECK_THAT(line, Catch::EndsWith("/c clock      64    300        3333          7         2 "
                                     "e3dc"));
    CHECK_THAT(ran.output, Catch::Contains("the app's too, waiting excluded") &&
                               !Catch::Contains("not the same work") &&
                               !Catch::Contains("record") && !Catch::Contains("did not end"));
}

TEST_CASE("the table fits 80 columns, whatever the runs are called", "[comparison][exo]") {
    const Scratch scratch;
    const std::string deep = std::string(60, 'd') + "/" + std::string(60, 'e');
    const Ran ran = compare({run(scratch, deep + "/one", {}),
                             run(scratch, deep + "/two", {.app = "wc", .faults = 123'456'789})});
    CHECK(ran.code == 0);
    std::istringstream lines(ran.output);
    for (std::string line; std::getline(lines, line);) {
        CAPTURE(line);
        CHECK(line.size() <= 80);
    }
    CHECK_THAT(ran.output, Catch::Contains("/one ") && Catch::Contains("/two "));
}

TEST_CASE("runs that did not do the same are marked", "[comparison][exo]") {
    const Scratch scratch;
    const std::string one = run(scratch, "one", {});
    for (const Result& other :
         {Result{.workload = "00000000000000ab"}, Result{.app = "wc"}, Result{.workload = ""}}) {
        const Ran ran = compare({one, run(scratch, "other", other)});
        CHECK(ran.code == 0);
        CHECK_THAT(ran.output, Catch::Contains("not the same work, or not known to be: a: scan"));
        CHECK_THAT(ran.output,
                   Catch::Contains("one   a    fifo") || Catch::Contains("one a    fifo"));
        CHECK_THAT(ran.output, Catch::Contains("other b    fifo"));
    }
}

TEST_CASE("what the recording costs is not compared with what costs nothing", "[comparison][exo]") {
    const Scratch scratch;
    const std::string recorded = run(scratch, "recorded", {.recording = "run.faultline"});
    CHECK_THAT(compare({recorded, recorded}).output,
               Catch::Contains("with those that record (--no-record: without)"));
    CHECK_THAT(compare({recorded, run(scratch, "plain", {})}).output,
               Catch::Contains("1 of 2 runs have those"));
}

TEST_CASE("a run that ended badly says so beside its figures", "[comparison][exo]") {
    const Scratch scratch;
    const std::string late =
        run(scratch, "late", {.outcome = "timeout", .instructions = "null", .exit = 124});
    const Ran ran = compare({run(scratch, "good", {}), late});
    CHECK(ran.code == 0);
    CHECK_THAT(ran.output, Catch::Contains("late did not end well (timeout, exit 124)"));
    CHECK_THAT(ran.output, Catch::Contains("  -          7"));
}

TEST_CASE("runs that are compared make a page as well", "[comparison][exo]") {
    const Scratch scratch;
    const auto page = scratch.path() / "page.html";
    const Ran ran = compare({run(scratch, "one", {}), run(scratch, "two", {.policy = "clock"}),
                             "--html", page.string()});
    CHECK(ran.code == 0);
    CHECK_THAT(ran.errors, Catch::Contains("page.html"));
    CHECK_THAT(ran.output, Catch::Contains("clock")); // the table is there all the same
    CHECK_THAT(content_of(page),
               Catch::Contains("<svg") && Catch::Contains("clock") && Catch::Contains("fifo"));
}

TEST_CASE("CSV and JSON have every figure, and whole hashes", "[comparison][exo]") {
    const Scratch scratch;
    const std::string one = run(scratch, "one, two", {});
    const std::string csv = compare({one, one, "--csv"}).output;
    CHECK(csv.substr(0, csv.find('\n')) ==
          "run,app,workload,outcome,mode,policy,recorded,frames,seed,exit,references,faults,"
          "evictions,writebacks,instructions,instructions_per_fault,cleared_bits,"
          "policy_fallbacks,victims_hash");
    CHECK_THAT(csv, Catch::Contains("\"" + one +
                                    "\",scan,00000000000000aa,ended,,fifo,no,64,1,0,,"
                                    "300,236,7,1000000,3333,,2,e3dc1bc818822562\n"));
    const std::string json = compare({one, one, "--json"}).output;
    CHECK_THAT(json, Catch::StartsWith("{\"same_work\":true,\"runs\":[{\"run\":") &&
                         Catch::Contains("\"instructions_per_fault\":3333") &&
                         Catch::Contains("\"cleared_bits\":null") &&
                         Catch::Contains("\"victims_hash\":\"e3dc1bc818822562\""));
    CHECK(compare({one, one, "--csv", "--json"}).code == 2);
}

TEST_CASE("what exo compare cannot take is refused with a reason", "[comparison][exo]") {
    const Scratch scratch;
    const std::string good = run(scratch, "good", {});
    const auto refused = [&](const std::vector<std::string>& words, const std::string& message) {
        const Ran ran = compare(words);
        CAPTURE(ran.errors);
        CHECK(ran.code == 2);
        CHECK(ran.output.empty());
        CHECK_THAT(ran.errors, Catch::Contains(message));
    };
    refused({}, "needs RUN RUN...");
    refused({good}, "needs RUN RUN...");
    refused({good, "no-such-run"}, "no-such-run: is no run directory and no result");
    scratch.file("unfinished/config", "app=scan\n");
    refused({good, (scratch.path() / "unfinished").string()},
            "has no result.json: no run ended there");
    const std::string whole = Result{}.json();
    for (const std::size_t length : {std::size_t{0}, std::size_t{1}, whole.size() - 1}) {
        const auto cut = scratch.file("cut/result.json", whole.substr(0, length));
        refused({good, cut.string()}, "is no result of a run, or damaged: byte ");
    }
    for (const char* const other :
         {"[]", "{}", "3", R"({"app":"scan","policy":"fifo"})", R"({"policy":"fifo","frames":3})",
          R"({"app":"scan","policy":7,"frames":3})"})
        refused({good, scratch.file("other.json", other).string()},
                "is no result of a run, or damaged: it lacks");
}

TEST_CASE("what a run did not count is left open, not nought", "[comparison]") {
    const Row none = row(R"({"app":"hello","policy":"clock","frames":64,"faults":null})");
    CHECK_FALSE(none.faults.has_value());
    CHECK_FALSE(comparison::instructions_per_fault(none).has_value());
    const Row zero = row(R"({"app":"x","policy":"clock","frames":4,"faults":0,"instructions":9})");
    CHECK(zero.faults == 0u);
    CHECK_FALSE(comparison::instructions_per_fault(zero).has_value());
    const std::string text = comparison::as_text({none, none}, false);
    CHECK_THAT(text, !Catch::Contains("faults") && !Catch::Contains("instr/fault"));
}

TEST_CASE("a simulated run is read, with its mode, misses and cleared bits", "[comparison]") {
    const Row one =
        row(R"({"policy":"clock","mode":"hw","grace":false,"frames":3,"requests":12,)"
            R"("pages":5,"faults":9,"evictions":6,"dirty_evictions":1,)"
            R"("cleared_bits":14,"policy_fallbacks":0,"victims_hash":"d9abdf59e73c45"})");
    CHECK(one.references == 12u);
    CHECK(one.writebacks == 1u);
    CHECK(one.victims == 0xd9abdf59e73c45u);
    Row exact = one;
    exact.policy = "lru";
    exact.mode = "exact";
    const std::string text = comparison::as_text({one, exact}, false);
    CHECK_THAT(text, Catch::Contains("75.00") && Catch::Contains("1.6") &&
                         Catch::Contains("lru (exact)") && !Catch::Contains("clock (") &&
                         Catch::Contains("00d9"));
}

TEST_CASE("hashes are cut where they are still told apart", "[comparison]") {
    const auto rows_with = [](const std::vector<std::uint64_t>& hashes) {
        std::vector<Row> rows;
        for (const std::uint64_t hash : hashes) {
            rows.emplace_back();
            rows.back().victims = hash;
        }
        return rows;
    };
    CHECK(comparison::short_hashes(rows_with({0x1234567800000000, 0x1234567800000000})) ==
          std::vector<std::string>{"1234", "1234"});
    CHECK(comparison::short_hashes(rows_with({0x1234567800000000, 0x1234577800000000})) ==
          std::vector<std::string>{"123456", "123457"});
    CHECK(comparison::short_hashes(rows_with({1, 0xf00000000000000, 2})) ==
          std::vector<std::string>{"0000000000000001", "0f00000000000000", "0000000000000002"});
    auto rows = rows_with({5});
    rows.emplace_back();
    CHECK(comparison::short_hashes(rows) == std::vector<std::string>{"0000", "-"});
}
