// tools/profiler/specification.cpp - reads the file that tells the profiler what to measure.

#include "tools/profiler/specification.hpp"

#include <fstream>
#include <sstream>

namespace profiler {
namespace {

bool read_line(std::istringstream& line, Specification& specification) {
    std::string word;
    if (!(line >> word) || word.starts_with('#'))
        return true;
    if (word == "region") {
        std::string name;
        std::uint64_t from = 0;
        std::uint64_t to = 0;
        if (!(line >> name >> std::hex >> from >> to))
            return false;
        specification.regions.emplace_back(name, from, to);
        return true;
    }
    std::uint64_t pc = 0;
    if ((word != "fault" && word != "interrupt") || !(line >> std::hex >> pc))
        return false;
    specification.entries[pc] = word == "fault" ? Counter::exception : Counter::interrupt;
    return true;
}

} // namespace

std::expected<Specification, std::string> read_specification(const std::string& path) {
    std::ifstream file{path};
    if (!file)
        return std::unexpected("cannot read the specification " + path);
    Specification specification;
    std::string text;
    for (int number = 1; std::getline(file, text); ++number) {
        std::istringstream line{text};
        if (!read_line(line, specification))
            return std::unexpected(path + ":" + std::to_string(number) + ": cannot read `" + text +
                                   "`; expected `region NAME FROM TO`, `fault PC` or "
                                   "`interrupt PC`");
    }
    return specification;
}

} // namespace profiler
