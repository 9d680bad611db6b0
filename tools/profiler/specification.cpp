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
    if (word == "application")
        return static_cast<bool>(line >> std::hex >> specification.application_begin >>
                                 specification.application_end);
    if (word == "trace")
        return static_cast<bool>(line >> specification.traced);
    std::uint64_t address = 0;
    if (!(line >> std::hex >> address))
        return false;
    if (word == "watch")
        specification.watched.push_back(address);
    else if (word == "disk")
        specification.disk.insert(address);
    else if (word == "boot")
        specification.boot = address;
    else if (word == "fault")
        specification.entries[address] = Counter::exception;
    else if (word == "interrupt")
        specification.entries[address] = Counter::interrupt;
    else
        return false;
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
        if (!read_line(line, specification)) {
            std::ostringstream message;
            message
                << path << ":" << number << ": cannot read `" << text
                << "`; expected `region NAME FROM TO`, `fault PC`, `interrupt PC`, "
                   "`watch ADDRESS`, `application FROM TO`, `disk PC`, `boot PC` or `trace NAME`";
            return std::unexpected(message.str());
        }
    }
    return specification;
}

} // namespace profiler
