// tools/verifier/rules/bindings.cpp - what is used must have been bound: frames, leaf tables and
// the capabilities that name them.

#include <fmt/format.h>

#include "bindings/abi/address.hpp"
#include "bindings/abi/capability.hpp"
#include "bindings/abi/translation.hpp"
#include "tools/verifier/fields.hpp"
#include "tools/verifier/rules.hpp"

namespace verifier::rule {

using Kind = abi::Event;

namespace {

void check_installed(const State& state, const Event& event, Report& report) {
    const std::uint64_t page = get<Kind::translation_installed, "page">(event);
    const std::uint64_t frame = get<Kind::translation_installed, "frame">(event);
    const std::uint64_t name = get<Kind::translation_installed, "frame_capability">(event);
    const std::uint64_t table = get<Kind::translation_installed, "table">(event);
    const auto& names = state.environment(owner_of(event)).names;
    const auto named = names.find(name);
    if (named == names.end())
        report.add(
            event.sequence,
            fmt::format("environment {} installs page {:#x} with the capability {:#x}, which "
                        "names no binding of its own",
                        event.environment, page, name));
    else if (const auto other = named->second.value_or(frame); other != frame)
        report.add(event.sequence,
                   fmt::format("the capability {:#x} of environment {} names frame {}, installed "
                               "is frame {}",
                               name, event.environment, other, frame));
    if (state.table(table).region != page / abi::entries_per_table)
        report.add(
            event.sequence,
            fmt::format("page {:#x} is installed in frame {}, which is not bound as the leaf "
                        "page table of that page",
                        page, table));
}

void check_cleared(const State& state, const Event& event, Report& report) {
    const std::uint64_t page = get<Kind::bits_cleared, "page">(event);
    const std::uint64_t count = get<Kind::bits_cleared, "count">(event);
    const std::uint64_t which = get<Kind::bits_cleared, "which">(event);
    if (state.table(get<Kind::bits_cleared, "table">(event)).region !=
            page / abi::entries_per_table ||
        count > abi::entries_per_table || get<Kind::bits_cleared, "cleared">(event) > count ||
        which == 0 || (which & ~(abi::translation::accessed | abi::translation::dirty)) != 0)
        report.add(event.sequence,
                   fmt::format("bits {:#x} of {} pages from {:#x} on are cleared in "
                               "a table that has no such bits or pages",
                               which, count, page));
}

// A capability is a multiple of its slot's size, and generations begin with 1.
bool is_well_formed(std::uint64_t capability) {
    return capability % (1u << abi::capability_entry_shift) == 0 &&
           abi::slot_of({capability}) != 0 && abi::generation_of({capability}) != 0;
}

void check_submitted(const State& state, const Event& event, Report& report) {
    const std::uint64_t frame = get<Kind::io_submitted, "frame">(event);
    const std::uint64_t extent = get<Kind::io_submitted, "extent">(event);
    if (!state.frame(frame).bound)
        report.add(event.sequence,
                   fmt::format("the disk uses frame {}, which is bound to nobody", frame));
    const auto& names = state.environment(event.environment).names;
    const auto named = names.find(extent);
    if (!is_well_formed(extent) || (named != names.end() && named->second))
        report.add(event.sequence, fmt::format("{:#x}, with which a request is checked, is no "
                                               "capability of a disk extent",
                                               extent));
}

// A frame is free once its first binding is broken, at once.
void check_released(const State& state, const Event& event, Report& report) {
    const std::uint64_t frame = get<Kind::frame_released, "frame">(event);
    if (!state.frame(frame).bound ||
        !state.revocations().is_own(frame, state.revocations().last_broken()))
        report.add(event.sequence,
                   fmt::format("frame {} is given back, but its binding was not broken", frame));
}

// A frame that is donated for an environment changes its kind without a word.
bool may_be(std::uint64_t kind, std::uint64_t known) {
    return kind == known || (known == static_cast<std::uint64_t>(abi::Kind::frame) &&
                             kind == static_cast<std::uint64_t>(abi::Kind::kernel_object));
}

void check_made(const Revocations& known, const Event& event, Report& report) {
    const auto parent =
        known.made(binding_of(event.environment, get<Kind::binding_made, "parent">(event)));
    const std::uint64_t kind = get<Kind::binding_made, "kind">(event);
    const std::uint64_t rights = get<Kind::binding_made, "rights">(event);
    if ((rights & ~(parent ? parent->rights : abi::rights::all)) != 0 ||
        (parent && !may_be(kind, parent->kind)))
        report.add(
            event.sequence,
            fmt::format("a binding of kind {} with rights {:#x} is made from one that is not "
                        "like it",
                        kind, rights));
}

void check_broken(const Revocations& known, const Event& event, Report& report) {
    const std::uint64_t capability = get<Kind::binding_broken, "capability">(event);
    const std::uint64_t kind = get<Kind::binding_broken, "kind">(event);
    const auto made =
        known.made(binding_of(get<Kind::binding_broken, "holder">(event), capability));
    // A slot that is only open has no generation yet.
    const bool is_open = kind == static_cast<std::uint64_t>(abi::Kind::open);
    if (is_open ? abi::slot_of({capability}) == 0
                : !is_well_formed(capability) || (made && !may_be(kind, made->kind)))
        report.add(event.sequence,
                   fmt::format("the binding {:#x} of kind {} is broken, which there is not",
                               capability, kind));
}

} // namespace

void what_is_used_is_bound(const State& state, const Event& event, Report& report) {
    switch (kind_of(event)) {
    case Kind::translation_installed:
        return check_installed(state, event, report);
    case Kind::bits_cleared:
        return check_cleared(state, event, report);
    case Kind::io_submitted:
        return check_submitted(state, event, report);
    case Kind::translation_removed: {
        const std::uint64_t page = get<Kind::translation_removed, "page">(event);
        const std::uint64_t table = get<Kind::translation_removed, "table">(event);
        if (state.table(table).region != page / abi::entries_per_table)
            report.add(event.sequence,
                       fmt::format("page {:#x} is removed in frame {}, which is not bound as the "
                                   "leaf page table of that page",
                                   page, table));
        return;
    }
    case Kind::frame_released:
        return check_released(state, event, report);
    case Kind::binding_made:
        return check_made(state.revocations(), event, report);
    case Kind::binding_broken:
        return check_broken(state.revocations(), event, report);
    case Kind::revocation_requested:
        if (!is_well_formed(get<Kind::revocation_requested, "capability">(event)))
            report.add(event.sequence, "what is asked for is no capability");
        return;
    case Kind::page_table_bound: {
        const std::uint64_t frame = get<Kind::page_table_bound, "frame">(event);
        if (!state.frame(frame).bound)
            report.add(event.sequence,
                       fmt::format("frame {} becomes a page table, but is bound to nobody", frame));
        return;
    }
    case Kind::frame_bound: {
        const std::uint64_t frame = get<Kind::frame_bound, "frame">(event);
        if (state.frame(frame).bound)
            report.add(event.sequence,
                       fmt::format("frame {} is bound while it is bound already", frame));
        if (!is_well_formed(get<Kind::frame_bound, "capability">(event)))
            report.add(event.sequence,
                       fmt::format("frame {} is bound as {:#x}, which is no capability", frame,
                                   get<Kind::frame_bound, "capability">(event)));
        return;
    }
    default:
        return;
    }
}

} // namespace verifier::rule
