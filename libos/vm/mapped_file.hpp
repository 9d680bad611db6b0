// libos/vm/mapped_file.hpp - maps a file of the run's disk into memory, paged on demand.
//
// The first mapping sets the pager up: `frames` of the manifest are bound, `policy` names the
// replacement policy. A page is read when it is first touched; the bytes of the last page behind
// the file's end read as zero. A writable mapping is written back at the end of the run, and at
// `write_back`. Every refusal ends the run with a message that says what to change.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "libos/vm/pager_types.hpp"

namespace libos {

struct MappedFile {
    std::string_view name;
    std::byte* begin = nullptr;
    std::uint64_t length = 0; // of the file, in bytes
    std::uint64_t pages = 0;  // of the mapping

    std::span<std::byte> bytes() const { return {begin, length}; }
    std::string_view text() const { return {reinterpret_cast<const char*>(begin), length}; }
};

/// Makes `policy` (policy_operations.hpp makes one from a class) the one that chooses victims,
/// whatever the manifest names: for an application that brings its own. Before the first mapping.
void use_policy(const PolicyOperations& policy);

/// Maps the run's index-th file. `least_pages`: how many pages the mapping has at least; those
/// wholly behind the end of the file read as zero and cannot be written.
MappedFile map_file(std::size_t index, Access access = Access::read_only,
                    std::uint64_t least_pages = 0);

/// The same for a file by its name; the name given with `file=` in the manifest.
MappedFile map_file_named(std::string_view name, Access access = Access::read_only);

/// Maps `pages` blocks of the disk from `first_block` on, whatever files lie there.
MappedFile map_disk(std::uint64_t first_block, std::uint64_t pages,
                    Access access = Access::read_only);

/// Reads a whole file into memory of its own: outside the pager's pool, so that reading it causes
/// no fault and moves no page. Other threads run meanwhile.
std::span<const std::byte> load_file(std::string_view name);

/// Tells the pager and its policy how `count` pages of `file`, from page `first` on, will be used
/// (Hint in replacement_policy.hpp). Advice: it may cost or save faults, and changes nothing else.
/// Random, sequential and none are for the whole mapping; will_need reads ahead without waiting.
void advise(const MappedFile& file, std::uint64_t first, std::uint64_t count, Hint hint);

/// Whether the run has an index-th file.
bool has_file(std::size_t index);

/// Writes everything back that is dirty now and waits for it; other threads run meanwhile, and what
/// they write then may be left. Ends the run with io_error if that fails.
void write_back();

/// What the pager has done so far; all zero before the first mapping.
PagerFigures pager_figures();

} // namespace libos
