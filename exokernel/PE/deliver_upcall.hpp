// exokernel/PE/deliver_upcall.hpp - going back to ring 3, through a PE entry where one is due, and
// what an environment's upcalls are delivered by.

#pragma once

#include <expected>

#include "exokernel/environment/environment.hpp" // IWYU pragma: export

namespace exokernel {

/// The save area for an upcall of a fault or exception that has come now, as upcall.S decides it,
/// or why the environment ends instead. `in_sequence`: area 0 is still being resumed from.
std::expected<unsigned, EndReason> save_area(const Environment& environment, abi::Entry entry,
                                             bool in_sequence);

/// Loads `environment` and continues it: at a PE entry if an upcall is pending, upcalls are
/// enabled and the entry is set; else where it was interrupted. Steps 2 and 6 of a fault.
[[noreturn]] void return_to(Environment& environment);

/// Delivers a synchronous exception that came by the slow path, or ends the environment.
[[noreturn]] void deliver_exception(Environment& environment);

/// Takes a frame of the environment's for its PE page, or for a page of its request area: zeroed,
/// and pinned until it ends.
void make_pe_page(Environment& environment, const CapabilityEntry& frame);
void make_request_page(Environment& environment, unsigned index, const CapabilityEntry& frame);

/// Records the PE frame, the upcall stacks and the resume range as they are registered now.
void record_processor_environment(const Environment& environment);

} // namespace exokernel
