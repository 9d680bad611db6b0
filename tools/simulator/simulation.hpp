// tools/simulator/simulation.hpp - runs a policy over a reference string, as the pager would.
//
// The machine of `hw` mode is what the booted libOS shows to a policy: faults, and reference bits
// that it reads and clears. What is done at a fault, and in which order, has the rules of
// libos/vm/paging_rules.hpp. There is one region, up to the string's last page, and no hint. A
// policy may clear four bits a frame and fault; then all look clear.
//
// `exact` mode differs in two things: a page is mapped with its bit clear, as in textbooks, and a
// policy that has `on_access` hears of every hit, which no paging hardware can tell.

#pragma once

#include <algorithm>
#include <array>
#include <unordered_map>
#include <utility>
#include <vector>

#include "libos/vm/paging_rules.hpp"
#include "libos/vm/victims_hash.hpp"
#include "tools/simulator/reference_string.hpp"
#include "tools/simulator/watch.hpp"

namespace simulator {

using libos::Fault;
using libos::FrameNo;
using libos::no_frame;
using libos::PageNo;

enum class Mode : std::uint8_t { exact, hardware };

struct Rules {
    Mode mode = Mode::hardware;
    std::uint64_t seed = 1;
    libos::PagingRules paging = {};
};

struct Figures {
    std::uint64_t references = 0, faults = 0, evictions = 0;
    std::uint64_t dirty_evictions = 0; // of them
    std::uint64_t cleared = 0;         // reference bits: each costs an INVLPG in the exokernel
    std::uint64_t early_writes = 0;    // of pages that stayed
    std::uint64_t prefetched = 0;      // pages read along
    std::uint64_t refused = 0;         // proposals of the policy that were no good
    std::uint64_t fallbacks = 0;       // victims that FIFO chose instead of the policy
    std::uint64_t victims_hash = libos::no_victims;
};

// The FrameView of the simulator.
class SimulatedFrames {
public:
    struct Bits {
        std::uint8_t accessed, dirty, pinned;
    };

    explicit SimulatedFrames(std::uint32_t frames) : bits_(frames) {}
    Bits& operator[](FrameNo frame) { return bits_[frame]; }

    void begin_selection() { steps_left_ = 4 * bits_.size(); }

    bool test_and_clear_a(FrameNo frame) {
        if (steps_left_ == 0)
            return false;
        --steps_left_;
        return take_accessed(frame);
    }
    bool take_accessed(FrameNo frame) {
        const bool accessed = bits_[frame].accessed != 0;
        bits_[frame].accessed = 0;
        cleared_ += accessed ? 1 : 0;
        return accessed;
    }
    bool dirty(FrameNo frame) const { return bits_[frame].dirty != 0; }
    bool pinned(FrameNo frame) const { return bits_[frame].pinned != 0; }

    std::uint64_t cleared() const { return cleared_; }

private:
    std::vector<Bits> bits_;
    std::uint64_t steps_left_ = 0, cleared_ = 0;
};

template <class P> class Simulation {
public:
    /// Call `ready` before `run`: a policy may refuse the number of frames.
    Simulation(const ReferenceString& string, std::uint32_t frames, const Rules& rules)
        : string_{string},
          rules_{rules},
          frames_{frames},
          arena_(libos::arena_bytes_of<P>(frames) / 16 + 1),
          pages_(string.pages),
          frame_of_(string.pages.size(), no_frame),
          page_in_(frames, no_index),
          links_(frames) {
        static_assert(libos::is_replacement_policy<P, SimulatedFrames>());
        order_.init(links_);
        free_.init(links_);
        for (FrameNo frame = 0; frame != frames; ++frame)
            make_free(frame);
        if (rules.paging.cluster > 1 || libos::policy_has::prefetch<P>)
            for (std::uint32_t i = 0; i != pages_.size(); ++i)
                index_of_[pages_[i]] = i;
        for (const PageNo page : pages_)
            end_ = std::max(end_, page + 1);
        watch.ask(Watch::init);
        ready_ = policy_.init({frames, rules.seed, std::as_writable_bytes(std::span{arena_})});
        watch.answered();
    }

    bool ready() const { return ready_; }

    Figures run() {
        for (const Reference& reference : string_.references) {
            const FrameNo frame = frame_of_[reference.page()];
            if (frame == no_frame) [[unlikely]] {
                serve(reference);
                continue;
            }
            frames_[frame].accessed = 1;
            frames_[frame].dirty |= reference.word & Reference::written;
            if constexpr (libos::policy_has::on_access<P>)
                if (rules_.mode == Mode::exact) {
                    watch.ask(Watch::init + figures_.faults);
                    policy_.on_access(frame, reference.writes());
                    watch.answered();
                }
        }
        figures_.references = string_.references.size();
        figures_.cleared += frames_.cleared();
        return figures_;
    }

private:
    struct alignas(16) ArenaPiece {
        std::uint64_t words[2];
    };

    // A page on its way in: resident, for policy and mechanism, when all of the fault's are there.
    struct Arrival {
        std::uint32_t index;
        FrameNo frame;
        Fault fault;
        SimulatedFrames::Bits bits;
    };

    [[gnu::noinline]] void serve(const Reference& reference) {
        watch.at(static_cast<std::uint64_t>(&reference - string_.references.data()));
        watch.ask(Watch::init + figures_.faults + 1);
        const Fault fault{pages_[reference.page()],
                          reference.writes() ? libos::Why::write : libos::Why::read,
                          ++figures_.faults};
        prepare(fault);
        const std::uint8_t accessed = rules_.mode == Mode::hardware ? 1 : 0;
        const std::uint8_t dirty = reference.writes() ? 1 : 0;
        bring_in(reference.page(), fault, {accessed, dirty, 0});
        if constexpr (libos::policy_has::prefetch<P>)
            read_along(fault);
        last_ = arrivals_.front().frame;
        for (const Arrival& arrival : arrivals_) {
            frame_of_[arrival.index] = arrival.frame;
            page_in_[arrival.frame] = arrival.index;
            frames_[arrival.frame] = arrival.bits;
            order_.push_back(arrival.frame);
            policy_.on_mapped(arrival.frame, arrival.fault);
        }
        watch.answered();
        arrivals_.clear();
        finish_writes();
    }

    // False: nothing that holds a page may go.
    bool bring_in(std::uint32_t index, const Fault& fault, SimulatedFrames::Bits bits) {
        if (free_.front() == no_frame && !make_room(fault))
            return false;
        const FrameNo frame = free_.front();
        free_.remove(frame);
        --free_count_;
        arrivals_.push_back({index, frame, fault, bits});
        return true;
    }

    void read_along(const Fault& fault) {
        std::array<PageNo, libos::prefetch_limit> room;
        const std::uint32_t count = policy_.prefetch(fault, room);
        for (const PageNo page : std::span{room}.first(std::min<std::size_t>(count, room.size()))) {
            if (page >= end_ || places_ == libos::write_places)
                continue;
            const std::uint32_t index = index_of(page);
            const bool coming =
                std::ranges::find(arrivals_, index, &Arrival::index) != arrivals_.end();
            if (frame_of_[index] == no_frame && !coming &&
                bring_in(index, {page, libos::Why::prefetch, fault.sequence}, {})) {
                ++places_;
                ++figures_.prefetched;
            }
        }
    }

    // Pages that the string has not may be read along.
    std::uint32_t index_of(PageNo page) {
        const auto [found, is_new] =
            index_of_.try_emplace(page, static_cast<std::uint32_t>(pages_.size()));
        if (is_new) {
            pages_.push_back(page);
            frame_of_.push_back(no_frame);
        }
        return found->second;
    }

    void make_free(FrameNo frame) {
        free_.push_back(frame);
        ++free_count_;
    }

    // No later than the fault is over: the disk takes its requests in their order.
    void finish_writes() {
        for (const FrameNo written : written_)
            make_free(written);
        written_.clear();
        for (const FrameNo pinned : pinned_)
            frames_[pinned].pinned = 0;
        pinned_.clear();
        places_ = 0;
    }

    void prepare(const Fault& fault) {
        if (rules_.paging.grace && last_ != no_frame)
            frames_.take_accessed(last_);
        if constexpr (libos::policy_has::harvest<P>)
            if (const std::uint32_t every = policy_.harvest_every();
                every != 0 && fault.sequence % every == 0)
                harvest();
        if (rules_.paging.early != 0 && fault.sequence % libos::early_interval == 0)
            libos::keep_clean(
                rules_.paging.early, page_in_.size(), free_count_, order_,
                [&](FrameNo frame) { return frames_.dirty(frame); },
                [&](FrameNo frame) { return write_early(frame); });
    }

    void harvest() {
        harvested_.clear();
        for (FrameNo frame = 0; frame != page_in_.size(); ++frame)
            if (page_in_[frame] != no_index && frames_.take_accessed(frame))
                harvested_.push_back(frame);
        policy_.on_harvest(harvested_);
    }

    bool write_early(FrameNo frame) {
        if (!frames_.dirty(frame) || frames_.pinned(frame) || places_ == libos::write_places)
            return false;
        ++places_;
        frames_[frame].dirty = 0;
        frames_[frame].pinned = 1; // until it is written
        pinned_.push_back(frame);
        ++figures_.early_writes;
        return true;
    }

    bool is_good(FrameNo frame) const {
        return frame < page_in_.size() && page_in_[frame] != no_index && !frames_.pinned(frame);
    }

    // Takes out up to a batch of victims; the first makes room for the fault.
    bool make_room(const Fault& fault) {
        std::array<FrameNo, libos::batch_limit> proposals;
        const std::span out = std::span{proposals}.first(rules_.paging.batch);
        frames_.begin_selection();
        const std::uint32_t offered = policy_.select_victims(frames_, fault, out);
        bool found = false;
        for (const FrameNo frame : out.first(std::min<std::size_t>(offered, out.size()))) {
            if (!is_good(frame))
                ++figures_.refused;
            else if (std::exchange(found, true))
                evict_further(frame);
            else
                evict(frame);
        }
        FrameNo oldest = order_.front();
        while (!found && oldest != no_frame && frames_.pinned(oldest))
            oldest = order_.next(oldest);
        if (found || oldest == no_frame)
            return found;
        ++figures_.fallbacks;
        evict(oldest);
        return true;
    }

    void evict(FrameNo victim) {
        write_cluster(victim);
        forget(victim);
        make_free(victim);
    }

    // One that is dirty needs a place for its write, and is free only when it is written.
    void evict_further(FrameNo victim) {
        const bool dirty = frames_.dirty(victim);
        if (dirty && places_ == libos::write_places)
            return;
        forget(victim);
        if (!dirty)
            return make_free(victim);
        ++places_;
        written_.push_back(victim);
    }

    void write_cluster(FrameNo victim) {
        if (rules_.paging.cluster == 1 || !frames_.dirty(victim))
            return;
        std::array<FrameNo, libos::cluster_limit> room;
        const std::span out = std::span{room}.first(rules_.paging.cluster - 1);
        std::uint32_t count = 0;
        if constexpr (libos::policy_has::cluster<P, SimulatedFrames>)
            count = policy_.cluster(frames_, victim, out);
        else
            count = libos::cluster_of(pages_[page_in_[victim]], out, [&](PageNo page) {
                const auto found = index_of_.find(page);
                const FrameNo frame =
                    found == index_of_.end() ? no_frame : frame_of_[found->second];
                return frame != no_frame && is_good(frame) && frames_.dirty(frame) ? frame
                                                                                   : no_frame;
            });
        for (const FrameNo frame : out.first(std::min<std::size_t>(count, out.size())))
            if (frame != victim && is_good(frame))
                write_early(frame);
    }

    void forget(FrameNo victim) {
        const PageNo page = pages_[page_in_[victim]];
        ++figures_.evictions;
        figures_.dirty_evictions += frames_[victim].dirty;
        figures_.victims_hash = libos::add_to_hash(figures_.victims_hash, page);
        frame_of_[page_in_[victim]] = no_frame;
        page_in_[victim] = no_index;
        order_.remove(victim);
        policy_.on_unmapped(victim, page);
    }

    static constexpr std::uint32_t no_index = ~std::uint32_t{0};

    const ReferenceString& string_;
    const Rules rules_;
    SimulatedFrames frames_;
    std::vector<ArenaPiece> arena_;
    P policy_;
    bool ready_ = false;
    std::vector<PageNo> pages_;          // by index, as in the string, then others
    PageNo end_ = 0;                     // of the region: behind the string's last page
    std::vector<FrameNo> frame_of_;      // by index of the page
    std::vector<std::uint32_t> page_in_; // by frame: index of the page
    std::vector<libos::FrameLink> links_;
    libos::FrameList order_; // front: mapped longest
    libos::FrameList free_;  // in the order in which they are taken
    std::uint64_t free_count_ = 0;
    FrameNo last_ = no_frame;
    std::vector<FrameNo> harvested_;
    std::unordered_map<PageNo, std::uint32_t> index_of_; // where neighbours matter
    // Of the fault that is served:
    std::vector<Arrival> arrivals_;
    std::vector<FrameNo> pinned_;  // being written
    std::vector<FrameNo> written_; // free when that is done
    std::uint32_t places_ = 0;     // in the ring of requests, that are taken
    Figures figures_;
};

} // namespace simulator
