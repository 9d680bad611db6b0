// exokernel/memory/bind_frames.cpp - system call `bind_frames`: from free frames to bindings.

#include "exokernel/memory/bind_frames.hpp"

#include "bindings/abi/translation.hpp"
#include "exokernel/syscall/table.hpp"

namespace exokernel {

namespace bits = abi::translation;

Binding frame_binding(std::uint64_t pfn, std::uint32_t rights, CapabilityEntry* parent) {
    const bool write = (rights & rights::write) != 0;
    const bool execute = (rights & rights::execute) != 0;
    const std::uint64_t least = pfn << 12 | bits::present | bits::user | bits::no_execute |
                                (write ? bits::may_write : 0) | (execute ? bits::may_execute : 0);
    const std::uint64_t allowed =
        (write ? abi::access::write : 0) | (execute ? abi::access::execute : 0);
    const bool readable = (rights & rights::read) != 0;
    return {Kind::frame, rights, least, readable ? ~allowed : ~std::uint64_t{0}, parent};
}

CapabilityEntry& bind_frame(Environment& environment, CapabilityEntry& memory, std::uint64_t pfn) {
    CapabilityEntry& entry = **make_binding(environment, frame_binding(pfn, rights::all, &memory));
    frame_table.take(pfn, FrameState::bound, reference_of(entry));
    for (CapabilityEntry* at = &memory;; at = &entry_at(at->parent)) {
        ++at->object; // the limit of every memory binding above counts
        if (at->parent == 0)
            break;
    }
    record(Event::frame_bound, pfn, entry.name);
    return entry;
}

void lower_use(std::uint32_t memory, std::uint32_t count) {
    for (std::uint32_t at = memory; at != 0; at = entry_at(at).parent) {
        CapabilityEntry& above = entry_at(at);
        above.object -= count;
        if (above.being_asked)
            note_given_back(above, false);
    }
}

void release_frame(CapabilityEntry& entry, std::uint64_t pfn) {
    lower_use(entry.parent, 1);
    if (frame_table.at(pfn).guaranteed)
        --holder_of(entry).guaranteed_count;
    erase_binding(entry);
    frame_table.release(pfn);
}

namespace {

constexpr std::uint32_t clear_work = 11; // units of binding a frame, and thus clearing it,
constexpr std::uint32_t walk_depth = 4;  // and one for so many memory bindings that count it
constexpr std::uint64_t clear_limit = (step_limit + clear_work - 1) / clear_work;

// What is left of the limits of this memory binding and all above it.
std::uint64_t frames_left(const CapabilityEntry& memory) {
    std::uint64_t left = frame_table.free_count();
    for (const CapabilityEntry* at = &memory;; at = &entry_at(at->parent)) {
        // Visible revocation lowers limits below what is in use.
        const std::uint64_t here = at->detail > at->object ? at->detail - at->object : 0;
        left = here < left ? here : left;
        if (at->parent == 0)
            return left;
    }
}

abi::Result<void> check_named(std::uint64_t first, std::uint64_t count) {
    if (first >= frame_table.limit() || count > frame_table.limit() - first)
        return std::unexpected(Error::out_of_range);
    for (std::uint64_t pfn = first; pfn != first + count; ++pfn)
        if (!frame_table.is_free(pfn))
            return std::unexpected(Error::occupied);
    return {};
}

// Whether there is more to do; `call` says what.
abi::Result<bool> bind_some(Call& call) {
    Environment& caller = call.caller;
    CapabilityEntry* memory =
        TRY(find_binding(caller, call.capability0(), Kind::memory, rights::control));
    TRY(check_lasting(*memory));
    std::uint64_t& first = call.argument1();
    std::uint64_t& count = call.argument2();
    std::uint64_t& offset = call.argument3();
    TRY(check_words(caller, offset, count));
    if (depth_of(*memory) >= abi::derivation_limit)
        return std::unexpected(Error::limit_reached);
    if (first != abi::any_frame) {
        // All of them before the first is bound; from then on those of the step.
        const bool begins = call.progress() == 0;
        const std::uint64_t part = begins || count < clear_limit ? count : clear_limit;
        TRY(check_named(first, part));
        call.set_progress(1);
        if (begins && count > clear_limit)
            return true;
    }
    if (count > frame_table.free_count())
        return std::unexpected(Error::no_memory);
    if (count > frames_left(*memory) || count > caller.free_slots)
        return std::unexpected(Error::limit_reached);
    const std::uint32_t frame_work = clear_work + depth_of(*memory) / walk_depth;
    for (std::uint32_t work = 0; work < step_limit && count != 0;
         work += frame_work, --count, offset += 8) {
        const std::uint64_t pfn = first == abi::any_frame ? frame_table.first_free() : first++;
        **request_words(caller, offset, 8) = bind_frame(caller, *memory, pfn).name;
    }
    return count != 0;
}

} // namespace

Reply sys_bind_frames(Call& call) {
    const auto more = bind_some(call);
    if (!more)
        return {more.error(), call.argument2()};
    return *more ? Reply::again() : Reply{0};
}

abi::Result<CapabilityEntry*> find_pinnable(Environment& environment, abi::Capability capability) {
    CapabilityEntry* entry =
        TRY(find_binding(environment, capability, Kind::frame, rights::read | rights::write));
    const bool exclusive = entry->parent != 0 && entry->first_child == 0 &&
                           kind_of(entry_at(entry->parent)) == Kind::memory;
    if (!exclusive || frame_table.at(frame_number_of(*entry)).pins != 0)
        return std::unexpected(Error::busy);
    return entry;
}

abi::Result<CapabilityEntry*> find_donation(Environment& environment, abi::Capability capability) {
    CapabilityEntry* entry = TRY(find_pinnable(environment, capability));
    if (entry->mapping_head != 0)
        return std::unexpected(Error::busy);
    return entry;
}

void* pin_zeroed(const CapabilityEntry& entry, FrameUse use, const Environment& user) {
    const std::uint64_t pfn = frame_number_of(entry);
    zero_frame(pfn);
    FrameEntry& frame = frame_table.at(pfn);
    ++frame.pins;
    frame.use = use;
    frame.previous = static_cast<std::uint32_t>(physical_of(&user) >> 12);
    return at_physical<void>(pfn << 12);
}

} // namespace exokernel
