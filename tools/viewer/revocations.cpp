// tools/viewer/revocations.cpp - one pass over the recording that gives each event to its
// revocation.
//
// Most events carry its number. The others are its own by who does them meanwhile: what force does
// is done while the asker has the processor, what the receiver gives back it has chosen or makes
// free itself, and an upcall belongs to the request or the repossession that it tells of. The fault
// on a page that is gone, and the read of what was saved, are its last step.

#include "tools/viewer/revocations.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "bindings/abi/address.hpp"
#include "bindings/abi/io_ring.hpp"
#include "bindings/abi/processor_environment.hpp"
#include "bindings/abi/system_call.hpp"
#include "tools/viewer/clock.hpp"
#include "tools/viewer/processors.hpp"
#include "tools/viewer/words.hpp"

namespace viewer {

using Kind = abi::Event;
using recording::Event;

namespace {

enum : std::uint32_t {
    ask = abi::revocation_steps + 1,
    choose,
    confirm,
    expire,
    force,
    save,
    append,
    deliver,
    mend,
    restore
};

class Finder {
public:
    Finder(const recording::Recording& recording, std::uint64_t per_record)
        : recording_(recording), processors_(recording), per_record_(per_record) {}

    std::vector<Revocation> find();

private:
    struct Told {
        StepEvent event;
        std::uint64_t time;
    };
    struct Work { // what is known of each, beside what is shown
        Span span;
        std::vector<Told> told;                // to the policy, which has not answered yet
        std::set<std::uint64_t> chosen, taken; // frames
        std::set<std::uint64_t> slots, blocks;
        std::set<std::uint64_t> pages;  // that lost their frames to force and are not back yet
        std::set<std::uint64_t> unread; // of the blocks
        std::set<std::uint64_t> reads;  // requests
        bool upcall_due = false;        // of the repossession
    };

    void take(const Event& event);
    void take_end(std::uint32_t environment);
    void take_numbered(const Event& event, std::size_t which);
    void take_other(const Event& event, std::size_t which);
    void take_claim(const Event& event, std::size_t which);
    void give(std::size_t which, std::uint32_t step);
    void give_interrupt(std::size_t which, std::uint32_t step);

    const recording::Recording& recording_;
    const Processors processors_;
    std::uint64_t per_record_;
    std::vector<Revocation> found_;
    std::vector<Work> work_;
    std::map<std::uint64_t, std::size_t> by_number_;
    std::size_t index_ = 0;
    static constexpr std::size_t none = ~std::size_t{0};
    std::size_t before_ = none;         // the event before that, on its processor
    std::uint64_t cost_ = 0, time_ = 0; // of the event at hand, recording's own cost taken off
};

std::vector<Revocation> Finder::find() {
    Clock clock(per_record_);
    std::map<std::uint16_t, std::size_t> last; // by processor
    for (; index_ < recording_.events.size(); ++index_) {
        const Event& event = recording_.events[index_];
        before_ =
            std::exchange(last.try_emplace(processors_.of(index_), none).first->second, index_);
        cost_ = clock.cost_of(event);
        time_ += cost_;
        if (recording::of_true_origin(event))
            take(event);
    }
    return std::move(found_);
}

void Finder::give(std::size_t which, std::uint32_t step) {
    give_event(found_[which], work_[which].span, {.index = index_, .step = step, .cost = cost_},
               time_);
}

// The interrupt that led to the event at hand, if the kernel's last event was one.
void Finder::give_interrupt(std::size_t which, std::uint32_t step) {
    if (before_ == none || static_cast<Kind>(recording_.events[before_].kind) != Kind::interrupt ||
        recording_.events[before_].claim)
        return;
    give_event(found_[which], work_[which].span, // what came before was others' work
               {.index = before_, .step = step, .cost = 0}, time_ - cost_);
}

void Finder::take(const Event& event) {
    if (static_cast<Kind>(event.kind) == Kind::revocation_requested) {
        by_number_[field(event, "number")] = found_.size();
        found_.push_back({.number = field(event, "number"),
                          .asker = static_cast<std::uint32_t>(field(event, "asker")),
                          .receiver = static_cast<std::uint32_t>(field(event, "receiver")),
                          .capability = field(event, "capability"),
                          .kind = field(event, "kind"),
                          .count = field(event, "count"),
                          .deadline = field(event, "deadline")});
        work_.emplace_back();
        return give(found_.size() - 1, ask);
    }
    if (static_cast<Kind>(event.kind) == Kind::environment_ended)
        return take_end(static_cast<std::uint32_t>(field(event, "environment")));
    const bool forced = static_cast<Kind>(event.kind) == Kind::repossessed;
    const auto number = by_number_.find(field(event, forced ? "forced" : "number"));
    if (number != by_number_.end())
        return event.claim ? take_claim(event, number->second)
                           : take_numbered(event, number->second);
    // At most one revocation is at work for an environment: the latest that fits.
    for (std::size_t which = found_.size(); which-- != 0;) {
        const std::size_t before = found_[which].events.size();
        event.claim ? take_claim(event, which) : take_other(event, which);
        if (found_[which].events.size() != before)
            return;
    }
}

void Finder::take_end(std::uint32_t environment) {
    for (std::size_t which = 0; which != found_.size(); ++which) {
        Revocation& owner = found_[which];
        if (owner.is_over() || (environment != owner.receiver && environment != owner.asker))
            continue;
        owner.dead = environment;
        cost_ = 0; // what came before was no work for it
        give(which, confirm);
    }
}

void Finder::take_numbered(const Event& event, std::size_t which) {
    Revocation& owner = found_[which];
    Work& work = work_[which];
    switch (static_cast<Kind>(event.kind)) {
    case Kind::revocation_expired:
        owner.expired = true;
        give_interrupt(which, expire);
        return give(which, expire);
    case Kind::binding_taken:
        work.taken.insert(field(event, "frame"));
        return give(which, force);
    case Kind::state_saving:
        work.blocks.insert(field(event, "block"));
        work.unread.insert(field(event, "block"));
        return give(which, save);
    case Kind::state_saved:
        give_interrupt(which, save);
        return give(which, save);
    case Kind::repossessed:
        work.slots.insert(field(event, "slot"));
        work.upcall_due = true;
        return give(which, append);
    case Kind::revocation_ended:
        owner.ended = true;
        owner.given = field(event, "given");
        owner.taken = field(event, "taken");
        owner.missing = field(event, "missing");
        return give(which, confirm);
    default:
        return;
    }
}

void Finder::take_other(const Event& event, std::size_t which) {
    const Revocation& owner = found_[which];
    Work& work = work_[which];
    const bool by_receiver = event.environment == owner.receiver;
    switch (static_cast<Kind>(event.kind)) {
    case Kind::upcall:
        if (by_receiver && !owner.is_over() &&
            field(event, "entry") == static_cast<std::uint64_t>(abi::Entry::revoke))
            return give(which, ask);
        if (by_receiver && work.upcall_due &&
            field(event, "entry") == static_cast<std::uint64_t>(abi::Entry::repossession)) {
            work.upcall_due = false;
            return give(which, deliver);
        }
        return;
    case Kind::translation_removed:
        if (by_receiver && !owner.is_over() && work.chosen.contains(field(event, "frame")))
            return give(which, choose);
        if (!owner.is_over() && owner.expired && event.environment == owner.asker) {
            work.pages.insert(field(event, "page"));
            return give(which, force);
        }
        return;
    case Kind::page_fault:
        if (!by_receiver || !work.pages.contains(field(event, "address") >> abi::page_shift))
            return;
        cost_ = 0; // what came before was the application's
        return give(which, restore);
    case Kind::translation_installed:
        if (by_receiver && work.pages.erase(field(event, "page")) != 0)
            return give(which, restore);
        return;
    case Kind::frame_released: {
        if (work.taken.erase(field(event, "frame")) != 0)
            return give(which, append);
        if (by_receiver && !owner.is_over() && !owner.expired)
            return give(which, choose);
        return;
    }
    case Kind::binding_broken:
        if (by_receiver && !owner.is_over() && !owner.expired &&
            field(event, "holder") == owner.receiver &&
            field(event, "capability") == owner.capability)
            return give(which, choose);
        return;
    case Kind::io_submitted:
        if (by_receiver && work.unread.contains(field(event, "block")) &&
            field(event, "operation") == static_cast<std::uint64_t>(abi::IoOperation::read)) {
            work.unread.erase(field(event, "block"));
            work.reads.insert(field(event, "request"));
            return give(which, restore);
        }
        [[fallthrough]];
    case Kind::io_completed:
        if (work.reads.erase(field(event, "request")) != 0)
            return give(which, restore);
        if (!owner.is_over() && work.chosen.contains(field(event, "frame")))
            return give(which, choose);
        return;
    case Kind::system_call: {
        // One that did something for it, or the asker's answer.
        const bool follows =
            !owner.events.empty() && owner.events.back().index == before_ &&
            static_cast<Kind>(recording_.events[before_].kind) != Kind::system_call;
        if (!follows)
            return;
        if (by_receiver && owner.events.back().step == choose)
            return give(which, choose);
        if (event.environment == owner.asker && owner.is_over() &&
            field(event, "call") == static_cast<std::uint64_t>(abi::Call::request_revocation))
            return give(which, confirm);
        return;
    }
    default:
        return;
    }
}

void Finder::take_claim(const Event& event, std::size_t which) {
    const Revocation& owner = found_[which];
    Work& work = work_[which];
    if (event.environment != owner.receiver)
        return;
    switch (static_cast<Kind>(event.kind)) {
    case Kind::handler_entered:
        if (owner.events.back().index == before_ && owner.events.back().step == ask)
            return give(which, ask);
        if (owner.events.back().index == before_ && owner.events.back().step == deliver)
            return give(which, deliver);
        return;
    case Kind::revocation_seen:
        return give(which, choose);
    case Kind::frame_chosen:
        if (field(event, "number") != owner.number)
            return; // for nobody: it makes room for a page table
        work.chosen.insert(field(event, "frame"));
        for (const Told& told : work.told)
            give_event(found_[which], work.span, told.event, told.time);
        work.told.clear();
        return give(which, choose);
    case Kind::policy_told:
        work.told.push_back({{.index = index_, .step = choose, .cost = cost_}, time_});
        return;
    case Kind::frame_taken: // for a fault
    case Kind::victim_chosen:
    case Kind::no_victim:
        return work.told.clear();
    case Kind::repossession_seen:
        if (work.slots.erase(field(event, "slot")) != 0)
            return give(which, mend);
        return;
    case Kind::page_withdrawn:
        if (work.pages.contains(field(event, "page")))
            return give(which, mend);
        return;
    case Kind::page_restored:
        if (work.blocks.contains(field(event, "block")))
            return give(which, restore);
        return;
    default:
        return;
    }
}

} // namespace

std::vector<Revocation> find_revocations(const recording::Recording& recording,
                                         std::uint64_t instructions_per_record) {
    return Finder(recording, instructions_per_record).find();
}

} // namespace viewer
