// tests/host/lrpc/oracle/oracle.hpp - libcapnp, by reflection: what generated code is compared
// with.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace lrpc_test {

class Oracle {
public:
    /// Of the structs of the schema `file`, a path from the root of the sources.
    explicit Oracle(const std::string& file);
    ~Oracle();
    Oracle(const Oracle&) = delete;
    Oracle& operator=(const Oracle&) = delete;

    /// A message of one segment with random contents, whose root is a `type`.
    [[nodiscard]] std::vector<std::uint64_t> write(const std::string& type,
                                                   std::uint64_t seed) const;

    /// The digest of the message as libcapnp reads it; nothing if it finds it malformed.
    [[nodiscard]] std::optional<std::uint64_t> read(const std::string& type,
                                                    const std::vector<std::uint64_t>& words,
                                                    std::string* log = nullptr) const;

private:
    struct Schema;
    std::unique_ptr<Schema> schema_;
};

} // namespace lrpc_test
