// tools/recording_file/checksum.hpp - tells a file that was damaged from one that was not.
//
// Each step is a bijection of the sum, so a change of one word always shows, and any other with
// all but one chance in 2^64. It is no protection against someone who means to deceive.

#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace recording {

class Checksum {
public:
    Checksum& add(std::uint64_t word) {
        sum_ = (sum_ ^ word) * 0x9e37'79b9'7f4a'7c15;
        sum_ ^= sum_ >> 32; // else the highest bit of each word would stay the highest
        return *this;
    }
    Checksum& add(std::string_view text) {
        add(text.size());
        for (; !text.empty(); text.remove_prefix(text.size() < 8 ? text.size() : 8)) {
            std::uint64_t word = 0;
            std::memcpy(&word, text.data(), text.size() < 8 ? text.size() : 8);
            add(word);
        }
        return *this;
    }
    std::uint64_t value() const { return sum_; }

private:
    std::uint64_t sum_ = 0xcbf2'9ce4'8422'2325;
};

} // namespace recording
