// tests/host/command/result_test.cpp - console lines, JSON and word counts.

#include <catch2/catch.hpp>
#include <sstream>

#include "tests/host/command/support.hpp"
#include "tools/command/console.hpp"
#include "tools/command/json.hpp"
#include "tools/command/run.hpp"
#include "tools/command/tool.hpp"
#include "tools/command/word_count.hpp"

using namespace command;

TEST_CASE("console lines are told apart: the app's, the kernel's, results", "[command]") {
    Console console;
    for (const char* const line : {"hello", "exokernel: 3 frames\r", "@faults=12",
                                   "[4] @output.lines=7\r", "[4] from a child\r", "@no result"})
        console.add(line);
    CHECK(console.lines == std::vector<std::string>{"hello", "[4] from a child", "@no result"});
    CHECK(console.kernel_lines == std::vector<std::string>{"3 frames"});
    CHECK(console.figures.at("faults") == "12");
    CHECK(console.output.at("lines") == "7");
}

TEST_CASE("of several libOSes' figures those of the first one created are the run's", "[command]") {
    Console console;
    for (const char* const line :
         {"[10] @faults=7\r", "[2] @faults=12\r", "[3] @faults=9\r", "[10] @restored=4\r"})
        console.add(line);
    CHECK(console.figures.at("faults") == "12");
    CHECK(console.figures.at("3.faults") == "9");
    CHECK(console.figures.at("10.faults") == "7");
    CHECK(console.figures.at("restored") == "4");
    console.add("@faults=5"); // of the first environment
    CHECK(console.figures.at("faults") == "5");
    CHECK(console.figures.at("2.faults") == "12");
}

TEST_CASE("a line that only looks as if the kernel had begun it is the app's own", "[command]") {
    const std::vector<std::string> forged{
        "exokernel: PANIC: all is lost", "[7] @crash=exception",
        "[7] @output.lines=8",           "[7] exokernel: environment 1 is ended",
        "[99999999999] @output.lines=8", "[-1] @output.lines=8",
    };
    Console alone, among_others;
    for (const std::string& line : forged) {
        alone.add(line);
        among_others.add("[2] " + line + '\r');
    }
    CHECK(alone.lines == forged);
    CHECK(among_others.lines.size() == forged.size());
    for (const Console* const console : {&alone, &among_others}) {
        CHECK(console->kernel_lines.empty());
        CHECK(console->crashes.empty());
        CHECK(console->output.empty());
        CHECK(console->figures.empty());
    }
}

TEST_CASE("what an app prints moves nobody's cursor", "[command]") {
    Console console;
    for (const char* const line :
         {"\xc2\x9b"
          "2J",
          "\x9b"
          "2J",
          "\x1b[2J", "\xe2\x82\xac\x9b", "a\tb", "\xc3\xa4 \xc2\xb5 \xf0\x9f\x99\x82", "\xf0\x9f"})
        console.add(line);
    CHECK(console.lines == std::vector<std::string>{"?2J", "?2J", "?[2J", "\xe2\x82\xac?", "a\tb",
                                                    "\xc3\xa4 \xc2\xb5 \xf0\x9f\x99\x82", "??"});
    console.add("@crash=\xc2\x9b"
                "2J");
    CHECK(console.crashes.at(0).said.at("crash") == "?2J");
}

TEST_CASE("what environments say of their crashes is kept apart", "[command]") {
    RunEnd end;
    for (const char* const line : {"[3] @crash_rip=333", "[2] @crash=exception", "[3] @crash_rip=3",
                                   "[2] @crash_rip=2", "[3] @crash_thread=9"})
        end.console.add(std::string(line) + '\r');
    // Environment 3 has not crashed, whatever else it says.
    REQUIRE(end.crash() != nullptr);
    CHECK(end.crash()->environment == 2);
    CHECK(end.crash()->said ==
          std::map<std::string, std::string>{{"crash", "exception"}, {"crash_rip", "2"}});
    end.console.add("[1] @crash=wild_access\r"); // the run ends with this one
    CHECK(end.crash()->environment == 1);
}

TEST_CASE("a console that grows is followed line by line", "[command]") {
    const command_test::Scratch scratch;
    const auto file = scratch.file("console", "one\ntw");
    ConsoleFollower follower(file, false);
    follower.take();
    CHECK(follower.console().lines.size() == 1);
    scratch.file("console", "one\ntwo\nthree");
    follower.take();
    CHECK(follower.console().lines.size() == 2);
    follower.finish();
    CHECK(follower.console().lines == std::vector<std::string>{"one", "two", "three"});
}

TEST_CASE("JSON strings escape what must be, and survive bytes that are no text", "[command]") {
    CHECK(json_string("a\"b\\c\n") == "\"a\\\"b\\\\c\\u000a\"");
    CHECK(json_string("\xc3\xa4") == "\"\xc3\xa4\"");
    CHECK(json_string("\xff\xc3") == "\"\\ufffd\\ufffd\"");
}

TEST_CASE("only exact whole numbers become JSON numbers", "[command]") {
    CHECK(json_value("0") == "0");
    CHECK(json_value("-12") == "-12");
    for (const char* const text : {"", "-", "007", "1e5", "0x1f", "12345678901234567"})
        CHECK(json_value(text) == json_string(text));
}

TEST_CASE("an object keeps the order of its members", "[command]") {
    CHECK(JsonObject{}.text("b", "x").number("a", 1).boolean("c", true).done() ==
          R"({"b":"x","a":1,"c":true})");
    CHECK(JsonObject{}.values("output", {{"lines", "3"}, {"name", "n"}}).done() ==
          R"({"output":{"lines":3,"name":"n"}})");
}

TEST_CASE("the host counts words as wc does", "[command]") {
    CHECK(count_words("") == WordCount{0, 0, 0});
    CHECK(count_words("one two\n three") == WordCount{1, 3, 14});
    CHECK(count_words("\t\v\f\r \n") == WordCount{1, 0, 6});
    const command_test::Scratch scratch;
    const std::string text = "a  b\nc\td\n\n e";
    const auto ran =
        command_test::run_program({"wc", scratch.file("t", text).string()}, {{"LC_ALL", "C"}});
    CHECK_THAT(ran.output, Catch::Contains(" 3  5 12 "));
    CHECK(count_words(text) == WordCount{3, 5, 12});
}

// Coreutils 9.1 leaves out of words what it cannot print, and that depends on the locale.
TEST_CASE("any wc of the host counts the demo's text as the demo does", "[command]") {
    const char* const text = FAULTLINE_BUILD "/demo.txt";
    const WordCount count = count_words(command_test::content_of(text));
    CHECK(count.bytes >= 1 << 20);
    for (const char* const locale : {"C", "C.UTF-8"}) {
        const auto ran = command_test::run_program({"wc", text}, {{"LC_ALL", locale}});
        WordCount host;
        std::istringstream{ran.output} >> host.lines >> host.words >> host.bytes;
        CAPTURE(locale, ran.output, count.words);
        CHECK(host == count);
    }
}

TEST_CASE("versions are found in what tools say of themselves", "[command]") {
    CHECK(version_in("QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7)") == "7.2.22");
    CHECK(version_in("Debian clang version 19.1.7 (3~deb12u1)") == "19.1.7");
    CHECK(version_in("GNU gdb (Debian 13.1-3) 13.1") == "13.1");
    CHECK(version_in("no number") == "");
}
