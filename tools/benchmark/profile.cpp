// tools/benchmark/profile.cpp - reads the profiler's comma-separated result.

#include "tools/benchmark/profile.hpp"

#include <charconv>
#include <fmt/format.h>
#include <sstream>
#include <string_view>
#include <vector>

#include "tools/command/disk_image.hpp"
#include "tools/command/project.hpp"

namespace benchmark {
namespace {

std::vector<std::string> fields_of(const std::string& line) {
    std::vector<std::string> fields;
    std::istringstream stream{line};
    for (std::string field; std::getline(stream, field, ',');)
        fields.push_back(field);
    return fields;
}

bool read_number(const std::string& text, std::uint64_t& number, int base = 10) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
    return error == std::errc{} && end == text.data() + text.size();
}

bool read_longest(const std::vector<std::string>& fields, profiler::KernelRun& run) {
    return fields.size() == 5 && read_number(fields[1], run.length) &&
           read_number(fields[2], run.begin, 16) && read_number(fields[3], run.inside, 16) &&
           read_number(fields[4], run.end, 16);
}

profiler::Counters* statistic_of(RegionProfile& region, std::string_view name) {
    if (name == "best")
        return &region.best;
    if (name == "least")
        return &region.least;
    if (name == "most")
        return &region.most;
    return name == "sum" ? &region.sum : nullptr;
}

bool read_counters(const std::vector<std::string>& fields, Profile& profile) {
    if (fields.size() != 3 + profiler::counter_count)
        return false;
    RegionProfile& region = profile.regions[fields[0]];
    profiler::Counters* counters = statistic_of(region, fields[2]);
    if (counters == nullptr || !read_number(fields[1], region.passes))
        return false;
    for (std::size_t i = 0; i < profiler::counter_count; ++i)
        if (!read_number(fields[3 + i], counters->values[i]))
            return false;
    return true;
}

} // namespace

command::Outcome<Profile> read_profile(const std::filesystem::path& file) {
    std::istringstream text{TRY(command::read_whole(file))};
    Profile profile;
    std::string line;
    std::getline(text, line); // the header
    bool ended = false;
    while (std::getline(text, line)) {
        const std::vector<std::string> fields = fields_of(line);
        const bool longest = !fields.empty() && fields[0] == "longest";
        if (!(longest ? read_longest(fields, profile.longest) : read_counters(fields, profile)))
            return command::host_error(
                fmt::format("{}: cannot read `{}`; is the profiler of another build?",
                            command::shown(file), line));
        ended = longest;
    }
    if (!ended)
        return command::host_error(fmt::format("{}: is not whole: the profiler was stopped before "
                                               "it could write its result",
                                               command::shown(file)));
    profile.all = profile.regions["*"].sum;
    profile.boot = profile.regions["boot"].sum;
    profile.regions.erase("*");
    profile.regions.erase("boot");
    return profile;
}

} // namespace benchmark
