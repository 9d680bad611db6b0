// apps/wc/main.cpp - counts lines, words and bytes of a mapped file, as POSIX's `wc` does.
//
// A line ends with a newline, a word is a run of anything that isspace() denies in the C locale
// (some hosts' `wc` leave out bytes that they cannot print). The file is read through its mapping
// only; the zeroes behind its end are not counted. Several files are followed by their total, which
// is the run's result.

#include "libos/core/start.hpp"
#include "libos/vm/mapped_file.hpp"

namespace {
constexpr bool is_space(char character) {
    return character == ' ' || (character >= '\t' && character <= '\r');
}

struct Count {
    std::uint64_t lines = 0;
    std::uint64_t words = 0;
    std::uint64_t bytes = 0;
};

Count count(const libos::MappedFile& file) {
    Count count{.bytes = file.length};
    bool in_word = false;
    for (const char character : file.text()) {
        count.lines += character == '\n';
        const bool space = is_space(character);
        count.words += !space && !in_word;
        in_word = !space;
    }
    return count;
}

void show(const Count& count, std::string_view name) {
    libos::print("{} {} {} {}\n", count.lines, count.words, count.bytes, name);
}
} // namespace

int application_main(libos::Arguments arguments) {
    if (const std::string_view word = arguments.unknown(); !word.empty())
        libos::fail(abi::Error::invalid_argument,
                    "wc: there is no argument `{}`; name the files to count with `--file`", word);
    Count total;
    std::size_t files = 0;
    do {
        const libos::MappedFile file = libos::map_file(files); // without one the run ends here
        const Count one = count(file);
        show(one, file.name);
        total.lines += one.lines;
        total.words += one.words;
        total.bytes += one.bytes;
        ++files;
    } while (libos::has_file(files));
    if (files > 1)
        show(total, "total");
    libos::print("@output.lines={}\n@output.words={}\n@output.bytes={}\n", total.lines, total.words,
                 total.bytes);
    return 0;
}
