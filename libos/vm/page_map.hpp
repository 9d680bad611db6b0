// libos/vm/page_map.hpp - where each page of a managed region is: the libOS's own page map.
//
// One word for each page, found by index. A page is absent, resident in a frame, on its way in
// (a fault is working on it), or absent while its last contents are still being written. Of a page
// whose frame was taken by force the contents are saved elsewhere, or lost, or the exokernel has
// not said yet.

#pragma once

#include <cstdint>
#include <span>

#include "libos/vm/replacement_policy.hpp"

namespace libos {

class PageState {
public:
    enum class Kind : std::uint32_t {
        absent = 0,
        resident = 1,
        arriving = 2,
        leaving = 3,
        saved = 4,
        taken = 5,
        lost = 6,
    };

    constexpr PageState() = default;
    static constexpr PageState resident(FrameNo frame) { return {Kind::resident, frame}; }
    static constexpr PageState arriving(std::uint32_t fault) { return {Kind::arriving, fault}; }
    static constexpr PageState leaving(std::uint32_t fault) { return {Kind::leaving, fault}; }
    static constexpr PageState saved(std::uint32_t slot) { return {Kind::saved, slot}; }
    static constexpr PageState taken(FrameNo frame) { return {Kind::taken, frame}; }
    static constexpr PageState lost() { return {Kind::lost, 0}; }

    constexpr Kind kind() const { return static_cast<Kind>(word_ >> 29); }
    /// The frame of a resident or taken page, the fault record of one that arrives or leaves, the
    /// slot of the repossession vector of a saved one.
    constexpr std::uint32_t index() const { return word_ & 0x1fff'ffff; }

    friend constexpr bool operator==(PageState, PageState) = default;

private:
    constexpr PageState(Kind kind, std::uint32_t index)
        : word_{static_cast<std::uint32_t>(kind) << 29 | index} {}
    std::uint32_t word_ = 0;
};
static_assert(sizeof(PageState) == 4);

class PageMap {
public:
    PageMap() = default;
    explicit PageMap(std::span<PageState> states) : states_{states} {}
    PageState& operator[](std::uint64_t index) const { return states_[index]; }

private:
    std::span<PageState> states_;
};

} // namespace libos
