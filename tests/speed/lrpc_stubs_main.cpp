// tests/speed/lrpc_stubs_main.cpp - runs every half of every call once.

#include <cstdint>
#include <cstdio>

extern "C" std::uint64_t lrpc_speed_all();

int main() {
    const std::uint64_t total = lrpc_speed_all();
    // 5 in registers, 5 on the A-stack, and twice 200 bytes with key 1.
    std::printf("%llu\n", static_cast<unsigned long long>(total));
    return total == 5 + 5 + 2 * 201 ? 0 : 1;
}
