// exokernel/bindings/drop_frames.cpp - system call `drop_frames`: `drop` for many frames.
//
// What a libOS gives back comes in tens, so the bookkeeping of the memory bindings above is done
// once for a run of frames bound through the same one.

#include "bindings/abi/translation.hpp"
#include "exokernel/bindings/break_binding.hpp"
#include "exokernel/bindings/capability_table.hpp"
#include "exokernel/environment/environment.hpp"
#include "exokernel/memory/bind_frames.hpp"
#include "exokernel/memory/frame_table.hpp"
#include "exokernel/syscall/table.hpp"

namespace exokernel {

using abi::CapabilityEntry;
using abi::Error;

namespace {

constexpr std::uint32_t drop_work = 2;

// Removes the frame's translations and frees it. `gone` false: the step is used up.
abi::Result<bool> drop_frame(Environment& caller, abi::Capability capability, std::uint32_t& work) {
    CapabilityEntry* entry = TRY(find_binding(caller, capability, abi::Kind::frame, 0));
    const std::uint64_t pfn = abi::frame_number_of(*entry);
    if (pfn >= frame_table.limit() || frame_table.at(pfn).binding != reference_of(*entry) ||
        frame_table.at(pfn).pins != 0 || entry->first_child != 0)
        return std::unexpected(Error::busy);
    if (remove_mappings(*entry, work) != Progress::done)
        return false;
    release_frame(*entry, pfn);
    return true;
}

} // namespace

Reply sys_drop_frames(Call& call) {
    std::uint64_t& offset = call.argument0();
    std::uint64_t count = call.argument1() & 0xffff'ffff;
    std::uint64_t failures = call.argument1() >> 32;
    if (count > abi::batch_limit || failures > abi::batch_limit ||
        offset > abi::request_area_bytes || count * 8 > abi::request_area_bytes - offset)
        return std::unexpected(Error::out_of_range);
    std::uint32_t work = 0;
    for (; count != 0 && work < step_limit; --count, offset += 8, work += drop_work) {
        volatile std::uint64_t* const word = TRY(request_words(call.caller, offset, 8));
        const auto gone = drop_frame(call.caller, abi::Capability{*word}, work);
        if (gone && !*gone)
            break;
        *word = gone ? 0 : static_cast<std::uint64_t>(gone.error());
        failures += gone ? 0 : 1;
    }
    if (count == 0)
        return failures;
    call.argument1() = count | failures << 32;
    return Reply::again();
}

} // namespace exokernel
