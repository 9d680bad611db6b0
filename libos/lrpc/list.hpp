// libos/lrpc/list.hpp - a list of what does not lie in a message as it lies in memory.
//
// Lists of numbers and enums are std::span. Of Bool, Void, Text, Data, structs and lists there are
// two forms, which one type holds: values of the user's that are to be sent, or elements of a
// received message, which was checked as a whole and is decoded element by element on access.

#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

#include "libos/lrpc/read.hpp"

namespace lrpc {

// The type Void of a schema; it has one value and takes no room in a message.
struct Void {
    friend constexpr bool operator==(Void, Void) = default;
};

template <class T> struct Codec;

template <class T> class List {
public:
    class Iterator {
    public:
        constexpr Iterator(const List& list, std::size_t index) : list_{&list}, index_{index} {}
        T operator*() const { return (*list_)[index_]; }
        Iterator& operator++() {
            ++index_;
            return *this;
        }
        friend constexpr bool operator==(const Iterator& one, const Iterator& other) {
            return one.index_ == other.index_;
        }

    private:
        const List* list_;
        std::size_t index_;
    };

    constexpr List() = default;

    /// What `elements` (an array, a vector, a span) holds, and what it views, must stay until the
    /// call has returned.
    template <class Range>
        requires(!std::same_as<std::remove_cvref_t<Range>, List> &&
                 std::convertible_to<Range, std::span<const T>>)
    // NOLINTNEXTLINE(google-explicit-constructor): an array is passed as what it is
    constexpr List(Range&& elements) {
        const std::span<const T> values{elements};
        values_ = values.data();
        elements_.count = values.size();
    }

    /// What `reader` has opened and checked; `reader`'s copy must stay.
    static List received(const Reader& reader, const Elements& elements) {
        List list;
        list.message_ = reader.message();
        list.message_words_ = reader.size();
        list.elements_ = elements;
        return list;
    }

    [[nodiscard]] constexpr std::size_t size() const { return elements_.count; }
    [[nodiscard]] constexpr bool empty() const { return size() == 0; }

    /// Element `index`; a default one if there is none of that index. A received one is decoded
    /// here: as many instructions as it has fields, times a few.
    [[nodiscard]] T operator[](std::size_t index) const {
        if (index >= size())
            return T{};
        if (message_ == nullptr)
            return values_[index];
        T value{};
        Reader reader{message_, message_words_};
        (void)Codec<List>::element(reader, elements_, index, value, deepest_nesting);
        return value;
    }

    [[nodiscard]] Iterator begin() const { return {*this, 0}; }
    [[nodiscard]] Iterator end() const { return {*this, size()}; }

private:
    const T* values_ = nullptr;
    const std::byte* message_ = nullptr; // null: the elements are at `values_`
    std::uint64_t message_words_ = 0;
    Elements elements_;
};

} // namespace lrpc
