// tests/host/benchmark/shared_lines_test.cpp - the coherence model, and the plugin's counts as
// read.

#include <catch2/catch.hpp>
#include <filesystem>

#include "tests/host/command/support.hpp"
#include "tools/benchmark/shared_lines.hpp"
#include "tools/command/disk_image.hpp"

namespace {

using benchmark::LineRegion;
using command_test::Scratch;
using profiler::Coherence;
using profiler::Traffic;

Traffic read(bool remote) { return {.reads = 1, .remote_reads = remote ? 1u : 0u}; }
Traffic written(std::uint64_t invalidations) {
    return {
        .writes = 1, .remote_writes = invalidations != 0 ? 1u : 0u, .invalidations = invalidations};
}

command::Outcome<std::vector<LineRegion>> regions_in(const Scratch& scratch,
                                                     const std::string& text) {
    const auto file = scratch.path() / "lines.csv";
    REQUIRE(command::write_whole(file, text));
    return benchmark::read_shared_lines(file);
}

} // namespace

TEST_CASE("a read is remote once after each write of another processor", "[bench]") {
    Coherence caches;
    CHECK(caches.read(0, 7) == read(false)); // from memory
    CHECK(caches.write(1, 7) == written(1));
    CHECK(caches.read(0, 7) == read(true));
    CHECK(caches.read(0, 7) == read(false));
    CHECK(caches.read(2, 7) == read(true));
    CHECK(caches.read(1, 7) == read(false)); // it has what it wrote
    CHECK(caches.read(1, 8) == read(false)); // another line
}

TEST_CASE("a write invalidates the copies of all others, and the next one none", "[bench]") {
    Coherence caches;
    for (unsigned processor = 0; processor != 8; ++processor)
        (void)caches.read(processor, 7);
    CHECK(caches.write(3, 7) == written(7));
    CHECK(caches.write(3, 7) == written(0));
    CHECK(caches.write(4, 7) == written(1));
    CHECK(caches.write(3, 7) == written(1));
}

TEST_CASE("counts of a region's processors are added up, and its shared lines listed", "[bench]") {
    const Scratch scratch;
    const auto regions = regions_in(scratch, "traffic,a,0,10,5,1,2,3\ntraffic,a,2,20,6,10,20,30\n"
                                             "line,a,1c0,5,1,ffff8000000001c8,ffffffff80200000\n"
                                             "traffic,b,0,1,1,0,0,0\nend\n");
    REQUIRE(regions);
    REQUIRE(regions->size() == 2);
    const LineRegion& region = regions->front();
    CHECK(region.name == "a");
    CHECK(region.traffic == Traffic{30, 11, 11, 22, 33});
    REQUIRE(region.shared.size() == 1);
    CHECK(region.shared[0].physical == 0x1c0);
    CHECK(region.shared[0].writers == 5);
    const auto figures = benchmark::figures_of(*regions);
    CHECK(figures.at("lines_a_invalidations") == "33");
    CHECK(figures.at("lines_a_shared") == "1");
    CHECK(figures.at("lines_b_shared") == "0");
}

TEST_CASE("counts that stop early or are not the plugin's are refused", "[bench]") {
    const Scratch scratch;
    CHECK_FALSE(regions_in(scratch, "traffic,a,0,10,5,1,2,3\n"));
    CHECK_FALSE(regions_in(scratch, "traffic,a,0,10,5,1,2\nend\n"));
    CHECK_FALSE(regions_in(scratch, "traffic,a,0,10,5,1,2,x\nend\n"));
    CHECK_FALSE(regions_in(scratch, "other,a,0,10,5,1,2,3\nend\n"));
    CHECK_FALSE(regions_in(scratch, ""));
}
