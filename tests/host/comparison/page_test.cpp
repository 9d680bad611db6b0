// tests/host/comparison/page_test.cpp - the page of a sweep: scales, numbers, and what stands in
// it. How it looks is tested in a browser (tests/page/sweep.test.cjs).

#include <ranges>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "tools/comparison/chart.hpp"
#include "tools/comparison/page.hpp"
#include "tools/comparison/scale.hpp"

using namespace comparison;

namespace {

Row booted(const std::string& policy, std::uint64_t frames, std::uint64_t faults,
           std::uint64_t instructions) {
    Row row;
    row.app = "scan";
    row.policy = policy;
    row.frames = frames;
    row.faults = faults;
    row.evictions = faults - frames;
    row.writebacks = 0;
    row.instructions = instructions;
    row.fallbacks = 0;
    row.victims = 0xab;
    return row;
}

std::size_t count(const std::string& text, const std::string& what) {
    std::size_t found = 0;
    for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1))
        ++found;
    return found;
}

} // namespace

TEST_CASE("thousands are kept apart", "[comparison]") {
    CHECK(grouped(0) == "0");
    CHECK(grouped(999) == "999");
    CHECK(grouped(1000) == "1,000");
    CHECK(grouped(1234567) == "1,234,567");
    CHECK(grouped(-1234.5, 1) == "-1,234.5");
    CHECK(grouped(0.25, 2) == "0.25");
}

TEST_CASE("what is written into a page cannot change it", "[comparison]") {
    CHECK(escaped("a<b>&\"c\"") == "a&lt;b&gt;&amp;&quot;c&quot;");
    const std::string text =
        page({"<script>x</script>", "a & b"}, {booted("<i>", 4, 9, 900), booted("x", 4, 8, 900)});
    CHECK_THAT(text, !Catch::Contains("<script") && !Catch::Contains("<i>") &&
                         Catch::Contains("&lt;i&gt;") && Catch::Contains("a &amp; b"));
}

TEST_CASE("ticks are round, in the range and not too many", "[comparison]") {
    CHECK(round_up(0) == 1);
    CHECK(round_up(1) == 1);
    CHECK(round_up(3) == 5);
    CHECK(round_up(70) == 100);
    CHECK(round_down(70) == 50);
    CHECK(round_down(1) == 1);
    CHECK(Scale(0, 9, 0, 100, false).ticks(5) == std::vector<double>{0, 2, 4, 6, 8});
    CHECK(Scale(1, 100, 0, 1, true).ticks(5) == std::vector<double>{1, 2, 5, 10, 20, 50, 100});
    CHECK(rc::check([] {
        const auto most = static_cast<double>(*rc::gen::inRange<std::int64_t>(1, 1'000'000'000));
        const auto powers = *rc::gen::arbitrary<bool>();
        const double least = powers ? most / *rc::gen::inRange(2, 1'000'000) : 0;
        const Scale scale(least, most, 300, 20, powers);
        const auto ticks = scale.ticks(6);
        RC_ASSERT(ticks.size() <= 12);
        for (const double tick : ticks)
            RC_ASSERT(scale.at(tick) >= 19.9 && scale.at(tick) <= 300.1);
    }));
}

TEST_CASE("a scale of one number lies in the middle", "[comparison]") {
    CHECK(Scale(64, 64, 10, 20, true).at(64) == 15);
}

TEST_CASE("each policy is a line of each picture, and everything is in a table too",
          "[comparison]") {
    std::vector<Row> rows;
    for (const char* const policy : {"fifo", "clock", "mru"})
        for (const std::uint64_t frames : {64ul, 128ul, 1024ul})
            rows.push_back(booted(policy, frames, 20'000 / frames + frames, 9'000'000 / frames));
    rows[4].faults.reset();
    const std::string text = page({"scan", "seed 1"}, rows);
    // Faults and instructions, wide and narrow; no page was written back.
    CHECK(count(text, "<svg class=\"wide\"") == 2);
    CHECK(count(text, "<svg class=\"narrow\"") == 2);
    CHECK(count(text, "class=\"line s0 ") == 4);
    CHECK(count(text, "class=\"line s2 ") == 4);
    CHECK(count(text, "class=\"name s1 ") == 2);
    CHECK_THAT(text, Catch::Contains("scan: 3 policies, 3 pool sizes") &&
                         Catch::Contains("None, in every run.") &&
                         Catch::Contains("fifo, 64 frames: 376 faults") &&
                         Catch::Contains("id=\"show-2\"") && Catch::Contains("<td>1,043</td>"));
    // With more frames there are more faults here, so no cost of a further one.
    CHECK(count(text, "<table>") == 2);
    CHECK(count(text, "<tr><th scope=\"row\">clock</th>") == 1 + 3);
}

TEST_CASE("a further fault costs the difference in instructions by that in faults",
          "[comparison]") {
    const std::string text = page(
        {"scan", ""}, {booted("fifo", 64, 1000, 3'000'000), booted("fifo", 128, 200, 1'000'000),
                       booted("mru", 64, 500, 9), booted("mru", 128, 500, 9)});
    CHECK_THAT(text, Catch::Contains("<th scope=\"row\">fifo</th><td>2,500</td><td>64</td>"
                                     "<td>128</td>"));
    CHECK(count(text, "<tr><th scope=\"row\">mru</th>") == 1 + 2); // it has no such difference
}

TEST_CASE("any figures give a picture whose points are inside it", "[comparison]") {
    CHECK(rc::check([] {
        Chart chart{"id", "title", "text", "unit", 0, {}};
        const int lines = *rc::gen::inRange(1, 20);
        const int sizes = *rc::gen::inRange(1, 9);
        for (const int i : std::views::iota(0, lines)) {
            Line line{"name" + std::to_string(i), {}};
            for (const int size : std::views::iota(0, sizes)) {
                const bool known = *rc::gen::inRange(0, 5) != 0;
                const auto frames = static_cast<std::uint64_t>(1 + size * *rc::gen::inRange(1, 99));
                const auto value = static_cast<double>(*rc::gen::inRange<std::int64_t>(0, 1 << 30));
                line.points.push_back({frames, known ? std::optional(value) : std::nullopt});
            }
            chart.lines.push_back(line);
        }
        for (const auto& [width, right, bottom] :
             {std::tuple{Width::wide, 760.0, 380.0}, {Width::narrow, 340.0, 300.0}}) {
            const std::string svg = svg_of(chart, width);
            RC_ASSERT(svg.find("nan") == std::string::npos && svg.find("inf") == std::string::npos);
            const std::string start = "translate(";
            for (std::size_t at = svg.find(start); at != std::string::npos;
                 at = svg.find(start, at + 1)) {
                double x = 0;
                double y = 0;
                std::istringstream(svg.substr(at + start.size(), 20)) >> x >> y;
                RC_ASSERT(x > 0 && x < right && y > 0 && y < bottom);
            }
        }
    }));
}
