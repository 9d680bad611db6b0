// libos/core/memory.cpp - the memory functions that the compiler itself calls.
//
// Loops of eight bytes rather than `rep`: under instruction counting a `rep` instruction counts
// once per iteration, so these cost less and count honestly. `no_builtin` keeps the compiler from
// turning these very loops into calls of themselves.

#include <cstddef>
#include <cstdint>

namespace {
using Word [[gnu::may_alias, gnu::aligned(1)]] = std::uint64_t;

std::uint64_t big_endian(std::uint64_t word) { return __builtin_bswap64(word); }
} // namespace

#pragma clang attribute push(__attribute__((no_builtin)), apply_to = function)
extern "C" {

void* memcpy(void* to, const void* from, std::size_t bytes) {
    auto* target = static_cast<unsigned char*>(to);
    const auto* source = static_cast<const unsigned char*>(from);
    for (; bytes >= 8; bytes -= 8, target += 8, source += 8)
        *reinterpret_cast<Word*>(target) = *reinterpret_cast<const Word*>(source);
    for (; bytes != 0; --bytes) {
        *target++ = *source++;
    }
    return to;
}

void* memmove(void* to, const void* from, std::size_t bytes) {
    auto* target = static_cast<unsigned char*>(to);
    const auto* source = static_cast<const unsigned char*>(from);
    if (target <= source || target >= source + bytes)
        return memcpy(to, from, bytes);
    for (; bytes >= 8; bytes -= 8)
        *reinterpret_cast<Word*>(target + bytes - 8) =
            *reinterpret_cast<const Word*>(source + bytes - 8);
    for (; bytes != 0; --bytes) {
        target[bytes - 1] = source[bytes - 1];
    }
    return to;
}

void* memset(void* to, int value, std::size_t bytes) {
    auto* target = static_cast<unsigned char*>(to);
    const std::uint64_t pattern = 0x0101'0101'0101'0101 * static_cast<unsigned char>(value);
    for (; bytes >= 8; bytes -= 8, target += 8) {
        *reinterpret_cast<Word*>(target) = pattern;
    }
    for (; bytes != 0; --bytes) {
        *target++ = static_cast<unsigned char>(value);
    }
    return to;
}

int memcmp(const void* left, const void* right, std::size_t bytes) {
    const auto* a = static_cast<const unsigned char*>(left);
    const auto* b = static_cast<const unsigned char*>(right);
    for (; bytes >= 8; bytes -= 8, a += 8, b += 8) {
        const std::uint64_t x = *reinterpret_cast<const Word*>(a);
        const std::uint64_t y = *reinterpret_cast<const Word*>(b);
        if (x != y)
            return big_endian(x) < big_endian(y) ? -1 : 1;
    }
    for (; bytes != 0; --bytes, ++a, ++b)
        if (*a != *b)
            return *a < *b ? -1 : 1;
    return 0;
}

void* memchr(const void* memory, int value, std::size_t bytes) {
    const auto* at = static_cast<const unsigned char*>(memory);
    for (; bytes != 0; --bytes, ++at)
        if (*at == static_cast<unsigned char>(value))
            return const_cast<unsigned char*>(at);
    return nullptr;
}

std::size_t strlen(const char* text) {
    std::size_t length = 0;
    while (text[length] != 0) {
        ++length;
    }
    return length;
}

} // extern "C"
#pragma clang attribute pop
