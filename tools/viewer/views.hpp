// tools/viewer/views.hpp - the views that `walk` chooses from, one file each.

#pragma once

#include <string>
#include <vector>

#include "tools/viewer/exceptions.hpp"
#include "tools/viewer/faults.hpp"
#include "tools/viewer/revocations.hpp"
#include "tools/viewer/shootdowns.hpp"
#include "tools/viewer/walk.hpp"

namespace viewer {

/// How often something happened in the run.
struct Counts {
    std::uint64_t faults = 0, evictions = 0, writebacks = 0, reads = 0, joined = 0, exceptions = 0,
                  system_calls = 0, interrupts = 0;
    std::uint64_t kernel_events = 0, claims = 0;
};
Counts count(const recording::Recording& recording, const std::vector<Fault>& faults);

/// The number of the fault to show when none is asked for (walk.hpp, default_fault).
std::uint64_t worth_showing(const std::vector<Fault>& faults);

/// The fault that cost most work; nullptr if there is none.
const Fault* costliest(const std::vector<Fault>& faults);

std::string revocation_text(const recording::Recording& recording, const Revocation& revocation,
                            std::size_t revocations, const WalkOptions& options);
/// One line each, with a heading; empty if there was none.
std::string revocations_text(const std::vector<Revocation>& revocations,
                             const WalkOptions& options);
std::string shootdown_text(const recording::Recording& recording, const Shootdown& shootdown,
                           std::size_t shootdowns, const WalkOptions& options);
/// What each processor did, and the first shootdowns, a line each; empty if there is one processor.
std::string processors_text(const recording::Recording& recording, const WalkOptions& options);
std::string fault_text(const recording::Recording& recording, const Fault& fault,
                       std::size_t faults, const WalkOptions& options);
std::string exception_text(const recording::Recording& recording, const Exception& exception,
                           std::size_t exceptions, const WalkOptions& options);
/// The first `listed` of them, a line each.
std::string exceptions_table(const std::vector<Exception>& exceptions, std::size_t listed,
                             bool colours);
std::string overview_text(const recording::Recording& recording, const std::vector<Fault>& faults,
                          const std::vector<Exception>& exceptions, const WalkOptions& options);
std::string ostep(const recording::Recording& recording, const std::vector<Fault>& faults,
                  const WalkOptions& options);
/// Empty, with the reason in `error`, if there is no page to name.
std::string reference_words(const recording::Recording& recording, const std::vector<Fault>& faults,
                            std::string& error);
/// `note` says what is left out, if anything is.
std::string perfetto(const recording::Recording& recording, const std::vector<Fault>& faults,
                     const WalkOptions& options, std::string& note);
std::string fault_json(const recording::Recording& recording, const Fault& fault);
std::string exception_json(const recording::Recording& recording, const Exception& exception);
std::string revocation_json(const recording::Recording& recording, const Revocation& revocation);
std::string shootdown_json(const recording::Recording& recording, const Shootdown& shootdown);
std::string overview_json(const recording::Recording& recording, const std::vector<Fault>& faults);

} // namespace viewer
