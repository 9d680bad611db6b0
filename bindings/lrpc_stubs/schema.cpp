// bindings/lrpc_stubs/schema.cpp - the declarations of a file, and the order in which C++ wants
// them.

#include "bindings/lrpc_stubs/schema.hpp"

#include <algorithm>
#include <regex>

namespace stubs {

bool find_mark(Annotations annotations, Mark mark, wire::Value::Reader* value) {
    for (const auto annotation : annotations)
        if (annotation.getId() == static_cast<std::uint64_t>(mark)) {
            if (value != nullptr)
                *value = annotation.getValue();
            return true;
        }
    return false;
}

Schema::Schema(wire::CodeGeneratorRequest::Reader request,
               wire::CodeGeneratorRequest::RequestedFile::Reader file, Problems& problems)
    : request_file_{file}, problems_{problems} {
    for (const auto node : request.getNodes())
        nodes_.emplace(node.getId(), node);
}

const wire::Node::Reader* Schema::node(std::uint64_t id) const {
    const auto found = nodes_.find(id);
    return found == nodes_.end() ? nullptr : &found->second;
}

// The path in its file of a declared type: its names from the outermost scope on.
std::string Schema::path_of(std::uint64_t id) const {
    const wire::Node::Reader* const here = node(id);
    if (here == nullptr || here->isFile())
        return "";
    const std::string name = here->getDisplayName().cStr() + here->getDisplayNamePrefixLength();
    const std::string outer = path_of(here->getScopeId());
    return outer.empty() ? name : outer + "." + name;
}

// The C++ name of a declared type, from the global namespace on; one of another file has it
// included.
std::string Schema::qualified(std::uint64_t id) {
    std::uint64_t file = id;
    for (const wire::Node::Reader* at = node(id); at != nullptr && !at->isFile(); at = node(file))
        file = at->getScopeId();
    std::string scope = file_.cpp_namespace;
    if (file != request_file_.getId()) {
        scope = "interfaces";
        wire::Value::Reader value;
        if (const wire::Node::Reader* const other = node(file);
            other != nullptr && find_mark(other->getAnnotations(), Mark::cpp_namespace, &value))
            scope = value.getText().cStr();
        for (const auto import : request_file_.getImports()) {
            if (import.getId() != file)
                continue;
            std::string name = import.getName().cStr();
            if (!name.empty() && name[0] == '/')
                name.erase(0, 1);
            name = name.substr(0, name.rfind(".capnp")) + ".lrpc.hpp";
            auto& all = file_.includes;
            if (std::find(all.begin(), all.end(), name) == all.end())
                all.push_back(name);
        }
    }
    return "::" + scope + "::" + type_name(path_of(id));
}

void Schema::refuse_generic(wire::Node::Reader node, const std::string& path) {
    if (node.getIsGeneric())
        problems_.add(path, "generic types are not supported");
}

// All names of types are known before any is generated.
void Schema::declare(wire::Node::Reader node, const std::string& path) {
    for (const auto nested : node.getNestedNodes()) {
        const wire::Node::Reader* const inner = this->node(nested.getId());
        if (inner == nullptr || inner->isAnnotation())
            continue;
        const std::string inner_path =
            (path.empty() ? "" : path + ".") + std::string{nested.getName().cStr()};
        scope_.reserve(inner->isConst() ? value_name(nested.getName().cStr())
                                        : type_name(inner_path));
        declare(*inner, inner_path);
    }
}

void Schema::walk(wire::Node::Reader node, const std::string& path) {
    for (const auto nested : node.getNestedNodes()) {
        const wire::Node::Reader* const inner = this->node(nested.getId());
        if (inner == nullptr)
            continue;
        const std::string inner_path =
            (path.empty() ? "" : path + ".") + std::string{nested.getName().cStr()};
        if (inner->isStruct()) {
            add_struct(*inner, inner_path, type_name(inner_path));
        } else if (inner->isEnum()) {
            Enum values{type_name(inner_path), {}};
            for (const auto value : inner->getEnum().getEnumerants())
                values.values.push_back(value_name(value.getName().cStr()));
            file_.enums.push_back(values);
        } else if (inner->isConst()) {
            add_constant(*inner, inner_path);
        } else if (inner->isInterface()) {
            interfaces_.emplace_back(*inner, inner_path);
        }
        walk(*inner, inner_path);
    }
}

// Puts a struct behind those that it contains. False if it contains itself.
bool Schema::place(std::uint64_t id, std::set<std::uint64_t>& open, std::vector<Struct>& ordered) {
    for (const Struct& done : ordered)
        if (done.id == id)
            return true;
    const Struct structure = file_.find(id);
    if (structure.id != id || !open.insert(id).second)
        return structure.id != id; // of another file, or again
    for (const Place& each : places_of(structure)) {
        const Field& field = *each.field;
        if (field.type.kind == Type::Kind::structure && !place(field.type.structure, open, ordered))
            problems_.add(field.path,
                          "`" + field.schema_name + "` makes a struct contain itself; a List may");
    }
    open.erase(id);
    ordered.push_back(structure);
    return true;
}

void Schema::order_structs() {
    std::vector<Struct> ordered;
    std::set<std::uint64_t> open;
    for (const Struct& structure : file_.structs)
        (void)place(structure.id, open, ordered);
    file_.structs = ordered;
}

File Schema::read() {
    file_.path = request_file_.getFilename().cStr();
    file_.cpp_namespace = "interfaces";
    const wire::Node::Reader* const root = node(request_file_.getId());
    if (root == nullptr)
        return file_;
    wire::Value::Reader value;
    if (find_mark(root->getAnnotations(), Mark::cpp_namespace, &value)) {
        file_.cpp_namespace = value.getText().cStr();
        static const std::regex names{"[A-Za-z][A-Za-z0-9_]*(::[A-Za-z][A-Za-z0-9_]*)*"};
        if (!std::regex_match(file_.cpp_namespace, names) ||
            std::regex_search(file_.cpp_namespace, std::regex{"^(std|lrpc)(::|$)"}))
            problems_.add("$namespace", "`" + file_.cpp_namespace + "` cannot be the namespace");
    }
    declare(*root, "");
    walk(*root, "");
    for (const auto& [node, path] : interfaces_)
        add_interface(node, path);
    order_structs();
    check_references();
    return file_;
}

} // namespace stubs
