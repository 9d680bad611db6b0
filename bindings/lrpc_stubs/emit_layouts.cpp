// bindings/lrpc_stubs/emit_layouts.cpp - where each field of a struct lies: a store or a load each.
//
// All layouts are declared before one is defined: structs may hold lists of each other.

#include "bindings/lrpc_stubs/emit.hpp"

namespace stubs {
namespace {

std::string number(std::uint64_t value) { return std::to_string(value); }

// One word of the data section: its fields, each shifted to its place and XORed with its default.
std::string data_word(const std::vector<Place>& places, std::uint64_t word) {
    std::string text;
    std::uint64_t mask = 0;
    for (const Place& place : places) {
        const Field& field = *place.field;
        if (field.type.bits == 0 || field.offset / 64 != word)
            continue;
        const std::uint64_t shift = field.offset % 64;
        mask |= field.default_bits << shift;
        text += (text.empty() ? "" : " | ") + ("bits(value_." + place.member + ")") +
                (shift == 0 ? "" : " << " + number(shift));
    }
    if (text.empty())
        return "0";
    return mask == 0 ? text : "(" + text + ") ^ " + number(mask) + "u";
}

std::string declaration(const std::string& type, const Struct& structure, bool received) {
    std::string text = "template <> struct Layout<" + type +
                       "> {\n"
                       "    static constexpr std::uint16_t data_words = " +
                       number(structure.data_words) +
                       ";\n"
                       "    static constexpr std::uint16_t pointers = " +
                       number(structure.pointers) + ";\n";
    if (received) {
        std::string slots;
        std::size_t count = 0;
        for (const Place& place : places_of(structure))
            if (place.field->by_reference) {
                slots += (count++ == 0 ? "" : ", ") + number(place.field->offset);
            }
        text += "    static constexpr std::array<std::uint16_t, " + number(count) +
                "> references{" + slots + "};\n";
    } else {
        text += "    static std::array<std::uint64_t, data_words> data(const " + type +
                "& value_);\n" +
                (structure.pointers == 0
                     ? ""
                     : "    static std::uint64_t extra(const " + type +
                           "& value_, std::uint32_t depth_);\n"
                           "    static void put_pointers(Writer& writer_, std::uint64_t at_,\n"
                           "                             const " +
                           type + "& value_);\n") +
                "    template <class Value_, class Take_> static void each_field(Value_& value_, "
                "Take_&& take_);\n";
    }
    return text + "    static WireError get(Reader& reader_, const Section& section_, " + type +
           "& value_,\n                         std::uint32_t depth_);\n};\n\n";
}

std::string data_definition(const std::string& type, const Struct& structure,
                            const std::vector<Place>& places) {
    std::string text = "inline std::array<std::uint64_t, " + number(structure.data_words) +
                       "> Layout<" + type + ">::data([[maybe_unused]] const " + type +
                       "& value_) {\n    return {";
    for (std::uint64_t word = 0; word < structure.data_words; ++word)
        text += (word == 0 ? "" : ",\n            ") + data_word(places, word);
    return text + "};\n}\n";
}

std::string pointer_definitions(const std::string& type, const std::vector<Place>& places) {
    std::string extra;
    std::string puts, last; // behind all else goes what a server does not copy
    for (const Place& place : places) {
        if (!place.field->type.is_pointer())
            continue;
        const std::string codec = "Codec<" + place.field->type.name + ">::";
        extra += (extra.empty() ? "" : " +\n           ") + codec + "words(value_." + place.member +
                 ", depth_)";
        (place.field->by_reference ? last : puts) += "    " + codec + "put(writer_, at_ + " +
                                                     number(place.field->offset) + ", value_." +
                                                     place.member + ");\n";
    }
    if (extra.empty())
        return "";
    return "inline std::uint64_t Layout<" + type + ">::extra(const " + type +
           "& value_,\n    std::uint32_t depth_) {\n    return " + extra +
           ";\n}\ninline void Layout<" + type +
           ">::put_pointers(Writer& writer_, std::uint64_t at_,\n    const " + type +
           "& value_) {\n" + puts + last + "}\n";
}

std::string get_definition(const std::string& type, const std::vector<Place>& places,
                           bool received) {
    std::string text = "inline WireError Layout<" + type +
                       ">::get([[maybe_unused]] Reader& reader_,\n"
                       "    [[maybe_unused]] const Section& section_, [[maybe_unused]] " +
                       type + "& value_,\n    [[maybe_unused]] std::uint32_t depth_) {\n";
    std::string pointers;
    for (const Place& place : places) {
        const Field& field = *place.field;
        const std::string member = "value_." + place.member;
        if (field.type.is_pointer())
            pointers += "    if (const WireError error_ = get_pointer(reader_, section_, " +
                        number(field.offset) + ", " + member +
                        ", depth_);\n        error_ != WireError::none)\n        return error_;\n";
        else if (field.type.kind == Type::Kind::boolean)
            text += "    " + member + " = section_.bit(" + number(field.offset) +
                    ") != " + (field.default_bits != 0 ? "true" : "false") + ";\n";
        else if (field.type.kind == Type::Kind::scalar)
            text += "    " + member + " = field<" + type_name_of(field, received) + ">(section_, " +
                    number(field.offset / 8) + ", " + number(field.default_bits) + "u);\n";
    }
    return text + pointers + "    return WireError::none;\n}\n\n";
}

std::string each_definition(const std::string& type, const std::vector<Place>& places) {
    std::string text = "template <class Value_, class Take_>\ninline void Layout<" + type +
                       ">::each_field([[maybe_unused]] Value_& value_,\n"
                       "    [[maybe_unused]] Take_&& take_) {\n";
    for (const Place& place : places)
        text += "    take_(\"" + place.member + "\", value_." + place.member + ");\n";
    return text + "}\n";
}

} // namespace

std::string layout_declarations(const File& file) {
    std::string text = "namespace lrpc {\n\n";
    for (const Struct& structure : file.structs) {
        if (structure.imported)
            continue;
        text += declaration(qualified_name(file, structure), structure, false);
        if (!structure.received.empty())
            text += declaration(received_name(file, structure), structure, true);
    }
    return text;
}

std::string layout_definitions(const File& file) {
    std::string text;
    for (const Struct& structure : file.structs) {
        if (structure.imported)
            continue;
        const std::vector<Place> places = places_of(structure);
        const std::string type = qualified_name(file, structure);
        text += data_definition(type, structure, places) + pointer_definitions(type, places) +
                each_definition(type, places) + get_definition(type, places, false);
        if (!structure.received.empty())
            text += get_definition(received_name(file, structure), places, true);
    }
    return text + "} // namespace lrpc\n\n";
}

} // namespace stubs
