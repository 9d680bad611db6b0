// libos/schedulers/scheduler_table.hpp - the schedulers that there are. A new one is a file beside
// this and a line here.

#pragma once

#include <string_view>

#include "libos/schedulers/round_robin.hpp"
#include "libos/schedulers/stride.hpp"

namespace libos {

inline constexpr Scheduler schedulers[] = {scheduler_of<RoundRobin>(), scheduler_of<Stride>()};

/// The scheduler with this name; null if there is none.
constexpr const Scheduler* find_scheduler(std::string_view name) {
    for (const Scheduler& scheduler : schedulers)
        if (name == scheduler.name)
            return &scheduler;
    return nullptr;
}

} // namespace libos
