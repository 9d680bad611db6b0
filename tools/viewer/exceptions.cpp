// tools/viewer/exceptions.cpp - giving events to exceptions: an upcall follows its exception at
// once, and what the libOS says names the exception by the libOS's own number.

#include "tools/viewer/exceptions.hpp"

#include <unordered_map>

#include "bindings/abi/processor_environment.hpp"
#include "tools/viewer/clock.hpp"
#include "tools/viewer/words.hpp"

namespace viewer {

using Kind = abi::Event;
using recording::Event;

namespace {

struct EnvironmentState {
    std::optional<std::size_t> latest;                          // not yet seen by its libOS
    std::optional<std::size_t> last;                            // in any case
    std::unordered_map<std::uint64_t, std::size_t> by_sequence; // seen
};

class Finder {
public:
    explicit Finder(const recording::Recording& recording) : recording_(recording) {}

    std::vector<Exception> find(std::uint64_t per_record) {
        Clock clock(per_record);
        for (std::size_t i = 0; i < recording_.events.size(); ++i) {
            const Event& event = recording_.events[i];
            cost_ = clock.cost_of(event);
            time_ += cost_;
            if (recording::of_true_origin(event))
                take(i, event);
        }
        return std::move(exceptions_);
    }

private:
    void take(std::size_t index, const Event& event) {
        EnvironmentState& environment = environments_[event.environment];
        const bool of_entry =
            field(event, "entry") == static_cast<std::uint64_t>(abi::Entry::exception);
        switch (static_cast<Kind>(event.kind)) {
        case Kind::exception:
            environment.latest = environment.last = exceptions_.size();
            spans_.emplace_back();
            exceptions_.push_back({.number = exceptions_.size() + 1,
                                   .environment = event.environment,
                                   .vector = field(event, "vector"),
                                   .rip = field(event, "rip")});
            cost_ = 0; // what came before was the application's
            return give(*environment.latest, index, step_detect);
        case Kind::upcall:
        case Kind::handler_entered:
            if (!of_entry || !environment.latest)
                return;
            exceptions_[*environment.latest].entry = field(event, "entry");
            return give(*environment.latest, index, step_upcall);
        case Kind::exception_seen:
            if (!environment.latest)
                return;
            exceptions_[*environment.latest].thread = field(event, "thread");
            environment.by_sequence[field(event, "sequence")] = *environment.latest;
            give(*environment.latest, index, step_upcall);
            environment.latest.reset();
            return;
        case Kind::exception_resumed: {
            const auto found = environment.by_sequence.find(field(event, "sequence"));
            if (found == environment.by_sequence.end())
                return;
            exceptions_[found->second].resumed_rip = field(event, "rip");
            give(found->second, index, step_resume);
            environment.by_sequence.erase(found);
            return;
        }
        case Kind::environment_ended: {
            const std::optional<std::size_t> last =
                environments_[static_cast<std::uint32_t>(field(event, "environment"))].last;
            if (!last || exceptions_[*last].resumed_rip || exceptions_[*last].end_reason)
                return;
            exceptions_[*last].end_reason = field(event, "reason");
            return give(*last, index, step_none);
        }
        default:
            return;
        }
    }

    void give(std::size_t exception, std::size_t index, std::uint32_t step) {
        give_event(exceptions_[exception], spans_[exception],
                   {.index = index, .step = step, .cost = cost_}, time_);
    }

    const recording::Recording& recording_;
    std::vector<Exception> exceptions_;
    std::vector<Span> spans_; // per exception
    std::unordered_map<std::uint32_t, EnvironmentState> environments_;
    std::uint64_t time_ = 0, cost_ = 0; // recording's own taken off
};

} // namespace

std::vector<Exception> find_exceptions(const recording::Recording& recording,
                                       std::uint64_t instructions_per_record) {
    return Finder(recording).find(instructions_per_record);
}

} // namespace viewer
