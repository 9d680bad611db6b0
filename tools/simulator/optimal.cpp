// tools/simulator/optimal.cpp - policies that know the future: no libOS can have them.

#include "tools/simulator/optimal.hpp"

#include <set>
#include <utility>

namespace simulator {

namespace {

constexpr std::uint64_t never = ~std::uint64_t{0};

// By place: the place of the next use of the same page.
std::vector<std::uint64_t> next_uses(const ReferenceString& string) {
    std::vector<std::uint64_t> last(string.pages.size(), never);
    std::vector<std::uint64_t> next(string.references.size());
    for (std::size_t i = next.size(); i-- != 0;)
        next[i] = std::exchange(last[string.references[i].page()], i);
    return next;
}

Figures run(const ReferenceString& string, std::uint32_t frames, bool farthest) {
    struct Page {
        std::uint64_t next = 0;
        bool resident = false, dirty = false;
    };
    const std::vector<std::uint64_t> next = next_uses(string);
    std::vector<Page> pages(string.pages.size());
    std::set<std::pair<std::uint64_t, std::uint32_t>> resident; // by next use
    Figures figures;
    figures.references = string.references.size();
    for (std::size_t i = 0; i != next.size(); ++i) {
        const Reference reference = string.references[i];
        Page& page = pages[reference.page()];
        if (page.resident) {
            resident.erase({page.next, reference.page()});
        } else {
            ++figures.faults;
            if (resident.size() == frames) {
                const auto victim = farthest ? std::prev(resident.end()) : resident.begin();
                Page& gone = pages[victim->second];
                ++figures.evictions;
                figures.dirty_evictions += gone.dirty ? 1 : 0;
                figures.victims_hash =
                    libos::add_to_hash(figures.victims_hash, string.pages[victim->second]);
                gone = {};
                resident.erase(victim);
            }
        }
        page = {next[i], true, page.dirty || reference.writes()};
        resident.insert({page.next, reference.page()});
    }
    return figures;
}

} // namespace

Figures run_optimal(const ReferenceString& string, std::uint32_t frames) {
    return run(string, frames, true);
}

Figures run_pessimal(const ReferenceString& string, std::uint32_t frames) {
    return run(string, frames, false);
}

} // namespace simulator
