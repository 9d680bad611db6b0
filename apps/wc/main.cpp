// apps/wc/main.cpp - counts lines, words and bytes of a mapped file, as `wc` does in the C locale.
//
// A line ends with a newline, a word is a run of anything that isspace() denies. The file is read
// through its mapping only; the zeroes behind its end are not counted.

#include "libos/core/start.hpp"
#include "libos/vm/mapped_file.hpp"

namespace {
constexpr bool is_space(char character) {
    return character == ' ' || (character >= '\t' && character <= '\r');
}
} // namespace

int application_main(libos::Arguments) {
    const libos::MappedFile file = libos::map_file(0);
    std::uint64_t lines = 0;
    std::uint64_t words = 0;
    bool in_word = false;
    for (const char character : file.text()) {
        lines += character == '\n';
        const bool space = is_space(character);
        words += !space && !in_word;
        in_word = !space;
    }
    libos::print("{} {} {} {}\n", lines, words, file.length, file.name);
    libos::print("@output.lines={}\n@output.words={}\n@output.bytes={}\n", lines, words,
                 file.length);
    return 0;
}
