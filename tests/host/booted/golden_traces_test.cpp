// tests/host/booted/golden_traces_test.cpp - the committed traces of tests/golden/traces: the
// counts that stand beside them are the simulator's and the booted libOS's, and recording them
// again gives the same strings.

#include <catch2/catch.hpp>
#include <cstdlib>
#include <fmt/format.h>
#include <fstream>
#include <sstream>

#include "tests/host/booted/simulated.hpp"
#include "tools/command/trace_file.hpp"

using namespace booted;
using command_test::content_of;
using command_test::Scratch;
using simulator::Figures;
using simulator::ReferenceString;

namespace {

const std::filesystem::path folder =
    std::filesystem::path(FAULTLINE_SOURCE) / "tests/golden/traces";
const std::filesystem::path table = folder / "counts.tsv";
constexpr const char* heading = "trace\tpolicy\tframes\tfaults\tevictions\tdirty\tvictims_hash\n";

// How each was recorded.
struct Recorded {
    std::string name;
    std::size_t bytes; // of its file; 0: none
    std::vector<std::string> words;
};
const Recorded all_recorded[] = {
    {"sort", 1 << 20, {"sort", "--", "--record-size", "64"}},
    {"wc", 600'000, {"wc"}},
    {"zipf", 0, {"scan", "--", "--pattern", "zipf", "--pages", "256", "--passes", "16"}}};

bool regenerate() { return std::getenv("FAULTLINE_REGENERATE") != nullptr; }

std::filesystem::path file_of(const std::string& name) { return folder / (name + ".pg32.zst"); }

ReferenceString golden(const std::string& name) {
    auto string = command::read_references(file_of(name));
    REQUIRE(string.has_value());
    return *std::move(string);
}

std::string row(const std::string& trace, const std::string& policy, std::uint32_t frames,
                const Figures& figures) {
    return fmt::format("{}\t{}\t{}\t{}\t{}\t{}\t{:x}\n", trace, policy, frames, figures.faults,
                       figures.evictions, figures.dirty_evictions, figures.victims_hash);
}

struct Row {
    std::string trace, policy;
    std::uint32_t frames = 0;
    std::string text;
};

std::vector<Row> rows() {
    std::ifstream stream(table);
    std::string line;
    std::getline(stream, line);
    CHECK(line + "\n" == heading);
    std::vector<Row> all;
    while (std::getline(stream, line)) {
        std::istringstream fields(line);
        Row row;
        REQUIRE(fields >> row.trace >> row.policy >> row.frames);
        row.text = line + "\n";
        all.push_back(row);
    }
    CHECK(all.size() == 117); // 3 traces, 13 policies, 3 numbers of frames
    return all;
}

} // namespace

TEST_CASE("the committed traces have their counts in the simulator", "[simulator]") {
    if (regenerate()) {
        std::ofstream out(table);
        out << heading;
        for (const Recorded& recorded : all_recorded)
            for (const std::string& policy : shipped_policies())
                for (const std::uint32_t frames : {8u, 32u, 128u})
                    out << row(recorded.name, policy, frames,
                               simulated(policy, golden(recorded.name), frames));
    }
    for (const Row& each : rows())
        CHECK(row(each.trace, each.policy, each.frames,
                  simulated(each.policy, golden(each.trace), each.frames)) == each.text);
}

TEST_CASE("the committed traces have their counts in the booted libOS",
          "[booted][traces][golden]") {
    const Scratch scratch;
    for (const Row& each : rows()) {
        const Guest guest =
            boot(scratch, "run",
                 {"trace", "--trace", file_of(each.trace).string(), "--policy", each.policy,
                  "--frames", std::to_string(each.frames), "--no-record"});
        CAPTURE(each.text, guest.ran.errors);
        CHECK(guest.ran.code == 0);
        const std::string output = guest.ran.output.substr(guest.ran.output.find("\"output\""));
        const std::size_t writes = output.find("\"writebacks\":");
        REQUIRE(writes != std::string::npos);
        const Figures figures{.faults = static_cast<std::uint64_t>(guest.number("faults")),
                              .evictions = static_cast<std::uint64_t>(guest.number("evictions")),
                              .dirty_evictions = std::stoull(output.substr(writes + 13)),
                              .victims_hash = std::stoull(guest.text("victims_hash"), nullptr, 16)};
        CHECK(row(each.trace, each.policy, each.frames, figures) == each.text);
        std::filesystem::remove_all(guest.run);
    }
}

TEST_CASE("recorded again, the committed traces are the same", "[booted]") {
    const Scratch scratch;
    for (const Recorded& recorded : all_recorded) {
        std::vector<std::string> words{"--policy", "fifo", "--frames", "3", "--region", "128M"};
        if (recorded.bytes != 0) {
            const std::string file = scratch.file(recorded.name, noise(recorded.bytes, 1)).string();
            words.insert(words.end(), {"--file", file});
        }
        words.insert(words.begin(), recorded.words[0]);
        words.insert(words.end(), recorded.words.begin() + 1, recorded.words.end());
        const Guest guest = boot(scratch, recorded.name + "-run", words);
        CAPTURE(recorded.name, guest.ran.errors);
        REQUIRE(guest.ran.code == 0);
        const auto made = scratch.path() / (recorded.name + ".pg32");
        CHECK(
            command_test::exo({"walk", guest.run.string(), "--format", "pg32", "-o", made.string()})
                .code == 0);
        if (regenerate())
            std::ofstream(file_of(recorded.name), std::ios::binary) << packed(content_of(made), 19);
        CHECK(pg32_of(golden(recorded.name)) == content_of(made));
        CHECK(std::filesystem::file_size(file_of(recorded.name)) < 100'000);
    }
}
