// tools/verifier/placement.cpp - the page-to-block map that requests show.

#include "tools/verifier/placement.hpp"

namespace verifier {

void Placement::place(std::uint64_t page, std::uint64_t block) {
    blocks_.try_emplace(page, block);
    if (const auto region = region_of(page))
        offsets_.try_emplace(*region, block - page);
}

std::optional<std::uint64_t> Placement::region_of(std::uint64_t page) const {
    const auto found = regions_.find(page);
    return found == regions_.end() ? std::nullopt : std::optional{found->second};
}

std::optional<std::uint64_t> Placement::block_of(std::uint64_t page) const {
    if (const auto known = blocks_.find(page); known != blocks_.end())
        return known->second;
    const auto region = region_of(page);
    const auto offset = region ? offsets_.find(*region) : offsets_.end();
    return offset == offsets_.end() ? std::nullopt : std::optional{page + offset->second};
}

} // namespace verifier
