// exokernel/boot/first_address_space.hpp - pages of the first environment, before it runs.

#pragma once

#include <cstdint>

#include "exokernel/bindings/capability_entry.hpp"
#include "exokernel/environment/environment.hpp"

namespace exokernel {

/// Builds mappings in an environment that does not run yet, from frames under its own memory
/// binding. Refuses to boot where memory or slots do not suffice.
class FirstAddressSpace {
public:
    FirstAddressSpace(Environment& environment, CapabilityEntry& memory);

    CapabilityEntry& root() { return *root_; }

    /// The leaf table that covers `address`, made with those above it if it is missing.
    CapabilityEntry& leaf(std::uint64_t address);

    /// A new zeroed page at `address`.
    CapabilityEntry& add_page(std::uint64_t address, std::uint64_t access);

    /// The page `address` shows this binding's frame.
    void map(std::uint64_t address, CapabilityEntry& frame, std::uint64_t access);

    /// A frame of the environment's, zeroed.
    CapabilityEntry& add_frame();

private:
    CapabilityEntry& add_table(std::uint64_t address, unsigned level);

    Environment& environment_;
    CapabilityEntry& memory_;
    CapabilityEntry* root_;
};

} // namespace exokernel
