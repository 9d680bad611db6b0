// tests/guests/talkers/said.hpp - what each environment says, for guest and host.

#pragma once

#include <cstdint>

#include "bindings/random.hpp"

namespace talkers {

inline constexpr std::uint32_t count = 4;
inline constexpr std::uint32_t lines_of_each = 60;
inline constexpr std::uint32_t longest_piece = 300;

/// The text of one talker, a byte at a time: lines of 0 to 459 bytes, most of them its own letter,
/// some that move a cursor, some that look like what the exokernel writes.
class Said {
public:
    explicit constexpr Said(std::uint32_t talker) : talker_{talker}, random_{talker + 1} {}

    /// False when it has nothing more to say: its last line has no end.
    constexpr bool next(char& byte) {
        if (line_ == lines_of_each)
            return false;
        if (left_ == begin) {
            left_ = static_cast<std::int64_t>(random_.below(460));
            begins_like_the_kernel_ = random_.below(4) == 0;
            at_ = 0;
        }
        if (left_ == 0) {
            left_ = begin;
            byte = '\n';
            return ++line_ != lines_of_each;
        }
        --left_;
        constexpr char kernel[] = "exokernel: ", strange[] = "\r\x1b\b\x7f\t\a\v\f";
        if (begins_like_the_kernel_ && at_ != sizeof kernel - 1)
            byte = kernel[at_++];
        else if (random_.below(16) == 0)
            byte = strange[random_.below(sizeof strange - 1)];
        else
            byte = static_cast<char>('a' + talker_);
        return true;
    }

private:
    static constexpr std::int64_t begin = -1;
    std::uint32_t talker_, line_ = 0, at_ = 0;
    std::int64_t left_ = begin;
    bool begins_like_the_kernel_ = false;
    bindings::Random random_;
};

} // namespace talkers
