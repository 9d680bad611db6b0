// tools/command/known_string.cpp - reads the run's disk, or its arguments, as its app did.

#include "tools/command/known_string.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "bindings/abi/io_ring.hpp"
#include "libos/core/manifest.hpp"
#include "tools/command/scenario.hpp"
#include "tools/simulator/pattern_string.hpp"

namespace command {

namespace fs = std::filesystem;
using simulator::ReferenceString;
using simulator::StringBuilder;

namespace {

constexpr std::uint64_t most_accesses = 1ull << 26;

std::optional<libos::FileEntry> file_of(const recording::Recording& recording, std::string& line,
                                        const std::string& name) {
    for (const auto& [key, value] : recording.facts) {
        if (key != "file" || (!name.empty() && !value.starts_with(name + " ")))
            continue;
        line = "file=" + value;
        return libos::Manifest{line}.file(0);
    }
    return std::nullopt;
}

std::optional<ReferenceString> string_on_disk(const recording::Recording& recording,
                                              const fs::path& disk, bool check) {
    std::string line;
    const auto file = file_of(recording, line, "trace");
    if (!file || file->length % 4 != 0 || file->length / 4 > most_accesses)
        return std::nullopt;
    std::ifstream stream(disk, std::ios::binary);
    stream.seekg(static_cast<std::streamoff>(file->first_block * abi::block_size));
    std::vector<std::uint32_t> words(file->length / 4);
    stream.read(reinterpret_cast<char*>(words.data()), static_cast<std::streamsize>(file->length));
    if (!stream)
        return std::nullopt;
    StringBuilder string(words.size());
    std::set<std::uint32_t> stored;
    for (const std::uint32_t word : words) {
        string.add(word >> 2, word & simulator::Reference::written);
        if ((word & simulator::Reference::written) != 0)
            stored.insert(word >> 2);
    }
    if (check)
        for (const std::uint32_t page : stored)
            string.add(page);
    return string.take();
}

// The arguments of scan. What scan itself would have refused is not here.
class ScanArguments {
public:
    explicit ScanArguments(const std::string& text) : words_{words_of(text)} {}

    bool has(const char* option) const { return std::ranges::find(words_, option) != words_.end(); }
    std::string after(const char* option, const char* otherwise) const {
        const auto found = std::ranges::find(words_, option);
        return found == words_.end() || found + 1 == words_.end() ? otherwise : *(found + 1);
    }
    std::uint64_t number(const char* option, std::uint64_t otherwise) const {
        return libos::parse_number(after(option, "")).value_or(otherwise);
    }

private:
    std::vector<std::string> words_;
};

std::uint64_t pages_by_default(const recording::Recording& recording, const fs::path& disk) {
    std::string line;
    std::error_code error;
    const auto file = file_of(recording, line, "");
    const std::uint64_t bytes = file ? file->length : fs::file_size(disk, error);
    return error ? 0 : (bytes + abi::block_size - 1) / abi::block_size;
}

std::optional<ReferenceString> string_of_scan(const recording::Recording& recording,
                                              const fs::path& disk,
                                              const ScanArguments& arguments) {
    using bindings::AccessPattern;
    const auto* const names = std::begin(bindings::pattern_names);
    const auto* const name =
        std::ranges::find(bindings::pattern_names, arguments.after("--pattern", "cyclic"));
    if (name == std::end(bindings::pattern_names))
        return std::nullopt;
    AccessPattern pattern{.pattern = static_cast<bindings::Pattern>(name - names)};
    pattern.pages = arguments.number("--pages", pages_by_default(recording, disk));
    pattern.passes = arguments.number("--passes", pattern.passes);
    pattern.skew = arguments.number("--skew", pattern.skew);
    pattern.window = arguments.number("--window", pattern.window);
    pattern.threads = arguments.number("--threads", pattern.threads);
    pattern.seed = libos::parse_number(recording::fact(recording, "seed")).value_or(pattern.seed);
    if (pattern.threads != 1 || pattern.pages == 0 || pattern.pages > AccessPattern::most_pages ||
        pattern.passes > most_accesses / pattern.pages || pattern.skew > AccessPattern::most_skew ||
        (pattern.pattern == bindings::Pattern::window &&
         (pattern.window == 0 || pattern.window > pattern.pages)))
        return std::nullopt;
    ReferenceString accesses = simulator::string_of(pattern);
    if (!arguments.has("--check"))
        return accesses;
    StringBuilder string; // before and afterwards every page is read
    for (const bool before : {true, false}) {
        for (std::uint64_t page = 0; page != pattern.pages; ++page)
            string.add(page);
        if (before)
            for (const simulator::Reference reference : accesses.references)
                string.add(accesses.page_of(reference));
    }
    return string.take();
}

} // namespace

std::optional<ReferenceString> known_string(const recording::Recording& recording,
                                            const fs::path& run) {
    const std::string app = recording::fact(recording, "app");
    const ScanArguments arguments(recording::fact(recording, "arguments"));
    if (app == "trace")
        return string_on_disk(recording, run / "disk.img", arguments.has("--check"));
    if (app == "scan")
        return string_of_scan(recording, run / "disk.img", arguments);
    return std::nullopt;
}

} // namespace command
