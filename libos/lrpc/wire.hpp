// libos/lrpc/wire.hpp - all that code generated from an LRPC interface needs, and its contract.
//
// `capnpc-lrpc` (bindings/lrpc_stubs) writes FILE.lrpc.hpp, which includes this. It holds a client
// proxy, a server skeleton and descriptors for each interface; it is freestanding, takes no heap,
// throws nothing and knows no run time: that is a template parameter. Messages have Cap'n Proto's
// encoding, one segment, without its framing: word 0 is the root pointer.
//
// What a proxy needs of the run time: `CounterClient<Binding>{binding}`, where Binding has
//
//   std::expected<ArgumentSpace, CallError> take(std::uint32_t procedure, std::size_t words);
//       An A-stack of that procedure's queue, or an out-of-band segment where `words` do not fit
//       one. It need not be zeroed. What comes back must have `capacity >= words`: a proxy that
//       gets less gives it back and fails with `no_space`.
//   std::expected<ResultSpace, CallError> call(std::uint32_t procedure, ArgumentSpace space,
//                                              std::size_t words_used);
//       Traps. The result lies in shared memory; `used` was read once. The proxy checks it
//       against `capacity`, copies, and looks at its copy only.
//   void give_back(ArgumentSpace space);
//       Called exactly once for every successful `take`, whether the call succeeded or not, and
//       after the results were copied.
//   std::expected<RegisterWords, CallError> call_in_registers(std::uint32_t procedure,
//                                                             RegisterWords words);
//       For procedures marked `inRegisters`: nothing of the A-stack is touched, `take` is not
//       called. Word i is word i of the struct's data section; what is unused is zero.
//
// A client's method takes the procedure's parameters one by one (or the struct that the schema
// names) and returns `std::expected<Results, CallError>`. Where results have Text, Data, structs or
// lists, it takes a CopySpace before them (a `PrivateWords<N>` converts), which the results then
// view.
//
// What a run time needs of a skeleton: `CounterServer<Implementation>` has, for procedure number i,
// `dispatch[i]` with two functions, of which one is null:
//
//   Served on_a_stack(Implementation&, const volatile std::uint64_t* arguments, std::size_t used,
//                     std::size_t capacity, std::uint64_t* results, std::size_t results_capacity);
//       Sizes are in words. The run time has read `used` once; that it is at most `capacity` is
//       checked here. Returns the words used of `results`, which may be the memory of the
//       arguments: nothing is stored before the implementation has returned. What does not fit
//       is an error (`results_too_large`), never cut off; then nothing was stored.
//       Stack: `copy_bytes` of the descriptor, if there are parameters with pointers.
//   std::expected<RegisterWords, CallError> in_registers(Implementation&, RegisterWords);
//
// and `counter_procedures[i]` describes it (ProcedureDescriptor). A message of 0 words is a null
// root: every field has its default. So procedures without parameters send none.
// An error goes back as one word, CallError::packed(), which the client's run time unpacks.
//
// An implementation is any class with one method per procedure, which takes its parameters one by
// one and returns the results: `CounterAddResults`, `std::expected<CounterAddResults, Refusal>`, or
// (without results) `void` or `std::expected<void, Refusal>`. What results view must outlive the
// return. A method that has them in local variables takes one more parameter, `auto& reply`, and
// returns `reply(results)`, which stores them while the variables are there.
//
// Guarantees. The writing side stores every word once, and never loads from the message. The
// reading side loads every word of the shared memory at most once, into memory of its own, checks
// that and uses that, so a peer that writes meanwhile changes values but no bounds. Parameters
// marked `byReference` are the exception: what is handed over is a SharedBytes, whose place and
// length were checked, whose bytes are not stable. Nesting, list sizes and the words visited are
// bounded (read.hpp); a bad message is a WireError.

#pragma once

#include "libos/lrpc/call_error.hpp"
#include "libos/lrpc/codec.hpp"
#include "libos/lrpc/invoke.hpp"
#include "libos/lrpc/list.hpp"
#include "libos/lrpc/procedure.hpp"
#include "libos/lrpc/read.hpp"
#include "libos/lrpc/serve.hpp"
#include "libos/lrpc/shared.hpp"
#include "libos/lrpc/struct_codec.hpp"
#include "libos/lrpc/wire_error.hpp"
#include "libos/lrpc/write.hpp"
