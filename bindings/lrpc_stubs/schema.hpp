// bindings/lrpc_stubs/schema.hpp - from what `capnp` tells its plug-ins to the model.
//
// Everything that cannot be written is a problem: nothing is left out silently.

#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <capnp/schema.capnp.h>

#include "bindings/lrpc_stubs/model.hpp"
#include "bindings/lrpc_stubs/names.hpp"
#include "bindings/lrpc_stubs/problems.hpp"

namespace stubs {

namespace wire = capnp::schema;
using Annotations = capnp::List<wire::Annotation>::Reader;

// The annotations of lrpc.capnp, by their ids.
enum class Mark : std::uint64_t {
    cpp_namespace = 0xe4a1c07b52d98f31,
    a_stack_bytes = 0xa93d5e8c16f07b42,
    a_stacks = 0xc58f0e7d3ab41953,
    copy_bytes = 0x9d2be45f80c71a64,
    in_registers = 0xf06c9a318ed45b75,
    by_copy = 0x8b57d1c4e92f6086,
    by_reference = 0xd3e0682fb7495c97,
};

class Schema {
public:
    Schema(wire::CodeGeneratorRequest::Reader request,
           wire::CodeGeneratorRequest::RequestedFile::Reader file, Problems& problems);

    /// The file's model; meaningful only if there were no problems.
    File read();

private:
    // schema.cpp: what is declared where
    void walk(wire::Node::Reader node, const std::string& path);
    void declare(wire::Node::Reader node, const std::string& path);
    void order_structs();
    bool place(std::uint64_t id, std::set<std::uint64_t>& open, std::vector<Struct>& ordered);
    [[nodiscard]] const wire::Node::Reader* node(std::uint64_t id) const;
    [[nodiscard]] std::string path_of(std::uint64_t id) const;
    std::string qualified(std::uint64_t id);
    void refuse_generic(wire::Node::Reader node, const std::string& path);

    // fields.cpp: structs and their fields
    void add_struct(wire::Node::Reader node, const std::string& path, const std::string& name);
    std::vector<Field> fields_of(wire::Node::Reader node, const std::string& path,
                                 const std::string& separator, const std::string& owner);
    void read_slot(wire::Field::Reader from, Field& field, const std::string& owner);
    void read_group(wire::Field::Reader from, Field& field, const std::string& owner);
    void read_reference(wire::Field::Reader from, Field& field);
    Type type_of(wire::Type::Reader type, const std::string& path);
    void read_default(wire::Value::Reader value, Field& field, const std::string& owner);
    void add_constant(wire::Node::Reader node, const std::string& path);

    // interfaces.cpp: methods
    void add_interface(wire::Node::Reader node, const std::string& path);
    Method read_method(wire::Method::Reader from, Annotations outer, const std::string& path,
                       const std::string& interface_name);
    void read_sizes(wire::Method::Reader from, Annotations outer, Method& method,
                    const std::string& path);
    void check_registers(const Method& method, const std::string& path);
    std::uint64_t message_struct(std::uint64_t id, const std::string& path, const char* separator,
                                 const std::string& name);
    void check_references();

    wire::CodeGeneratorRequest::RequestedFile::Reader request_file_;
    Problems& problems_;
    std::map<std::uint64_t, wire::Node::Reader> nodes_;
    std::map<std::uint64_t, std::string> namespaces_; // of imported files
    Scope scope_;
    File file_;
    std::vector<std::pair<wire::Node::Reader, std::string>> interfaces_; // with their paths
};

/// The annotation `mark` among `annotations`, if it is there.
bool find_mark(Annotations annotations, Mark mark, wire::Value::Reader* value = nullptr);

/// A C++ literal that has these bytes, as characters between quotes.
std::string quoted(const char* bytes, std::size_t size);

} // namespace stubs
