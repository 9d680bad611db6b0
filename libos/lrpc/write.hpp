// libos/lrpc/write.hpp - a message as stores into memory that a peer may read and write.
//
// How many words a message needs is known before the first store (codec.hpp). Every word is stored
// once and none is loaded, so nothing that a peer stores meanwhile has any effect here.

#pragma once

#include <cstddef>
#include <cstdint>

#include "libos/lrpc/move_words.hpp"

namespace lrpc {

// Limits of a message. Sums of sizes are kept at or below `unwritable`, which no message may have:
// they do not overflow.
inline constexpr std::uint64_t most_elements = (1u << 29) - 1; // Cap'n Proto's: 29 bits count them
inline constexpr std::uint64_t most_words = 1u << 27;          // so that every offset fits 30 bits
inline constexpr std::uint64_t unwritable = 1ull << 40;
// Structs with lists of themselves are the only recursion, of some 250 bytes of stack a level: an
// E-stack for such a schema has 8 KiB for it.
inline constexpr std::uint32_t deepest_nesting = 32;

constexpr std::uint64_t limited(std::uint64_t words) {
    return words < unwritable ? words : unwritable;
}

// The numbers that pointers hold for the size of a list's elements.
enum class ElementSize : std::uint8_t {
    none = 0,
    bit = 1,
    byte = 2,
    two_bytes = 3,
    four_bytes = 4,
    eight_bytes = 5,
    pointer = 6,
    composite = 7,
};

constexpr std::uint64_t struct_pointer(std::uint64_t offset, std::uint64_t data,
                                       std::uint64_t pointers) {
    return (offset << 2 & 0xffff'fffc) | data << 32 | pointers << 48;
}
constexpr std::uint64_t list_pointer(std::uint64_t offset, ElementSize size, std::uint64_t count) {
    return (offset << 2 & 0xffff'fffc) | 1 | static_cast<std::uint64_t>(size) << 32 | count << 35;
}

class Writer {
public:
    /// Objects are put behind `next`; there is room for all of them.
    constexpr Writer(std::uint64_t* words, std::uint64_t next) : words_{words}, next_{next} {}

    [[gnu::always_inline]] void word(std::uint64_t at, std::uint64_t value) { words_[at] = value; }

    /// Where the next `count` words may be stored.
    [[gnu::always_inline]] std::uint64_t take(std::uint64_t count) {
        const std::uint64_t at = next_;
        next_ += count;
        return at;
    }

    /// `size` bytes from `at` on, and zeroes to the end of the last word that they begin.
    [[gnu::always_inline]] void bytes(std::uint64_t at, const void* from, std::size_t size) {
        const auto* source = static_cast<const unsigned char*>(from);
        volatile std::uint64_t* to = words_ + at;
        std::size_t count = size / 8;
        if (count >= worth_repeating) {
            repeat_moves(to, source, count);
            to += count;
            source += 8 * count;
            count = 0;
        }
        for (; count > 7; --count, ++to, source += 8)
            *to = load(source);
        for (std::size_t block = 4; block != 0; block /= 2) {
            if ((count & block) == 0)
                continue;
            for (std::size_t i = 0; i < block; ++i)
                to[i] = load(source + 8 * i);
            to += block;
            source += 8 * block;
        }
        const std::size_t left = size & 7;
        if (left == 0)
            return;
        // The last bytes are in the last eight, if there are eight.
        *to = size >= 8 ? load(source + left - 8) >> (64 - 8 * left) : load_few(source, left);
    }

private:
    static std::uint64_t load(const unsigned char* from) {
        std::uint64_t word = 0;
        __builtin_memcpy(&word, from, sizeof(word));
        return word;
    }
    static std::uint64_t load_few(const unsigned char* from, std::size_t count) {
        std::uint64_t word = 0;
        for (std::size_t i = 0; i < count; ++i)
            word |= static_cast<std::uint64_t>(from[i]) << (8 * i);
        return word;
    }

    volatile std::uint64_t* words_;
    std::uint64_t next_;
};

} // namespace lrpc
