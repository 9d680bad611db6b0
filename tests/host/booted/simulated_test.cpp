// tests/host/booted/simulated_test.cpp - the booted libOS against the simulator, with every policy:
// equal faults, evictions, writes and victims, in one boot each, from the reference string alone.

#include <algorithm>
#include <catch2/catch.hpp>

#include "bindings/random.hpp"
#include "bindings/zipf.hpp"
#include "tests/host/booted/simulated.hpp"

using namespace booted;
using command_test::Scratch;
using simulator::ReferenceString;

namespace {

void same_with(const Scratch& scratch, const std::filesystem::path& trace,
               const ReferenceString& string, const std::string& policy, std::uint32_t frames) {
    CAPTURE(trace.filename().string(), policy, frames);
    const Guest guest = boot(scratch, "run",
                             {"trace", "--trace", trace.string(), "--policy", policy, "--frames",
                              std::to_string(frames), "--seed", "5", "--no-record"});
    const simulator::Figures figures = simulated(policy, string, frames, 5);
    check_same(guest, figures);
    CHECK_THAT(guest.ran.output,
               Catch::Contains("\"writebacks\":" + std::to_string(figures.dirty_evictions) + "}}"));
    CHECK(guest.number("references") == static_cast<long long>(string.references.size()));
    std::filesystem::remove_all(guest.run);
}

} // namespace

TEST_CASE("every policy has the simulator's faults, writes and victims", "[booted]") {
    std::vector<std::uint64_t> sums(300);
    const bindings::Zipf zipf(sums, 99);
    bindings::Random random(7);
    simulator::StringBuilder drawn;
    for (unsigned i = 0; i != 6000; ++i)
        drawn.add(zipf.next(random), random.below(4) == 0 ? simulator::Reference::written : 0);
    const ReferenceString string = drawn.take();
    const Scratch scratch;
    const auto trace = scratch.file("zipf.pg32", pg32_of(string));
    for (const std::string& policy : shipped_policies())
        for (const std::uint32_t frames : {8u, 40u, 200u})
            same_with(scratch, trace, string, policy, frames);
}
