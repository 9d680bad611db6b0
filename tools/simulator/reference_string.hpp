// tools/simulator/reference_string.hpp - which pages a program touches, one after the other.

#pragma once

#include <cstdint>
#include <unordered_map>
#include <utility>
#include <vector>

namespace simulator {

// One access: the page as an index into ReferenceString::pages, and what it was for.
struct Reference {
    static constexpr std::uint32_t written = 1; // an instruction fetch is a read, as in `trace`
    std::uint32_t word;

    std::uint32_t page() const { return word >> 2; }
    bool writes() const { return (word & written) != 0; }
};

struct ReferenceString {
    std::vector<Reference> references;
    std::vector<std::uint64_t> pages; // page numbers, in the order of first use

    std::uint64_t page_of(Reference reference) const { return pages[reference.page()]; }
};

// Makes a string from page numbers, one reference after the other.
class StringBuilder {
public:
    explicit StringBuilder(std::size_t references = 0) { string_.references.reserve(references); }
    void add(std::uint64_t page, std::uint32_t use = 0) {
        const auto [found, fresh] =
            indexes_.try_emplace(page, static_cast<std::uint32_t>(string_.pages.size()));
        if (fresh)
            string_.pages.push_back(page);
        string_.references.push_back({found->second << 2 | use});
    }
    ReferenceString take() { return std::move(string_); }

private:
    ReferenceString string_;
    std::unordered_map<std::uint64_t, std::uint32_t> indexes_;
};

} // namespace simulator
