// tools/simulator/reference_string.hpp - which pages a program touches, one after the other.

#pragma once

#include <cstdint>
#include <vector>

namespace simulator {

// One access: the page as an index into ReferenceString::pages, and what it was for.
struct Reference {
    static constexpr std::uint32_t written = 1, fetched = 2;
    std::uint32_t word;

    std::uint32_t page() const { return word >> 2; }
    bool writes() const { return (word & written) != 0; }
    bool fetches() const { return (word & fetched) != 0; }
};

struct ReferenceString {
    std::vector<Reference> references;
    std::vector<std::uint64_t> pages; // page numbers, in the order of first use
};

} // namespace simulator
