// libos/lrpc/struct_codec.hpp - how structs, lists of them, and references lie in a message.

#pragma once

#include <cstddef>
#include <cstdint>

#include "libos/lrpc/codec.hpp"

namespace lrpc {

/// Stores a struct whose sections begin at `at`.
template <Structure T>
[[gnu::always_inline]] inline void put_struct(Writer& writer, std::uint64_t at, const T& value) {
    const auto data = Layout<T>::data(value);
    for (std::size_t i = 0; i < Layout<T>::data_words; ++i)
        writer.word(at + i, data[i]);
    if constexpr (Layout<T>::pointers != 0)
        Layout<T>::put_pointers(writer, at + Layout<T>::data_words, value);
}

template <Structure T> struct Codec<T> {
    static constexpr std::uint64_t step = Layout<T>::data_words + Layout<T>::pointers;

    static std::uint64_t words([[maybe_unused]] const T& value, std::uint32_t depth) {
        if (depth == 0)
            return unwritable;
        if constexpr (Layout<T>::pointers == 0)
            return step;
        else
            return limited(step + Layout<T>::extra(value, depth - 1));
    }
    static void put(Writer& writer, std::uint64_t slot, const T& value) {
        if constexpr (step == 0) {
            writer.word(slot, struct_pointer(~0ull, 0, 0)); // -1: no place, but not null
        } else {
            const std::uint64_t at = writer.take(step);
            writer.word(slot,
                        struct_pointer(at - slot - 1, Layout<T>::data_words, Layout<T>::pointers));
            put_struct(writer, at, value);
        }
    }
    static WireError get(Reader& reader, std::uint64_t slot, std::uint64_t pointer, T& value,
                         std::uint32_t depth) {
        if (depth == 0)
            return WireError::too_deep;
        Section section;
        const auto error = reader.open_struct(slot, pointer, section);
        return error != WireError::none ? error : Layout<T>::get(reader, section, value, depth - 1);
    }
};

// Lists of structs: a tag, the sections of all elements, then what their pointers lead to.
template <Structure T> struct Codec<List<T>> {
    static constexpr std::uint64_t step = Layout<T>::data_words + Layout<T>::pointers;

    static std::uint64_t words(const List<T>& values, std::uint32_t depth) {
        if (values.size() > most_elements || depth == 0)
            return unwritable;
        const std::uint64_t sections = limited(1 + values.size() * step);
        if constexpr (Layout<T>::pointers == 0) {
            return sections;
        } else {
            std::uint64_t sum = sections;
            for (std::size_t i = 0; i < values.size(); ++i)
                sum = limited(sum + Layout<T>::extra(values[i], depth - 1));
            return sum;
        }
    }
    static void put(Writer& writer, std::uint64_t slot, const List<T>& values) {
        const std::size_t count = values.size();
        const std::uint64_t at =
            start_list(writer, slot, 1 + count * step, ElementSize::composite, count * step);
        writer.word(at, struct_pointer(count, Layout<T>::data_words, Layout<T>::pointers));
        if constexpr (step != 0)
            for (std::size_t i = 0; i < count; ++i)
                put_struct(writer, at + 1 + i * step, static_cast<const T&>(values[i]));
    }
    static WireError get(Reader& reader, std::uint64_t slot, std::uint64_t pointer, List<T>& values,
                         std::uint32_t depth) {
        if (depth == 0)
            return WireError::too_deep;
        Elements elements;
        const auto error = reader.open_list(slot, pointer, ElementSize::composite, elements);
        if (error != WireError::none)
            return error;
        if constexpr (Layout<T>::pointers != 0) // else there is nothing more to be wrong
            for (std::size_t i = 0; i < elements.count; ++i) {
                T value{};
                if (const auto wrong = element(reader, elements, i, value, depth - 1);
                    wrong != WireError::none)
                    return wrong;
            }
        values = List<T>::received(reader, elements);
        return WireError::none;
    }
    static WireError element(Reader& reader, const Elements& elements, std::size_t index, T& value,
                             std::uint32_t depth) {
        return Layout<T>::get(reader, reader.element(elements, index), value, depth);
    }
};

// Passed by reference: where the bytes lie, not what they are.
template <> struct Codec<SharedBytes> {
    static WireError get(Reader& reader, std::uint64_t slot, std::uint64_t pointer,
                         SharedBytes& bytes, std::uint32_t) {
        return reader.open_shared(slot, pointer, bytes);
    }
};

template <> struct Codec<SharedText> {
    static WireError get(Reader& reader, std::uint64_t slot, std::uint64_t pointer,
                         SharedText& text, std::uint32_t) {
        SharedBytes bytes;
        if (const auto error = reader.open_shared(slot, pointer, bytes); error != WireError::none)
            return error;
        if (bytes.empty() || bytes.load(bytes.size() - 1) != 0)
            return WireError::text_not_terminated;
        text = SharedText{bytes.first(bytes.size() - 1)};
        return WireError::none;
    }
};

} // namespace lrpc
