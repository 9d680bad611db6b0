// tools/comparison/row.hpp - the figures of one run, booted or simulated.

#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace comparison {

using Figure = std::optional<std::uint64_t>; // nothing: the run does not have it

struct Row {
    std::string run; // as the user calls it
    std::string app; // empty: simulated
    std::string policy;
    std::string mode;     // of a simulated run: "hw", "exact"
    std::string workload; // equal: the same work; empty: not known
    std::string outcome = "ended";
    std::uint64_t exit = 0; // status of `exo run`
    std::uint64_t frames = 0;
    bool recorded = false;

    Figure seed;
    Figure references; // of a simulated run; who boots does not count hits
    Figure faults, evictions;
    Figure writebacks;   // pages; simulated: dirty evictions and early writes
    Figure instructions; // of the whole run, waiting excluded
    Figure cleared;      // reference bits, simulated
    Figure fallbacks;    // victims that FIFO chose instead of the policy
    Figure victims;      // victims_hash

    /// The run came to its end, and well.
    bool good() const { return outcome == "ended" && exit == 0; }

    /// The policy; one that runs in another mode than `usual` says so.
    std::string policy_in(const std::string& usual) const {
        return mode == usual ? policy : policy + " (" + mode + ")";
    }
};

/// `part` of each of `whole`, rounded, in units of 1/`unit`; nothing if either is not known or
/// `whole` is 0.
inline Figure share(const Figure& part, const Figure& whole, std::uint64_t unit = 1) {
    if (!part || !whole || *whole == 0)
        return std::nullopt;
    return (*part * unit + *whole / 2) / *whole;
}

/// Instructions of the whole run, the app's own too, for each of its faults.
inline Figure instructions_per_fault(const Row& row) { return share(row.instructions, row.faults); }

} // namespace comparison
