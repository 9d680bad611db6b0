// tools/viewer/ostep.cpp - misses in the line shape of OSTEP's paging-policy homework, so that a
// run can be compared with what its simulator prints.
//
// A libOS sees faults, not hits: only misses are listed, and pages that another one joins are
// listed once. Pages are counted from the lowest one that faulted. Resident sets of more than 12
// pages are shortened in the middle.

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "tools/viewer/views.hpp"
#include "tools/viewer/words.hpp"

namespace viewer {

namespace {

struct Ends {
    const char* left;
    const char* right;
};

Ends ends_of(const std::string& policy) {
    if (policy == "fifo")
        return {"FirstIn", "Lastin "};
    if (policy == "lru" || policy == "mru")
        return {"LRU", "MRU"};
    return {"Left ", "Right"};
}

std::string list(const std::vector<std::uint64_t>& pages) {
    constexpr std::size_t most = 12, ends = 5;
    if (pages.size() <= most)
        return fmt::format("[{}]", fmt::join(pages, ", "));
    return fmt::format("[{}, ..., {}]", fmt::join(pages.begin(), pages.begin() + ends, ", "),
                       fmt::join(pages.end() - ends, pages.end(), ", "));
}

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

std::string ostep(const recording::Recording& recording, const std::vector<Fault>& faults) {
    const std::uint32_t environment = main_environment(faults);
    const auto listed = [&](const Fault& fault) {
        return fault.environment == environment && !fault.joined && fault.installed &&
               (fault.frame_taken || fault.victim_page || fault.read);
    };
    std::uint64_t lowest = ~0ull;
    for (const Fault& fault : faults)
        if (listed(fault))
            lowest = std::min(lowest, fault.page);
    const Ends ends = ends_of(recording::fact(recording, "policy"));
    std::vector<std::uint64_t> resident;
    std::uint64_t misses = 0;
    std::string out;
    for (const Fault& fault : faults) {
        if (!listed(fault))
            continue;
        const std::uint64_t page = fault.page - lowest;
        std::string replaced = "-";
        if (fault.victim_page) {
            replaced = fmt::to_string(*fault.victim_page - lowest);
            std::erase(resident, *fault.victim_page - lowest);
        }
        resident.push_back(page);
        out += fmt::format("Access: {}  MISS {} -> {:>12} <- {} Replaced:{} [Hits:0 Misses:{}]\n",
                           page, ends.left, list(resident), ends.right, replaced, ++misses);
    }
    return out + fmt::format("\nFINALSTATS misses {}   (hits do not enter a libOS; page 0 is {:#x})"
                             "\n",
                             misses, misses == 0 ? 0 : lowest);
}

} // namespace viewer
