// tools/verifier/exceptions.cpp - replaying exceptions and interrupts.

#include "tools/verifier/fields.hpp"
#include "tools/verifier/state.hpp"

namespace verifier {

using Kind = abi::Event;

namespace {

// A libOS that sees ever new exceptions shall not slow the verifier down: more are not followed.
constexpr std::size_t followed_exceptions = 1024;

} // namespace

void State::apply_exception(const Event& event) {
    Environment& environment = environments_[event.environment];
    environment.undelivered = {event.sequence, static_cast<std::uint64_t>(abi::Entry::exception),
                               get<Kind::exception, "save_area">(event)};
    environment.exception = {
        .sequence = event.sequence,
        .vector = get<Kind::exception, "vector">(event),
        .error = get<Kind::exception, "error">(event),
        .rip = get<Kind::exception, "rip">(event),
        .rsp = get<Kind::exception, "rsp">(event),
        .rflags = get<Kind::exception, "rflags">(event),
        .save_area = get<Kind::exception, "save_area">(event),
    };
}

void State::apply_exception_claim(const Event& event) {
    Environment& environment = environments_[event.environment];
    if (kind_of(event) == Kind::exception_resumed) {
        environment.running = get<Kind::exception_resumed, "thread">(event);
        environment.handled.erase(get<Kind::exception_resumed, "sequence">(event));
        return;
    }
    if (!environment.exception || environment.handled.size() == followed_exceptions)
        return;
    HardwareException& seen = environment.handled[get<Kind::exception_seen, "sequence">(event)] =
        *environment.exception;
    seen.thread = get<Kind::exception_seen, "thread">(event);
    environment.exception.reset();
}

void State::apply_interrupt(const Event& event) {
    if (get<Kind::interrupt, "vector">(event) == abi::interrupt::disk)
        disk_interrupted_ = true;
    if (get<Kind::interrupt, "ring">(event) == 3)
        environments_[event.environment].interrupted = {
            .sequence = event.sequence,
            .vector = get<Kind::interrupt, "vector">(event),
            .rip = get<Kind::interrupt, "rip">(event),
            .rsp = get<Kind::interrupt, "rsp">(event),
            .rflags = get<Kind::interrupt, "rflags">(event),
        };
}

} // namespace verifier
