// bindings/lrpc_stubs/names.hpp - names of a schema as names of C++.
//
// A schema's names have no underscores (`capnp` refuses them), so a name with one cannot be the
// user's: what is generated inside functions and classes ends in one. `aName` becomes `a_name`, and
// no two names become one. What C++ keeps to itself gets an underscore at its end.

#pragma once

#include <set>
#include <string>
#include <string_view>

namespace stubs {

/// Of a field, parameter, method or enumerant: `maxValue` is `max_value`, `class` is `class_`.
std::string value_name(std::string_view name);

/// Of a type, from its path in the file: `Outer.Inner` is `Outer_Inner`.
std::string type_name(std::string_view path);

/// Words in lower case of a type's name: `HTTPServer` is `http_server`.
std::string lower_words(std::string_view name);

std::string capitalised(std::string_view name);

// Names at the scope of a file: the types' first, then what is generated beside them.
class Scope {
public:
    void reserve(const std::string& name) { taken_.insert(name); }
    /// `name`, with as many underscores behind it as make it new.
    std::string unique(std::string name) {
        while (!taken_.insert(name).second)
            name += '_';
        return name;
    }

private:
    std::set<std::string> taken_;
};

} // namespace stubs
