// exokernel/console/console.hpp - the serial console: lines, composed without a heap, never mixed.

#pragma once

#include <cstdint>

namespace exokernel {

struct Environment;

/// A line under construction; what does not fit is cut.
class Text {
public:
    Text& operator<<(const char* text) {
        while (*text != 0)
            put(*text++);
        return *this;
    }
    Text& operator<<(std::uint64_t number) { return put(number, 10); }
    Text& hex(std::uint64_t number) { return (*this << "0x").put(number, 16); }
    void put(char character) {
        if (length_ + 1 < sizeof buffer_)
            buffer_[length_++] = character;
    }
    const char* c_str() const { return buffer_; }

private:
    Text& put(std::uint64_t number, unsigned base) {
        char digits[20];
        int count = 0;
        do {
            digits[count++] = "0123456789abcdef"[number % base];
            number /= base;
        } while (number != 0);
        while (count != 0)
            put(digits[--count]);
        return *this;
    }

    char buffer_[240]{};
    unsigned length_ = 0;
};

/// The kernel's own line: "exokernel: " and the text.
void print_line(const Text& text);

/// What an environment has written of a line that it did not end.
void flush_console_line(Environment& environment);

} // namespace exokernel
