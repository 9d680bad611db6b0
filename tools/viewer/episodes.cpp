// tools/viewer/episodes.cpp - faults, revocations, discontinuities and shootdowns as episodes.

#include "tools/viewer/episodes.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "tools/viewer/discontinuities.hpp"
#include "tools/viewer/revocations.hpp"
#include "tools/viewer/shootdowns.hpp"
#include "tools/viewer/words.hpp"

namespace viewer {

namespace {

Episode of(const Fault& fault) {
    Episode episode{.kind = Episode::Kind::fault,
                    .number = fault.number,
                    .parties = {fault.environment},
                    .title = fmt::format("page {:#x}", fault.page),
                    .outcome = outcome_of(fault),
                    .events = fault.events};
    if (fault.thread)
        episode.title += fmt::format(", thread {}", *fault.thread);
    return episode;
}

Episode of(const Names& names, const Exception& exception) {
    return {.kind = Episode::Kind::exception,
            .number = exception.number,
            .parties = {exception.environment},
            .title = fmt::format("{}, {}", what_of(exception),
                                 names.of_environment(exception.environment)),
            .outcome = outcome_of(exception),
            .events = exception.events};
}

Episode of(const Names& names, const Revocation& revocation, std::uint64_t ordinal) {
    return {.kind = Episode::Kind::revocation,
            .number = ordinal,
            .parties = {revocation.asker, revocation.receiver},
            .title = request_of(names, revocation),
            .outcome = outcome_of(revocation),
            .events = revocation.events};
}

Episode of(const Names& names, const Shootdown& shootdown) {
    Episode episode{.kind = Episode::Kind::shootdown,
                    .number = shootdown.number,
                    .parties = {},
                    .title = removal_of(names, shootdown),
                    .outcome = outcome_of(shootdown),
                    .events = shootdown.events};
    for (const Shootdown::Asked& asked : shootdown.asked)
        if (asked.running != shootdown.environment)
            episode.parties.push_back(asked.running);
    episode.parties.push_back(shootdown.environment);
    return episode;
}

} // namespace

std::string end_text(std::uint64_t reason) {
    return fmt::format("The environment ends: {}.", text_of(Shown::end_reason, reason));
}

std::string outcome_of(const Fault& fault) {
    if (fault.end_reason)
        return end_text(*fault.end_reason);
    std::string text;
    if (fault.victim_page)
        text = fmt::format("Its frame is taken from page {:#x}{}.", *fault.victim_page,
                           fault.written_back ? ", which is written back" : "");
    else if (fault.joined)
        text = "It joins another thread's fault on the same page.";
    else if (fault.frame_taken)
        text = "A frame was free.";
    if (fault.abandoned)
        text += std::string(text.empty() ? "" : " ") +
                "The install was refused: the thread goes on without the page and faults again.";
    return text;
}

std::vector<Episode> find_episodes(const recording::Recording& recording,
                                   const std::vector<Fault>& faults,
                                   std::uint64_t instructions_per_record) {
    const Names names(recording);
    std::vector<Episode> episodes;
    episodes.reserve(faults.size());
    for (const Fault& fault : faults)
        episodes.push_back(of(fault));
    for (const Exception& exception :
         find_discontinuities(recording, faults, instructions_per_record))
        episodes.push_back(of(names, exception));
    for (std::uint64_t ordinal = 0;
         const Revocation& revocation : find_revocations(recording, instructions_per_record))
        episodes.push_back(of(names, revocation, ++ordinal));
    for (const Shootdown& shootdown : find_shootdowns(recording, instructions_per_record))
        episodes.push_back(of(names, shootdown));
    for (Episode& episode : episodes)
        std::ranges::sort(episode.events, {}, &StepEvent::index);
    std::ranges::sort(episodes, {}, [](const Episode& episode) {
        return std::pair(episode.events.front().index, episode.kind);
    });
    return episodes;
}

} // namespace viewer
