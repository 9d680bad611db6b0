// libos/vm/backing.hpp - the repossession vector, and the places on the disk for what is taken.
//
// `backing=FIRST COUNT` in the manifest names blocks of the libOS's disk. Slot n of the vector is
// pre-loaded with the n-th of them; slots beyond have no place, and of what they tell the contents
// are lost. Without the key there is no vector: then nothing is told, and what cannot be read again
// from its own block is lost.

#pragma once

#include "bindings/abi/io_ring.hpp"
#include "bindings/abi/revocation.hpp"
#include "libos/core/address_space.hpp"

namespace libos {

class Backing {
public:
    /// Binds and registers the vector, if the manifest says where contents may go. It is mapped
    /// through `table`, the leaf page table around address_range::scratch.
    void start(abi::Capability table);

    /// What the exokernel has written into slot `number`; complete if its state says so.
    abi::Repossession slot(std::uint32_t number) const;
    /// The exokernel may use the slot again, and its place.
    void make_ready(std::uint32_t number) const;

    /// The place of slot `number`, as a request names it.
    abi::IoRequest place_of(std::uint32_t number) const;
    /// The same as a block of the machine's disk, for the recording.
    std::uint64_t disk_block_of(std::uint32_t number) const { return first_block_ + number; }

private:
    static abi::RepossessionVector& vector() {
        return *reinterpret_cast<abi::RepossessionVector*>(address_range::repossession);
    }

    abi::Capability extent_;
    std::uint64_t places_ = 0;
    std::uint64_t first_block_ = 0; // of the machine's disk
    bool bound_ = false;
};

} // namespace libos
