// libos/io/ring.hpp - the libOS's end of its I/O ring: requests out, completions in.
//
// Publishing and taking are stores and loads in shared memory; only the doorbell is a system call,
// one for many requests. Completions are learnt by upcall (`arm`) or by looking (`poll`), and the
// two may be exchanged at any time. The ring does not know who uses it: a cookie comes back as it
// went. At most io_ring_slots requests may be without their completion.

#pragma once

#include <atomic>
#include <cstdint>

#include "bindings/abi/io_ring.hpp"

namespace libos {

class IoRing {
public:
    constexpr IoRing() = default;
    constexpr explicit IoRing(abi::IoRing* shared) : shared_{shared} {}

    /// Puts a request into the ring. It starts when the doorbell is rung.
    void push(const abi::IoRequest& request) {
        const std::uint32_t producer = shared_->request_producer;
        shared_->requests[producer % abi::io_ring_slots] = request;
        store(shared_->request_producer, producer + 1);
    }

    /// Whether the exokernel has left requests in the ring: the device had no free place.
    bool has_untaken() const {
        return load(shared_->request_consumer) != shared_->request_producer;
    }

    /// Takes the next completion; false if there is none.
    bool take(abi::IoCompletion& completion) {
        const std::uint32_t consumer = shared_->completion_consumer;
        if (load(shared_->completion_producer) == consumer)
            return false;
        completion = shared_->completions[consumer % abi::io_ring_slots];
        store(shared_->completion_consumer, consumer + 1);
        return true;
    }

    /// Asks for an upcall at the next completion. True if one came before the asking took effect:
    /// then look again, because no upcall tells of it.
    bool arm() {
        const std::uint32_t consumer = shared_->completion_consumer;
        store(shared_->completion_event, consumer + 1);
        std::atomic_thread_fence(std::memory_order_seq_cst);
        return load(shared_->completion_producer) != consumer;
    }

    /// Asks for no upcalls: completions are looked for.
    void poll() { store(shared_->completion_event, shared_->completion_consumer - 1); }

private:
    static std::uint32_t load(const std::uint32_t& index) {
        return __atomic_load_n(&index, __ATOMIC_ACQUIRE);
    }
    static void store(std::uint32_t& index, std::uint32_t value) {
        __atomic_store_n(&index, value, __ATOMIC_RELEASE);
    }

    abi::IoRing* shared_ = nullptr;
};

} // namespace libos
