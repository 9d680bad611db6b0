// tests/host/booted/applications_test.cpp - the applications, booted, against the host's answers.

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstring>

#include "tests/host/booted/guest.hpp"
#include "tools/command/word_count.hpp"

using booted::boot;
using booted::Guest;
using command_test::content_of;
using command_test::Scratch;

TEST_CASE("wc counts what the host counts, at every length around a page", "[booted]") {
    const Scratch scratch;
    for (const std::size_t bytes : {0u, 1u, 4095u, 4096u, 4097u, 40960u, 300001u}) {
        const std::string text = booted::noise(bytes, bytes + 1);
        const auto file = scratch.file("text", text);
        const Guest guest = boot(scratch, "run", {"wc", "--file", file.string(), "--frames", "8"});
        CAPTURE(bytes, guest.ran.errors, guest.ran.output);
        CHECK(guest.ran.code == 0);
        const command::WordCount count = command::count_words(text);
        CHECK(guest.number("lines") == static_cast<long long>(count.lines));
        CHECK(guest.number("words") == static_cast<long long>(count.words));
        CHECK(guest.number("bytes") == static_cast<long long>(count.bytes));
        CHECK(guest.number("faults") == static_cast<long long>((bytes + 4095) / 4096));
        CHECK(command_test::exo({"verify", guest.run.string()}).code == 0);
        CHECK(content_of(file) == text);
    }
}

TEST_CASE("wc counts several files, and their total as the result", "[booted]") {
    const Scratch scratch;
    const auto first = scratch.file("first", "one two\nthree\n");
    const auto second = scratch.file("second", std::string(5000, 'x') + "\n");
    const Guest guest =
        boot(scratch, "run", {"wc", "--file", first.string(), "--file", second.string()});
    CHECK(guest.ran.code == 0);
    CHECK(guest.number("lines") == 3);
    CHECK(guest.number("words") == 4);
    CHECK(guest.number("bytes") == 14 + 5001);
    CHECK_THAT(content_of(guest.run / "console.log"), Catch::Contains("2 3 14 first") &&
                                                          Catch::Contains("1 1 5001 second") &&
                                                          Catch::Contains("3 4 5015 total"));
}

TEST_CASE("sort leaves on the disk exactly what the host's sort yields", "[booted]") {
    const Scratch scratch;
    constexpr std::size_t record = 64;
    const std::string text = booted::noise(record * 3000, 5);
    std::vector<std::string> records;
    for (std::size_t i = 0; i < text.size(); i += record)
        records.push_back(text.substr(i, record));
    std::ranges::sort(records, [](const std::string& a, const std::string& b) {
        return std::memcmp(a.data(), b.data(), record) < 0;
    });
    std::string sorted;
    for (const std::string& each : records)
        sorted += each;
    const auto file = scratch.file("records", text);
    for (const char* const policy : {"fifo", "clock"}) {
        const Guest guest =
            boot(scratch, "run",
                 {"sort", "--file", file.string(), "--frames", "12", "--policy", policy});
        CAPTURE(policy, guest.ran.errors);
        CHECK(guest.ran.code == 0);
        CHECK(guest.number("writebacks") > 0);
        CHECK((content_of(guest.run / "disk.img").substr(0, sorted.size()) == sorted));
        CHECK(command_test::exo({"verify", guest.run.string()}).code == 0);
    }
    CHECK((content_of(file) == text));
}

TEST_CASE("hello greets, and pages in the one page that it touches", "[booted]") {
    const Scratch scratch;
    CHECK(boot(scratch, "plain", {"hello"}).ran.code == 0);
    const Guest guest = boot(scratch, "file",
                             {"hello", "--file", scratch.file("text", "first\nsecond\n").string()});
    CHECK(guest.ran.code == 0);
    CHECK(guest.number("faults") == 1);
    CHECK_THAT(content_of(guest.run / "console.log"), Catch::Contains("text begins: first"));
    // It is what newcomers copy.
    CHECK(std::ranges::count(content_of(FAULTLINE_SOURCE "/apps/hello/main.cpp"), '\n') < 60);
}

TEST_CASE("four cyclic passes fault exactly as often as the policy says", "[booted]") {
    const Scratch scratch;
    const auto faults = [&](const char* policy, const char* frames) {
        const Guest guest =
            boot(scratch, "run",
                 {"scan", "--policy", policy, "--frames", frames, "--no-record", "--", "--pattern",
                  "cyclic", "--pages", "16384", "--passes", "4"});
        CAPTURE(policy, frames, guest.ran.errors);
        CHECK(guest.ran.code == 0);
        // With mru (65,536 accesses).
        if (std::string(policy) == "mru")
            CHECK(guest.number("instructions") <= 1200LL * 65536);
        return guest.number("faults");
    };
    CHECK(faults("mru", "7936") == 41731);
    CHECK(faults("mru", "8192") == 40963);
    CHECK(faults("fifo", "7936") == 65536);
}
