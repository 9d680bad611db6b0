// bindings/lrpc_stubs/fields.cpp - structs of a schema: types of fields, places, defaults.

#include <algorithm>
#include <cstring>

#include "bindings/lrpc_stubs/schema.hpp"

namespace stubs {
namespace {

std::string hexadecimal(std::uint64_t value) {
    constexpr char digits[] = "0123456789abcdef";
    std::string text;
    do {
        text.insert(text.begin(), digits[value & 15]);
        value >>= 4;
    } while (value != 0);
    return "0x" + text;
}

template <class Float, class Bits> std::uint64_t bits_of(Float value) {
    Bits bits = 0;
    std::memcpy(&bits, &value, sizeof(bits));
    return bits;
}

Type scalar(const char* name, const char* schema, unsigned bits, bool floating = false) {
    Type type;
    type.kind = Type::Kind::scalar;
    type.name = name;
    type.schema = schema;
    type.bits = bits;
    type.floating = floating;
    return type;
}

Type other(Type::Kind kind, const char* name, const char* schema) {
    Type type;
    type.kind = kind;
    type.name = name;
    type.schema = schema;
    type.bits = kind == Type::Kind::boolean ? 1 : 0;
    return type;
}

Type list_of(const Type& element) {
    Type type;
    type.kind = Type::Kind::list;
    type.schema = "List(" + element.schema + ")";
    type.name = (element.kind == Type::Kind::scalar ? "::std::span<const " : "::lrpc::List<") +
                element.name + ">";
    type.element = std::make_shared<Type>(element);
    return type;
}

// The bits of a default, as they are in the type's own width.
std::uint64_t default_bits(wire::Value::Reader value) {
    switch (value.which()) {
    case wire::Value::BOOL:
        return value.getBool() ? 1 : 0;
    case wire::Value::INT8:
        return static_cast<std::uint8_t>(value.getInt8());
    case wire::Value::INT16:
        return static_cast<std::uint16_t>(value.getInt16());
    case wire::Value::INT32:
        return static_cast<std::uint32_t>(value.getInt32());
    case wire::Value::INT64:
        return static_cast<std::uint64_t>(value.getInt64());
    case wire::Value::UINT8:
        return value.getUint8();
    case wire::Value::UINT16:
        return value.getUint16();
    case wire::Value::UINT32:
        return value.getUint32();
    case wire::Value::UINT64:
        return value.getUint64();
    case wire::Value::FLOAT32:
        return bits_of<float, std::uint32_t>(value.getFloat32());
    case wire::Value::FLOAT64:
        return bits_of<double, std::uint64_t>(value.getFloat64());
    case wire::Value::ENUM:
        return value.getEnum();
    default:
        return 0;
    }
}

// A value of `type` with these bits, in C++.
std::string with_bits(const Type& type, std::uint64_t bits) {
    if (type.kind == Type::Kind::boolean)
        return bits != 0 ? "true" : "false";
    const char* const raw = type.bits == 8    ? "::std::uint8_t"
                            : type.bits == 16 ? "::std::uint16_t"
                            : type.bits == 32 ? "::std::uint32_t"
                                              : "::std::uint64_t";
    if (type.floating)
        return "::std::bit_cast<" + type.name + ">(" + raw + "{" + hexadecimal(bits) + "})";
    return "static_cast<" + type.name + ">(" + hexadecimal(bits) + ")";
}

} // namespace

std::string quoted(const char* bytes, std::size_t size) {
    std::string text = "\"";
    for (std::size_t i = 0; i < size; ++i) {
        const auto byte = static_cast<unsigned char>(bytes[i]);
        if (byte >= ' ' && byte <= '~' && byte != '"' && byte != '\\' && byte != '?') {
            text += static_cast<char>(byte);
        } else {
            text += '\\';
            text += static_cast<char>('0' + (byte >> 6));
            text += static_cast<char>('0' + (byte >> 3 & 7));
            text += static_cast<char>('0' + (byte & 7));
        }
    }
    return text + "\"";
}

Type Schema::type_of(wire::Type::Reader type, const std::string& path) {
    switch (type.which()) {
    case wire::Type::VOID:
        return other(Type::Kind::none, "::lrpc::Void", "Void");
    case wire::Type::BOOL:
        return other(Type::Kind::boolean, "bool", "Bool");
    case wire::Type::INT8:
        return scalar("::std::int8_t", "Int8", 8);
    case wire::Type::INT16:
        return scalar("::std::int16_t", "Int16", 16);
    case wire::Type::INT32:
        return scalar("::std::int32_t", "Int32", 32);
    case wire::Type::INT64:
        return scalar("::std::int64_t", "Int64", 64);
    case wire::Type::UINT8:
        return scalar("::std::uint8_t", "UInt8", 8);
    case wire::Type::UINT16:
        return scalar("::std::uint16_t", "UInt16", 16);
    case wire::Type::UINT32:
        return scalar("::std::uint32_t", "UInt32", 32);
    case wire::Type::UINT64:
        return scalar("::std::uint64_t", "UInt64", 64);
    case wire::Type::FLOAT32:
        return scalar("float", "Float32", 32, true);
    case wire::Type::FLOAT64:
        return scalar("double", "Float64", 64, true);
    case wire::Type::TEXT:
        return other(Type::Kind::text, "::lrpc::Text", "Text");
    case wire::Type::DATA:
        return other(Type::Kind::data, "::lrpc::Data", "Data");
    case wire::Type::ENUM: {
        const std::uint64_t id = type.getEnum().getTypeId();
        Type result = scalar(qualified(id).c_str(), path_of(id).c_str(), 16);
        return result;
    }
    case wire::Type::STRUCT: {
        const std::uint64_t id = type.getStruct().getTypeId();
        if (const wire::Node::Reader* const used = node(id);
            used != nullptr && used->getIsGeneric())
            problems_.add(path, "generic types are not supported");
        Type result;
        result.kind = Type::Kind::structure;
        result.structure = id;
        result.name = qualified(id);
        result.schema = path_of(id);
        return result;
    }
    case wire::Type::LIST:
        return list_of(type_of(type.getList().getElementType(), path));
    case wire::Type::INTERFACE:
        problems_.add(path, "an interface as a value is not supported: capabilities do not travel "
                            "in messages");
        break;
    case wire::Type::ANY_POINTER:
        problems_.add(path, type.getAnyPointer().isUnconstrained()
                                ? "AnyPointer and its kin are not supported"
                                : "generic types are not supported");
        break;
    }
    return {};
}

void Schema::read_default(wire::Value::Reader value, Field& field, const std::string& owner) {
    field.default_bits = default_bits(value);
    switch (field.type.kind) {
    case Type::Kind::text:
        if (const auto text = value.getText(); text.size() != 0)
            field.default_value = "::lrpc::Text{" + quoted(text.begin(), text.size()) + ", " +
                                  std::to_string(text.size()) + "}";
        break;
    case Type::Kind::data:
        if (const auto data = value.getData(); data.size() != 0) {
            const std::string name = scope_.unique(owner + "_" + field.name + "_default_");
            std::string bytes;
            for (const auto byte : data)
                bytes += (bytes.empty() ? "" : ", ") + ("::std::byte{" + hexadecimal(byte) + "}");
            file_.constants.push_back({"::std::byte", name + "[]", "{" + bytes + "}"});
            field.default_value = name;
        }
        break;
    case Type::Kind::structure:
    case Type::Kind::list:
        problems_.add(field.path, "a default of a struct or a list is not supported");
        break;
    default:
        if (field.default_bits != 0)
            field.default_value = with_bits(field.type, field.default_bits);
    }
}

void Schema::add_constant(wire::Node::Reader node, const std::string& path) {
    const auto constant = node.getConst();
    Field field;
    field.path = path;
    field.type = type_of(constant.getType(), path);
    if (field.type.kind != Type::Kind::scalar && field.type.kind != Type::Kind::boolean)
        return problems_.add(path,
                             "a const of any type but Bool, numbers and enums is not supported");
    const std::size_t dot = path.rfind('.');
    const std::string scope = dot == std::string::npos ? "" : type_name(path.substr(0, dot)) + "_";
    file_.constants.push_back(
        {field.type.name,
         scope + value_name(dot == std::string::npos ? path : path.substr(dot + 1)),
         with_bits(field.type, default_bits(constant.getValue()))});
}

void Schema::read_reference(wire::Field::Reader from, Field& field) {
    field.by_reference = find_mark(from.getAnnotations(), Mark::by_reference);
    if (!field.by_reference)
        return;
    if (find_mark(from.getAnnotations(), Mark::by_copy))
        problems_.add(field.path,
                      "`" + field.schema_name + "` is passed both by copy and by reference");
    if (field.type.kind != Type::Kind::text && field.type.kind != Type::Kind::data)
        problems_.add(field.path, "only Text and Data can be passed by reference");
    else if (!field.default_value.empty())
        problems_.add(field.path, "what is passed by reference cannot have a default");
}

void Schema::read_slot(wire::Field::Reader from, Field& field, const std::string& owner) {
    const auto slot = from.getSlot();
    field.type = type_of(slot.getType(), field.path);
    field.offset = slot.getOffset();
    if (!field.type.is_pointer())
        field.offset *= field.type.bits;
    if (slot.getHadExplicitDefault())
        read_default(slot.getDefaultValue(), field, owner);
    read_reference(from, field);
}

void Schema::read_group(wire::Field::Reader from, Field& field, const std::string& owner) {
    const wire::Node::Reader* const group = node(from.getGroup().getTypeId());
    field.is_group = true;
    field.type.name = scope_.unique(owner + "_" + field.name + "_group_");
    if (group != nullptr)
        field.members = fields_of(*group, field.path, ".", field.type.name);
    for (const Field& member : field.members)
        if (member.by_reference)
            problems_.add(member.path, "by reference goes only what is directly in a method's "
                                       "parameters");
}

std::vector<Field> Schema::fields_of(wire::Node::Reader node, const std::string& path,
                                     const std::string& separator, const std::string& owner) {
    const auto structure = node.getStruct();
    if (structure.getDiscriminantCount() != 0)
        problems_.add(structure.getIsGroup() ? path : path + ".union", "unions are not supported");
    std::vector<wire::Field::Reader> declared;
    for (const auto field : structure.getFields())
        declared.push_back(field);
    std::sort(declared.begin(), declared.end(), [](const auto& one, const auto& two) {
        return one.getCodeOrder() < two.getCodeOrder();
    });
    std::vector<Field> fields;
    for (const auto& from : declared) {
        Field field;
        field.schema_name = from.getName().cStr();
        field.path = path + separator + field.schema_name;
        field.name = value_name(field.schema_name);
        if (from.isGroup())
            read_group(from, field, owner);
        else
            read_slot(from, field, owner);
        fields.push_back(std::move(field));
    }
    return fields;
}

void Schema::add_struct(wire::Node::Reader node, const std::string& path, const std::string& name) {
    refuse_generic(node, path);
    Struct result;
    result.id = node.getId();
    result.path = path;
    result.name = name;
    result.data_words = node.getStruct().getDataWordCount();
    result.pointers = node.getStruct().getPointerCount();
    // Parameters and results have the method's path, and `(` or `)` for a separator.
    const bool implicit = path.find_first_of("()") != std::string::npos;
    result.fields = fields_of(node, path, implicit ? "" : ".", name);
    for (const Field& field : result.fields)
        result.by_reference = result.by_reference || field.by_reference;
    file_.structs.push_back(std::move(result));
}

} // namespace stubs
