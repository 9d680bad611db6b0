// tools/command/word_count.hpp - lines, words and bytes of a text, counted on the host.
//
// The same rule as the app `wc`: a line ends at each newline, a word is a run of bytes that are
// not isspace() in the C locale. `exo demo` compares the two.

#pragma once

#include <cstdint>
#include <string_view>

namespace command {

struct WordCount {
    std::uint64_t lines = 0;
    std::uint64_t words = 0;
    std::uint64_t bytes = 0;
    friend bool operator==(const WordCount&, const WordCount&) = default;
};

constexpr WordCount count_words(std::string_view text) {
    WordCount count;
    bool in_word = false;
    for (const char c : text) {
        const bool blank = c == ' ' || (c >= '\t' && c <= '\r');
        count.words += !blank && !in_word ? 1 : 0;
        count.lines += c == '\n' ? 1 : 0;
        in_word = !blank;
    }
    count.bytes = text.size();
    return count;
}

} // namespace command
