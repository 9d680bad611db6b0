// bindings/abi/io_ring.hpp - the request/completion ring of a libOS for disk I/O.
//
// One pinned frame. Indices run freely (modulo 2^32) and are reduced by `io_ring_slots`. The libOS
// publishes requests by advancing `request_producer` and rings the doorbell (`submit_io`, one call
// for many); the kernel copies each request once, checks the copy and then starts it. It publishes
// completions by advancing `completion_producer`, in any order of requests (`cookie` tells). It
// does not wait for `completion_consumer`: where more than io_ring_slots are untaken, the oldest
// are overwritten. Who has no more than that many requests out and completions untaken loses none.
//
// Event suppression, as in Xen's rings and virtio's event index: an `io_completion` upcall is
// raised when completion_producer passes `completion_event`, that is when
// (new - event) < (new - old) in 32-bit arithmetic. To be told of the next completion set
// completion_event = completion_consumer + 1, then look once more at completion_producer. To poll,
// set it to completion_consumer - 1: it is then never passed.

#pragma once

#include <cstdint>
#include <type_traits>

#include "bindings/abi/capability.hpp"

namespace abi {

inline constexpr std::uint32_t io_ring_slots = 64;
inline constexpr std::uint32_t io_in_flight_limit = 32; // of the device, all environments together
inline constexpr std::uint64_t block_size = 4096;

enum class IoOperation : std::uint32_t {
    read = 0,  // block -> frame; needs `read` on the extent and `write` on the frame
    write = 1, // frame -> block; needs `write` on the extent and `read` on the frame
};

struct IoRequest {
    Capability extent;
    Capability frame;
    std::uint32_t block; // of 4 KiB, from the extent's first
    IoOperation operation;
    std::uint64_t cookie; // comes back in the completion
};
static_assert(sizeof(IoRequest) == 32 && std::is_standard_layout_v<IoRequest>);

struct IoCompletion {
    std::uint64_t cookie;
    std::uint32_t error;   // 0 or an Error
    std::uint32_t request; // the kernel's number of the request, as in the recording
};
static_assert(sizeof(IoCompletion) == 16 && std::is_standard_layout_v<IoCompletion>);

struct IoRing {
    std::uint32_t request_producer;    // libOS
    std::uint32_t request_consumer;    // kernel (mirror; it trusts its own copy)
    std::uint32_t completion_producer; // kernel (mirror)
    std::uint32_t completion_consumer; // libOS
    std::uint32_t completion_event;    // libOS
    std::uint32_t reserved[11];
    IoRequest requests[io_ring_slots];
    IoCompletion completions[io_ring_slots];
};
static_assert(sizeof(IoRing) == 64 + 64 * 32 + 64 * 16 && std::is_standard_layout_v<IoRing>);

} // namespace abi
