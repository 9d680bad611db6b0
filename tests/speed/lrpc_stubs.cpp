// tests/speed/lrpc_stubs.cpp - generated code as a guest has it, counted by callgrind on the host.
//
// Compiled with the guest's flags, so it shows as well that the header and what is generated need
// nothing but a freestanding C++. The binding is the least that one can be: one A-stack, and a trap
// of two instructions. Each `client_` and `server_` function is one call's half.

#include "tests/speed/lrpc_stubs.lrpc.hpp"

using namespace lrpc_speed;

namespace {

std::uint64_t a_stack[512];
std::byte data[200];

// What the compiler is not to know.
template <class T> T opaque(T value) {
    asm volatile("" : "+r"(value));
    return value;
}

struct Binding {
    bool free = true;

    std::expected<lrpc::ArgumentSpace, lrpc::CallError> take(std::uint32_t, std::size_t words) {
        if (!free || words > opaque(std::size_t{512})) [[unlikely]]
            return std::unexpected(lrpc::CallError{lrpc::CallError::Reason::no_a_stack});
        free = false;
        return lrpc::ArgumentSpace{opaque(+a_stack), opaque(std::size_t{512}), 0};
    }
    // A trap returns the number of words used, in two instructions.
    std::expected<lrpc::ResultSpace, lrpc::CallError>
    call(std::uint32_t procedure, lrpc::ArgumentSpace space, std::size_t words) {
        std::uint64_t used = procedure; // NOLINT(misc-const-correctness): the trap writes it
        std::uint64_t failed = words;   // NOLINT(misc-const-correctness)
        asm volatile("movl $2, %k0; xorl %k1, %k1" : "+r"(used), "+r"(failed) : : "memory", "cc");
        if (failed != 0) [[unlikely]]
            return std::unexpected(lrpc::CallError::unpacked(failed));
        return lrpc::ResultSpace{space.words, used, space.capacity};
    }
    void give_back(lrpc::ArgumentSpace) { free = true; }
    std::expected<lrpc::RegisterWords, lrpc::CallError>
    call_in_registers(std::uint32_t procedure, const lrpc::RegisterWords& words) {
        lrpc::RegisterWords out = words;
        std::uint64_t failed = procedure; // NOLINT(misc-const-correctness): the trap writes it
        asm volatile("xorl %k0, %k0"
                     : "+r"(failed), "+r"(out[0]), "+r"(out[1]), "+r"(out[2]), "+r"(out[3]),
                       "+r"(out[4]), "+r"(out[5])
                     :
                     : "memory", "cc");
        if (failed != 0) [[unlikely]]
            return std::unexpected(lrpc::CallError::unpacked(failed));
        return out;
    }
};

struct Server {
    std::uint64_t total = 0;
    const std::byte* seen = nullptr;

    void nothing() {}
    MeasuredAddResults add(std::uint64_t n) { return {total += n}; }
    MeasuredAddInRegistersResults add_in_registers(std::uint64_t n) { return {total += n}; }
    void by_copy(std::uint64_t key, lrpc::Data value) {
        total += key + value.size();
        seen = value.data();
        asm volatile("" : : "r"(seen) : "memory");
        seen = nullptr;
    }
    void by_reference(std::uint64_t key, lrpc::SharedBytes value) { total += key + value.size(); }
};

Binding binding;
Server server;
using Client = MeasuredClient<Binding>;
using Skeleton = MeasuredServer<Server>;

} // namespace

#define FAULTLINE_HALF extern "C" __attribute__((noinline)) std::uint64_t

FAULTLINE_HALF client_nothing() { return Client{binding}.nothing() ? 1 : 0; }
FAULTLINE_HALF client_add() {
    const auto results = Client{binding}.add(opaque(5u));
    return results ? results->sum : 0;
}
FAULTLINE_HALF client_in_registers() {
    const auto results = Client{binding}.add_in_registers(opaque(5u));
    return results ? results->sum : 0;
}
FAULTLINE_HALF client_by_copy() {
    return Client{binding}.by_copy(1, {opaque(+data), opaque(sizeof(data))}) ? 1 : 0;
}
FAULTLINE_HALF client_by_reference() {
    return Client{binding}.by_reference(1, {opaque(+data), opaque(sizeof(data))}) ? 1 : 0;
}

// What a run time passes on is in registers when it comes here.
#define FAULTLINE_SERVED(name, used)                                                               \
    FAULTLINE_HALF server_##name() {                                                               \
        std::uint64_t* const words = opaque(+a_stack);                                             \
        const std::size_t size = opaque(std::size_t{512});                                         \
        const auto served =                                                                        \
            Skeleton::serve_##name(server, words, opaque(std::size_t{used}), size, words, size);   \
        return served ? *served + 1 : 0;                                                           \
    }
FAULTLINE_SERVED(nothing, 0)
FAULTLINE_SERVED(add, 2)
FAULTLINE_SERVED(by_copy, 28)
FAULTLINE_SERVED(by_reference, 28)
FAULTLINE_HALF server_in_registers() {
    const auto served = Skeleton::serve_add_in_registers(server, lrpc::RegisterWords{opaque(5u)});
    return served ? (*served)[0] : 0;
}

/// Both halves of each, once; 0 if one of them went wrong.
extern "C" std::uint64_t lrpc_speed_all() {
    bool good = client_nothing() == 1 && server_nothing() == 1;
    good = good && client_in_registers() == 5 && server_in_registers() == 5;
    good = good && client_add() == 5; // a trap that leaves its arguments: they are the results
    good = good && server_add() == 3;
    good = good && client_by_copy() == 1 && server_by_copy() == 1;
    good = good && client_by_reference() == 1 && server_by_reference() == 1;
    return good ? server.total : 0;
}
