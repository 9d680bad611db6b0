// tests/qemu/support/disk.hpp - the test's I/O ring: requests, completions by looking, and waiting.

#pragma once

#include <cstdint>

#include "libos/core/upcall.hpp"
#include "libos/io/ring.hpp"
#include "tests/qemu/support/world.hpp"

namespace disk {

using abi::Capability;
using abi::IoOperation;
namespace call = libos::system_call;

inline libos::IoRing ring;
inline volatile abi::IoRing& shared() {
    return *reinterpret_cast<volatile abi::IoRing*>(abi::layout::io_ring);
}

/// A ring that is bound already: completions are looked for, not told.
inline void look() {
    ring = libos::IoRing{reinterpret_cast<abi::IoRing*>(abi::layout::io_ring)};
    ring.poll();
}

/// Binds the ring frame of the start information and looks for completions.
inline void open() {
    (void)check::needed("binding the I/O ring", call::bind_io_ring(world::start().ring_frame));
    look();
}

/// The same with a frame of the caller's own, which is not mapped yet.
inline void open(Capability ring_frame) {
    (void)check::needed("mapping the I/O ring",
                        call::install(world::start().low_table,
                                      page_of(abi::VirtualAddress{abi::layout::io_ring}),
                                      ring_frame, abi::access::write));
    (void)check::needed("binding the I/O ring", call::bind_io_ring(ring_frame));
    look();
}

inline void push(IoOperation operation, Capability extent, std::uint32_t block, Capability frame,
                 std::uint64_t cookie = 0) {
    ring.push({extent, frame, block, operation, cookie});
}

/// The next completion, waited for by looking; error 99 if none comes within a long time.
inline abi::IoCompletion next() {
    abi::IoCompletion completion{};
    for (int i = 0; i != 1'000'000; ++i) {
        if (ring.take(completion))
            return completion;
        asm volatile("pause");
    }
    return {0, 99, 0};
}

/// One request and its completion.
inline abi::IoCompletion perform(IoOperation operation, Capability extent, std::uint32_t block,
                                 Capability frame) {
    push(operation, extent, block, frame, block);
    (void)call::submit_io();
    return next();
}

/// The error with which one request completes.
inline check::Value attempted(IoOperation operation, Capability extent, std::uint32_t block,
                              Capability frame) {
    const std::uint32_t error = perform(operation, extent, block, frame).error;
    if (error != 0)
        return std::unexpected(static_cast<abi::Error>(error));
    return 0;
}

} // namespace disk
