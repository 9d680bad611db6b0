// tools/recording_file/assemble.hpp - puts the records of one ring together to events, and flags
// whatever cannot be right about them.
//
// Used twice, on purpose: the recorder flags what it drains, and the reader does not believe a
// file that its recorder was honest. Records may say anything; no input is unsafe.

#pragma once

#include <cstdint>
#include <vector>

#include "tools/recording_file/recording.hpp"

namespace recording {

inline constexpr std::size_t flags_per_ring = 1000; // then `further_flags_omitted`

class Assembler {
public:
    /// `processors`: identities of the kernel rings of the same region.
    Assembler(std::uint32_t ring, const Ring& description, std::vector<std::uint32_t> processors);

    /// Takes the next record. Events that it completes are appended to `events` (if given).
    void take(const abi::Record& record, std::vector<Event>* events);

    /// Records are missing before the next one taken: an event cannot reach across.
    void skip(std::uint64_t count);

    /// Nothing follows. With `cut` the ring goes on, but not in this file.
    void end(bool cut, std::vector<Event>* events);

    void flag(Reason reason, std::uint64_t record);
    const std::vector<Flag>& flags() const { return flags_; }

private:
    void begin(const abi::Record& record, std::vector<Event>* events);
    void follow(const abi::Record& record, std::vector<Event>* events);
    void check_origin(const abi::Record& record);
    void emit(std::vector<Event>* events);
    void drop_incomplete();

    std::uint32_t ring_;
    Ring description_;
    std::vector<std::uint32_t> processors_;
    std::vector<Flag> flags_;
    std::uint64_t next_ = 0; // number of the next record
    std::uint64_t last_time_ = 0;
    Event event_;         // being put together
    abi::Record first_{}; // its first record
    std::uint64_t first_number_ = 0;
    std::uint32_t expected_ = 0; // records of it; 0: unknown kind, as many as follow
    std::uint32_t have_ = 0;     // records of it so far; 0: none is being put together
    bool orphans_ = false;       // the record before was a follow record without a first one
};

} // namespace recording
