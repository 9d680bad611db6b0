// tests/host/lrpc/loop_back.hpp - a run time without domains: client and server in one program,
// over memory of exactly the size that each is told.

#pragma once

#include <cstring>
#include <functional>
#include <memory>
#include <vector>

#include "libos/lrpc/wire.hpp"

namespace lrpc_test {

// Server is a generated skeleton, Implementation what it serves with.
template <template <class> class Server, class Implementation> class LoopBack {
public:
    LoopBack(Implementation& implementation, std::size_t a_stack_words)
        : implementation_{implementation}, a_stack_words_{a_stack_words} {}

    std::expected<lrpc::ArgumentSpace, lrpc::CallError> take(std::uint32_t procedure,
                                                             std::size_t words) {
        taken.push_back(procedure);
        if (refuse_to_take)
            return std::unexpected(lrpc::CallError{lrpc::CallError::Reason::no_a_stack});
        out_of_band = words > a_stack_words_;
        size_ = out_of_band ? words + spare : a_stack_words_;
        size_ = give_less ? words - 1 : size_;
        memory_.reset(new std::uint64_t[size_]);
        std::memset(memory_.get(), 0x5a, 8 * size_); // it need not be zeroed
        ++in_use;
        return lrpc::ArgumentSpace{memory_.get(), size_, 7};
    }

    std::expected<lrpc::ResultSpace, lrpc::CallError>
    call(std::uint32_t procedure, lrpc::ArgumentSpace space, std::size_t words) {
        last_words = words;
        if (before)
            before(space.words, words);
        const auto& dispatch = Server<Implementation>::dispatch[procedure];
        const lrpc::Served served =
            dispatch.on_a_stack(implementation_, space.words, words, size_, space.words, size_);
        if (!served)
            return std::unexpected(lrpc::CallError::unpacked(served.error().packed()));
        std::size_t used = *served;
        if (after)
            after(space.words, used);
        return lrpc::ResultSpace{space.words, used, size_};
    }

    void give_back(lrpc::ArgumentSpace space) {
        --in_use;
        returned_as_taken = space.words == memory_.get() && space.a_stack == 7;
        std::memset(memory_.get(), 0xa5, 8 * size_); // whoever still looks at it is wrong
    }

    std::expected<lrpc::RegisterWords, lrpc::CallError>
    call_in_registers(std::uint32_t procedure, lrpc::RegisterWords words) {
        registers = words;
        return Server<Implementation>::dispatch[procedure].in_registers(implementation_, words);
    }

    std::function<void(std::uint64_t*, std::size_t&)> before; // what a client's thread may do
    std::function<void(std::uint64_t*, std::size_t&)> after;  // what a server may do
    std::vector<std::uint32_t> taken;
    lrpc::RegisterWords registers{};
    std::size_t last_words = 0, spare = 0;
    int in_use = 0;
    bool out_of_band = false, returned_as_taken = false;
    bool refuse_to_take = false, give_less = false;

private:
    Implementation& implementation_;
    std::size_t a_stack_words_;
    std::size_t size_ = 0;
    std::unique_ptr<std::uint64_t[]> memory_;
};

} // namespace lrpc_test
