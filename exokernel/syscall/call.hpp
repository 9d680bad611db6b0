// exokernel/syscall/call.hpp - what a handler of a system call gets and returns.
//
// A handler decodes, finds the bindings with the rights it needs, checks the rest, has one effect
// that cannot half-fail, and returns. Work beyond `step_limit` units is left for another step: the
// handler puts what remains into the argument registers, what it must not forget into `progress`,
// and asks to be called again, so that interrupts are taken in between. All of that lies in the
// caller's registers, where it can be forged: a handler checks every right at every step, and lets
// `progress` decide only what it tells the caller.

#pragma once

#include "exokernel/environment/environment.hpp" // IWYU pragma: export

namespace exokernel {

class Call {
public:
    explicit Call(Environment& caller) : caller{caller}, registers{caller.registers} {}

    Environment& caller;
    Registers& registers;

    std::uint64_t& argument0() { return registers.rdi; }
    std::uint64_t& argument1() { return registers.rsi; }
    std::uint64_t& argument2() { return registers.rdx; }
    std::uint64_t& argument3() { return registers.r8; }
    std::uint64_t& argument4() { return registers.r9; }
    abi::Capability capability0() { return {registers.rdi}; }
    abi::Capability capability1() { return {registers.rsi}; }

    /// 0 at the first step; what the step before has set after that.
    std::uint32_t progress() const { return static_cast<std::uint32_t>(registers.rax >> 32); }
    void set_progress(std::uint32_t value) {
        registers.rax = (registers.rax & 0xffff'ffff) | std::uint64_t{value} << 32;
    }
};

// How a call ends. `finish` writes the result; `again` runs the call once more with the arguments
// as they are now; `pause` does too, but only when something has got on; `leave` gives the
// processor away, with the result 0.
class Reply {
public:
    enum class Next : std::uint8_t { finish, again, pause, leave };

    // Implicit: handlers return values, errors and how far they are as it is.
    Reply(std::uint64_t value) : value_{value} {}
    Reply(std::unexpected<abi::Error> error) : Reply{error.error(), 0} {}
    Reply(abi::Error error, std::uint64_t value)
        : error_{static_cast<std::uint32_t>(error)}, value_{value} {}

    Reply(Progress progress)
        : next_{progress == Progress::done    ? Next::finish
                : progress == Progress::again ? Next::again
                                              : Next::pause} {}

    static Reply again() { return Reply{Next::again}; }
    static Reply pause() { return Reply{Next::pause}; }
    static Reply leave() { return Reply{Next::leave}; }

    Next next() const { return next_; }
    std::uint32_t error() const { return error_; }
    std::uint64_t value() const { return value_; }

private:
    explicit Reply(Next next) : next_{next} {}

    Next next_ = Next::finish;
    std::uint32_t error_ = 0;
    std::uint64_t value_ = 0;
};

// Units of work in one step, each at most about 60 instructions.
inline constexpr std::uint32_t step_limit = FAULTLINE_RECORDING ? 160 : 256;

/// Bytes of the caller's request area, if [offset, offset + bytes) lies in it, within one page and
/// aligned to 8. Shared with the caller: copy once, use the copy. Errors: out_of_range,
/// invalid_argument.
abi::Result<volatile std::uint64_t*> request_words(Environment& caller, std::uint64_t offset,
                                                   std::uint64_t bytes);

/// Whether `count` words from `offset` on are a batch in the caller's request area. Errors:
/// out_of_range, invalid_argument.
abi::Result<void> check_words(const Environment& caller, std::uint64_t offset, std::uint64_t count);

/// Copies 32 bytes of shared memory, once.
template <class T> T copy_once(const volatile void* shared) {
    const auto* words = static_cast<const volatile std::uint64_t*>(shared);
    const std::uint64_t copied[4] = {words[0], words[1], words[2], words[3]};
    return __builtin_bit_cast(T, copied);
}

/// Copies a structure out of the request area, once; it may cross pages.
abi::Result<void> copy_request(Environment& caller, std::uint64_t offset, void* to,
                               std::uint64_t bytes);

/// The environment that `capability` names with `wanted`; the caller itself for 0.
abi::Result<Environment*> find_environment(Environment& caller, abi::Capability capability,
                                           std::uint32_t wanted);

/// The same where the caller cannot stand for itself: 0 names nothing.
abi::Result<Environment*> find_named_environment(Environment& caller, abi::Capability capability,
                                                 std::uint32_t wanted);

} // namespace exokernel
