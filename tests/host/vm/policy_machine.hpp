// tests/host/vm/policy_machine.hpp - a pretend processor with one policy: sets the reference bit at
// every access, counts faults, and checks each proposal.
//
// The model of `hw` mode: the policy sees faults and reference bits only, and a page is mapped
// with its bit set, because the faulting instruction is executed again.

#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <utility>
#include <vector>

#include "libos/vm/policies/clock.hpp"
#include "libos/vm/policies/fifo.hpp"
#include "libos/vm/policies/mru.hpp"
#include "libos/vm/replacement_policy.hpp"

namespace vm_test {

using libos::FrameNo;
using libos::PageNo;

struct FrameBits {
    struct Bits {
        PageNo page = 0;
        bool resident = false, accessed = false, dirty = false, pinned = false;
    };
    std::vector<Bits> frames;
    bool misused = false; // asked about a frame that is not resident, or that there is not
    bool test_and_clear_a(FrameNo frame) noexcept {
        return check(frame) && std::exchange(frames[frame].accessed, false);
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
    explicit Machine(std::uint32_t frames) : arena_(libos::arena_bytes_of<Policy>(frames) / 8 + 1) {
        static_assert(libos::is_replacement_policy<Policy, FrameBits>());
        bits_.frames.resize(frames);
        if (!policy_.init({frames, 1, std::as_writable_bytes(std::span{arena_})}))
            throw std::logic_error("the policy refuses this pool");
    }

    void touch(PageNo page) {
        if (const auto found = where_.find(page); found != where_.end()) {
            bits_.frames[found->second].accessed = true;
            return;
        }
        const libos::Fault fault{page, libos::Why::read, ++faults};
        const FrameNo frame = used_ < bits_.frames.size() ? used_++ : evict(fault);
        bits_.frames[frame] = {.page = page, .resident = true, .accessed = true};
        where_[page] = frame;
        policy_.on_mapped(frame, fault);
    }

    FrameBits& bits() { return bits_; }
    std::size_t resident() const { return where_.size(); }
    FrameNo frame_of(PageNo page) const { return where_.at(page); }

    std::uint64_t faults = 0;
    std::vector<PageNo> victims;

private:
    FrameNo evict(const libos::Fault& fault) {
        FrameNo proposal = libos::no_frame;
        if (policy_.select_victims(bits_, fault, std::span{&proposal, 1}) != 1)
            throw std::logic_error("no victim proposed though frames are full");
        if (bits_.misused)
            throw std::logic_error("the policy asked about a frame that is not resident");
        if (proposal >= bits_.frames.size() || !bits_.frames[proposal].resident ||
            bits_.frames[proposal].pinned)
            throw std::logic_error("the victim is not resident or is pinned");
        const PageNo page = bits_.frames[proposal].page;
        victims.push_back(page);
        where_.erase(page);
        bits_.frames[proposal].resident = false;
        policy_.on_unmapped(proposal, page);
        return proposal;
    }

    std::vector<std::uint64_t> arena_;
    FrameBits bits_;
    Policy policy_;
    std::map<PageNo, FrameNo> where_;
    FrameNo used_ = 0;
};

template <class Policy>
std::uint64_t faults_on(const std::vector<PageNo>& string, std::uint32_t frames) {
    Machine<Policy> machine{frames};
    for (const PageNo page : string)
        machine.touch(page);
    return machine.faults;
}

} // namespace vm_test
