// exokernel/memory/translation.cpp - system calls `install`, `remove`, `change` and the batch.
//
// The exokernel decides one thing: whether the caller's bindings cover this table and this frame
// with this access. Which page goes where, and which one left to make room, is the libOS's
// business. Steps 4 and 7 of a page fault.

#include "exokernel/memory/translation.hpp"

#include <bit>
#include <cstddef>

#include "exokernel/arch/x86_64/control.hpp"
#include "exokernel/arch/x86_64/kernel_lock.hpp"
#include "exokernel/memory/frame_table.hpp"
#include "exokernel/syscall/table.hpp"

namespace exokernel {

namespace bits = abi::translation;

namespace {

struct alignas(8) Link {
    std::uint32_t next, previous;
};
Link& link_at(std::uint64_t mapping) { return at_physical<Link>(0)[mapping]; }

// The look-up of the hot calls: one masked index and one comparison settle slot, alignment and
// generation; the caller compares kind and rights next, which an empty slot (name 0, kind none)
// never has. Why a look-up failed is found out on the cold path.
[[gnu::always_inline]] inline CapabilityEntry& entry_named(std::uint64_t name) {
    const auto base = reinterpret_cast<std::uint64_t>(current_capabilities());
    return *reinterpret_cast<CapabilityEntry*>(base + (name & current_capability_mask()));
}

// How a call came here: without the lock it changes only what no other processor changes; with it
// other TLBs are flushed at once, or later.
enum class Way : std::uint8_t { hot, locked, later };

// Only leaf tables carry the right `write`.
template <Way way>
[[gnu::always_inline]] inline bool is_table(const CapabilityEntry& entry, std::uint64_t name) {
    constexpr std::uint32_t rights = rights::write | (way == Way::hot ? unshared : 0);
    constexpr std::uint32_t wanted = abi::kind_and_rights(Kind::page_table, rights);
    return entry.name == name && (entry.kind_and_rights & (0xff | rights << 8)) == wanted;
}

// Every page is readable: no access can be asked for that `detail` could forbid, so the right to
// read is compared together with the kind.
[[gnu::always_inline]] inline bool is_frame(const CapabilityEntry& entry, std::uint64_t name) {
    constexpr std::uint32_t wanted = abi::kind_and_rights(Kind::frame, rights::read);
    return entry.name == name && (entry.kind_and_rights & (0xff | rights::read << 8)) == wanted;
}

constexpr std::uint64_t number_of(abi::Call call) { return static_cast<std::uint64_t>(call); }

HotResult failed(Error error) { return {static_cast<std::uint64_t>(error), 0}; }

// Flushed whether or not the table belongs to the address space that runs here: asking costs more
// than one needless flush. The low bits of `detail` (the level) do not matter to the instruction.
template <Way way>
[[gnu::always_inline]] inline void forget(const CapabilityEntry& table, std::uint64_t index) {
    invalidate_page(table.detail + (index << abi::page_shift));
    if constexpr (way != Way::hot)
        if (processor_count != 1)
            flush_elsewhere(address_space_of(table), way == Way::later);
}

[[gnu::always_inline]] inline void record_removed(const std::uint64_t* table, std::uint64_t page,
                                                  std::uint64_t before, std::uint64_t flushed) {
    record(Event::translation_removed, page, (before & bits::frame_mask) >> 12, before,
           before & (bits::accessed | bits::dirty), physical_of(table) >> 12, flushed, 0, 0);
}

[[gnu::always_inline]] inline std::uint64_t head_and_self(const CapabilityEntry& frame) {
    static_assert(offsetof(CapabilityEntry, self) == offsetof(CapabilityEntry, mapping_head) + 4);
    std::uint64_t both;
    __builtin_memcpy(&both, &frame.mapping_head, sizeof both);
    return both;
}

// Where the binding behind a tagged reference has its list's head: the tag is taken off by the
// subtraction that adds the base.
[[gnu::always_inline]] inline std::uint32_t& head_at(std::uint32_t tagged) {
    constexpr std::uint64_t base = direct_map_base -
                                   (std::uint64_t{entry_tag} << abi::capability_entry_shift) +
                                   offsetof(CapabilityEntry, mapping_head);
    return *reinterpret_cast<std::uint32_t*>(
        base + (std::uint64_t{tagged} << abi::capability_entry_shift));
}

// Takes the entry out of its binding's list.
[[gnu::always_inline]] inline void unlink(std::uint32_t mapping) {
    const Link link = link_at(mapping);
    if ((link.previous & entry_tag) != 0) [[likely]]
        head_at(link.previous) = link.next;
    else
        link_at(link.previous).next = link.next;
    if (link.next != 0) [[unlikely]]
        link_at(link.next).previous = link.previous;
}

} // namespace

// The entry and its place in the binding's list.
[[gnu::always_inline]] bool write_translation(const CapabilityEntry& table, std::uint64_t index,
                                              CapabilityEntry& frame, std::uint64_t access) {
    std::uint64_t empty = 0;
    // `object` is the translation with no-execute set: asking for execution clears it.
    if (!__atomic_compare_exchange_n(table_of(table) + index, &empty, frame.object ^ access, false,
                                     __ATOMIC_RELAXED, __ATOMIC_RELAXED)) [[unlikely]]
        return false;
    const std::uint64_t mapping = links_of(table) + index;
    // `mapping_head` and `self` lie together: the new link {next, tagged reference} in one move.
    const std::uint64_t link = head_and_self(frame);
    __builtin_memcpy(&link_at(mapping), &link, sizeof link);
    frame.mapping_head = static_cast<std::uint32_t>(mapping);
    if (static_cast<std::uint32_t>(link) != 0) [[unlikely]] {
        // NOLINTNEXTLINE(misc-const-correctness): the assembly statement takes it as written
        std::uint64_t first = link;
        asm("" : "+r"(first)); // the narrowing belongs to this path, not to the test above
        link_at(static_cast<std::uint32_t>(first)).previous = static_cast<std::uint32_t>(mapping);
    }
    return true;
}

namespace {

// The hot calls, with their arguments as the entry path leaves them: rdi, rsi, rdx, r8 are the
// caller's, rcx holds its return address. All have the same shape, so that a refusal is a jump.
template <Way way>
HotResult install(std::uint64_t table_name, std::uint64_t page, std::uint64_t frame_name,
                  std::uint64_t rip, std::uint64_t access, std::uint64_t) {
    const CapabilityEntry& table = entry_named(table_name);
    if (!is_table<way>(table, table_name)) [[unlikely]]
        [[clang::musttail]] return refuse_table(table_name, page, frame_name, rip, access,
                                                number_of(abi::Call::install));
    CapabilityEntry& frame = entry_named(frame_name);
    if (!is_frame(frame, frame_name)) [[unlikely]]
        [[clang::musttail]] return refuse_frame(table_name, page, frame_name, rip, access, 0);
    // `detail` has a bit for all that this binding forbids, undefined bits included.
    if ((access & frame.detail) != 0) [[unlikely]]
        return failed((access & ~(abi::access::write | abi::access::execute)) != 0
                          ? Error::invalid_argument
                          : Error::access_denied);
    const std::uint64_t index = page & 511;
    if (!write_translation(table, index, frame, access)) [[unlikely]]
        return failed(Error::occupied);
    record(Event::translation_installed, (base_address_of(table) >> 12) + index,
           frame_number_of(frame), 0, frame.object ^ access, access,
           physical_of(table_of(table)) >> 12, frame_name, 0);
    return {0, 0};
}

// Keeps the list that the entry is in as it is: its binding's holder is held, or, where that is too
// far to see, everybody.
void hold_list(std::uint32_t mapping) {
    for (int steps = 0; steps != 16; ++steps) {
        mapping = link_at(mapping).previous;
        if ((mapping & entry_tag) != 0)
            return static_cast<void>(hold(holder_of(entry_at(mapping))));
    }
    hold_all();
}

// Takes the translation out of table, list and TLB; 0 if there is none.
template <Way way>
[[gnu::always_inline]] inline std::uint64_t take_out(const CapabilityEntry& table,
                                                     std::uint64_t index) {
    // The processor sets accessed and dirty bits by itself: the exchange loses none.
    const std::uint64_t before = __atomic_exchange_n(table_of(table) + index, 0, __ATOMIC_RELAXED);
    if (before == 0) [[unlikely]]
        return 0;
    if constexpr (way != Way::hot)
        if (!is_unshared(table))
            hold_list(links_of(table) + static_cast<std::uint32_t>(index));
    unlink(links_of(table) + static_cast<std::uint32_t>(index));
    forget<way>(table, index);
    record_removed(table_of(table), (base_address_of(table) >> 12) + index, before,
                   way == Way::later ? 2 : 1);
    return before;
}

template <Way way>
HotResult remove(std::uint64_t table_name, std::uint64_t page, std::uint64_t, std::uint64_t rip,
                 std::uint64_t, std::uint64_t) {
    const CapabilityEntry& table = entry_named(table_name);
    if (!is_table<way>(table, table_name)) [[unlikely]]
        [[clang::musttail]] return refuse_table(table_name, page, 0, rip, 0,
                                                number_of(abi::Call::remove));
    const std::uint64_t before = take_out<way>(table, page & 511);
    if (before == 0) [[unlikely]]
        return failed(Error::not_present);
    return {0, before & (bits::accessed | bits::dirty)};
}

// A run of entries of one leaf table, reached from its end: the loops count -count up to 0.
struct Run {
    std::uint64_t* end;
    std::int64_t begin;    // -count
    std::uint64_t address; // its low bits hold the table's level
};

[[gnu::always_inline]] inline Run run_of(const CapabilityEntry& table, std::uint64_t index,
                                         std::uint64_t count) {
    return {table_of(table) + index + count, -static_cast<std::int64_t>(count),
            table.detail + (index << abi::page_shift)};
}

// Whether each binding behind the run permits what `needed` says; holes do.
[[gnu::always_inline]] inline bool all_permit(const Run& run, std::uint64_t needed) {
    std::int64_t i = run.begin;
    do {
        const std::uint64_t entry = run.end[i];
        if ((needed & ~entry) != 0) [[unlikely]]
            if (entry != 0)
                return false;
    } while (++i != 0);
    return true;
}

// One read-modify-write each: the processor may set accessed and dirty bits in between. Returns the
// number of holes. `taken`, where others may look at the table: gets the bits of what is forbidden.
template <Way way>
[[gnu::always_inline]] inline std::uint64_t change_run(const Run& run, std::uint64_t clear,
                                                       std::uint64_t set, std::uint64_t& taken) {
    std::uint64_t holes = 0;
    std::uint64_t address = run.address;
    std::int64_t i = run.begin;
    do {
        std::uint64_t entry = run.end[i];
        if (entry == 0) [[unlikely]] {
            ++holes;
            continue;
        }
        while (!__atomic_compare_exchange_n(run.end + i, &entry, (entry & clear) | set, false,
                                            __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
        }
        invalidate_page(address);
        if constexpr (way != Way::hot)
            taken |= (entry & ~set & bits::writable) | (set & ~entry & bits::no_execute);
    } while (address += abi::page_size, ++i != 0);
    return holes;
}

template <Way way>
HotResult change(std::uint64_t table_name, std::uint64_t page, std::uint64_t count,
                 std::uint64_t rip, std::uint64_t access, std::uint64_t) {
    const CapabilityEntry& table = entry_named(table_name);
    if (!is_table<way>(table, table_name)) [[unlikely]]
        [[clang::musttail]] return refuse_table(table_name, page, count, rip, access,
                                                number_of(abi::Call::change));
    const std::uint64_t index = page & 511;
    if (count - 1 > abi::entries_per_table - 1 - index) [[unlikely]] // 0 is out of range too
        return failed(Error::out_of_range);
    if ((access & ~(abi::access::write | abi::access::execute)) != 0) [[unlikely]]
        return failed(Error::invalid_argument);
    const Run run = run_of(table, index, count);
    // Each translation says what its binding would permit: bit 9 write, bit 10 execute. Nothing is
    // changed unless all do.
    if (access != 0 && !all_permit(run, (access & abi::access::write) << 8 | access >> 53))
        [[unlikely]]
        return failed(Error::access_denied);
    // Asking for execution clears no-execute, asking for writing sets writable.
    // NOLINTNEXTLINE(misc-const-correctness): the assembly statement takes it as written
    std::uint64_t set = access ^ bits::no_execute;
    asm("" : "+r"(set)); // computed once, not in the loop
    constexpr std::uint64_t clear = ~(bits::writable | bits::no_execute);
    std::uint64_t taken = 0;
    const std::uint64_t changed = count - change_run<way>(run, clear, set, taken);
    if (taken != 0) // else a TLB that is late raises a fault, and looks again
        flush_elsewhere(address_space_of(table));
    record(Event::translation_changed, run.address >> 12, count, access, changed,
           physical_of(table_of(table)) >> 12);
    return {0, changed};
}

template <Way way>
HotResult clear_bits(std::uint64_t table_name, std::uint64_t page, std::uint64_t count,
                     std::uint64_t which) {
    const CapabilityEntry& table = entry_named(table_name);
    if (!is_table<way>(table, table_name))
        return refuse_table(table_name, 0, 0, 0, 0, 0);
    const std::uint64_t index = page & 511;
    if (count - 1 > abi::entries_per_table - 1 - index)
        return failed(Error::out_of_range);
    const Run run = run_of(table, index, count);
    std::uint64_t cleared = 0;
    std::uint64_t address = run.address;
    for (std::int64_t i = run.begin; i != 0; ++i, address += abi::page_size) {
        if ((run.end[i] & which) == 0)
            continue;
        __atomic_fetch_and(run.end + i, ~which, __ATOMIC_RELAXED);
        invalidate_page(address);
        ++cleared;
    }
    if constexpr (way != Way::hot)
        flush_elsewhere(address_space_of(table));
    record(Event::bits_cleared, run.address >> 12, count, which, cleared,
           physical_of(table_of(table)) >> 12);
    return {0, cleared};
}

template <Way way> HotResult perform(const abi::TranslationRequest& request) {
    const std::uint64_t table = request.table.value;
    if (request.index >= abi::entries_per_table)
        return failed(Error::out_of_range);
    switch (request.operation) {
    case abi::TranslationOperation::install:
        return install<way>(table, request.index, request.frame.value, 0, request.value, 0);
    case abi::TranslationOperation::remove:
        return remove<way>(table, request.index, 0, 0, 0, 0);
    case abi::TranslationOperation::remove_later:
        return remove<(way == Way::hot ? way : Way::later)>(table, request.index, 0, 0, 0, 0);
    case abi::TranslationOperation::change:
        return change<way>(table, request.index, request.count, 0, request.value, 0);
    case abi::TranslationOperation::clear_accessed:
        return clear_bits<way>(table, request.index, request.count, bits::accessed);
    case abi::TranslationOperation::clear_dirty:
        return clear_bits<way>(table, request.index, request.count, bits::dirty);
    }
    return failed(Error::invalid_argument);
}

HotResult call_null() { return {0, 0}; }

constexpr std::uint64_t perform_number = number_of(abi::Call::perform_translations);
constexpr std::uint64_t most_at_once = 64; // items with interrupts off
constexpr std::uint64_t first_page_items = abi::page_size / sizeof(abi::TranslationRequest);

// The batch of a fault: reference bits are cleared, one page at a time, and a page is removed. From
// the first item on that is anything else, or is to be refused, the call goes on as one that takes
// its time; nothing that has been done is done again.
HotResult perform_few(std::uint64_t first, std::uint64_t count, std::uint64_t third, std::uint64_t,
                      std::uint64_t fourth, std::uint64_t fifth) {
    const std::uint64_t area = processor().environment->request_area[0];
    if ((third | fourth | fifth) != 0) [[unlikely]]
        return failed(Error::invalid_argument);
    if (area == 0 || first > first_page_items - most_at_once || count - 1 >= most_at_once)
        [[unlikely]]
        [[clang::musttail]] return go_on_in_steps(first, count, 0, 0, 0, perform_number);
    auto* item =
        reinterpret_cast<volatile std::uint32_t*>(area + first * sizeof(abi::TranslationRequest));
    static_assert(offsetof(abi::TranslationRequest, table) == 8 &&
                  offsetof(abi::TranslationRequest, value) == 24);
    do {
        // Memory that is shared: each word is read once. Both operations are for one page, and have
        // no error yet: then it needs not be written.
        const std::uint32_t operation_and_index = item[0];
        const std::uint32_t count_and_error = item[1];
        const std::uint64_t name = *reinterpret_cast<volatile std::uint64_t*>(item + 2);
        volatile auto& value = *reinterpret_cast<volatile std::uint64_t*>(item + 6);
        const CapabilityEntry& table = entry_named(name);
        const std::uint64_t index = operation_and_index >> 16;
        const auto operation = static_cast<abi::TranslationOperation>(operation_and_index & 0xffff);
        if (count_and_error != 1 || !is_table<Way::hot>(table, name) ||
            index >= abi::entries_per_table) [[unlikely]]
            break;
        if (operation == abi::TranslationOperation::clear_accessed) {
            constexpr unsigned bit = std::countr_zero(bits::accessed);
            const bool was = exchange_for_zero<bit>(table_of(table) + index);
            forget<Way::hot>(table, index);
            record(Event::bits_cleared, (base_address_of(table) >> 12) + index, 1, bits::accessed,
                   was, physical_of(table_of(table)) >> 12);
            value = was;
        } else if (operation == abi::TranslationOperation::remove) {
            const std::uint64_t before = take_out<Way::hot>(table, index);
            if (before == 0) [[unlikely]]
                break;
            value = before & (bits::accessed | bits::dirty);
        } else {
            break;
        }
        item += sizeof(abi::TranslationRequest) / sizeof *item;
    } while (--count != 0);
    if (count == 0) [[likely]]
        return {0, 0};
    first = (reinterpret_cast<std::uint64_t>(item) - area) / sizeof(abi::TranslationRequest);
    [[clang::musttail]] return go_on_in_steps(first, count, 0, 0, 0, perform_number);
}

template <auto function> Reply with_lock(Call& call) {
    const HotResult result =
        function(call.argument0(), call.argument1(), call.argument2(), 0, call.argument3(), 0);
    return {static_cast<Error>(result.error), result.value};
}

template <class Function> const void* address_of(Function function) {
    return reinterpret_cast<const void*>(function);
}

} // namespace

extern "C" {
extern const void* const hot_calls[HOT_CALLS]; // the last one may go on in steps
const void* const hot_calls[HOT_CALLS] = {address_of(call_null), address_of(install<Way::hot>),
                                          address_of(remove<Way::hot>),
                                          address_of(change<Way::hot>), address_of(perform_few)};
}

// The hot calls on a table that others may change as well.
Reply sys_install(Call& call) { return with_lock<install<Way::locked>>(call); }
Reply sys_remove(Call& call) { return with_lock<remove<Way::locked>>(call); }
Reply sys_change(Call& call) { return with_lock<change<Way::locked>>(call); }

Reply sys_perform_translations(Call& call) {
    std::uint64_t& first = call.argument0();
    std::uint64_t& count = call.argument1();
    std::uint32_t failures = call.progress();
    if (count > abi::batch_limit || first > abi::batch_limit - count)
        return std::unexpected(Error::out_of_range);
    for (std::uint32_t work = 0; count != 0 && work < step_limit; ++first, --count) {
        auto* const shared = reinterpret_cast<volatile abi::TranslationRequest*>(
            TRY(request_words(call.caller, first * sizeof(abi::TranslationRequest),
                              sizeof(abi::TranslationRequest))));
        const auto request = copy_once<abi::TranslationRequest>(shared);
        const std::uint32_t cost = 2u + request.count / 2u;
        if (work != 0 && work + cost > step_limit)
            break;
        const bool own = is_table<Way::hot>(entry_named(request.table.value), request.table.value);
        const HotResult result = own ? perform<Way::hot>(request) : perform<Way::locked>(request);
        shared->error = static_cast<std::uint16_t>(result.error);
        shared->value = result.value;
        failures += result.error != 0 ? 1 : 0;
        work += cost;
    }
    if (count == 0)
        return failures;
    call.set_progress(failures);
    return Reply::again();
}

std::uint64_t remove_first_mapping(CapabilityEntry& frame) {
    const std::uint32_t mapping = frame.mapping_head;
    const FrameEntry& links = frame_table.at(mapping >> 9);
    CapabilityEntry& table = entry_at(frame_table.at(links.next).binding);
    return remove_translation(table, mapping & 511);
}

bool remove_last_translation(const LeafTable& table, std::uint64_t index) {
    if (link_at(table.links + index).next != 0) [[unlikely]]
        return false;
    const std::uint64_t before =
        __atomic_exchange_n(table.translations + index, 0, __ATOMIC_RELAXED);
    invalidate_page(table.address + (index << abi::page_shift));
    record_removed(table.translations, (table.address >> 12) + index, before, 1);
    return true;
}

std::uint64_t remove_translation(CapabilityEntry& table, unsigned index) {
    return take_out<Way::locked>(table, index);
}

} // namespace exokernel
