// tools/command/json_reader.cpp - a parser by descent, one function for each kind of value.

#include "tools/command/json_reader.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>

namespace command {

namespace {

constexpr int deepest = 64;

class Reader {
public:
    explicit Reader(std::string_view text) : text_{text} {}

    Outcome<JsonValue> whole() {
        JsonValue value = TRY(any(0));
        skip_blanks();
        if (at_ != text_.size())
            return wrong("the end");
        return value;
    }

private:
    std::unexpected<Failure> wrong(std::string_view expected) const {
        return usage_error(fmt::format("byte {} (the first is 0): {} was expected", at_, expected));
    }
    char next() const { return at_ < text_.size() ? text_[at_] : '\0'; }
    void skip_blanks() {
        while (at_ < text_.size() && std::string_view(" \t\r\n").contains(text_[at_]))
            ++at_;
    }
    bool take(std::string_view what) {
        if (!text_.substr(at_).starts_with(what))
            return false;
        at_ += what.size();
        return true;
    }

    Outcome<JsonValue> any(int depth) {
        using Kind = JsonValue::Kind;
        if (depth == deepest)
            return wrong("less nesting");
        skip_blanks();
        switch (next()) {
        case '{':
            return object(depth);
        case '[':
            return list(depth);
        case '"':
            return JsonValue{Kind::string, TRY(string()), {}, {}};
        default:
            break;
        }
        if (take("null"))
            return JsonValue{};
        for (const char* const truth : {"true", "false"})
            if (take(truth))
                return JsonValue{Kind::boolean, truth, {}, {}};
        return number();
    }

    Outcome<JsonValue> object(int depth) {
        JsonValue value{JsonValue::Kind::object, {}, {}, {}};
        ++at_;
        skip_blanks();
        for (bool first = true; !take("}"); first = false) {
            if (!first && !take(","))
                return wrong("`,` or `}`");
            skip_blanks();
            if (next() != '"')
                return wrong("the name of a member");
            value.names.push_back(TRY(string()));
            skip_blanks();
            if (!take(":"))
                return wrong("`:`");
            value.items.push_back(TRY(any(depth + 1)));
            skip_blanks();
        }
        return value;
    }

    Outcome<JsonValue> list(int depth) {
        JsonValue value{JsonValue::Kind::list, {}, {}, {}};
        ++at_;
        skip_blanks();
        for (bool first = true; !take("]"); first = false) {
            if (!first && !take(","))
                return wrong("`,` or `]`");
            value.items.push_back(TRY(any(depth + 1)));
            skip_blanks();
        }
        return value;
    }

    Outcome<std::string> string() {
        std::string out;
        for (++at_; !take("\"");) {
            if (at_ == text_.size() || static_cast<unsigned char>(next()) < 0x20)
                return wrong("`\"`");
            if (take("\\"))
                TRY(escape(out));
            else
                out += text_[at_++];
        }
        return out;
    }

    Outcome<void> escape(std::string& out) {
        constexpr std::string_view letters = "\"\\/bfnrt";
        constexpr std::string_view meanings = "\"\\/\b\f\n\r\t";
        if (take("u")) {
            add_utf8(out, TRY(letter()));
            return {};
        }
        const std::size_t which = at_ < text_.size() ? letters.find(next()) : letters.npos;
        if (which == letters.npos)
            return wrong("an escape");
        out += meanings[which];
        ++at_;
        return {};
    }

    // One unit of UTF-16, or the two of a pair.
    Outcome<std::uint32_t> letter() {
        const std::uint32_t unit = TRY(hexadecimal());
        if (unit < 0xd800 || unit >= 0xe000)
            return unit;
        if (unit >= 0xdc00 || !take("\\u"))
            return wrong("a pair of surrogates");
        const std::uint32_t second = TRY(hexadecimal());
        if (second < 0xdc00 || second >= 0xe000)
            return wrong("a pair of surrogates");
        return 0x10000 + ((unit - 0xd800) << 10) + (second - 0xdc00);
    }

    Outcome<std::uint32_t> hexadecimal() {
        std::uint32_t unit = 0;
        const std::string_view four = text_.substr(at_, 4);
        const auto [end, error] = std::from_chars(four.data(), four.data() + four.size(), unit, 16);
        if (error != std::errc{} || end != four.data() + 4)
            return wrong("four hexadecimal digits");
        at_ += 4;
        return unit;
    }

    static void add_utf8(std::string& out, std::uint32_t letter) {
        if (letter < 0x80) {
            out += static_cast<char>(letter);
            return;
        }
        const int more = letter < 0x800 ? 1 : letter < 0x10000 ? 2 : 3;
        constexpr std::uint32_t leads[] = {0, 0xc0, 0xe0, 0xf0};
        out += static_cast<char>(leads[more] | (letter >> 6 * more & 0x3f));
        for (int i = more; i-- != 0;)
            out += static_cast<char>(0x80 | (letter >> 6 * i & 0x3f));
    }

    bool take_digits() {
        const std::size_t begin = at_;
        while (next() >= '0' && next() <= '9')
            ++at_;
        return at_ != begin;
    }

    Outcome<JsonValue> number() {
        const std::size_t begin = at_;
        take("-");
        if (!take("0") && !take_digits())
            return wrong("a value");
        if (take(".") && !take_digits())
            return wrong("a digit");
        if (take("e") || take("E")) {
            if (!take("+"))
                take("-");
            if (!take_digits())
                return wrong("a digit");
        }
        return JsonValue{
            JsonValue::Kind::number, std::string(text_.substr(begin, at_ - begin)), {}, {}};
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

} // namespace

const JsonValue* JsonValue::find(std::string_view name) const {
    const auto found = std::ranges::find(names, name);
    return found == names.end() ? nullptr : &items[static_cast<std::size_t>(found - names.begin())];
}

std::string JsonValue::text_of(std::string_view name) const {
    const JsonValue* const value = find(name);
    return value != nullptr && value->kind == Kind::string ? value->text : "";
}

std::optional<std::uint64_t> JsonValue::number_of(std::string_view name) const {
    const JsonValue* const value = find(name);
    if (value == nullptr || (value->kind != Kind::number && value->kind != Kind::string))
        return std::nullopt;
    std::uint64_t number = 0;
    const char* const end = value->text.data() + value->text.size();
    const auto [stop, error] = std::from_chars(value->text.data(), end, number);
    return error == std::errc{} && stop == end ? std::optional(number) : std::nullopt;
}

Outcome<JsonValue> read_json(std::string_view text) { return Reader(text).whole(); }

} // namespace command
