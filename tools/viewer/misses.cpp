// tools/viewer/misses.cpp - chooses an environment and the faults of it that brought a page in.

#include "tools/viewer/misses.hpp"

#include <algorithm>
#include <utility>

#include "libos/core/address_space.hpp"

namespace viewer {

namespace {

// The environment that pages most.
std::uint32_t main_environment(const std::vector<Fault>& faults) {
    std::vector<std::pair<std::uint32_t, std::size_t>> counts;
    for (const Fault& fault : faults) {
        auto count = std::ranges::find(counts, fault.environment,
                                       &std::pair<std::uint32_t, std::size_t>::first);
        if (count == counts.end())
            count = counts.insert(count, {fault.environment, 0});
        ++count->second;
    }
    const auto most =
        std::ranges::max_element(counts, {}, &std::pair<std::uint32_t, std::size_t>::second);
    return most == counts.end() ? 0 : most->first;
}

} // namespace

Misses misses_of(const std::vector<Fault>& faults) {
    Misses misses{.environment = main_environment(faults)};
    std::uint64_t lowest = ~0ull;
    for (const Fault& fault : faults) {
        const bool brought_in = !fault.joined && fault.installed &&
                                (fault.frame_taken || fault.victim_page || fault.read);
        if (fault.environment != misses.environment || !brought_in)
            continue;
        misses.in_order.push_back(&fault);
        lowest = std::min(lowest, fault.page);
    }
    if (misses.in_order.empty())
        return misses;
    using namespace libos::address_range;
    const bool managed =
        lowest >= regions >> abi::page_shift && lowest < regions_end >> abi::page_shift;
    misses.first_page = managed ? regions >> abi::page_shift : lowest;
    return misses;
}

} // namespace viewer
