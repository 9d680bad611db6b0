// tools/simulator/pager_replay.cpp - following one pager through a recording.

#include "tools/simulator/pager_replay.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "libos/vm/paging_rules.hpp"
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
      batch_{get<Kind::pager_started, "batch">(started)},
      cluster_{get<Kind::pager_started, "cluster">(started)},
      frames_{frames_in(started)},
      links_(frames_in(started)) {
    order_.init(links_);
    result_.environment = started.environment;
    result_.policy = name_in(started);
    result_.frames = frames_in(started);
    result_.seed = get<Kind::pager_started, "seed">(started);
    result_.victims_hash = libos::no_victims;
    event_ = started.sequence;
    if (result_.frames == 0 || batch_ - 1 >= libos::batch_limit ||
        cluster_ - 1 >= libos::cluster_limit) {
        contradict(fmt::format("a pool of {} frames, batches of {} and clusters of {} cannot be",
                               get<Kind::pager_started, "frames">(started), batch_, cluster_));
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
    if (!is_over() && open_)
        settle(*std::move(open_), false);
    if (!is_over())
        announce();
    return std::move(result_);
}

void PagerReplayer::contradict(const std::string& what) {
    result_.problem = fmt::format("the recording contradicts itself at event {}: {} (`exo verify` "
                                  "checks all of it)",
                                  event_, what);
}

void PagerReplayer::take(const Event& event) {
    if (is_over())
        return;
    const Kind kind = verifier::kind_of(event);
    // What is told already may be for the next answer.
    if (open_ && !continues_choice(open_->sequence, event))
        settle(*std::move(open_), kind == Kind::victim_chosen || kind == Kind::no_victim ||
                                      kind == Kind::policy_fallback);
    if (advice_ && !continues_advice(event)) {
        advise_up_to(*advice_, advice_->end);
        advice_.reset();
    }
    event_ = event.sequence;
    // Where a fault is given up, the mapping before that was refused.
    if (!is_over() && kind != Kind::fault_abandoned && kind != Kind::along_abandoned)
        announce();
    if (!is_over())
        dispatch(event);
}

void PagerReplayer::dispatch(const Event& event) {
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
    case Kind::region_added:
        return take_region(event);
    case Kind::hint_given:
        return take_hint(event);
    case Kind::read_along:
        return take_read_along(event);
    case Kind::along_abandoned:
        return take_along_abandoned(event);
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

/// What an event with that sequence is about: the page that is read along, or the fault's.
auto PagerReplayer::wanted_by(std::uint64_t sequence) -> std::optional<Wanted> {
    if (along_ && along_->sequence == sequence)
        return Wanted{along_->page, Why::prefetch};
    const auto found = seen_.find(sequence);
    if (found != seen_.end())
        return found->second;
    contradict(fmt::format("fault {} has not been seen, or has its frame", sequence));
    return std::nullopt;
}

/// What the policy is asked or told about. Only faults are counted.
Fault PagerReplayer::fault_of(const Wanted& wanted) const {
    const bool counts = wanted.why != Why::prefetch && wanted.why != Why::revocation;
    Fault fault{wanted.page, wanted.why, policy_sequence_ + (counts ? 1 : 0)};
    if (const Region* const region = region_of(wanted.page, fault.region))
        fault.hint = region->hint;
    return fault;
}

/// A fault is served: before anything else the policy hears what was harvested, once a fault.
void PagerReplayer::prepare() {
    if (prepared_ == policy_sequence_ + 1)
        return;
    prepared_ = policy_sequence_ + 1;
    if (const std::uint32_t every = policy_->harvest_every();
        every != 0 && prepared_ % every == 0) {
        std::ranges::sort(harvested_);
        policy_->on_harvest(harvested_);
    }
    harvested_.clear();
}

void PagerReplayer::take_free_frame(const Event& event) {
    const std::uint64_t sequence = get<Kind::frame_taken, "sequence">(event);
    const std::uint64_t number = get<Kind::frame_taken, "number">(event);
    const std::optional<Wanted> wanted = wanted_by(sequence);
    if (!wanted)
        return;
    const auto known = number_of_.try_emplace(get<Kind::frame_taken, "frame">(event),
                                              static_cast<FrameNo>(number));
    if (number >= frames_.count() || known.first->second != number ||
        frames_.resident(static_cast<FrameNo>(number)))
        return contradict(fmt::format("frame {} of the pool is taken as a free one", number));
    if (wanted->why != Why::prefetch)
        prepare();
    begin(sequence, *wanted, static_cast<FrameNo>(number));
}

/// The page is on its way into `frame`.
void PagerReplayer::begin(std::uint64_t sequence, const Wanted& wanted, FrameNo frame) {
    ++result_.pages;
    if (wanted.why == Why::prefetch) {
        along_.reset();
        begun_.push_back({sequence, wanted, policy_sequence_, frame});
        return;
    }
    seen_.erase(sequence);
    begun_.push_back({sequence, wanted, policy_sequence_ + 1, frame});
    read_along(wanted);
    ++policy_sequence_;
}

void PagerReplayer::take_mapped(const Event& event) {
    const std::uint64_t sequence = get<Kind::mapped, "sequence">(event);
    const PageNo page = get<Kind::mapped, "page">(event) - first_page_;
    const auto begun = std::ranges::find_if(begun_, [&](const Begun& each) {
        return each.sequence == sequence && each.wanted.page == page &&
               each.state == Begun::State::coming; // advice may bring in a page more than once
    });
    if (begun == begun_.end())
        return contradict(fmt::format("page {} is mapped for fault {}, which does not wait for it",
                                      page, sequence));
    begun->state = Begun::State::mapped;
}

/// Each thread that waits for the page gives up by itself; only the first one began the fault.
void PagerReplayer::take_abandoned(const Event& event) {
    const std::uint64_t sequence = get<Kind::fault_abandoned, "sequence">(event);
    const auto begun = std::ranges::find_if(begun_, [&](const Begun& each) {
        return each.sequence == sequence && each.wanted.why != Why::prefetch;
    });
    if (begun != begun_.end())
        begun->state = Begun::State::dropped;
}

/// Its frame is gone, or it makes room for what comes back from where it was saved.
void PagerReplayer::take_withdrawn(const Event& event) {
    const PageNo page = get<Kind::page_withdrawn, "page">(event) - first_page_;
    if (const auto found = frame_of_.find(page); found != frame_of_.end()) {
        unmap(found->second);
        ++result_.withdrawn;
        return;
    }
    const auto begun = std::ranges::find_if(begun_, [&](const Begun& each) {
        return each.wanted.page == page && each.state == Begun::State::mapped;
    });
    if (begun != begun_.end())
        begun->state = Begun::State::dropped; // it was not announced yet, and need not be
}

void PagerReplayer::unmap(FrameNo frame) {
    const PageNo page = frames_.page_in(frame);
    order_.remove(frame);
    frames_.unmap(frame);
    frame_of_.erase(page);
    policy_->on_unmapped(frame, page);
}

/// Tells the policy of mapped pages in the order in which they were begun.
void PagerReplayer::announce() {
    for (; !begun_.empty() && begun_.front().state != Begun::State::coming; begun_.pop_front()) {
        const Begun& begun = begun_.front();
        if (begun.state == Begun::State::dropped)
            continue;
        if (frames_.resident(begun.frame) || frame_of_.contains(begun.wanted.page))
            return contradict(fmt::format("page {} comes into frame {} of the pool, which is full, "
                                          "or is resident already",
                                          begun.wanted.page, begun.frame));
        order_.push_back(begun.frame);
        frames_.map(begun.frame, begun.wanted.page);
        frame_of_[begun.wanted.page] = begun.frame;
        Fault fault = fault_of(begun.wanted);
        fault.sequence = begun.policy_sequence;
        policy_->on_mapped(begun.frame, fault);
    }
}

} // namespace simulator
