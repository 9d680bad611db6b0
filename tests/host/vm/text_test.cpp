// tests/host/vm/text_test.cpp - the libOS's small text parts: manifest, arguments, formatting.

#include <catch2/catch.hpp>

#include <array>
#include <initializer_list>
#include <string>

#include "libos/core/arguments.hpp"
#include "libos/core/check_manifest.hpp"
#include "libos/core/format.hpp"
#include "libos/core/manifest.hpp"

TEST_CASE("the manifest finds values, repeated keys and numbers", "[libos]") {
    const libos::Manifest manifest{
        "app=wc\nframes=64\nfile=a b.txt 3 100\nfile=c 9 0\nnoise\nx=\n"};
    CHECK(manifest.find("app") == "wc");
    CHECK(manifest.find("x") == "");
    CHECK_FALSE(manifest.find("ap"));
    CHECK_FALSE(manifest.find("noise"));
    CHECK(manifest.number("frames", 1) == 64);
    CHECK(manifest.number("app", 5) == 5);
    CHECK(manifest.number("missing", 7) == 7);
    REQUIRE(manifest.file(0));
    CHECK(manifest.file(0)->name == "a b.txt"); // a name may have blanks
    CHECK(manifest.file(0)->first_block == 3);
    CHECK(manifest.file(0)->length == 100);
    CHECK(manifest.file(1)->length == 0);
    CHECK_FALSE(manifest.file(2));
}

TEST_CASE("a manifest line without its newline, and an empty manifest, are read", "[libos]") {
    CHECK(libos::Manifest{"a=1\nb=2"}.find("b") == "2");
    CHECK_FALSE(libos::Manifest{""}.find("b"));
}

TEST_CASE("a malformed file line is no file", "[libos]") {
    for (const char* const text :
         {"file=\n", "file=x\n", "file=x 1\n", "file=x one 2\n", "file=x 1 99999999999999999999\n"})
        CHECK_FALSE(libos::Manifest{text}.file(0));
}

TEST_CASE("the first damaged line of a manifest is found, and what it should be", "[libos]") {
    const auto problem = [](std::string_view text) {
        return libos::problem_of_manifest(text, 256).value_or(libos::ManifestProblem{});
    };
    CHECK(problem("app=scan\nframes=64\nseed=0\nfile=a b 3 100\n\nmine=x y\n").line == 0);
    CHECK(problem("file=a 0 1048576\nfile=b 256 0").line == 0); // the whole disk, and nothing
    CHECK(problem("").line == 0);
    for (const char* const line :
         {"frames=xyz", "frames=", "frames=-1", "frames=4294967296", "seed=q", "record=2",
          "until_fault=1 ", "garbage", "=", "Frames=3", "two words=3", "file=README.md x y",
          "file=a 1", "file=a 0 1048577", "file=a 256 1", "file=a 257 0", "backing=3",
          "file=a 1 9999999999999999999", "file=a 9999999999999999999 1"}) {
        CAPTURE(line);
        const std::string text = std::string("app=hello\n") + line + "\nseed=1\n";
        const auto found = problem(text);
        CHECK(found.line == 2);
        CHECK((found.should_be.empty() ? found.beyond.name == "a" : !found.should_be.empty()));
    }
}

TEST_CASE("a number is 64 bits, and one more is none", "[libos]") {
    CHECK(libos::parse_number("18446744073709551615") == ~0ull);
    CHECK(libos::parse_number("00000000000000000000000007") == 7);
    for (const char* const text : {"18446744073709551616", "99999999999999999999", "", "1 ", "-1"})
        CHECK_FALSE(libos::parse_number(text));
}

TEST_CASE("arguments are words, options and numbers", "[libos]") {
    const libos::Arguments arguments{" in  --size 16 --flag --bad x "};
    CHECK(arguments.count() == 6);
    CHECK(arguments[0] == "in");
    CHECK(arguments.has("--flag"));
    CHECK_FALSE(arguments.has("--fla"));
    CHECK(arguments.option("--size", "1") == "16");
    CHECK(arguments.option("--none", "1") == "1");
    CHECK(arguments.number("--size", 1) == 16u);
    CHECK(arguments.number("--none", 1) == 1u);
    CHECK_FALSE(arguments.number("--bad", 1));
}

TEST_CASE("formatting writes numbers, text and hexadecimal, and cuts what does not fit",
          "[libos]") {
    const auto format = [](std::string_view pattern,
                           std::initializer_list<libos::FormatArgument> arguments) {
        std::array<char, 24> room{};
        libos::Line line{room};
        line.format(pattern, {arguments.begin(), arguments.size()});
        return std::string{line.text()};
    };
    CHECK(format("{} {}", {0, -5}) == "0 -5");
    CHECK(format("{x}|{}", {0xffffffffffffffffu, 'c'}) == "ffffffffffffffff|c");
    CHECK(format("{}", {INT64_MIN}) == "-9223372036854775808");
    CHECK(format("{}", {"text"}) == "text");
    CHECK(format("{} {}", {1}) == "1 {}");
    CHECK(format("{", {1}) == "{");
    CHECK(format("0123456789{}", {"0123456789012345"}) == "012345678901234567890123");
}
