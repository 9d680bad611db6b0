// bindings/lrpc_stubs/emit_interface.cpp - client, server and descriptors of an interface.

#include "bindings/lrpc_stubs/emit.hpp"

namespace stubs {
namespace {

// What of a struct is passed one by one, or the whole of it.
struct Passed {
    std::string declared; // parameters of the client's method
    std::string gathered; // the struct of them
    std::string spread;   // the arguments of the server's method
};

bool by_value(const Field& field) {
    return field.type.kind != Type::Kind::structure &&
           (field.type.kind != Type::Kind::list || field.type.name.rfind("::std::span", 0) == 0);
}

Passed passed(const File& file, const Method& method) {
    const Struct& parameters = file.find(method.parameters);
    const std::string type = qualified_name(file, parameters);
    if (!method.implicit_parameters)
        return {"const " + type + "& parameters_", "parameters_", "received_"};
    Passed result;
    std::size_t defaults = parameters.fields.size(); // from here on all have one
    while (defaults > 0 && !parameters.fields[defaults - 1].default_value.empty())
        --defaults;
    for (std::size_t i = 0; i < parameters.fields.size(); ++i) {
        const Field& field = parameters.fields[i];
        const std::string comma = i == 0 ? "" : ", ";
        result.declared += comma +
                           (by_value(field) ? field.type.name : "const " + field.type.name + "&") +
                           " " + field.name + (i >= defaults ? " = " + field.default_value : "");
        result.gathered += comma + field.name;
        result.spread += comma + "received_." + field.name;
    }
    result.gathered = type + "{" + result.gathered + "}";
    return result;
}

std::string procedure(const File& file, const Method& method, std::size_t ordinal) {
    const Struct& parameters = file.find(method.parameters);
    return "struct " + method.procedure +
           " {\n"
           "    using Parameters = " +
           qualified_name(file, parameters) +
           ";\n"
           "    using Received = " +
           received_name(file, parameters) +
           ";\n"
           "    using Results = " +
           qualified_name(file, file.find(method.results)) +
           ";\n"
           "    static constexpr ::std::uint32_t number = " +
           std::to_string(ordinal) +
           ";\n"
           "    static constexpr ::std::size_t copy_words = " +
           std::to_string(method.copy_bytes / 8) + ";\n};\n\n";
}

std::string client_method(const File& file, const Method& method) {
    const Struct& results = file.find(method.results);
    const bool views = results.pointers != 0;
    const Passed parameters = passed(file, method);
    std::string declared = parameters.declared;
    std::string call = "::lrpc::invoke<" + method.procedure + ">(binding_, " + parameters.gathered +
                       ", " + (views ? "copy_" : "::lrpc::CopySpace{}") + ")";
    if (method.in_registers)
        call = "::lrpc::invoke_in_registers<" + method.procedure + ">(binding_, " +
               parameters.gathered + ")";
    std::string text;
    if (views) {
        // Before parameters that have a default.
        declared = "::lrpc::CopySpace copy_" + (declared.empty() ? "" : ", " + declared);
        text = "    /// What the results view is in `copy_` afterwards: " +
               std::to_string(method.copy_bytes / 8) + " words hold all that may come.\n";
    }
    return text + "    ::std::expected<" + qualified_name(file, results) + ", ::lrpc::CallError> " +
           method.name + "(" + declared + ") {\n        return " + call + ";\n    }\n";
}

std::string server_method(const Method& method, const Passed& parameters) {
    const std::string call = "implementation_." + method.name + "(" + parameters.spread;
    const std::string replying = call + (parameters.spread.empty() ? "reply_)" : ", reply_)");
    const std::string body =
        "            [&]([[maybe_unused]] auto& received_, [[maybe_unused]] auto& reply_) {\n"
        "                if constexpr (requires { " +
        replying + "; })\n                    return " + replying +
        ";\n                else\n                    return " + call +
        ");\n            });\n    }\n";
    if (method.in_registers)
        return "    static ::std::expected<::lrpc::RegisterWords, ::lrpc::CallError> serve_" +
               method.name +
               "(\n        Implementation_& implementation_, ::lrpc::RegisterWords words_) {\n"
               "        return ::lrpc::serve_in_registers<" +
               method.procedure + ">(words_,\n" + body;
    return "    static ::lrpc::Served serve_" + method.name +
           "(Implementation_& implementation_,\n"
           "        const volatile ::std::uint64_t* arguments_, ::std::size_t used_,\n"
           "        ::std::size_t capacity_, ::std::uint64_t* results_,\n"
           "        ::std::size_t results_capacity_) {\n        return ::lrpc::serve<" +
           method.procedure + ">({arguments_, used_, capacity_}, {results_, results_capacity_},\n" +
           body;
}

std::string descriptors(const File& file, const Interface& interface) {
    const std::string count = std::to_string(interface.methods.size());
    std::string text = "inline constexpr ::std::array<::lrpc::ProcedureDescriptor, " + count +
                       "> " + interface.procedures + "{";
    if (!interface.methods.empty())
        text += "{\n";
    for (std::size_t i = 0; i < interface.methods.size(); ++i) {
        const Method& method = interface.methods[i];
        const Struct& parameters = file.find(method.parameters);
        const bool memory = !method.in_registers;
        text +=
            "    {.name = \"" + method.schema_name + "\",\n     .number = " + std::to_string(i) +
            ",\n     .a_stack_bytes = " + std::to_string(memory ? method.a_stack_bytes : 0) +
            ",\n     .a_stacks = " + std::to_string(memory ? method.a_stacks : 0) +
            ",\n     .copy_bytes = " + std::to_string(memory ? method.copy_bytes : 0) +
            ",\n     .argument_words = " + std::to_string(parameters.fixed_words()) +
            ",\n     .result_words = " + std::to_string(file.find(method.results).fixed_words()) +
            ",\n     .in_registers = " + (memory ? "false" : "true") +
            ",\n     .by_reference = " + (parameters.by_reference ? "true" : "false") + "},\n";
    }
    return text + (interface.methods.empty() ? "};\n\n" : "}};\n\n");
}

std::string server(const File& file, const Interface& interface) {
    std::string text = "template <class Implementation_> struct " + interface.server + " {\n";
    std::string table;
    for (const Method& method : interface.methods) {
        text += server_method(method, passed(file, method)) + "\n";
        table += "        {" + std::string(method.in_registers ? "nullptr, &serve_" : "&serve_") +
                 method.name + (method.in_registers ? "" : ", nullptr") + "},\n";
    }
    return text + "    static constexpr ::std::array<::lrpc::Dispatch<Implementation_>, " +
           std::to_string(interface.methods.size()) + "> dispatch" +
           (table.empty() ? "{}" : "{{\n" + table + "    }}") + ";\n};\n\n";
}

} // namespace

std::string interface_of(const File& file, const Interface& interface) {
    std::string text;
    for (std::size_t i = 0; i < interface.methods.size(); ++i)
        text += procedure(file, interface.methods[i], i);
    text += descriptors(file, interface);
    text += "template <class Binding_> class " + interface.client + " {\npublic:\n    explicit " +
            interface.client + "(Binding_& binding) : binding_{binding} {}\n\n";
    for (const Method& method : interface.methods)
        text += client_method(file, method) + "\n";
    text += "private:\n    Binding_& binding_;\n};\n\n";
    return text + server(file, interface);
}

} // namespace stubs
