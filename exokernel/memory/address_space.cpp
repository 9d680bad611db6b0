// exokernel/memory/address_space.cpp - walking page tables by hand.

#include "exokernel/memory/address_space.hpp"

#include "bindings/abi/translation.hpp"
#include "exokernel/arch/x86_64/direct_map.hpp"

namespace exokernel {

abi::Result<std::uint64_t*> table_entry(std::uint64_t root, std::uint64_t address, unsigned level) {
    std::uint64_t table = root;
    for (unsigned at = 4;; --at) {
        std::uint64_t* entry = at_physical<std::uint64_t>(table) + table_index(address, at);
        if (at == level)
            return entry;
        if ((*entry & abi::translation::present) == 0)
            return std::unexpected(abi::Error::not_present);
        table = *entry & abi::translation::frame_mask;
    }
}

std::uint64_t translation_of(std::uint64_t root, std::uint64_t address) {
    if (!abi::is_user_address(address))
        return 0;
    const auto entry = table_entry(root, address, 1);
    return entry ? **entry : 0;
}

} // namespace exokernel
