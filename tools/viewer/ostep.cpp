// tools/viewer/ostep.cpp - misses in the line shape of OSTEP's paging-policy homework, so that a
// run can be compared with what its simulator prints.
//
// A libOS sees faults, not hits: only misses are listed, and pages that another one joins are
// listed once. Pages have the numbers that policies and traces give them: they are counted from the
// first managed page, in a libOS that puts them elsewhere from the lowest one that faulted. A
// resident set that would make the line wider than the terminal is shortened to its ends and its
// size; a line that is too wide even so goes on in a second one.

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "libos/core/address_space.hpp"
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

// The resident pages in at most `room` columns: as many of both ends as fit, two pages at least.
std::string list(const std::vector<std::uint64_t>& pages, std::size_t room) {
    std::string text = fmt::format("[{}]", fmt::join(pages, ", "));
    if (text.size() <= room || pages.size() < 3)
        return text;
    const auto shortened = [&](std::size_t left, std::size_t right) {
        const auto end = pages.end() - static_cast<std::ptrdiff_t>(right);
        return fmt::format(
            "[{}, ... {} pages ..., {}]",
            fmt::join(pages.begin(), pages.begin() + static_cast<std::ptrdiff_t>(left), ", "),
            pages.size() - left - right, fmt::join(end, pages.end(), ", "));
    };
    text = fmt::format("[... {} pages]", pages.size());
    for (std::size_t ends = 1; 2 * ends < pages.size(); ++ends) {
        const std::string longer = shortened(ends, ends);
        if (longer.size() > room)
            break;
        text = longer;
    }
    return text;
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

std::string ostep(const recording::Recording& recording, const std::vector<Fault>& faults,
                  std::size_t columns) {
    const std::uint32_t environment = main_environment(faults);
    const auto listed = [&](const Fault& fault) {
        return fault.environment == environment && !fault.joined && fault.installed &&
               (fault.frame_taken || fault.victim_page || fault.read);
    };
    std::uint64_t first = ~0ull;
    for (const Fault& fault : faults)
        if (listed(fault))
            first = std::min(first, fault.page);
    using namespace libos::address_range;
    if (first >= regions >> abi::page_shift && first < regions_end >> abi::page_shift)
        first = regions >> abi::page_shift;
    const Ends ends = ends_of(recording::fact(recording, "policy"));
    std::vector<std::uint64_t> resident;
    std::uint64_t misses = 0;
    std::string out;
    for (const Fault& fault : faults) {
        if (!listed(fault))
            continue;
        const std::uint64_t page = fault.page - first;
        std::string replaced = "-";
        if (fault.victim_page) {
            replaced = fmt::to_string(*fault.victim_page - first);
            std::erase(resident, *fault.victim_page - first);
        }
        resident.push_back(page);
        const std::string before = fmt::format("Access: {}  MISS {} -> ", page, ends.left);
        const std::string after =
            fmt::format(" <- {} Replaced:{} [Hits:0 Misses:{}]", ends.right, replaced, ++misses);
        const std::size_t used = before.size() + after.size();
        const std::string line =
            fmt::format("{}{:>12}", before, list(resident, used < columns ? columns - used : 0));
        out += fmt::format("{}{}{}\n", line,
                           line.size() + after.size() <= columns ? "" : "\n       ", after);
    }
    const std::string total = fmt::format("FINALSTATS misses {}", misses);
    const std::string note =
        fmt::format("   (hits do not enter a libOS; page 0 is {:#x})", misses == 0 ? 0 : first);
    return out + "\n" + total + (total.size() + note.size() <= columns ? "" : "\n") + note + "\n";
}

} // namespace viewer
