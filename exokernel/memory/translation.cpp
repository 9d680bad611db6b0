// exokernel/memory/translation.cpp - system calls `install`, `remove`, `change` and the batch.
//
// The exokernel decides one thing: whether the caller's bindings cover this table and this frame
// with this access. Which page goes where, and which one left to make room, is the libOS's
// business. Steps 4 and 7 of a page fault.

#include "exokernel/memory/translation.hpp"

#include "exokernel/arch/x86_64/control.hpp"
#include "exokernel/arch/x86_64/direct_map.hpp"
#include "exokernel/arch/x86_64/processor.hpp"
#include "exokernel/bindings/capability_table.hpp"
#include "exokernel/environment/environment.hpp"
#include "exokernel/memory/frame_table.hpp"
#include "exokernel/recording/record.hpp"
#include "exokernel/syscall/table.hpp"

namespace exokernel {

using abi::CapabilityEntry;
using abi::Error;
using abi::Kind;
namespace bits = abi::translation;

namespace {

// A result in rax and rdx, as the entry path hands it on.
struct HotResult {
    std::uint64_t error, value;
};

struct Link {
    std::uint32_t next, previous;
};
Link& link_at(std::uint32_t mapping) { return at_physical<Link>(0)[mapping]; }

// The look-up of the hot calls: one masked index and one comparison settle slot, alignment and
// generation; a second one kind and rights. Why it failed is found out on the cold path.
[[gnu::always_inline]] inline CapabilityEntry* look_up(const Processor& here, std::uint64_t name) {
    auto* entry = reinterpret_cast<CapabilityEntry*>(
        reinterpret_cast<std::uint64_t>(here.capability_base) + (name & here.capability_mask));
    return entry->name == name && name != 0 ? entry : nullptr;
}

[[gnu::always_inline]] inline bool is_table(const CapabilityEntry& entry) {
    // Only leaf tables carry the right `write`.
    constexpr std::uint32_t wanted = abi::kind_and_rights(Kind::page_table, abi::rights::write);
    return (entry.kind_and_rights & (0xff | abi::rights::write << 8)) == wanted;
}

[[gnu::cold, gnu::noinline]] HotResult refuse(std::uint64_t name, Kind kind, std::uint32_t wanted) {
    Environment& caller = *processor().environment;
    const auto found = find_binding(caller, abi::Capability{name}, kind, wanted);
    const Error error = found ? Error::invalid_argument : found.error();
    return {static_cast<std::uint64_t>(error), 0};
}

HotResult failed(Error error) { return {static_cast<std::uint64_t>(error), 0}; }

// The TLB holds translations of the address space that runs here only: another environment's were
// dropped when its root left CR3.
void forget(const CapabilityEntry& table, std::uint64_t address) {
    if (table.owner == processor().environment->identity)
        invalidate_page(address);
}

// Takes the entry out of its binding's list.
[[gnu::always_inline]] inline void unlink(std::uint32_t mapping) {
    const Link link = link_at(mapping);
    if ((link.previous & entry_tag) != 0)
        entry_at(link.previous).mapping_head = link.next;
    else
        link_at(link.previous).next = link.next;
    if (link.next != 0)
        link_at(link.next).previous = link.previous;
}

// The entry and its place in the binding's list; false if the entry is in use.
[[gnu::always_inline]] inline bool write_translation(CapabilityEntry& table, std::uint32_t index,
                                                     CapabilityEntry& frame, std::uint64_t access) {
    std::uint64_t empty = 0;
    // `object` is the translation with no-execute set: asking for execution clears it.
    if (!__atomic_compare_exchange_n(table_of(table) + index, &empty, frame.object ^ access, false,
                                     __ATOMIC_RELAXED, __ATOMIC_RELAXED)) [[unlikely]]
        return false;
    const std::uint32_t mapping = links_of(table) + index;
    const std::uint32_t first = frame.mapping_head;
    link_at(mapping) = {first, frame.self};
    frame.mapping_head = mapping;
    if (first != 0) [[unlikely]]
        link_at(first).previous = mapping;
    return true;
}

template <bool recorded>
[[gnu::always_inline]] inline HotResult install(std::uint64_t table_name, std::uint64_t page,
                                                std::uint64_t frame_name, std::uint64_t access) {
    const Processor& here = processor();
    CapabilityEntry* table = look_up(here, table_name);
    if (table == nullptr || !is_table(*table)) [[unlikely]]
        return refuse(table_name, Kind::page_table, abi::rights::write);
    CapabilityEntry* frame = look_up(here, frame_name);
    if (frame == nullptr || static_cast<std::uint8_t>(frame->kind_and_rights) !=
                                static_cast<std::uint8_t>(Kind::frame)) [[unlikely]]
        return refuse(frame_name, Kind::frame, abi::rights::read);
    // `detail` has a bit for all that this binding forbids, undefined bits included.
    if ((access & frame->detail) != 0) [[unlikely]]
        return failed((access & ~(abi::access::write | abi::access::execute)) != 0
                          ? Error::invalid_argument
                          : Error::access_denied);
    const auto index = static_cast<std::uint32_t>(page & 511);
    if (!write_translation(*table, index, *frame, access)) [[unlikely]]
        return failed(Error::occupied);
    if constexpr (recorded)
        record(abi::Event::translation_installed, (base_address_of(*table) >> 12) + index,
               abi::frame_number_of(*frame), 0, frame->object ^ access, access,
               physical_of(table_of(*table)) >> 12, frame_name, 0);
    return {0, 0};
}

template <bool recorded>
[[gnu::always_inline]] inline HotResult remove(std::uint64_t table_name, std::uint64_t page) {
    CapabilityEntry* table = look_up(processor(), table_name);
    if (table == nullptr || !is_table(*table)) [[unlikely]]
        return refuse(table_name, Kind::page_table, abi::rights::write);
    const auto index = static_cast<std::uint32_t>(page & 511);
    // The processor sets accessed and dirty bits by itself: the exchange loses none.
    const std::uint64_t before = __atomic_exchange_n(table_of(*table) + index, 0, __ATOMIC_RELAXED);
    if (before == 0) [[unlikely]]
        return failed(Error::not_present);
    unlink(links_of(*table) + index);
    const std::uint64_t address = base_address_of(*table) + (std::uint64_t{index} << 12);
    forget(*table, address);
    if constexpr (recorded)
        record(abi::Event::translation_removed, address >> 12, (before & bits::frame_mask) >> 12,
               before, before & (bits::accessed | bits::dirty), physical_of(table_of(*table)) >> 12,
               1, 0, 0);
    return {0, before & (bits::accessed | bits::dirty)};
}

// What `change` and the clearing of bits share: a run of entries of one leaf table.
struct Run {
    CapabilityEntry* table;
    std::uint64_t* first;
    std::uint64_t count;
    std::uint64_t address;
};

[[gnu::always_inline]] inline HotResult find_run(std::uint64_t table_name, std::uint64_t page,
                                                 std::uint64_t count, Run& run) {
    CapabilityEntry* table = look_up(processor(), table_name);
    if (table == nullptr || !is_table(*table)) [[unlikely]]
        return refuse(table_name, Kind::page_table, abi::rights::write);
    const std::uint64_t index = page & 511;
    if (count > abi::entries_per_table - index) [[unlikely]]
        return failed(Error::out_of_range);
    run = {table, table_of(*table) + index, count, base_address_of(*table) + (index << 12)};
    return {0, 0};
}

template <bool recorded>
[[gnu::always_inline]] inline HotResult change(std::uint64_t table_name, std::uint64_t page,
                                               std::uint64_t count, std::uint64_t access) {
    Run run;
    if (const HotResult found = find_run(table_name, page, count, run); found.error != 0)
        return found;
    if ((access & ~(abi::access::write | abi::access::execute)) != 0) [[unlikely]]
        return failed(Error::invalid_argument);
    // Each translation says what its binding would permit; nothing is changed unless all do.
    // Present entries always have `present` set, holes are 0 and are skipped.
    const std::uint64_t needed = (access & abi::access::write ? bits::may_write : 0) |
                                 (access & abi::access::execute ? bits::may_execute : 0);
    if (needed != 0)
        for (std::uint64_t* at = run.first; at != run.first + run.count; ++at)
            if (*at != 0 && (needed & ~*at) != 0) [[unlikely]]
                return failed(Error::access_denied);
    const std::uint64_t set = (access & bits::writable) | (~access & bits::no_execute);
    const std::uint64_t clear = ~((~access & bits::writable) | (access & bits::no_execute));
    const bool loaded = run.table->owner == processor().environment->identity;
    std::uint64_t changed = 0;
    std::uint64_t address = run.address;
    for (std::uint64_t* at = run.first; at != run.first + run.count; ++at, address += 4096) {
        const std::uint64_t before = *at;
        if (before == 0)
            continue;
        // One read-modify-write: the processor may set accessed and dirty bits in between.
        std::uint64_t expected = before;
        while (!__atomic_compare_exchange_n(at, &expected, (expected & clear) | set, false,
                                            __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
        }
        if (loaded)
            invalidate_page(address);
        ++changed;
    }
    if constexpr (recorded)
        record(abi::Event::translation_changed, run.address >> 12, run.count, access, changed,
               physical_of(table_of(*run.table)) >> 12);
    return {0, changed};
}

template <bool recorded>
HotResult clear_bits(std::uint64_t table_name, std::uint64_t page, std::uint64_t count,
                     std::uint64_t which) {
    Run run;
    if (const HotResult found = find_run(table_name, page, count, run); found.error != 0)
        return found;
    std::uint64_t cleared = 0;
    std::uint64_t address = run.address;
    for (std::uint64_t* at = run.first; at != run.first + run.count; ++at, address += 4096) {
        if ((*at & which) == 0)
            continue;
        __atomic_fetch_and(at, ~which, __ATOMIC_RELAXED);
        forget(*run.table, address);
        ++cleared;
    }
    if constexpr (recorded)
        record(abi::Event::bits_cleared, run.address >> 12, run.count, which, cleared,
               physical_of(table_of(*run.table)) >> 12);
    return {0, cleared};
}

HotResult perform(abi::TranslationRequest& request) {
    const std::uint64_t table = request.table.value;
    switch (request.operation) {
    case abi::TranslationOperation::install:
        return install<true>(table, request.index, request.frame.value, request.value);
    case abi::TranslationOperation::remove:
        return remove<true>(table, request.index);
    case abi::TranslationOperation::change:
        return change<true>(table, request.index, request.count, request.value);
    case abi::TranslationOperation::clear_accessed:
        return clear_bits<true>(table, request.index, request.count, bits::accessed);
    case abi::TranslationOperation::clear_dirty:
        return clear_bits<true>(table, request.index, request.count, bits::dirty);
    }
    return failed(Error::invalid_argument);
}

// Hot calls as the entry path calls them: arguments in rdi, rsi, rdx, (rcx), r8.
HotResult call_null() { return {0, 0}; }
template <bool recorded>
HotResult call_install(std::uint64_t table, std::uint64_t page, std::uint64_t frame,
                       std::uint64_t /*return address*/, std::uint64_t access) {
    return install<recorded>(table, page, frame, access);
}
template <bool recorded> HotResult call_remove(std::uint64_t table, std::uint64_t page) {
    return remove<recorded>(table, page);
}
template <bool recorded>
HotResult call_change(std::uint64_t table, std::uint64_t page, std::uint64_t count,
                      std::uint64_t /*return address*/, std::uint64_t access) {
    return change<recorded>(table, page, count, access);
}

template <class Function> const void* address_of(Function function) {
    return reinterpret_cast<const void*>(function);
}

} // namespace

extern "C" {
extern const void* const hot_calls[];
extern const void* const hot_calls_recorded[];
const void* const hot_calls[abi::hot_call_count] = {
    address_of(call_null), address_of(call_install<false>), address_of(call_remove<false>),
    address_of(call_change<false>)};
const void* const hot_calls_recorded[abi::hot_call_count] = {
    address_of(call_null), address_of(call_install<true>), address_of(call_remove<true>),
    address_of(call_change<true>)};
}

// The upper half of the count carries the failures of earlier steps to the next one.
Reply sys_perform_translations(Call& call) {
    std::uint64_t first = call.argument0();
    std::uint64_t count = call.argument1() & 0xffff'ffff;
    std::uint64_t failures = call.argument1() >> 32;
    if (count > abi::batch_limit || first > abi::batch_limit - count)
        return std::unexpected(Error::out_of_range);
    for (std::uint32_t work = 0; count != 0 && work < step_limit; ++first, --count) {
        volatile std::uint64_t* const words = TRY(request_words(
            call.caller, first * sizeof(abi::TranslationRequest), sizeof(abi::TranslationRequest)));
        const std::uint64_t copy[4] = {words[0], words[1], words[2], words[3]};
        auto request = __builtin_bit_cast(abi::TranslationRequest, copy);
        const HotResult result = perform(request);
        words[0] = (copy[0] & 0x0000'ffff'ffff'ffff) | result.error << 48;
        words[3] = result.value;
        failures += result.error != 0 ? 1 : 0;
        work += 2u + request.count / 4u;
    }
    if (count == 0)
        return failures;
    call.argument0() = first;
    call.argument1() = count | failures << 32;
    return Reply::again();
}

bool add_translation(CapabilityEntry& table, unsigned index, CapabilityEntry& frame,
                     std::uint64_t access) {
    return write_translation(table, index, frame, access);
}

void remove_first_mapping(CapabilityEntry& frame) {
    const std::uint32_t mapping = frame.mapping_head;
    const FrameEntry& links = frame_table.at(mapping >> 9);
    CapabilityEntry& table = entry_at(frame_table.at(links.next).binding);
    remove_translation(table, mapping & 511);
}

std::uint64_t remove_translation(CapabilityEntry& table, unsigned index) {
    const std::uint64_t before = __atomic_exchange_n(table_of(table) + index, 0, __ATOMIC_RELAXED);
    if (before == 0)
        return 0;
    unlink(links_of(table) + index);
    const std::uint64_t address = base_address_of(table) + (std::uint64_t{index} << 12);
    forget(table, address);
    record(abi::Event::translation_removed, address >> 12, (before & bits::frame_mask) >> 12,
           before, before & (bits::accessed | bits::dirty), physical_of(table_of(table)) >> 12, 1,
           0, 0);
    return before;
}

} // namespace exokernel
