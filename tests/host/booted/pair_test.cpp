// tests/host/booted/pair_test.cpp - unrelated libOSes side by side: each gets its own answer right,
// whatever is asked of the others or taken from them.

#include <algorithm>
#include <catch2/catch.hpp>

#include "tests/host/booted/guest.hpp"
#include "tools/command/word_count.hpp"

using booted::boot;
using booted::Guest;
using command_test::content_of;
using command_test::Scratch;

namespace {

struct Summed {
    long long lines = 0, longest = 0, sum = 0;
};

Summed sum_of(const std::string& text) {
    Summed summed;
    long long line = 0;
    for (const char character : text) {
        summed.sum += static_cast<unsigned char>(character);
        ++line;
        if (character != '\n')
            continue;
        ++summed.lines;
        summed.longest = std::max(summed.longest, line - 1);
        line = 0;
    }
    return summed;
}

} // namespace

TEST_CASE("libOSes side by side get their answers right, whatever is taken from the others",
          "[booted]") {
    const Scratch scratch;
    // The second one has more pages than a leaf page table maps: the pager needs another, of frames
    // that it has been asked for meanwhile. The third does not fit on the disk of any app's
    // default.
    const std::size_t bytes = GENERATE(1'200'007uz, 2'200'001uz, 6'000'000uz);
    const std::string text = booted::noise(bytes, 11);
    const auto file = scratch.file("text", text);
    const Guest guest = boot(scratch, "run", {"pair", "--file", file.string()});
    CAPTURE(guest.ran.errors, guest.ran.output, content_of(guest.run / "console.log"));
    REQUIRE(guest.ran.code == 0);
    const command::WordCount count = command::count_words(text);
    CHECK(guest.number("lines") == static_cast<long long>(count.lines));
    CHECK(guest.number("words") == static_cast<long long>(count.words));
    const Summed summed = sum_of(text);
    CHECK(guest.number("poller_lines") == summed.lines);
    CHECK(guest.number("poller_longest") == summed.longest);
    CHECK(guest.number("poller_sum") == summed.sum);
    // Two give what they are asked for, one by upcall and one by looking; the third loses it.
    CHECK(guest.number("pager_given") >= 32);
    CHECK(guest.number("pager_taken") == 0);
    // What was asked for before is no longer its: only what it uses is asked for now.
    CHECK(guest.number("pager_again_asked") >= 16);
    CHECK(guest.number("pager_again_asked") < 32);
    CHECK(guest.number("pager_again_given") == guest.number("pager_again_asked"));
    CHECK(guest.number("pager_again_taken") == 0);
    CHECK(guest.number("poller_given") >= 16);
    CHECK(guest.number("poller_taken") == 0);
    CHECK(guest.number("refuser_taken") == 8);
    CHECK(guest.number("refuser_lost") == 8);
    CHECK(guest.number("refuser_saved") == 8);
    // The fourth gives what its thread can spare. The rest it has written, and finds it again.
    CHECK(guest.number("keeper_given") >= 3);
    CHECK(guest.number("keeper_taken") == 2);
    CHECK(guest.number("keeper_restored") == 2);
    CHECK(guest.number("watcher_saw") == 43);
    const std::string console = content_of(guest.run / "console.log");
    CHECK(console.find("crasher has ended: nested too deep") != std::string::npos);
    CHECK(console.find("mapping the lent page for writing: access_denied") != std::string::npos);
    CHECK(console.find("all have ended; environments alive: 1") != std::string::npos);
    const auto verified = command_test::exo({"verify", guest.run.string()});
    CAPTURE(verified.errors, verified.output);
    CHECK(verified.code == 0);
    CHECK(content_of(file) == text);
}

TEST_CASE("the demonstration of libOSes side by side makes a recording that keeps the rules",
          "[booted]") {
    const Scratch scratch;
    const Guest guest = boot(scratch, "run", {"pair"}); // with the default text
    REQUIRE(guest.ran.code == 0);
    CHECK(guest.number("bytes") > 512l * 4096);
    const auto verified = command_test::exo({"verify", guest.run.string()});
    CAPTURE(verified.errors, verified.output);
    CHECK(verified.code == 0);
    // What one of them was lent it gives back, which is a step; its next call is none of it.
    CHECK_THAT(command_test::exo({"walk", guest.run.string(), "--revocation", "5"}).output,
               Catch::Contains("\n2 choose and give back ") && Catch::Contains(" is broken.") &&
                   !Catch::Contains("System call yield"));
    // Those that record nothing are named by who started them.
    CHECK_THAT(command_test::exo({"walk", guest.run.string()}).output,
               Catch::Contains("Environments: 1 (pair), 2 (wc), 3 (poller), 4 (poller)"));
}

TEST_CASE("a revocation by force is told in all its ten steps, under every policy", "[booted]") {
    const Scratch scratch;
    for (const char* const policy : {"clock", "fifo", "mru"}) {
        INFO(policy);
        const Guest guest = boot(scratch, policy, {"pair", "--policy", policy});
        REQUIRE(guest.ran.code == 0);
        const std::string text =
            command_test::exo({"walk", guest.run.string(), "--revocation", "4"}).output;
        CAPTURE(text);
        // The first line of each step; what was saved is written and read, and comes by a fault.
        std::size_t at = 0;
        for (const char* const next :
             {"\n1 request ", " PE entry revoke = ", "\n2 choose and give back ", "chooses frame",
              "\n4 the deadline passes ", "\n5 break by force ", "\n6 save the state ",
              "\n7 record ", ": state saved.", "\n8 deliver ",
              " PE entry repossession = ", "\n9 mend ", "\n10 restore ", "raises #PF at ", "saved.",
              "operation read", "writes the translation"}) {
            CAPTURE(next);
            const std::size_t found = text.find(next, at);
            REQUIRE(found != std::string::npos);
            at = found;
        }
        CHECK(text.find("\n3 confirm ") != std::string::npos);
        CHECK(text.find("2 taken") != std::string::npos);
    }
}

TEST_CASE("the pool and the policy of a run of several libOSes are those of the one that pages",
          "[booted]") {
    const Scratch scratch;
    const auto file = scratch.file("text", booted::noise(1'200'007, 12));
    const Guest guest = boot(
        scratch, "run", {"pair", "--file", file.string(), "--frames", "30", "--policy", "mru"});
    REQUIRE(guest.ran.code == 0);
    CHECK(guest.number("pager_given") >= 10); // a third
    CHECK(guest.number("pager_taken") == 0);
    const Guest other = boot(
        scratch, "other", {"pair", "--file", file.string(), "--frames", "30", "--policy", "fifo"});
    REQUIRE(other.ran.code == 0);
    REQUIRE(!guest.text("victims_hash").empty());
    CHECK(guest.text("victims_hash") != other.text("victims_hash"));
    const Guest wrong =
        boot(scratch, "wrong", {"pair", "--file", file.string(), "--policy", "no-such-policy"});
    CHECK(wrong.ran.code != 0);
}

TEST_CASE("what a started libOS ends with is the error of who started it", "[booted]") {
    const Scratch scratch;
    const auto empty = scratch.file("empty", "");
    const Guest nothing = boot(scratch, "nothing", {"pair", "--file", empty.string()});
    CHECK(nothing.ran.code == 6);
    CHECK_THAT(nothing.ran.errors, Catch::Contains("pair: empty is empty"));
    // One line, longer than the buffer of the poller: it gives up.
    const auto line = scratch.file("line", std::string(400'000, 'x'));
    const Guest guest = boot(scratch, "run", {"pair", "--file", line.string()});
    CHECK(guest.ran.code == 6);
    CHECK_THAT(content_of(guest.run / "console.log"),
               Catch::Contains("pair: poller should have ended so: ended, status 0"));
}

TEST_CASE("two runs of libOSes side by side give the same recording", "[booted]") {
    const Scratch scratch;
    const auto file = scratch.file("text", booted::noise(400'000, 12));
    const Guest one = boot(scratch, "one", {"pair", "--file", file.string()});
    const Guest two = boot(scratch, "two", {"pair", "--file", file.string()});
    REQUIRE(one.ran.code == 0);
    CHECK((content_of(one.run / "run.faultline") == content_of(two.run / "run.faultline")));
}

TEST_CASE("libOSes for which there is no recording ring are named by overview and verifier",
          "[booted]") {
    const Scratch scratch;
    // The last 20 of its environments that run come behind 1,000 that do not; there are 32 rings.
    const Guest guest = boot(scratch, "run",
                             {"hello", "--program", FAULTLINE_BUILD "/tests/environments", "--file",
                              scratch.file("text", "a page\n").string()});
    CAPTURE(guest.ran.errors);
    REQUIRE(guest.ran.code == 0);
    const command_test::Ran overview = command_test::exo({"walk", guest.run.string()});
    CHECK_THAT(overview.output, Catch::Contains(" environments, the first of them "));
    const command_test::Ran verified = command_test::exo({"verify", guest.run.string()});
    CHECK(verified.code == 0);
    CHECK_THAT(verified.errors, Catch::Contains("environments, the first of them ") &&
                                    Catch::Contains("without a recording ring"));
}
