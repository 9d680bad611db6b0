// apps/poller/circular_buffer.hpp - a circular buffer whose frames are mapped twice.
//
// The second mapping follows the first, so that what begins near the end of the buffer goes on
// behind it in one piece: nobody who reads it has to think of the wrap. The price is two
// translations a frame; the page table is the libOS's own, and asking for that is nothing special.

#pragma once

#include "apps/poller/own.hpp"

namespace poller {

class CircularBuffer {
public:
    static constexpr std::uint32_t limit = 64; // frames

    /// Binds `frames` frames and maps them. Call once.
    void open(std::uint32_t frames);

    std::uint32_t frames() const { return count_; }
    std::uint64_t bytes() const { return std::uint64_t{count_} * abi::page_size; }
    Capability frame(std::uint64_t index) const { return frames_[index % count_]; }

    /// The buffer's bytes from stream position `at` on: up to bytes() of them, in one piece.
    const char* at(std::uint64_t position) const {
        return reinterpret_cast<const char*>(address) + position % bytes();
    }
    char* at(std::uint64_t position) {
        return reinterpret_cast<char*>(address) + position % bytes();
    }

    /// Gives back the last `count` frames. What the buffer holds is lost.
    void shrink(std::uint32_t count);

private:
    static constexpr std::uint64_t address = std::uint64_t{1} << 30;

    void map();
    void unmap();

    Capability leaf_;
    Capability frames_[limit];
    std::uint32_t count_ = 0;
};

} // namespace poller
