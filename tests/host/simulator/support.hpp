// tests/host/simulator/support.hpp - reference strings, and the policies by name.

#pragma once

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdint>
#include <string_view>
#include <vector>

#include "tools/simulator/simulated_policies.hpp"

namespace simulator_test {

inline simulator::ReferenceString string_of(const std::vector<std::uint64_t>& pages) {
    simulator::ReferenceString string;
    for (const std::uint64_t page : pages) {
        const auto found = std::ranges::find(string.pages, page);
        const auto index = static_cast<std::uint32_t>(found - string.pages.begin());
        if (found == string.pages.end())
            string.pages.push_back(page);
        string.references.push_back({index << 2});
    }
    return string;
}

/// The pages 0 .. pages-1, `times` times.
inline simulator::ReferenceString loop_over(std::uint32_t pages, std::uint32_t times) {
    simulator::ReferenceString string;
    for (std::uint32_t page = 0; page != pages; ++page)
        string.pages.push_back(page);
    for (std::uint32_t i = 0; i != pages * times; ++i)
        string.references.push_back({(i % pages) << 2});
    return string;
}

inline const simulator::SimulatedPolicy& policy(std::string_view name) {
    const auto all = simulator::simulated_policies();
    const auto found = std::ranges::find(all, name, &simulator::SimulatedPolicy::name);
    if (found == all.end())
        FAIL("there is no policy " << name);
    return *found;
}

inline simulator::Figures exact(std::string_view name, const simulator::ReferenceString& string,
                                std::uint32_t frames) {
    return policy(name).exact(string, frames, {.mode = simulator::Mode::exact}).value();
}
inline simulator::Figures hardware(std::string_view name, const simulator::ReferenceString& string,
                                   std::uint32_t frames) {
    return policy(name).hardware(string, frames, {}).value();
}

} // namespace simulator_test
