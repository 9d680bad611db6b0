// exokernel/disk/complete_io.hpp - telling the owner that a transfer is complete.

#pragma once

#include "exokernel/disk/transfers.hpp"

namespace exokernel {

/// Publishes the completion in the owner's ring and raises `io_completion` if the owner asked to
/// be told of this one. Step 6 of a fault.
void publish_completion(const Transfer& transfer, bool failed);

/// The same for a request that was refused.
void publish(Environment& owner, std::uint64_t cookie, std::uint32_t error, std::uint32_t number);

} // namespace exokernel
