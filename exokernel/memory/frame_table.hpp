// exokernel/memory/frame_table.hpp - one entry for every physical frame: free, or bound to what.
//
// Free frames form a list in ascending order at boot, so that "any" is deterministic. A frame is
// free only when nothing maps it, no device is at it and no binding names it.

#pragma once

#include "exokernel/bindings/capability_table.hpp" // IWYU pragma: export

namespace exokernel {

enum class FrameState : std::uint8_t {
    reserved = 0, // the kernel's own, the archive, or no memory at all
    free = 1,
    bound = 2,      // named by a frame binding
    page_table = 3, // donated
    table_links = 4,
    object = 5, // an environment or part of its capability table
};

// What a pinned frame serves its environment as, until that ends or the frame is taken.
enum class FrameUse : std::uint8_t {
    none = 0,
    saving = 1,    // taken by force, its contents are being written; serves nobody
    essential = 2, // PE page, request area: without it the environment ends
    io_ring = 3,
    repossession = 4,
};

struct FrameEntry {
    std::uint32_t next = 0; // free: next free frame; links: their table; else unused
    // Free: previous free frame; table below a root: the table above; root, object or pinned frame:
    // the object frame of the environment it serves.
    std::uint32_t previous = 0;
    std::uint16_t pins = 0; // transfers in flight, and fixed uses; page table: guaranteed tables
                            // below it
    FrameState state = FrameState::reserved;
    FrameUse use : 7 = FrameUse::none;
    bool guaranteed : 1 = false; // revocation by count spares it
    std::uint32_t binding = 0;   // reference of the entry that names it, 0 when free

    /// No device is at it, it serves nothing and is not guaranteed.
    bool is_plain() const {
        return *reinterpret_cast<const std::uint32_t*>(&pins) ==
               static_cast<std::uint32_t>(FrameState::bound) << 16;
    }
};
static_assert(sizeof(FrameEntry) == 16);

class FrameTable {
public:
    /// Lays the table out behind the boot memory and frees everything else.
    void build();

    std::uint64_t total() const { return total_; }
    std::uint64_t free_count() const { return free_; }
    std::uint64_t limit() const { return limit_; }

    FrameEntry& at(std::uint64_t pfn) { return entries_[pfn]; }

    /// First frame of the list, which is the one released last, else the lowest; 0 if none.
    std::uint64_t first_free() const { return head_; }
    bool is_free(std::uint64_t pfn) const {
        return pfn < limit_ && entries_[pfn].state == FrameState::free;
    }

    /// Takes a free frame out of the list, zeroed: 512 stores of 8 bytes. What is handed over
    /// never holds what the holder before left in it.
    void take(std::uint64_t pfn, FrameState state, std::uint32_t binding);

    /// Puts a frame back at the front of the list.
    void release(std::uint64_t pfn);

private:
    friend class ReleasedFrames;
    std::uint64_t append(std::uint64_t begin, std::uint64_t end, std::uint64_t last);

    FrameEntry* entries_ = nullptr;
    std::uint64_t limit_ = 0, total_ = 0, free_ = 0, head_ = 0;
};

extern constinit FrameTable frame_table;

/// Puts frames back at the front of the list, one after the other; nothing else is done with the
/// list until the end, when `count` says how many they were.
class ReleasedFrames {
public:
    FrameEntry& at(std::uint32_t pfn) { return entries_[pfn]; }
    void add(std::uint32_t pfn);
    void count(std::uint32_t frames);

private:
    FrameEntry* const entries_ = frame_table.entries_;
    std::uint64_t head_ = frame_table.head_;
};

/// Ends what `pin_zeroed` began.
inline void unpin_frame(std::uint64_t pfn) {
    FrameEntry& frame = frame_table.at(pfn);
    --frame.pins;
    frame.use = FrameUse::none;
}

/// Whether `pfn` is a frame of memory and this binding the one that it was bound by: any other
/// only shares it.
inline bool is_first_binding(const CapabilityEntry& entry, std::uint64_t pfn) {
    return pfn < frame_table.limit() && frame_table.at(pfn).binding == reference_of(entry);
}

/// The environment that a root, a frame of an object or a pinned frame serves.
inline Environment& environment_of(const FrameEntry& frame) {
    return *at_physical<Environment>(std::uint64_t{frame.previous} << 12);
}

/// Fills a frame with zeros.
void zero_frame(std::uint64_t pfn);

} // namespace exokernel
