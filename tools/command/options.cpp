// tools/command/options.cpp - parsing by table, and the help that the same table gives.

#include "tools/command/options.hpp"

#include <charconv>
#include <fmt/format.h>

#include "tools/command/suggest.hpp"
#include "tools/command/wrap.hpp"

namespace command {

std::optional<std::string> Parsed::value(std::string_view option) const {
    const auto found = values.find(option);
    if (found == values.end() || found->second.empty())
        return std::nullopt;
    return found->second.back();
}

std::vector<std::string> Parsed::all(std::string_view option) const {
    const auto found = values.find(option);
    return found == values.end() ? std::vector<std::string>{} : found->second;
}

namespace {

Outcome<const Option*> find_option(const Syntax& syntax, std::string_view name) {
    std::vector<std::string> names{"--help"};
    for (const Option& option : syntax.options) {
        if (option.name == name) {
            if (option.kind == OptionKind::later)
                return usage_error(fmt::format("exo {}: {} is not there yet; `exo {} --help` "
                                               "lists what is",
                                               syntax.command, name, syntax.command));
            return &option;
        }
        if (option.kind != OptionKind::hidden)
            names.emplace_back(option.name);
    }
    return usage_error(fmt::format("exo {}: there is no option {}{} (`exo {} --help` lists them)",
                                   syntax.command, name, suggestion(name, names), syntax.command));
}

} // namespace

Outcome<Parsed> parse(const Syntax& syntax, std::span<const std::string> arguments) {
    Parsed parsed;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const std::string& word = arguments[i];
        if (word == "--") {
            parsed.rest.assign(arguments.begin() + static_cast<std::ptrdiff_t>(i) + 1,
                               arguments.end());
            if (syntax.passed_on.empty() && !parsed.rest.empty())
                return usage_error(fmt::format("exo {}: nothing may follow `--`", syntax.command));
            break;
        }
        if (word == "-h" || word == "--help") {
            parsed.help = true;
            return parsed;
        }
        if (word.size() < 2 || word[0] != '-') {
            parsed.positional.push_back(word);
            continue;
        }
        const std::size_t equals = word.starts_with("--") ? word.find('=') : std::string::npos;
        const std::string name = word.substr(0, equals);
        const Option* option = TRY(find_option(syntax, name));
        if (option->value.empty()) {
            if (equals != std::string::npos)
                return usage_error(fmt::format("exo {}: {} takes no value", syntax.command, name));
            parsed.values[name];
            continue;
        }
        if (equals == std::string::npos && i + 1 == arguments.size())
            return usage_error(fmt::format("exo {}: {} needs a value: {} {}", syntax.command, name,
                                           name, option->value));
        parsed.values[name].push_back(equals == std::string::npos ? arguments[++i]
                                                                  : word.substr(equals + 1));
    }
    if (parsed.positional.size() < syntax.fewest)
        return usage_error(fmt::format("exo {0}: needs {1}: exo {0} {1} (see `exo {0} --help`)",
                                       syntax.command, syntax.arguments));
    if (parsed.positional.size() > syntax.most)
        return usage_error(fmt::format("exo {0}: `{1}` is one argument too many (see `exo {0} "
                                       "--help`)",
                                       syntax.command, parsed.positional[syntax.most]));
    return parsed;
}

std::string help_text(const Syntax& syntax) {
    std::string text =
        fmt::format("exo {} - {}\n\nusage: exo {}", syntax.command, syntax.summary, syntax.command);
    if (!syntax.arguments.empty())
        text += fmt::format(" {}", syntax.arguments);
    text += " [options]";
    if (!syntax.passed_on.empty())
        text += fmt::format(" [-- {}]", syntax.passed_on);
    text += "\n\n";
    for (const Option& option : syntax.options)
        if (option.kind == OptionKind::visible)
            text += fmt::format("  {:<27} {}\n", fmt::format("{} {}", option.name, option.value),
                                wrapped(option.help, 30));
    return text + fmt::format("  {:<28}{}\n", "-h, --help", "this text");
}

Outcome<std::uint64_t> number_in(std::string_view option, std::string_view text,
                                 std::uint64_t least, std::uint64_t most) {
    std::uint64_t number = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
    const std::string_view rest(end, static_cast<std::size_t>(text.data() + text.size() - end));
    std::uint64_t unit = 1;
    if (rest.size() == 1)
        unit = rest == "K" ? 1ull << 10 : rest == "M" ? 1ull << 20 : rest == "G" ? 1ull << 30 : 0;
    // `--at fault:` and `3` were one word.
    const std::string given = fmt::format("{}{}{}", option, option.ends_with(':') ? "" : " ", text);
    const bool small_enough =
        problem != std::errc::result_out_of_range && unit != 0 && number <= most / unit;
    if (problem == std::errc::invalid_argument || rest.size() > 1 || unit == 0)
        return usage_error(fmt::format("{}: not a whole number", given));
    if (small_enough && number * unit >= least)
        return number * unit;
    if (small_enough && most == ~0ull)
        return usage_error(fmt::format("{}: must be {} or more", given, least));
    return usage_error(fmt::format("{}: must be from {} to {}", given, least, most));
}

Outcome<std::string> choice_of(std::string_view option, const std::string& value,
                               std::span<const std::string> choices) {
    std::string list;
    for (const std::string& choice : choices) {
        if (choice == value)
            return value;
        list += (list.empty() ? "" : ", ") + choice;
    }
    return usage_error(
        fmt::format("{} {}: there is {}{}", option, value, list, suggestion(value, choices)));
}

} // namespace command
