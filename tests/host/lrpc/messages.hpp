// tests/host/lrpc/messages.hpp - messages out of values and back, in memory of exactly their size,
// so that the sanitizers see a word beyond.

#pragma once

#include <cstdlib>
#include <expected>
#include <memory>
#include <vector>

#include "libos/lrpc/wire.hpp"

namespace lrpc_test {

template <class T> std::vector<std::uint64_t> message_of(const T& value) {
    std::vector<std::uint64_t> words(lrpc::message_words(value), 0xa5a5'a5a5'a5a5'a5a5);
    words.shrink_to_fit();
    lrpc::store_message(words.data(), value);
    return words;
}

// A message that was received, and the copy that it views.
template <class T> struct Received {
    explicit Received(const std::vector<std::uint64_t>& words)
        : size{words.size()}, copy{new std::byte[8 * size]} {
        const std::unique_ptr<std::uint64_t[]> shared{new std::uint64_t[size]};
        std::copy(words.begin(), words.end(), shared.get());
        error = lrpc::receive(lrpc::SharedWords{shared.get(), size, size},
                              lrpc::CopySpace{copy.get(), size}, value);
    }
    std::size_t size;
    std::unique_ptr<std::byte[]> copy;
    T value{};
    lrpc::WireError error{};
};

/// How many messages are compared: `otherwise`, or what LRPC_MESSAGES says.
inline std::uint64_t messages(std::uint64_t otherwise) {
    const char* const given = std::getenv("LRPC_MESSAGES");
    return given == nullptr ? otherwise : std::strtoull(given, nullptr, 10);
}

} // namespace lrpc_test
