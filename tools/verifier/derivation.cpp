// tools/verifier/derivation.cpp - replaying which bindings and frames lie below which binding.

#include <algorithm>
#include <ranges>

#include "bindings/abi/system_call.hpp"
#include "tools/verifier/fields.hpp"
#include "tools/verifier/revocations.hpp"

namespace verifier {

using Kind = abi::Event;
using recording::Event;

const Revocation& Revocations::of_receiver(std::uint32_t environment) const {
    static const Revocation none;
    const auto found = latest_.find(environment);
    return found == latest_.end() ? none : found->second;
}

const Revocation& Revocations::numbered(std::uint64_t number) const {
    static const Revocation none;
    for (const auto& [receiver, revocation] : latest_)
        if (revocation.number == number)
            return revocation;
    return none;
}

Revocation* Revocations::find(std::uint64_t number) {
    for (auto& [receiver, revocation] : latest_)
        if (revocation.number == number)
            return &revocation;
    return nullptr;
}

const Receiver& Revocations::receiver(std::uint64_t environment) const {
    static const Receiver none;
    const auto found = receivers_.find(static_cast<std::uint32_t>(environment));
    return found == receivers_.end() ? none : found->second;
}

const Taken* Revocations::taken(std::uint64_t frame) const {
    const auto found = taken_.find(frame);
    return found == taken_.end() ? nullptr : &found->second;
}

bool Revocations::has_lost(std::uint32_t environment, std::uint64_t frame,
                           std::uint64_t page) const {
    const Taken* taken = this->taken(frame);
    if (taken != nullptr && taken->page.value_or(page) == page)
        return true;
    const auto tells = [&](const Told& told) {
        return told.frame == frame && told.page.value_or(page) == page;
    };
    const Receiver& holder = receiver(environment);
    return std::ranges::any_of(holder.slots | std::views::values, tells) ||
           std::ranges::any_of(holder.untold, tells);
}

bool Revocations::has_lost(std::uint32_t environment, std::uint64_t page) const {
    const auto tells = [page](const auto& each) {
        return each.frame != 0 && each.page.value_or(page) == page;
    };
    const Receiver& holder = receiver(environment);
    return std::ranges::any_of(
               taken_ | std::views::values,
               [&](const Taken& each) { return each.holder == environment && tells(each); }) ||
           std::ranges::any_of(holder.slots | std::views::values, tells) ||
           std::ranges::any_of(holder.untold, tells);
}

// Its request, if its deadline has passed: whatever its call does now, force does.
const Revocation* Revocations::force_of(std::uint32_t asker) const {
    for (const auto& [receiver, open] : latest_)
        if (open.open && open.asker == asker && open.expired)
            return &open;
    return nullptr;
}

// The names of an environment go as it is cleaned up, whoever holds them.
bool Revocations::names_who_ended(Binding binding) const {
    return std::ranges::any_of(names_, [&](const auto& each) {
        return receiver(each.second).ended && is_below(binding, each.first);
    });
}

const std::vector<std::uint64_t>& Revocations::strays(std::uint32_t asker) const {
    static const std::vector<std::uint64_t> none;
    const auto found = strays_.find(asker);
    return found == strays_.end() ? none : found->second;
}

std::optional<Made> Revocations::made(Binding binding) const {
    const auto found = made_.find(binding);
    return found == made_.end() ? std::nullopt : std::optional(found->second);
}

bool Revocations::holds_taken(std::uint64_t number) const {
    return std::ranges::any_of(taken_,
                               [number](const auto& each) { return each.second.number == number; });
}

std::uint64_t Revocations::forced_bits(std::uint64_t frame) const {
    const auto found = forced_.find(frame);
    return found == forced_.end() ? 0 : found->second.bits;
}

bool Revocations::is_saving(std::uint64_t request) const {
    for (const auto& [frame, taken] : taken_)
        if (taken.request == request && !taken.saved)
            return true;
    return false;
}

bool Revocations::is_below(Binding binding, Binding above) const {
    for (std::uint32_t depth = 0; depth <= abi::derivation_limit; ++depth) {
        if (binding == above)
            return true;
        const auto parent = parents_.find(binding);
        if (parent == parents_.end())
            return false;
        binding = parent->second;
    }
    return false;
}

bool Revocations::is_below_any_of(Binding binding, std::uint32_t holder) const {
    for (std::uint32_t depth = 0; depth <= abi::derivation_limit; ++depth) {
        const auto parent = parents_.find(binding);
        if (parent == parents_.end())
            return false;
        binding = parent->second;
        if (binding.holder == holder)
            return true;
    }
    return false;
}

bool Revocations::is_frame_below(std::uint64_t frame, Binding above) const {
    const auto owned = frames_.find(frame);
    if (owned == frames_.end())
        return false;
    const auto& [own, memory] = owned->second;
    return own == above || (memory && is_below(*memory, above));
}

std::uint32_t Revocations::owner_of_frame(std::uint64_t frame) const {
    const auto owned = frames_.find(frame);
    return owned == frames_.end() ? 0 : owned->second.own.holder;
}

bool Revocations::is_own(std::uint64_t frame, Binding own) const {
    const auto owned = frames_.find(frame);
    return owned != frames_.end() && owned->second.own == own;
}

std::uint64_t Revocations::frames_below(Binding above, std::uint64_t enough) const {
    std::uint64_t count = 0;
    for (auto owned = frames_.begin(); owned != frames_.end() && count < enough; ++owned) {
        const auto& [own, memory] = owned->second;
        count += memory && is_below(*memory, above) ? 1 : 0;
    }
    return count;
}

void Revocations::apply_binding(const Event& event) {
    Receiver& caller = receivers_[event.environment];
    switch (kind_of(event)) {
    case Kind::frame_bound: {
        // The kernel builds the first environment before any runs.
        const Binding own = binding_of(std::max(event.environment, 1u),
                                       get<Kind::frame_bound, "capability">(event));
        const std::uint64_t frame = get<Kind::frame_bound, "frame">(event);
        frames_[frame] = {own, std::nullopt};
        made_[own] = {static_cast<std::uint64_t>(abi::Kind::frame), abi::rights::all};
        frame_of_[own] = frame;
        caller.bound.push_back(own);
        return;
    }
    case Kind::environment_created:
        caller.creates =
            static_cast<std::uint32_t>(get<Kind::environment_created, "environment">(event));
        return;
    case Kind::page_table_bound: {
        const auto becomes = [this](std::uint64_t frame, abi::Kind kind) {
            if (const auto owned = frames_.find(frame); owned != frames_.end())
                made_[owned->second.own].kind = static_cast<std::uint64_t>(kind);
        };
        becomes(get<Kind::page_table_bound, "frame">(event), abi::Kind::page_table);
        if (get<Kind::page_table_bound, "level">(event) == 1)
            becomes(get<Kind::page_table_bound, "links">(event), abi::Kind::table_links);
        return;
    }
    case Kind::binding_made: {
        const Binding made = binding_of(get<Kind::binding_made, "receiver">(event),
                                        get<Kind::binding_made, "capability">(event));
        parents_[made] = binding_of(event.environment, get<Kind::binding_made, "parent">(event));
        made_[made] = {get<Kind::binding_made, "kind">(event),
                       get<Kind::binding_made, "rights">(event)};
        return;
    }
    case Kind::binding_broken: {
        const Binding broken = binding_of(get<Kind::binding_broken, "holder">(event),
                                          get<Kind::binding_broken, "capability">(event));
        const std::uint64_t kind = get<Kind::binding_broken, "kind">(event);
        // A leaf table goes with its links, right after them.
        const bool table_of_last =
            kind == static_cast<std::uint64_t>(abi::Kind::page_table) &&
            last_broken_kind_ == static_cast<std::uint64_t>(abi::Kind::table_links);
        const Binding stands_for = table_of_last ? last_broken_ : broken;
        last_broken_ = broken;
        last_broken_kind_ = kind;
        made_.erase(broken);
        if (const Revocation* open = force_of(event.environment))
            if (!is_below(stands_for, open->target) && !receiver(broken.holder).ended &&
                !names_who_ended(broken))
                strays_[event.environment].push_back(event.sequence);
        names_.erase(broken);
        for (auto& [receiver, revocation] : latest_)
            if (revocation.open && revocation.target == broken)
                revocation.broken = true;
        return;
    }
    case Kind::system_call: {
        const auto call = static_cast<abi::Call>(get<Kind::system_call, "call">(event));
        const bool done = get<Kind::system_call, "error">(event) == 0;
        if (call == abi::Call::bind_frames) // from which memory, only the call says
            for (const Binding& own : caller.bound) {
                const Binding memory =
                    binding_of(event.environment, get<Kind::system_call, "argument">(event));
                parents_[own] = memory;
                frames_[frame_of_[own]].memory = memory;
            }
        if (call == abi::Call::create_environment && done) {
            const Binding name =
                binding_of(event.environment, get<Kind::system_call, "value">(event));
            made_.erase(name); // its slot may have had another kind
            names_[name] = caller.creates;
        }
        if (call == abi::Call::bind_view && done)
            made_.erase(binding_of(event.environment, get<Kind::system_call, "value">(event)));
        caller.bound.clear();
        return;
    }
    default:
        return;
    }
}

} // namespace verifier
