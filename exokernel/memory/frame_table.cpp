// exokernel/memory/frame_table.cpp - the list of free frames.

#include "exokernel/memory/frame_table.hpp"

#include <algorithm>
#include <cstddef>

#include "exokernel/arch/x86_64/kernel_lock.hpp"
#include "exokernel/boot/boot_information.hpp"
#include "exokernel/recording/record.hpp"

namespace exokernel {

constinit FrameTable frame_table;

// Frees [begin, end) behind `last`, the last frame of the list so far (0: none).
std::uint64_t FrameTable::append(std::uint64_t begin, std::uint64_t end, std::uint64_t last) {
    if (begin >= end)
        return last;
    if (last == 0)
        head_ = begin;
    else
        entries_[last].next = static_cast<std::uint32_t>(begin);
    auto previous = static_cast<std::uint32_t>(last);
    for (auto pfn = static_cast<std::uint32_t>(begin); pfn != end; ++pfn) {
        entries_[pfn] = {.next = pfn + 1, .previous = previous, .state = FrameState::free};
        previous = pfn;
    }
    entries_[end - 1].next = 0;
    total_ += end - begin;
    return end - 1;
}

void FrameTable::build() {
    limit_ = boot_information.ram_end >> 12;
    const std::uint64_t bytes = limit_ * sizeof(FrameEntry);
    entries_ = at_physical<FrameEntry>(take_boot_frames((bytes + 4095) >> 12));
    const std::uint64_t first = seal_boot_memory() >> 12;
    const std::uint64_t archive_begin = boot_information.module.begin >> 12;
    const std::uint64_t archive_end = (boot_information.module.end + 4095) >> 12;
    std::uint64_t last = 0;
    for (std::uint32_t i = 0; i != boot_information.ram_count; ++i) {
        const std::uint64_t begin = std::max(boot_information.ram[i].begin >> 12, first);
        const std::uint64_t end = boot_information.ram[i].end >> 12;
        last = append(begin, std::min(end, archive_begin), last);
        last = append(std::max(begin, archive_end), end, last);
    }
    free_ = total_;
    system_page().total_frames = total_;
    system_page().free_frames = free_;
}

void FrameTable::take(std::uint64_t pfn, FrameState state, std::uint32_t binding) {
    require_lock();
    FrameEntry& entry = entries_[pfn];
    if (entry.previous != 0)
        entries_[entry.previous].next = entry.next;
    else
        head_ = entry.next;
    if (entry.next != 0)
        entries_[entry.next].previous = entry.previous;
    entry = {.state = state, .binding = binding};
    system_page().free_frames = --free_;
    zero_frame(pfn);
}

void FrameTable::release(std::uint64_t pfn) {
    ReleasedFrames released;
    released.add(static_cast<std::uint32_t>(pfn));
    released.count(1);
}

// Two stores: no frame before it and the old head behind it; free, and nobody's.
void ReleasedFrames::add(std::uint32_t pfn) {
    constexpr auto free = static_cast<std::uint64_t>(FrameState::free) << 16;
    const std::uint64_t entry[2] = {head_, free};
    static_assert(sizeof entry == sizeof(FrameEntry) && offsetof(FrameEntry, state) == 10);
    __builtin_memcpy(&entries_[pfn], entry, sizeof entry);
    entries_[head_].previous = pfn; // frame 0 is in no list
    head_ = pfn;
    record(Event::frame_released, pfn, 0);
}

void ReleasedFrames::count(std::uint32_t frames) {
    frame_table.head_ = head_;
    frame_table.free_ += frames;
    system_page().free_frames = frame_table.free_;
}

} // namespace exokernel
