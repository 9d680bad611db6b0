// tools/verifier/rules.hpp - the rules: one function each, by subject in rules/.
//
// A check sees the state before the event. Checks of the kernel's and the libOSes' doings see only
// events of true origin; those that judge origin itself are given the whole recording at once.

#pragma once

#include <string>
#include <utility>
#include <vector>

#include "tools/verifier/state.hpp"
#include "tools/verifier/verify.hpp"

namespace verifier {

/// Collects violations of one rule after the other.
class Report {
public:
    void rule(const char* name) { rule_ = name; }
    void add(std::uint64_t sequence, std::string text);
    std::vector<Violation> take() { return std::move(violations_); }

private:
    const char* rule_ = "";
    std::vector<Violation> violations_;
    std::vector<std::pair<const char*, std::size_t>> counts_;
};

using EventCheck = void (*)(const State&, const Event&, Report&);
using WholeCheck = void (*)(const recording::Recording&, Report&);

namespace rule {

// rules/recording.cpp
void nothing_lost(const recording::Recording&, Report&);
void records_are_whole(const recording::Recording&, Report&);
void time_monotonic(const recording::Recording&, Report&);
void origin_not_forged(const recording::Recording&, Report&);
void no_policy_decision_by_kernel(const recording::Recording&, Report&);

// rules/run.cpp
void run_begins_and_ends(const recording::Recording&, Report&);
void application_starts_and_ends(const recording::Recording&, Report&);
void children_are_named_by_their_creator(const recording::Recording&, Report&);
void counters_equal_events(const recording::Recording&, Report&);
void only_started_environments_act(const State&, const Event&, Report&);
void threads_run_as_switched(const State&, const Event&, Report&);
void handler_runs_for_its_upcall(const State&, const Event&, Report&);

// rules/slices.cpp
void slice_is_its_owners(const State&, const Event&, Report&);
void slice_ends_in_time(const State&, const Event&, Report&);

// rules/activations.cpp
void nobody_idles_who_could_run(const State&, const Event&, Report&);

// rules/bindings.cpp
void what_is_used_is_bound(const State&, const Event&, Report&);

// rules/shootdowns.cpp
void shootdown_is_answered_before_it_is_over(const State&, const Event&, Report&);

// rules/system_call.cpp
void system_call_accounts_for_its_effects(const State&, const Event&, Report&);

// rules/registration.cpp
void registered_for_upcalls_is_the_libos_own(const State&, const Event&, Report&);
void completion_has_an_entry_of_its_own(const State&, const Event&, Report&);

// rules/placement.cpp
void page_keeps_its_block(const State&, const Event&, Report&);

// rules/upcall.cpp, the last one rules/claims.cpp
void fault_begins_with_detect(const State&, const Event&, Report&);
void upcall_follows_its_fault(const State&, const Event&, Report&);
void upcall_enters_the_registered_entry(const State&, const Event&, Report&);
void upcall_writes_only_its_save_area(const State&, const Event&, Report&);
void handler_claims_match_kernel_facts(const State&, const Event&, Report&);
void claims_belong_to_an_open_fault(const State&, const Event&, Report&);

// rules/revocation.cpp
void revocations_come_one_at_a_time(const State&, const Event&, Report&);
void revocation_ends_once_and_adds_up(const State&, const Event&, Report&);
void deadline_is_the_receivers_own_time(const State&, const Event&, Report&);
void nothing_is_taken_before_the_deadline(const State&, const Event&, Report&);

// rules/force.cpp
void who_complies_loses_nothing(const State&, const Event&, Report&);
void guaranteed_frames_are_spared(const State&, const Event&, Report&);
void taken_frame_has_no_translation(const State&, const Event&, Report&);
void force_touches_only_what_was_asked_for(const State&, const Event&, Report&);

// rules/repossession.cpp
void contents_are_saved_before_the_frame_is_free(const State&, const Event&, Report&);
void repossession_tells_what_was_taken(const State&, const Event&, Report&);
void revocation_raises_its_upcalls(const State&, const Event&, Report&);

// rules/revocation_claims.cpp
void revocation_claims_match_kernel_facts(const State&, const Event&, Report&);

// rules/counted.cpp
void requests_are_counted(const State&, const Event&, Report&);
void every_request_has_the_same_service_time(const State&, const Event&, Report&);
void only_the_running_environment_acts(const State&, const Event&, Report&);

// rules/exceptions.cpp
void exception_begins_with_detect(const State&, const Event&, Report&);
void exception_has_one_upcall(const State&, const Event&, Report&);
void exception_is_seen_as_it_was(const State&, const Event&, Report&);
void exception_resumes_as_claimed(const State&, const Event&, Report&);

// rules/interrupts.cpp
void timer_interrupt_has_no_upcall(const State&, const Event&, Report&);
void interrupted_program_goes_on_where_it_was(const State&, const Event&, Report&);

// rules/replacement.cpp
void victim_only_when_no_frame_is_free(const State&, const Event&, Report&);
void victim_is_resident(const State&, const Event&, Report&);
void removal_returns_the_bits(const State&, const Event&, Report&);
void removal_flushes_before_reuse(const State&, const Event&, Report&);
void dirty_victim_written_before_reuse(const State&, const Event&, Report&);
void clean_victim_not_written(const State&, const Event&, Report&);

// rules/policy.cpp
void policy_is_told_what_is_so(const State&, const Event&, Report&);
void frames_keep_their_numbers(const State&, const Event&, Report&);

// rules/disk.cpp
void read_into_bound_idle_frame(const State&, const Event&, Report&);
void dma_frame_matches_request(const State&, const Event&, Report&);
void nothing_goes_under_a_request(const State&, const Event&, Report&);
void read_waits_for_earlier_write_of_its_block(const State&, const Event&, Report&);
void completion_matches_a_request(const State&, const Event&, Report&);
void completion_goes_to_its_owner(const State&, const Event&, Report&);
void completion_follows_its_interrupt(const State&, const Event&, Report&);
void completion_not_before_due(const recording::Recording&, Report&);

// rules/resume.cpp
void access_within_binding(const State&, const Event&, Report&);
void frame_was_free_or_a_victims(const State&, const Event&, Report&);
void install_after_read_completed(const State&, const Event&, Report&);
void join_needs_a_fault_in_flight(const State&, const Event&, Report&);
void fault_ends_with_resume(const State&, const Event&, Report&);
void resume_after_install(const State&, const Event&, Report&);
void abandoned_because_refused(const State&, const Event&, Report&);
void resume_at_the_faulting_instruction(const State&, const Event&, Report&);
void no_system_call_between_install_and_resume(const State&, const Event&, Report&);
void no_fault_again_after_resume(const State&, const Event&, Report&);

} // namespace rule

} // namespace verifier
