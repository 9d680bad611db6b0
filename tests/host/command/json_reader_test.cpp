// tests/host/command/json_reader_test.cpp - what is JSON is read, what is not is refused.

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "tools/command/json.hpp"
#include "tools/command/json_reader.hpp"

using command::JsonValue;
using command::read_json;
using Kind = JsonValue::Kind;

namespace {

JsonValue value(const std::string& text) {
    const auto read = read_json(text);
    CAPTURE(text);
    REQUIRE(read);
    return *read;
}

} // namespace

TEST_CASE("every kind of JSON value is read", "[command]") {
    const JsonValue json = value(" {\"a\" : [1, -2.5e3, true, false, null, \"x\"],\n\t\"b\":{}} ");
    REQUIRE(json.kind == Kind::object);
    const JsonValue* const list = json.find("a");
    REQUIRE(list != nullptr);
    REQUIRE(list->items.size() == 6);
    CHECK(list->items[0].text == "1");
    CHECK(list->items[1].text == "-2.5e3");
    CHECK(list->items[2].text == "true");
    CHECK(list->items[4].kind == Kind::null);
    CHECK(list->items[5].text == "x");
    CHECK(json.find("b")->kind == Kind::object);
    CHECK(json.find("c") == nullptr);
}

TEST_CASE("a number keeps all its digits", "[command]") {
    const JsonValue json = value(
        R"({"large":18446744073709551615,"text":"18446744073709551615","more":18446744073709551616,
            "broken":1.5,"word":"x","none":null})");
    CHECK(json.number_of("large") == 18446744073709551615u);
    CHECK(json.number_of("text") == 18446744073709551615u);
    for (const char* const name : {"more", "broken", "word", "none", "absent"}) {
        CAPTURE(name);
        CHECK_FALSE(json.number_of(name).has_value());
    }
    CHECK(json.text_of("large").empty());
}

TEST_CASE("what is no JSON is refused with the place", "[command]") {
    for (const char* const text : {"",
                                   "{",
                                   "}",
                                   "[1,",
                                   "[1 2]",
                                   "[,]",
                                   "{\"a\"}",
                                   "{\"a\":}",
                                   "{a:1}",
                                   "{\"a\":1,}",
                                   "\"x",
                                   "\"\\q\"",
                                   "\"\\u12\"",
                                   "\"\\ud800\"",
                                   "\"\\ud800\\u0041\"",
                                   "\"\\udc00\"",
                                   "\"\n\"",
                                   "01",
                                   "-",
                                   "1.",
                                   ".5",
                                   "1e",
                                   "nul",
                                   "tru",
                                   "1 1",
                                   "\"\\"}) {
        CAPTURE(text);
        const auto read = read_json(text);
        REQUIRE_FALSE(read);
        CHECK_THAT(read.error().message, Catch::StartsWith("byte ") && Catch::EndsWith("expected"));
    }
    CHECK_FALSE(read_json(std::string(1'000'000, '[')));
    CHECK(read_json("[1,\"\xff\",x]").error().message.starts_with("byte 7 "));
}

TEST_CASE("escapes become the letters that they mean", "[command]") {
    CHECK(value(R"("\"\\\/\b\f\n\r\t")").text == "\"\\/\b\f\n\r\t");
    CHECK(value(R"("\u0041\u00e4\u20ac\ud83d\ude00")").text ==
          "A\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80");
}

TEST_CASE("what exo writes as a string is read as the same string", "[command]") {
    CHECK(rc::check([] {
        const auto text = *rc::gen::container<std::string>(rc::gen::inRange<char>(1, 127));
        const auto read = read_json(command::json_string(text));
        RC_ASSERT(read.has_value());
        RC_ASSERT(read->text == text);
    }));
}

TEST_CASE("a document that was cut or changed is read or refused, and no more", "[command]") {
    const std::string whole = R"({"app":"scan","list":[1,{"x":"\u00e4\n"}],"n":-1.5e+3,"t":true})";
    REQUIRE(read_json(whole));
    for (std::size_t length = 0; length != whole.size(); ++length)
        CHECK_FALSE(read_json(whole.substr(0, length)));
    CHECK(rc::check([&] {
        std::string text = whole;
        text[*rc::gen::inRange<std::size_t>(0, text.size())] = *rc::gen::arbitrary<char>();
        const auto read = read_json(text);
        RC_ASSERT(read.has_value() || !read.error().message.empty());
    }));
}
