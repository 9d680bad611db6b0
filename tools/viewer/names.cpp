// tools/viewer/names.cpp - reading names out of a recording.

#include "tools/viewer/names.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "tools/viewer/words.hpp"

namespace viewer {

using Kind = abi::Event;
using recording::Event;

namespace {

std::string name_in(const Event& event) {
    std::string name;
    for (const char* part : {"name0", "name1", "name2", "name3"})
        name += characters(field(event, part));
    return name;
}

} // namespace

Names::Names(const recording::Recording& recording) : app_(recording::fact(recording, "app")) {
    for (const recording::Ring& ring : recording.rings)
        if (ring.origin == abi::RingOrigin::libos) {
            ++liboses_;
            first_ = std::min(first_, ring.identity);
        }
    std::map<std::uint32_t, std::uint64_t> creators;
    for (const Event& event : recording.events) {
        const auto subject = [&] {
            return static_cast<std::uint32_t>(field(event, "environment"));
        };
        switch (static_cast<Kind>(event.kind)) {
        case Kind::environment_created:
            if (!event.claim)
                creators[subject()] = field(event, "parent");
            break;
        case Kind::child_started:
            if (const auto creator = creators.find(subject());
                event.claim && creator != creators.end() && creator->second == event.environment)
                told_[subject()] = name_in(event);
            break;
        case Kind::application_started:
            if (event.claim)
                own_.try_emplace(event.environment, name_in(event));
            break;
        default:
            break;
        }
    }
}

const std::string& Names::program(std::uint32_t environment) const {
    static const std::string unknown;
    for (const auto* names : {&own_, &told_})
        if (const auto found = names->find(environment);
            found != names->end() && !found->second.empty())
            return found->second;
    return environment > first_ ? unknown : app_;
}

std::string Names::of_environment(std::uint64_t environment) const {
    const std::string& known = program(static_cast<std::uint32_t>(environment));
    return known.empty() ? fmt::format("environment {}", environment)
                         : fmt::format("environment {} ({})", environment, known);
}

std::string Names::of_libos(std::uint32_t environment) const {
    const std::string& known = program(environment);
    if (known.empty())
        return fmt::format("libOS {}", environment);
    return liboses_ < 2 ? "libOS " + known : fmt::format("libOS {} ({})", environment, known);
}

std::string Names::actor(const Event& event) const {
    if (event.claim)
        return of_libos(event.environment);
    switch (static_cast<Kind>(event.kind)) {
    case Kind::page_fault:
    case Kind::exception:
    case Kind::interrupt:
        return "hardware";
    case Kind::io_completed:
        return "disk";
    default:
        return "exokernel";
    }
}

} // namespace viewer
