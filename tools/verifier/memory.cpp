// tools/verifier/memory.cpp - replaying what the kernel did to translations and frames.

#include <algorithm>
#include <utility>

#include "bindings/abi/address.hpp"
#include "bindings/abi/translation.hpp"
#include "tools/verifier/fields.hpp"
#include "tools/verifier/state.hpp"

namespace verifier {

using Kind = abi::Event;

void State::apply_installed(const Event& event) {
    Environment& environment = environments_[event.environment];
    const std::uint64_t page = get<Kind::translation_installed, "page">(event);
    const std::uint64_t number = get<Kind::translation_installed, "frame">(event);
    const std::uint64_t table_number = get<Kind::translation_installed, "table">(event);
    Table& table = tables_[table_number];
    const Binding through =
        binding_of(owner_of(event), get<Kind::translation_installed, "frame_capability">(event));
    table.mappings[page] = {number, get<Kind::translation_installed, "after">(event), through};
    ++through_[through];
    Frame& frame = frames_[number];
    ++frame.mappings;
    frame.debt = Debt::none;
    for (auto& [thread, fault] : environment.threads) {
        if (fault.hardware.page != page)
            continue;
        frame.obtained = false;
        table.serves = event.environment;
        fault.installed = true;
        fault.install_returned = false;
        fault.others_ran = false;
        fault.frame = number;
        fault.system_call = 0;
    }
    if (std::ranges::find(environment.unclaimed, page, &HardwareFault::page) !=
        environment.unclaimed.end())
        table.serves = event.environment;
    if (table.serves == event.environment)
        environment.tables[page / abi::entries_per_table] = table_number;
    environment.reads.erase(page);
    environment.zeroed.erase(page);
    environment.effects.push_back({page, number});
}

void State::apply_removed(const Event& event) {
    Environment& environment = environments_[event.environment];
    const std::uint64_t page = get<Kind::translation_removed, "page">(event);
    const std::uint64_t number = get<Kind::translation_removed, "frame">(event);
    auto& mappings = tables_[get<Kind::translation_removed, "table">(event)].mappings;
    if (const auto mapping = mappings.find(page); mapping != mappings.end()) {
        if (std::uint64_t& count = through_[mapping->second.through]; count != 0)
            --count;
        mappings.erase(mapping);
    }
    Frame& frame = frames_[number];
    if (frame.mappings != 0)
        --frame.mappings;
    if (get<Kind::translation_removed, "flushed">(event) == 0) {
        frame.unflushed = true;
        frame.unflushed_page = page;
        unflushed_.push_back(number);
    }
    // What a processor finds in the TLB is that of the address space it runs.
    const auto& table = tables_[get<Kind::translation_removed, "table">(event)];
    for (const auto& [processor, running] : running_) {
        const auto space = table.root ? spaces_.find(*table.root) : spaces_.end();
        if (processor == event.processor || space == spaces_.end() || space->second != running)
            continue;
        frame.unflushed_on.push_back(processor);
        frame.put_off = get<Kind::translation_removed, "flushed">(event) == 2;
        frame.unflushed_page = page;
        shoot_[processor].push_back(number);
    }
    // The bit went with it, whoever removed it.
    environments_[table.serves.value_or(event.environment)].accessed.erase(page);
    const auto victim = environment.victims.find(page);
    if (victim != environment.victims.end()) {
        // A page that was restored differs from its block, whether or not it was written since.
        const bool dirty =
            (get<Kind::translation_removed, "bits">(event) & abi::translation::dirty) != 0 ||
            (victim->second.dirty &&
             revocations_.receiver(event.environment).unwritten.contains(page));
        frame.debt = dirty ? Debt::dirty : Debt::clean;
        frame.victim_environment = event.environment;
        frame.victim_page = page;
        frame.obtained = true;
        environment.victims.erase(victim);
    }
    environment.effects.push_back({page, number});
}

void State::apply_memory(const Event& event) {
    switch (kind_of(event)) {
    case Kind::translation_installed:
        return apply_installed(event);
    case Kind::translation_removed:
        return apply_removed(event);
    case Kind::translation_changed: {
        const std::uint64_t first = get<Kind::translation_changed, "page">(event);
        const std::uint64_t access = get<Kind::translation_changed, "access">(event);
        Table& table = tables_[get<Kind::translation_changed, "table">(event)];
        const std::uint64_t count =
            std::min(get<Kind::translation_changed, "count">(event), abi::entries_per_table);
        for (std::uint64_t page = first; page != first + count; ++page) {
            const auto mapping = table.mappings.find(page);
            if (mapping == table.mappings.end())
                continue;
            constexpr std::uint64_t changeable =
                abi::translation::writable | abi::translation::no_execute;
            mapping->second.translation =
                (mapping->second.translation & ~changeable) | (access & abi::access::write) |
                ((access & abi::access::execute) != 0 ? 0 : abi::translation::no_execute);
        }
        environments_[event.environment].effects.push_back({first, std::nullopt});
        return;
    }
    case Kind::bits_cleared: {
        const std::uint64_t first = get<Kind::bits_cleared, "page">(event);
        const std::uint64_t count = get<Kind::bits_cleared, "count">(event);
        Environment& environment = environments_[event.environment];
        environment.effects.push_back({first, std::nullopt});
        if (get<Kind::bits_cleared, "which">(event) == abi::translation::accessed)
            std::erase_if(environment.accessed,
                          [&](const auto& told) { return told.first - first < count; });
        return;
    }
    case Kind::tlb_flushed: {
        const std::uint64_t first = get<Kind::tlb_flushed, "first">(event);
        const std::uint64_t count = get<Kind::tlb_flushed, "count">(event);
        std::erase_if(unflushed_, [&](std::uint64_t number) {
            Frame& frame = frames_[number];
            if (frame.unflushed && frame.unflushed_page - first < count)
                frame.unflushed = false;
            return !frame.unflushed;
        });
        return;
    }
    case Kind::frame_bound: {
        const std::uint64_t number = get<Kind::frame_bound, "frame">(event);
        frames_[number] =
            Frame{.bound = true, .capability = get<Kind::frame_bound, "capability">(event)};
        environments_[event.environment].effects.push_back({std::nullopt, number});
        return;
    }
    case Kind::frame_released: {
        const std::uint64_t number = get<Kind::frame_released, "frame">(event);
        // It may be free before the TLBs are flushed, but not bound.
        frames_[number] = Frame{.free = true,
                                .unflushed_page = frames_[number].unflushed_page,
                                .unflushed_on = std::move(frames_[number].unflushed_on),
                                .put_off = frames_[number].put_off};
        tables_.erase(number);
        environments_[event.environment].effects.push_back({std::nullopt, number});
        return;
    }
    case Kind::page_table_bound: {
        const std::uint64_t number = get<Kind::page_table_bound, "frame">(event);
        tables_.erase(number);
        environments_[event.environment].effects.push_back({std::nullopt, number});
        if (get<Kind::page_table_bound, "level">(event) == 4)
            new_root_ = number;
        if (get<Kind::page_table_bound, "level">(event) != 1)
            return;
        tables_[number].root = get<Kind::page_table_bound, "root">(event);
        // The first environment's are filled before it runs, without a record of it.
        tables_[number].complete = event.environment != 0;
        tables_[number].region =
            get<Kind::page_table_bound, "address">(event) / abi::page_size / abi::entries_per_table;
        return;
    }
    default:
        return;
    }
}

// Which processor runs whom, and what their TLBs may hold: loading another root, or being asked to,
// makes one forget all.
void State::apply_processors(const Event& event) {
    switch (kind_of(event)) {
    case Kind::environment_created:
        if (new_root_)
            spaces_[*new_root_] =
                static_cast<std::uint32_t>(get<Kind::environment_created, "environment">(event));
        new_root_.reset();
        return;
    case Kind::environment_started: // the first one is not created by anybody
        if (new_root_ && spaces_.empty()) {
            spaces_[*new_root_] =
                static_cast<std::uint32_t>(get<Kind::environment_started, "environment">(event));
            new_root_.reset();
        }
        return;
    case Kind::processor_started:
        several_ = true;
        return;
    case Kind::environment_switched:
        running_[event.processor] =
            static_cast<std::uint32_t>(get<Kind::environment_switched, "to">(event));
        break;
    case Kind::shootdown_sent:
        flushes_[static_cast<std::uint16_t>(get<Kind::shootdown_sent, "target">(event))] = {
            event.processor, get<Kind::shootdown_sent, "running">(event)};
        return;
    case Kind::shootdown_answered:
        flushes_.erase(event.processor);
        break;
    default:
        return;
    }
    for (const std::uint64_t number : shoot_[event.processor])
        std::erase(frames_[number].unflushed_on, event.processor);
    shoot_[event.processor].clear();
}

// A slice is on until the processor is passed on again, to anybody: who is handed the rest of it is
// not followed further.
void State::apply_slice(const Event& event) {
    constexpr std::uint64_t switch_follows = 300; // the one to its own environment
    switch (kind_of(event)) {
    case Kind::slice_bound: {
        const auto environment =
            static_cast<std::uint32_t>(get<Kind::slice_bound, "environment">(event));
        given_[get<Kind::slice_bound, "position">(event)] = {
            .sequence = event.sequence,
            .ticks = get<Kind::slice_bound, "ticks">(event),
            .environment = environment};
        return;
    }
    case Kind::slice_begun: {
        const std::uint64_t position = get<Kind::slice_begun, "position">(event);
        slices_[event.processor] = {.sequence = event.sequence,
                                    .begun = event.time,
                                    .ticks = get<Kind::slice_begun, "ticks">(event),
                                    .environment = given(position).environment,
                                    .position = position};
        return;
    }
    case Kind::slice_overrun:
        if (const auto on = slices_.find(event.processor); on != slices_.end())
            if (const auto its = given_.find(on->second.position); its != given_.end())
                ++its->second.overruns;
        return;
    case Kind::environment_switched:
        if (const Slice& slice = slices_[event.processor];
            slice.environment != get<Kind::environment_switched, "to">(event) ||
            event.time > slice.begun + switch_follows)
            slices_.erase(event.processor);
        return;
    case Kind::idle:
        slices_.erase(event.processor);
        return;
    default:
        return;
    }
}

const Slice* State::slice(const Event& event) const {
    const auto found = slices_.find(event.processor);
    return found == slices_.end() || found->second.ticks == 0 ? nullptr : &found->second;
}

Slice State::given(std::uint64_t position) const {
    const auto found = given_.find(position);
    return found == given_.end() ? Slice{} : found->second;
}

std::uint32_t State::runs_on(std::uint16_t processor) const {
    const auto found = running_.find(processor);
    return found == running_.end() ? 0 : found->second;
}

} // namespace verifier
