// tests/host/booted/simulated.cpp - figures and trace files from the simulator's reference strings.

#include "tests/host/booted/simulated.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <zstd.h>

namespace booted {

using simulator::ReferenceString;
using simulator::SimulatedPolicy;

namespace {

std::string words(const std::vector<std::uint64_t>& numbers, int bytes) {
    std::string text;
    text.reserve(numbers.size() * static_cast<std::size_t>(bytes));
    for (const std::uint64_t number : numbers)
        for (int byte = 0; byte < bytes; ++byte)
            text += static_cast<char>(number >> 8 * byte & 0xff);
    return text;
}

} // namespace

std::vector<std::string> shipped_policies() {
    std::vector<std::string> names;
    for (const SimulatedPolicy& policy : simulator::simulated_policies())
        if (policy.hardware != nullptr)
            names.emplace_back(policy.name);
    REQUIRE(names.size() >= 5);
    return names;
}

simulator::Figures simulated(const std::string& policy, const ReferenceString& string,
                             std::uint32_t frames, std::uint64_t seed,
                             const libos::PagingRules& paging) {
    const auto all = simulator::simulated_policies();
    const auto found = std::ranges::find(all, policy, &SimulatedPolicy::name);
    REQUIRE(found != all.end());
    return found->hardware(string, frames, {.seed = seed, .paging = paging}).value();
}

void check_same(const Guest& guest, const simulator::Figures& figures) {
    CAPTURE(guest.ran.errors, guest.ran.output);
    CHECK(guest.ran.code == 0);
    CHECK(guest.number("faults") == static_cast<long long>(figures.faults));
    CHECK(guest.number("evictions") == static_cast<long long>(figures.evictions));
    CHECK(guest.text("victims_hash") == fmt::format("{:x}", figures.victims_hash));
    CHECK(guest.number("policy_fallbacks") == 0);
    CHECK(figures.fallbacks == 0);
}

ReferenceString string_of(const std::vector<std::uint64_t>& pages) {
    simulator::StringBuilder string;
    for (const std::uint64_t page : pages)
        string.add(page);
    return string.take();
}

std::string trace_of(const ReferenceString& string, int bytes) {
    std::vector<std::uint64_t> pages;
    pages.reserve(string.references.size());
    for (const simulator::Reference reference : string.references)
        pages.push_back(string.page_of(reference));
    return words(pages, bytes);
}

std::string pg32_of(const ReferenceString& string) {
    std::vector<std::uint64_t> numbers;
    numbers.reserve(string.references.size());
    for (const simulator::Reference reference : string.references)
        numbers.push_back(string.page_of(reference) << 2 | (reference.writes() ? 1 : 0));
    return words(numbers, 4);
}

std::string packed(const std::string& bytes, int level) {
    std::string small(ZSTD_compressBound(bytes.size()), '\0');
    small.resize(ZSTD_compress(small.data(), small.size(), bytes.data(), bytes.size(), level));
    return small;
}

} // namespace booted
