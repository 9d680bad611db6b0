// tools/viewer/walk_json.cpp - a fault or the overview as one JSON object.

#include "bindings/abi/system_call.hpp"
#include "tools/viewer/discontinuities.hpp"
#include "tools/viewer/names.hpp"
#include "tools/viewer/processors.hpp"
#include "tools/viewer/text.hpp"
#include "tools/viewer/views.hpp"
#include "tools/viewer/words.hpp"

namespace viewer {

namespace {

void put_summary(Json& json, const Fault& fault) {
    json.number("fault", fault.number)
        .number("environment", fault.environment)
        .number("page", fault.page);
    if (fault.thread)
        json.number("thread", *fault.thread);
    if (fault.end_reason)
        json.number("end_reason", *fault.end_reason);
    if (fault.victim_page)
        json.number("victim_page", *fault.victim_page);
    json.boolean("written_back", fault.written_back)
        .boolean("read", fault.read)
        .boolean("joined", fault.joined)
        .boolean("abandoned", fault.abandoned)
        .boolean("resumed", fault.resumed)
        .number("instructions", fault.cost)
        .number("elapsed", fault.elapsed);
}

// Whether the file was whole, and what was not.
void put_state(Json& json, const recording::Recording& recording) {
    json.number("flags", recording.flags.size())
        .boolean("complete", recording.complete)
        .begin_array("notes");
    for (const std::string& note : recording.notes)
        json.text(nullptr, note);
    json.end();
}

void put_events(Json& json, const recording::Recording& recording,
                const std::vector<StepEvent>& events) {
    const Names names(recording);
    const Processors processors(recording);
    json.begin_array("events");
    for (const StepEvent& of_fault : events) {
        const recording::Event& event = recording.events[of_fault.index];
        json.begin_object()
            .text("step", step_number(of_fault.step))
            .text("who", names.actor(event))
            .boolean("claim", event.claim)
            .text("event", name_of_kind(event))
            .text("sentence", sentence(recording, event))
            .text("source", source_of(event))
            .number("processor", processors.of(of_fault.index))
            .number("sequence", event.sequence)
            .number("time", event.time)
            .number("instructions", of_fault.cost)
            .number("waited", of_fault.waited)
            .begin_object("fields");
        for (const Field& value : fields(event))
            json.number(value.name.c_str(), value.value);
        json.end().end();
    }
    json.end();
}

} // namespace

std::string fault_json(const recording::Recording& recording, const Fault& fault) {
    Json json;
    json.begin_object();
    put_summary(json, fault);
    put_state(json, recording);
    put_events(json, recording, fault.events);
    return json.end().string() + "\n";
}

std::string exception_json(const recording::Recording& recording, const Exception& exception) {
    Json json;
    json.begin_object()
        .number("exception", exception.number)
        .text("what", what_of(exception))
        .text("outcome", outcome_of(exception))
        .number("environment", exception.environment)
        .number("rip", exception.rip);
    if (exception.kind != Exception::Kind::system_call)
        json.number("vector", exception.vector);
    if (exception.thread)
        json.number("thread", *exception.thread);
    if (exception.resumed_rip)
        json.number("resumed_rip", *exception.resumed_rip);
    if (exception.end_reason)
        json.number("end_reason", *exception.end_reason);
    json.number("instructions", exception.cost).number("elapsed", exception.elapsed);
    put_state(json, recording);
    put_events(json, recording, exception.events);
    return json.end().string() + "\n";
}

std::string revocation_json(const recording::Recording& recording, const Revocation& revocation) {
    Json json;
    json.begin_object()
        .number("revocation", revocation.number)
        .number("asker", revocation.asker)
        .number("receiver", revocation.receiver)
        .number("kind", revocation.kind)
        .number("count", revocation.count)
        .number("deadline", revocation.deadline)
        .boolean("expired", revocation.expired)
        .boolean("ended", revocation.ended)
        .number("dead", revocation.dead)
        .number("given", revocation.given)
        .number("taken", revocation.taken)
        .number("missing", revocation.missing)
        .number("instructions", revocation.cost)
        .number("elapsed", revocation.elapsed);
    put_events(json, recording, revocation.events);
    return json.end().string() + "\n";
}

std::string shootdown_json(const recording::Recording& recording, const Shootdown& shootdown) {
    Json json;
    json.begin_object()
        .number("shootdown", shootdown.number)
        .number("environment", shootdown.environment)
        .number("processor", shootdown.processor)
        .number("removed", shootdown.removed)
        .number("changed", shootdown.changed)
        .begin_array("asked");
    for (const Shootdown::Asked& asked : shootdown.asked)
        json.begin_object()
            .number("processor", asked.processor)
            .number("running", asked.running)
            .boolean("answered", asked.has_answered)
            .end();
    json.end();
    if (shootdown.over)
        json.number("over", *shootdown.over);
    json.number("instructions", shootdown.cost).number("elapsed", shootdown.elapsed);
    put_state(json, recording);
    put_events(json, recording, shootdown.events);
    return json.end().string() + "\n";
}

std::string overview_json(const recording::Recording& recording, const std::vector<Fault>& faults) {
    const Counts counts = count(recording, faults);
    const abi::RunResult& result = recording.result;
    Json json;
    json.begin_object().begin_object("facts");
    for (const auto& [key, value] : recording.facts)
        json.text(key.c_str(), value);
    json.end()
        .text("outcome", name_of(result.outcome))
        .number("status", result.status)
        .text("message", result.message)
        .number("instructions_start", result.ticks_at_start)
        .number("instructions_end", result.ticks_at_end)
        .number("instructions_idle", result.idle_ticks)
        .number("faults", counts.faults)
        .number("evictions", counts.evictions)
        .number("writebacks", counts.writebacks)
        .number("reads", counts.reads)
        .number("joined", counts.joined)
        .number("exceptions", counts.exceptions)
        .number("system_calls", counts.system_calls)
        .number("interrupts", counts.interrupts)
        .number("processors", Processors(recording).all().size())
        .number("shootdowns", find_shootdowns(recording, 0).size())
        .number("kernel_events", counts.kernel_events)
        .number("claims", counts.claims);
    put_state(json, recording);
    if (const Fault* fault = costliest(faults)) {
        json.begin_object("costliest");
        put_summary(json, *fault);
        json.end();
    }
    return json.end().string() + "\n";
}

} // namespace viewer
