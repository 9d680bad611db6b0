// libos/core/record.hpp - the libOS's own recording: writes 32-byte records into its ring.
//
// Events and fields are those of bindings/abi/event.hpp; the ring's pages are mapped as they are
// reached. When the ring is full the run ends and says so: a recording is whole or is none.
// Code on budgeted paths is compiled twice, with and without recording (`Recording`), and the
// start chooses one, so that recording switched off costs nothing there.

#pragma once

#include <cstdint>

#include "bindings/abi/event.hpp"
#include "bindings/abi/recording.hpp"

namespace libos::recording {

enum class Recording : bool { off, on };

namespace detail {
struct Ring {
    abi::Record* next;  // where the next record goes; null while recording is off
    abi::Record* limit; // end of what is mapped so far
    abi::RingHeader* header;
    std::uint32_t environment;
    std::uint16_t processor;
};
extern Ring ring;

/// Maps more of the ring; ends the run when there is no more.
void extend();
} // namespace detail

/// Maps the ring if this environment was given one.
void start();

inline bool is_on() { return detail::ring.next != nullptr; }

/// Makes room for what one handler writes, so that no system call falls between the installation
/// of a translation and the resumption of its thread.
inline void prepare() {
    if (detail::ring.limit - detail::ring.next < 1024) [[unlikely]]
        detail::extend();
}

/// Writes `event` with its payload words in the order of its definition; missing ones are 0.
/// Call only while recording is on. Cost: at most 40 instructions a record (`exo bench emit`).
template <abi::Event event, class... Words> void emit(Words... words) {
    constexpr std::uint32_t records = abi::records_of(event);
    constexpr std::uint32_t room = 2 + 3 * (records - 1);
    static_assert(sizeof...(Words) <= room, "more payload words than the event has");
    const std::uint64_t payload[room] = {static_cast<std::uint64_t>(words)...};
    while (detail::ring.limit - detail::ring.next < records) [[unlikely]]
        detail::extend();
    abi::Record* const to = detail::ring.next;
    for (std::uint32_t i = 0; i < records; ++i) {
        to[i].time = i == 0 ? __builtin_ia32_rdtsc() : payload[3 * i - 1];
        to[i].environment = detail::ring.environment;
        to[i].processor = detail::ring.processor;
        to[i].kind = static_cast<std::uint16_t>(static_cast<std::uint32_t>(event) |
                                                i << abi::record_follow_shift);
        to[i].a = payload[i == 0 ? 0 : 3 * i];
        to[i].b = payload[i == 0 ? 1 : 3 * i + 1];
    }
    detail::ring.next = to + records;
    // The host reads up to `head`: it moves only behind records that are complete.
    asm volatile("" ::: "memory");
    detail::ring.header->head += records;
}

/// The same for code that is off the budgeted paths: asks whether recording is on.
template <abi::Event event, class... Words> void note(Words... words) {
    if (is_on())
        emit<event>(words...);
}

} // namespace libos::recording
