// libos/vm/paging_rules.hpp - what may be chosen of the mechanism under a policy, in the booted
// libOS and in the simulator alike.
//
// Of each fault, in this order (a fault that has to wait for a frame does 1 to 3 only once):
//   1. with `grace` the reference bit of the page of the fault before is cleared;
//   2. every harvest_every() faults of a policy that harvests, the reference bits of all resident
//      pages are read and cleared, and it hears which frames were accessed, in ascending order;
//   3. with `early`, every early_interval faults: while fewer than that many frames are free or
//      hold a clean page, the dirty one that has been mapped longest is written, at most
//      early_limit of them and half of all frames. What is being written is no victim;
//   4. a frame is taken: the first that is free (at the beginning in ascending order), else the
//      policy is asked for up to `batch` victims. The first good one makes room for the page, the
//      others become free in the order in which they were named, the dirty ones when they are
//      written, and behind those that this fault takes. A bad one is passed over and counted;
//      where none is good the page that has been mapped longest goes;
//   5. a dirty victim is written, and with `cluster` up to so many pages less one with it: those
//      that the policy's hook `cluster` names, else its neighbours (cluster_of);
//   6. the pages that the policy's hook `prefetch` names are brought in as well, each as a fault of
//      its own (4 and 5); where that finds no frame it is left out. The thread goes on when all are
//      there;
//   7. the policy hears of the mapped page, then of those read along.
// A page that a fault brings in begins with its reference bit set, because the faulting instruction
// is executed again; one that is read along with the bit clear. A dirty bit is cleared, and counts
// as cleared, when the write is started: a page that is written meanwhile is dirty again.
//
// Bits are read at a fault only: in 1, 2 and by the policy in 4. A bit that is cleared counts as
// clear from then on; in the page table it is cleared together with the removal of the victim, in
// calls of up to 64, and the translation is out of the TLB before the thread goes on: a stale one
// would swallow the next use. Bits tell of accesses through the mapping; the pager, the exokernel
// and the device touch a page's frame elsewhere, which leaves them alone.

#pragma once

#include <cstdint>
#include <span>

#include "libos/vm/replacement_policy.hpp"

namespace libos {

inline constexpr std::uint32_t batch_limit = 32;
inline constexpr std::uint32_t cluster_limit = 16;
inline constexpr std::uint32_t prefetch_limit = 8;
inline constexpr std::uint32_t early_interval = 16;
inline constexpr std::uint32_t early_limit = 16;
// Writes and reads under way that no thread waits for. What finds no place is left out.
inline constexpr std::uint32_t write_places = 32;

struct PagingRules {
    bool grace = false;
    std::uint32_t batch = 1;   // victims a policy is asked for at a time; 1 to batch_limit
    std::uint32_t cluster = 1; // pages written together; 1: the victim alone, to cluster_limit
    std::uint32_t early = 0;   // clean frames there should be; 0: nothing is written early

    friend constexpr bool operator==(const PagingRules&, const PagingRules&) = default;
};

/// Rule 3, of a pool of `frames`, `free` of which hold no page. `mapped` has the others, the one
/// mapped longest first; `write(frame)` is false where a dirty page cannot be written now. Never
/// more than half of the pool is written at a time, because what is being written is no victim.
template <class Dirty, class Write>
void keep_clean(std::uint32_t wanted, std::uint64_t frames, std::uint64_t free,
                const FrameList& mapped, Dirty dirty, Write write) {
    std::uint64_t clean = free;
    for (FrameNo frame = mapped.front(); frame != no_frame; frame = mapped.next(frame))
        clean += dirty(frame) ? 0 : 1;
    std::uint64_t left = frames / 2 < early_limit ? frames / 2 : early_limit;
    for (FrameNo frame = mapped.front(); frame != no_frame && clean < wanted && left != 0;
         frame = mapped.next(frame))
        if (dirty(frame) && write(frame)) {
            ++clean;
            --left;
        }
}

/// What is written together with the page `page`: the dirty pages next to it, upwards, then
/// downwards, each run up to the first that is not to be had. `dirty_frame(page)` is the frame of a
/// page that is resident, dirty and not pinned, else no_frame. Returns how many it wrote to `out`.
template <class DirtyFrame>
std::uint32_t cluster_of(PageNo page, std::span<FrameNo> out, DirtyFrame dirty_frame) {
    std::uint32_t count = 0;
    for (const bool upwards : {true, false})
        for (PageNo next = page; count != out.size(); ++count) {
            next = upwards ? next + 1 : next - 1;
            const FrameNo frame = dirty_frame(next);
            if (frame == no_frame)
                break;
            out[count] = frame;
        }
    return count;
}

} // namespace libos
