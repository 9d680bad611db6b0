// libos/lrpc/codec.hpp - how each type of a schema lies in a message.
//
// Layout<T> of a struct is generated. Codec<T> of what a pointer leads to has
//   words(value, depth)                         how many words it takes, its pointer apart
//   put(writer, slot, value)                    stores the pointer in word `slot`, and the object
//   get(reader, slot, pointer, value, depth)    decodes a pointer that is not null, checking it
// and, for lists whose elements are decoded on access, element(...).

#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>

#include "libos/lrpc/list.hpp"
#include "libos/lrpc/read.hpp"
#include "libos/lrpc/write.hpp"

namespace lrpc {

using Text = std::string_view;
using Data = std::span<const std::byte>;

// data_words, pointers; data(value) -> the data section; get(reader, section, value, depth); with
// pointers also extra(value, depth) -> words behind the struct, and put_pointers(writer, at,
// value). each_field(value, take) calls take(name, field) for each field, in the order of the
// declaration.
template <class T> struct Layout;

template <class T>
concept Scalar =
    (std::integral<T> || std::floating_point<T> || std::is_enum_v<T>) && !std::same_as<T, bool>;
template <class T>
concept Structure = requires { Layout<T>::data_words; };

template <std::size_t bytes> struct UnsignedOf;
template <> struct UnsignedOf<1> {
    using Type = std::uint8_t;
};
template <> struct UnsignedOf<2> {
    using Type = std::uint16_t;
};
template <> struct UnsignedOf<4> {
    using Type = std::uint32_t;
};
template <> struct UnsignedOf<8> {
    using Type = std::uint64_t;
};
template <class T> using Bits = UnsignedOf<sizeof(T)>::Type;

/// The bits of a field's value, to be shifted to its place.
template <class T> constexpr std::uint64_t bits(T value) { return std::bit_cast<Bits<T>>(value); }
constexpr std::uint64_t bits(bool value) { return value ? 1 : 0; }

/// The field at `offset` bytes, whose default has the bits `mask`.
template <Scalar T>
[[gnu::always_inline]] inline T field(const Section& section, std::uint64_t offset,
                                      std::uint64_t mask) {
    const auto raw = section.load<Bits<T>>(offset);
    return std::bit_cast<T>(static_cast<Bits<T>>(raw ^ static_cast<Bits<T>>(mask)));
}

/// Pointer `index` of `section` into `value`, which stays as it is (its default) if there is none.
template <class T>
[[gnu::always_inline]] inline WireError get_pointer(Reader& reader, const Section& section,
                                                    std::uint64_t index, T& value,
                                                    std::uint32_t depth) {
    if (!section.has(index))
        return WireError::none;
    const std::uint64_t slot = section.first_pointer + index;
    const std::uint64_t pointer = reader.word(slot);
    return pointer == 0 ? WireError::none : Codec<T>::get(reader, slot, pointer, value, depth);
}

// Lists of elements of `size`; `words` of them.
[[gnu::always_inline]] inline std::uint64_t start_list(Writer& writer, std::uint64_t slot,
                                                       std::uint64_t words, ElementSize size,
                                                       std::uint64_t count) {
    const std::uint64_t at = writer.take(words);
    writer.word(slot, list_pointer(at - slot - 1, size, count));
    return at;
}

template <> struct Codec<Text> {
    static std::uint64_t words(Text text, std::uint32_t) {
        return text.size() < most_elements ? text.size() / 8 + 1 : unwritable;
    }
    [[gnu::always_inline]] static void put(Writer& writer, std::uint64_t slot, Text text) {
        const std::uint64_t at =
            start_list(writer, slot, text.size() / 8 + 1, ElementSize::byte, text.size() + 1);
        writer.bytes(at, text.data(), text.size());
        if (text.size() % 8 == 0)
            writer.word(at + text.size() / 8, 0); // else zeroes follow the last byte already
    }
    static WireError get(Reader& reader, std::uint64_t slot, std::uint64_t pointer, Text& text,
                         std::uint32_t) {
        Elements bytes;
        if (const auto error = reader.open_list(slot, pointer, ElementSize::byte, bytes);
            error != WireError::none)
            return error;
        const std::byte* const first = reader.bytes_at(bytes.first);
        if (bytes.count == 0 || first[bytes.count - 1] != std::byte{0})
            return WireError::text_not_terminated;
        text = {reinterpret_cast<const char*>(first), bytes.count - 1};
        return WireError::none;
    }
};

constexpr ElementSize element_size(std::size_t bytes) {
    return bytes == 1   ? ElementSize::byte
           : bytes == 2 ? ElementSize::two_bytes
           : bytes == 4 ? ElementSize::four_bytes
                        : ElementSize::eight_bytes;
}

// Data, and lists of numbers or enums: they lie in a message as they lie in memory.
template <Scalar T> struct Codec<std::span<const T>> {
    static std::uint64_t words(std::span<const T> values, std::uint32_t) {
        return values.size() <= most_elements ? (values.size() * sizeof(T) + 7) / 8 : unwritable;
    }
    [[gnu::always_inline]] static void put(Writer& writer, std::uint64_t slot,
                                           std::span<const T> values) {
        const std::uint64_t at = start_list(writer, slot, (values.size() * sizeof(T) + 7) / 8,
                                            element_size(sizeof(T)), values.size());
        writer.bytes(at, values.data(), values.size() * sizeof(T));
    }
    static WireError get(Reader& reader, std::uint64_t slot, std::uint64_t pointer,
                         std::span<const T>& values, std::uint32_t) {
        Elements elements;
        const auto error = reader.open_list(slot, pointer, element_size(sizeof(T)), elements);
        if (error == WireError::none)
            values = {reinterpret_cast<const T*>(reader.bytes_at(elements.first)), elements.count};
        return error;
    }
};

template <> struct Codec<List<bool>> {
    static std::uint64_t words(const List<bool>& values, std::uint32_t) {
        return values.size() <= most_elements ? (values.size() + 63) / 64 : unwritable;
    }
    static void put(Writer& writer, std::uint64_t slot, const List<bool>& values) {
        const std::size_t count = values.size();
        const std::uint64_t at =
            start_list(writer, slot, (count + 63) / 64, ElementSize::bit, count);
        for (std::size_t first = 0; first < count; first += 64) {
            std::uint64_t word = 0;
            for (std::size_t i = first; i < count && i < first + 64; ++i)
                word |= bits(values[i]) << (i - first);
            writer.word(at + first / 64, word);
        }
    }
    static WireError get(Reader& reader, std::uint64_t slot, std::uint64_t pointer,
                         List<bool>& values, std::uint32_t) {
        Elements elements;
        const auto error = reader.open_list(slot, pointer, ElementSize::bit, elements);
        if (error == WireError::none)
            values = List<bool>::received(reader, elements);
        return error;
    }
    static WireError element(Reader& reader, const Elements& elements, std::size_t index,
                             bool& value, std::uint32_t) {
        value = (reader.word(elements.first + index / 64) >> (index % 64) & 1) != 0;
        return WireError::none;
    }
};

template <> struct Codec<List<Void>> {
    static std::uint64_t words(const List<Void>& values, std::uint32_t) {
        return values.size() <= most_elements ? 0 : unwritable;
    }
    static void put(Writer& writer, std::uint64_t slot, const List<Void>& values) {
        (void)start_list(writer, slot, 0, ElementSize::none, values.size());
    }
    static WireError get(Reader& reader, std::uint64_t slot, std::uint64_t pointer,
                         List<Void>& values, std::uint32_t) {
        Elements elements;
        const auto error = reader.open_list(slot, pointer, ElementSize::none, elements);
        if (error == WireError::none)
            values = List<Void>::received(reader, elements);
        return error;
    }
    static WireError element(Reader&, const Elements&, std::size_t, Void&, std::uint32_t) {
        return WireError::none;
    }
};

// Lists of what needs a pointer for each element: Text, Data, lists.
template <class T> struct Codec<List<T>> {
    static std::uint64_t words(const List<T>& values, std::uint32_t depth) {
        if (values.size() > most_elements || depth == 0)
            return unwritable;
        std::uint64_t sum = values.size();
        for (std::size_t i = 0; i < values.size(); ++i)
            sum = limited(sum + Codec<T>::words(values[i], depth - 1));
        return sum;
    }
    static void put(Writer& writer, std::uint64_t slot, const List<T>& values) {
        const std::size_t count = values.size();
        const std::uint64_t at = start_list(writer, slot, count, ElementSize::pointer, count);
        for (std::size_t i = 0; i < count; ++i)
            Codec<T>::put(writer, at + i, values[i]);
    }
    static WireError get(Reader& reader, std::uint64_t slot, std::uint64_t pointer, List<T>& values,
                         std::uint32_t depth) {
        if (depth == 0)
            return WireError::too_deep;
        Elements elements;
        WireError error = reader.open_list(slot, pointer, ElementSize::pointer, elements);
        for (std::size_t i = 0; error == WireError::none && i < elements.count; ++i) {
            T value{};
            error = element(reader, elements, i, value, depth - 1);
        }
        if (error == WireError::none)
            values = List<T>::received(reader, elements);
        return error;
    }
    static WireError element(Reader& reader, const Elements& elements, std::size_t index, T& value,
                             std::uint32_t depth) {
        const std::uint64_t slot = elements.first + index;
        const std::uint64_t pointer = reader.word(slot);
        return pointer == 0 ? WireError::none : Codec<T>::get(reader, slot, pointer, value, depth);
    }
};

} // namespace lrpc
