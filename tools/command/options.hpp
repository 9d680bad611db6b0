// tools/command/options.hpp - the command-line parser: each subcommand is a table of options.
//
// Guarantees: `--name value`, `--name=value`, `-o value`, flags and `--` before words that are
// passed on; an unknown option gets a suggestion; an option that a later version brings says so.
// It leaves the meaning of values to the subcommands (number_in below checks ranges).

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tools/command/exit_code.hpp"

namespace command {

enum class OptionKind : std::uint8_t {
    visible,
    hidden, // for tests: parsed, but not in the help
    later,  // known, but not there yet
};

struct Option {
    std::string_view name;  // "--frames" or "-o"
    std::string_view value; // placeholder of its value; empty: a flag
    std::string_view help;
    OptionKind kind = OptionKind::visible;
};

struct Syntax {
    std::string_view command;
    std::string_view arguments; // as shown in the help: "APP"
    std::string_view summary;
    std::span<const Option> options;
    std::size_t fewest = 0; // positional arguments
    std::size_t most = 0;
    std::string_view passed_on; // what follows "--"; empty: nothing may
};

struct Parsed {
    std::map<std::string, std::vector<std::string>, std::less<>> values;
    std::vector<std::string> positional;
    std::vector<std::string> rest; // after "--"
    bool help = false;

    bool has(std::string_view option) const { return values.contains(option); }
    std::optional<std::string> value(std::string_view option) const; // the last one given
    std::vector<std::string> all(std::string_view option) const;
};

Outcome<Parsed> parse(const Syntax& syntax, std::span<const std::string> arguments);
std::string help_text(const Syntax& syntax);

/// A whole number in [least, most]; digits with an optional suffix K, M or G (powers of 1024).
Outcome<std::uint64_t> number_in(std::string_view option, std::string_view text,
                                 std::uint64_t least, std::uint64_t most);

/// `value` if it is one of `choices`, else a usage error that lists them.
Outcome<std::string> choice_of(std::string_view option, const std::string& value,
                               std::span<const std::string> choices);

} // namespace command
