// tests/host/exokernel/canonical_test.cpp - addresses that may leave the kernel by `iretq`.

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "exokernel/arch/x86_64/exit_path.hpp"

using exokernel::canonical;

TEST_CASE("a canonical address stays what it is, any other becomes canonical", "[exokernel]") {
    CHECK(canonical(0) == 0);
    CHECK(canonical(0x400000) == 0x400000);
    CHECK(canonical(0x0000'7fff'ffff'ffff) == 0x0000'7fff'ffff'ffff);
    CHECK(canonical(0xffff'8000'0000'0000) == 0xffff'8000'0000'0000);
    CHECK(canonical(0x0000'8000'0000'0000) == 0xffff'8000'0000'0000);
    CHECK(canonical(0xdead'0000'0040'0000) == 0x40'0000);
    CHECK(rc::check("bits 47 to 63 of the result are equal", [](std::uint64_t address) {
        const std::uint64_t upper = canonical(address) >> 47;
        RC_ASSERT(upper == 0 || upper == 0x1'ffff);
        RC_ASSERT(canonical(canonical(address)) == canonical(address));
    }));
}
