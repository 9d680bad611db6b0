// tools/simulator/simulated_policies.cpp - one line for each policy.

#include "tools/simulator/simulated_policies.hpp"

#include "libos/vm/shipped_policies.hpp"
#include "tools/simulator/optimal.hpp"
#include "tools/simulator/policies/2q.hpp"
#include "tools/simulator/policies/arc.hpp"
#include "tools/simulator/policies/lfu.hpp"
#include "tools/simulator/policies/lru.hpp"
#include "tools/simulator/policies/s3_fifo.hpp"

namespace simulator {

namespace {

template <class P>
std::optional<Figures> run(const ReferenceString& string, std::uint32_t frames,
                           const Rules& rules) {
    if (frames < libos::least_frames_of<P>())
        return std::nullopt;
    Simulation<P> simulation(string, frames, rules);
    if (!simulation.ready())
        return std::nullopt;
    return simulation.run();
}

template <Figures (*function)(const ReferenceString&, std::uint32_t)>
std::optional<Figures> foreseeing(const ReferenceString& string, std::uint32_t frames,
                                  const Rules&) {
    return function(string, frames);
}

// What has a form of its own in the exact mode, because there it hears of hits.
template <class P> struct Exact {
    static constexpr Run form = run<P>;
};
template <> struct Exact<libos::policies::Mru> {
    static constexpr Run form = run<policies::Mru>;
};
template <> struct Exact<libos::policies::S3Fifo> {
    static constexpr Run form = run<policies::S3Fifo>;
};
template <> struct Exact<libos::policies::TwoQ> {
    static constexpr Run form = run<policies::TwoQ>;
};

#define FAULTLINE_POLICY(name, alias, type)                                                        \
    {name, alias, run<libos::policies::type>, Exact<libos::policies::type>::form,                  \
     libos::least_frames_of<libos::policies::type>()},
constexpr SimulatedPolicy table[] = {
    FAULTLINE_POLICIES(FAULTLINE_POLICY){"arc", "", nullptr, run<policies::Arc>},
    {"lfu", "", nullptr, run<policies::Lfu>},
    {"lru", "", nullptr, run<policies::Lru>},
    {"opt", "", nullptr, foreseeing<run_optimal>},
    {"unopt", "", nullptr, foreseeing<run_pessimal>},
};
#undef FAULTLINE_POLICY

} // namespace

std::span<const SimulatedPolicy> simulated_policies() { return table; }

const SimulatedPolicy* find_policy(std::string_view name) {
    for (const SimulatedPolicy& policy : table)
        if (policy.name == name || (!policy.alias.empty() && policy.alias == name))
            return &policy;
    return nullptr;
}

} // namespace simulator
