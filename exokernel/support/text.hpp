// exokernel/support/text.hpp - composing a line of text without a heap.

#pragma once

#include <cstdint>

namespace exokernel {

/// A line under construction; what does not fit is cut.
class Text {
public:
    Text& operator<<(const char* text) {
        while (*text != 0)
            put(*text++);
        return *this;
    }
    Text& operator<<(std::uint64_t number) {
        char digits[20];
        int count = 0;
        do {
            digits[count++] = static_cast<char>('0' + number % 10);
            number /= 10;
        } while (number != 0);
        while (count != 0)
            put(digits[--count]);
        return *this;
    }
    Text& hex(std::uint64_t number) {
        *this << "0x";
        int shift = 60;
        while (shift != 0 && number >> shift == 0)
            shift -= 4;
        for (; shift >= 0; shift -= 4)
            put("0123456789abcdef"[number >> shift & 15]);
        return *this;
    }
    void put(char character) {
        if (length_ + 1 < sizeof buffer_)
            buffer_[length_++] = character;
    }
    const char* c_str() {
        buffer_[length_] = 0;
        return buffer_;
    }

private:
    char buffer_[240];
    unsigned length_ = 0;
};

} // namespace exokernel
