// tests/host/booted/trace_test.cpp - the app trace: every form of a reference string, what its
// loads find, and what it refuses.

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstring>
#include <deque>
#include <fmt/format.h>

#include "bindings/random.hpp"
#include "tests/host/booted/simulated.hpp"
#include "tools/command/boot_image.hpp"
#include "tools/command/trace_file.hpp"

using namespace booted;
using command_test::content_of;
using command_test::Scratch;
using simulator::ReferenceString;

namespace {

// 2,000 references to 80 pages, a third of them stores.
ReferenceString drawn() {
    bindings::Random random{7};
    simulator::StringBuilder string(2000);
    for (int i = 0; i != 2000; ++i) {
        const std::uint64_t page = random.below(random.below(80) + 1);
        string.add(page, random.below(3) == 0 ? simulator::Reference::written : 0);
    }
    return string.take();
}

ReferenceString without_stores(ReferenceString string) {
    for (simulator::Reference& reference : string.references)
        reference.word &= ~simulator::Reference::written;
    return string;
}

// What must be found after the string: stores by page, and the sum of what the loads read.
struct Expected {
    std::vector<std::uint64_t> stored;
    std::uint64_t loads = 0, stores = 0, checksum = 0;

    explicit Expected(const ReferenceString& string) : stored(string.pages.size()) {
        for (const simulator::Reference reference : string.references) {
            std::uint64_t& count = stored[reference.page()];
            if (reference.writes()) {
                ++count;
                ++stores;
            } else {
                checksum += count;
                ++loads;
            }
        }
    }
};

std::uint64_t word_of_block(const std::string& disk, std::uint64_t block) {
    std::uint64_t word = 0;
    REQUIRE(disk.size() >= (block + 1) * 4096);
    std::memcpy(&word, disk.data() + block * 4096, sizeof(word));
    return word;
}

// trace, booted with a manifest that the host would not make.
Guest boot_with(const Scratch& scratch, const std::string& manifest) {
    const std::string program = command::loadable_part(content_of(FAULTLINE_BUILD "/apps/trace"));
    const auto archive = scratch.file(
        "archive.tar", *command::bootable_archive("app=trace\nframes=8\nrecord=1\n" + manifest,
                                                  {{"trace", program}}));
    const auto trace = scratch.file("t.u32", trace_of(string_of({5, 6, 7})));
    return boot(scratch, "run",
                {"trace", "--trace", trace.string(), "--archive", archive.string()});
}

void ends_with(const std::string& manifest, const std::string& message) {
    const Scratch scratch;
    const Guest guest = boot_with(scratch, manifest);
    CAPTURE(guest.ran.errors);
    CHECK(guest.ran.code == 6);
    CHECK_THAT(guest.ran.errors, Catch::Contains(message));
}

} // namespace

TEST_CASE("every form of a trace is the same run, and the simulator's", "[booted]") {
    const Scratch scratch;
    const ReferenceString string = drawn();
    const ReferenceString plain = without_stores(string);
    std::string decimals;
    for (const simulator::Reference reference : plain.references)
        decimals += fmt::format("{}, ", plain.page_of(reference));
    struct Form {
        std::string name, content;
        const ReferenceString& string;
    };
    const Form forms[] = {{"a.u32", trace_of(plain), plain},
                          {"a.u64.zst", packed(trace_of(plain, 8)), plain},
                          {"a.txt", decimals, plain},
                          {"a.pg32", pg32_of(string), string},
                          {"a.pg32.zst", packed(pg32_of(string)), string}};
    for (const Form& form : forms) {
        CAPTURE(form.name);
        const auto file = scratch.file(form.name, form.content);
        const Guest guest = boot(scratch, "run-" + form.name,
                                 {"trace", "--trace", file.string(), "--policy", "clock",
                                  "--frames", "16", "--no-record"});
        const simulator::Figures figures = simulated("clock", form.string, 16);
        check_same(guest, figures);
        CHECK(guest.number("references") == 2000);
        CHECK(guest.number("stores") == (&form.string == &plain ? 0 : 698));
        CHECK(guest.text("checksum") == fmt::format("{:x}", Expected(form.string).checksum));
        // Behind the figures of the whole run, which has written the rest at its end.
        CHECK_THAT(guest.ran.output,
                   Catch::Contains(fmt::format("\"writebacks\":{}}}", figures.dirty_evictions)));
    }
}

TEST_CASE("what a trace stores is on the disk afterwards", "[booted]") {
    const Scratch scratch;
    const ReferenceString string = drawn();
    const auto file = scratch.file("a.pg32", pg32_of(string));
    const Guest guest = boot(scratch, "run", {"trace", "--trace", file.string(), "--frames", "8"});
    CHECK(guest.ran.code == 0);
    const Expected expected(string);
    CHECK(guest.number("loads") == static_cast<long long>(expected.loads));
    CHECK(guest.number("stores") == static_cast<long long>(expected.stores));
    CHECK(expected.stores > 600);
    const std::string config = content_of(guest.run / "config");
    const std::size_t at = config.find("file=pages ");
    REQUIRE(at != std::string::npos);
    const std::uint64_t first = std::stoull(config.substr(at + 11));
    const std::string disk = content_of(guest.run / "disk.img");
    for (std::size_t i = 0; i != string.pages.size(); ++i)
        CHECK(word_of_block(disk, first + string.pages[i]) == expected.stored[i]);
    CHECK(command_test::exo({"verify", guest.run.string()}).code == 0);
}

TEST_CASE("--check reads once more what was stored, which faults", "[booted]") {
    const Scratch scratch;
    simulator::StringBuilder pages;
    for (std::uint64_t page = 0; page != 20; ++page)
        pages.add(page, page % 2 == 0 ? simulator::Reference::written : 0);
    const auto file = scratch.file("a.pg32", pg32_of(pages.take()));
    const Guest guest = boot(scratch, "run",
                             {"trace", "--trace", file.string(), "--policy", "fifo", "--frames",
                              "4", "--no-record", "--", "--check"});
    CHECK(guest.ran.code == 0);
    CHECK(guest.number("faults") == 30); // 10 of the last read, of which none was resident
}

TEST_CASE("Belady's string: with fifo, four frames fault more often than three", "[booted]") {
    const Scratch scratch;
    for (const auto& [frames, faults] : {std::pair{"3", 9}, std::pair{"4", 10}}) {
        const Guest guest = boot(scratch, frames, {"trace", "--frames", frames});
        CAPTURE(frames, guest.ran.errors);
        CHECK(guest.ran.code == 0);
        CHECK(guest.text("policy") == "fifo");
        CHECK(guest.number("faults") == faults);
        CHECK(command_test::exo({"verify", guest.run.string()}).code == 0);
    }
}

TEST_CASE("a run of trace has the lines of OSTEP's simulator, hits and all", "[booted]") {
    const auto shown = [](const std::string& policy, const std::vector<std::uint64_t>& pages) {
        const Scratch scratch;
        const auto trace = scratch.file("trace.u32", trace_of(string_of(pages)));
        const Guest guest =
            boot(scratch, "run",
                 {"trace", "--policy", policy, "--frames", "3", "--trace", trace.string()});
        CHECK(guest.ran.code == 0);
        return command_test::exo({"walk", guest.run.string(), "--format", "ostep"}).output;
    };
    // The first exercise of the homework: `paging-policy.py -s 0 -n 10 -c`, FIFO and 3 places.
    CHECK(shown("fifo", {8, 7, 4, 2, 5, 4, 7, 3, 4, 5}) ==
          "Access: 8  MISS FirstIn ->          [8] <- Lastin  Replaced:- [Hits:0 Misses:1]\n"
          "Access: 7  MISS FirstIn ->       [8, 7] <- Lastin  Replaced:- [Hits:0 Misses:2]\n"
          "Access: 4  MISS FirstIn ->    [8, 7, 4] <- Lastin  Replaced:- [Hits:0 Misses:3]\n"
          "Access: 2  MISS FirstIn ->    [7, 4, 2] <- Lastin  Replaced:8 [Hits:0 Misses:4]\n"
          "Access: 5  MISS FirstIn ->    [4, 2, 5] <- Lastin  Replaced:7 [Hits:0 Misses:5]\n"
          "Access: 4  HIT  FirstIn ->    [4, 2, 5] <- Lastin  Replaced:- [Hits:1 Misses:5]\n"
          "Access: 7  MISS FirstIn ->    [2, 5, 7] <- Lastin  Replaced:4 [Hits:1 Misses:6]\n"
          "Access: 3  MISS FirstIn ->    [5, 7, 3] <- Lastin  Replaced:2 [Hits:1 Misses:7]\n"
          "Access: 4  MISS FirstIn ->    [7, 3, 4] <- Lastin  Replaced:5 [Hits:1 Misses:8]\n"
          "Access: 5  MISS FirstIn ->    [3, 4, 5] <- Lastin  Replaced:7 [Hits:1 Misses:9]\n"
          "\n"
          "FINALSTATS hits 1   misses 9   hitrate 10.00\n"
          "   (hits are filled in from the known reference string; page 0 is 0x1000000)\n");
    // 4 finds all bits set: they are cleared, and 1 goes. 2 is not used again and goes for 1; 3 is,
    // but so are 4 and 1 by their mapping: all three are passed over, and 3 goes for 5.
    CHECK_THAT(
        shown("clock", {1, 2, 3, 1, 4, 1, 3, 5}),
        Catch::Contains(
            "Access: 1  HIT  Left  ->    [1, 2, 3] <- Right Replaced:- [Hits:1 Misses:3]\n"
            "Access: 4  MISS Left  ->    [2, 3, 4] <- Right Replaced:1 [Hits:1 Misses:4]\n"
            "Access: 1  MISS Left  ->    [3, 4, 1] <- Right Replaced:2 [Hits:1 Misses:5]\n"
            "Access: 3  HIT  Left  ->    [3, 4, 1] <- Right Replaced:- [Hits:2 Misses:5]\n"
            "Access: 5  MISS Left  ->    [4, 1, 5] <- Right Replaced:3 [Hits:2 Misses:6]\n"));
}

TEST_CASE("hits are filled in for scan too, and no other app has any", "[booted]") {
    const Scratch scratch;
    const auto shown = [&](const std::vector<std::string>& words) {
        const Guest guest = boot(scratch, "run", words);
        CHECK(guest.ran.code == 0);
        return command_test::exo({"walk", guest.run.string(), "--format", "ostep"}).output;
    };
    const std::string zipf =
        shown({"scan", "--frames", "4", "--policy", "clock", "--seed", "3", "--", "--pattern",
               "zipf", "--pages", "12", "--passes", "3", "--write", "--check"});
    CHECK(std::ranges::count(zipf, '\n') == 3 * 12 + 2 * 12 + 3); // and those of --check
    CHECK_THAT(zipf, Catch::Contains("  HIT  Left ") && Catch::Contains("FINALSTATS hits "));
    const std::string threads = shown(
        {"scan", "--frames", "12", "--", "--pattern", "cyclic", "--pages", "40", "--threads", "4"});
    CHECK_THAT(threads, Catch::Contains("\nFINALSTATS misses 40   (hits do not enter a libOS"));
    const std::string wc =
        shown({"wc", "--file", scratch.file("text", booted::noise(20'000, 1)).string()});
    CHECK_THAT(wc, Catch::Contains("\nFINALSTATS misses 5   (hits do not enter a libOS"));
    CHECK(wc.find("HIT") == std::string::npos);
}

TEST_CASE("the faults of a run are a reference string: the program's behind a FIFO filter",
          "[booted]") {
    const Scratch scratch;
    const ReferenceString string = drawn();
    const auto file = scratch.file("a.pg32", pg32_of(string));
    const Guest guest = boot(
        scratch, "run", {"trace", "--trace", file.string(), "--policy", "fifo", "--frames", "3"});
    CHECK(guest.ran.code == 0);
    const auto ran = command_test::exo({"walk", guest.run.string(), "--format", "pg32"});
    CHECK(ran.code == 0);
    // The filter: three pages, first in, first out; a word is written if its stay was.
    std::vector<std::uint32_t> words;
    std::deque<std::pair<std::uint64_t, std::size_t>> places; // page and its word
    for (const simulator::Reference reference : string.references) {
        const std::uint64_t page = string.page_of(reference);
        auto place = std::ranges::find(places, page, &decltype(places)::value_type::first);
        if (place == places.end()) {
            if (places.size() == 3)
                places.pop_front();
            words.push_back(static_cast<std::uint32_t>(page << 2));
            places.emplace_back(page, words.size() - 1);
            place = places.end() - 1;
        }
        words[place->second] |= reference.writes() ? 1 : 0;
    }
    const std::string made = content_of(guest.run / "walk.pg32");
    REQUIRE(made.size() == 4 * words.size());
    CHECK(std::memcmp(made.data(), words.data(), made.size()) == 0);
    CHECK(words.size() > 1000);
}

TEST_CASE("a trace may name the last page that a region can have", "[booted]") {
    const Scratch scratch;
    const std::uint64_t last = command::most_pages - 1;
    const ReferenceString string = string_of({last, 0, last - 5000, last});
    const auto file = scratch.file("far.u32", trace_of(string));
    const Guest guest = boot(
        scratch, "run",
        {"trace", "--trace", file.string(), "--policy", "fifo", "--frames", "3", "--no-record"});
    check_same(guest, simulated("fifo", string, 3));
    const auto beyond = command_test::exo(
        {"run", "trace", "--trace",
         scratch.file("beyond.u32", trace_of(string_of({3, last + 1}))).string()});
    CHECK(beyond.code == 2);
    CHECK_THAT(beyond.errors, Catch::Contains("entry 1 (the first is 0) is page 16777216") &&
                                  Catch::Contains("pages 0 to 16777215"));
}

TEST_CASE("trace refuses a string that it cannot follow", "[booted]") {
    const std::string pages = "file=pages 257 32768\n";
    ends_with("file=trace 256 0\n" + pages,
              "trace: the trace has 0 bytes; it must hold references");
    ends_with("file=trace 256 11\n" + pages, "trace: the trace has 11 bytes");
    ends_with("file=trace 256 12\nfile=pages 257 24576\n",
              "trace: reference 1 (the first is 0) is page 6, but there are only 6 pages");
    ends_with(pages, "the run has no file called trace");
    ends_with("file=trace 256 12\n", "the run has no file called pages");
    ends_with("file=trace 256 12\n" + pages + "arguments=--chek\n",
              "trace: there is no argument `--chek`; there is --check");
}

TEST_CASE("a page that holds what nobody stored ends the run", "[booted]") {
    const Scratch scratch;
    // The pages lie where the string does: page 5 << 2 and 6 << 2 are its first words.
    const Guest guest = boot_with(scratch, "file=trace 256 12\nfile=pages 251 32768\n");
    CAPTURE(guest.ran.errors);
    CHECK(guest.ran.code == 6);
    CHECK_THAT(guest.ran.errors,
               Catch::Contains(fmt::format("trace: at reference 0 page 5 holds {}, but was stored "
                                           "to 0 times: data was lost",
                                           (6ull << 2) << 32 | 5 << 2)));
}

TEST_CASE("what is no trace is refused before booting", "[command][exo]") {
    const Scratch scratch;
    const auto refused = [&](const char* app, const char* name, const char* content,
                             const char* reason) {
        const auto ran =
            command_test::exo({"run", app, "--trace", scratch.file(name, content).string()});
        CAPTURE(ran.errors);
        CHECK(ran.code == 2);
        CHECK_THAT(ran.errors, Catch::Contains(reason));
    };
    refused("trace", "a.u32", "12345", "has 5 bytes");
    refused("trace", "a.u32", "", "has 0 bytes");
    refused("trace", "a.pg32", "123", "has 3 bytes");
    refused("trace", "a.pg32.zst", "", "ends too early");
    refused("trace", "a.txt", "1,2,x", "entry 2");
    refused("trace", "a.list", "1234", "must end with .u32");
    refused("trace", "a.u32.zst", "1234", "cannot be unpacked");
    refused("hello", "a.u32", "1234", "takes no reference string; trace does");
    refused("scan", "a.u32", "1234", "takes no reference string; trace does");
}
