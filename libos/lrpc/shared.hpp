// libos/lrpc/shared.hpp - memory that a peer writes meanwhile, and how it is looked at: once.
//
// Loads from it are volatile, so that the compiler neither repeats nor splits them. What was loaded
// is in memory of one's own (CopySpace) before anything is decided on it.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "libos/lrpc/move_words.hpp"

namespace lrpc {

struct SharedWords {
    const volatile std::uint64_t* words = nullptr;
    std::size_t used = 0;     // as the peer said, read once; not yet checked
    std::size_t capacity = 0; // what really is there
};

// Bytes in shared memory: place and length were checked and stay; the bytes may change between any
// two looks. What is decided on must be copied first.
class SharedBytes {
public:
    constexpr SharedBytes() = default;
    constexpr SharedBytes(const volatile std::uint8_t* bytes, std::size_t size)
        : bytes_{bytes}, size_{size} {}

    [[nodiscard]] constexpr std::size_t size() const { return size_; }
    [[nodiscard]] constexpr bool empty() const { return size_ == 0; }

    /// The byte at `index` (below `size()`) as it is now: one load.
    [[nodiscard]] std::uint8_t load(std::size_t index) const {
        return static_cast<std::uint8_t>(bytes_[index]);
    }

    /// Copies from `first` on, as much as there is and as `to` holds; how much that was. Each byte
    /// is loaded once.
    std::size_t copy(std::span<std::byte> to, std::size_t first = 0) const {
        if (first >= size_)
            return 0;
        const std::size_t count = to.size() < size_ - first ? to.size() : size_ - first;
        for (std::size_t i = 0; i < count; ++i)
            to[i] = static_cast<std::byte>(load(first + i));
        return count;
    }

    /// The first `count` of them; `count` is at most `size()`.
    [[nodiscard]] constexpr SharedBytes first(std::size_t count) const { return {bytes_, count}; }

private:
    const volatile std::uint8_t* bytes_ = nullptr;
    std::size_t size_ = 0;
};

// A Text in shared memory, without the zero at its end, which was there when it was looked for.
struct SharedText : SharedBytes {
    constexpr SharedText() = default;
    constexpr explicit SharedText(SharedBytes bytes) : SharedBytes{bytes} {}
};

// Memory of one's own that a message is copied into. Bytes, so that it may be looked at as any
// type; not initialised, because what was not copied is never looked at.
template <std::size_t count> struct PrivateWords {
    alignas(8) std::byte bytes[count == 0 ? 8 : 8 * count];
};

// Such memory of whatever size.
struct CopySpace {
    std::byte* bytes = nullptr;
    std::size_t capacity = 0; // in words

    constexpr CopySpace() = default;
    constexpr CopySpace(std::byte* to, std::size_t words) : bytes{to}, capacity{words} {}
    template <std::size_t count>
    // NOLINTNEXTLINE(google-explicit-constructor): an array is passed as what it is
    constexpr CopySpace(PrivateWords<count>& space) : bytes{space.bytes}, capacity{count} {}
};

/// One word to `to`, as bytes: no type is tied to the memory.
[[gnu::always_inline]] inline void put_word(std::byte* to, std::uint64_t word) {
    __builtin_memcpy(to, &word, sizeof(word));
}

/// Words `first` up to `end` of `shared` to their places behind `copy`; each is loaded once.
/// Cost: one instruction for a word and about six; two for a word of fewer than eight.
[[gnu::always_inline]] inline void copy_words(std::byte* copy, const volatile std::uint64_t* shared,
                                              std::size_t first, std::size_t end) {
    std::byte* to = copy + 8 * first;
    const volatile std::uint64_t* from = shared + first;
    std::size_t count = end - first;
    if (count >= worth_repeating)
        return repeat_moves(to, from, count);
    for (; count > 7; --count, to += 8, ++from)
        put_word(to, *from);
    for (std::size_t block = 4; block != 0; block /= 2) {
        if ((count & block) == 0)
            continue;
        for (std::size_t i = 0; i < block; ++i)
            put_word(to + 8 * i, from[i]);
        to += 8 * block;
        from += block;
    }
}

} // namespace lrpc
