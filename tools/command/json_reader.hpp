// tools/command/json_reader.hpp - reads JSON (RFC 8259): what `exo` has written, and damaged files.
//
// Guarantees: numbers keep the text they have in the file, so none loses digits; what is no JSON is
// refused with the place; nothing but the nesting (64 levels) is limited.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tools/command/exit_code.hpp"

namespace command {

struct JsonValue {
    enum class Kind : std::uint8_t { null, boolean, number, string, list, object };

    Kind kind = Kind::null;
    std::string text; // of a string: its letters; of a number or truth value: as it is written
    std::vector<JsonValue> items;   // of a list; of an object: the values
    std::vector<std::string> names; // of an object: names[i] is that of items[i]

    /// The member of that name; nullptr if there is none, or this is no object.
    const JsonValue* find(std::string_view name) const;

    /// The text of a string member; empty if there is none.
    std::string text_of(std::string_view name) const;

    /// A member that is a whole number, or a string of decimal digits.
    std::optional<std::uint64_t> number_of(std::string_view name) const;
};

Outcome<JsonValue> read_json(std::string_view text);

} // namespace command
