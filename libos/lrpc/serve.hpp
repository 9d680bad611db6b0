// libos/lrpc/serve.hpp - the server's half of a call, for every procedure and implementation.

#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <type_traits>

#include "libos/lrpc/invoke.hpp"
#include "libos/lrpc/receive.hpp"

namespace lrpc {

/// What a method that replies by itself returns where it refuses.
inline std::unexpected<CallError> refused(std::uint32_t code) {
    return std::unexpected(CallError{CallError::Reason::refused, code});
}

/// Stores results, if they fit.
template <class Results>
[[gnu::always_inline]] inline Served store_results(ResultWords space, const Results& results) {
    const std::uint64_t words = message_words(results);
    if (words > space.capacity || words > most_words)
        return std::unexpected(CallError{CallError::Reason::results_too_large});
    store_message(space.words, results);
    return words;
}

template <class T> inline constexpr bool may_refuse = false;
template <class T> inline constexpr bool may_refuse<std::expected<T, Refusal>> = true;

/// Whatever form an implementation answers in, as results or an error.
template <class Results, class Call>
[[gnu::always_inline]] inline std::expected<Results, CallError> answer_of(Call&& call) {
    using Answer = std::remove_cvref_t<decltype(call())>;
    if constexpr (std::is_void_v<Answer>) {
        static_assert(fixed_words<Results> == 0, "this procedure has results to be returned");
        call();
        return Results{};
    } else if constexpr (may_refuse<Answer>) {
        auto answer = call();
        if (!answer)
            return std::unexpected(CallError{CallError::Reason::refused, answer.error().code});
        if constexpr (std::is_void_v<typename Answer::value_type>)
            return Results{};
        else
            return Results{*answer};
    } else {
        return Results{call()};
    }
}

/// Serves one call: `call(received, reply)` is the implementation's method. Errors:
/// `malformed_arguments`, `refused`, `results_too_large`.
/// Stack: the procedure's `copy_bytes`, unless its parameters have no pointers.
template <class Procedure, class Call>
[[gnu::always_inline]] inline Served serve(SharedWords arguments, ResultWords space, Call&& call) {
    using Results = Procedure::Results;
    typename Procedure::Received received{};
    PrivateWords<Layout<typename Procedure::Received>::pointers == 0 ? 0 : Procedure::copy_words>
        copy;
    if (const WireError error = receive(arguments, CopySpace{copy}, received);
        error != WireError::none)
        return std::unexpected(CallError{CallError::Reason::malformed_arguments, error});
    const auto reply = [space](const Results& results) { return store_results(space, results); };
    if constexpr (std::same_as<std::remove_cvref_t<decltype(call(received, reply))>, Served>) {
        return call(received, reply);
    } else {
        const std::expected<Results, CallError> results =
            answer_of<Results>([&] { return call(received, reply); });
        if (!results)
            return std::unexpected(results.error());
        return store_results(space, *results);
    }
}

/// Serves one call in registers.
template <class Procedure, class Call>
[[gnu::always_inline]] inline std::expected<RegisterWords, CallError>
serve_in_registers(const RegisterWords& words, Call&& call) {
    using Results = Procedure::Results;
    const auto parameters = from_registers<typename Procedure::Received>(words);
    std::expected<RegisterWords, CallError> answer{};
    const auto reply = [&answer](const Results& results) -> Served {
        answer = to_registers(results);
        return register_words;
    };
    if constexpr (std::same_as<std::remove_cvref_t<decltype(call(parameters, reply))>, Served>) {
        if (const Served served = call(parameters, reply); !served)
            return std::unexpected(served.error());
        return answer;
    } else {
        const std::expected<Results, CallError> results =
            answer_of<Results>([&] { return call(parameters, reply); });
        if (!results)
            return std::unexpected(results.error());
        return to_registers(*results);
    }
}

} // namespace lrpc
