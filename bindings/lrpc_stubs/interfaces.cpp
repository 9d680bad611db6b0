// bindings/lrpc_stubs/interfaces.cpp - methods of a schema: parameters, results, annotations.

#include "bindings/lrpc_stubs/schema.hpp"

namespace stubs {
namespace {

constexpr std::uint64_t stream_result = 0x995f9a3377c0b16e; // what `-> stream` stands for
constexpr std::uint64_t register_words = 6;
constexpr std::uint32_t most_bytes = 1u << 20;
constexpr std::uint32_t most_a_stacks = 256;

// What a method says, or its interface for it.
bool marked(Annotations own, Annotations outer, Mark mark, wire::Value::Reader* value) {
    return find_mark(own, mark, value) || find_mark(outer, mark, value);
}

} // namespace

void Schema::read_sizes(wire::Method::Reader from, Annotations outer, Method& method,
                        const std::string& path) {
    wire::Value::Reader value;
    const Annotations own = from.getAnnotations();
    if (marked(own, outer, Mark::a_stack_bytes, &value))
        method.a_stack_bytes = value.getUint32();
    method.copy_bytes = method.a_stack_bytes;
    if (marked(own, outer, Mark::copy_bytes, &value))
        method.copy_bytes = value.getUint32();
    if (marked(own, outer, Mark::a_stacks, &value))
        method.a_stacks = value.getUint16();
    for (const std::uint32_t bytes : {method.a_stack_bytes, method.copy_bytes})
        if (bytes == 0 || bytes % 8 != 0 || bytes > most_bytes)
            problems_.add(path, std::to_string(bytes) +
                                    " bytes: sizes are multiples of 8, from 8 to 1048576");
    if (method.a_stacks == 0 || method.a_stacks > most_a_stacks)
        problems_.add(path,
                      std::to_string(method.a_stacks) + " A-stacks: there may be from 1 to 256");
}

void Schema::check_registers(const Method& method, const std::string& path) {
    for (const std::uint64_t id : {method.parameters, method.results}) {
        const Struct& message = file_.find(id);
        if (message.pointers != 0)
            problems_.add(path,
                          "`" + method.schema_name +
                              "` cannot go in registers: it has Text, Data, structs or lists");
        if (message.data_words > register_words)
            problems_.add(path, "`" + method.schema_name + "` cannot go in registers: it needs " +
                                    std::to_string(message.data_words) + " words of 6");
    }
}

// The struct of all parameters or all results: one of the file, or an implicit one, named here.
std::uint64_t Schema::message_struct(std::uint64_t id, const std::string& path,
                                     const char* separator, const std::string& name) {
    const wire::Node::Reader* const message = node(id);
    if (id == stream_result) {
        problems_.add(path, "streaming is not supported");
    } else if (message != nullptr && message->getScopeId() == 0) {
        add_struct(*message, path + separator, scope_.unique(name));
    } else if (message != nullptr && file_.find(id).id != id) {
        refuse_generic(*message, path);
        // Of another file: its layout is there, its size is needed here.
        Struct other;
        other.id = id;
        other.path = path;
        other.name = qualified(id);
        other.data_words = message->getStruct().getDataWordCount();
        other.pointers = message->getStruct().getPointerCount();
        other.imported = true;
        for (const auto field : message->getStruct().getFields())
            if (find_mark(field.getAnnotations(), Mark::by_reference))
                problems_.add(path, "parameters from another file cannot go by reference");
        file_.structs.push_back(other);
    }
    return id;
}

Method Schema::read_method(wire::Method::Reader from, Annotations outer, const std::string& path,
                           const std::string& interface_name) {
    Method method;
    method.schema_name = from.getName().cStr();
    method.name = value_name(method.schema_name);
    const std::string stem = interface_name + capitalised(method.schema_name);
    method.procedure = scope_.unique(stem + "Procedure");
    if (from.getImplicitParameters().size() != 0)
        problems_.add(path, "generic methods are not supported");
    const wire::Node::Reader* const parameters = node(from.getParamStructType());
    method.implicit_parameters = parameters != nullptr && parameters->getScopeId() == 0;
    method.parameters = message_struct(from.getParamStructType(), path, "(", stem + "Parameters");
    method.results = message_struct(from.getResultStructType(), path, ")", stem + "Results");
    read_sizes(from, outer, method, path);
    method.in_registers = find_mark(from.getAnnotations(), Mark::in_registers);
    if (method.in_registers)
        check_registers(method, path);
    for (const std::uint64_t id : {method.parameters, method.results}) {
        const std::uint64_t bytes = 8 * file_.find(id).fixed_words();
        if (!method.in_registers && bytes > method.a_stack_bytes)
            problems_.add(path, "`" + method.schema_name + "` needs " + std::to_string(bytes) +
                                    " bytes at least; its A-stack has " +
                                    std::to_string(method.a_stack_bytes));
    }
    return method;
}

void Schema::add_interface(wire::Node::Reader node, const std::string& path) {
    refuse_generic(node, path);
    const auto declared = node.getInterface();
    if (declared.getSuperclasses().size() != 0)
        problems_.add(path, "interfaces that extend others are not supported");
    Interface result;
    result.path = path;
    result.name = type_name(path);
    result.client = scope_.unique(result.name + "Client");
    result.server = scope_.unique(result.name + "Server");
    result.procedures = scope_.unique(lower_words(result.name) + "_procedures");
    for (const auto method : declared.getMethods())
        result.methods.push_back(read_method(method, node.getAnnotations(),
                                             path + "." + method.getName().cStr(), result.name));
    file_.interfaces.push_back(std::move(result));
}

// By reference go parameters only: what a client copies, and what lies within something else, is
// copied whole.
void Schema::check_references() {
    std::set<std::uint64_t> elsewhere;
    for (const Struct& structure : file_.structs)
        for (const Place& place : places_of(structure)) {
            const Type* type = &place.field->type;
            while (type->element != nullptr)
                type = type->element.get();
            elsewhere.insert(type->structure);
        }
    std::set<std::uint64_t> parameters;
    for (const Interface& interface : file_.interfaces)
        for (const Method& method : interface.methods) {
            parameters.insert(method.parameters);
            elsewhere.insert(method.results);
        }
    for (Struct& structure : file_.structs) {
        for (const Field& field : structure.fields)
            if (field.by_reference &&
                (elsewhere.count(structure.id) != 0 || parameters.count(structure.id) == 0))
                problems_.add(field.path,
                              "by reference goes only what is directly in a method's parameters");
        if (structure.by_reference)
            structure.received = scope_.unique(structure.name + "Received");
    }
}

} // namespace stubs
