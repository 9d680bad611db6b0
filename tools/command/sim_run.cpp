// tools/command/sim_run.cpp - telling what came of a replay, to people and as JSON.
//
// Pages have the numbers that policies and traces give them: the first managed page is 0.

#include "tools/command/sim_run.hpp"

#include <fmt/format.h>

#include "tools/command/json.hpp"
#include "tools/command/view.hpp"
#include "tools/command/wrap.hpp"
#include "tools/simulator/replay.hpp"
#include "tools/viewer/names.hpp"
#include "tools/viewer/words.hpp"

namespace command {

namespace {

using simulator::Asked;
using simulator::Choice;
using simulator::Difference;
using simulator::PagerReplay;
using simulator::ResidentPage;
using viewer::counted;

constexpr std::size_t shown_pages = 24, shown_questions = 24;

std::string name_of(abi::Told what) {
    return viewer::text_of(viewer::Shown::told, static_cast<std::uint64_t>(what));
}

std::string in_words(const Choice& choice) {
    constexpr const char* reasons[] = {"", "nothing", "a frame that there is not",
                                       "a page that is not to be had"};
    if (choice.page == libos::no_page)
        return "no page: nothing is to be had";
    std::string text = fmt::format("page {} in frame {}", choice.page, choice.frame);
    if (choice.frame == libos::no_frame)
        text = fmt::format("page {}, which is not resident", choice.page);
    if (choice.reason != 0)
        text += fmt::format(", by FIFO, for the policy named {}", choice.reason < std::size(reasons)
                                                                      ? reasons[choice.reason]
                                                                      : "something else");
    return text;
}

// Neighbours of what matters are left out when there are many pages.
std::vector<ResidentPage> worth_showing(const Difference& difference) {
    std::vector<ResidentPage> pages;
    for (const ResidentPage& page : difference.resident)
        if (difference.resident.size() <= shown_pages || !page.told.empty() ||
            page.page == difference.recorded.page || page.page == difference.here.page ||
            pages.size() < shown_pages / 4)
            pages.push_back(page);
    if (pages.size() > shown_pages)
        pages.resize(shown_pages);
    return pages;
}

void print_pages(const Difference& difference) {
    const std::vector<ResidentPage> pages = worth_showing(difference);
    fmt::print("  resident then, the page mapped longest first, and what the policy was told:\n"
               "    {:>12} {:>8}\n",
               "page", "frame");
    for (const ResidentPage& page : pages) {
        std::string note;
        for (const abi::Told told : page.told)
            note += (note.empty() ? "" : ", ") + name_of(told);
        for (const auto& [choice, who] : {std::pair{difference.recorded, "the recording's victim"},
                                          {difference.here, "the victim here"}})
            if (choice.page == page.page)
                note += (note.empty() ? "" : "; ") + std::string(who);
        fmt::print("    {:>12} {:>8}{}{}\n", page.page, page.frame, note.empty() ? "" : "  ", note);
    }
    if (const std::size_t more = difference.resident.size() - pages.size(); more != 0)
        fmt::print("    and {} (--json lists them)\n", counted(more, "more page"));
}

void print_difference(const Difference& difference, std::uint64_t victims) {
    const std::string what =
        difference.fault != 0                 ? fmt::format("at fault {}, on page {}",
                                                            viewer::grouped(difference.fault), difference.wanted)
        : difference.wanted != libos::no_page ? fmt::format("for page {}", difference.wanted)
                                              : "for the exokernel, which asks for frames";
    fmt::print("  {}\n", wrapped(fmt::format("{} as recorded; the next one, {} (event {}), is not",
                                             counted(victims, "victim"), what, difference.event),
                                 2));
    fmt::print("    recorded  {}\n    here      {}\n", wrapped(in_words(difference.recorded), 14),
               wrapped(in_words(difference.here), 14));
    std::string asked;
    for (std::size_t i = 0; i < std::min(difference.asked.size(), shown_questions); ++i) {
        const Asked& question = difference.asked[i];
        asked += fmt::format("{}{} {}{}", i == 0 ? "" : ", ", question.page,
                             question.answer ? "" : "not ", name_of(question.what));
    }
    if (difference.asked.size() > shown_questions)
        asked += fmt::format(" and {} more", difference.asked.size() - shown_questions);
    fmt::print("  asked here  {}\n", wrapped(asked.empty() ? "nothing" : asked, 14));
    print_pages(difference);
}

void print(const PagerReplay& pager, const viewer::Names& names) {
    fmt::print("\n{}: policy {}, {}, seed {}\n", names.of_environment(pager.environment),
               pager.policy, counted(pager.frames, "frame"), pager.seed);
    if (!pager.problem.empty())
        fmt::print("  {}\n", wrapped(pager.problem, 2));
    if (pager.difference)
        print_difference(*pager.difference, pager.victims);
    if (!pager.same())
        return;
    std::string text = fmt::format("{} brought in, {} as recorded", counted(pager.pages, "page"),
                                   counted(pager.victims, "victim"));
    for (const auto& [count, what] : {std::pair{pager.given_back, " given back to the exokernel"},
                                      {pager.fallbacks, " chosen by FIFO"},
                                      {pager.withdrawn, " more taken by force"}})
        if (count != 0)
            text += fmt::format(", {}{}", viewer::grouped(count), what);
    text += fmt::format("; the policy heard {} true answers", viewer::grouped(pager.answers));
    fmt::print("  {}\n", wrapped(text, 2));
}

std::string as_json(const Choice& choice) {
    JsonObject object;
    if (choice.page == libos::no_page)
        return object.value("page", "null").done();
    object.number("page", choice.page);
    choice.frame == libos::no_frame ? object.value("frame", "null")
                                    : object.number("frame", choice.frame);
    return object.boolean("by_fifo", choice.reason != 0).done();
}

std::string as_json(const Difference& difference) {
    std::vector<std::string> resident, asked;
    for (const ResidentPage& page : difference.resident) {
        std::vector<std::string> told;
        told.reserve(page.told.size());
        for (const abi::Told what : page.told)
            told.push_back(json_string(name_of(what)));
        resident.push_back(JsonObject{}
                               .number("page", page.page)
                               .number("frame", page.frame)
                               .value("told", json_list(told))
                               .done());
    }
    for (const Asked& question : difference.asked)
        asked.push_back(JsonObject{}
                            .number("page", question.page)
                            .text("what", name_of(question.what))
                            .boolean("answer", question.answer)
                            .done());
    JsonObject object;
    object.number("event", difference.event).number("fault", difference.fault);
    if (difference.wanted != libos::no_page)
        object.number("page", difference.wanted);
    return object.value("recorded", as_json(difference.recorded))
        .value("here", as_json(difference.here))
        .value("asked", json_list(asked))
        .value("resident", json_list(resident))
        .done();
}

std::string as_json(const PagerReplay& pager, const viewer::Names& names) {
    JsonObject object;
    object.number("environment", pager.environment)
        .text("program", names.program(pager.environment))
        .text("policy", pager.policy)
        .number("frames", pager.frames)
        .number("seed", pager.seed)
        .boolean("same", pager.same())
        .number("pages", pager.pages)
        .number("victims", pager.victims)
        .number("given_back", pager.given_back)
        .number("withdrawn", pager.withdrawn)
        .number("policy_fallbacks", pager.fallbacks)
        .number("in_vain", pager.in_vain)
        .number("answers", pager.answers)
        .text("victims_hash", fmt::format("{:x}", pager.victims_hash));
    if (!pager.problem.empty())
        object.text("problem", pager.problem);
    if (pager.difference)
        object.value("difference", as_json(*pager.difference));
    return object.done();
}

} // namespace

Outcome<ExitCode> replay_run(const Project& project, const std::string& run, const Parsed& parsed) {
    for (const auto& [name, values] : parsed.values)
        if (name != "--run" && name != "--json")
            return usage_error(fmt::format("exo sim --run: {} is settled by the run", name));
    const auto file = TRY(project.recording_of(run));
    const recording::Recording recording = TRY(load_recording(file));
    if (simulator::lacks_answers(recording))
        return usage_error(
            fmt::format("{}: has faults, but not what their policy was told: an older "
                        "version made it. Run it again, then `exo sim --run last`",
                        shown(file)));
    const std::vector<PagerReplay> pagers = simulator::replay(recording);
    if (pagers.empty())
        return usage_error(fmt::format("{}: no libOS in it pages, so there is no policy to replay; "
                                       "`exo run scan` makes a run with one",
                                       shown(file)));
    const viewer::Names names(recording);
    std::vector<std::string> list;
    std::size_t differ = 0;
    for (const PagerReplay& pager : pagers) {
        list.push_back(as_json(pager, names));
        differ += pager.same() ? 0 : 1;
    }
    if (parsed.has("--json")) {
        fmt::print("{}\n", JsonObject{}
                               .text("recording", shown(file))
                               .boolean("same", differ == 0)
                               .value("pagers", json_list(list))
                               .done());
    } else {
        fmt::print(
            "{}\n",
            wrapped(fmt::format("{}: {} replayed, {}", shown(file), counted(pagers.size(), "pager"),
                                differ == 0 ? std::string("every victim as recorded")
                                            : fmt::format("{} with a difference", differ)),
                    0));
        for (const PagerReplay& pager : pagers)
            print(pager, names);
    }
    return differ == 0 ? ExitCode::done : ExitCode::check_failed;
}

} // namespace command
