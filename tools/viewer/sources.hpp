// tools/viewer/sources.hpp - the lines of the project's sources at which an event is recorded.

#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace viewer {

struct Excerpt {
    std::string file;   // from the root of the project
    std::size_t first;  // number of the first line shown, from 1
    std::size_t marked; // number of the line that records the event
    std::vector<std::string> lines;
};

/// Where `file` records the event; nothing if it is not there or does not speak of it.
std::optional<Excerpt> excerpt_of(const std::filesystem::path& root, const std::string& file,
                                  const std::string& event);

/// The choice of a replacement policy, by the policy's name as users know it.
std::optional<Excerpt> source_of_policy(const std::filesystem::path& root,
                                        const std::string& policy);

} // namespace viewer
