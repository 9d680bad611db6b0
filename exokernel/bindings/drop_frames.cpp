// exokernel/bindings/drop_frames.cpp - system call `drop_frames`: `drop` for many frames.
//
// What a libOS gives back comes in tens: plain frames, bound through one memory binding, each
// mapped once in a leaf table that others of them are mapped in, or not at all. Such a run is
// dropped with what is common to all looked up and settled once; any other frame goes the general
// way.

#include "bindings/abi/translation.hpp"
#include "exokernel/bindings/break_binding.hpp"
#include "exokernel/bindings/capability_table.hpp"
#include "exokernel/environment/environment.hpp"
#include "exokernel/memory/bind_frames.hpp"
#include "exokernel/memory/frame_table.hpp"
#include "exokernel/memory/translation.hpp"
#include "exokernel/recording/record.hpp"
#include "exokernel/syscall/table.hpp"

namespace exokernel {

using abi::Error;

namespace {

constexpr std::uint32_t drop_work = 2;  // units for a frame,
constexpr std::uint32_t walk_depth = 4; // and one for so many memory bindings above it

// Frames that were bound through one memory binding and are let go of one after the other.
class Run {
public:
    explicit Run(Environment& holder) : holder_{holder} {}
    ~Run() { settle(); }
    Run(const Run&) = delete;
    Run& operator=(const Run&) = delete;

    /// Drops the frame if it is like the one before; false if not, and nothing was done.
    [[gnu::always_inline]] bool drop(std::uint64_t name, std::uint32_t& work) {
        constexpr std::uint32_t frame = abi::kind_and_rights(abi::Kind::frame, abi::rights::all);
        const std::uint64_t offset = name & 0xffff'ffff;
        if ((offset & ~holder_.capability_mask) != 0)
            return false;
        auto& entry = *reinterpret_cast<CapabilityEntry*>(
            reinterpret_cast<std::uint64_t>(holder_.capabilities) + offset);
        // Kind, rights and that nobody asks for it; then its parent, and that nothing is derived
        // from it.
        if (entry.name != name || (entry.kind_and_rights & 0x00ff'ffff) != frame ||
            entry.being_asked || parent_and_first_child(entry) != memory_ ||
            entry.generation >= last_generation)
            return false;
        const std::uint64_t pfn = abi::frame_number_of(entry);
        if (second_half(frame_table.at(pfn)) != bound_once(entry) || !unmap(entry, work))
            return false;
        unlink(entry);
        record(abi::Event::binding_broken, static_cast<std::uint64_t>(abi::Kind::frame), name,
               holder_.identity, entry.object, 0);
        entry.name = 0;
        entry.kind_and_rights = 0;
        entry.object = holder_.free_slot;
        holder_.free_slot = static_cast<std::uint32_t>(offset >> abi::capability_entry_shift);
        frame_table.release_uncounted(pfn);
        record(abi::Event::frame_released, pfn, 0);
        ++count_;
        return true;
    }

    /// The next frames are expected to be like `entry`, a frame's first binding.
    void expect(const CapabilityEntry& entry) {
        settle();
        // Force goes along the children of a binding and must not lose its place (unlink).
        const bool forced = entry_at(entry.parent).mapping_head != 0;
        memory_ = forced ? 0 : entry.parent;
        if (entry.mapping_head != 0 && entry.mapping_head >> 9 != links_) {
            links_ = entry.mapping_head >> 9;
            table_ = &entry_at(frame_table.at(frame_table.at(links_).next).binding);
        }
    }

private:
    static std::uint64_t parent_and_first_child(const CapabilityEntry& entry) {
        std::uint64_t both;
        __builtin_memcpy(&both, &entry.parent, sizeof both);
        return both;
    }
    // binding, pins, state, use
    static std::uint64_t second_half(const FrameEntry& entry) {
        std::uint64_t half;
        __builtin_memcpy(&half, &entry.binding, sizeof half);
        return half;
    }
    static std::uint64_t bound_once(const CapabilityEntry& entry) {
        constexpr FrameEntry plain{0, 0, 0, 0, FrameState::bound, FrameUse::none, false};
        return __builtin_bit_cast(Halves, plain).second | reference_of(entry);
    }
    struct Halves {
        std::uint64_t first, second;
    };

    [[gnu::always_inline]] bool unmap(CapabilityEntry& entry, std::uint32_t& work) {
        const std::uint32_t mapping = entry.mapping_head;
        if (mapping == 0)
            return true;
        if (mapping >> 9 != links_ || !remove_only_translation(*table_, mapping & 511, entry))
            return false;
        ++work;
        return true;
    }

    static void unlink(CapabilityEntry& entry) {
        const std::uint32_t next = entry.next_sibling;
        const std::uint32_t previous = entry.previous_sibling;
        (previous != 0 ? entry_at(previous).next_sibling : entry_at(entry.parent).first_child) =
            next;
        if (next != 0)
            entry_at(next).previous_sibling = previous;
    }

    void settle() {
        if (count_ == 0)
            return;
        holder_.free_slots += count_;
        frame_table.count_released(count_);
        lower_use(static_cast<std::uint32_t>(memory_), count_);
        count_ = 0;
    }

    Environment& holder_;
    std::uint64_t memory_ = 0; // reference; 0: no run
    std::uint32_t links_ = 0;  // frame of the links of `table_`
    CapabilityEntry* table_ = nullptr;
    std::uint32_t count_ = 0;
};

// Any frame. False: the step is used up.
abi::Result<bool> drop_frame(Environment& caller, abi::Capability capability, std::uint32_t& work,
                             Run& run) {
    CapabilityEntry* entry = TRY(find_binding(caller, capability, abi::Kind::frame, 0));
    const std::uint64_t pfn = abi::frame_number_of(*entry);
    if (pfn >= frame_table.limit() || frame_table.at(pfn).binding != reference_of(*entry) ||
        frame_table.at(pfn).pins != 0 || entry->first_child != 0)
        return std::unexpected(Error::busy);
    run.expect(*entry);
    if (remove_mappings(*entry, work) != Progress::done)
        return false;
    work += abi::depth_of(*entry) / walk_depth;
    release_frame(*entry, pfn);
    return true;
}

} // namespace

Reply sys_drop_frames(Call& call) {
    std::uint64_t& offset = call.argument0();
    std::uint64_t& count = call.argument1();
    std::uint32_t failures = call.progress();
    if (count > abi::batch_limit || offset > abi::request_area_bytes ||
        count * 8 > abi::request_area_bytes - offset)
        return std::unexpected(Error::out_of_range);
    Environment& caller = call.caller;
    std::uint32_t work = 0;
    Run run{caller};
    while (count != 0 && work < step_limit) {
        volatile std::uint64_t* word = TRY(request_words(caller, offset, 8));
        const std::uint64_t rest = (abi::page_size - offset % abi::page_size) / 8;
        std::uint64_t left = count < rest ? count : rest; // in this page
        const std::uint64_t begin = left;
        for (; left != 0 && work < step_limit; --left, ++word, work += drop_work) {
            if (run.drop(*word, work)) [[likely]] {
                *word = 0;
                continue;
            }
            const auto gone = drop_frame(caller, abi::Capability{*word}, work, run);
            if (gone && !*gone)
                break;
            *word = gone ? 0 : static_cast<std::uint64_t>(gone.error());
            failures += gone ? 0 : 1;
        }
        offset += (begin - left) * 8;
        count -= begin - left;
        if (left != 0)
            break;
    }
    if (count == 0)
        return failures;
    call.set_progress(failures);
    return Reply::again();
}

} // namespace exokernel
