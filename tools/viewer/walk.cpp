// tools/viewer/walk.cpp - chooses what to show.

#include "tools/viewer/walk.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "tools/viewer/discontinuities.hpp"
#include "tools/viewer/page.hpp"
#include "tools/viewer/views.hpp"
#include "tools/viewer/words.hpp"

namespace viewer {

std::uint64_t worth_showing(const std::vector<Fault>& faults) {
    const auto written = std::ranges::find_if(faults, [](const Fault& fault) {
        return fault.victim_page && fault.written_back && fault.resumed;
    });
    if (written != faults.end())
        return written->number;
    const auto replaced = std::ranges::find_if(
        faults, [](const Fault& fault) { return fault.victim_page && fault.resumed; });
    if (replaced != faults.end())
        return replaced->number;
    return faults.empty() ? 0 : 1;
}

Counts count(const recording::Recording& recording, const std::vector<Fault>& faults) {
    Counts counts;
    counts.faults = faults.size();
    for (const Fault& fault : faults) {
        counts.reads += fault.read ? 1 : 0;
        counts.joined += fault.joined ? 1 : 0;
    }
    for (const recording::Event& event : recording.events) {
        ++(event.claim ? counts.claims : counts.kernel_events);
        switch (static_cast<abi::Event>(event.kind)) {
        case abi::Event::victim_chosen:
            counts.evictions += event.claim ? 1 : 0;
            break;
        case abi::Event::write_back_submitted:
            counts.writebacks += event.claim ? 1 : 0;
            break;
        case abi::Event::exception:
            counts.exceptions += event.claim ? 0 : 1;
            break;
        case abi::Event::system_call:
            counts.system_calls += event.claim ? 0 : 1;
            break;
        case abi::Event::interrupt:
            counts.interrupts += event.claim ? 0 : 1;
            break;
        default:
            break;
        }
    }
    return counts;
}

const Fault* costliest(const std::vector<Fault>& faults) {
    const auto found = std::ranges::max_element(faults, {}, &Fault::cost);
    return found == faults.end() ? nullptr : &*found;
}

std::uint64_t default_fault(const recording::Recording& recording) {
    return worth_showing(find_faults(recording, 0));
}

namespace {

std::string walk_exception(std::uint64_t number, const recording::Recording& recording,
                           const std::vector<Exception>& exceptions, const WalkOptions& options,
                           std::string& error) {
    if (options.fault)
        error = "--fault and --exception: one of them at a time";
    else if (options.format == Format::ostep || options.format == Format::pg32)
        error = "--format ostep and pg32 show page faults only; --exception has text and json";
    else if (exceptions.empty())
        error = "nothing came between two instructions of a program: no exception, interrupt or "
                "system call. Without --exception an overview is shown.";
    else if (number == 0 || number > exceptions.size())
        error = fmt::format("there is no exception {}: the recording has 1 to {}. "
                            "Without --exception an overview is shown.",
                            number, exceptions.size());
    else if (options.format == Format::json)
        return exception_json(recording, exceptions[number - 1]);
    else
        return exception_text(recording, exceptions[number - 1], exceptions.size(), options);
    return {};
}

std::string walk_revocation(std::uint64_t number, const recording::Recording& recording,
                            const WalkOptions& options, std::string& error) {
    const std::vector<Revocation> all =
        find_revocations(recording, options.instructions_per_record);
    const auto found = std::ranges::find(all, number, &Revocation::number);
    if (options.fault || options.exception)
        error = "--fault, --exception and --revocation: one of them at a time";
    else if (options.format != Format::text && options.format != Format::json)
        error = "--revocation has text and json; --format html shows all revocations";
    else if (found != all.end())
        return options.format == Format::json
                   ? revocation_json(recording, *found)
                   : revocation_text(recording, *found, all.size(), options);
    else if (all.empty())
        error = "nothing was revoked in this run. Without --revocation an overview is shown.";
    else
        error = fmt::format("there is no revocation {}: the recording has revocations {} to {}. "
                            "Without --revocation an overview is shown.",
                            number, all.front().number, all.back().number);
    return {};
}

std::string walk_shootdown(std::uint64_t number, const recording::Recording& recording,
                           const WalkOptions& options, std::string& error) {
    const std::vector<Shootdown> all = find_shootdowns(recording, options.instructions_per_record);
    if (options.fault || options.exception || options.revocation)
        error = "--fault, --exception, --revocation and --shootdown: one of them at a time";
    else if (options.format != Format::text && options.format != Format::json)
        error = "--shootdown has text and json; --format html shows all shootdowns";
    else if (all.empty())
        error = "no processor had to forget what another one removed. That takes several "
                "(`exo run APP --cpus N`); without --shootdown an overview is shown.";
    else if (number == 0 || number > all.size())
        error = fmt::format("there is no shootdown {}: the recording has shootdowns 1 to {}. "
                            "Without --shootdown an overview is shown.",
                            number, all.size());
    else if (options.format == Format::json)
        return shootdown_json(recording, all[number - 1]);
    else
        return shootdown_text(recording, all[number - 1], all.size(), options);
    return {};
}

} // namespace

std::string walk(const recording::Recording& recording, const WalkOptions& options,
                 std::string& error) {
    if (options.shootdown)
        return walk_shootdown(*options.shootdown, recording, options, error);
    if (options.revocation)
        return walk_revocation(*options.revocation, recording, options, error);
    const std::vector<Fault> faults = find_faults(recording, options.instructions_per_record);
    const std::vector<Exception> exceptions =
        find_discontinuities(recording, faults, options.instructions_per_record);
    if (options.exception)
        return walk_exception(*options.exception, recording, exceptions, options, error);
    if (options.fault && (*options.fault == 0 || *options.fault > faults.size())) {
        error =
            faults.empty()
                ? "the run had no page fault: all that it touched was resident. Without --fault an "
                  "overview is shown."
                : fmt::format("there is no fault {}: the recording has faults 1 to {}. Without "
                              "--fault an overview is shown.",
                              *options.fault, faults.size());
        return {};
    }
    if (options.format == Format::ostep)
        return ostep(recording, faults, options);
    if (options.format == Format::pg32)
        return reference_words(recording, faults, error);
    if (options.format == Format::html)
        return page(recording, faults, options);
    if (options.format == Format::perfetto)
        return perfetto(recording, faults, options, error);
    if (!options.fault)
        return options.format == Format::json
                   ? overview_json(recording, faults)
                   : overview_text(recording, faults, exceptions, options);
    const Fault& fault = faults[*options.fault - 1];
    return options.format == Format::json ? fault_json(recording, fault)
                                          : fault_text(recording, fault, faults.size(), options);
}

} // namespace viewer
