// libos/vm/address_ranges.hpp - parts of the address space of which the application says whether a
// processor has them for itself or shares them.
//
// After Corey (Boyd-Wickizer and others, OSDI 2008). A program that spans processors is an
// environment on each; an address range is what all of them call by one reference (cluster.hpp),
// and the 2 MiB of one leaf page table in the address space of each. Its pages are zero until
// written.
//
//   private   each has pages of its own there. A fault takes a frame of the own pool and installs
//             it in the own table: no lock, no line that another processor uses.
//   shared    all have the same pages. A fault takes the range's lock, and whoever is first
//             installs its frame in the tables of all; those are shared, so the exokernel's lock
//             is taken for each.
//
// What a range and its representatives are made of is given back once it is destroyed and no fault
// uses it any more (`settle`).

#pragma once

#include <span>

#include "bindings/abi/capability.hpp"
#include "bindings/abi/translation.hpp"
#include "libos/cluster/cluster.hpp"

namespace libos {

enum class Sharing : std::uint32_t { private_range, shared_range };

// The object that all share. Guarded by the cluster's lock, but for its own lock, which guards the
// pages of a shared range.
struct AddressRange {
    std::uint64_t begin;
    Sharing sharing;
    std::uint32_t creator;
    // [by whom named][in whose address space], of a shared range
    abi::Capability tables[sync::most_participants][sync::most_participants] = {};
    sync::TicketLock<> lock = {};
};

class AddressRanges {
public:
    using Ranges = Cluster<AddressRange>; // in shared memory, zeroed
    static constexpr std::uint64_t bytes = abi::entries_per_table * abi::page_size; // of a range
    static constexpr std::uint64_t begin = 0x2000'0000, end = 0x4000'0000; // where they may lie

    /// One of those who are to share a range. Who makes it holds the other environments with any
    /// right and their roots with `control`, and they have opened a slot for each table.
    struct Participant {
        abi::Capability environment, root;
        std::uint64_t slots[sync::most_participants];
    };

    /// As long as it lives it handles the page faults in the ranges; others go where they went
    /// before. One for each environment. `self`: its number in `ranges`.
    AddressRanges(Ranges& ranges, std::uint32_t self);
    ~AddressRanges();
    AddressRanges(const AddressRanges&) = delete;
    AddressRanges& operator=(const AddressRanges&) = delete;

    // Errors: invalid_argument (not the beginning of 2 MiB between `begin` and `end`), no_memory
    // (as many ranges as there can be), those of the calls. A shared one stands on 2 frames for
    // each participant, which lie in the order of their numbers.
    abi::Result<Reference> create_private(std::uint64_t address);
    abi::Result<Reference> create_shared(std::uint64_t address,
                                         std::span<const Participant> participants);
    /// Opens a slot for each table that another one's `create_shared` will grant. Error:
    /// limit_reached.
    static abi::Result<void> open_slots(std::span<std::uint64_t> slots);

    /// This environment handles faults in the range, which is at `address`, from now on. Error:
    /// no_memory (too many).
    abi::Result<void> use(Reference reference, std::uint64_t address);

    /// For all: no fault in it is handled any more. Error: revoked (it is destroyed).
    abi::Result<void> destroy(Reference reference);

    /// Gives back what this environment has in ranges that are destroyed; says how many of those
    /// are still in use by a fault on another processor.
    std::uint32_t settle();

    /// Binds frames until the pool has `count`, at most pool_places; a fault that finds it empty
    /// binds pool_batch. Errors: those of bind_frames. Takes the exokernel's lock.
    abi::Result<void> fill_pool(std::uint32_t count);
    static constexpr std::uint32_t pool_places = 64, pool_batch = 32;

    /// What the page-fault handler does. Errors: not_present (no range is there), invalid_argument
    /// (the range is at another address than `use` said), those of the calls.
    abi::Result<void> handle(std::uint64_t address);

private:
    // The representative. Old or destroyed, it still says what there is to give back.
    struct OwnRange {
        Reference of; // 0: none
        std::uint64_t begin;
        Sharing sharing;
        bool has_tables;     // this environment has bound them
        std::uint32_t count; // of tables
        abi::Capability tables[sync::most_participants];
        sync::TicketLock<>* lock;
        abi::Capability* frames; // that this environment has put there, by page
    };
    using OwnRanges = Member<Ranges, OwnRange>;

    abi::Result<void> make(OwnRange& own, Reference reference, AddressRange& range);
    static void take_apart(OwnRange& own);
    abi::Result<void> add_page(OwnRange& own, std::uint64_t address);

    OwnRanges own_;
    struct Used {
        Reference reference; // 0: none
        std::uint64_t begin;
    };
    Used used_[Ranges::places] = {};
    abi::Capability pool_[pool_places];
    std::uint32_t pool_count_ = 0;
};

} // namespace libos
