// tools/viewer/sources.cpp - finding the line in the file that the table of events names.

#include "tools/viewer/sources.hpp"

#include <algorithm>
#include <fstream>

namespace viewer {

namespace {

constexpr std::size_t lines_before = 9, lines_after = 9;

std::vector<std::string> lines_of(const std::filesystem::path& file) {
    std::ifstream stream(file);
    std::vector<std::string> lines;
    for (std::string line; std::getline(stream, line);)
        lines.push_back(line);
    return lines;
}

bool is_comment(const std::string& line) {
    const std::size_t begin = line.find_first_not_of(" \t");
    return begin != std::string::npos &&
           (line.compare(begin, 2, "//") == 0 || line.compare(begin, 2, "/*") == 0);
}

// Which line has one of the texts, those that come first preferred. `lines.size()`: none.
std::size_t find_line(const std::vector<std::string>& lines,
                      const std::vector<std::string>& texts) {
    for (const std::string& text : texts) {
        const auto found = std::ranges::find_if(lines, [&](const std::string& line) {
            return !is_comment(line) && line.find(text) != std::string::npos;
        });
        if (found != lines.end())
            return static_cast<std::size_t>(found - lines.begin());
    }
    return lines.size();
}

std::optional<Excerpt> excerpt(const std::filesystem::path& root, const std::string& file,
                               const std::vector<std::string>& texts) {
    const std::vector<std::string> lines = lines_of(root / file);
    const std::size_t marked = find_line(lines, texts);
    if (marked == lines.size())
        return std::nullopt;
    const std::size_t first = marked < lines_before ? 0 : marked - lines_before;
    const std::size_t end = std::min(lines.size(), marked + lines_after + 1);
    const auto at = [&](std::size_t index) {
        return lines.begin() + static_cast<std::ptrdiff_t>(index);
    };
    return Excerpt{file, first + 1, marked + 1, {at(first), at(end)}};
}

} // namespace

std::optional<Excerpt> excerpt_of(const std::filesystem::path& root, const std::string& file,
                                  const std::string& event) {
    // Assembly calls a recorder by name, or is a macro with the name as its argument.
    return excerpt(root, file, {"Event::" + event, "record_" + event, "FAULT " + event, event});
}

std::optional<Excerpt> source_of_policy(const std::filesystem::path& root,
                                        const std::string& policy) {
    std::string name = policy == "second-chance" ? "clock" : policy;
    std::ranges::replace(name, '-', '_');
    if (name.empty() || name.find_first_of("./\\") != std::string::npos)
        return std::nullopt;
    return excerpt(root, "libos/vm/policies/" + name + ".hpp", {" select_victims("});
}

} // namespace viewer
