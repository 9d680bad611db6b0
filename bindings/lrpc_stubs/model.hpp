// bindings/lrpc_stubs/model.hpp - a schema as the stub compiler writes it: names of C++, places in
// messages, and nothing that it cannot write.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace stubs {

struct Type {
    enum class Kind : std::uint8_t { none, boolean, scalar, text, data, structure, list };
    Kind kind = Kind::none;
    std::string name;   // in C++
    std::string schema; // in the schema, for the listing
    unsigned bits = 0;  // of a scalar or boolean
    bool floating = false;
    std::uint64_t structure = 0; // its id
    std::shared_ptr<Type> element;

    [[nodiscard]] bool is_pointer() const {
        return kind != Kind::none && kind != Kind::boolean && kind != Kind::scalar;
    }
};

struct Field {
    std::string path;        // in the schema's source
    std::string schema_name; // as in the schema
    std::string name;        // in C++
    Type type;
    std::uint64_t offset = 0;       // in the data section, in bits; of a pointer, its index
    std::uint64_t default_bits = 0; // they are XORed with the data
    std::string default_value;      // in C++; empty if there is none but zero
    bool by_reference = false;
    bool is_group = false;
    std::vector<Field> members; // of a group, placed in the struct
};

struct Struct {
    std::uint64_t id = 0;
    std::string path;
    std::string name;
    std::uint64_t data_words = 0;
    std::uint64_t pointers = 0;
    std::vector<Field> fields; // as declared
    bool by_reference = false; // one of the fields is
    bool imported = false;     // and declared in another header
    std::string received;      // the type that a server gets, if that is another one

    [[nodiscard]] std::uint64_t fixed_words() const {
        return data_words + pointers == 0 ? 0 : 1 + data_words + pointers;
    }
};

// A field that has a place in the message, and how C++ reaches it from the struct: groups have
// none, their members do.
struct Place {
    const Field* field;
    std::string member;
};

inline void add_places(const std::vector<Field>& fields, const std::string& before,
                       std::vector<Place>& places) {
    for (const Field& field : fields) {
        if (field.is_group)
            add_places(field.members, before + field.name + ".", places);
        else
            places.push_back({&field, before + field.name});
    }
}

inline std::vector<Place> places_of(const Struct& structure) {
    std::vector<Place> places;
    add_places(structure.fields, "", places);
    return places;
}

struct Enum {
    std::string name;
    std::vector<std::string> values; // 0, 1, ...
};

struct Constant {
    std::string type, name, value;
};

struct Method {
    std::string schema_name;
    std::string name;
    std::string procedure;                     // its type in C++
    std::uint64_t parameters = 0, results = 0; // ids of structs
    bool implicit_parameters = false;          // declared in parentheses: passed one by one
    std::uint32_t a_stack_bytes = 4096;
    std::uint32_t a_stacks = 4;
    std::uint32_t copy_bytes = 4096;
    bool in_registers = false;
};

struct Interface {
    std::string path;
    std::string name; // the words that the names of all that belongs to it begin with
    std::string client, server, procedures;
    std::vector<Method> methods; // by ordinal
};

struct File {
    std::string path; // as `capnp` names it
    std::string cpp_namespace;
    std::vector<std::string> includes;
    std::vector<Enum> enums;
    std::vector<Constant> constants;
    std::vector<Struct> structs; // a struct comes after those that it contains
    std::vector<Interface> interfaces;

    [[nodiscard]] const Struct& find(std::uint64_t id) const {
        for (const Struct& structure : structs)
            if (structure.id == id)
                return structure;
        static const Struct none;
        return none;
    }
};

} // namespace stubs
