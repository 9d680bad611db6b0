// exokernel/arch/x86_64/memory_functions.cpp - the functions that the compiler may call by itself.

#include <cstddef>
#include <cstdint>

extern "C" {

void* memset(void* to, int value, std::size_t bytes) {
    auto* at = static_cast<unsigned char*>(to);
    const std::uint64_t word = 0x0101'0101'0101'0101 * static_cast<unsigned char>(value);
    for (; bytes >= 8; bytes -= 8, at += 8)
        asm volatile("movq %1, (%0)" : : "r"(at), "r"(word) : "memory");
    for (; bytes != 0; --bytes, ++at)
        asm volatile("movb %b1, (%0)" : : "r"(at), "q"(word) : "memory");
    return to;
}

void* memcpy(void* to, const void* from, std::size_t bytes) {
    auto* at = static_cast<unsigned char*>(to);
    const auto* source = static_cast<const unsigned char*>(from);
    std::uint64_t word;
    for (; bytes >= 8; bytes -= 8, at += 8, source += 8)
        asm volatile("movq (%2), %0; movq %0, (%1)"
                     : "=&r"(word)
                     : "r"(at), "r"(source)
                     : "memory");
    for (; bytes != 0; --bytes, ++at, ++source)
        asm volatile("movb (%2), %b0; movb %b0, (%1)"
                     : "=&q"(word)
                     : "r"(at), "r"(source)
                     : "memory");
    return to;
}

int memcmp(const void* a, const void* b, std::size_t bytes) {
    const auto* left = static_cast<const unsigned char*>(a);
    const auto* right = static_cast<const unsigned char*>(b);
    for (std::size_t i = 0; i != bytes; ++i)
        if (left[i] != right[i])
            return left[i] < right[i] ? -1 : 1;
    return 0;
}

std::size_t strlen(const char* text) {
    std::size_t length = 0;
    for (; text[length] != 0; ++length)
        asm volatile(""); // not a call of itself
    return length;
}

} // extern "C"
