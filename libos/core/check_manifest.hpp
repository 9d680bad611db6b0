// libos/core/check_manifest.hpp - whether a manifest says what a libOS can use.
//
// Asked once at the start, so that everything behind it may take what it reads as sound: a damaged
// line must not run as its default.

#pragma once

#include "bindings/abi/io_ring.hpp"
#include "libos/core/manifest.hpp"

namespace libos {

struct ManifestProblem {
    std::uint64_t line = 0; // from 1
    std::string_view text;
    std::string_view should_be;
    FileEntry beyond{}; // a file that does not lie on the disk; else its name is empty
};

namespace manifest_check {

struct NumberKey {
    std::string_view key;
    std::string_view should_be;
    std::uint64_t most;
};
inline constexpr std::uint64_t any = ~std::uint64_t{0};
inline constexpr NumberKey number_keys[] = {
    {"frames", "frames=N, a number below 4,294,967,296", 0xffff'ffff},
    {"seed", "seed=N, a number", any},
    {"record", "record=0 or record=1", 1},
    {"deterministic", "deterministic=0 or deterministic=1", 1},
    {"service_time", "service_time=N, a number", any},
    {"recording_share", "recording_share=N, a number of percent", 100},
    {"upcall_limit", "upcall_limit=N, a number", any},
    {"slots", "slots=N, a number", any},
    {"until_fault", "until_fault=N, a number", any},
};

constexpr std::string_view file_form =
    "file=NAME FIRST LENGTH, the first block and the length two numbers";

constexpr bool is_key(std::string_view text) {
    for (const char character : text)
        if (!(character >= 'a' && character <= 'z') && character != '_')
            return false;
    return !text.empty();
}

/// What the line should be; empty if it is sound.
constexpr std::string_view problem_of_line(std::string_view line) {
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos || !is_key(line.substr(0, equals)))
        return "key=value";
    const std::string_view key = line.substr(0, equals);
    for (const NumberKey& known : number_keys) {
        if (known.key != key)
            continue;
        const auto number = parse_number(line.substr(equals + 1));
        return number && *number <= known.most ? "" : known.should_be;
    }
    if (key == "file" && !Manifest{line}.file(0))
        return file_form;
    return key == "backing" && !Manifest{line}.backing() ? "backing=FIRST COUNT, two numbers" : "";
}

constexpr bool lies_on_disk(const FileEntry& file, std::uint64_t disk_blocks) {
    const std::uint64_t blocks =
        file.length / abi::block_size + (file.length % abi::block_size != 0 ? 1 : 0);
    return file.first_block <= disk_blocks && blocks <= disk_blocks - file.first_block;
}

} // namespace manifest_check

/// The first line of `text` that is damaged or names blocks that the disk does not have.
constexpr std::optional<ManifestProblem> problem_of_manifest(std::string_view text,
                                                             std::uint64_t disk_blocks) {
    for (std::uint64_t number = 1; !text.empty(); ++number) {
        const std::size_t end = text.find('\n');
        const std::string_view line = text.substr(0, end);
        text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
        if (line.empty())
            continue;
        const std::string_view should_be = manifest_check::problem_of_line(line);
        if (!should_be.empty())
            return ManifestProblem{number, line, should_be};
        const auto file = Manifest{line}.file(0);
        if (file && !manifest_check::lies_on_disk(*file, disk_blocks))
            return ManifestProblem{number, line, "", *file};
    }
    return std::nullopt;
}

} // namespace libos
