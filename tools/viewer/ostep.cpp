// tools/viewer/ostep.cpp - a run in the line shape of OSTEP's paging-policy homework, so that it
// can be compared with what its simulator prints.
//
// A libOS sees faults, not hits. Where the reference string is known, hits are filled in from it;
// else only misses are listed. The resident pages stand in the order of mapping, which is all that
// the libOS's policies know of order: hits move none. A resident set that would make the line wider
// than the terminal is shortened to its ends and its size; a line that is too wide even so goes on
// in a second one.

#include <unordered_set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "tools/viewer/misses.hpp"
#include "tools/viewer/views.hpp"

namespace viewer {

namespace {

struct Ends {
    const char* left;
    const char* right;
};

Ends ends_of(const std::string& policy) {
    if (policy == "fifo" || policy == "mru") // the first, and the last one gives way
        return {"FirstIn", "Lastin "};
    return {"Left ", "Right"};
}

// The resident pages in at most `room` columns: as many of both ends as fit, two pages at least.
std::string list(const std::vector<std::uint64_t>& pages, std::size_t room) {
    const bool may_fit = 3 * pages.size() <= room; // a digit, a comma and a blank each
    std::string text;
    if (may_fit || pages.size() < 3)
        text = fmt::format("[{}]", fmt::join(pages, ", "));
    if (!text.empty() && (text.size() <= room || pages.size() < 3))
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

// One access to a page: what the line of it says.
struct Access {
    std::uint64_t page = 0;
    const Fault* miss = nullptr; // nullptr: a hit
};

// Every access of the known string that the run came to, or, where it is not known or is another
// run's, the misses alone.
struct Accesses {
    std::vector<Access> list;
    bool with_hits = false;
    const char* note;
};

Accesses misses_alone(const Misses& misses, const char* why) {
    Accesses accesses{.list = {}, .note = why};
    for (const Fault* const miss : misses.in_order)
        accesses.list.push_back({miss->page - misses.first_page, miss});
    return accesses;
}

Accesses accesses_of(const Misses& misses, const simulator::ReferenceString* string) {
    if (string == nullptr)
        return misses_alone(misses, "hits do not enter a libOS");
    const char* const another = "misses only: the run does not follow the reference string";
    Accesses accesses{.list = {},
                      .with_hits = true,
                      .note = "hits are filled in from the known reference string"};
    std::unordered_set<std::uint64_t> resident;
    auto miss = misses.in_order.begin();
    for (const simulator::Reference reference : string->references) {
        const std::uint64_t page = string->page_of(reference);
        if (resident.contains(page)) {
            accesses.list.push_back({page});
            continue;
        }
        if (miss == misses.in_order.end()) { // the run ended here
            accesses.note = "hits are filled in from the known reference string, as far as the run "
                            "went";
            return accesses;
        }
        if ((*miss)->page - misses.first_page != page)
            return misses_alone(misses, another);
        if (const auto victim = (*miss)->victim_page)
            resident.erase(*victim - misses.first_page);
        resident.insert(page);
        accesses.list.push_back({page, *miss++});
    }
    return miss == misses.in_order.end() ? accesses : misses_alone(misses, another);
}

std::string final_statistics(bool with_hits, std::uint64_t hits, std::uint64_t misses) {
    if (!with_hits || hits + misses == 0)
        return fmt::format("FINALSTATS misses {}", misses);
    // In hundredths of a per cent, rounded down: whole numbers are the same everywhere.
    const std::uint64_t rate = hits * 10'000 / (hits + misses);
    return fmt::format("FINALSTATS hits {}   misses {}   hitrate {}.{:02}", hits, misses,
                       rate / 100, rate % 100);
}

} // namespace

std::string ostep(const recording::Recording& recording, const std::vector<Fault>& faults,
                  const WalkOptions& options) {
    const Misses all_misses = misses_of(faults);
    const Accesses accesses = accesses_of(all_misses, options.references);
    const std::size_t columns = options.columns;
    const Ends ends = ends_of(recording::fact(recording, "policy"));
    std::vector<std::uint64_t> resident; // in the order of mapping
    std::uint64_t hits = 0, misses = 0;
    std::string out;
    for (const auto& [page, miss] : accesses.list) {
        std::string replaced = "-";
        if (miss != nullptr && miss->victim_page) {
            replaced = fmt::to_string(*miss->victim_page - all_misses.first_page);
            std::erase(resident, *miss->victim_page - all_misses.first_page);
        }
        if (miss != nullptr)
            resident.push_back(page);
        ++(miss == nullptr ? hits : misses);
        const std::string before = fmt::format("Access: {}  {} {} -> ", page,
                                               miss == nullptr ? "HIT " : "MISS", ends.left);
        const std::string after = fmt::format(" <- {} Replaced:{} [Hits:{} Misses:{}]", ends.right,
                                              replaced, hits, misses);
        const std::size_t used = before.size() + after.size();
        const std::string line =
            fmt::format("{}{:>12}", before, list(resident, used < columns ? columns - used : 0));
        out += fmt::format("{}{}{}\n", line,
                           line.size() + after.size() <= columns ? "" : "\n       ", after);
    }
    const std::string total = final_statistics(accesses.with_hits, hits, misses);
    const std::string note =
        fmt::format("   ({}; page 0 is {:#x})", accesses.note, all_misses.first_page);
    return out + "\n" + total + (total.size() + note.size() <= columns ? "" : "\n") + note + "\n";
}

} // namespace viewer
