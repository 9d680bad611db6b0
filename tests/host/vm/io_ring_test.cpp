// tests/host/vm/io_ring_test.cpp - the libOS's end of the I/O ring: order, wrap-around, events.

#include <catch2/catch.hpp>

#include <memory>

#include "libos/io/ring.hpp"

namespace {

// The kernel's end, as bindings/abi/io_ring.hpp describes it; true if an upcall is due.
bool publish(abi::IoRing& ring, std::uint64_t cookie) {
    const std::uint32_t before = ring.completion_producer;
    ring.completions[before % abi::io_ring_slots] = {cookie, 0, 0};
    const std::uint32_t after = ++ring.completion_producer;
    return after - ring.completion_event < after - before;
}

} // namespace

TEST_CASE("completions come out in the order in which they went in, across the wrap", "[io]") {
    const auto shared = std::make_unique<abi::IoRing>();
    shared->completion_producer = shared->completion_consumer = ~0u - 70;
    libos::IoRing ring{shared.get()};
    std::uint64_t next = 0;
    for (std::uint64_t round = 0; round < 5; ++round) {
        for (std::uint64_t i = 0; i < 40; ++i)
            publish(*shared, round * 40 + i);
        abi::IoCompletion completion;
        while (ring.take(completion))
            CHECK(completion.cookie == next++);
    }
    CHECK(next == 200);
}

TEST_CASE("an armed ring asks for an upcall at the next completion, once", "[io]") {
    const auto shared = std::make_unique<abi::IoRing>();
    libos::IoRing ring{shared.get()};
    CHECK_FALSE(ring.arm());
    CHECK(publish(*shared, 1));
    CHECK_FALSE(publish(*shared, 2)); // already told
    abi::IoCompletion completion;
    while (ring.take(completion))
        ;
    CHECK_FALSE(ring.arm());
    CHECK(publish(*shared, 3));
}

TEST_CASE("a completion between the last look and the arming is seen by arm", "[io]") {
    const auto shared = std::make_unique<abi::IoRing>();
    libos::IoRing ring{shared.get()};
    ring.arm();
    publish(*shared, 1);
    abi::IoCompletion completion;
    REQUIRE(ring.take(completion));
    CHECK_FALSE(publish(*shared, 2)); // no upcall: the old event has passed
    CHECK(ring.arm());
}

TEST_CASE("a polling ring asks for no upcalls until it is armed again", "[io]") {
    const auto shared = std::make_unique<abi::IoRing>();
    libos::IoRing ring{shared.get()};
    ring.poll();
    abi::IoCompletion completion;
    for (std::uint64_t i = 0; i < 200; ++i) {
        CHECK_FALSE(publish(*shared, i));
        CHECK(ring.take(completion));
    }
    CHECK_FALSE(ring.arm());
    CHECK(publish(*shared, 0));
}

TEST_CASE("requests that the kernel left in the ring are noticed", "[io]") {
    const auto shared = std::make_unique<abi::IoRing>();
    libos::IoRing ring{shared.get()};
    ring.push({.extent = {}, .frame = {}, .block = 3, .operation = {}, .cookie = 9});
    CHECK(shared->request_producer == 1);
    CHECK(shared->requests[0].block == 3);
    CHECK(ring.has_untaken());
    shared->request_consumer = 1;
    CHECK_FALSE(ring.has_untaken());
}
