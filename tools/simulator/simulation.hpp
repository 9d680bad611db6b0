// tools/simulator/simulation.hpp - runs a policy over a reference string, as the pager would.
//
// The machine of `hw` mode is what the booted libOS shows to a policy: faults, and reference bits
// that it reads and clears. What is done at a fault, and in which order, has the rules of
// libos/vm/paging_rules.hpp; there are no regions, no hints and nothing is read along. A policy may
// clear four bits a frame and fault; then all look clear.
//
// `exact` mode differs in two things: a page is mapped with its bit clear, as in textbooks, and a
// policy that has `on_access` hears of every hit, which no paging hardware can tell.

#pragma once

#include <array>
#include <unordered_map>
#include <vector>

#include "libos/vm/paging_rules.hpp"
#include "libos/vm/victims_hash.hpp"
#include "tools/simulator/reference_string.hpp"

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
        const bool accessed = bits_[frame].accessed != 0;
        bits_[frame].accessed = 0;
        cleared_ += accessed ? 1 : 0;
        return accessed;
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
          frame_of_(string.pages.size(), no_frame),
          page_in_(frames, no_index),
          links_(frames) {
        static_assert(libos::is_replacement_policy<P, SimulatedFrames>());
        order_.init(links_);
        free_.init(links_);
        for (FrameNo frame = 0; frame != frames; ++frame)
            free_.push_back(frame);
        if (rules.paging.cluster > 1)
            for (std::uint32_t i = 0; i != string.pages.size(); ++i)
                index_of_[string.pages[i]] = i;
        ready_ = policy_.init({frames, rules.seed, std::as_writable_bytes(std::span{arena_})});
    }

    bool ready() const { return ready_; }

    Figures run() {
        for (const Reference reference : string_.references) {
            const FrameNo frame = frame_of_[reference.page()];
            if (frame == no_frame) [[unlikely]] {
                serve(reference);
                continue;
            }
            frames_[frame].accessed = 1;
            frames_[frame].dirty |= reference.word & Reference::written;
            if constexpr (libos::policy_has::on_access<P>)
                if (rules_.mode == Mode::exact)
                    policy_.on_access(frame, reference.writes());
        }
        figures_.references = string_.references.size();
        figures_.cleared += frames_.cleared();
        return figures_;
    }

private:
    struct alignas(16) ArenaPiece {
        std::uint64_t words[2];
    };

    [[gnu::noinline]] void serve(Reference reference) {
        const Fault fault{string_.pages[reference.page()],
                          reference.writes()    ? libos::Why::write
                          : reference.fetches() ? libos::Why::execute
                                                : libos::Why::read,
                          ++figures_.faults};
        prepare(fault);
        if (free_.front() == no_frame)
            make_room(fault);
        const FrameNo frame = free_.front();
        free_.remove(frame);
        frame_of_[reference.page()] = frame;
        page_in_[frame] = reference.page();
        frames_[frame] = {static_cast<std::uint8_t>(rules_.mode == Mode::hardware ? 1 : 0),
                          static_cast<std::uint8_t>(reference.writes() ? 1 : 0), 0};
        order_.push_back(frame);
        policy_.on_mapped(frame, fault);
        last_ = frame;
        for (const FrameNo written : written_)
            free_.push_back(written);
        written_.clear();
        for (const FrameNo pinned : pinned_)
            frames_[pinned].pinned = 0;
        pinned_.clear();
    }

    void prepare(const Fault& fault) {
        if (rules_.paging.grace && last_ != no_frame)
            frames_.take_accessed(last_);
        if constexpr (libos::policy_has::harvest<P>)
            if (const std::uint32_t every = policy_.harvest_every();
                every != 0 && fault.sequence % every == 0)
                harvest();
        if (rules_.paging.early != 0 && fault.sequence % libos::early_interval == 0)
            keep_clean();
    }

    void harvest() {
        std::vector<FrameNo> accessed;
        for (FrameNo frame = 0; frame != page_in_.size(); ++frame)
            if (page_in_[frame] != no_index && frames_.take_accessed(frame))
                accessed.push_back(frame);
        policy_.on_harvest(accessed);
    }

    void keep_clean() {
        std::uint32_t clean = 0;
        for (FrameNo frame = free_.front(); frame != no_frame; frame = free_.next(frame))
            ++clean;
        for (FrameNo frame = order_.front(); frame != no_frame; frame = order_.next(frame))
            clean += frames_.dirty(frame) ? 0 : 1;
        std::uint32_t written = 0;
        const std::uint32_t most = libos::early_most(static_cast<std::uint32_t>(page_in_.size()));
        for (FrameNo frame = order_.front();
             frame != no_frame && clean < rules_.paging.early && written != most;
             frame = order_.next(frame))
            if (write_early(frame)) {
                ++clean;
                ++written;
            }
    }

    bool write_early(FrameNo frame) {
        if (!frames_.dirty(frame) || frames_.pinned(frame))
            return false;
        frames_[frame].dirty = 0;
        frames_[frame].pinned = 1; // until it is written: no later than this fault is over
        pinned_.push_back(frame);
        ++figures_.early_writes;
        return true;
    }

    bool is_good(FrameNo frame) const {
        return frame < page_in_.size() && page_in_[frame] != no_index && !frames_.pinned(frame);
    }

    // Takes out up to a batch of victims. The first makes room for the fault.
    void make_room(const Fault& fault) {
        std::array<FrameNo, libos::batch_limit> proposals;
        const std::span out = std::span{proposals}.first(rules_.paging.batch);
        frames_.begin_selection();
        const std::uint32_t offered = policy_.select_victims(frames_, fault, out);
        bool found = false;
        for (const FrameNo frame : out.first(offered < out.size() ? offered : out.size())) {
            if (!is_good(frame)) {
                ++figures_.refused;
                continue;
            }
            if (!found)
                write_cluster(frame);
            evict(frame, found);
            found = true;
        }
        if (found)
            return;
        ++figures_.fallbacks;
        FrameNo oldest = order_.front();
        while (frames_.pinned(oldest))
            oldest = order_.next(oldest);
        write_cluster(oldest);
        evict(oldest, false);
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
            count = libos::cluster_of(string_.pages[page_in_[victim]], out, [&](PageNo page) {
                const auto found = index_of_.find(page);
                const FrameNo frame =
                    found == index_of_.end() ? no_frame : frame_of_[found->second];
                return frame != no_frame && is_good(frame) && frames_.dirty(frame) ? frame
                                                                                   : no_frame;
            });
        for (const FrameNo frame : out.first(count < out.size() ? count : out.size()))
            if (frame != victim && is_good(frame))
                write_early(frame);
    }

    // A further victim that is dirty is free only when it is written.
    void evict(FrameNo victim, bool further) {
        const PageNo page = string_.pages[page_in_[victim]];
        ++figures_.evictions;
        figures_.dirty_evictions += frames_[victim].dirty;
        figures_.victims_hash = libos::add_to_hash(figures_.victims_hash, page);
        frame_of_[page_in_[victim]] = no_frame;
        page_in_[victim] = no_index;
        order_.remove(victim);
        policy_.on_unmapped(victim, page);
        if (further && frames_.dirty(victim))
            written_.push_back(victim);
        else
            free_.push_back(victim);
    }

    static constexpr std::uint32_t no_index = ~std::uint32_t{0};

    const ReferenceString& string_;
    const Rules rules_;
    SimulatedFrames frames_;
    std::vector<ArenaPiece> arena_;
    P policy_;
    bool ready_ = false;
    std::vector<FrameNo> frame_of_;      // by index of the page
    std::vector<std::uint32_t> page_in_; // by frame: index of the page
    std::vector<libos::FrameLink> links_;
    libos::FrameList order_; // front: mapped longest
    libos::FrameList free_;  // in the order in which they are taken
    FrameNo last_ = no_frame;
    std::vector<FrameNo> pinned_;                        // being written, this fault
    std::vector<FrameNo> written_;                       // free when this fault is over
    std::unordered_map<PageNo, std::uint32_t> index_of_; // where pages are written in clusters
    Figures figures_;
};

} // namespace simulator
