// tools/verifier/verify.cpp - the list of rules, and asking each of them about each event.

#include "tools/verifier/verify.hpp"

#include <algorithm>

#include "tools/verifier/rules.hpp"

namespace verifier {
namespace {

struct Entry {
    Rule rule;
    EventCheck event = nullptr;
    WholeCheck whole = nullptr;
};

// In the order of a recording, then of the steps of a fault, then of a revocation.
constexpr Entry entries[] = {
    {{"nothing-lost", "the recording is whole: no ring lost a record and its end is there"},
     nullptr,
     rule::nothing_lost},
    {{"records-are-whole", "every record belongs to an event of a known kind, in a sound ring"},
     nullptr,
     rule::records_are_whole},
    {{"time-monotonic", "within a ring, time never runs backwards"}, nullptr, rule::time_monotonic},
    {{"origin-not-forged", "a libOS says nothing in the kernel's name or another libOS's"},
     nullptr,
     rule::origin_not_forged},
    {{"no-policy-decision-by-kernel", "victims and frames are chosen by libOSes only"},
     nullptr,
     rule::no_policy_decision_by_kernel},
    {{"run-begins-and-ends", "the kernel starts, and the first environment's end comes last"},
     nullptr,
     rule::run_begins_and_ends},
    {{"application-starts-and-ends", "an application ends once it has started, with its status"},
     nullptr,
     rule::application_starts_and_ends},
    {{"children-are-named-by-their-creator",
      "which program an environment runs is said by itself, or by who has created it"},
     nullptr,
     rule::children_are_named_by_their_creator},
    {{"counters-equal-events", "what the kernel counted of each kind is in the recording"},
     nullptr,
     rule::counters_equal_events},
    {{"only-started-environments-act", "nothing happens in an environment that is not alive"},
     rule::only_started_environments_act},
    {{"only-the-running-environment-acts", "whoever acts has the processor"},
     rule::only_the_running_environment_acts},
    {{"slice-is-its-owners", "a slice begins where it was given, no longer than it was given"},
     rule::slice_is_its_owners},
    {{"slice-ends-in-time", "nobody keeps a processor past a slice and its grace"},
     rule::slice_ends_in_time},
    {{"what-is-used-is-bound", "frames, page tables and capabilities in use were bound before"},
     rule::what_is_used_is_bound},
    {{"system-call-accounts-for-its-effects", "a system call did what it returns, and no more"},
     rule::system_call_accounts_for_its_effects},
    {{"threads-run-as-switched", "a libOS's threads run one after the other, as it says"},
     rule::threads_run_as_switched},
    {{"nobody-idles-who-could-run", "a thread that waits gives its processor to one that can run"},
     rule::nobody_idles_who_could_run},
    {{"fault-begins-with-detect", "step 1: the hardware raised what the libOS handles"},
     rule::fault_begins_with_detect},
    {{"upcall-follows-its-fault", "step 2: a fault is delivered at once, to its own environment"},
     rule::upcall_follows_its_fault},
    {{"registered-for-upcalls-is-the-libos-own", "step 2: entries and stacks are a libOS's own"},
     rule::registered_for_upcalls_is_the_libos_own},
    {{"upcall-enters-the-registered-entry", "step 2: the entry point is the one that was set"},
     rule::upcall_enters_the_registered_entry},
    {{"upcall-writes-only-its-save-area", "step 2: the frame lies in the PE's save area"},
     rule::upcall_writes_only_its_save_area},
    {{"handler-claims-match-kernel-facts", "what a libOS says agrees with what the kernel saw"},
     rule::handler_claims_match_kernel_facts},
    {{"handler-runs-for-its-upcall", "step 2: a libOS acts on an upcall in the upcall's handler"},
     rule::handler_runs_for_its_upcall},
    {{"claims-belong-to-an-open-fault", "what a libOS does for a fault, it does while it is open"},
     rule::claims_belong_to_an_open_fault},
    {{"exception-begins-with-detect", "the hardware raised it, in the environment that runs"},
     rule::exception_begins_with_detect},
    {{"exception-has-one-upcall", "each exception has one upcall, through the entry `exception`"},
     rule::exception_has_one_upcall},
    {{"exception-is-seen-as-it-was", "the libOS finds in its save area what the hardware saved"},
     rule::exception_is_seen_as_it_was},
    {{"exception-resumes-as-claimed", "a program goes on as saved, but for what was edited"},
     rule::exception_resumes_as_claimed},
    {{"timer-interrupt-has-no-upcall", "a timer interrupt is no reason to enter a libOS"},
     rule::timer_interrupt_has_no_upcall},
    {{"interrupted-program-goes-on-where-it-was", "after an interrupt: same rip, rsp and flags"},
     rule::interrupted_program_goes_on_where_it_was},
    {{"victim-only-when-no-frame-is-free", "step 3: nothing is evicted while a frame is free"},
     rule::victim_only_when_no_frame_is_free},
    {{"victim-is-resident", "step 3: the victim lies in the frame that is named, not in flight"},
     rule::victim_is_resident},
    {{"policy-is-told-what-is-so", "step 3: of resident pages, whose reference bits go with it"},
     rule::policy_is_told_what_is_so},
    {{"frames-keep-their-numbers", "step 3: each frame of a pool has one number, for ever"},
     rule::frames_keep_their_numbers},
    {{"removal-returns-the-bits", "step 4: the dirty bit that comes back is the translation's"},
     rule::removal_returns_the_bits},
    {{"removal-flushes-before-reuse", "step 4: the TLB forgets a page before its frame is reused"},
     rule::removal_flushes_before_reuse},
    {{"shootdown-is-answered-before-it-is-over",
      "a processor that has others' TLBs flushed goes on when they are"},
     rule::shootdown_is_answered_before_it_is_over},
    {{"dirty-victim-written-before-reuse", "step 4b: its write is complete before the reuse"},
     rule::dirty_victim_written_before_reuse},
    {{"clean-victim-not-written", "step 4b: a victim that was not dirty is not written"},
     rule::clean_victim_not_written},
    {{"read-into-bound-idle-frame", "step 5: the frame is bound, unmapped and under no other I/O"},
     rule::read_into_bound_idle_frame},
    {{"dma-frame-matches-request", "step 5: the device uses the frame that was asked for"},
     rule::dma_frame_matches_request},
    {{"nothing-goes-under-a-request", "frames and extents stay until the last request is over"},
     rule::nothing_goes_under_a_request},
    {{"page-keeps-its-block", "steps 4b, 5: a page has one place on the disk, all through the run"},
     rule::page_keeps_its_block},
    {{"requests-are-counted", "step 5: how many are in flight, and which of its ring each is"},
     rule::requests_are_counted},
    {{"every-request-has-the-same-service-time",
      "step 5: each is due equally long after its start"},
     rule::every_request_has_the_same_service_time},
    {{"read-waits-for-earlier-write-of-its-block", "step 5: no read overtakes a write"},
     rule::read_waits_for_earlier_write_of_its_block},
    {{"completion-matches-a-request", "step 6: what completes was submitted, once"},
     rule::completion_matches_a_request},
    {{"completion-has-an-entry-of-its-own", "step 6: it is not told of where faults are"},
     rule::completion_has_an_entry_of_its_own},
    {{"completion-goes-to-its-owner", "step 6: only the environment that asked is told"},
     rule::completion_goes_to_its_owner},
    {{"completion-follows-its-interrupt", "step 6: the disk interrupts for what it completes"},
     rule::completion_follows_its_interrupt},
    {{"completion-not-before-due", "step 6: no completion is seen before its time"},
     nullptr,
     rule::completion_not_before_due},
    {{"access-within-binding", "step 7: a translation permits no more than its binding"},
     rule::access_within_binding},
    {{"frame-was-free-or-a-victims", "step 7: a page gets a free frame or a victim's, no other"},
     rule::frame_was_free_or_a_victims},
    {{"install-after-read-completed", "step 7: a page is mapped when its data is there"},
     rule::install_after_read_completed},
    {{"join-needs-a-fault-in-flight",
      "a thread joins only what another one waits for, or what is read along"},
     rule::join_needs_a_fault_in_flight},
    {{"resume-after-install", "step 8: no thread resumes before its page is there"},
     rule::resume_after_install},
    {{"abandoned-because-refused", "step 7: a fault is given up only where a call was refused"},
     rule::abandoned_because_refused},
    {{"fault-ends-with-resume", "step 8: a thread that waits for a page does not run"},
     rule::fault_ends_with_resume},
    {{"resume-at-the-faulting-instruction", "step 8: same rip, rsp and flags as at the fault"},
     rule::resume_at_the_faulting_instruction},
    {{"no-system-call-between-install-and-resume", "step 8: resuming does not enter the kernel"},
     rule::no_system_call_between_install_and_resume},
    {{"no-fault-again-after-resume", "step 8: the page stays accessible until it is removed"},
     rule::no_fault_again_after_resume},
    {{"revocations-come-one-at-a-time", "revocation 1: numbered, of what is there, one each"},
     rule::revocations_come_one_at_a_time},
    {{"revocation-raises-its-upcalls", "revocation 1, 8: a libOS is told through its PE, once"},
     rule::revocation_raises_its_upcalls},
    {{"revocation-claims-match-kernel-facts", "revocation 2, 9, 10: a libOS says what is so"},
     rule::revocation_claims_match_kernel_facts},
    {{"revocation-ends-once-and-adds-up", "revocation 3: given, taken and missing are all of it"},
     rule::revocation_ends_once_and_adds_up},
    {{"who-complies-loses-nothing", "revocation 3: before the deadline only the holder gives back"},
     rule::who_complies_loses_nothing},
    {{"deadline-is-the-receivers-own-time",
      "revocation 4: it passes in time that it had, not later"},
     rule::deadline_is_the_receivers_own_time},
    {{"nothing-is-taken-before-the-deadline", "revocation 5: force comes last"},
     rule::nothing_is_taken_before_the_deadline},
    {{"guaranteed-frames-are-spared", "revocation 5: what is guaranteed stays"},
     rule::guaranteed_frames_are_spared},
    {{"force-touches-only-what-was-asked-for", "revocation 5: others lose nothing"},
     rule::force_touches_only_what_was_asked_for},
    {{"taken-frame-has-no-translation", "revocation 5: a frame that is taken is used no more"},
     rule::taken_frame_has_no_translation},
    {{"contents-are-saved-before-the-frame-is-free", "revocation 6: the write is over before that"},
     rule::contents_are_saved_before_the_frame_is_free},
    {{"repossession-tells-what-was-taken", "revocation 7: each binding, to whoever held it"},
     rule::repossession_tells_what_was_taken},
};

} // namespace

void Report::add(std::uint64_t sequence, std::string text) {
    auto count = std::ranges::find(counts_, rule_, &std::pair<const char*, std::size_t>::first);
    if (count == counts_.end())
        count = counts_.insert(count, {rule_, 0});
    if (++count->second <= violations_per_rule)
        violations_.push_back({rule_, sequence, std::move(text)});
}

std::vector<Violation> verify(const recording::Recording& recording) {
    Report report;
    State state(recording);
    for (const Event& event : recording.events) {
        // What is not is judged by origin-not-forged and no-policy-decision-by-kernel.
        if (!recording::of_true_origin(event))
            continue;
        for (const Entry& entry : entries) {
            if (entry.event == nullptr)
                continue;
            report.rule(entry.rule.name);
            entry.event(state, event, report);
        }
        state.apply(event);
    }
    for (const Entry& entry : entries) {
        if (entry.whole == nullptr)
            continue;
        report.rule(entry.rule.name);
        entry.whole(recording, report);
    }
    return report.take();
}

const std::vector<Rule>& rules() {
    static const std::vector<Rule> list = [] {
        std::vector<Rule> all;
        for (const Entry& entry : entries)
            all.push_back(entry.rule);
        return all;
    }();
    return list;
}

} // namespace verifier
