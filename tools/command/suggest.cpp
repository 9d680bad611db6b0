// tools/command/suggest.cpp - edit distance over three rows of the table.

#include "tools/command/suggest.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace command {

std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before(b.size() + 1);
    std::vector<std::size_t> previous(b.size() + 1);
    std::vector<std::size_t> current(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j)
        previous[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        current[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t replaced = previous[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            current[j] = std::min({replaced, previous[j] + 1, current[j - 1] + 1});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                current[j] = std::min(current[j], before[j - 2] + 1);
        }
        std::swap(before, previous);
        std::swap(previous, current);
    }
    return previous[b.size()];
}

std::string nearest(std::string_view word, std::span<const std::string> candidates) {
    std::string lower(word);
    for (char& letter : lower)
        if (letter >= 'A' && letter <= 'Z')
            letter += 'a' - 'A';
    std::string best;
    std::size_t best_distance = 3;
    for (const std::string& candidate : candidates) {
        const bool begins = lower.size() >= 3 && candidate.starts_with(lower);
        std::size_t distance = edit_distance(lower, candidate);
        if (begins)
            distance = std::min<std::size_t>(distance, 2);
        if (distance < best_distance && (begins || 2 * distance <= lower.size())) {
            best = candidate;
            best_distance = distance;
        }
    }
    return best;
}

std::string suggestion(std::string_view word, std::span<const std::string> candidates) {
    const std::string best = nearest(word, candidates);
    return best.empty() ? "" : "; did you mean " + best + "?";
}

} // namespace command
