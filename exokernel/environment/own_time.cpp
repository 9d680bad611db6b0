// exokernel/environment/own_time.cpp - starting and stopping an environment's clocks.

#include "exokernel/environment/own_time.hpp"

#include "exokernel/arch/x86_64/processor.hpp"
#include "exokernel/environment/environment.hpp"

namespace exokernel {

void start_own_time(Environment& environment) {
    const std::uint64_t now = time_stamp();
    environment.limit.start(now);
    environment.revocation.deadline.start(now);
}

void stop_own_time(Environment& environment) {
    const std::uint64_t now = time_stamp();
    environment.limit.stop(now);
    environment.revocation.deadline.stop(now);
}

} // namespace exokernel
