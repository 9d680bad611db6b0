// tests/host/recording/deleted_events_test.cpp - whatever is taken out of a recording, or changed
// in it, is noticed: every kind of event of the story, every field. What is not noticed is listed,
// with the reason, and must stay unnoticed: a new rule shortens the list.

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/host/recording/story.hpp"
#include "tools/verifier/verify.hpp"

using namespace story;

namespace {

struct Unnoticed {
    const char* what; // kind, or kind.field
    const char* why;
};

constexpr Unnoticed unnoticed[] = {
    {"bits_cleared (one)", "a flush may be done by other code than the pager"},
    {"fault_joined", "without it the fault is one that its libOS has not looked at yet"},
    {"application_ended", "an environment may end without its application having returned"},
    {"upcall (one)", "completions that follow one another may share an upcall"},
    {"frame_bound (one)", "a frame that is never used again shows no use of its binding"},
    {"idle", "how long nothing ran is nobody's time; only a deadline depends on it"},
    {"idle.ticks", "how long nothing ran is nobody's time; only a deadline depends on it"},
    {"idle.due", "only the kernel saw it; nothing else in the recording depends on it"},
    {"page_table_bound (one)", "a table that is never used shows no use of its binding"},
    {"page_table_bound.level", "a table that is never used shows no use of its binding"},
    {"environment_ended.status", "only the first environment's end is in the run's result"},
    {"environment_ended.reason", "only the first environment's end is in the run's result"},
    {"environment_ended.fault_address", "only the first environment's end is in the run's result"},
    {"entry_set.entry", "an entry that is never entered shows no use of it"},
    {"entry_set.address", "an entry that is never entered shows no use of it"},
    {"binding_made.receiver", "to whom something is granted, only its use there shows"},
    {"binding_broken.object",
     "only the kernel saw it; nothing else in the recording depends on it"},
    {"revocation_seen.used", "a remark of the libOS that no fact can confirm"},
    {"revocation_seen (one)", "a libOS that gives nothing back need not look"},
    {"frame_chosen", "a libOS may give back without saying what it chose"},
    {"repossession_seen (one)", "a libOS may look into its vector without saying so"},
    {"page_restored", "without it the page is read like any other"},
    {"write_back_submitted (one)", "a flush may be done by other code than the pager"},
    {"completion_seen (one)", "a flush may be done by other code than the pager"},
    {"thread_resumed (one)", "at the end, a thread need not run again"},
    {"thread_switched (one)", "which thread runs first is not known before the first switch"},
    {"kernel_started.frames",
     "only the kernel saw it; nothing else in the recording depends on it"},
    {"kernel_started.total_bytes",
     "only the kernel saw it; nothing else in the recording depends on it"},
    {"environment_started.entry",
     "only the kernel saw it; nothing else in the recording depends on it"},
    {"environment_ended.rip",
     "only the kernel saw it; nothing else in the recording depends on it"},
    {"interrupt.rip", "of one that arrives in the kernel, nothing else depends on it"},
    {"interrupt.rflags", "of one that arrives in the kernel, nothing else depends on it"},
    {"interrupt.rsp", "of one that arrives in the kernel, nothing else depends on it"},
    {"exception_resumed (one)", "at the end, a thread need not run again"},
    {"exception_resumed.rip", "where a handler moves its program to, only the libOS knows"},
    {"page_table_bound.root",
     "only the kernel saw it; nothing else in the recording depends on it"},
    {"page_table_bound.links",
     "only the kernel saw it; nothing else in the recording depends on it"},
    {"processor_environment_set.resume_begin",
     "no upcall of the story arrives in the resume sequence"},
    {"processor_environment_set.resume_end",
     "no upcall of the story arrives in the resume sequence"},
    {"upcall.pending", "only the kernel saw it; nothing else in the recording depends on it"},
    {"page_fault.address", "which byte of the page was meant, only the hardware knows"},
    {"system_call.call", "a call that does nothing else leaves no trace but its own event"},
    {"system_call.error", "a call that does nothing else leaves no trace but its own event"},
    {"system_call.value", "a call that does nothing else leaves no trace but its own event"},
    {"system_call.argument", "a call that does nothing else leaves no trace but its own event"},
    {"system_call.rip", "one that is not used twice cannot be compared"},
    {"bits_cleared.page",
     "a policy may look at accessed bits or not; no later event depends on it"},
    {"bits_cleared.count",
     "a policy may look at accessed bits or not; no later event depends on it"},
    {"bits_cleared.cleared",
     "a policy may look at accessed bits or not; no later event depends on it"},
    {"frame_bound.frame", "a frame that is never used again shows no use of its binding"},
    {"page_table_bound.address", "the address of a table is that of its first page, to the byte"},
    {"io_submitted.operation",
     "not where nothing that follows depends on it: the end of a run, or a flush"},
    {"write_back_submitted.cookie",
     "not where nothing that follows depends on it: the end of a run, or a flush"},
    {"completion_seen.sequence",
     "not where nothing that follows depends on it: the end of a run, or a flush"},
    {"mapped.sequence",
     "not where nothing that follows depends on it: the end of a run, or a flush"},
    {"victim_chosen.dirty",
     "not where nothing that follows depends on it: the end of a run, or a flush"},
    {"handler_entered.thread", "the first thread is not known before it is named once"},
    {"thread_switched.from", "the first thread is not known before it is named once"},
    {"handler_entered.save_area", "a pending upcall is handled without one"},
    {"handler_entered.sequence", "a remark of the libOS that no fact can confirm"},
    {"fault_seen.why", "a remark of the libOS that no fact can confirm"},
    {"fault_seen.region", "a remark of the libOS that no fact can confirm"},
    {"victim_chosen.candidates", "a remark of the libOS that no fact can confirm"},
    {"victim_chosen.policy", "a remark of the libOS that no fact can confirm"},
    {"victim_chosen.reason", "a remark of the libOS that no fact can confirm"},
    {"policy_told", "a policy may look at accessed bits or not; no later event depends on it"},
    {"policy_told.answer",
     "of what is dirty or pinned, nothing else in the recording depends on it"},
    {"no_victim", "a libOS may look for a victim in vain without saying so"},
    {"page_withdrawn", "a libOS may forget a page without saying so"},
    {"page_withdrawn.page", "a remark of the libOS that no fact can confirm"},
    {"page_withdrawn.frame", "a remark of the libOS that no fact can confirm"},
    {"pager_started", "a libOS need not say what it pages with"},
    {"pager_started.frames", "not where every frame of the pool is used: more may be there"},
    {"pager_started.seed", "a remark of the libOS that no fact can confirm"},
    {"pager_started.first_page", "a remark of the libOS that no fact can confirm"},
    {"pager_started.name0", "a remark of the libOS that no fact can confirm"},
    {"pager_started.name1", "a remark of the libOS that no fact can confirm"},
    {"pager_started.name2", "a remark of the libOS that no fact can confirm"},
    {"pager_started.name3", "a remark of the libOS that no fact can confirm"},
    {"pager_started.grace", "a remark of the libOS that no fact can confirm"},
    {"pager_started.batch", "a remark of the libOS that no fact can confirm"},
    {"pager_started.cluster", "a remark of the libOS that no fact can confirm"},
    {"pager_started.early", "a remark of the libOS that no fact can confirm"},
    {"frame_taken.free_frames", "a remark of the libOS that no fact can confirm"},
    {"thread_resumed.by_upcall", "a remark of the libOS that no fact can confirm"},
    {"mapped.thread", "a remark of the libOS that no fact can confirm"},
    {"mapped.access", "a remark of the libOS that no fact can confirm"},
    {"application_started.arguments", "a remark of the libOS that no fact can confirm"},
    {"application_started.name0", "a remark of the libOS that no fact can confirm"},
    {"application_started.name1", "a remark of the libOS that no fact can confirm"},
    {"application_started.name2", "a remark of the libOS that no fact can confirm"},
    {"application_started.name3", "a remark of the libOS that no fact can confirm"},
};

bool is_listed(const std::string& what) {
    return std::ranges::any_of(unnoticed, [&](const Unnoticed& each) { return what == each.what; });
}

std::vector<std::string> fields_of(const abi::EventDefinition& definition) {
    std::vector<std::string> fields;
    for (std::string_view rest = definition.fields; !rest.empty();) {
        const std::size_t end = std::min(rest.find(' '), rest.size());
        fields.emplace_back(rest.substr(0, end));
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return fields;
}

std::vector<std::size_t> places_of(const Recording& recording, Kind kind) {
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < recording.events.size(); ++i)
        if (recording.events[i].kind == static_cast<std::uint16_t>(kind))
            places.push_back(i);
    return places;
}

bool is_rejected(const Recording& recording) { return !verifier::verify(recording).empty(); }

} // namespace

TEST_CASE("a recording without one kind of event is rejected", "[recording][verifier]") {
    for (const abi::EventDefinition& definition : abi::event_definitions) {
        bool found = false, rejected = false;
        for (Recording recording : {correct_story(), revocation_story()}) {
            found = found || !places_of(recording, definition.event).empty();
            erase_all(recording, definition.event);
            rejected = rejected || is_rejected(recording);
        }
        INFO(definition.name);
        if (found)
            CHECK(rejected != is_listed(definition.name));
    }
}

TEST_CASE("a recording without any one event is rejected", "[recording][verifier]") {
    for (const Recording& whole : {correct_story(), revocation_story()})
        for (const abi::EventDefinition& definition : abi::event_definitions)
            for (const std::size_t place : places_of(whole, definition.event)) {
                Recording recording = whole;
                erase(recording, place);
                INFO(definition.name << " at " << place);
                if (!is_listed(definition.name) &&
                    !is_listed(definition.name + std::string(" (one)")))
                    CHECK(is_rejected(recording));
            }
}

TEST_CASE("a recording with any field changed is rejected", "[recording][verifier]") {
    const Recording stories[] = {correct_story(), revocation_story()};
    for (const abi::EventDefinition& definition : abi::event_definitions) {
        const std::vector<std::string> fields = fields_of(definition);
        for (std::size_t field = 0; field != fields.size(); ++field) {
            const std::string what = std::string(definition.name) + "." + fields[field];
            std::size_t accepted = 0, tried = 0;
            for (const Recording& whole : stories)
                for (const std::size_t place : places_of(whole, definition.event)) {
                    Recording recording = whole;
                    ++recording.events[place].payload[field];
                    ++tried;
                    if (!is_rejected(recording))
                        ++accepted;
                }
            INFO(what << ": " << accepted << " of " << tried << " accepted");
            if (tried != 0)
                CHECK((accepted == 0) != is_listed(what));
        }
    }
}
