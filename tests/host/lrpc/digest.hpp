// tests/host/lrpc/digest.hpp - what is in a message as one number, made alike from generated code
// and from libcapnp.

#pragma once

#include <cstdint>
#include <cstring>
#include <string>

namespace lrpc_test {

class Digest {
public:
    /// `log`, if there is one, gets a line for each item.
    explicit Digest(std::string* log = nullptr) : log_{log} {}

    void add(const char* name, std::uint64_t value) {
        hash_ = (hash_ ^ value) * 0x9e37'79b9'7f4a'7c15;
        hash_ ^= hash_ >> 29;
        if (log_ != nullptr)
            *log_ += std::string{name} + " " + std::to_string(value) + "\n";
    }
    void add_bytes(const char* name, const void* bytes, std::size_t size) {
        add(name, size);
        const auto* const first = static_cast<const unsigned char*>(bytes);
        for (std::size_t i = 0; i < size; ++i)
            add("byte", first[i]);
    }
    // Of a NaN only that it is one: conversions change the rest.
    void add_float(const char* name, float value) {
        std::uint32_t bits = 0;
        std::memcpy(&bits, &value, sizeof(bits));
        add(name, value == value ? bits : ~0u);
    }
    void add_double(const char* name, double value) {
        std::uint64_t bits = 0;
        std::memcpy(&bits, &value, sizeof(bits));
        add(name, value == value ? bits : ~0ull);
    }
    [[nodiscard]] std::uint64_t value() const { return hash_; }

private:
    std::uint64_t hash_ = 1;
    std::string* log_;
};

/// `bits` as those of a number: no infinities, no NaNs.
inline std::uint64_t finite(std::uint64_t bits, bool is_double) {
    return is_double ? bits & ~(1ull << 62) : bits & ~(1ull << 30) & 0xffff'ffff;
}

} // namespace lrpc_test
