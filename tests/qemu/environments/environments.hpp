// tests/qemu/environments/environments.hpp - what the parts of this test share.

#pragma once

#include "tests/qemu/support/check.hpp"
#include "tests/qemu/support/child.hpp"

namespace environments {

using abi::Error;
using child::Child;
using namespace world;
namespace call = libos::system_call;

inline std::uint64_t ends = 0; // environments of ours that have ended
inline abi::EndNotice next_end() { return child::wait_for_end(++ends); }

void vectors();         // what the processor holds survives switches
void creation_errors(); // frames and offsets that create_environment refuses

} // namespace environments
