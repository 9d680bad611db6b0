// bindings/lrpc_stubs/emit_listing.cpp - what is where on the wire, as text that a test compares.
//
// What changes here breaks who was compiled before, unless lines are only added to a struct.

#include "bindings/lrpc_stubs/emit.hpp"

namespace stubs {
namespace {

std::string place_line(const Place& place) {
    const Field& field = *place.field;
    std::string text = "    " + place.member + " :" + field.type.schema;
    if (field.type.is_pointer())
        text += " pointer " + std::to_string(field.offset);
    else if (field.type.bits == 0)
        text += " nowhere";
    else if (field.type.bits == 1)
        text += " bit " + std::to_string(field.offset);
    else
        text += " byte " + std::to_string(field.offset / 8) + ", " +
                std::to_string(field.type.bits / 8) + " long";
    if (!field.default_value.empty())
        text +=
            ", default " + (field.type.is_pointer() ? field.default_value
                                                    : "bits " + std::to_string(field.default_bits));
    return text + (field.by_reference ? ", by reference" : "") + "\n";
}

std::string struct_text(const Struct& structure) {
    std::string text = "struct " + structure.name + ": " + std::to_string(structure.data_words) +
                       " data words, " + std::to_string(structure.pointers) + " pointers\n";
    for (const Place& place : places_of(structure))
        text += place_line(place);
    return text;
}

} // namespace

std::string listing(const File& file) {
    std::string text = file.path + "\n";
    for (const Enum& values : file.enums) {
        text += "\nenum " + values.name + "\n";
        for (std::size_t i = 0; i < values.values.size(); ++i)
            text += "    " + values.values[i] + " = " + std::to_string(i) + "\n";
    }
    for (const Struct& structure : file.structs)
        if (!structure.imported)
            text += "\n" + struct_text(structure);
    for (const Interface& interface : file.interfaces) {
        text += "\ninterface " + interface.name + "\n";
        for (std::size_t i = 0; i < interface.methods.size(); ++i) {
            const Method& method = interface.methods[i];
            text += "    " + std::to_string(i) + " " + method.schema_name + ": " +
                    file.find(method.parameters).name + " -> " + file.find(method.results).name;
            text += method.in_registers
                        ? ", in registers\n"
                        : ", " + std::to_string(method.a_stacks) + " A-stacks of " +
                              std::to_string(method.a_stack_bytes) + " bytes, copies " +
                              std::to_string(method.copy_bytes) + " at most\n";
        }
    }
    return text;
}

} // namespace stubs
