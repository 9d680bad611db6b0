// tools/verifier/bindings.cpp - replaying which capabilities name what, and what a system call has
// done by the time its own event comes.

#include "bindings/abi/capability.hpp"
#include "bindings/abi/system_call.hpp"
#include "tools/verifier/fields.hpp"
#include "tools/verifier/state.hpp"

namespace verifier {

using Kind = abi::Event;

void State::apply_binding(const Event& event) {
    auto& names = environments_[owner_of(event)].names;
    switch (kind_of(event)) {
    case Kind::frame_bound:
        names[get<Kind::frame_bound, "capability">(event)] = get<Kind::frame_bound, "frame">(event);
        return;
    case Kind::binding_made: {
        const auto parent = names.find(get<Kind::binding_made, "parent">(event));
        const auto receiver =
            static_cast<std::uint32_t>(get<Kind::binding_made, "receiver">(event));
        const std::optional<std::uint64_t> frame =
            parent == names.end() ? std::nullopt : parent->second;
        environments_[receiver].names[get<Kind::binding_made, "capability">(event)] = frame;
        return;
    }
    case Kind::binding_broken:
        environments_[static_cast<std::uint32_t>(get<Kind::binding_broken, "holder">(event))]
            .names.erase(get<Kind::binding_broken, "capability">(event));
        return;
    case Kind::system_call:
        // A view names a frame that is not bound: which one is seen when it is installed.
        if (get<Kind::system_call, "call">(event) ==
                static_cast<std::uint64_t>(abi::Call::bind_view) &&
            get<Kind::system_call, "error">(event) == 0)
            names.emplace(get<Kind::system_call, "value">(event), std::nullopt);
        return;
    case Kind::translation_installed:
        names[get<Kind::translation_installed, "frame_capability">(event)] =
            get<Kind::translation_installed, "frame">(event);
        return;
    default:
        return;
    }
}

void State::apply_tally(const Event& event) {
    Tally& tally = environments_[event.environment].tally;
    switch (kind_of(event)) {
    case Kind::translation_installed:
        ++tally.installed;
        tally.table = get<Kind::translation_installed, "table">(event);
        return;
    case Kind::translation_removed:
        ++tally.removed;
        tally.table = get<Kind::translation_removed, "table">(event);
        tally.bits = get<Kind::translation_removed, "bits">(event);
        return;
    case Kind::translation_changed:
        ++tally.changed;
        tally.count = get<Kind::translation_changed, "changed">(event);
        tally.table = get<Kind::translation_changed, "table">(event);
        return;
    case Kind::bits_cleared:
        ++tally.cleared;
        return;
    case Kind::frame_bound:
        ++tally.frames;
        return;
    case Kind::page_table_bound:
        ++tally.tables;
        return;
    case Kind::binding_made:
        ++tally.made;
        tally.made_parent = get<Kind::binding_made, "parent">(event);
        tally.made_receiver = get<Kind::binding_made, "receiver">(event);
        tally.made_capability = get<Kind::binding_made, "capability">(event);
        return;
    case Kind::processor_environment_set:
        ++tally.setups;
        return;
    case Kind::io_submitted:
    case Kind::io_refused:
        ++tally.requests;
        return;
    case Kind::entry_set:
        ++tally.entries;
        tally.entry_environment = get<Kind::entry_set, "environment">(event);
        return;
    case Kind::guaranteed:
        ++tally.guaranteed;
        tally.guaranteed_capability = get<Kind::guaranteed, "capability">(event);
        return;
    case Kind::revocation_ended:
        ++tally.revocations;
        tally.given_taken = get<Kind::revocation_ended, "given">(event) |
                            get<Kind::revocation_ended, "taken">(event) << 32;
        tally.missing = get<Kind::revocation_ended, "missing">(event);
        return;
    case Kind::binding_broken:
        if (get<Kind::binding_broken, "holder">(event) == event.environment)
            tally.broken_capability = get<Kind::binding_broken, "capability">(event);
        return;
    case Kind::environment_created:
        tally.created = get<Kind::environment_created, "environment">(event);
        return;
    case Kind::environment_started:
        tally.started = get<Kind::environment_started, "environment">(event);
        return;
    default:
        return;
    }
}

} // namespace verifier
