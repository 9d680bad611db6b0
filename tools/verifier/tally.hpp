// tools/verifier/tally.hpp - the effects of a system call, counted until its own event comes.

#pragma once

#include <cstdint>

namespace verifier {

// What the system call under way has done that its own event must account for.
struct Tally {
    std::uint32_t installed = 0, removed = 0, changed = 0, cleared = 0;
    std::uint32_t frames = 0, tables = 0, made = 0, requests = 0;
    std::uint64_t made_capability = 0; // of the last binding that was made
    std::uint64_t table = 0;           // frame of the table that was written last
    std::uint64_t bits = 0, count = 0; // that the call must return
    std::uint32_t entries = 0, setups = 0, guaranteed = 0, revocations = 0;
    std::uint64_t entry_environment = 0; // whose entry was set last
    std::uint64_t made_parent = 0, made_receiver = 0;
    std::uint64_t guaranteed_capability = 0;
    std::uint64_t given_taken = 0, missing = 0; // of the revocation that ended
    std::uint64_t broken_capability = 0;        // of the caller's own binding that was broken last
    std::uint64_t created = 0, started = 0;     // environments
};

} // namespace verifier
