// tools/simulator/pager_replay.hpp - the replay of one pager: its books as far as its policy knows
// of them, and the calls of the policy in the order in which they were made.
//
// A page that is mapped is announced to the policy when all that were begun before it are mapped or
// given up, as in the libOS (Pager::announce_mapped). The rules are those of
// libos/vm/paging_rules.hpp. A recording that says what cannot be ends the replay with a sentence.
// pager_replay.cpp follows the events, replayed_choice.cpp asks for victims and compares them,
// replayed_advice.cpp has what is read along and what the application has said.

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
    struct Wanted { // a page for which a frame is needed
        PageNo page = no_page;
        libos::Why why = libos::Why::revocation;
    };
    struct Begun { // a page on its way in
        enum class State : std::uint8_t { coming, mapped, dropped };
        std::uint64_t sequence;
        Wanted wanted;
        std::uint64_t policy_sequence;
        FrameNo frame;
        State state = State::coming;
    };
    struct Region {
        PageNo first = 0;
        std::uint64_t pages = 0, blocks = 0;
        libos::Hint hint = libos::Hint::none;
    };
    struct OpenChoice { // whose further victims may follow
        std::uint64_t sequence;
        Wanted wanted;
        bool cluster_due;           // the policy is to name what is written with the victim
        std::vector<FrameNo> taken; // the victim, then the further ones
        std::size_t next;           // of the proposals
    };
    struct Along { // the page that is brought in next though nobody waits for it
        std::uint64_t sequence;
        PageNo page;
    };
    struct Advice {
        libos::Hint hint;
        PageNo next, end; // pages that it is still about
    };

    // pager_replay.cpp
    void dispatch(const recording::Event& event);
    void take_told(const recording::Event& event);
    void take_free_frame(const recording::Event& event);
    void take_mapped(const recording::Event& event);
    void take_abandoned(const recording::Event& event);
    void take_withdrawn(const recording::Event& event);
    std::optional<Wanted> wanted_by(std::uint64_t sequence);
    libos::Fault fault_of(const Wanted& wanted) const;
    void prepare();
    void begin(std::uint64_t sequence, const Wanted& wanted, FrameNo frame);
    void announce();
    void unmap(FrameNo frame);
    void contradict(const std::string& what);
    bool is_over() const { return !result_.same(); }

    // replayed_choice.cpp
    void take_victim(const recording::Event& event);
    void take_chosen(const recording::Event& event);
    void take_no_victim(const recording::Event& event);
    static bool continues_choice(std::uint64_t choice, const recording::Event& event);
    void take_further(OpenChoice& choice, PageNo page, bool goes);
    FrameNo next_proposal(OpenChoice& choice);
    void settle(OpenChoice choice, bool keeps_told);
    bool select(const Wanted& wanted, std::uint64_t sequence, Choice recorded,
                std::uint32_t at_once);
    Choice judge(std::uint32_t offered);
    bool lies_in(PageNo page, std::uint64_t frame);
    void go(FrameNo frame);
    void note_difference(const Wanted& wanted, std::uint64_t sequence, const Choice& recorded,
                         const Choice& here);

    // replayed_advice.cpp
    void take_region(const recording::Event& event);
    void take_hint(const recording::Event& event);
    void take_read_along(const recording::Event& event);
    void take_along_abandoned(const recording::Event& event);
    bool continues_advice(const recording::Event& event) const;
    void advise_up_to(Advice& advice, PageNo end);
    const Region* region_of(PageNo page, std::uint32_t& number) const;
    void read_along(const Wanted& wanted);

    PagerReplay result_;
    PageNo first_page_ = 0;
    std::uint64_t batch_ = 1, cluster_ = 1;
    std::unique_ptr<ReplayedPolicy> policy_;
    ReplayedFrames frames_;
    std::vector<libos::FrameLink> links_;
    libos::FrameList order_;                               // announced pages; front: mapped longest
    std::unordered_map<PageNo, FrameNo> frame_of_;         // of those
    std::unordered_map<std::uint64_t, FrameNo> number_of_; // of a physical frame
    std::unordered_map<std::uint64_t, Wanted> seen_;       // faults not begun, by sequence
    std::deque<Begun> begun_;                              // in the order in which they were
    std::uint64_t policy_sequence_ = 0;
    std::uint64_t prepared_ = 0;     // the fault of the last harvest, if there was to be one
    std::vector<FrameNo> harvested_; // told since
    std::vector<std::pair<FrameNo, abi::Told>> told_;
    Choice fallback_;                // reason and offer, until the victim is named
    std::vector<FrameNo> proposals_; // of the policy, at its last answer
    std::size_t chosen_ = 0;         // which of them is the victim; behind the last: none
    std::optional<OpenChoice> open_;
    std::vector<Region> regions_;
    std::optional<Along> along_;
    std::vector<PageNo> prefetches_; // pages that the policy wants with the last fault's
    std::optional<Advice> advice_;
    std::uint64_t event_ = 0;
};

} // namespace simulator
