// tests/host/booted/nodes_test.cpp - machines with nodes (NUMA): what the libOS sees is what QEMU
// was told, and a frame that is bound on a node is one of it.

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "tests/host/booted/guest.hpp"

using booted::boot;
using booted::Guest;
using command_test::Scratch;

namespace {

constexpr long long frames_of_mib = 256;
constexpr long long memory = 256; // MiB, of the machine

Guest boot_nodes(const Scratch& scratch, const std::vector<std::string>& machine,
                 const std::vector<std::string>& arguments = {}) {
    std::vector<std::string> words{"hello",    "--program", FAULTLINE_BUILD "/tests/guests/nodes",
                                   "--cpus",   "2",         "--no-record",
                                   "--frames", "2048"};
    for (const std::string& word : machine)
        words.insert(words.end(), {"--qemu-option", word});
    words.push_back("--");
    words.insert(words.end(), arguments.begin(), arguments.end());
    return boot(scratch, "run", words);
}

} // namespace

TEST_CASE("a frame that is bound on a node lies in the memory that the machine has there",
          "[booted]") {
    const Scratch scratch;
    constexpr long long last = 4; // MiB of the second node
    const Guest guest = boot_nodes(
        scratch,
        {"-object", fmt::format("memory-backend-ram,id=m0,size={}M", memory - last), "-object",
         fmt::format("memory-backend-ram,id=m1,size={}M", last), "-numa", "node,memdev=m0,cpus=1",
         "-numa", "node,memdev=m1,cpus=0", "-numa", "dist,src=0,dst=1,val=21"},
        {"--all"});
    CAPTURE(guest.ran.errors, guest.ran.output);
    REQUIRE(guest.ran.code == 0);
    CHECK(guest.number("nodes") == 2);
    CHECK(guest.number("node_of_0") == 1);
    CHECK(guest.number("node_of_1") == 0);
    CHECK(guest.number("distance_0_0") == 10);
    CHECK(guest.number("distance_0_1") == 21);
    CHECK(guest.number("distance_1_0") == 21);
    CHECK(guest.number("distance_1_1") == 10);
    constexpr long long border = (memory - last) * frames_of_mib;
    CHECK(guest.number("highest_of_0") < border);
    CHECK(guest.number("lowest_of_1") >= border);
    CHECK(guest.number("highest_of_1") < memory * frames_of_mib);
    CHECK(guest.number("frames_of_last") > 0); // firmware's tables and the archive lie there too
    CHECK(guest.number("frames_of_last") <= last * frames_of_mib);
}

TEST_CASE("a machine whose firmware says nothing of nodes is one node", "[booted]") {
    const Scratch scratch;
    const Guest guest = boot_nodes(scratch, {});
    CAPTURE(guest.ran.errors, guest.ran.output);
    REQUIRE(guest.ran.code == 0);
    CHECK(guest.number("nodes") == 1);
    CHECK(guest.number("node_of_0") == 0);
    CHECK(guest.number("node_of_1") == 0);
    CHECK(guest.number("distance_0_0") == 10);
    CHECK(guest.number("highest_of_0") < memory * frames_of_mib);
}
