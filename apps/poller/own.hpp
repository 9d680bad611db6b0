// apps/poller/own.hpp - what this libOS has instead of `libos/`: its memory, its ring, its voice.
//
// Nothing here is entered by the exokernel. Every call is made when the program wants, and every
// answer is looked for.

#pragma once

#include <span>
#include <string_view>

#include "bindings/abi/io_ring.hpp"
#include "bindings/abi/layout.hpp"
#include "bindings/abi/processor_environment.hpp"
#include "bindings/abi/revocation.hpp"
#include "libos/core/format.hpp"
#include "libos/core/system_call.hpp"

namespace poller {

using abi::Capability;
namespace call = libos::system_call;

inline const abi::StartInformation& start() {
    return *reinterpret_cast<const abi::StartInformation*>(abi::layout::start_information);
}
inline volatile abi::ProcessorEnvironmentPage& pe() {
    return *reinterpret_cast<volatile abi::ProcessorEnvironmentPage*>(abi::layout::pe_page);
}
/// The value of `key` in the manifest; empty if it is not there.
std::string_view manifest_value(std::string_view key);

void say_text(std::string_view line);
template <class... Words> void say(std::string_view pattern, Words... words) {
    char room[200];
    libos::Line line{room};
    const libos::FormatArgument list[] = {libos::FormatArgument{words}...,
                                          libos::FormatArgument{0}};
    line.format(pattern, std::span{list}.first(sizeof...(Words)));
    say_text(line.text());
}

/// Ends the environment, with a message, because `what` was refused.
[[noreturn]] void give_up(std::string_view what, abi::Error error);
inline std::uint64_t needed(std::string_view what, const call::Value& result) {
    if (!result)
        give_up(what, result.error());
    return *result;
}

/// A frame under its own memory binding.
Capability bind_frame();
/// The leaf table of the 2 MiB at `address`, which is above the first GiB and bound only once.
Capability bind_leaf(std::uint64_t address);

// -- disk: the ring is looked at, never told of ------------------------------------------------

void open_ring();
/// Starts reading (or writing) `block` of its extent into (from) `frame`.
void begin(abi::IoOperation operation, std::uint32_t block, Capability frame, std::uint64_t cookie);
/// The next completion, waited for by looking; others run meanwhile.
abi::IoCompletion await();

// -- being asked, and losing ---------------------------------------------------------------------

/// Whether frames of its memory are asked back now; how many.
inline std::uint32_t asked_for() {
    return pe().revoke_binding.value == start().memory.value ? pe().revoke_count : 0;
}
inline bool is_asked_for(Capability binding) {
    return binding && pe().revoke_binding.value == binding.value;
}

/// Registers a repossession vector with `places` slots, whose places are the blocks of its extent
/// from `first` on.
void open_vector(std::uint32_t first, std::uint32_t places);
/// Slot `n` of what was taken so far, once its state is final; null before.
const abi::Repossession* taken(std::uint64_t n);

} // namespace poller
