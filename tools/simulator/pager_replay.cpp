// tools/simulator/pager_replay.cpp - following one pager through a recording.

#include "tools/simulator/pager_replay.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "libos/vm/victims_hash.hpp"
#include "tools/verifier/fields.hpp"

namespace simulator {

using libos::Fault;
using libos::Why;
using recording::Event;
using verifier::get;
using Kind = abi::Event;

namespace {

// More than any machine has; a recording may say anything.
constexpr std::uint64_t most_frames = std::uint64_t{1} << 24;

std::string name_in(const Event& event) {
    std::string name;
    for (const std::uint64_t part :
         {get<Kind::pager_started, "name0">(event), get<Kind::pager_started, "name1">(event),
          get<Kind::pager_started, "name2">(event), get<Kind::pager_started, "name3">(event)})
        for (std::uint64_t rest = part; rest != 0; rest >>= 8) {
            const auto letter = static_cast<unsigned char>(rest);
            name += letter > 0x20 && letter < 0x7f ? static_cast<char>(letter) : '?';
        }
    return name;
}

std::uint32_t frames_in(const Event& event) {
    const std::uint64_t frames = get<Kind::pager_started, "frames">(event);
    return static_cast<std::uint32_t>(frames < most_frames ? frames : 0);
}

} // namespace

PagerReplayer::PagerReplayer(const Event& started, PolicyMaker make)
    : first_page_{get<Kind::pager_started, "first_page">(started)},
      frames_{frames_in(started)},
      links_(frames_in(started)) {
    order_.init(links_);
    result_.environment = started.environment;
    result_.policy = name_in(started);
    result_.frames = frames_in(started);
    result_.seed = get<Kind::pager_started, "seed">(started);
    result_.victims_hash = libos::no_victims;
    event_ = started.sequence;
    if (result_.frames == 0) {
        contradict(fmt::format("a pool of {} frames cannot be",
                               get<Kind::pager_started, "frames">(started)));
        return;
    }
    if (get<Kind::pager_started, "batch">(started) != 1) {
        result_.problem = "its policy was asked for several victims at a time, which is not "
                          "replayed; make the run without --batch";
        return;
    }
    policy_ = make(result_.policy, result_.frames, result_.seed);
    if (policy_ == nullptr)
        result_.problem =
            fmt::format("this build has no policy {} that serves {} frames (`exo list` "
                        "shows those it has); it came with the application, or is of "
                        "another version",
                        result_.policy, result_.frames);
}

PagerReplay PagerReplayer::finish() {
    if (!is_over())
        announce();
    return std::move(result_);
}

void PagerReplayer::contradict(std::string what) {
    result_.problem = fmt::format("the recording contradicts itself at event {}: {} (`exo verify` "
                                  "checks all of it)",
                                  event_, what);
}

void PagerReplayer::take(const Event& event) {
    if (is_over())
        return;
    event_ = event.sequence;
    if (verifier::kind_of(event) != Kind::fault_abandoned) // then a mapping was refused
        announce();
    switch (verifier::kind_of(event)) {
    case Kind::fault_seen: {
        const std::uint64_t why = get<Kind::fault_seen, "why">(event);
        seen_[get<Kind::fault_seen, "sequence">(event)] = {
            get<Kind::fault_seen, "page">(event) - first_page_,
            why <= static_cast<std::uint64_t>(Why::execute) ? static_cast<Why>(why) : Why::read};
        return;
    }
    case Kind::policy_told:
        return take_told(event);
    case Kind::policy_fallback:
        fallback_.reason = get<Kind::policy_fallback, "reason">(event);
        fallback_.offered = static_cast<FrameNo>(get<Kind::policy_fallback, "offered">(event));
        return;
    case Kind::victim_chosen:
        return take_victim(event);
    case Kind::frame_taken:
        return take_free_frame(event);
    case Kind::frame_chosen:
        return take_chosen(event);
    case Kind::no_victim:
        return take_no_victim(event);
    case Kind::mapped:
        return take_mapped(event);
    case Kind::fault_abandoned:
        return take_abandoned(event);
    case Kind::page_withdrawn:
        return take_withdrawn(event);
    default:
        return;
    }
}

void PagerReplayer::take_told(const Event& event) {
    const PageNo page = get<Kind::policy_told, "page">(event) - first_page_;
    const std::uint64_t answer = get<Kind::policy_told, "answer">(event);
    const auto found = frame_of_.find(page);
    if (found == frame_of_.end() || answer == 0 ||
        answer > static_cast<std::uint64_t>(abi::Told::harvested))
        return contradict(
            fmt::format("the policy is told {} of page {}, which it does not know", answer, page));
    ++result_.answers;
    if (static_cast<abi::Told>(answer) == abi::Told::harvested) {
        harvested_.push_back(found->second);
        return;
    }
    told_.emplace_back(found->second, static_cast<abi::Told>(answer));
    frames_.tell(found->second, static_cast<abi::Told>(answer));
}

/// A fault is served: before anything else the policy hears what was harvested, once a fault.
void PagerReplayer::harvest() {
    const std::uint32_t every = policy_->harvest_every();
    if (every == 0 || (policy_sequence_ + 1) % every != 0 || last_harvest_ == policy_sequence_ + 1)
        return;
    last_harvest_ = policy_sequence_ + 1;
    std::ranges::sort(harvested_);
    policy_->on_harvest(harvested_);
    harvested_.clear();
}

auto PagerReplayer::seen(std::uint64_t sequence) -> const Seen* {
    const auto found = seen_.find(sequence);
    if (found == seen_.end()) {
        contradict(fmt::format("fault {} has not been seen", sequence));
        return nullptr;
    }
    return &found->second;
}

void PagerReplayer::take_victim(const Event& event) {
    const std::uint64_t sequence = get<Kind::victim_chosen, "sequence">(event);
    const Seen* const fault = seen(sequence);
    if (fault == nullptr)
        return;
    const PageNo page = get<Kind::victim_chosen, "victim_page">(event) - first_page_;
    harvest();
    if (!select({fault->page, fault->why, policy_sequence_ + 1}, sequence, {.page = page}))
        return;
    const FrameNo frame = frame_of_[page];
    if (remove(page, get<Kind::victim_chosen, "victim_frame">(event)))
        begin(sequence, frame);
}

void PagerReplayer::take_free_frame(const Event& event) {
    const std::uint64_t sequence = get<Kind::frame_taken, "sequence">(event);
    const std::uint64_t number = get<Kind::frame_taken, "number">(event);
    if (seen(sequence) == nullptr)
        return;
    const auto known = number_of_.try_emplace(get<Kind::frame_taken, "frame">(event),
                                              static_cast<FrameNo>(number));
    if (number >= frames_.count() || known.first->second != number ||
        frames_.resident(static_cast<FrameNo>(number)))
        return contradict(fmt::format("frame {} of the pool is taken as a free one", number));
    harvest();
    begin(sequence, static_cast<FrameNo>(number));
}

void PagerReplayer::take_chosen(const Event& event) {
    if (get<Kind::frame_chosen, "page">(event) == 0)
        return; // it held no page
    const PageNo page = get<Kind::frame_chosen, "page">(event) - first_page_;
    if (!select({no_page, Why::revocation, policy_sequence_}, 0, {.page = page}) ||
        !remove(page, get<Kind::frame_chosen, "frame">(event)))
        return;
    ++result_.given_back;
}

void PagerReplayer::take_no_victim(const Event& event) {
    const std::uint64_t sequence = get<Kind::no_victim, "sequence">(event);
    const std::uint64_t page = get<Kind::no_victim, "page">(event);
    Fault fault{no_page, Why::revocation, policy_sequence_};
    if (sequence != 0) {
        const Seen* const wanted = seen(sequence);
        if (wanted == nullptr)
            return;
        fault = {wanted->page, wanted->why, policy_sequence_ + 1};
        harvest();
    }
    if (select(fault, sequence, {.page = page == 0 ? no_page : page - first_page_}))
        ++result_.in_vain;
}

/// The policy is asked as it was then. False: its answer differs, or something else is wrong.
bool PagerReplayer::select(const Fault& fault, std::uint64_t sequence, Choice recorded) {
    if (recorded.page != no_page) {
        recorded.reason = fallback_.reason;
        recorded.offered = fallback_.offered;
        const auto found = frame_of_.find(recorded.page);
        recorded.frame = found == frame_of_.end() ? no_frame : found->second;
    }
    fallback_ = {};
    FrameNo proposal = no_frame;
    const std::uint32_t offered = policy_->select_victims(frames_, fault, std::span{&proposal, 1});
    const Choice here = judge(offered, proposal);
    const bool same = here.page == recorded.page &&
                      (here.page == no_page ||
                       (here.reason == recorded.reason && here.offered == recorded.offered));
    if (!same)
        note_difference(fault, sequence, recorded, here);
    frames_.forget();
    told_.clear();
    result_.fallbacks += same && here.page != no_page && here.reason != 0 ? 1 : 0;
    return same;
}

/// What the pager makes of an answer (Pager::select_victim).
Choice PagerReplayer::judge(std::uint32_t offered, FrameNo proposal) const {
    enum : std::uint64_t { good = 0, nothing_offered = 1, no_such_frame = 2, not_to_be_had = 3 };
    const std::uint64_t reason = offered == 0                  ? nothing_offered
                                 : proposal >= frames_.count() ? no_such_frame
                                 : frames_.is_pinned(proposal) ? not_to_be_had
                                                               : good;
    if (reason == good)
        return {.page = frames_.page_in(proposal), .frame = proposal};
    for (FrameNo frame = order_.front(); frame != no_frame; frame = order_.next(frame))
        if (!frames_.is_pinned(frame))
            return {frames_.page_in(frame), frame, reason, proposal};
    return {.reason = reason, .offered = proposal};
}

/// A victim goes.
bool PagerReplayer::remove(PageNo page, std::uint64_t frame) {
    const auto found = frame_of_.find(page);
    const auto number = number_of_.find(frame);
    if (found == frame_of_.end() || number == number_of_.end() || number->second != found->second) {
        contradict(fmt::format("page {} gives way in frame {}, where it is not", page, frame));
        return false;
    }
    const FrameNo gone = found->second;
    order_.remove(gone);
    frames_.unmap(gone);
    frame_of_.erase(found);
    policy_->on_unmapped(gone, page);
    ++result_.victims;
    result_.victims_hash = libos::add_to_hash(result_.victims_hash, page);
    return true;
}

/// The page of the fault is on its way into `frame`.
void PagerReplayer::begin(std::uint64_t sequence, FrameNo frame) {
    const auto fault = seen_.find(sequence);
    begun_.push_back(
        {sequence, {fault->second.page, fault->second.why, ++policy_sequence_}, frame});
    seen_.erase(fault);
    ++result_.pages;
}

void PagerReplayer::take_mapped(const Event& event) {
    const std::uint64_t sequence = get<Kind::mapped, "sequence">(event);
    const PageNo page = get<Kind::mapped, "page">(event) - first_page_;
    const auto fault = std::ranges::find_if(begun_, [&](const Begun& each) {
        return each.sequence == sequence && each.fault.page == page;
    });
    if (fault == begun_.end() || fault->state != Begun::State::coming)
        return contradict(fmt::format("page {} is mapped for fault {}, which does not wait for it",
                                      page, sequence));
    fault->state = Begun::State::mapped;
}

/// Each thread that waits for the page gives up by itself; only the first one began the fault.
void PagerReplayer::take_abandoned(const Event& event) {
    const std::uint64_t sequence = get<Kind::fault_abandoned, "sequence">(event);
    const auto fault = std::ranges::find(begun_, sequence, &Begun::sequence);
    if (fault != begun_.end())
        fault->state = Begun::State::dropped;
}

/// Its frame is gone, or it makes room for what comes back from where it was saved.
void PagerReplayer::take_withdrawn(const Event& event) {
    const PageNo page = get<Kind::page_withdrawn, "page">(event) - first_page_;
    if (const auto found = frame_of_.find(page); found != frame_of_.end()) {
        const FrameNo frame = found->second;
        order_.remove(frame);
        frames_.unmap(frame);
        frame_of_.erase(found);
        policy_->on_unmapped(frame, page);
        ++result_.withdrawn;
        return;
    }
    const auto fault = std::ranges::find_if(begun_, [&](const Begun& each) {
        return each.fault.page == page && each.state == Begun::State::mapped;
    });
    if (fault != begun_.end())
        fault->state = Begun::State::dropped; // it was not announced yet, and need not be
}

/// Tells the policy of mapped pages in fault order.
void PagerReplayer::announce() {
    for (; !begun_.empty() && begun_.front().state != Begun::State::coming; begun_.pop_front()) {
        const Begun& fault = begun_.front();
        if (fault.state == Begun::State::dropped)
            continue;
        if (frames_.resident(fault.frame) || frame_of_.contains(fault.fault.page))
            return contradict(fmt::format("page {} comes into frame {} of the pool, which is full, "
                                          "or is resident already",
                                          fault.fault.page, fault.frame));
        order_.push_back(fault.frame);
        frames_.map(fault.frame, fault.fault.page);
        frame_of_[fault.fault.page] = fault.frame;
        policy_->on_mapped(fault.frame, fault.fault);
    }
}

void PagerReplayer::note_difference(const Fault& fault, std::uint64_t sequence,
                                    const Choice& recorded, const Choice& here) {
    Difference difference{.event = event_,
                          .fault = sequence,
                          .wanted = fault.page,
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
