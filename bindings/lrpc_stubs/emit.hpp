// bindings/lrpc_stubs/emit.hpp - the model as text.

#pragma once

#include <string>

#include "bindings/lrpc_stubs/model.hpp"

namespace stubs {

/// FILE.lrpc.hpp: types, layouts, and for each interface its client, server and descriptors.
std::string header(const File& file);

/// FILE.lrpc.txt: what is where in each message, for people and for golden tests.
std::string listing(const File& file);

// The parts of the header.
std::string types(const File& file);
std::string layout_declarations(const File& file);
std::string layout_definitions(const File& file);
std::string interface_of(const File& file, const Interface& interface);

/// The name of a struct from the global namespace on.
inline std::string qualified_name(const File& file, const Struct& structure) {
    return structure.imported ? structure.name : "::" + file.cpp_namespace + "::" + structure.name;
}

/// The same of what a server receives in its place.
inline std::string received_name(const File& file, const Struct& structure) {
    return structure.received.empty() ? qualified_name(file, structure)
                                      : "::" + file.cpp_namespace + "::" + structure.received;
}

/// The type of a field, or (`received`) of what a server gets for it.
inline std::string type_name_of(const Field& field, bool received) {
    if (!received || !field.by_reference)
        return field.type.name;
    return field.type.kind == Type::Kind::text ? "::lrpc::SharedText" : "::lrpc::SharedBytes";
}

} // namespace stubs
