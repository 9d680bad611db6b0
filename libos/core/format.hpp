// libos/core/format.hpp - builds a line of text: `{}` decimal or text, `{x}` hexadecimal.
//
// No allocation, no floats; what does not fit is cut off. Arguments beyond the braces are ignored,
// braces beyond the arguments stand as they are.

#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace libos {

struct FormatArgument {
    enum class Kind : std::uint8_t { number, negative, character, text };

    template <std::integral T>
    constexpr FormatArgument(T value) // NOLINT(google-explicit-constructor): that is its use
        : number{static_cast<std::uint64_t>(value)} {
        if constexpr (std::same_as<T, char>) {
            kind = Kind::character;
        } else if constexpr (std::signed_integral<T>) {
            if (value < 0) {
                kind = Kind::negative;
                number = std::uint64_t{0} - number;
            }
        }
    }
    constexpr FormatArgument(std::string_view value) : text{value}, kind{Kind::text} {}
    constexpr FormatArgument(const char* value) : text{value}, kind{Kind::text} {}

    std::string_view text;
    std::uint64_t number = 0;
    Kind kind = Kind::number;
};

class Line {
public:
    constexpr explicit Line(std::span<char> room) : room_{room} {}

    constexpr void append(char character) {
        if (length_ < room_.size())
            room_[length_++] = character;
    }
    constexpr void append(std::string_view text) {
        for (const char character : text)
            append(character);
    }
    constexpr void append_number(std::uint64_t number, std::uint64_t base) {
        char digits[20]{};
        std::size_t count = 0;
        do {
            digits[count++] = "0123456789abcdef"[number % base];
            number /= base;
        } while (number != 0);
        while (count != 0)
            append(digits[--count]);
    }

    constexpr void format(std::string_view pattern, std::span<const FormatArgument> arguments) {
        std::size_t next = 0;
        while (!pattern.empty()) {
            const bool hexadecimal = pattern.starts_with("{x}");
            if ((hexadecimal || pattern.starts_with("{}")) && next < arguments.size()) {
                append(arguments[next++], hexadecimal);
                pattern.remove_prefix(hexadecimal ? 3 : 2);
            } else {
                append(pattern.front());
                pattern.remove_prefix(1);
            }
        }
    }

    constexpr std::string_view text() const { return {room_.data(), length_}; }

private:
    constexpr void append(const FormatArgument& argument, bool hexadecimal) {
        switch (argument.kind) {
        case FormatArgument::Kind::negative:
            append('-');
            [[fallthrough]];
        case FormatArgument::Kind::number:
            append_number(argument.number, hexadecimal ? 16 : 10);
            break;
        case FormatArgument::Kind::character:
            append(static_cast<char>(argument.number));
            break;
        case FormatArgument::Kind::text:
            append(argument.text);
            break;
        }
    }

    std::span<char> room_;
    std::size_t length_ = 0;
};

} // namespace libos
