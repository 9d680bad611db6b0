// bindings/abi/translation.hpp - page-table entries as libOSes read them, and the batched requests
// that change them.
//
// An environment reads its own tables through a window at a fixed range: the entry of `page` lies
// at `translation_window + page * 8`, valid only where all tables above it exist.

#pragma once

#include <cstdint>
#include <type_traits>

#include "bindings/abi/address.hpp"
#include "bindings/abi/capability.hpp"

namespace abi {

// Bits of a translation (an x86-64 page-table entry).
namespace translation {
inline constexpr std::uint64_t present = 1u << 0;
inline constexpr std::uint64_t writable = 1u << 1;
inline constexpr std::uint64_t user = 1u << 2;
inline constexpr std::uint64_t accessed = 1u << 5;
inline constexpr std::uint64_t dirty = 1u << 6;
inline constexpr std::uint64_t may_write = 1u << 9;    // the binding would permit `write`
inline constexpr std::uint64_t may_execute = 1u << 10; // the binding would permit `execute`
inline constexpr std::uint64_t no_execute = 1ull << 63;
inline constexpr std::uint64_t frame_mask = 0x000f'ffff'ffff'f000;
} // namespace translation

// What a translation shall permit beyond reading: the `access` argument of `install` and `change`.
// Bit 1 asks for writing and bit 63 for execution; every other bit must be zero.
namespace access {
inline constexpr std::uint64_t read_only = 0;
inline constexpr std::uint64_t write = translation::writable;
inline constexpr std::uint64_t execute = translation::no_execute;
} // namespace access

inline constexpr std::uint64_t translation_window = user_end; // one top-level slot, read-only
constexpr std::uint64_t translation_address(Vpn page) {
    return translation_window + page.value * 8;
}

enum class TranslationOperation : std::uint16_t {
    install = 1,        // table[index] := frame with access; `occupied` if there is one
    remove = 2,         // table[index] := none; value := its accessed and dirty bits
    change = 3,         // access of table[index .. index+count) := value; holes are skipped
    clear_accessed = 4, // value := how many of table[index .. index+count) were set, now clear
    clear_dirty = 5,    // the same for dirty; done when the write-out is started
    remove_later = 6,   // as remove, but other processors that run the address space may use the
                        // translation until they load another one, at the latest until a binding
                        // is broken or a frame donated anywhere: so no frame gets to others before.
                        // What is written through it meanwhile sets no dirty bit any more
};

// One item of `perform_translations`, in the request area. `error` and `value` are results.
struct TranslationRequest {
    TranslationOperation operation;
    std::uint16_t index; // 0..511, of the page in its leaf table
    std::uint16_t count; // 1 for install and remove; index + count <= 512
    std::uint16_t error; // out: 0 or an Error
    Capability table;    // leaf page table, right `write`
    Capability frame;    // install only
    std::uint64_t value; // in: access; out: see the operation
};
static_assert(sizeof(TranslationRequest) == 32 && std::is_standard_layout_v<TranslationRequest>);

} // namespace abi
