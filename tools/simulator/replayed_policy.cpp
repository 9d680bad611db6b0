// tools/simulator/replayed_policy.cpp - the shipped policies by name, for replays.

#include "tools/simulator/replayed_policy.hpp"

#include "libos/vm/shipped_policies.hpp"

namespace simulator {

namespace {

struct Named {
    std::string_view name;
    std::unique_ptr<ReplayedPolicy> (*make)(std::uint32_t frames, std::uint64_t seed);
};
#define FAULTLINE_POLICY(name, alias, type) {name, replayed<libos::policies::type>},
constexpr Named table[] = {FAULTLINE_POLICIES(FAULTLINE_POLICY)};
#undef FAULTLINE_POLICY

} // namespace

std::unique_ptr<ReplayedPolicy> replayed_policy(std::string_view name, std::uint32_t frames,
                                                std::uint64_t seed) {
    for (const Named& each : table)
        if (each.name.substr(0, recorded_name) == name)
            return each.make(frames, seed);
    return nullptr;
}

} // namespace simulator
