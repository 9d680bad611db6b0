// tests/host/lrpc/oracle/oracle.cpp - messages written and read by libcapnp.

#include "tests/host/lrpc/oracle/oracle.hpp"

#include <algorithm>
#include <cstdio>
#include <map>
#include <stdexcept>

#include <capnp/dynamic.h>
#include <capnp/message.h>
#include <capnp/schema-loader.h>
#include <capnp/schema.capnp.h>
#include <capnp/serialize.h>

#include "bindings/random.hpp"
#include "tests/host/lrpc/digest.hpp"

namespace lrpc_test {

struct Oracle::Schema {
    capnp::SchemaLoader loader;
    std::map<std::string, std::uint64_t> structs; // by their names without the file's
};

Oracle::Oracle(const std::string& file) : schema_{std::make_unique<Schema>()} {
    const std::string root = FAULTLINE_SOURCE;
    FILE* const pipe =
        popen(("capnp compile -I" + root + " -o- " + root + "/" + file).c_str(), "r");
    if (pipe == nullptr)
        throw std::runtime_error("capnp does not start");
    {
        capnp::StreamFdMessageReader message{fileno(pipe)};
        for (const auto node : message.getRoot<capnp::schema::CodeGeneratorRequest>().getNodes()) {
            schema_->loader.load(node);
            if (node.isStruct())
                schema_->structs[node.getDisplayName().cStr() + node.getDisplayNamePrefixLength()] =
                    node.getId();
        }
    }
    pclose(pipe);
}

Oracle::~Oracle() = default;

namespace {

using Fields = std::vector<capnp::StructSchema::Field>;

Fields as_declared(capnp::StructSchema schema) {
    Fields fields;
    for (const auto field : schema.getFields())
        fields.push_back(field);
    std::sort(fields.begin(), fields.end(), [](const auto& one, const auto& two) {
        return one.getProto().getCodeOrder() < two.getProto().getCodeOrder();
    });
    return fields;
}

void digest(const char* name, const capnp::DynamicValue::Reader& value, capnp::Type type,
            Digest& to);

void digest(capnp::DynamicStruct::Reader value, Digest& to) {
    for (const auto& field : as_declared(value.getSchema()))
        digest(field.getProto().getName().cStr(), value.get(field), field.getType(), to);
}

void digest(const char* name, const capnp::DynamicValue::Reader& value, capnp::Type type,
            Digest& to) {
    switch (type.which()) {
    case capnp::schema::Type::VOID:
        return;
    case capnp::schema::Type::BOOL:
        return to.add(name, value.as<bool>() ? 1 : 0);
    case capnp::schema::Type::INT8:
    case capnp::schema::Type::INT16:
    case capnp::schema::Type::INT32:
    case capnp::schema::Type::INT64:
        return to.add(name, static_cast<std::uint64_t>(value.as<std::int64_t>()));
    case capnp::schema::Type::UINT8:
    case capnp::schema::Type::UINT16:
    case capnp::schema::Type::UINT32:
    case capnp::schema::Type::UINT64:
        return to.add(name, value.as<std::uint64_t>());
    case capnp::schema::Type::FLOAT32:
        return to.add_float(name, value.as<float>());
    case capnp::schema::Type::FLOAT64:
        return to.add_double(name, value.as<double>());
    case capnp::schema::Type::ENUM:
        return to.add(name, value.as<capnp::DynamicEnum>().getRaw());
    case capnp::schema::Type::TEXT: {
        const auto text = value.as<capnp::Text>();
        return to.add_bytes(name, text.begin(), text.size());
    }
    case capnp::schema::Type::DATA: {
        const auto data = value.as<capnp::Data>();
        return to.add_bytes(name, data.begin(), data.size());
    }
    case capnp::schema::Type::STRUCT:
        return digest(value.as<capnp::DynamicStruct>(), to);
    case capnp::schema::Type::LIST: {
        const auto list = value.as<capnp::DynamicList>();
        to.add(name, list.size());
        for (const auto element : list)
            digest("element", element, type.asList().getElementType(), to);
        return;
    }
    default:
        throw std::runtime_error("a type that the oracle does not know");
    }
}

// Fills what it is given; `depth` bounds the nesting.
class Filler {
public:
    explicit Filler(std::uint64_t seed) : random_{seed} {}

    void fill(capnp::DynamicStruct::Builder to, unsigned depth) {
        for (const auto& field : as_declared(to.getSchema())) {
            if (random_.below(6) == 0)
                continue; // the default
            if (field.getProto().isGroup())
                fill(to.get(field).as<capnp::DynamicStruct>(), depth);
            else if (field.getType().isStruct() && depth > 0)
                fill(to.init(field).as<capnp::DynamicStruct>(), depth - 1);
            else if (field.getType().isList() && depth > 0)
                fill(to.init(field, count(field.getType())).as<capnp::DynamicList>(), depth - 1);
            else if (!field.getType().isStruct() && !field.getType().isList())
                to.set(field, value(field.getType()));
        }
    }

private:
    unsigned count(capnp::Type list) {
        const auto element = list.asList().getElementType();
        const bool small = !element.isStruct() && !element.isList();
        return static_cast<unsigned>(random_.below(small ? 70 : 4));
    }

    void fill(capnp::DynamicList::Builder to, unsigned depth) {
        const capnp::Type type = to.getSchema().getElementType();
        for (unsigned i = 0; i < to.size(); ++i) {
            if (type.isStruct())
                fill(to[i].as<capnp::DynamicStruct>(), depth);
            else if (type.isList() && depth > 0)
                fill(to.init(i, count(type)).as<capnp::DynamicList>(), depth - 1);
            else if (!type.isList())
                to.set(i, value(type));
        }
    }

    capnp::DynamicValue::Reader value(capnp::Type type) {
        const std::uint64_t bits = random_.next();
        switch (type.which()) {
        case capnp::schema::Type::BOOL:
            return (bits & 1) != 0;
        case capnp::schema::Type::INT8:
            return static_cast<std::int8_t>(bits);
        case capnp::schema::Type::INT16:
            return static_cast<std::int16_t>(bits);
        case capnp::schema::Type::INT32:
            return static_cast<std::int32_t>(bits);
        case capnp::schema::Type::INT64:
            return static_cast<std::int64_t>(bits);
        case capnp::schema::Type::UINT8:
            return static_cast<std::uint8_t>(bits);
        case capnp::schema::Type::UINT16:
            return static_cast<std::uint16_t>(bits);
        case capnp::schema::Type::UINT32:
            return static_cast<std::uint32_t>(bits);
        case capnp::schema::Type::UINT64:
            return bits;
        case capnp::schema::Type::FLOAT32: {
            const auto few = static_cast<std::uint32_t>(finite(bits, false));
            float number = 0;
            std::memcpy(&number, &few, sizeof(number));
            return number;
        }
        case capnp::schema::Type::FLOAT64: {
            const std::uint64_t many = finite(bits, true);
            double number = 0;
            std::memcpy(&number, &many, sizeof(number));
            return number;
        }
        case capnp::schema::Type::ENUM:
            return capnp::DynamicEnum{type.asEnum(), static_cast<std::uint16_t>(bits % 5)};
        case capnp::schema::Type::TEXT:
            return capnp::Text::Reader{bytes(), size_};
        case capnp::schema::Type::DATA: {
            const char* const first = bytes();
            return capnp::Data::Reader{reinterpret_cast<const capnp::byte*>(first), size_};
        }
        default:
            return capnp::VOID;
        }
    }

    // Any bytes, zeroes as well; they stay until the next ones.
    const char* bytes() {
        size_ = random_.below(40);
        for (std::size_t i = 0; i < size_; ++i)
            buffer_[i] = static_cast<char>(random_.next());
        buffer_[size_] = '\0';
        return buffer_;
    }

    bindings::Random random_;
    char buffer_[64] = {};
    std::size_t size_ = 0;
};

} // namespace

std::vector<std::uint64_t> Oracle::write(const std::string& type, std::uint64_t seed) const {
    capnp::MallocMessageBuilder message{1u << 14, capnp::AllocationStrategy::FIXED_SIZE};
    const auto schema = schema_->loader.get(schema_->structs.at(type)).asStruct();
    Filler{seed}.fill(message.initRoot<capnp::DynamicStruct>(schema), 5);
    const auto segments = message.getSegmentsForOutput();
    if (segments.size() != 1)
        throw std::runtime_error("the random message is too long for one segment");
    std::vector<std::uint64_t> words(segments[0].size());
    std::memcpy(words.data(), segments[0].begin(), segments[0].size() * sizeof(capnp::word));
    return words;
}

std::optional<std::uint64_t> Oracle::read(const std::string& type,
                                          const std::vector<std::uint64_t>& words,
                                          std::string* log) const {
    Digest digest{log};
    try {
        const kj::ArrayPtr<const capnp::word> segments[] = {
            {reinterpret_cast<const capnp::word*>(words.data()), words.size()}};
        capnp::SegmentArrayMessageReader message{{segments, 1}};
        const auto schema = schema_->loader.get(schema_->structs.at(type)).asStruct();
        lrpc_test::digest(message.getRoot<capnp::DynamicStruct>(schema), digest);
    } catch (const kj::Exception&) {
        return std::nullopt;
    }
    return digest.value();
}

} // namespace lrpc_test
