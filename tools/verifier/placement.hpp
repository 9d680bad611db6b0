// tools/verifier/placement.hpp - where the pages of an environment's regions lie on the disk.
//
// The first request for a page of a region shows where the whole region lies: neighbouring pages
// lie in neighbouring blocks. Which region a page is in, its fault says.

#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>

namespace verifier {

class Placement {
public:
    /// A fault on `page` names its region.
    void see(std::uint64_t page, std::uint64_t region) { regions_.try_emplace(page, region); }
    /// `page` is read from or written to `block`.
    void place(std::uint64_t page, std::uint64_t block);

    std::optional<std::uint64_t> region_of(std::uint64_t page) const;
    /// Where `page` lies; nothing if no request has shown it.
    std::optional<std::uint64_t> block_of(std::uint64_t page) const;

private:
    std::unordered_map<std::uint64_t, std::uint64_t> regions_; // by page
    std::unordered_map<std::uint64_t, std::uint64_t> blocks_;  // by page
    std::unordered_map<std::uint64_t, std::uint64_t> offsets_; // by region: block - page
};

} // namespace verifier
