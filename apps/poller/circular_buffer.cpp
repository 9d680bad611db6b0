// apps/poller/circular_buffer.cpp - mapping the buffer, and making it smaller.

#include "apps/poller/circular_buffer.hpp"

#include "bindings/abi/translation.hpp"

namespace poller {

void CircularBuffer::open(std::uint32_t frames) {
    leaf_ = bind_leaf(address);
    count_ = frames < limit ? frames : limit;
    for (std::uint32_t i = 0; i != count_; ++i)
        frames_[i] = bind_frame();
    map();
}

void CircularBuffer::map() {
    for (std::uint32_t page = 0; page != 2 * count_; ++page)
        needed("mapping the buffer",
               call::install(leaf_, abi::Vpn{page}, frame(page), abi::access::write));
}

void CircularBuffer::unmap() {
    for (std::uint32_t page = 0; page != 2 * count_; ++page)
        needed("unmapping the buffer", call::remove(leaf_, abi::Vpn{page}));
}

void CircularBuffer::shrink(std::uint32_t count) {
    unmap();
    count_ -= count;
    auto* const batch = libos::request_area::at<Capability>(libos::request_area::capabilities);
    for (std::uint32_t i = 0; i != count; ++i)
        batch[i] = frames_[count_ + i];
    needed("giving frames back", call::drop_frames(libos::request_area::capabilities, count));
    map();
}

} // namespace poller
