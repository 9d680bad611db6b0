// tools/command/disk_image.hpp - the raw disk of one run: its own copy of the files it works on.
//
// Guarantees: every file begins at a 4 KiB block, the first at block 0; what follows a file up to
// its last block's end reads as zero; the originals are only read. A file that cannot be used is
// refused before anything is written.

#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "tools/command/exit_code.hpp"

namespace command {

inline constexpr std::uint64_t file_limit = 1ull << 30; // bytes of all files together

struct DiskFile {
    std::filesystem::path original;
    std::string name; // in the manifest: without directories and blanks
    std::uint64_t first_block = 0;
    std::uint64_t bytes = 0;
    std::string content; // if not empty: instead of the original's; with neither it reads as zero
};

struct DiskPlan {
    std::vector<DiskFile> files;
    std::uint64_t blocks = 0;
};

/// Checks `files` and lays them out on a disk of at least `least_blocks`, with `scratch_blocks`
/// behind them.
Outcome<DiskPlan> plan_disk(const std::vector<std::filesystem::path>& files,
                            std::uint64_t least_blocks, std::uint64_t scratch_blocks = 0);

/// Puts `content`, made from `original`, behind everything else.
Outcome<void> add_file(DiskPlan& plan, const std::filesystem::path& original,
                       const std::string& name, std::string content);

/// Puts a file of so many blocks that read as zero behind everything else: they take no place on
/// the host before they are written.
void add_zeros(DiskPlan& plan, const std::string& name, std::uint64_t blocks);

Outcome<void> write_disk(const DiskPlan& plan, const std::filesystem::path& image);

Outcome<std::string> read_whole(const std::filesystem::path& file);
Outcome<void> write_whole(const std::filesystem::path& file, const std::string& content);

/// The same, but what is there stays until all of the new content is; folders on the way are made.
Outcome<void> replace_whole(const std::filesystem::path& file, const std::string& content);

} // namespace command
