// tests/speed/simulator.cpp - one simulation between two marks, for tests/speed/run to count its
// instructions: simulator-speed POLICY [TRACE].
//
// Without a trace it simulates a million references that the seed gives, one in 75 to any of
// 4,096 pages and the others to 192 near ones: about as many faults in 256 frames as a compiler
// has. Prints references and faults.

#include <algorithm>
#include <fmt/format.h>
#include <unordered_map>

#include "bindings/random.hpp"
#include "tools/command/trace_file.hpp"
#include "tools/simulator/simulated_policies.hpp"

namespace {

using namespace simulator;

ReferenceString generated() {
    ReferenceString string;
    std::unordered_map<std::uint64_t, std::uint32_t> index;
    bindings::Random random(1);
    for (unsigned i = 0; i != 1'000'000; ++i) {
        const std::uint64_t page = random.below(random.below(75) == 0 ? 4096 : 192);
        const auto [at, first] = index.try_emplace(page, string.pages.size());
        if (first)
            string.pages.push_back(page);
        string.references.push_back(
            {at->second << 2 | (random.below(4) == 0 ? Reference::written : 0)});
    }
    return string;
}

} // namespace

// What is counted.
extern "C" [[gnu::noinline]] void measured(Run run, const ReferenceString& string,
                                           Figures& figures) {
    if (const auto result = run(string, 256, {}))
        figures = *result;
}

int main(int count, char** words) {
    if (count < 2)
        return 2;
    const auto policy =
        std::ranges::find(simulated_policies(), std::string_view(words[1]), &SimulatedPolicy::name);
    if (policy == simulated_policies().end() || policy->hardware == nullptr)
        return 2;
    ReferenceString string;
    if (count == 2)
        string = generated();
    else if (auto read = command::read_references(words[2]))
        string = std::move(*read);
    else
        return 2;
    Figures figures;
    measured(policy->hardware, string, figures);
    fmt::print("{} {}\n", figures.references, figures.faults);
    return 0;
}
