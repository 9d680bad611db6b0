// bindings/lrpc_stubs/source_lines.cpp - declarations of a schema, by a scan of its tokens.

#include "bindings/lrpc_stubs/source_lines.hpp"

#include <vector>

namespace stubs {
namespace {

struct Token {
    std::string text; // a name or number, or one character; "\"" for a string
    unsigned line;
};

bool in_name(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.';
}

std::vector<Token> tokens_of(std::string_view text) {
    std::vector<Token> tokens;
    unsigned line = 1;
    for (std::size_t i = 0; i < text.size();) {
        const char c = text[i];
        if (c == '#') {
            while (i < text.size() && text[i] != '\n')
                ++i;
        } else if (c == '"') {
            tokens.push_back({"\"", line});
            for (++i; i < text.size() && text[i] != '"'; ++i) {
                if (text[i] == '\n')
                    ++line;
                if (text[i] == '\\')
                    ++i;
            }
            ++i;
        } else if (in_name(c)) {
            const std::size_t begin = i;
            while (i < text.size() && in_name(text[i]))
                ++i;
            tokens.push_back({std::string{text.substr(begin, i - begin)}, line});
        } else {
            if (c == '\n')
                ++line;
            else if (c != ' ' && c != '\t' && c != '\r')
                tokens.push_back({std::string(1, c), line});
            ++i;
        }
    }
    return tokens;
}

using Lines = std::map<std::string, unsigned, std::less<>>;

// One declaration after another; a block opens the scope of what stands before it.
class Scan {
public:
    Scan(const std::vector<Token>& tokens, Lines& lines) : tokens_{tokens}, lines_{lines} {}

    void run() {
        while (at_ < tokens_.size()) {
            if (is("}")) {
                if (!scopes_.empty())
                    scopes_.pop_back();
                ++at_;
            } else {
                declaration();
            }
        }
    }

private:
    [[nodiscard]] bool is(const char* text, std::size_t ahead = 0) const {
        return at_ + ahead < tokens_.size() && tokens_[at_ + ahead].text == text;
    }

    [[nodiscard]] std::string path(const std::string& name) const {
        const std::string scope = scopes_.empty() ? "" : scopes_.back();
        return scope.empty() || name.empty() ? scope + name : scope + "." + name;
    }

    void note(const std::string& name, std::size_t token) {
        lines_.emplace(name, tokens_[token].line);
    }

    // From its first token to its `;` or `{`.
    void declaration() {
        std::string scope = path("");
        std::string method;
        if ((is("struct") || is("interface") || is("enum") || is("const") || is("annotation")) &&
            !is("@", 1)) {
            if (at_ + 1 < tokens_.size()) {
                scope = path(tokens_[at_ + 1].text);
                note(scope, at_ + 1);
            }
        } else if (is("union") && is("{", 1)) {
            note(path("union"), at_);
        } else if (is("$") && at_ + 1 < tokens_.size()) {
            const std::string& name = tokens_[at_ + 1].text; // `Lrpc.namespace` is `$namespace`
            note(path("$" + name.substr(name.rfind('.') + 1)), at_);
        } else if (!is("@") && (!is("using") || is("@", 1))) {
            method = scope = path(tokens_[at_].text);
            note(scope, at_);
            ++at_;
        }
        int depth = 0; // of parentheses and brackets
        char list = '(';
        for (; at_ < tokens_.size(); ++at_) {
            const std::string& text = tokens_[at_].text;
            if (text == "(" || text == "[")
                ++depth;
            else if (text == ")" || text == "]")
                --depth;
            else if (depth == 0 && text == ">")
                list = ')';
            else if (depth == 0 && (text == ";" || text == "{"))
                break;
            const bool member = depth == 1 && (text == "(" || text == ",");
            if (member && !method.empty() && (is(":", 2) || is("@", 2)))
                note(method + list + tokens_[at_ + 1].text, at_ + 1);
        }
        if (is("{"))
            scopes_.push_back(scope);
        ++at_;
    }

    const std::vector<Token>& tokens_;
    Lines& lines_;
    std::size_t at_ = 0;
    std::vector<std::string> scopes_;
};

} // namespace

SourceLines::SourceLines(std::string_view text) {
    const std::vector<Token> tokens = tokens_of(text);
    Scan{tokens, lines_}.run();
}

unsigned SourceLines::line_of(std::string_view path) const {
    while (!path.empty()) {
        if (const auto found = lines_.find(path); found != lines_.end())
            return found->second;
        const std::size_t end = path.find_last_of(".()");
        path = path.substr(0, end == std::string_view::npos ? 0 : end);
    }
    return 1;
}

} // namespace stubs
