// tools/verifier/fields.hpp - payload fields of an event by their names in bindings/abi/event.hpp.
//
// `get<abi::Event::page_fault, "rip">(event)`: the position of the field is found at compile time,
// and a name that the kind does not have is a compile error.

#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "tools/recording_file/recording.hpp"

namespace verifier {

template <std::size_t n> struct FieldName {
    char text[n]{};
    consteval FieldName(const char (&from)[n]) { std::copy_n(from, n, text); }
    constexpr std::string_view view() const { return {text, n - 1}; }
};

consteval std::size_t field_index(abi::Event kind, std::string_view name) {
    for (const abi::EventDefinition& definition : abi::event_definitions) {
        if (definition.event != kind)
            continue;
        std::string_view fields = definition.fields;
        for (std::size_t index = 0; !fields.empty(); ++index) {
            const std::size_t end = std::min(fields.find(' '), fields.size());
            if (fields.substr(0, end) == name)
                return index;
            fields.remove_prefix(std::min(end + 1, fields.size()));
        }
    }
    throw "this kind of event has no such field";
}

template <abi::Event kind, FieldName name>
constexpr std::uint64_t get(const recording::Event& event) {
    return event.payload[field_index(kind, name.view())];
}

constexpr abi::Event kind_of(const recording::Event& event) {
    return static_cast<abi::Event>(event.kind);
}

} // namespace verifier
