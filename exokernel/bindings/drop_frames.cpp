// exokernel/bindings/drop_frames.cpp - system call `drop_frames`: `drop` for many frames.
//
// What a libOS gives back comes in tens: plain frames, bound through one memory binding, each
// mapped once in a leaf table that others of them are mapped in, or not at all. Such a run is
// dropped with what is common to all looked up and settled once; any other frame goes the general
// way.

#include <algorithm>

#include "exokernel/arch/x86_64/kernel_lock.hpp"
#include "exokernel/memory/bind_frames.hpp"
#include "exokernel/memory/translation.hpp"
#include "exokernel/syscall/table.hpp"

namespace exokernel {

namespace {

constexpr std::uint32_t drop_work = 3;  // units for a frame, its translation included,
constexpr std::uint32_t walk_depth = 4; // and one for so many memory bindings above it

// What the frames of a run have in common.
struct Run {
    std::uint32_t memory = 0; // reference of the binding that they were bound through; 0: no run
    LeafTable table{};        // maps them; no translations: they are not mapped
    std::uint32_t most = 0;   // words to look at
};

// One load: whether it was bound through that binding, and has no children.
bool is_only_child_of(const CapabilityEntry& entry, std::uint64_t parent) {
    std::uint64_t both;
    __builtin_memcpy(&both, &entry.parent, sizeof both);
    return both == parent;
}

// Whether the environment is asked for one frame: which of them it was is told apart one by one.
bool is_asked_for_a_frame(const Environment& holder) {
    const std::uint32_t target = holder.revocation.target;
    return target != 0 && kind_of(entry_at(target)) != Kind::memory;
}

// The run that begins with the frame that `name` names.
Run run_of(Environment& holder, std::uint64_t name, std::uint32_t most) {
    const auto frame = find_binding(holder, {name}, Kind::frame, rights::all);
    // Force goes along the children of a binding and must not lose its place (unlink).
    if (!frame || (*frame)->parent == 0 || entry_at((*frame)->parent).mapping_head != 0 ||
        kind_of(entry_at((*frame)->parent)) != Kind::memory || is_asked_for_a_frame(holder))
        return {};
    Run run{.memory = (*frame)->parent, .table = {}, .most = most};
    if (const std::uint32_t mapping = (*frame)->mapping_head; mapping != 0) {
        const CapabilityEntry& table =
            entry_at(frame_table.at(frame_table.at(mapping >> 9).next).binding);
        if (!is_unshared(table))
            return {};
        run.table = {table_of(table), base_address_of(table), links_of(table)};
    }
    return run;
}

// Takes the entry out of its parent's list. Its own links stay: nobody follows those of an empty
// slot.
[[gnu::always_inline]] inline void unlink(const CapabilityEntry& entry) {
    const auto at = [](std::uint32_t reference) -> CapabilityEntry& {
        return at_physical<CapabilityEntry>(0)[reference];
    };
    const std::uint32_t next = entry.next_sibling;
    if (entry.previous_sibling != 0) [[likely]]
        at(entry.previous_sibling).next_sibling = next;
    else
        at(entry.parent).first_child = next;
    if (next != 0) [[likely]]
        at(next).previous_sibling = entry.previous_sibling;
}

// Drops the frames that the words before `end` name, the run's `most`, while they are like those of
// the run; returns how many.
template <bool mapped>
[[gnu::noinline]] std::uint32_t drop_alike(Environment& holder, const Run run,
                                           volatile std::uint64_t* end) {
    const auto base = reinterpret_cast<std::uint64_t>(holder.capabilities);
    // Names of slots outside the table, and those that are about to run out of generations.
    const std::uint64_t others = (~holder.capability_mask & 0xffff'ffff) | std::uint64_t{1} << 63;
    std::uint64_t free_slot = holder.free_slot;
    ReleasedFrames released;
    std::int64_t at = -std::int64_t{run.most};
    do {
        const std::uint64_t name = end[at];
        const auto offset = static_cast<std::uint32_t>(name);
        auto& entry = *reinterpret_cast<CapabilityEntry*>(base + offset);
        if ((name & others) != 0 || entry.name != name ||
            static_cast<std::uint16_t>(entry.kind_and_rights) !=
                abi::kind_and_rights(Kind::frame, rights::all) ||
            !is_only_child_of(entry, run.memory))
            break;
        const auto pfn = static_cast<std::uint32_t>(entry.object >> abi::page_shift); // below 2^32
        if (!released.at(pfn).is_plain())
            break;
        if constexpr (mapped) {
            const std::uint64_t index = entry.mapping_head - run.table.links;
            if (index >= abi::entries_per_table || !remove_last_translation(run.table, index))
                break;
        } else if (entry.mapping_head != 0) {
            break;
        }
        unlink(entry);
        record(Event::binding_broken, Kind::frame, name, holder.identity, entry.object, 0);
        entry.name = 0;
        entry.kind_and_rights = 0;
        entry.object = free_slot;
        free_slot = offset >> abi::capability_entry_shift;
        released.add(pfn);
        end[at] = 0;
    } while (++at != 0);
    const std::uint32_t count = run.most + static_cast<std::uint32_t>(at);
    holder.free_slot = static_cast<std::uint32_t>(free_slot);
    holder.free_slots += count;
    released.count(count);
    lower_use(run.memory, count);
    return count;
}

// Any frame. False: the step is used up.
abi::Result<bool> drop_frame(Environment& caller, std::uint64_t name, std::uint32_t& work) {
    CapabilityEntry* entry = TRY(find_binding(caller, {name}, Kind::frame, 0));
    const std::uint64_t pfn = frame_number_of(*entry);
    if (!is_first_binding(*entry, pfn) || frame_table.at(pfn).pins != 0 || entry->first_child != 0)
        return std::unexpected(Error::busy);
    if (remove_mappings(*entry, work) != Progress::done)
        return false;
    work += drop_work + depth_of(*entry) / walk_depth;
    release_frame(*entry, pfn);
    return true;
}

// Drops what `word` and at most `most - 1` words behind it name, as far as the step allows; returns
// how many words are settled.
std::uint32_t drop_some(Environment& caller, volatile std::uint64_t* word, std::uint32_t most,
                        std::uint32_t& work, std::uint32_t& failures) {
    std::uint32_t settled = 0;
    while (settled != most && work < step_limit) {
        const std::uint32_t room = std::min(most - settled, (step_limit - work) / drop_work + 1);
        if (const Run run = run_of(caller, word[settled], room); run.memory != 0) {
            volatile std::uint64_t* const end = word + settled + room;
            const std::uint32_t count = run.table.translations != nullptr
                                            ? drop_alike<true>(caller, run, end)
                                            : drop_alike<false>(caller, run, end);
            settled += count;
            work += count * drop_work;
            if (count != 0)
                continue;
        }
        const auto gone = drop_frame(caller, word[settled], work);
        if (gone && !*gone)
            break;
        work += drop_work;
        word[settled++] = gone ? 0 : static_cast<std::uint64_t>(gone.error());
        failures += gone ? 0 : 1;
    }
    return settled;
}

} // namespace

Reply sys_drop_frames(Call& call) {
    std::uint64_t& offset = call.argument0();
    std::uint64_t& count = call.argument1();
    std::uint32_t failures = call.progress();
    TRY(check_words(call.caller, offset, count));
    pay_flushes();
    std::uint32_t work = 0;
    while (count != 0 && work < step_limit) {
        volatile std::uint64_t* const word = TRY(request_words(call.caller, offset, 8));
        const std::uint64_t rest = (abi::page_size - offset % abi::page_size) / 8;
        const auto in_page = static_cast<std::uint32_t>(std::min(count, rest));
        const std::uint32_t settled = drop_some(call.caller, word, in_page, work, failures);
        offset += std::uint64_t{settled} * 8;
        count -= settled;
        if (settled != in_page)
            break;
    }
    if (count == 0)
        return failures;
    call.set_progress(failures);
    return Reply::again();
}

} // namespace exokernel
