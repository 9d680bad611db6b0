// libos/core/system_call.hpp - the system calls as functions.
//
// Each is one `syscall` instruction with its arguments in place. What a call does, whose authority
// it needs and which errors it gives stands in bindings/abi/system_call.hpp, once. Batches lie in
// the request area, whose parts are given out here.

#pragma once

#include <cstdint>

#include "bindings/abi/address.hpp"
#include "bindings/abi/capability.hpp"
#include "bindings/abi/error.hpp"
#include "bindings/abi/layout.hpp"
#include "bindings/abi/processor_environment.hpp"
#include "bindings/abi/system_call.hpp"
#include "bindings/abi/translation.hpp"

namespace libos {

// The request area in parts, so that a batch of the fault handler, frames to give back, frames
// just bound and a line for the console never overwrite each other.
namespace request_area {
inline constexpr std::uint64_t translations = 0;
inline constexpr std::uint32_t translation_items = 64; // as many as a hot call performs
inline constexpr std::uint64_t dropped = translations + translation_items * 32ull;
inline constexpr std::uint32_t dropped_items = 64;
inline constexpr std::uint64_t capabilities = dropped + dropped_items * 8ull;
inline constexpr std::uint32_t capability_items = 512;
inline constexpr std::uint64_t text = capabilities + capability_items * 8ull;
inline constexpr std::uint64_t text_bytes = 1024;
static_assert(text + text_bytes <= abi::request_area_bytes);

/// The object of type T at `offset` of the request area.
template <class T> T* at(std::uint64_t offset) {
    return reinterpret_cast<T*>(abi::layout::request_area + offset);
}
} // namespace request_area

namespace system_call {

using abi::Call;
using abi::Capability;
using Value = abi::Result<std::uint64_t>;

[[gnu::always_inline]] inline Value invoke(Call call, std::uint64_t first = 0,
                                           std::uint64_t second = 0, std::uint64_t third = 0,
                                           std::uint64_t fourth = 0, std::uint64_t fifth = 0) {
    // NOLINTBEGIN(misc-const-correctness): the instruction writes them
    std::uint64_t rax = static_cast<std::uint64_t>(call);
    register std::uint64_t r8 asm("r8") = fourth;
    register std::uint64_t r9 asm("r9") = fifth;
    // NOLINTEND(misc-const-correctness)
    asm volatile("syscall"
                 : "+a"(rax), "+D"(first), "+S"(second), "+d"(third), "+r"(r8), "+r"(r9)
                 :
                 : "rcx", "r10", "r11", "memory");
    if (rax != 0) [[unlikely]]
        return std::unexpected(static_cast<abi::Error>(rax));
    return third;
}

/// For calls whose refusal changes nothing for the caller.
inline void disregard(const Value&) {}

inline void null() { disregard(invoke(Call::null)); }

inline Value install(Capability table, abi::Vpn page, Capability frame, std::uint64_t access) {
    return invoke(Call::install, table.value, page.value, frame.value, access);
}
inline Value remove(Capability table, abi::Vpn page) {
    return invoke(Call::remove, table.value, page.value);
}
inline Value change(Capability table, abi::Vpn page, std::uint64_t count, std::uint64_t access) {
    return invoke(Call::change, table.value, page.value, count, access);
}
inline Value perform_translations(std::uint32_t first, std::uint32_t count) {
    return invoke(Call::perform_translations, first, count);
}
inline Value bind_frames(Capability memory, std::uint64_t first, std::uint64_t count,
                         std::uint64_t offset) {
    return invoke(Call::bind_frames, memory.value, first, count, offset);
}
inline Value bind_page_table(Capability root, Capability frame, Capability links,
                             std::uint64_t address, std::uint32_t level) {
    return invoke(Call::bind_page_table, root.value, frame.value, links.value, address, level);
}
inline Value bind_view(abi::View what, std::uint64_t index) {
    return invoke(Call::bind_view, static_cast<std::uint64_t>(what), index);
}

inline Value derive(Capability capability, std::uint32_t rights, std::uint64_t first,
                    std::uint64_t count) {
    return invoke(Call::derive, capability.value, rights, first, count);
}
inline Value open_slot() { return invoke(Call::open_slot); }
inline Value grant(Capability capability, Capability environment, std::uint64_t slot,
                   std::uint32_t rights) {
    return invoke(Call::grant, capability.value, environment.value, slot, rights);
}
inline Value drop(Capability capability) { return invoke(Call::drop, capability.value); }
inline Value revoke(Capability capability) { return invoke(Call::revoke, capability.value); }

inline Value create_environment(std::uint64_t offset) {
    return invoke(Call::create_environment, offset);
}
inline Value start_environment(Capability environment, std::uint64_t entry, std::uint64_t stack,
                               std::uint64_t argument, Capability processor_time) {
    return invoke(Call::start_environment, environment.value, entry, stack, argument,
                  processor_time.value);
}
inline Value destroy_environment(Capability environment, std::uint32_t status) {
    return invoke(Call::destroy_environment, environment.value, status);
}
[[noreturn]] inline void end(std::uint32_t status) {
    disregard(invoke(Call::end, status));
    __builtin_trap();
}
inline Value set_processor_environment(Capability environment, std::uint64_t offset) {
    return invoke(Call::set_processor_environment, environment.value, offset);
}
inline Value set_entry(Capability environment, abi::Entry entry, std::uint64_t address) {
    return invoke(Call::set_entry, environment.value, static_cast<std::uint64_t>(entry), address);
}
inline Value switch_root(Capability table) { return invoke(Call::switch_root, table.value); }

inline Value yield() { return invoke(Call::yield); }
inline Value yield_to(Capability environment) { return invoke(Call::yield_to, environment.value); }
inline Value wait() { return invoke(Call::wait); }
inline Value deliver_pending() { return invoke(Call::deliver_pending); }
inline Value set_limit(Capability environment, std::uint64_t ticks) {
    return invoke(Call::set_limit, environment.value, ticks);
}

inline Value write_console(Capability console, std::uint64_t offset, std::uint64_t length) {
    return invoke(Call::write_console, console.value, offset, length);
}
inline Value bind_io_ring(Capability frame) { return invoke(Call::bind_io_ring, frame.value); }
inline Value submit_io() { return invoke(Call::submit_io); }

inline Value request_revocation(Capability capability, Capability environment, Capability binding,
                                std::uint32_t count, std::uint64_t deadline) {
    return invoke(Call::request_revocation, capability.value, environment.value, binding.value,
                  count, deadline);
}
inline Value drop_frames(std::uint64_t offset, std::uint32_t count) {
    return invoke(Call::drop_frames, offset, count);
}
inline Value bind_repossession_vector(Capability frame) {
    return invoke(Call::bind_repossession_vector, frame.value);
}
inline Value bind_slice(Capability environment, Capability processor_time, std::uint64_t position,
                        std::uint64_t ticks) {
    return invoke(Call::bind_slice, environment.value, processor_time.value, position, ticks);
}
inline Value guarantee(Capability binding) { return invoke(Call::guarantee, binding.value); }

} // namespace system_call
} // namespace libos
