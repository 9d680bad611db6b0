// tools/simulator/pager_replay.hpp - the replay of one pager: its books as far as its policy knows
// of them, and the calls of the policy in the order in which they were made.
//
// A page that is mapped is announced to the policy when all that were begun before it are mapped or
// given up, as in the libOS (Pager::announce_mapped). A recording that says what cannot be ends the
// replay with a sentence.

#pragma once

#include <deque>
#include <memory>
#include <unordered_map>

#include "libos/vm/frame_list.hpp"
#include "tools/simulator/replay.hpp"
#include "tools/simulator/replayed_policy.hpp"

namespace simulator {

class PagerReplayer {
public:
    /// `started` is its event pager_started.
    PagerReplayer(const recording::Event& started, PolicyMaker make);

    /// The next event that this libOS has recorded.
    void take(const recording::Event& event);
    PagerReplay finish();

private:
    struct Seen { // a fault before it is begun
        PageNo page;
        libos::Why why;
    };
    struct Begun {
        enum class State : std::uint8_t { coming, mapped, dropped };
        std::uint64_t sequence;
        libos::Fault fault;
        FrameNo frame;
        State state = State::coming;
    };

    void take_told(const recording::Event& event);
    void take_victim(const recording::Event& event);
    void take_free_frame(const recording::Event& event);
    void take_chosen(const recording::Event& event);
    void take_no_victim(const recording::Event& event);
    void take_mapped(const recording::Event& event);
    void take_abandoned(const recording::Event& event);
    void take_withdrawn(const recording::Event& event);

    const Seen* seen(std::uint64_t sequence);
    bool select(const libos::Fault& fault, std::uint64_t sequence, Choice recorded);
    Choice judge(std::uint32_t offered, FrameNo proposal) const;
    bool remove(PageNo page, std::uint64_t frame);
    void begin(std::uint64_t sequence, FrameNo frame);
    void harvest();
    void announce();
    void note_difference(const libos::Fault& fault, std::uint64_t sequence, const Choice& recorded,
                         const Choice& here);
    void contradict(std::string what);
    bool is_over() const { return !result_.same(); }

    PagerReplay result_;
    PageNo first_page_ = 0;
    std::unique_ptr<ReplayedPolicy> policy_;
    ReplayedFrames frames_;
    std::vector<libos::FrameLink> links_;
    libos::FrameList order_;                               // announced pages; front: mapped longest
    std::unordered_map<PageNo, FrameNo> frame_of_;         // of those
    std::unordered_map<std::uint64_t, FrameNo> number_of_; // of a physical frame
    std::unordered_map<std::uint64_t, Seen> seen_;         // by sequence
    std::deque<Begun> begun_;                              // in the order in which they were
    std::uint64_t policy_sequence_ = 0;
    std::vector<FrameNo> harvested_; // since the fault before
    std::uint64_t last_harvest_ = 0; // the fault of it
    std::vector<std::pair<FrameNo, abi::Told>> told_;
    Choice fallback_; // reason and offer, until the victim is named
    std::uint64_t event_ = 0;
};

} // namespace simulator
