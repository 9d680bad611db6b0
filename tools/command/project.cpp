// tools/command/project.cpp - apps, policies and runs, found in the project's folders.

#include "tools/command/project.hpp"

#include <algorithm>
#include <cstdlib>
#include <fmt/format.h>
#include <fstream>
#include <system_error>

#include "tools/command/suggest.hpp"

namespace command {

namespace fs = std::filesystem;

namespace {

// "# wc - counts a file" -> "counts a file"
std::string summary_of(const fs::path& readme, const std::string& name) {
    std::ifstream stream(readme);
    std::string line;
    while (line.empty() && std::getline(stream, line))
        line.erase(0, std::min(line.find_first_not_of("# "), line.size()));
    for (const std::string& start : {"`" + name + "`", name})
        if (line.starts_with(start))
            line.erase(0, start.size());
    line.erase(0, std::min(line.find_first_not_of(" :-"), line.size()));
    return line;
}

// The first line of a policy says what it does: "// path - what".
std::string policy_summary(const fs::path& file) {
    std::ifstream stream(file);
    std::string line;
    std::getline(stream, line);
    const std::size_t dash = line.find(" - ");
    return dash == std::string::npos ? "" : line.substr(dash + 3);
}

// "// Also called second-chance." -> second-chance
std::vector<std::string> policy_aliases(const fs::path& file) {
    constexpr std::string_view start = "// Also called ";
    std::vector<std::string> aliases;
    std::ifstream stream(file);
    for (std::string line; std::getline(stream, line) && line.starts_with("//");)
        if (line.starts_with(start))
            aliases.push_back(line.substr(start.size(), line.find('.') - start.size()));
    return aliases;
}

} // namespace

Project::Project(fs::path source, fs::path build)
    : source_{std::move(source)}, build_{std::move(build)}, runs_{build_ / "runs"} {
    if (const char* const named = std::getenv("FAULTLINE_RUNS"); named != nullptr && *named != '\0')
        runs_ = named;
}

Project Project::for_tests() const {
    Project project = *this;
    if (project.runs_ == build_ / "runs")
        project.runs_ = build_ / "test-runs";
    return project;
}

std::vector<std::string> Project::app_names() const {
    std::vector<std::string> names;
    std::error_code none;
    for (const fs::directory_entry& entry : fs::directory_iterator(build_ / "apps", none))
        if (entry.is_regular_file())
            names.push_back(entry.path().filename().string());
    std::ranges::sort(names);
    return names;
}

Outcome<App> Project::app(const std::string& name) const {
    const std::vector<std::string> names = app_names();
    if (std::ranges::find(names, name) == names.end())
        return usage_error(fmt::format("there is no app {}{} (`exo list` shows them)", name,
                                       suggestion(name, names)));
    const fs::path folder = source_ / "apps" / name;
    return App{name, summary_of(folder / "README.md", name),
               TRY(read_scenario(folder / (name + ".scenario"))), build_ / "apps" / name};
}

Outcome<App> Project::booted_test(const std::string& name) const {
    const fs::path folder = source_ / "tests/qemu" / name;
    const fs::path program = build_ / "tests" / name;
    if (!fs::exists(program))
        return usage_error(fmt::format("there is no booted test {} (tests/qemu has them)", name));
    return App{name, "booted test", TRY(read_scenario(folder / "scenario")), program};
}

std::vector<Policy> Project::policies() const {
    std::vector<Policy> policies;
    std::error_code none;
    for (const fs::directory_entry& entry :
         fs::directory_iterator(source_ / "libos/vm/policies", none)) {
        const fs::path& file = entry.path();
        std::string name = file.stem().string();
        std::ranges::replace(name, '_', '-');
        if (file.extension() == ".hpp")
            policies.push_back({name, policy_summary(file), policy_aliases(file)});
    }
    std::ranges::sort(policies, {}, &Policy::name);
    return policies;
}

Outcome<std::string> Project::policy(const std::string& name) const {
    std::vector<std::string> names;
    for (const Policy& policy : policies()) {
        if (policy.name == name || std::ranges::find(policy.aliases, name) != policy.aliases.end())
            return policy.name;
        names.push_back(policy.name);
        names.insert(names.end(), policy.aliases.begin(), policy.aliases.end());
    }
    return usage_error(fmt::format("there is no policy {}{} (`exo list` shows them)", name,
                                   suggestion(name, names)));
}

Outcome<fs::path> Project::new_run(const std::string& name) const {
    std::error_code error;
    fs::create_directories(runs(), error);
    for (int number = 1; !error; ++number) {
        fs::path run = runs() / fmt::format("{}-{}", name, number);
        if (fs::create_directory(run, error))
            return run;
    }
    return host_error(
        fmt::format("cannot make a run directory in {}: {}", shown(runs()), error.message()));
}

void Project::remember_last(const fs::path& run) const {
    std::error_code ignored; // without it `exo verify` merely asks for a name
    const fs::path part = runs() / fmt::format(".last-{}", run.filename().string());
    fs::create_directories(runs(), ignored);
    fs::remove(part, ignored);
    fs::create_symlink(fs::absolute(run, ignored), part, ignored);
    fs::rename(part, runs() / "last", ignored);
}

Outcome<fs::path> Project::recording_of(const std::string& run) const {
    std::error_code none;
    const fs::path named = run.empty() ? runs() / "last" : fs::path(run);
    for (const fs::path& place : {named, runs() / named}) {
        if (fs::is_regular_file(place, none))
            return place;
        if (fs::is_regular_file(place / recording_name, none))
            return fs::canonical(place, none) / recording_name;
    }
    if (run.empty())
        return usage_error("there is no recorded run yet; `exo demo` or `exo run APP` makes one");
    return usage_error(fmt::format("{} is no recording, and no run directory with one in it", run));
}

std::string shown(const fs::path& file) {
    std::error_code error;
    const fs::path here = fs::current_path(error);
    const fs::path relative = file.lexically_relative(here);
    if (error || relative.empty() || relative.native().starts_with(".."))
        return file.string();
    return relative.string();
}

} // namespace command
