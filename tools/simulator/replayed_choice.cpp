// tools/simulator/replayed_choice.cpp - a policy is asked for victims again, and its answer is
// compared.
//
// What the pager makes of an answer is Pager::select_victim and Pager::choose_extras. Of a batch
// every good proposal must be a victim, or be said to have been let be.

#include "tools/simulator/pager_replay.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "libos/vm/paging_rules.hpp"
#include "libos/vm/victims_hash.hpp"
#include "tools/verifier/fields.hpp"

namespace simulator {

using libos::Why;
using recording::Event;
using verifier::get;
using Kind = abi::Event;

void PagerReplayer::take_victim(const Event& event) {
    const std::uint64_t sequence = get<Kind::victim_chosen, "sequence">(event);
    const PageNo page = get<Kind::victim_chosen, "victim_page">(event) - first_page_;
    const std::uint64_t frame = get<Kind::victim_chosen, "victim_frame">(event);
    if (open_) {
        take_further(*open_, page, true);
        if (!is_over())
            lies_in(page, frame);
        return;
    }
    const std::optional<Wanted> wanted = wanted_by(sequence);
    if (!wanted)
        return;
    if (wanted->why != Why::prefetch)
        prepare();
    if (!select(*wanted, sequence, {.page = page}, static_cast<std::uint32_t>(batch_)) ||
        !lies_in(page, frame))
        return;
    OpenChoice choice{.sequence = sequence,
                      .wanted = *wanted,
                      .cluster_due = cluster_ > 1 && get<Kind::victim_chosen, "dirty">(event) != 0,
                      .taken = {frame_of_[page]},
                      .next = chosen_ + 1};
    if (!choice.cluster_due && choice.next >= proposals_.size())
        return settle(std::move(choice), false);
    open_ = std::move(choice);
}

void PagerReplayer::take_chosen(const Event& event) {
    if (get<Kind::frame_chosen, "page">(event) == 0)
        return; // it held no page
    const PageNo page = get<Kind::frame_chosen, "page">(event) - first_page_;
    if (!select({}, 0, {.page = page}, 1) ||
        !lies_in(page, get<Kind::frame_chosen, "frame">(event)))
        return;
    go(frame_of_[page]);
    ++result_.given_back;
}

void PagerReplayer::take_no_victim(const Event& event) {
    const std::uint64_t sequence = get<Kind::no_victim, "sequence">(event);
    const std::uint64_t page = get<Kind::no_victim, "page">(event);
    if (open_)
        return take_further(*open_, page - first_page_, false);
    std::optional<Wanted> wanted = Wanted{};
    if (sequence != 0 || along_)
        wanted = wanted_by(sequence);
    if (!wanted)
        return;
    const bool of_fault = wanted->why != Why::prefetch && wanted->why != Why::revocation;
    if (of_fault)
        prepare();
    along_.reset();
    if (select(*wanted, sequence, {.page = page == 0 ? no_page : page - first_page_},
               of_fault || wanted->why == Why::prefetch ? static_cast<std::uint32_t>(batch_) : 1))
        ++result_.in_vain;
}

/// Whether the event belongs to the choice of that sequence, which is open.
bool PagerReplayer::continues_choice(std::uint64_t choice, const Event& event) {
    switch (verifier::kind_of(event)) {
    case Kind::policy_told:
    case Kind::write_back_submitted:
        return true;
    case Kind::victim_chosen:
        return get<Kind::victim_chosen, "sequence">(event) == choice;
    case Kind::no_victim:
        return get<Kind::no_victim, "sequence">(event) == choice &&
               get<Kind::no_victim, "page">(event) != 0;
    default:
        return false;
    }
}

/// The next good proposal of the batch; no_frame: there is none.
FrameNo PagerReplayer::next_proposal(OpenChoice& choice) {
    if (choice.cluster_due) {
        std::array<FrameNo, libos::cluster_limit> room{};
        policy_->cluster(frames_, choice.taken[0], std::span{room}.first(cluster_ - 1));
        choice.cluster_due = false;
    }
    for (; choice.next < proposals_.size(); ++choice.next) {
        const FrameNo frame = proposals_[choice.next];
        if (!frames_.is_pinned(frame) &&
            std::ranges::find(choice.taken, frame) == choice.taken.end())
            return frame;
    }
    return no_frame;
}

/// A further proposal of the batch goes as well, or is let be.
void PagerReplayer::take_further(OpenChoice& choice, PageNo page, bool goes) {
    const FrameNo frame = next_proposal(choice);
    const PageNo here = frames_.page_in(frame);
    if (here != page) {
        const auto found = frame_of_.find(page);
        const FrameNo recorded = found == frame_of_.end() ? no_frame : found->second;
        return note_difference(choice.wanted, choice.sequence, {.page = page, .frame = recorded},
                               {.page = here, .frame = frame});
    }
    ++choice.next;
    if (goes)
        choice.taken.push_back(frame);
}

/// All victims of the choice are known: they go, and the page is on its way.
void PagerReplayer::settle(OpenChoice choice, bool keeps_told) {
    open_.reset();
    if (const FrameNo more = next_proposal(choice); more != no_frame) {
        note_difference(choice.wanted, choice.sequence, {},
                        {.page = frames_.page_in(more), .frame = more});
        return;
    }
    if (!keeps_told) {
        frames_.forget();
        told_.clear();
    }
    for (const FrameNo frame : choice.taken)
        go(frame);
    begin(choice.sequence, choice.wanted, choice.taken[0]);
}

/// The policy is asked as it was then. False: its answer differs, or something else is wrong.
bool PagerReplayer::select(const Wanted& wanted, std::uint64_t sequence, Choice recorded,
                           std::uint32_t at_once) {
    if (recorded.page != no_page) {
        recorded.reason = fallback_.reason;
        recorded.offered = fallback_.offered;
        const auto found = frame_of_.find(recorded.page);
        recorded.frame = found == frame_of_.end() ? no_frame : found->second;
    }
    fallback_ = {};
    proposals_.assign(at_once, no_frame);
    const Choice here = judge(policy_->select_victims(frames_, fault_of(wanted), proposals_));
    const bool same = here.page == recorded.page &&
                      (here.page == no_page ||
                       (here.reason == recorded.reason && here.offered == recorded.offered));
    if (!same)
        note_difference(wanted, sequence, recorded, here);
    frames_.forget();
    told_.clear();
    result_.fallbacks += same && here.page != no_page && here.reason != 0 ? 1 : 0;
    return same;
}

/// What the pager makes of so many proposals: the first good one, else FIFO's choice.
Choice PagerReplayer::judge(std::uint32_t offered) {
    enum : std::uint64_t { good = 0, nothing_offered = 1, no_such_frame = 2, not_to_be_had = 3 };
    proposals_.resize(std::min<std::size_t>(offered, proposals_.size()));
    const auto refusal_of = [&](FrameNo proposal) -> std::uint64_t {
        return proposal >= frames_.count()   ? no_such_frame
               : frames_.is_pinned(proposal) ? not_to_be_had
                                             : good;
    };
    for (chosen_ = 0; chosen_ != proposals_.size(); ++chosen_)
        if (const FrameNo frame = proposals_[chosen_]; refusal_of(frame) == good)
            return {.page = frames_.page_in(frame), .frame = frame};
    const FrameNo first = proposals_.empty() ? no_frame : proposals_[0];
    const std::uint64_t reason = proposals_.empty() ? nothing_offered : refusal_of(first);
    for (FrameNo frame = order_.front(); frame != no_frame; frame = order_.next(frame))
        if (!frames_.is_pinned(frame))
            return {frames_.page_in(frame), frame, reason, first};
    return {.reason = reason, .offered = first};
}

bool PagerReplayer::lies_in(PageNo page, std::uint64_t frame) {
    const auto found = frame_of_.find(page);
    const auto number = number_of_.find(frame);
    if (found != frame_of_.end() && number != number_of_.end() && number->second == found->second)
        return true;
    contradict(fmt::format("page {} gives way in frame {}, where it is not", page, frame));
    return false;
}

/// A victim goes.
void PagerReplayer::go(FrameNo frame) {
    ++result_.victims;
    result_.victims_hash = libos::add_to_hash(result_.victims_hash, frames_.page_in(frame));
    unmap(frame);
}

void PagerReplayer::note_difference(const Wanted& wanted, std::uint64_t sequence,
                                    const Choice& recorded, const Choice& here) {
    Difference difference{.event = event_,
                          .fault = sequence,
                          .wanted = wanted.page,
                          .recorded = recorded,
                          .here = here,
                          .asked = {},
                          .resident = {}};
    for (const ReplayedFrames::Question& question : frames_.asked())
        difference.asked.push_back(
            {frames_.page_in(question.frame), question.frame, question.what, question.answer});
    for (FrameNo frame = order_.front(); frame != no_frame; frame = order_.next(frame)) {
        difference.resident.push_back({frames_.page_in(frame), frame, {}});
        for (const auto& [told, what] : told_)
            if (told == frame)
                difference.resident.back().told.push_back(what);
    }
    result_.difference = std::move(difference);
}

} // namespace simulator
