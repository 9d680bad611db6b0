// libos/vm/pager.hpp - the pager: brings pages of managed regions in and out of a pool of frames.
//
// Handles one page fault in a fixed number of steps besides the policy's own: finds the page in
// its map, takes a frame or a victim, removes and cleans the victim, reads, installs, wakes. It
// never waits: a thread that must wait is put aside and the caller switches to another.
// Guarantees: pages in flight are never offered as victims; a dirty victim's frame is reused only
// after its write-back; a read of a block follows an earlier write of it; the policy hears of
// mapped pages in fault order, however completions arrive; a frame that was given back or taken is
// never used again; what was in a page that was taken by force comes back, or whoever touches it is
// told that it is lost.
//
// `Platform` is what it stands on: the exokernel's calls in a libOS (guest_platform.hpp), a
// model in tests. No method may be called while a thread runs, except from it with upcalls
// disabled. pager_fault.hpp holds steps 2 to 5, pager_rules.hpp what may be chosen of them,
// pager_completion.hpp steps 6 and 7, pager_write_back.hpp flushing, give_back.hpp what the
// exokernel asks back, repossession.hpp and refused.hpp what it took by force.

#pragma once

#include <array>
#include <optional>

#include "bindings/abi/error.hpp"
#include "bindings/abi/event.hpp"
#include "bindings/abi/io_ring.hpp"
#include "bindings/abi/revocation.hpp"
#include "libos/vm/pager_types.hpp"
#include "libos/vm/paging_rules.hpp"

namespace libos {

// Everything that a pager is set up with; all memory is pinned and stays the pager's.
struct PagerSetup {
    std::span<Frame> frames;    // capability (and pfn) of each are set
    std::span<FrameLink> links; // one for each frame
    const PolicyOperations* policy;
    void* policy_object; // already initialised
    std::span<abi::TranslationRequest> batch;
    const volatile std::uint64_t* translations; // of managed page 0
    std::uint64_t first_vpn;                    // of managed page 0
    PagingRules rules = {};
    std::span<FrameNo> harvested = {}; // one for each frame, where the policy harvests
};

template <class Platform> class Pager {
public:
    static constexpr std::uint32_t region_limit = 16;
    static constexpr std::uint32_t fault_limit = 64;
    static constexpr std::uint32_t flush_limit = write_places; // what no fault waits for
    static constexpr std::uint32_t outside_slot = 0xff;        // in cookies of read_block

    Pager(Platform& platform, const PagerSetup& setup);
    Pager(const Pager&) = delete;
    Pager& operator=(const Pager&) = delete;

    /// Adds a region; its page map and tables are zeroed. Null if there are too many.
    Region* add_region(const Region& region);
    /// The first managed page that no region has, at the beginning of a leaf page table.
    PageNo next_free_page() const;

    /// The region that `page` lies in; null if none.
    Region* region_of(PageNo page);

    /// What the application says of `count` pages from `first` on, all in `region`. Random,
    /// sequential and none are for the whole region and its later faults; pages that will be needed
    /// are read, as far as there are frames, without anybody waiting; of resident pages the policy
    /// hears.
    void advise(Region& region, PageNo first, std::uint64_t count, Hint hint);

    enum class Taken : std::uint8_t { resident, waits };
    /// Step 2 on: `thread` faulted on `page` of `region`. `retried`: the instruction and all
    /// registers are those of the thread's fault before. `resident`: the page is there, let the
    /// thread go on. `waits`: the thread is woken later (perhaps it already was).
    Taken handle_fault(Region& region, PageNo page, Why why, FaultingThread& thread, bool retried);

    /// Steps 6 and 7: takes all completions from the ring and wakes threads.
    void handle_completions();

    /// Gives back as many frames as the exokernel asks for: frames that hold no page first, then
    /// those that the policy names. What cannot be given now (in flight, pinned, dirty) follows as
    /// completions arrive and faults are taken. What the threads need at least is kept, whatever
    /// the deadline then brings.
    void handle_revocation(const RevocationRequest& request);

    /// Mends the books where the repossession vector says that something was taken by force.
    void handle_repossession();

    /// Whether threads wait that nothing will ever wake: the pool is too small for them.
    bool is_stuck() const { return stalled_ != nullptr && in_flight_ == 0 && awaited_ == 0; }

    /// Whether other threads may run while one waits here; at the end of a run none may.
    enum class Others : std::uint8_t { run, stand_still };
    /// Writes every page back that is dirty when its turn comes, and waits for that, and for the
    /// write-backs that had begun before; where the others stand still, for all else in flight. The
    /// number of pages that could not be written. Call from a thread with upcalls disabled.
    std::uint64_t write_back_all(Others others = Others::stand_still);

    /// Reads one block into a frame outside the pool and waits for it, while others run; Error{}
    /// when it is there. From a thread with upcalls disabled.
    abi::Error read_block(abi::Capability extent, std::uint64_t block, abi::Capability frame);

    const PagerFigures& figures() const { return figures_; }
    /// Frames of the pool that are not gone.
    std::uint64_t frame_count() const { return pool_; }
    std::uint64_t free_frames() const { return free_count_; }
    const PolicyOperations& policy() const { return *setup_.policy; }
    const Frame& frame(FrameNo number) const { return setup_.frames[number]; }

private:
    // pager_fault.hpp. One body each for the path of every fault and for the rare ones.
    template <bool by_rules>
    bool begin(FaultingThread& thread, Region& region, PageState::Kind kind);
    bool begin_by_rules(FaultingThread& thread, Region& region, PageState::Kind kind);
    bool begin_stalled(FaultingThread& thread, Region& region, PageState::Kind kind);
    std::uint32_t enter(FaultRecord& record, Region& region, PageNo page, PageState::Kind kind,
                        FrameNo number);
    template <bool by_rules>
    FrameNo take_frame(const Fault& fault, FaultRecord& record, PageNo shown_page);
    enum Refusal : std::uint64_t { nothing_offered = 1, no_such_frame = 2, not_to_be_had = 3 };
    std::uint64_t refusal_of(FrameNo proposal) const;
    FrameNo select_victim(const Fault& fault, std::uint64_t sequence, std::uint32_t wanted,
                          std::uint64_t& offered, std::uint64_t& reason);
    FrameNo another_victim(std::uint64_t sequence, std::uint32_t offered, std::uint64_t reason);
    // policy_call.hpp
    std::uint32_t ask_policy(const Fault& fault, std::span<FrameNo> out);
    static void note_told(void* pager, FrameNo number, abi::Told answer);
    std::uint32_t ask_for_cluster(FrameNo victim, std::span<FrameNo> out);
    void note_withdrawn(FrameNo number);
    void note_region(const Region& region);
    void note_let_be(std::uint64_t sequence, FrameNo victim);
    void note_not_along(const FaultRecord& record);

    void evict(FrameNo victim, FaultRecord& record);
    void settle(FrameNo victim, std::uint64_t bits, FaultRecord& record);
    void detach(FrameNo number);
    void forget_mapping(FrameNo number);
    void free_frame(FrameNo number);
    void continue_stalled();
    void stall(FaultingThread& thread);
    static abi::Capability& table_of(const Region& region, PageNo page) {
        return region.tables[(page - region.first) / abi::entries_per_table];
    }
    abi::Capability table_for(Region& region, PageNo page);
    void hold_pages(FaultingThread& thread, bool retried);

    // pager_rules.hpp
    void prepare(const Fault& fault);
    void harvest();
    bool write_early(FrameNo number);
    void write_cluster(FrameNo victim);
    void choose_extras(FrameNo victim, std::uint64_t sequence, std::uint64_t offered);
    void settle_extras();
    std::uint32_t take_further_record();
    void read_along(std::uint32_t leader, const Fault& fault);
    std::uint32_t bring_in(Region& region, PageNo page, std::uint64_t sequence);
    void arrive_together(std::uint32_t number, std::uint32_t* arrived, std::uint32_t& count);
    bool taken_while_waiting(std::uint32_t leader);
    void leave_group(std::uint32_t number);
    bool has_flush_place() const { return writing_ + flush_in_flight_ + along_ < flush_limit; }

    // pager_completion.hpp
    void start_read(std::uint32_t number);
    void start_read_later(std::uint32_t number);
    void complete_room(std::uint32_t number);
    void zero_fill(std::uint32_t number);
    void complete_write(std::uint32_t number);
    void release_block(std::uint32_t number);
    void map_page(std::uint32_t number);
    void finish_mapping(std::uint32_t number);
    void note_restored(const FaultRecord& record);
    void go_on();
    // What lies wholly behind the end of the file has no block to be written to.
    static std::uint64_t access_of(const Region& region, PageNo page) {
        return region.access == Access::writable && page - region.first < region.blocks
                   ? abi::access::write
                   : abi::access::read_only;
    }
    void announce_mapped();
    void release_record(std::uint32_t number);

    // give_back.hpp
    void go_on_giving_back();
    bool choose_frame();
    void note_chosen(FrameNo number, std::uint64_t page, bool dirty);
    bool write_and_give_back(FrameNo victim);
    void complete_give_back(std::uint32_t number);
    void list_frame(FrameNo number);
    void drop_listed();
    enum class Room : std::uint8_t { made, later, none };
    Room make_room_for_table(Region& region, PageNo page);

    // repossession.hpp
    void read_slots();
    bool mend(std::uint32_t number, const abi::Repossession& slot);
    bool mend_frame(FrameNo number, std::uint32_t slot_number, const abi::Repossession& slot);
    PageState outcome_of(const Frame& frame, std::uint32_t slot_number,
                         const abi::Repossession& slot);
    void tell_waiting(FrameNo number, PageState outcome);
    void withdraw(FrameNo number);
    void lose_frame(FrameNo number);
    void find_untold();
    void forget_table(abi::Capability table);
    FrameNo frame_named(abi::Capability capability);
    bool is_being_written(FrameNo number) const;
    PageState& state_of(const Frame& frame) {
        return frame.region->map[frame.page - frame.region->first];
    }
    static bool may_be_dirty(const Frame& frame) {
        return access_of(*frame.region, frame.page) != abi::access::read_only;
    }

    // refused.hpp
    void request_refused(std::uint32_t slot, abi::Error error, bool is_read);
    void taken_while_leaving(std::uint32_t number);
    void await_slot();
    void expect_slot(FrameNo number);
    void not_mapped(std::uint32_t number, abi::Error error);
    void abandon(std::uint32_t number, abi::Error error);
    void note_abandoned(const FaultingThread& thread, abi::Error error);
    bool put_off(FaultingThread& thread);
    PageState state_before(std::uint32_t number);
    Taken map_again(Region& region, PageNo page, FrameNo number, FaultingThread& thread);
    void start_from_elsewhere(std::uint32_t number);

    // pager_write_back.hpp
    void complete_flush_write(std::uint32_t slot, const abi::IoCompletion& completion);
    void take_turn();
    std::uint64_t flush(Others others);
    bool is_writing(std::uint64_t before) const;
    void await(Others others);
    void wait_for_flush(Others others);
    void take_completions();
    bool bring_home(std::uint32_t slot);
    FrameNo take_clean_frame();
    abi::Error move_block(abi::IoOperation operation, abi::Capability extent, std::uint64_t block,
                          FrameNo number);

    void submit(abi::IoOperation operation, const Region& region, PageNo page,
                abi::Capability frame, std::uint64_t cookie);
    static Fault fault_of(const Region& region, PageNo page, Why why, std::uint64_t sequence) {
        return {page, why, sequence, region.number, region.hint};
    }
    std::uint64_t next_cookie(std::uint32_t slot) { return ++requests_ << 8 | slot; }
    std::uint64_t vpn(PageNo page) const { return setup_.first_vpn + page; }
    std::uint32_t number_of(const FaultRecord& record) const {
        return static_cast<std::uint32_t>(&record - faults_.data());
    }

    Platform& platform_;
    PagerSetup setup_;
    TranslationBatch batch_;
    ResidentFrames view_;
    FrameList mapped_order_; // for the fallback: front is mapped longest
    PagerFigures figures_;
    const bool by_rules_; // whether a fault is more than one victim and one page
    FrameList free_;      // frames that hold no page, in the order in which they are taken
    std::uint64_t free_count_ = 0;
    std::uint64_t pool_ = 0;            // frames that are not gone, or about to be given back
    std::uint64_t policy_sequence_ = 0; // faults that the policy was asked or told about
    std::uint64_t requests_ = 0;
    std::uint32_t in_flight_ = 0;   // requests, those of a flush included
    std::uint32_t unsubmitted_ = 0; // requests in the ring behind the last doorbell
    std::array<FaultRecord, fault_limit> faults_{};
    std::uint32_t unused_fault_ = 0; // list of unused records, through next_in_order
    std::uint32_t first_in_order_ = no_fault;
    std::uint32_t last_in_order_ = no_fault;
    FaultingThread* stalled_ = nullptr; // wait for a frame or a record, in fault order
    FaultingThread** stalled_end_ = &stalled_;
    std::array<Region, region_limit> regions_{};
    std::uint32_t region_count_ = 0;
    Region* last_region_ = nullptr;                 // where the fault before was
    std::array<FrameNo, flush_limit> flush_frames_; // no_frame: the place is free
    std::array<FrameNo, batch_limit> proposals_{};
    struct Extra { // a further victim of a batch
        FrameNo frame;
        std::uint32_t removal; // its place in the batch of translations
        std::uint32_t record;  // for its write-back; no_fault: it is clean
    };
    std::array<Extra, batch_limit> extras_{};
    std::uint32_t extra_count_ = 0;
    std::uint32_t along_ = 0;       // pages on their way in that no thread has touched yet
    std::uint64_t prepared_ = 0;    // the last fault for which bits were harvested
    FrameNo last_taken_ = no_frame; // by the fault before
    PageNo last_page_ = no_page;
    std::uint32_t flush_in_flight_ = 0;
    std::uint64_t flush_failures_ = 0;
    // Threads that write back, or read a block outside the pool, do so one at a time.
    std::uint64_t turns_taken_ = 0, turns_over_ = 0;
    std::optional<abi::Error> outside_; // how the read of a block outside the pool has ended
    std::uint64_t owed_ = 0;            // frames asked for and not given back yet
    std::uint64_t promised_ = 0;   // of them, chosen: being written, or listed for the next drop
    std::uint32_t listed_ = 0;     // in the platform's list
    std::uint32_t writing_ = 0;    // write-backs of frames to give back, in flight
    std::uint32_t revocation_ = 0; // number of the request
    std::uint64_t seen_taken_ = 0; // what had been taken by force when owed_ was reckoned last
    std::uint64_t slots_wait_ = 0; // whether slots wait for a refusal that has not come yet
    std::uint64_t next_slot_ = 0;  // of the repossession vector: all before it are in the books
    std::uint64_t untold_ = 0;     // bindings that were taken without a slot, as far as mended
    std::uint32_t awaited_ = 0;    // frames in state `taken`
    struct SavedPage {
        Region* region; // null: the slot holds no contents that are needed
        PageNo page;
    };
    std::array<SavedPage, abi::repossession_slots> saved_{}; // by slot
    abi::Error table_refused_{};                             // why there was no page table
    abi::Error moved_{};                                     // of the last block moved
};

template <class Platform>
Pager<Platform>::Pager(Platform& platform, const PagerSetup& setup)
    : platform_{platform},
      setup_{setup},
      view_{setup.frames, setup.translations, setup.first_vpn, &batch_},
      by_rules_{setup.rules != PagingRules{} || setup.policy->harvest_every != nullptr ||
                setup.policy->prefetch != nullptr},
      pool_{setup.frames.size()} {
    batch_.init(
        setup.batch,
        [](void* context, std::uint32_t count) { static_cast<Platform*>(context)->perform(count); },
        &platform);
    mapped_order_.init(setup.links); // a frame is in one of the two lists at most
    free_.init(setup.links);
    for (FrameNo frame = 0; frame < setup.frames.size(); ++frame)
        free_frame(frame);
    flush_frames_.fill(no_frame);
    for (std::uint32_t i = 0; i < fault_limit; ++i)
        faults_[i].next_in_order = i + 1 < fault_limit ? i + 1 : no_fault;
}

template <class Platform> PageNo Pager<Platform>::next_free_page() const {
    if (region_count_ == 0)
        return 0;
    const Region& last = regions_[region_count_ - 1];
    return (last.first + last.pages + abi::entries_per_table - 1) / abi::entries_per_table *
           abi::entries_per_table;
}

template <class Platform> Region* Pager<Platform>::add_region(const Region& region) {
    if (region_count_ == region_limit)
        return nullptr;
    regions_[region_count_] = region;
    regions_[region_count_].number = region_count_;
    note_region(regions_[region_count_]);
    return &regions_[region_count_++];
}

template <class Platform> Region* Pager<Platform>::region_of(PageNo page) {
    if (last_region_ != nullptr && page - last_region_->first < last_region_->pages)
        return last_region_;
    for (std::uint32_t i = 0; i < region_count_; ++i)
        if (page - regions_[i].first < regions_[i].pages)
            return last_region_ = &regions_[i];
    return nullptr;
}

template <class Platform>
[[gnu::always_inline]] inline void
Pager<Platform>::submit(abi::IoOperation operation, const Region& region, PageNo page,
                        abi::Capability frame, std::uint64_t cookie) {
    platform_.submit(
        {region.extent, frame, static_cast<std::uint32_t>(page - region.first), operation, cookie});
    ++in_flight_;
    ++unsubmitted_;
}

} // namespace libos

#include "libos/vm/give_back.hpp"
#include "libos/vm/pager_completion.hpp"
#include "libos/vm/pager_fault.hpp"
#include "libos/vm/pager_rules.hpp"
#include "libos/vm/pager_write_back.hpp"
#include "libos/vm/policy_call.hpp"
#include "libos/vm/refused.hpp"
#include "libos/vm/repossession.hpp"
