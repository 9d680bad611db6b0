// exokernel/memory/frame_table.cpp - the list of free frames.

#include "exokernel/memory/frame_table.hpp"

#include "exokernel/arch/x86_64/direct_map.hpp"
#include "exokernel/boot/boot_information.hpp"
#include "exokernel/boot/boot_memory.hpp"
#include "exokernel/memory/system_page.hpp"
#include "exokernel/recording/record.hpp"
#include "exokernel/support/boot_memory.hpp"

namespace exokernel {

constinit FrameTable frame_table;

void zero_frame(std::uint64_t pfn) {
    auto* const words = at_physical<std::uint64_t>(pfn << 12);
    // Stores of 8 bytes, unrolled: a `rep` string instruction would count once per iteration.
#pragma clang loop unroll_count(8) vectorize(disable)
    for (unsigned i = 0; i != 512; ++i)
        __atomic_store_n(words + i, 0, __ATOMIC_RELAXED);
}

void FrameTable::build() {
    limit_ = boot_information.ram_end >> 12;
    const std::uint64_t bytes = limit_ * sizeof(FrameEntry);
    entries_ = at_physical<FrameEntry>(take_boot_frames((bytes + 4095) >> 12));
    const std::uint64_t begin = boot_memory_end() >> 12;
    const MemoryRange& module = boot_information.module;
    std::uint64_t last = 0;
    for (std::uint32_t i = 0; i != boot_information.ram_count; ++i) {
        const MemoryRange& ram = boot_information.ram[i];
        for (std::uint64_t pfn = ram.begin >> 12; pfn != ram.end >> 12; ++pfn) {
            if (pfn < begin || (pfn << 12 < module.end && (pfn + 1) << 12 > module.begin))
                continue;
            entries_[pfn] = {.next = 0,
                             .previous = static_cast<std::uint32_t>(last),
                             .binding = 0,
                             .pins = 0,
                             .state = FrameState::free,
                             .fixed = 0};
            if (last == 0)
                head_ = pfn;
            else
                entries_[last].next = static_cast<std::uint32_t>(pfn);
            last = pfn;
            ++total_;
        }
    }
    free_ = total_;
    system_page().total_frames = total_;
    system_page().free_frames = free_;
}

void FrameTable::take(std::uint64_t pfn, FrameState state, std::uint32_t binding) {
    FrameEntry& entry = entries_[pfn];
    if (entry.previous != 0)
        entries_[entry.previous].next = entry.next;
    else
        head_ = entry.next;
    if (entry.next != 0)
        entries_[entry.next].previous = entry.previous;
    entry = {.next = 0, .previous = 0, .binding = binding, .pins = 0, .state = state, .fixed = 0};
    system_page().free_frames = --free_;
    zero_frame(pfn);
}

void FrameTable::release(std::uint64_t pfn) {
    entries_[pfn] = {.next = static_cast<std::uint32_t>(head_),
                     .previous = 0,
                     .binding = 0,
                     .pins = 0,
                     .state = FrameState::free,
                     .fixed = 0};
    if (head_ != 0)
        entries_[head_].previous = static_cast<std::uint32_t>(pfn);
    head_ = pfn;
    system_page().free_frames = ++free_;
    record(abi::Event::frame_released, pfn, 0);
}

} // namespace exokernel
