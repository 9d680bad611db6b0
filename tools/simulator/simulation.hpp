// tools/simulator/simulation.hpp - runs a policy over a reference string, as the pager would.
//
// The machine of `hw` mode is what the booted libOS shows to a policy: faults, and reference bits
// that it reads and clears. Of each fault, in this order:
//   1. with `grace` the bit of the page of the fault before is cleared;
//   2. a frame is taken: the lowest that was never used, else the victim that the policy proposes;
//   3. the victim is unmapped (on_unmapped), then the page is mapped (on_mapped), its reference bit
//      set, because the faulting instruction is executed again, its dirty bit if that one writes.
// A proposal that cannot be (no frame, none of the pool) is passed over for the page that has been
// mapped longest, and counted. A policy may clear four bits a frame and fault; then all look clear.
//
// `exact` mode differs in two things: a page is mapped with its bit clear, as in textbooks, and a
// policy that has `on_access` hears of every hit, which no paging hardware can tell.

#pragma once

#include <vector>

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
    bool grace = false;
    std::uint64_t seed = 1;
};

struct Figures {
    std::uint64_t references = 0, faults = 0, evictions = 0;
    std::uint64_t dirty_evictions = 0; // of them
    std::uint64_t cleared = 0;         // reference bits: each costs an INVLPG in the exokernel
    std::uint64_t fallbacks = 0;       // victims that FIFO chose instead of the policy
    std::uint64_t victims_hash = libos::no_victims;
};

template <class P>
concept HearsHits = requires(P policy, FrameNo frame, bool writes) {
    { policy.on_access(frame, writes) } noexcept;
};

// The FrameView of the simulator.
class SimulatedFrames {
public:
    struct Bits {
        std::uint8_t accessed, dirty;
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
    bool dirty(FrameNo frame) const { return bits_[frame].dirty != 0; }
    bool pinned(FrameNo) const { return false; }

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
          page_in_(frames),
          links_(frames) {
        static_assert(libos::is_replacement_policy<P, SimulatedFrames>());
        order_.init(links_);
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
            if constexpr (HearsHits<P>)
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
        if (rules_.grace && last_ != no_frame) {
            figures_.cleared += frames_[last_].accessed;
            frames_[last_].accessed = 0;
        }
        const FrameNo frame = used_ != page_in_.size() ? used_++ : evict(fault);
        frame_of_[reference.page()] = frame;
        page_in_[frame] = reference.page();
        frames_[frame] = {static_cast<std::uint8_t>(rules_.mode == Mode::hardware ? 1 : 0),
                          static_cast<std::uint8_t>(reference.writes() ? 1 : 0)};
        order_.push_back(frame);
        policy_.on_mapped(frame, fault);
        last_ = frame;
    }

    FrameNo evict(const Fault& fault) {
        FrameNo victim = no_frame;
        frames_.begin_selection();
        if (policy_.select_victims(frames_, fault, std::span{&victim, 1}) == 0 ||
            victim >= page_in_.size()) {
            victim = order_.front();
            ++figures_.fallbacks;
        }
        const PageNo page = string_.pages[page_in_[victim]];
        ++figures_.evictions;
        figures_.dirty_evictions += frames_[victim].dirty;
        figures_.victims_hash = libos::add_to_hash(figures_.victims_hash, page);
        frame_of_[page_in_[victim]] = no_frame;
        order_.remove(victim);
        policy_.on_unmapped(victim, page);
        return victim;
    }

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
    FrameNo used_ = 0, last_ = no_frame;
    Figures figures_;
};

} // namespace simulator
