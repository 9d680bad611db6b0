// bindings/lrpc_stubs/names.cpp - which names C++ and its library keep to themselves.

#include "bindings/lrpc_stubs/names.hpp"

namespace stubs {
namespace {

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
char lower(char c) { return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c; }

// Keywords and alternative tokens up to C++23, and macros of C, of C++ and of GNU's mode whose
// names a schema's name may become.
const std::set<std::string, std::less<>>& reserved() {
    static const std::set<std::string, std::less<>> words = {
        "alignas",
        "alignof",
        "and",
        "and_eq",
        "asm",
        "auto",
        "bitand",
        "bitor",
        "bool",
        "break",
        "case",
        "catch",
        "char",
        "char16_t",
        "char32_t",
        "char8_t",
        "class",
        "co_await",
        "co_return",
        "co_yield",
        "compl",
        "concept",
        "const",
        "const_cast",
        "consteval",
        "constexpr",
        "constinit",
        "continue",
        "decltype",
        "default",
        "delete",
        "do",
        "double",
        "dynamic_cast",
        "else",
        "enum",
        "explicit",
        "export",
        "extern",
        "false",
        "float",
        "for",
        "friend",
        "goto",
        "if",
        "inline",
        "int",
        "long",
        "mutable",
        "namespace",
        "new",
        "noexcept",
        "not",
        "not_eq",
        "nullptr",
        "operator",
        "or",
        "or_eq",
        "private",
        "protected",
        "public",
        "register",
        "reinterpret_cast",
        "requires",
        "return",
        "short",
        "signed",
        "sizeof",
        "static",
        "static_assert",
        "static_cast",
        "struct",
        "switch",
        "template",
        "this",
        "thread_local",
        "throw",
        "true",
        "try",
        "typedef",
        "typeid",
        "typename",
        "union",
        "unsigned",
        "using",
        "virtual",
        "void",
        "volatile",
        "wchar_t",
        "while",
        "xor",
        "xor_eq",
        "typeof",
        "i386",
        "linux",
        "unix",
        "assert",
        "errno",
        "offsetof",
        "setjmp",
        "sigsetjmp",
        "stdin",
        "stdout",
        "stderr",
        "va_arg",
        "va_copy",
        "va_end",
        "va_start",
        "alloca",
        "major",
        "minor",
        "makedev",
        "isnan",
        "isinf",
        "signbit",
        "math_errhandling",
    };
    return words;
}

const std::set<std::string, std::less<>>& macros_like_types() {
    static const std::set<std::string, std::less<>> words = {
        "BUFSIZ", "EDOM",    "EILSEQ", "EOF",    "ERANGE", "FALSE",   "INFINITY", "NAN",  "NDEBUG",
        "NULL",   "SIGABRT", "SIGFPE", "SIGILL", "SIGINT", "SIGSEGV", "SIGTERM",  "TRUE", "TRY"};
    return words;
}

} // namespace

std::string value_name(std::string_view name) {
    std::string words;
    for (const char c : name) {
        if (is_upper(c))
            words += '_';
        words += lower(c);
    }
    if (reserved().count(words) != 0)
        words += '_';
    return words;
}

std::string type_name(std::string_view path) {
    std::string name{path};
    for (char& c : name)
        if (c == '.')
            c = '_';
    if (macros_like_types().count(name) != 0)
        name += '_';
    return name;
}

std::string lower_words(std::string_view name) {
    std::string words;
    for (std::size_t i = 0; i < name.size(); ++i) {
        const bool begins = is_upper(name[i]) && i > 0 && name[i - 1] != '_' &&
                            (!is_upper(name[i - 1]) ||
                             (i + 1 < name.size() && name[i + 1] >= 'a' && name[i + 1] <= 'z'));
        if (begins)
            words += '_';
        words += lower(name[i]);
    }
    return words;
}

std::string capitalised(std::string_view name) {
    std::string result{name};
    if (!result.empty() && result[0] >= 'a' && result[0] <= 'z')
        result[0] = static_cast<char>(result[0] - 'a' + 'A');
    return result;
}

} // namespace stubs
