// libos/core/arguments.hpp - the words that an application was started with.
//
// `--name value` pairs are options, everything else is positional. Views into the manifest.

#pragma once

#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string_view>

#include "libos/core/manifest.hpp"

namespace libos {

class Arguments {
public:
    static constexpr std::size_t limit = 64; // further words are ignored

    constexpr Arguments() = default;
    constexpr explicit Arguments(std::string_view text) {
        while (count_ < limit) {
            const std::size_t begin = text.find_first_not_of(' ');
            if (begin == std::string_view::npos)
                break;
            text.remove_prefix(begin);
            words_[count_] = text.substr(0, text.find(' '));
            text.remove_prefix(words_[count_].size());
            ++count_;
        }
    }

    constexpr std::size_t count() const { return count_; }
    constexpr std::string_view operator[](std::size_t index) const { return words_[index]; }

    /// Whether `name` (with its dashes) is among the words.
    constexpr bool has(std::string_view name) const {
        for (std::size_t i = 0; i < count_; ++i)
            if (words_[i] == name)
                return true;
        return false;
    }

    /// The first word that is neither one of `options` (each with a value behind it) nor such a
    /// value; empty if there is none.
    constexpr std::string_view unknown(std::initializer_list<std::string_view> options = {}) const {
        for (std::size_t i = 0; i < count_; i += 2) {
            bool known = false;
            for (const std::string_view option : options)
                known = known || words_[i] == option;
            if (!known)
                return words_[i];
        }
        return {};
    }

    /// The word behind `name`, or `otherwise`.
    constexpr std::string_view option(std::string_view name, std::string_view otherwise) const {
        for (std::size_t i = 0; i + 1 < count_; ++i)
            if (words_[i] == name)
                return words_[i + 1];
        return otherwise;
    }

    /// The number behind `name`; `otherwise` if the option is missing, nothing if it is no number.
    constexpr std::optional<std::uint64_t> number(std::string_view name,
                                                  std::uint64_t otherwise) const {
        return has(name) ? parse_number(option(name, "")) : std::optional{otherwise};
    }

private:
    std::string_view words_[limit];
    std::size_t count_ = 0;
};

} // namespace libos
