// libos/lrpc/move_words.hpp - many words at once: `rep movsq`.
//
// It is one instruction for a word where instructions are counted, loads and stores each word once,
// and starts slowly on some processors: below `worth_repeating` words, plain moves are used.

#pragma once

#include <cstddef>
#include <cstdint>

namespace lrpc {

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define LRPC_SANITIZED
#endif
#endif

// Sanitizers see only accesses that the compiler wrote: for them there are plain moves only.
#ifdef LRPC_SANITIZED
inline constexpr std::size_t worth_repeating = ~std::size_t{0};
#else
inline constexpr std::size_t worth_repeating = 8;
#endif

/// Moves `count` words, at any alignment.
[[gnu::always_inline]] inline void repeat_moves(volatile void* to, const volatile void* from,
                                                std::size_t count) {
    asm volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(count) : : "memory");
}

} // namespace lrpc
