// tools/recording_file/recording.hpp - a recording in memory, and how it is read from a file.
//
// Guarantees: events of all rings in one order, by time; an event's origin is its ring and
// `claim` says so, whatever its record says about itself. A damaged or truncated file gives what
// could be read, with `complete` false and a note; a foreign or newer one gives an error.
// No Cap'n Proto here: every C++17 or later file may include this.

#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bindings/abi/event.hpp"
#include "bindings/abi/recording.hpp"

namespace recording {

inline constexpr std::uint32_t format_version = 2;
inline constexpr std::uint32_t largest_event = 4; // records
inline constexpr std::uint32_t largest_payload = 11;

using Facts = std::vector<std::pair<std::string, std::string>>;

/// An event, put together from its 1 to 4 records.
struct Event {
    std::uint64_t sequence = 0; // order over all rings, from 0
    std::uint64_t time = 0;     // instructions since the kernel was entered
    std::uint32_t environment = 0;
    std::uint16_t processor = 0;
    std::uint16_t kind = 0; // an abi::Event, or a number that this version does not know
    std::uint32_t ring = 0; // index into Recording::rings
    bool claim = false;     // from a libOS ring
    std::uint32_t words = 0;
    std::array<std::uint64_t, largest_payload> payload{};
};

/// Whether its ring may say such a thing at all: what it may not is not so, whatever it says.
inline bool of_true_origin(const Event& event) {
    return event.claim == (event.kind >= abi::first_libos_event);
}

/// A ring as the file describes it.
struct Ring {
    abi::RingOrigin origin = abi::RingOrigin::none;
    std::uint32_t identity = 0; // kernel: processor; libOS: environment
    std::uint64_t records = 0;
    std::uint64_t lost = 0;
};

/// Why something was flagged. Values are those of the schema's Reason.
enum class Reason : std::uint16_t {
    none = 0,
    ring_outside_region = 1,
    ring_of_unknown_origin = 2,
    rings_overlap = 3,
    head_beyond_capacity = 4,
    head_ran_backwards = 5,
    head_moved_while_draining = 6,
    forged_kernel_event = 7,
    claim_in_kernel_ring = 8,
    foreign_environment = 9,
    foreign_processor = 10,
    time_ran_backwards = 11,
    time_before_entry = 12,
    unknown_kind = 13,
    broken_event = 14,
    further_flags_omitted = 15,
    impossible_result = 16,
};

/// One sentence for users.
const char* describe(Reason reason);

inline constexpr std::uint32_t no_ring = 0xffff'ffff; // Flag::ring: the region itself

struct Flag {
    std::uint32_t ring = no_ring;
    Reason reason = Reason::none;
    std::uint64_t record = 0; // number of the record in its ring
    friend bool operator==(const Flag& one, const Flag& other) {
        return one.ring == other.ring && one.reason == other.reason && one.record == other.record;
    }
};

struct Recording {
    Facts facts;
    abi::RunResult result{}; // its times are relative to kernel entry, too
    std::vector<Ring> rings;
    std::vector<Event> events;
    std::vector<Flag> flags;
    std::vector<std::string> notes; // what is wrong with the file or not in it, for users
    bool complete = true;           // the file was read to its end
};

/// Reads the recording at `path`. Without a value `error` says what is wrong and what to do.
std::optional<Recording> load(const std::string& path, std::string& error);

/// The value of fact `key`, or `otherwise`.
std::string fact(const Recording& recording, const std::string& key,
                 const std::string& otherwise = {});

} // namespace recording
