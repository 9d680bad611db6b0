// exokernel/boot/first_address_space.cpp - tables and pages of the first environment.

#include "exokernel/boot/first_address_space.hpp"

#include "exokernel/bindings/capability_table.hpp"
#include "exokernel/memory/address_space.hpp"
#include "exokernel/memory/bind_frames.hpp"
#include "exokernel/memory/bind_page_table.hpp"
#include "exokernel/memory/frame_table.hpp"
#include "exokernel/memory/translation.hpp"
#include "exokernel/support/panic.hpp"

namespace exokernel {

FirstAddressSpace::FirstAddressSpace(Environment& environment, CapabilityEntry& memory)
    : environment_{environment}, memory_{memory}, root_{&add_frame()} {
    become_root(*root_, environment);
    environment.root = physical_of(table_of(*root_));
}

CapabilityEntry& FirstAddressSpace::add_frame() {
    if (frame_table.free_count() == 0)
        refuse_to_boot("there is too little memory for the first environment");
    if (environment_.free_slots == 0)
        refuse_to_boot("the first environment has too few capability slots",
                       "raise `slots` in the manifest");
    return bind_frame(environment_, memory_, frame_table.first_free());
}

CapabilityEntry& FirstAddressSpace::add_table(std::uint64_t address, unsigned level) {
    std::uint64_t* const above = *table_entry(environment_.root, address, level + 1);
    if (*above == 0) {
        CapabilityEntry& frame = add_frame();
        CapabilityEntry* const links = level == 1 ? &add_frame() : nullptr;
        become_table(frame, links, *root_, address, level, *above);
        return frame;
    }
    const std::uint64_t pfn = (*above & abi::translation::frame_mask) >> 12;
    return entry_at(frame_table.at(pfn).binding);
}

CapabilityEntry& FirstAddressSpace::leaf(std::uint64_t address) {
    add_table(address, 3);
    add_table(address, 2);
    return add_table(address, 1);
}

CapabilityEntry& FirstAddressSpace::add_page(std::uint64_t address, std::uint64_t access) {
    CapabilityEntry& frame = add_frame();
    map(address, frame, access);
    return frame;
}

void FirstAddressSpace::map(std::uint64_t address, CapabilityEntry& frame, std::uint64_t access) {
    if (!add_translation(leaf(address), table_index(address, 1), frame, access))
        refuse_to_boot("two parts of the program share a page");
}

} // namespace exokernel
