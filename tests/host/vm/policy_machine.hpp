// tests/host/vm/policy_machine.hpp - a pretend processor with one policy: sets reference and dirty
// bits at every access, counts faults, and checks each proposal.
//
// The model of `hw` mode: the policy sees faults and reference bits only, and a page is mapped
// with its bit set, because the faulting instruction is executed again. Unlike the simulator it has
// pinned pages, and it objects to questions about frames that hold nothing. A policy that wants to
// hear of hits hears of them.

#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <tuple>
#include <utility>
#include <vector>

#include "libos/vm/replacement_policy.hpp"
#include "libos/vm/shipped_policies.hpp"

namespace vm_test {

using libos::FrameNo;
using libos::PageNo;

// Every policy of libos/vm/policies, for TEMPLATE_LIST_TEST_CASE.
template <class, class... Policy> using Rest = std::tuple<Policy...>;
#define FAULTLINE_POLICY(name, alias, type) , libos::policies::type
using ShippedPolicies = Rest<void FAULTLINE_POLICIES(FAULTLINE_POLICY)>;
#undef FAULTLINE_POLICY

struct FrameBits {
    struct Bits {
        PageNo page = 0;
        bool resident = false, accessed = false, dirty = false, pinned = false;
    };
    std::vector<Bits> frames;
    bool misused = false;     // asked about a frame that is not resident, or that there is not
    bool always_used = false; // every page is used again at once
    std::size_t steps_left = 0;

    void begin_selection() { steps_left = 4 * frames.size(); }
    bool test_and_clear_a(FrameNo frame) noexcept {
        if (!check(frame) || steps_left == 0)
            return false;
        --steps_left;
        return std::exchange(frames[frame].accessed, false) || always_used;
    }
    bool dirty(FrameNo frame) noexcept { return check(frame) && frames[frame].dirty; }
    bool pinned(FrameNo frame) noexcept { return check(frame) && frames[frame].pinned; }

private:
    bool check(FrameNo frame) noexcept {
        misused |= frame >= frames.size() || !frames[frame].resident;
        return !misused;
    }
};

template <class Policy> class Machine {
public:
    explicit Machine(std::uint32_t frames) : arena_(libos::arena_bytes_of<Policy>(frames)) {
        static_assert(libos::is_replacement_policy<Policy, FrameBits>());
        bits_.frames.resize(frames);
        for (FrameNo frame = 0; frame != frames; ++frame)
            free_.push_back(frame);
        if (!policy_.init({frames, 1, arena_}))
            throw std::logic_error("the policy refuses this pool");
    }

    void touch(PageNo page, bool writes = false) {
        if (const auto found = where_.find(page); found != where_.end()) {
            FrameBits::Bits& bits = bits_.frames[found->second];
            bits.accessed = true;
            bits.dirty |= writes;
            if constexpr (libos::policy_has::on_access<Policy>)
                policy_.on_access(found->second, writes);
            return;
        }
        const libos::Fault fault{page, writes ? libos::Why::write : libos::Why::read, ++faults};
        harvest();
        if (free_.empty())
            evict(fault);
        const FrameNo frame = free_.front();
        free_.pop_front();
        bits_.frames[frame] = {.page = page, .resident = true, .accessed = true, .dirty = writes};
        where_[page] = frame;
        policy_.on_mapped(frame, fault);
    }

    /// The page goes without having been proposed, and its frame with it if `for_good`.
    void lose(PageNo page, bool for_good) {
        const FrameNo frame = frame_of(page);
        unmap(frame);
        if (!for_good)
            free_.push_back(frame);
    }

    FrameBits& bits() { return bits_; }
    const Policy& policy() const { return policy_; }
    std::size_t resident() const { return where_.size(); }
    FrameNo frame_of(PageNo page) const { return where_.at(page); }

    std::uint64_t faults = 0;
    std::uint32_t batch = 1; // victims asked for at a time
    std::vector<PageNo> victims;

private:
    void harvest() {
        if constexpr (libos::policy_has::harvest<Policy>)
            if (const auto every = policy_.harvest_every(); every != 0 && faults % every == 0) {
                std::vector<FrameNo> accessed;
                for (FrameNo frame = 0; frame != bits_.frames.size(); ++frame)
                    if (std::exchange(bits_.frames[frame].accessed, false))
                        accessed.push_back(frame);
                policy_.on_harvest(accessed);
            }
    }

    void evict(const libos::Fault& fault) {
        std::vector<FrameNo> proposals(batch, libos::no_frame);
        bits_.begin_selection();
        proposals.resize(policy_.select_victims(bits_, fault, proposals));
        if (proposals.empty())
            throw std::logic_error("no victim proposed though frames are full");
        if (bits_.misused)
            throw std::logic_error("the policy asked about a frame that is not resident");
        for (const FrameNo proposal : proposals) {
            if (proposal >= bits_.frames.size() || !bits_.frames[proposal].resident ||
                bits_.frames[proposal].pinned)
                throw std::logic_error("the victim is not resident or is pinned");
            victims.push_back(bits_.frames[proposal].page);
            unmap(proposal);
            free_.push_back(proposal);
        }
    }
    void unmap(FrameNo frame) {
        const PageNo page = bits_.frames[frame].page;
        where_.erase(page);
        bits_.frames[frame] = {};
        policy_.on_unmapped(frame, page);
    }

    std::vector<std::byte> arena_; // of that size exactly: the sanitizer sees what goes beyond
    FrameBits bits_;
    Policy policy_;
    std::map<PageNo, FrameNo> where_;
    std::deque<FrameNo> free_; // used in this order
};

} // namespace vm_test
