// tests/host/simulator/sim_command_test.cpp - `exo sim`: its inputs and outputs.

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstring>

#include "bindings/zipf.hpp"
#include "tests/host/command/support.hpp"
#include "tools/command/policy_notes.hpp"

using namespace command_test;

namespace {

template <class Word> std::string words_of(const std::vector<Word>& words) {
    std::string bytes(words.size() * sizeof(Word), '\0');
    std::memcpy(bytes.data(), words.data(), bytes.size());
    return bytes;
}

Ran sim(const std::filesystem::path& trace, std::vector<std::string> more) {
    std::vector<std::string> words{"sim", "--trace", trace.string()};
    words.insert(words.end(), more.begin(), more.end());
    return exo(words);
}

void refused(const Ran& ran, const std::string& message) {
    CAPTURE(ran.errors);
    CHECK(ran.code == 2);
    CHECK(ran.output.empty());
    CHECK_THAT(ran.errors, Catch::Contains(message));
}

std::string member(const std::string& json, const std::string& key) {
    const std::size_t at = json.find("\"" + key + "\":");
    REQUIRE(at != std::string::npos);
    const std::size_t begin = json.find_first_not_of('"', at + key.size() + 3);
    return json.substr(begin, json.find_first_of("\",}", begin) - begin);
}

} // namespace

TEST_CASE("every form of a trace is the same trace", "[simulator][exo]") {
    const Scratch scratch;
    const std::vector<std::uint32_t> pages{1, 2, 3, 4, 1, 2, 5, 1, 2, 3, 4, 5};
    std::vector<std::uint32_t> bits;
    const std::string decimals = "1, 2\n3\t4,1,2 5 1\n";
    bits.reserve(pages.size());
    for (const std::uint32_t page : pages)
        bits.push_back(page << 2 | (page & 1));
    const std::string wanted =
        sim(scratch.file("a.u32", words_of(pages)),
            {"--policy", "fifo,lru", "--frames", "3,4", "--mode", "exact", "--csv"})
            .output;
    CHECK_THAT(wanted, Catch::Contains("fifo,3,12,9,6,0") && Catch::Contains("fifo,4,12,10,6,0") &&
                           Catch::Contains("lru,3,12,10,7,0") && Catch::Contains("lru,4,12,8,4,0"));
    for (const auto& file :
         {scratch.file("a.u64", words_of(std::vector<std::uint64_t>(pages.begin(), pages.end()))),
          scratch.file("a.txt", decimals + "2,3,4,5\n")})
        CHECK(sim(file, {"--policy", "fifo,lru", "--frames", "3,4", "--mode", "exact", "--csv"})
                  .output == wanted);
    const Ran written = sim(scratch.file("a.pg32", words_of(bits)),
                            {"--policy", "fifo", "--frames", "3", "--json"});
    CHECK(member(written.output, "faults") == "9");
    CHECK(member(written.output, "dirty_evictions") == "3"); // 1, 3, 1: the odd ones are written
}

TEST_CASE("Belady's string: more frames, more faults, but not with LRU", "[simulator][exo]") {
    const Ran ran = sim(std::filesystem::path(FAULTLINE_SOURCE) / "tests/golden/traces/belady.txt",
                        {"--policy", "fifo,lru,opt", "--mode", "exact", "--frames", "3,4"});
    CHECK(ran.code == 0);
    CHECK(ran.output ==
          "12 references to 5 pages, mode exact\n"
          "\n"
          "policy           frames    faults  misses evictions    dirty  victims_hash\n"
          "fifo                  3         9  75.00%         6        0  e3dc1bc818822562\n"
          "fifo                  4        10  83.33%         6        0  00d9abdf59e73c45\n"
          "lru                   3        10  83.33%         7        0  4f17fe827a844b27\n"
          "lru                   4         8  66.67%         4        0  e337c44f4f53bbc6\n"
          "opt                   3         7  58.33%         4        0  363047faf57d3a83\n"
          "opt                   4         6  50.00%         2        0  6b228fa21f9a4d82\n");
}

TEST_CASE("what exo sim cannot take is refused with a reason", "[simulator][exo]") {
    const Scratch scratch;
    const auto good = scratch.file("good.u32", words_of(std::vector<std::uint32_t>{1, 2, 3}));
    refused(sim(good, {"--policy", "fifo"}), "needs --frames");
    refused(sim(good, {"--policy", "fifo", "--frames", "0"}), "--frames 0: must be from 1");
    refused(sim(good, {"--policy", "fifp", "--frames", "2"}), "did you mean fifo");
    refused(sim(good, {"--policy", "lru", "--frames", "2"}), "--mode exact only");
    refused(sim(good, {"--policy", "fifo", "--frames", "2", "--mode", "exact", "--grace"}),
            "--grace");
    refused(sim(good, {"--policy", "fifo", "--frames", "2", "--mode", "textbook"}), "exact, hw");
    refused(sim(scratch.file("cut.u32", "12345"), {"--policy", "fifo", "--frames", "2"}),
            "has 5 bytes");
    refused(sim(scratch.file("empty.u32", ""), {"--policy", "fifo", "--frames", "2"}), "empty.u32");
    refused(sim(scratch.file("a.txt", "1, 2, three"), {"--policy", "fifo", "--frames", "2"}),
            "entry 2 (the first is 0)");
    refused(sim(scratch.file("b.txt", " , \n"), {"--policy", "fifo", "--frames", "2"}),
            "has no page numbers");
    refused(sim(scratch.file("a.trace", "1234"), {"--policy", "fifo", "--frames", "2"}),
            "must end with .u32");
    refused(sim(scratch.file("a.u32.zst", "1234"), {"--policy", "fifo", "--frames", "2"}),
            "cannot be unpacked");
    refused(sim(scratch.path() / "none.u32", {"--policy", "fifo", "--frames", "2"}), "none.u32");
}

TEST_CASE("a pattern is the reference string of scan", "[simulator][exo]") {
    const Ran cyclic = exo({"sim", "--policy", "mru", "--frames", "7936", "--pattern", "cyclic",
                            "--pages", "16384", "--passes", "4", "--json"});
    CHECK(member(cyclic.output, "faults") == "41731");
    CHECK(member(cyclic.output, "requests") == "65536");
    const Scratch scratch;
    for (const char* const name : {"uniform", "zipf", "window"}) {
        CAPTURE(name);
        std::vector<std::uint32_t> pages;
        std::vector<std::uint64_t> sums(300);
        const bindings::Zipf zipf(sums, 80);
        bindings::Random random(7);
        for (unsigned i = 0; i != 1200; ++i) {
            const std::uint64_t page = name[0] == 'z'   ? zipf.next(random)
                                       : name[0] == 'u' ? random.below(300)
                                                        : 271 * i / 1200 + random.below(30);
            pages.push_back(static_cast<std::uint32_t>(page));
        }
        const Ran made =
            exo({"sim", "--policy", "clock,random", "--frames", "40", "--pattern", name, "--pages",
                 "300", "--passes", "4", "--skew", "80", "--window", "30", "--seed", "7", "--csv"});
        CHECK(made.code == 0);
        CHECK(made.output ==
              sim(scratch.file("a.u32", words_of(pages)),
                  {"--policy", "clock,random", "--frames", "40", "--seed", "7", "--csv"})
                  .output);
    }
}

TEST_CASE("a pattern that exo sim cannot make is refused with a reason", "[simulator][exo]") {
    const auto pattern = [](std::vector<std::string> more) {
        std::vector<std::string> words{"sim", "--policy", "fifo", "--frames", "2"};
        words.insert(words.end(), more.begin(), more.end());
        return exo(words);
    };
    refused(pattern({}), "either --trace or --pattern");
    refused(pattern({"--pattern", "zipf", "--trace", "a.u32"}), "either --trace or --pattern");
    refused(pattern({"--pattern", "zipf"}), "needs --pages");
    refused(pattern({"--pattern", "zip", "--pages", "3"}), "did you mean zipf");
    refused(pattern({"--pattern", "zipf", "--pages", "0"}), "--pages 0: must be from 1");
    refused(pattern({"--pattern", "zipf", "--pages", "3", "--skew", "1001"}), "from 0 to 1000");
    refused(pattern({"--pattern", "window", "--pages", "10", "--window", "11"}), "from 1 to 10");
    refused(pattern({"--pattern", "cyclic", "--pages", "1M", "--passes", "1M"}),
            "at most 268435456 are simulated");
}

TEST_CASE("a policy whose answers were not good is named", "[simulator]") {
    CHECK(command::note_on_answers("mine", 0, 0, 9) == "");
    CHECK(command::note_on_answers("mine", 3, 2, 9) ==
          "the policy mine had no good answer for 2 of 9 victims: FIFO chose those");
    CHECK(command::note_on_answers("mine", 3, 0, 9) ==
          "the policy mine named 3 pages that were not to be had, and others beside them");
}

TEST_CASE("all policies of a mode are simulated at once", "[simulator][exo]") {
    const auto rows = [](const char* mode) {
        const Ran ran = exo({"sim", "--policy", "all", "--mode", mode, "--frames", "3", "--trace",
                             FAULTLINE_SOURCE "/tests/golden/traces/belady.txt", "--csv"});
        CHECK(ran.code == 0);
        return std::ranges::count(ran.output, '\n') - 1;
    };
    CHECK(rows("hw") >= 13); // a policy of one's own may be there
    CHECK(rows("exact") >= 18);
}
