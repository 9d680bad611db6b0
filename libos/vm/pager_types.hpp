// libos/vm/pager_types.hpp - the pager's books: regions, faults, figures.

#pragma once

#include <cstdint>
#include <span>

#include "bindings/abi/address.hpp"
#include "bindings/abi/capability.hpp"
#include "libos/vm/faulting_thread.hpp"
#include "libos/vm/frame.hpp"
#include "libos/vm/page_map.hpp"
#include "libos/vm/policy_table.hpp"
#include "libos/vm/victims_hash.hpp"

namespace libos {

enum class Access : std::uint8_t { read_only, writable };

// A range of managed pages over a file extent. It begins with a leaf page table of its own.
struct Region {
    PageNo first;              // its first managed page
    std::uint64_t pages;       // length of the range
    std::uint64_t blocks;      // pages that the file reaches into; further ones read as zero
    std::uint64_t length;      // of the file in bytes
    abi::Capability extent;    // disk extent whose block 0 is the file's first
    std::uint64_t first_block; // of the file on the disk, for the recording
    Access access;
    std::uint32_t number = 0;          // in the order of mapping
    Hint hint = Hint::none;            // for all its faults
    PageMap map;                       // by page - first
    std::span<abi::Capability> tables; // leaf page tables, bound when first needed

    /// The block of the disk that holds `page`.
    std::uint64_t disk_block(PageNo page) const { return first_block + (page - first); }
};

enum class FaultState : std::uint8_t {
    unused,
    needs_frame_clean, // its victim's write-back is under way
    needs_block_clean, // its own block is still being written by an earlier fault's write-back
    reading,
    reading_along, // together with others: the thread goes on when all are there
    mapped,        // waits only to be announced to the policy behind earlier faults
    giving_back,   // no fault: its frame is given back when its page has been written
    making_room,   // no fault: its frame is free when its page has been written
};

// Where the contents of a page come from that is on its way in.
enum class Source : std::uint8_t {
    home,  // its own block
    zero,  // it lies behind the end of the file
    saved, // where the exokernel saved them
    lost,  // nowhere: nobody gets it
};

inline constexpr std::uint32_t no_fault = ~std::uint32_t{0};

// One page on its way in. Records are few: at most one for each thread, and those that wait for
// their announcement.
struct FaultRecord {
    FaultState state;
    Why why;
    Source source;
    std::uint32_t slot; // of the repossession vector, of what is saved
    FrameNo frame;      // that it fills; no_frame: none any more
    PageNo page;
    Region* region;
    std::uint64_t sequence;        // in the recording
    std::uint64_t policy_sequence; // as the policy counts
    std::uint64_t cookie;          // of the request under way
    FaultingThread* threads;       // that wait for the page, in order
    FaultingThread** threads_end;
    Region* victim_region; // whose page is being written back
    PageNo victim_page;
    std::uint32_t reader; // fault record that waits for this write-back; no_fault: none
    bool block_dirty;     // an earlier write-back of its own block is not complete
    std::uint32_t next_in_order;
    std::uint32_t leader = no_fault; // of what is read together: the fault it belongs to
    std::uint32_t awaits = 0;        // of a leader: reads that have not arrived, its own included
};

// What the exokernel asks for (bindings/abi/revocation.hpp).
struct RevocationRequest {
    std::uint32_t number;
    std::uint32_t count; // frames
    abi::Capability binding;
    std::uint64_t deadline;
};

struct PagerFigures {
    std::uint64_t faults = 0; // page faults taken by the pager
    std::uint64_t joined = 0; // of those, on a page already on its way in
    std::uint64_t evictions = 0;
    std::uint64_t writebacks = 0;
    std::uint64_t reads = 0;
    std::uint64_t dirty_evictions = 0; // of the evictions
    std::uint64_t early_writes = 0;    // write-backs of pages that stayed
    std::uint64_t prefetched = 0;      // pages read along
    std::uint64_t refused = 0;         // proposals of the policy that were no good
    std::uint64_t fallbacks = 0;       // victims that FIFO chose instead of the policy
    std::uint64_t zero_filled = 0;
    std::uint64_t given_back = 0; // frames that were dropped, because the exokernel asked
    std::uint64_t taken = 0;      // frames that were taken by force
    std::uint64_t restored = 0;   // pages read from where the exokernel saved them
    std::uint64_t lost = 0;       // pages whose contents are nowhere
    std::uint64_t victims_hash = no_victims;
};

/// The frames that so many threads need at least: each one's page on its way in, the one it must
/// touch next to it, and one for all.
constexpr std::uint64_t minimum_frames(std::uint64_t threads) { return 2 * threads + 1; }

} // namespace libos
