// tools/viewer/shootdowns.cpp - one pass over the recording that gives events to shootdowns.
//
// What a step removes is recorded before its requests, on the same processor; the call that it
// belongs to may return in between. What was removed without the lock has no request, and is
// forgotten with the next step's first removal.

#include "tools/viewer/shootdowns.hpp"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "tools/viewer/clock.hpp"
#include "tools/viewer/words.hpp"

namespace viewer {

using Kind = abi::Event;
using recording::Event;

namespace {

enum : std::uint32_t { remove = shootdown_steps + 1, send, answer, go_on };

class Finder {
public:
    explicit Finder(const recording::Recording& recording) : recording_(recording) {}

    std::vector<Shootdown> find(std::uint64_t per_record) {
        Clock clock(per_record);
        for (; now_.index < recording_.events.size(); ++now_.index) {
            const Event& event = recording_.events[now_.index];
            now_.cost = clock.cost_of(event);
            now_.time += now_.cost;
            if (!event.claim && recording::of_true_origin(event))
                take(event, steps_[event.processor]);
        }
        return std::move(found_);
    }

private:
    struct Moment { // of an event, recording's own cost taken off
        std::size_t index = 0;
        std::uint64_t cost = 0, time = 0;
    };
    struct Step { // of one processor
        std::vector<Moment> removals;
        bool has_returned = false;           // what it was done for
        std::optional<std::size_t> open;     // the shootdown whose requests are being sent
        std::optional<std::size_t> asked;    // the one that waits for this processor
        std::optional<std::size_t> answered; // the one that this processor goes on from
    };

    void take(const Event& event, Step& here);
    void note(Step& here);
    std::size_t begin(const Event& event, Step& here);
    void take_answer(std::uint16_t processor, Step& here);
    void give(std::size_t which, std::uint32_t step, const Moment& moment) {
        give_event(found_[which], spans_[which],
                   {.index = moment.index, .step = step, .cost = moment.cost}, moment.time);
    }

    const recording::Recording& recording_;
    std::vector<Shootdown> found_;
    std::vector<Span> spans_; // per shootdown
    std::unordered_map<std::uint16_t, Step> steps_;
    Moment now_;
};

void Finder::take(const Event& event, Step& here) {
    const Kind kind = Kind{event.kind};
    if (kind != Kind::shootdown_sent)
        here.open.reset();
    // An interrupt is noted when the lock is there, which is after the answer.
    if (here.answered && (kind == Kind::interrupt || kind == Kind::resumed_by_iret))
        give(*here.answered, go_on, now_);
    if (kind != Kind::interrupt)
        here.answered.reset();
    switch (kind) {
    case Kind::translation_removed:
    case Kind::translation_changed:
    case Kind::bits_cleared:
    case Kind::tlb_flushed:
        if (here.has_returned)
            here.removals.clear();
        here.has_returned = false;
        return note(here);
    case Kind::frame_released:
        if (!here.removals.empty() && !here.has_returned)
            note(here);
        return;
    case Kind::system_call:
        if (!here.removals.empty() && !here.has_returned)
            note(here);
        here.has_returned = true;
        return;
    case Kind::shootdown_sent: {
        if (!here.open)
            here.open = begin(event, here);
        give(*here.open, send, now_);
        const auto target = static_cast<std::uint16_t>(field(event, "target"));
        found_[*here.open].asked.push_back(
            {target, static_cast<std::uint32_t>(field(event, "running"))});
        steps_[target].asked = here.open;
        return;
    }
    case Kind::shootdown_answered:
        return take_answer(event.processor, here);
    case Kind::interrupt:
    case Kind::upcall:
    case Kind::resumed_by_iret:
    case Kind::environment_switched:
    case Kind::idle:
    case Kind::page_fault:
    case Kind::exception:
        here.has_returned = true;
        return;
    default:
        return;
    }
}

void Finder::note(Step& here) {
    here.removals.push_back(now_);
    if (here.removals.size() == 1)
        here.removals.front().cost = 0; // what came before was the application's
}

std::size_t Finder::begin(const Event& event, Step& here) {
    const std::size_t which = found_.size();
    spans_.emplace_back();
    Shootdown& made = found_.emplace_back(Shootdown{
        .number = which + 1, .environment = event.environment, .processor = event.processor});
    for (const Moment& moment : here.removals) {
        const Event& removal = recording_.events[moment.index];
        made.environment = removal.environment;
        made.removed += Kind{removal.kind} == Kind::translation_removed ? 1 : 0;
        made.changed += field(removal, "changed");
        give(which, remove, moment);
    }
    here.removals.clear();
    return which;
}

void Finder::take_answer(std::uint16_t processor, Step& here) {
    if (!here.asked)
        return; // nobody has asked, as far as this recording goes
    Shootdown& owner = found_[*here.asked];
    give(*here.asked, answer, now_);
    const auto asked = std::ranges::find_if(owner.asked, [&](const Shootdown::Asked& each) {
        return each.processor == processor && !each.has_answered;
    });
    asked->has_answered = true;
    if (owner.answers() == owner.asked.size())
        owner.over = recording_.events[now_.index].time;
    here.answered = std::exchange(here.asked, std::nullopt);
}

// "processor 1", "processors 1, 2 and 3".
std::string listed(const std::vector<std::uint16_t>& processors) {
    std::string text = processors.size() == 1 ? "processor " : "processors ";
    for (std::size_t i = 0; i != processors.size(); ++i)
        text += fmt::format("{}{}",
                            i == 0                       ? ""
                            : i + 1 == processors.size() ? " and "
                                                         : ", ",
                            processors[i]);
    return text;
}

} // namespace

std::size_t Shootdown::answers() const {
    return static_cast<std::size_t>(std::ranges::count(asked, true, &Asked::has_answered));
}

std::vector<Shootdown> find_shootdowns(const recording::Recording& recording,
                                       std::uint64_t instructions_per_record) {
    return Finder(recording).find(instructions_per_record);
}

std::string removal_of(const Names& names, const Shootdown& shootdown) {
    const std::string what =
        shootdown.removed != 0   ? "removes " + counted(shootdown.removed, "translation")
        : shootdown.changed != 0 ? "changes " + counted(shootdown.changed, "translation")
                                 : "takes from page tables";
    return fmt::format("{} {} on processor {}", names.of_environment(shootdown.environment), what,
                       shootdown.processor);
}

std::string outcome_of(const Shootdown& shootdown) {
    std::vector<std::uint16_t> asked, silent;
    for (const Shootdown::Asked& each : shootdown.asked) {
        asked.push_back(each.processor);
        if (!each.has_answered)
            silent.push_back(each.processor);
    }
    const std::string text =
        fmt::format("The TLB{} of {} had to forget {}.", asked.size() == 1 ? "" : "s",
                    listed(asked), asked.size() == 1 ? "that" : "that, too");
    if (!shootdown.over)
        return text + fmt::format(" The recording has no answer of {}.", listed(silent));
    return text + fmt::format(" With the last answer, {} instructions after kernel entry, the "
                              "frames may go on.",
                              grouped(*shootdown.over));
}

} // namespace viewer
