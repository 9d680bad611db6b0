// libos/sync/participant.hpp - what each who takes part in a barrier keeps to itself.

#pragma once

#include <cstdint>

namespace libos::sync {

// One for each barrier and participant, in private memory. All name the same `count`, at most
// most_participants, and each another `index` below it. The sense is what this episode's flags are
// set to: it alternates, so flags are never reset. With zeroed flags it begins with 1.
struct Participant {
    std::uint32_t index;
    std::uint32_t count;
    std::uint64_t sense = 1;
    std::uint32_t parity = 0; // of the episode; only where flags come in two sets
};

} // namespace libos::sync
