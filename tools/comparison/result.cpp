// tools/comparison/result.cpp - from JSON to a row.

#include "tools/comparison/result.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>

#include "tools/command/disk_image.hpp"
#include "tools/command/json_reader.hpp"
#include "tools/command/suggest.hpp"

namespace comparison {

namespace fs = std::filesystem;
using command::JsonValue;
using command::Outcome;
using command::usage_error;

namespace {

Figure hash_of(const std::string& text) {
    std::uint64_t hash = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, hash, 16);
    return error == std::errc{} && stop == end ? Figure(hash) : std::nullopt;
}

Row booted(const JsonValue& json) {
    Row row;
    row.app = json.text_of("app");
    row.outcome = json.text_of("outcome");
    row.exit = json.number_of("exit").value_or(0);
    row.recorded = !json.text_of("recording").empty();
    row.writebacks = json.number_of("writebacks");
    row.instructions = json.number_of("instructions");
    if (const JsonValue* const further = json.find("figures"))
        row.fallbacks = further->number_of("policy_fallbacks");
    return row;
}

Row simulated(const JsonValue& json) {
    Row row;
    row.mode = json.text_of("mode");
    row.references = json.number_of("requests");
    if (const auto dirty = json.number_of("dirty_evictions"))
        row.writebacks = *dirty + json.number_of("early_writes").value_or(0);
    if (row.mode == "hw") // those of a textbook cost nothing
        row.cleared = json.number_of("cleared_bits");
    row.fallbacks = json.number_of("policy_fallbacks");
    return row;
}

// The run itself, then one of that name among the user's.
fs::path result_file(const command::Project& project, const std::string& run) {
    std::error_code none;
    const fs::path named(run);
    for (const fs::path& place : {named, project.runs() / named}) {
        if (fs::is_regular_file(place, none))
            return place;
        if (fs::is_regular_file(place / "result.json", none))
            return place / "result.json";
    }
    return {};
}

std::string why_none(const command::Project& project, const std::string& run) {
    std::error_code none;
    for (const fs::path& place : {fs::path(run), project.runs() / run})
        if (fs::is_directory(place, none))
            return "has no result.json: no run ended there";
    std::vector<std::string> names;
    for (const fs::directory_entry& entry : fs::directory_iterator(project.runs(), none))
        if (fs::exists(entry.path() / "result.json", none))
            names.push_back(entry.path().filename().string());
    std::ranges::sort(names);
    return fmt::format("is no run directory and no result{}; `exo run APP` makes one",
                       command::suggestion(run, names));
}

} // namespace

Outcome<Row> row_from(const std::string& text) {
    const JsonValue json = TRY(command::read_json(text));
    const bool is_booted = json.find("app") != nullptr;
    const std::string policy = json.text_of("policy");
    const auto frames = json.number_of("frames");
    if (policy.empty() || !frames || (!is_booted && json.find("requests") == nullptr))
        return usage_error("it lacks policy, frames or what ran");
    Row row = is_booted ? booted(json) : simulated(json);
    row.policy = policy;
    row.frames = *frames;
    row.workload = json.text_of("workload");
    row.seed = json.number_of("seed");
    row.faults = json.number_of("faults");
    row.evictions = json.number_of("evictions");
    row.victims = hash_of(json.text_of("victims_hash"));
    return row;
}

Outcome<Row> row_of(const command::Project& project, const std::string& run) {
    const fs::path file = result_file(project, run);
    if (file.empty())
        return usage_error(fmt::format("{}: {}", run, why_none(project, run)));
    auto row = row_from(TRY(command::read_whole(file)));
    if (!row)
        return usage_error(fmt::format("{}: is no result of a run, or damaged: {}",
                                       command::shown(file), row.error().message));
    std::string name = run;
    while (name.size() > 1 && name.ends_with('/'))
        name.pop_back();
    row->run = name;
    return *row;
}

} // namespace comparison
