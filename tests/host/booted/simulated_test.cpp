// tests/host/booted/simulated_test.cpp - the booted libOS against the simulator, with every policy:
// equal faults, evictions, writes and victims, in one boot each, from the reference string alone.
//
// Strings of real programs are in ../shared/data/policy beside the project: prefixes that a minute
// has room for, at three sizes, and whole ones at one size ([long]), without `mru` where that has
// more than 160,000 faults. Without that folder those tests say so.

#include <algorithm>
#include <catch2/catch.hpp>

#include "bindings/random.hpp"
#include "bindings/zipf.hpp"
#include "tests/host/booted/simulated.hpp"
#include "tools/command/trace_file.hpp"

using namespace booted;
using command_test::Scratch;
using simulator::ReferenceString;

namespace {

void same_with(const Scratch& scratch, const std::filesystem::path& trace,
               const ReferenceString& string, const std::string& policy, std::uint32_t frames) {
    CAPTURE(trace.filename().string(), policy, frames);
    if (simulator::find_policy(policy)->least_frames > frames)
        return; // it refuses, and says so
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

constexpr std::size_t all = ~std::size_t{0};
// Ten seconds and more: a policy that has more on a whole string is compared on prefixes.
constexpr std::uint64_t most_faults = 160'000;

// The first `references` of a string of real accesses, with every policy and number of frames; but
// those `left_out`, which have too many faults, and no others.
void same_on_shared(const char* name, std::size_t references,
                    const std::vector<std::uint32_t>& sizes,
                    const std::vector<std::string>& left_out = {}) {
    const auto file =
        std::filesystem::path(FAULTLINE_SOURCE).parent_path() / "shared/data/policy" / name;
    if (!std::filesystem::exists(file)) {
        WARN("needs " << file.string() << ", which is not here: nothing was compared");
        return;
    }
    auto whole = command::read_references(file);
    REQUIRE(whole.has_value());
    simulator::StringBuilder prefix;
    for (std::size_t i = 0; i != std::min(references, whole->references.size()); ++i)
        prefix.add(whole->page_of(whole->references[i]),
                   whole->references[i].writes() ? simulator::Reference::written : 0);
    const ReferenceString string = prefix.take();
    const Scratch scratch;
    const auto trace = scratch.file(std::string(name) + ".pg32", pg32_of(string));
    for (const std::string& policy : shipped_policies())
        for (const std::uint32_t frames : sizes) {
            CAPTURE(name, policy, frames);
            const bool too_many = simulated(policy, string, frames, 5).faults > most_faults;
            CHECK(too_many == (std::ranges::find(left_out, policy) != left_out.end()));
            if (!too_many)
                same_with(scratch, trace, string, policy, frames);
        }
}

// So many accesses to 300 pages, a quarter of them writes.
ReferenceString drawn(std::uint64_t skew, std::uint64_t seed, unsigned accesses) {
    std::vector<std::uint64_t> sums(300);
    const bindings::Zipf zipf(sums, skew);
    bindings::Random random(seed);
    simulator::StringBuilder string;
    for (unsigned i = 0; i != accesses; ++i)
        string.add(zipf.next(random), random.below(4) == 0 ? simulator::Reference::written : 0);
    return string.take();
}

} // namespace

TEST_CASE("every policy has the simulator's faults, writes and victims",
          "[booted][traces][drawn]") {
    const ReferenceString string = drawn(99, 7, 6000);
    const Scratch scratch;
    const auto trace = scratch.file("zipf.pg32", pg32_of(string));
    for (const std::string& policy : shipped_policies())
        for (const std::uint32_t frames : {8u, 40u, 200u})
            same_with(scratch, trace, string, policy, frames);
}

TEST_CASE("on a prefix of cc1_k8 the booted libOS has the simulator's figures",
          "[booted][traces][cc1]") {
    same_on_shared("cc1_k8.pg32.zst", 40'000, {32, 64, 256});
}
TEST_CASE("on a prefix of sort_k8 the booted libOS has the simulator's figures",
          "[booted][traces][sort]") {
    same_on_shared("sort_k8.pg32.zst", 60'000, {16, 64, 512});
}
TEST_CASE("on a prefix of sqlitemm_k1 the booted libOS has the simulator's figures",
          "[booted][traces][sqlite1]") {
    same_on_shared("sqlitemm_k1.pg32.zst", 100'000, {16, 24, 40});
}
TEST_CASE("on a prefix of sqlitemm_k8 the booted libOS has the simulator's figures",
          "[booted][traces][sqlite8]") {
    same_on_shared("sqlitemm_k8.pg32.zst", 20'000, {16, 24, 48});
}
TEST_CASE("on a prefix of cloudphysics the booted libOS has the simulator's figures",
          "[booted][traces][cloudphysics]") {
    same_on_shared("cloudphysics.u32.zst", 6'000, {64, 256, 1024});
}
TEST_CASE("on a prefix of zipf1.0 the booted libOS has the simulator's figures",
          "[booted][traces][zipf]") {
    same_on_shared("zipf1.0.u32.zst", 8'000, {64, 256, 1024});
}

TEST_CASE("on whole strings of real programs the booted libOS has the simulator's figures",
          "[booted][traces][long]") {
    same_on_shared("cc1_k8.pg32.zst", all, {256}, {"mru"});
    same_on_shared("sort_k8.pg32.zst", all, {128}, {"mru"});
    same_on_shared("sqlitemm_k1.pg32.zst", all, {64});
    same_on_shared("sqlitemm_k8.pg32.zst", all, {64}, {"mru"});
}
TEST_CASE("on the whole of cloudphysics the booted libOS has the simulator's figures",
          "[booted][traces][long]") {
    same_on_shared("cloudphysics.u32.zst", all, {8192});
}
TEST_CASE("on the whole of zipf1.0 the booted libOS has the simulator's figures",
          "[booted][traces][long]") {
    same_on_shared("zipf1.0.u32.zst", all, {8192});
}

TEST_CASE("with each rule that may be chosen the victims and writes are the simulator's too",
          "[booted][traces][rules]") {
    const ReferenceString string = drawn(70, 3, 4000);
    const Scratch scratch;
    const auto trace = scratch.file("drawn.pg32", pg32_of(string));
    struct Rule {
        std::vector<std::string> options;
        libos::PagingRules rules;
    };
    const Rule rules[] = {
        {{"--grace"}, {.grace = true}},
        {{"--batch", "5"}, {.batch = 5}},
        {{"--cluster", "6"}, {.cluster = 6}},
        {{"--early", "50"}, {.early = 50}},
        {{"--grace", "--batch", "8", "--cluster", "4", "--early", "50"},
         {.grace = true, .batch = 8, .cluster = 4, .early = 50}},
    };
    for (const std::string& policy : shipped_policies())
        for (const Rule& rule : rules) {
            CAPTURE(policy, rule.options);
            std::vector<std::string> words{
                "trace",  "--trace", trace.string(), "--policy", policy,
                "--seed", "5",       "--frames",     "60",       "--no-record"};
            words.insert(words.end(), rule.options.begin(), rule.options.end());
            const Guest guest = boot(scratch, "run", words);
            const simulator::Figures figures = simulated(policy, string, 60, 5, rule.rules);
            check_same(guest, figures);
            CHECK(guest.number("dirty_evictions") ==
                  static_cast<long long>(figures.dirty_evictions));
            CHECK(guest.number("early_writes") == static_cast<long long>(figures.early_writes));
            CHECK((figures.early_writes != 0) == (rule.rules.cluster > 1 || rule.rules.early > 0));
            std::filesystem::remove_all(guest.run);
        }
}
