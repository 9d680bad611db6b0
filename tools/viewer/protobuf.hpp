// tools/viewer/protobuf.hpp - writes a protocol-buffers message, field by field.
//
// Only what an exporter needs: numbers, fixed 64-bit numbers, strings and messages within messages.
// The caller knows the numbers of the fields; a value of 0 is written like any other.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "tools/viewer/pack.hpp"

namespace viewer {

class Message {
public:
    Message& number(std::uint32_t field, std::uint64_t value) {
        put_varint(bytes_, field << 3 | varint);
        put_varint(bytes_, value);
        return *this;
    }
    Message& fixed64(std::uint32_t field, std::uint64_t value) {
        put_varint(bytes_, field << 3 | eight_bytes);
        for (unsigned shift = 0; shift < 64; shift += 8)
            bytes_ += static_cast<char>(value >> shift);
        return *this;
    }
    Message& text(std::uint32_t field, std::string_view value) {
        put_varint(bytes_, field << 3 | with_length);
        put_varint(bytes_, value.size());
        bytes_ += value;
        return *this;
    }
    Message& message(std::uint32_t field, const Message& value) {
        return text(field, value.bytes_);
    }
    const std::string& bytes() const { return bytes_; }

private:
    static constexpr std::uint32_t varint = 0, eight_bytes = 1, with_length = 2;

    std::string bytes_;
};

} // namespace viewer
