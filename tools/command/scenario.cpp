// tools/command/scenario.cpp - reading a scenario file.

#include "tools/command/scenario.hpp"

#include <fmt/format.h>
#include <fstream>
#include <functional>
#include <map>
#include <sstream>

#include "tools/command/options.hpp"
#include "tools/command/suggest.hpp"

namespace command {

std::vector<std::string> words_of(const std::string& text) {
    std::istringstream stream(text);
    std::vector<std::string> words;
    for (std::string word; stream >> word;)
        words.push_back(word);
    return words;
}

namespace {

using Setter = std::function<Outcome<void>(Scenario&, const std::string&)>;

Setter number(std::uint64_t Scenario::* field, std::uint64_t least, std::uint64_t most) {
    return [=](Scenario& scenario, const std::string& value) -> Outcome<void> {
        scenario.*field = TRY(number_in("value", value, least, most));
        return {};
    };
}

Setter text(std::string Scenario::* field) {
    return [=](Scenario& scenario, const std::string& value) -> Outcome<void> {
        scenario.*field = value;
        return {};
    };
}

Setter flag(bool Scenario::* field) {
    return [=](Scenario& scenario, const std::string& value) -> Outcome<void> {
        scenario.*field = TRY(number_in("value", value, 0, 1)) != 0;
        return {};
    };
}

Setter list(std::vector<std::string> Scenario::* field) {
    return [=](Scenario& scenario, const std::string& value) -> Outcome<void> {
        (scenario.*field).push_back(value);
        return {};
    };
}

const std::map<std::string, Setter>& setters() {
    static const std::map<std::string, Setter> table{
        {"kind", text(&Scenario::kind)},
        {"frames", number(&Scenario::frames, 1, 1ull << 32)},
        {"policy", text(&Scenario::policy)},
        {"seed", number(&Scenario::seed, 0, ~0ull)},
        {"cpus", number(&Scenario::processors, 1, 8)},
        {"timeout", number(&Scenario::timeout, 1, 86400)},
        {"disk_blocks", number(&Scenario::disk_blocks, 1, 1ull << 32)},
        {"scratch_blocks", number(&Scenario::scratch_blocks, 0, 1ull << 20)},
        {"region", number(&Scenario::region, 1ull << 20, 2ull << 30)},
        {"memory", number(&Scenario::memory, 0, 1ull << 20)},
        {"record", flag(&Scenario::record)},
        {"needs_file", flag(&Scenario::needs_file)},
        {"count_lines", flag(&Scenario::count_lines)},
        {"verify", flag(&Scenario::verify)},
        {"file", list(&Scenario::files)},
        {"program", list(&Scenario::programs)},
        {"manifest", list(&Scenario::manifest)},
        {"expect", text(&Scenario::expect)},
        {"trace", text(&Scenario::trace)},
        {"arguments",
         [](Scenario& scenario, const std::string& value) -> Outcome<void> {
             scenario.arguments = words_of(value);
             return {};
         }},
    };
    return table;
}

} // namespace

Outcome<Scenario> read_scenario(const std::filesystem::path& file) {
    Scenario scenario;
    std::ifstream stream(file);
    std::string line;
    for (int number = 1; std::getline(stream, line); ++number) {
        if (line.empty() || line[0] == '#')
            continue;
        const std::size_t equals = line.find('=');
        const std::string key = line.substr(0, equals);
        const auto setter = setters().find(key);
        if (equals == std::string::npos || setter == setters().end()) {
            std::vector<std::string> keys;
            for (const auto& [known, unused] : setters())
                keys.push_back(known);
            return usage_error(fmt::format("{}:{}: `{}` is no key of a scenario{}", file.string(),
                                           number, key, suggestion(key, keys)));
        }
        if (auto set = setter->second(scenario, line.substr(equals + 1)); !set)
            return usage_error(
                fmt::format("{}:{}: {}: {}", file.string(), number, key, set.error().message));
    }
    return scenario;
}

} // namespace command
