// libos/lrpc/read.hpp - pointers of a received message: followed within its private copy only.
//
// Whatever the message holds, nothing outside the copy is loaded. The work is bounded: each struct
// and list is charged by its words (or elements, if they have none) against a limit that grows
// with the size of the message, so many pointers to one object are `traversal_limit`.

#pragma once

#include <cstddef>
#include <cstdint>

#include "libos/lrpc/shared.hpp"
#include "libos/lrpc/wire_error.hpp"
#include "libos/lrpc/write.hpp"

namespace lrpc {

// A struct in the copy: its data, and where its pointers are.
struct Section {
    const std::byte* data = nullptr;
    std::uint64_t data_bytes = 0;
    std::uint64_t first_pointer = 0; // a word of the message
    std::uint64_t pointers = 0;

    /// The value at `offset` bytes; 0 where the sender's struct ends before it, which is what makes
    /// older senders understood: zero stands for the default.
    template <class T> [[nodiscard, gnu::always_inline]] T load(std::uint64_t offset) const {
        T value{};
        if (offset + sizeof(T) <= data_bytes)
            __builtin_memcpy(&value, data + offset, sizeof(T));
        return value;
    }
    [[nodiscard, gnu::always_inline]] bool bit(std::uint64_t index) const {
        return (load<std::uint8_t>(index / 8) >> (index % 8) & 1) != 0;
    }
    /// Whether the sender's struct has pointer `index` at all.
    [[nodiscard, gnu::always_inline]] bool has(std::uint64_t index) const {
        return index < pointers;
    }
};

// A list in the copy.
struct Elements {
    std::uint64_t first = 0; // a word of the message
    std::uint64_t count = 0;
    std::uint64_t data_words = 0; // of one element, if they are structs
    std::uint64_t pointers = 0;
};

// A struct by the words of a message, of which nothing need be there.
struct StructPlace {
    std::uint64_t first = 0;
    std::uint64_t data_words = 0;
    std::uint64_t pointers = 0;
};

class Reader {
public:
    /// The first `size` words of a message are copied to `bytes`.
    constexpr Reader(const std::byte* bytes, std::uint64_t size)
        : bytes_{bytes}, size_{size}, limit_{traversal_limit(size)} {}

    /// As many words as may be visited in a message of `size`. A tree needs `size`; more is allowed
    /// for elements without words, and for objects that a few pointers share.
    static constexpr std::uint64_t traversal_limit(std::uint64_t size) { return 8 * size + 1024; }

    /// Says where the whole message lies, for what is not copied.
    constexpr void refer_to(SharedWords shared) { shared_ = shared; }

    [[nodiscard, gnu::always_inline]] std::uint64_t word(std::uint64_t at) const {
        std::uint64_t value = 0;
        __builtin_memcpy(&value, bytes_ + 8 * at, sizeof(value));
        return value;
    }
    [[nodiscard]] const std::byte* bytes_at(std::uint64_t at) const { return bytes_ + 8 * at; }
    [[nodiscard]] const std::byte* message() const { return bytes_; }
    [[nodiscard]] std::uint64_t size() const { return size_; }

    /// The struct that `pointer`, which is not null and lies in word `slot`, points to.
    WireError open_struct(std::uint64_t slot, std::uint64_t pointer, Section& section) {
        StructPlace place;
        if (const auto error = locate_struct(slot, pointer, size_, place); error != WireError::none)
            return error;
        section = {bytes_ + 8 * place.first, 8 * place.data_words, place.first + place.data_words,
                   place.pointers};
        return charge(place.data_words + place.pointers + 1);
    }

    /// Where that struct is in a message of `size` words. Loads nothing.
    static WireError locate_struct(std::uint64_t slot, std::uint64_t pointer, std::uint64_t size,
                                   StructPlace& place) {
        if ((pointer & 3) != 0)
            return other_kind(pointer);
        place = {target(slot, pointer), pointer >> 32 & 0xffff, pointer >> 48};
        return inside(place.first, place.data_words + place.pointers, size)
                   ? WireError::none
                   : WireError::out_of_bounds;
    }

    /// The list of elements of `size` that `pointer`, which is not null and lies in word `slot`,
    /// points to.
    WireError open_list(std::uint64_t slot, std::uint64_t pointer, ElementSize size,
                        Elements& elements) {
        if (!leads_to(pointer, size)) [[unlikely]]
            return other_kind_than_list(pointer);
        elements = {target(slot, pointer), pointer >> 35, 0, 0};
        if (size == ElementSize::composite)
            return open_structs(elements);
        constexpr std::uint8_t bits[] = {0, 1, 8, 16, 32, 64, 64};
        const std::uint64_t words =
            (elements.count * bits[static_cast<std::uint8_t>(size)] + 63) / 64;
        if (!inside(elements.first, words, size_))
            return WireError::out_of_bounds;
        // Elements without bits cost nothing to send, and something to go through.
        return charge(size == ElementSize::none ? elements.count : words + 1);
    }

    /// Struct `index` of a list of structs that was opened.
    [[nodiscard]] Section element(const Elements& elements, std::uint64_t index) const {
        const std::uint64_t first =
            elements.first + index * (elements.data_words + elements.pointers);
        return {bytes_ + 8 * first, 8 * elements.data_words, first + elements.data_words,
                elements.pointers};
    }

    /// The bytes that `pointer`, which is not null and lies in word `slot`, points to, where they
    /// lie: in shared memory, behind all that was copied.
    WireError open_shared(std::uint64_t slot, std::uint64_t pointer, SharedBytes& bytes) const {
        if (!leads_to(pointer, ElementSize::byte)) [[unlikely]]
            return other_kind_than_list(pointer);
        const std::uint64_t first = target(slot, pointer);
        const std::uint64_t count = pointer >> 35;
        if (!inside(first, (count + 7) / 8, shared_.used))
            return WireError::out_of_bounds;
        if (first < size_)
            return WireError::reference_not_at_end;
        bytes = SharedBytes{reinterpret_cast<const volatile std::uint8_t*>(shared_.words + first),
                            count};
        return WireError::none;
    }

    /// The word that `pointer` in word `slot` points to; beyond any message if before word 0.
    static std::uint64_t target(std::uint64_t slot, std::uint64_t pointer) {
        const std::int64_t offset =
            static_cast<std::int32_t>(static_cast<std::uint32_t>(pointer)) >> 2;
        return slot + 1 + static_cast<std::uint64_t>(offset);
    }

private:
    static bool inside(std::uint64_t first, std::uint64_t words, std::uint64_t size) {
        return first <= size && words <= size - first;
    }

    WireError charge(std::uint64_t words) {
        if (words > limit_)
            return WireError::traversal_limit;
        limit_ -= words;
        return WireError::none;
    }

    /// A tag, then the elements. On entry `count` is the number of words behind the tag.
    WireError open_structs(Elements& elements) {
        const std::uint64_t words = elements.count;
        if (!inside(elements.first, words + 1, size_))
            return WireError::out_of_bounds;
        const std::uint64_t tag = word(elements.first);
        if ((tag & 3) != 0)
            return WireError::wrong_pointer_kind;
        // At most 2^30 elements of 2^17 words: the product does not overflow.
        elements = {elements.first + 1, (tag & 0xffff'ffff) >> 2, tag >> 32 & 0xffff, tag >> 48};
        if (elements.count * (elements.data_words + elements.pointers) > words)
            return WireError::list_overrun;
        return charge(words + 1 + elements.count);
    }

    /// Whether `pointer` is one to a list of elements of `size`.
    static bool leads_to(std::uint64_t pointer, ElementSize size) {
        return (pointer & 0x7'0000'0003) == (static_cast<std::uint64_t>(size) << 32 | 1);
    }

    [[gnu::cold, gnu::noinline]] static WireError other_kind_than_list(std::uint64_t pointer) {
        return (pointer & 3) == 1 ? WireError::wrong_element_size : other_kind(pointer);
    }

    [[gnu::cold, gnu::noinline]] static WireError other_kind(std::uint64_t pointer) {
        switch (pointer & 3) {
        case 2:
            return WireError::far_pointer;
        case 3:
            return WireError::capability_pointer;
        default:
            return WireError::wrong_pointer_kind;
        }
    }

    const std::byte* bytes_;
    std::uint64_t size_;
    std::uint64_t limit_;
    SharedWords shared_;
};

} // namespace lrpc
