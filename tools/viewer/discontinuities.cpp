// tools/viewer/discontinuities.cpp - the first of each kind, and the sentences about each.

#include "tools/viewer/discontinuities.hpp"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "bindings/abi/exception.hpp"
#include "bindings/abi/processor_environment.hpp"
#include "bindings/abi/system_call.hpp"
#include "tools/viewer/clock.hpp"
#include "tools/viewer/episodes.hpp"
#include "tools/viewer/processors.hpp"
#include "tools/viewer/words.hpp"

namespace viewer {

using Kind = abi::Event;
using recording::Event;

namespace {

bool is(const Event& event, Kind kind) {
    return static_cast<Kind>(event.kind) == kind && recording::of_true_origin(event);
}

void give(Exception& owner, std::size_t index, std::uint32_t step, std::uint64_t cost) {
    owner.events.push_back({.index = index, .step = step, .cost = cost});
    owner.cost += cost;
    owner.elapsed += cost;
}

/// Interrupts of programs that go on after them: through an upcall, or as if nothing had been.
class Interrupts {
public:
    void take(std::size_t index, const Event& event, std::uint16_t processor, std::uint64_t cost) {
        Exception& found = under_way_[processor];
        if (is(event, Kind::interrupt) && field(event, "ring") == 3) {
            finish(found);
            found = {.kind = Exception::Kind::interrupt,
                     .environment = event.environment,
                     .rip = field(event, "rip")};
            cost = 0; // what came before was the program's
        } else if (found.events.empty()) {
            return;
        }
        if (is(event, Kind::interrupt)) {
            found.vector = field(event, "vector");
            give(found, index, step_detect, cost);
        } else if (is(event, Kind::io_completed) && !found.entry) {
            give(found, index, step_detect, cost);
        } else if (is(event, Kind::upcall) && event.environment == found.environment &&
                   !found.entry) {
            found.entry = field(event, "entry");
            give(found, index, step_upcall, cost);
        } else if (is(event, Kind::handler_entered) && found.entry && !found.thread) {
            found.thread = field(event, "thread");
            give(found, index, step_upcall, cost);
        } else if (is(event, Kind::resumed_by_iret) && event.environment == found.environment &&
                   field(event, "rip") == found.rip && !found.entry) {
            found.resumed_rip = found.rip;
            found.by_iret = true;
            give(found, index, step_resume, cost);
            finish(found);
        } else {
            finish(found); // something else was done first
        }
    }

    std::vector<Exception> first_of_each() {
        for (auto& [processor, found] : under_way_)
            finish(found);
        return std::move(first_);
    }

private:
    void finish(Exception& found) {
        if ((found.entry || found.resumed_rip) && known_.emplace(found.vector, found.entry).second)
            first_.push_back(found);
        found = {};
    }

    std::map<std::uint16_t, Exception> under_way_; // by processor
    std::vector<Exception> first_;
    std::set<std::pair<std::uint64_t, std::optional<std::uint64_t>>> known_;
};

Exception of_fault(const recording::Recording& recording, const Fault& fault) {
    Exception made{.kind = Exception::Kind::page_fault,
                   .environment = fault.environment,
                   .vector = abi::exception::page_fault,
                   .thread = fault.thread,
                   .end_reason = fault.end_reason,
                   .cost = fault.cost,
                   .elapsed = fault.elapsed,
                   .events = fault.events};
    for (const StepEvent& each : fault.events) {
        const Event& event = recording.events[each.index];
        if (is(event, Kind::page_fault))
            made.rip = field(event, "rip");
        else if (is(event, Kind::upcall) && !made.entry)
            made.entry = field(event, "entry");
        else if (is(event, Kind::thread_resumed))
            made.resumed_rip = field(event, "rip");
    }
    return made;
}

/// The call at `index`; the exokernel's next event on that processor says whether it went back by
/// iret.
Exception of_call(const recording::Recording& recording, std::size_t index) {
    const Event& event = recording.events[index];
    Exception made{.kind = Exception::Kind::system_call,
                   .environment = event.environment,
                   .vector = field(event, "call"),
                   .rip = field(event, "rip"),
                   .resumed_rip = field(event, "rip")};
    give(made, index, step_resume, 0);
    for (std::size_t next = index + 1; next < recording.events.size(); ++next) {
        if (recording.events[next].claim || recording.events[next].processor != event.processor)
            continue;
        made.by_iret = is(recording.events[next], Kind::resumed_by_iret);
        if (made.by_iret)
            give(made, next, step_resume, 0);
        break;
    }
    return made;
}

std::string saved(const Exception& exception) {
    switch (exception.kind) {
    case Exception::Kind::interrupt:
        return "An interrupt: saved are the rip of the next instruction, rsp and the flags.";
    case Exception::Kind::system_call:
        return "A trap: the rip behind the instruction is saved in rcx, the flags in r11, and "
               "nothing in memory.";
    case Exception::Kind::page_fault:
        return "A fault: saved are the rip of the instruction, rsp, the flags and an error code; "
               "the address is in CR2.";
    case Exception::Kind::exception:
        break;
    }
    return fmt::format("A {} the instruction, rsp{}.",
                       abi::is_trap(exception.vector) ? "trap: saved are the rip behind"
                                                      : "fault: saved are the rip of",
                       abi::has_error_code(exception.vector) ? ", the flags and an error code"
                                                             : " and the flags");
}

std::string resumed(const Exception& exception) {
    if (exception.end_reason)
        return end_text(*exception.end_reason);
    if (!exception.resumed_rip && exception.kind == Exception::Kind::interrupt)
        return "The program goes on when the libOS resumes it.";
    if (!exception.resumed_rip)
        return exception.thread ? "Nobody handled it." : "";
    const auto moved = static_cast<std::int64_t>(*exception.resumed_rip - exception.rip);
    const std::string where = moved == 0 ? "at"
                              : moved < 0
                                  ? counted(static_cast<std::uint64_t>(-moved), "byte") + " before"
                                  : counted(static_cast<std::uint64_t>(moved), "byte") + " behind";
    const bool by_exokernel = exception.by_iret || exception.kind == Exception::Kind::system_call;
    return fmt::format("The program goes on {} the saved rip: {}.", where,
                       !by_exokernel       ? "the libOS resumes it"
                       : exception.by_iret ? "the exokernel resumes it by iret"
                                           : "the exokernel resumes it by sysret");
}

} // namespace

std::vector<Exception> find_discontinuities(const recording::Recording& recording,
                                            const std::vector<Fault>& faults,
                                            std::uint64_t instructions_per_record) {
    std::vector<Exception> all = find_exceptions(recording, instructions_per_record);
    if (const auto fault = std::ranges::find_if(faults, &Fault::resumed); fault != faults.end())
        all.push_back(of_fault(recording, *fault));
    Interrupts interrupts;
    const Processors processors(recording);
    Clock clock(instructions_per_record);
    std::optional<std::size_t> call;
    bool is_null = false;
    for (std::size_t i = 0; i < recording.events.size(); ++i) {
        const Event& event = recording.events[i];
        interrupts.take(i, event, processors.of(i), clock.cost_of(event));
        if (is_null || !is(event, Kind::system_call))
            continue;
        is_null = field(event, "call") == static_cast<std::uint64_t>(abi::Call::null);
        if (!call || is_null)
            call = i;
    }
    std::ranges::move(interrupts.first_of_each(), std::back_inserter(all));
    if (call)
        all.push_back(of_call(recording, *call));
    for (std::size_t i = 0; i < all.size(); ++i)
        all[i].number = i + 1;
    return all;
}

std::string what_of(const Exception& exception) {
    switch (exception.kind) {
    case Exception::Kind::interrupt:
        return "interrupt " + text_of(Shown::vector, exception.vector);
    case Exception::Kind::system_call:
        return "system call " + text_of(Shown::call, exception.vector);
    case Exception::Kind::exception:
    case Exception::Kind::page_fault:
        break;
    }
    return "vector " + text_of(Shown::exception, exception.vector);
}

std::string outcome_of(const Exception& exception) {
    std::string text = saved(exception);
    text += exception.entry
                ? fmt::format(" PE entry {} is taken.", text_of(Shown::entry, *exception.entry))
                : std::string(" No PE entry is taken.");
    const std::string end = resumed(exception);
    return end.empty() ? text : text + " " + end;
}

} // namespace viewer
