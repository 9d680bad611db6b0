// tools/simulator/replayed_advice.cpp - pages that nobody waits for, and what the application has
// said of pages, in a replay.

#include "tools/simulator/pager_replay.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "libos/vm/paging_rules.hpp"
#include "tools/verifier/fields.hpp"

namespace simulator {

using libos::Hint;
using libos::Why;
using recording::Event;
using verifier::get;
using Kind = abi::Event;

namespace {
constexpr std::size_t most_regions = 1024; // a libOS has fewer; a recording may say anything
}

void PagerReplayer::take_region(const Event& event) {
    const std::uint64_t number = get<Kind::region_added, "region">(event);
    if (number != regions_.size() || number == most_regions)
        return contradict(fmt::format("region {} comes behind {}", number, regions_.size()));
    regions_.push_back({.first = get<Kind::region_added, "page">(event) - first_page_,
                        .pages = get<Kind::region_added, "pages">(event),
                        .blocks = get<Kind::region_added, "blocks">(event)});
}

auto PagerReplayer::region_of(PageNo page, std::uint32_t& number) const -> const Region* {
    for (const Region& region : regions_)
        if (page - region.first < region.pages) {
            number = static_cast<std::uint32_t>(&region - regions_.data());
            return &region;
        }
    return nullptr;
}

/// What is said of a whole region holds from now on; of single pages the policy hears.
void PagerReplayer::take_hint(const Event& event) {
    const std::uint64_t value = get<Kind::hint_given, "hint">(event);
    const std::uint64_t region = get<Kind::hint_given, "region">(event);
    if (value > static_cast<std::uint64_t>(Hint::done_with) || region >= regions_.size())
        return contradict(fmt::format("there is no hint {}, or no region {}", value, region));
    const auto hint = static_cast<Hint>(value);
    if (hint != Hint::will_need && hint != Hint::done_with) {
        regions_[region].hint = hint;
        return;
    }
    const PageNo first = get<Kind::hint_given, "page">(event) - first_page_;
    advice_ = {hint, first, first + get<Kind::hint_given, "count">(event)};
}

/// Whether the event belongs to what the application has said: pages that it will need.
bool PagerReplayer::continues_advice(const Event& event) const {
    switch (verifier::kind_of(event)) {
    case Kind::policy_told:
    case Kind::policy_fallback:
    case Kind::write_back_submitted:
    case Kind::read_submitted:
        return true;
    case Kind::read_along:
        return get<Kind::read_along, "sequence">(event) == 0;
    case Kind::frame_taken:
        return get<Kind::frame_taken, "sequence">(event) == 0;
    case Kind::victim_chosen:
        return get<Kind::victim_chosen, "sequence">(event) == 0;
    case Kind::no_victim:
        return get<Kind::no_victim, "sequence">(event) == 0;
    default:
        return false;
    }
}

/// The policy hears of the resident pages of the advice before `end`, in ascending order.
void PagerReplayer::advise_up_to(Advice& advice, PageNo end) {
    std::vector<std::pair<PageNo, FrameNo>> resident;
    for (const auto& [page, frame] : frame_of_)
        if (page >= advice.next && page < end)
            resident.emplace_back(page, frame);
    std::ranges::sort(resident);
    for (const auto& [page, frame] : resident)
        policy_->on_hint(frame, advice.hint);
    advice.next = end;
}

/// With the page of a fault the policy may want others. Pages behind the end of a file ask nobody.
void PagerReplayer::read_along(const Wanted& wanted) {
    prefetches_.clear();
    const libos::Fault fault = fault_of(wanted);
    std::uint32_t number = 0;
    const Region* const region = region_of(wanted.page, number);
    if (region == nullptr || wanted.page - region->first >= region->blocks)
        return;
    std::array<PageNo, libos::prefetch_limit> pages{};
    const std::uint32_t count = policy_->prefetch(fault, pages);
    prefetches_.assign(pages.begin(), pages.begin() + std::min<std::size_t>(count, pages.size()));
}

void PagerReplayer::take_read_along(const Event& event) {
    const std::uint64_t sequence = get<Kind::read_along, "sequence">(event);
    const PageNo page = get<Kind::read_along, "page">(event) - first_page_;
    along_ = {sequence, page};
    if (sequence != 0) {
        if (std::ranges::find(prefetches_, page) == prefetches_.end())
            result_.problem = fmt::format("at event {} page {} is read along, which the policy "
                                          "here does not name; it names [{}]",
                                          event_, page, fmt::join(prefetches_, ", "));
        return;
    }
    if (!advice_ || page < advice_->next || page >= advice_->end)
        return contradict(fmt::format("page {} is read along, for which nobody has asked", page));
    advise_up_to(*advice_, page);
    advice_->next = page + 1;
}

void PagerReplayer::take_along_abandoned(const Event& event) {
    const std::uint64_t sequence = get<Kind::along_abandoned, "sequence">(event);
    const PageNo page = get<Kind::along_abandoned, "page">(event) - first_page_;
    const auto begun = std::ranges::find_if(begun_, [&](const Begun& each) {
        return each.sequence == sequence && each.wanted.page == page &&
               each.wanted.why == Why::prefetch && each.state != Begun::State::dropped;
    });
    if (begun != begun_.end())
        begun->state = Begun::State::dropped;
}

} // namespace simulator
