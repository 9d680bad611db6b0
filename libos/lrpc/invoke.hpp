// libos/lrpc/invoke.hpp - the client's half of a call, for every binding and procedure.
//
// A Procedure is generated: its number, Parameters, Results. What a Binding is says wire.hpp.

#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>

#include "libos/lrpc/receive.hpp"

namespace lrpc {

/// Words of a message whose root is `value`: fixed, where it has no pointers.
template <class T> [[gnu::always_inline]] inline std::uint64_t message_words(const T& value) {
    if constexpr (Layout<T>::pointers == 0)
        return fixed_words<T>;
    else
        return limited(fixed_words<T> + Layout<T>::extra(value, deepest_nesting));
}

/// Stores a message of `message_words(value)` words.
template <class T>
[[gnu::always_inline]] inline void store_message(std::uint64_t* words, const T& value) {
    if constexpr (fixed_words<T> != 0) {
        Writer writer{words, fixed_words<T>};
        writer.word(0, root_pointer<T>);
        put_struct(writer, 1, value);
    }
}

/// Calls through shared memory. What the results view is in `copy`.
/// Errors: those of the binding; `arguments_too_large`, `no_space`, `malformed_results`.
template <class Procedure, class Binding>
[[gnu::always_inline]] inline std::expected<typename Procedure::Results, CallError>
invoke(Binding& binding, const typename Procedure::Parameters& parameters, CopySpace copy) {
    using Results = Procedure::Results;
    const std::uint64_t words = message_words(parameters);
    if (words > most_words)
        return std::unexpected(CallError{CallError::Reason::arguments_too_large});
    const std::expected<ArgumentSpace, CallError> space = binding.take(Procedure::number, words);
    if (!space)
        return std::unexpected(space.error());
    if (space->capacity < words) {
        binding.give_back(*space);
        return std::unexpected(CallError{CallError::Reason::no_space});
    }
    store_message(space->words, parameters);
    const std::expected<ResultSpace, CallError> answer =
        binding.call(Procedure::number, *space, words);
    if (!answer) {
        binding.give_back(*space);
        return std::unexpected(answer.error());
    }
    std::expected<Results, CallError> results{};
    const WireError error = receive(*answer, copy, *results);
    binding.give_back(*space);
    if (error != WireError::none)
        return std::unexpected(CallError{CallError::Reason::malformed_results, error});
    return results;
}

/// The data words of `value` in registers; those that it does not need are zero, so that they carry
/// nothing else.
template <class T> [[gnu::always_inline]] inline RegisterWords to_registers(const T& value) {
    static_assert(Layout<T>::pointers == 0 && Layout<T>::data_words <= register_words);
    RegisterWords words{};
    const auto data = Layout<T>::data(value);
    for (std::size_t i = 0; i < Layout<T>::data_words; ++i)
        words[i] = data[i];
    return words;
}

template <class T> [[gnu::always_inline]] inline T from_registers(const RegisterWords& words) {
    PrivateWords<register_words> data;
    for (std::size_t i = 0; i < Layout<T>::data_words; ++i)
        put_word(data.bytes + 8 * i, words[i]);
    T value{};
    decode_data(data.bytes, std::uint64_t{8} * Layout<T>::data_words, value);
    return value;
}

/// Calls without memory.
template <class Procedure, class Binding>
[[gnu::always_inline]] inline std::expected<typename Procedure::Results, CallError>
invoke_in_registers(Binding& binding, const typename Procedure::Parameters& parameters) {
    const std::expected<RegisterWords, CallError> answer =
        binding.call_in_registers(Procedure::number, to_registers(parameters));
    if (!answer)
        return std::unexpected(answer.error());
    return from_registers<typename Procedure::Results>(*answer);
}

} // namespace lrpc
