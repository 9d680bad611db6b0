// libos/lrpc/receive.hpp - from shared memory to values: copied once, checked, used.

#pragma once

#include <cstddef>
#include <cstdint>

#include "libos/lrpc/procedure.hpp"
#include "libos/lrpc/struct_codec.hpp"

namespace lrpc {

/// Words of the fixed part of a message whose root is a T: none if T is empty.
template <class T>
inline constexpr std::uint64_t fixed_words =
    Layout<T>::data_words + Layout<T>::pointers == 0
        ? 0
        : 1ull + Layout<T>::data_words + Layout<T>::pointers;

template <class T>
inline constexpr std::uint64_t root_pointer =
    struct_pointer(0, Layout<T>::data_words, Layout<T>::pointers);

/// The data section of `words`, which are one's own, as a T without pointers.
template <class T>
[[gnu::always_inline]] inline void decode_data(const std::byte* words, std::uint64_t data_bytes,
                                               T& value) {
    Reader nothing{nullptr, 0};
    (void)Layout<T>::get(nothing, Section{words, data_bytes, 0, 0}, value, deepest_nesting);
}

// The values that the cold paths fill are other objects than those of the hot ones, which so can be
// in registers.

/// The root of a message from a sender that knows the struct with more or fewer fields, or that put
/// it elsewhere; `pointer` is its root pointer, and is not loaded again.
template <class T>
[[gnu::noinline, gnu::cold]] WireError receive_other_data(const volatile std::uint64_t* words,
                                                          std::uint64_t used, std::uint64_t pointer,
                                                          T& value) {
    if (pointer == 0)
        return WireError::none;
    StructPlace place;
    if (const auto error = Reader::locate_struct(0, pointer, used, place); error != WireError::none)
        return error;
    constexpr std::uint64_t most = Layout<T>::data_words;
    const std::uint64_t count = place.data_words < most ? place.data_words : most;
    PrivateWords<most> data;
    copy_words(data.bytes, words + place.first, 0, count);
    decode_data(data.bytes, 8 * count, value);
    return WireError::none;
}

/// A struct without pointers: its data words go to registers, and nothing else is loaded.
template <class T>
[[gnu::always_inline]] inline WireError receive_data(SharedWords shared, T& value) {
    constexpr std::uint64_t count = Layout<T>::data_words;
    if (shared.used == 0)
        return WireError::none;
    const std::uint64_t pointer = shared.words[0];
    if (pointer != root_pointer<T> || shared.used < 1 + count) [[unlikely]] {
        T other{};
        const auto error = receive_other_data(shared.words, shared.used, pointer, other);
        value = other;
        return error;
    }
    PrivateWords<count> data;
    copy_words(data.bytes, shared.words + 1, 0, count);
    decode_data(data.bytes, 8 * count, value);
    return WireError::none;
}

/// A T that the root pointer `pointer` of the copied message leads to, wherever that is.
template <class T>
[[gnu::noinline, gnu::cold]] WireError decode_other_root(const std::byte* copy, std::uint64_t size,
                                                         std::uint64_t pointer, T& value) {
    if (pointer == 0)
        return WireError::none;
    Reader reader{copy, size};
    Section root;
    const auto error = reader.open_struct(0, pointer, root);
    return error != WireError::none ? error : Layout<T>::get(reader, root, value, deepest_nesting);
}

/// The root of a message from a sender with the same schema, which lies behind its pointer.
template <class T> inline Section expected_root(const std::byte* message) {
    return {message + 8, std::uint64_t{8} * Layout<T>::data_words, 1ull + Layout<T>::data_words,
            Layout<T>::pointers};
}

template <class T>
[[gnu::always_inline]] inline WireError receive_copy(SharedWords shared, CopySpace copy, T& value) {
    if (shared.used == 0)
        return WireError::none;
    if (shared.used > copy.capacity)
        return WireError::too_large;
    copy_words(copy.bytes, shared.words, 0, shared.used);
    Reader reader{copy.bytes, shared.used};
    const std::uint64_t pointer = reader.word(0);
    if (pointer != root_pointer<T> || shared.used < fixed_words<T>) [[unlikely]] {
        T other{};
        const auto error = decode_other_root(copy.bytes, shared.used, pointer, other);
        value = other;
        return error;
    }
    return Layout<T>::get(reader, expected_root<T>(copy.bytes), value, deepest_nesting);
}

/// Where what is passed by reference begins, as the copied root says: all before it is to be
/// copied.
template <class T>
[[gnu::always_inline]] inline std::uint64_t end_of_copy(std::uint64_t used, const std::byte* copy,
                                                        const Section& root) {
    const std::uint64_t fixed = root.first_pointer + root.pointers;
    if constexpr (Layout<T>::references.size() == Layout<T>::pointers)
        return fixed; // nothing else that is known here lies behind the root
    std::uint64_t end = used;
    const Reader head{copy, fixed};
    for (const std::uint16_t index : Layout<T>::references) {
        const std::uint64_t slot = root.first_pointer + index;
        if (!root.has(index) || head.word(slot) == 0)
            continue;
        const std::uint64_t first = Reader::target(slot, head.word(slot));
        if (first < end && first >= fixed)
            end = first;
    }
    return end;
}

/// Copies the root struct and what it leads to by copy.
template <class T>
[[gnu::always_inline]] inline WireError copy_to_references(SharedWords shared, CopySpace copy,
                                                           const Section& root, T& value) {
    const std::uint64_t fixed = root.first_pointer + root.pointers;
    if (fixed > copy.capacity)
        return WireError::too_large;
    copy_words(copy.bytes, shared.words, 1, fixed);
    const std::uint64_t end = end_of_copy<T>(shared.used, copy.bytes, root);
    if (end > copy.capacity)
        return WireError::too_large;
    copy_words(copy.bytes, shared.words, fixed, end);
    Reader reader{copy.bytes, end};
    reader.refer_to(shared);
    return Layout<T>::get(reader, root, value, deepest_nesting);
}

template <class T>
[[gnu::noinline, gnu::cold]] WireError receive_other_references(const volatile std::uint64_t* words,
                                                                std::uint64_t used, CopySpace copy,
                                                                std::uint64_t pointer, T& value) {
    if (pointer == 0)
        return WireError::none;
    StructPlace place;
    if (const auto error = Reader::locate_struct(0, pointer, used, place); error != WireError::none)
        return error;
    if (place.first != 1)
        return WireError::reference_not_at_end;
    const Section root{copy.bytes + 8, 8 * place.data_words, 1 + place.data_words, place.pointers};
    return copy_to_references({words, used, used}, copy, root, value);
}

template <class T>
[[gnu::always_inline]] inline WireError receive_references(SharedWords shared, CopySpace copy,
                                                           T& value) {
    if (shared.used == 0)
        return WireError::none;
    const std::uint64_t pointer = shared.words[0];
    if (pointer != root_pointer<T> || shared.used < fixed_words<T>) [[unlikely]] {
        T other{};
        const auto error =
            receive_other_references(shared.words, shared.used, copy, pointer, other);
        value = other;
        return error;
    }
    return copy_to_references(shared, copy, expected_root<T>(copy.bytes), value);
}

/// The message in `shared` into `value`, which has its defaults. What `value` views afterwards is
/// in `copy`, which is not used for structs without pointers. Cost: two instructions for each word
/// copied, and a few for each field.
template <class T>
[[gnu::always_inline]] inline WireError receive(SharedWords shared, CopySpace copy, T& value) {
    if constexpr (fixed_words<T> == 0)
        return WireError::none; // nothing to be read, whatever was sent
    if (shared.used > shared.capacity)
        return WireError::too_large;
    if constexpr (Layout<T>::pointers == 0)
        return receive_data(shared, value);
    else if constexpr (requires { Layout<T>::references; })
        return receive_references(shared, copy, value);
    else
        return receive_copy(shared, copy, value);
}

} // namespace lrpc
