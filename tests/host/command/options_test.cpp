// tests/host/command/options_test.cpp - the option parser, suggestions and number ranges.

#include <catch2/catch.hpp>

#include "tools/command/options.hpp"
#include "tools/command/suggest.hpp"

using namespace command;

namespace {

const std::vector<Option> options{{"--frames", "N", "frames"},
                                  {"--json", "", "as JSON"},
                                  {"-o", "DIR", "directory"},
                                  {"--secret", "", "for tests", OptionKind::hidden},
                                  {"--cpus", "N", "", OptionKind::later}};
const Syntax syntax{"run", "APP", "boots one", options, 1, 1, "APP-ARGUMENTS"};

std::string message_of(const std::vector<std::string>& words) {
    const auto parsed = parse(syntax, words);
    REQUIRE_FALSE(parsed.has_value());
    CHECK(parsed.error().code == ExitCode::usage);
    return parsed.error().message;
}

} // namespace

TEST_CASE("an option takes its value as the next word or after an equals sign", "[command]") {
    const std::vector<std::string> words{"--frames", "8", "wc", "--json", "-o", "d"};
    const auto parsed = parse(syntax, words);
    REQUIRE(parsed.has_value());
    CHECK(parsed->value("--frames") == "8");
    CHECK(parsed->has("--json"));
    CHECK(parsed->value("-o") == "d");
    CHECK(parsed->positional == std::vector<std::string>{"wc"});
    const std::vector<std::string> joined{"--frames=9", "wc"};
    CHECK(parse(syntax, joined)->value("--frames") == "9");
}

TEST_CASE("the last of two equal options wins, and all of them can be had", "[command]") {
    const std::vector<std::string> words{"wc", "--frames", "1", "--frames", "2"};
    const auto parsed = parse(syntax, words);
    REQUIRE(parsed.has_value());
    CHECK(parsed->value("--frames") == "2");
    CHECK(parsed->all("--frames").size() == 2);
}

TEST_CASE("what follows two dashes is passed on untouched", "[command]") {
    const std::vector<std::string> words{"scan", "--", "--frames", "-h", "--"};
    const auto parsed = parse(syntax, words);
    REQUIRE(parsed.has_value());
    CHECK_FALSE(parsed->help);
    CHECK(parsed->rest == std::vector<std::string>{"--frames", "-h", "--"});
}

TEST_CASE("a mistyped option gets a suggestion", "[command]") {
    CHECK_THAT(message_of({"wc", "--frame", "3"}), Catch::Contains("did you mean --frames?"));
    CHECK_THAT(message_of({"wc", "--elephant"}), !Catch::Contains("did you mean"));
}

TEST_CASE("an option for tests is neither shown nor suggested", "[command]") {
    CHECK_THAT(help_text(syntax), !Catch::Contains("--secret"));
    CHECK_THAT(message_of({"wc", "--secre"}), !Catch::Contains("--secret"));
    CHECK(parse(syntax, std::vector<std::string>{"wc", "--secret"})->has("--secret"));
}

TEST_CASE("an option that comes later says so", "[command]") {
    CHECK_THAT(message_of({"wc", "--cpus", "2"}), Catch::Contains("--cpus is not there yet"));
}

TEST_CASE("missing values, missing arguments and arguments too many are refused", "[command]") {
    CHECK_THAT(message_of({"wc", "--frames"}), Catch::Contains("--frames needs a value"));
    CHECK_THAT(message_of({"wc", "--json=1"}), Catch::Contains("takes no value"));
    CHECK_THAT(message_of({}), Catch::Contains("needs APP"));
    CHECK_THAT(message_of({"wc", "sort"}), Catch::Contains("`sort` is one argument too many"));
}

TEST_CASE("the help lists every visible option", "[command]") {
    const std::string help = help_text(syntax);
    for (const char* const word : {"exo run APP", "--frames N", "--json", "-o DIR", "--help"})
        CHECK_THAT(help, Catch::Contains(word));
    CHECK(parse(syntax, std::vector<std::string>{"-h"})->help);
}

TEST_CASE("numbers are whole, in range, and may have a binary suffix", "[command]") {
    CHECK(number_in("--n", "64", 1, 100) == 64u);
    CHECK(number_in("--n", "2K", 1, 4096) == 2048u);
    CHECK(number_in("--n", "18446744073709551615", 0, ~0ull) == ~0ull);
    for (const char* const wrong : {"", "-1", "x", "1x", "1.5", "3KK", " 1"})
        CHECK_THAT(number_in("--n", wrong, 0, 100).error().message,
                   Catch::Contains("not a whole number"));
    for (const char* const outside : {"0", "101", "99999999999999999999999"})
        CHECK_THAT(number_in("--n", outside, 1, 100).error().message,
                   Catch::Contains("must be from 1 to 100"));
    for (const char* const large : {"18446744073709551616", "18446744073709551615K"})
        CHECK_THAT(number_in("--n", large, 2, ~0ull).error().message,
                   Catch::Contains("must be from 2 to 18446744073709551615"));
    CHECK_THAT(number_in("--n", "1", 2, ~0ull).error().message, Catch::EndsWith("2 or more"));
}

TEST_CASE("edit distance counts inserts, deletes, replacements and swaps", "[command]") {
    CHECK(edit_distance("", "abc") == 3);
    CHECK(edit_distance("clock", "clock") == 0);
    CHECK(edit_distance("clokc", "clock") == 1);
    CHECK(edit_distance("fifa", "fifo") == 1);
    CHECK(edit_distance("verfy", "verify") == 1);
    CHECK(edit_distance("kitten", "sitting") == 3);
}

TEST_CASE("a suggestion is near, and never a wholly different word", "[command]") {
    const std::vector<std::string> names{"run", "demo", "verify"};
    CHECK(nearest("verfiy", names) == "verify");
    CHECK(nearest("dmo", names) == "demo");
    CHECK(nearest("xy", names).empty());
    CHECK(nearest("walk", names).empty());
    CHECK(nearest("nun", names) == "run");
    CHECK(nearest("rye", names).empty()); // two of its three letters are others
    CHECK(nearest("RUN", names) == "run");
    CHECK(nearest("ver", names) == "verify"); // its beginning
    CHECK(nearest("ve", names).empty());
    CHECK(nearest("", names).empty());
}
