// libos/core/manifest.hpp - reads the run's manifest: text lines `key=value`.
//
// A view over the text; nothing is copied. Keys and defaults are those of bindings/abi/archive.hpp.
// The start has checked every line (check_manifest.hpp): none is malformed where a run gets here.

#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace libos {

/// The unsigned decimal number that is all of `text`, or nothing.
constexpr std::optional<std::uint64_t> parse_number(std::string_view text) {
    if (text.empty())
        return std::nullopt;
    std::uint64_t value = 0;
    for (const char character : text)
        if (character < '0' || character > '9' || __builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, character - '0', &value))
            return std::nullopt;
    return value;
}

// A file on the disk: `file=NAME FIRST LENGTH`.
struct FileEntry {
    std::string_view name;
    std::uint64_t first_block;
    std::uint64_t length;
};

// `backing=FIRST COUNT`: blocks of the disk for what is taken by force.
struct BlockRange {
    std::uint64_t first;
    std::uint64_t count;
};

class Manifest {
public:
    constexpr Manifest() = default;
    constexpr explicit Manifest(std::string_view text) : text_{text} {}

    /// The value of the index-th line with `key`; nothing if there is none.
    constexpr std::optional<std::string_view> find(std::string_view key,
                                                   std::size_t index = 0) const {
        std::string_view rest = text_;
        while (!rest.empty()) {
            const std::size_t end = rest.find('\n');
            const std::string_view line = rest.substr(0, end);
            rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
            if (line.size() > key.size() && line.starts_with(key) && line[key.size()] == '=') {
                if (index == 0)
                    return line.substr(key.size() + 1);
                --index;
            }
        }
        return std::nullopt;
    }

    /// The number that `key` has; `otherwise` if the key is missing or is no number.
    constexpr std::uint64_t number(std::string_view key, std::uint64_t otherwise) const {
        const auto value = find(key);
        return value ? parse_number(*value).value_or(otherwise) : otherwise;
    }

    /// The index-th file; nothing if there are not so many or the line is malformed.
    constexpr std::optional<FileEntry> file(std::size_t index) const {
        const auto line = find("file", index);
        if (!line)
            return std::nullopt;
        // From the right, because a name may contain blanks.
        const std::size_t last = line->rfind(' ');
        if (last == std::string_view::npos || last == 0)
            return std::nullopt;
        const std::size_t middle = line->rfind(' ', last - 1);
        if (middle == std::string_view::npos)
            return std::nullopt;
        const auto first = parse_number(line->substr(middle + 1, last - middle - 1));
        const auto length = parse_number(line->substr(last + 1));
        if (!first || !length)
            return std::nullopt;
        return FileEntry{line->substr(0, middle), *first, *length};
    }

    /// Where contents may be saved that are taken by force; nothing if there is no such line.
    constexpr std::optional<BlockRange> backing() const {
        const auto line = find("backing");
        if (!line)
            return std::nullopt;
        const std::size_t blank = line->find(' ');
        if (blank == std::string_view::npos)
            return std::nullopt;
        const auto first = parse_number(line->substr(0, blank));
        const auto count = parse_number(line->substr(blank + 1));
        if (!first || !count)
            return std::nullopt;
        return BlockRange{*first, *count};
    }

private:
    std::string_view text_;
};

} // namespace libos
