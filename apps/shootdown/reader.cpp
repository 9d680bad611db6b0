// apps/shootdown/reader.cpp - reading, round after round.

#include "apps/shootdown/reader.hpp"

#include "bindings/abi/address.hpp"
#include "libos/core/heap.hpp"
#include "libos/core/start.hpp"

namespace shootdown {

int read_until_told() {
    const abi::Capability frame = libos::start_information().lent[0];
    auto& shared = *reinterpret_cast<Shared*>(libos::heap::adopt_pages({&frame, 1}));
    for (std::uint64_t done = 0;;) {
        const std::uint64_t round = shared.round;
        if (round == last_round)
            return 0;
        if (round == done) {
            pause();
            continue;
        }
        std::uint64_t sum = 0;
        for (std::uint64_t i = 0; i != pages; ++i)
            sum += *reinterpret_cast<volatile std::uint64_t*>(pages_begin + i * abi::page_size);
        shared.sum = sum;
        shared.finished = done = round;
    }
}

} // namespace shootdown
