// exokernel/arch/x86_64/memory_functions.cpp - the functions that the compiler may call by itself.
//
// Words of eight bytes, because a `rep` string instruction counts once per iteration. `no_builtin`
// keeps the compiler from making calls of themselves of these very loops.

#include <cstddef>
#include <cstdint>

namespace {
using Word [[gnu::may_alias, gnu::aligned(1)]] = std::uint64_t;
}

#pragma clang attribute push(__attribute__((no_builtin)), apply_to = function)
extern "C" {

void* memset(void* to, int value, std::size_t bytes) {
    auto* at = static_cast<unsigned char*>(to);
    for (; bytes >= 8; bytes -= 8, at += 8)
        *reinterpret_cast<Word*>(at) = 0x0101'0101'0101'0101 * static_cast<unsigned char>(value);
    for (; bytes != 0; --bytes)
        *at++ = static_cast<unsigned char>(value);
    return to;
}

void* memcpy(void* to, const void* from, std::size_t bytes) {
    auto* at = static_cast<unsigned char*>(to);
    const auto* source = static_cast<const unsigned char*>(from);
    for (; bytes >= 8; bytes -= 8, at += 8, source += 8)
        *reinterpret_cast<Word*>(at) = *reinterpret_cast<const Word*>(source);
    for (; bytes != 0; --bytes)
        *at++ = *source++;
    return to;
}

} // extern "C"
#pragma clang attribute pop
