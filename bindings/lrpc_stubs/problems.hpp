// bindings/lrpc_stubs/problems.hpp - what is wrong with a schema, each with its line.

#pragma once

#include <set>
#include <string>
#include <utility>

#include "bindings/lrpc_stubs/source_lines.hpp"

namespace stubs {

class Problems {
public:
    Problems(std::string file, SourceLines lines)
        : file_{std::move(file)}, lines_{std::move(lines)} {}

    /// `reason` is a sentence about what is declared at `path` (source_lines.hpp).
    void add(const std::string& path, const std::string& reason) {
        found_.insert({lines_.line_of(path), reason});
    }

    [[nodiscard]] bool any() const { return !found_.empty(); }

    /// `FILE:LINE: REASON`, a line for each, by line.
    [[nodiscard]] std::string text() const {
        std::string text;
        for (const auto& [line, reason] : found_)
            text += file_ + ":" + std::to_string(line) + ": " + reason + "\n";
        return text;
    }

private:
    std::string file_;
    SourceLines lines_;
    std::set<std::pair<unsigned, std::string>> found_;
};

} // namespace stubs
