// libos/cluster/cluster.hpp - clustered objects: what environments on several processors share,
// with one reference for all and a representative on each processor.
//
// After Tornado (Gamsa, Krieger, Appavoo and Stumm, OSDI 1999). An object lies in frames that the
// environments share, and only who changes it takes a lock. To use it each goes to its own
// representative, in its private memory, which a miss handler makes of the object on first use and
// anew after each change. Finding it takes no lock, and reads and writes only lines that nobody
// else writes meanwhile. Existence is guaranteed by deferred destruction: what an operation has
// found stays until the operation ends, also when the object is destroyed meanwhile.
//
// Unlike there, each processor counts for itself how often it has begun or ended an operation,
// instead of passing a token; and a change does not write into representatives, it makes each of
// them old, and its owner makes it anew.

#pragma once

#include <array>
#include <utility>

#include "bindings/abi/error.hpp"
#include "libos/sync/ticket_lock.hpp"

namespace libos {

// Names an object for good: the place that it has in its cluster, and how manieth it is there.
struct Reference {
    std::uint64_t value = 0; // 0: none
    friend bool operator==(Reference, Reference) = default;
};

// Lies in shared memory, zeroed, and holds no address. `Object`: anything that can be copied byte
// by byte. Each processor that takes part has another number `self`, below most_participants.
template <class ObjectType, class PlatformType = sync::Processors> class Cluster {
public:
    using Object = ObjectType;
    using Platform = PlatformType;
    static constexpr std::uint32_t places = 7; // with the passages, a line for each processor

    /// Error: no_memory (every place has an object, or had one that an operation may still use).
    abi::Result<Reference> create(std::uint32_t self, const Object& object) {
        const Locked guard{lock_, self};
        for (std::uint32_t index = 0; index != places; ++index) {
            Place& place = places_[index];
            if (place.name != 0 || !all_have_passed(place))
                continue;
            place.name = ++place.count << place_bits | index;
            place.object = object;
            return Reference{place.name};
        }
        return std::unexpected(abi::Error::no_memory);
    }

    /// Changes the object: `change(Object&)`. Whoever looks for it from now on finds it changed;
    /// operations that have found it before go on with what they have. Error: revoked (it is
    /// destroyed). Messages: one for each processor that has a representative.
    template <class Change>
    abi::Result<void> update(std::uint32_t self, Reference reference, Change change) {
        const Locked guard{lock_, self};
        Place& place = *TRY(place_of(reference));
        change(place.object);
        make_representatives_old(reference);
        return {};
    }

    /// From now on nobody finds it; its place is used again when every operation that may have
    /// found it has ended. Waits for none of them, so an operation may destroy what it uses. Error:
    /// revoked (it is destroyed already). Messages: as `update`, and one more for each processor.
    abi::Result<void> destroy(std::uint32_t self, Reference reference) {
        const Locked guard{lock_, self};
        Place& place = *TRY(place_of(reference));
        place.name = 0;
        make_representatives_old(reference);
        // By a read-modify-write, like entering: either it finds who is in an operation, or who
        // enters behind it finds no representative.
        for (std::uint32_t i = 0; i != sync::most_participants; ++i)
            place.passages[i] = own_[i].passages.fetch_add(0);
        return {};
    }

    /// What has become of an object that there has been.
    enum class State : std::uint8_t { alive, in_use, gone }; // in use by operations: destroyed
    State state_of(std::uint32_t self, Reference reference) {
        const Locked guard{lock_, self};
        const Place& place = places_[index_of(reference)];
        if (place.name == reference.value)
            return State::alive;
        const bool used_again = place.count != reference.value >> place_bits;
        return used_again || all_have_passed(place) ? State::gone : State::in_use;
    }

private:
    template <class, class> friend class Member;
    static constexpr std::uint64_t place_bits = 3;
    using Word = typename Platform::Word;

    struct Locked {
        Locked(sync::TicketLock<Platform>& lock, std::uint32_t self) : lock_{lock}, self_{self} {
            lock_.acquire(self_);
        }
        ~Locked() { lock_.release(self_); }
        Locked(const Locked&) = delete;
        Locked& operator=(const Locked&) = delete;
        sync::TicketLock<Platform>& lock_;
        std::uint32_t self_;
    };

    // Guarded by the lock; what the object itself holds may be used within an operation.
    struct Place {
        std::uint64_t name;                              // of the object; 0: none
        std::uint64_t count;                             // of objects that have been here
        std::uint64_t passages[sync::most_participants]; // when the last one was destroyed
        Object object;
    };

    // Of one processor, a line of its own. Others write here when they change or destroy an object.
    struct alignas(sync::line_bytes) Own {
        Word passages;        // into and out of operations: odd in one
        Word current[places]; // the reference of which the representative is made, if not old
    };
    static_assert(1 + places == sync::line_bytes / sizeof(std::uint64_t));

    static std::uint32_t index_of(Reference reference) {
        const std::uint64_t index = reference.value % (1u << place_bits);
        return index < places ? static_cast<std::uint32_t>(index) : 0;
    }

    abi::Result<Place*> place_of(Reference reference) {
        Place& place = places_[index_of(reference)];
        if (reference.value == 0 || place.name != reference.value)
            return std::unexpected(abi::Error::revoked);
        return &place;
    }

    void make_representatives_old(Reference reference) {
        for (Own& own : own_)
            if (own.current[index_of(reference)].load() != 0)
                own.current[index_of(reference)].store(0);
    }

    bool all_have_passed(const Place& place) const {
        for (std::uint32_t i = 0; i != sync::most_participants; ++i)
            if (place.passages[i] % 2 != 0 && own_[i].passages.load() == place.passages[i])
                return false;
        return true;
    }

    sync::TicketLock<Platform> lock_;
    Own own_[sync::most_participants];
    Place places_[places];
};

// One processor's side, in private memory: the representatives, and the operations that use them.
template <class ClusterType, class Representative> class Member {
public:
    Member(ClusterType& cluster, std::uint32_t self) : cluster_{&cluster}, self_{self} {}

    // Between its beginning and its end what it has found exists. One at a time: in a libOS with
    // upcalls disabled. Cost: two read-modify-writes of an own line.
    class Operation {
    public:
        explicit Operation(Member& member) : member_{member} {
            member_.own().passages.fetch_add(1);
        }
        ~Operation() { member_.own().passages.fetch_add(1); }
        Operation(const Operation&) = delete;
        Operation& operator=(const Operation&) = delete;

        /// The representative. On first use, and after each change, `miss(Representative&,
        /// Object&)` makes it, with the lock held, from the one that was here before: of this
        /// object, another one, or none. Errors: revoked (the object is destroyed), those of
        /// `miss`. Cost: one read of an own line; a miss takes the lock.
        template <class Miss> abi::Result<Representative*> find(Reference reference, Miss miss) {
            const std::uint32_t index = ClusterType::index_of(reference);
            Representative& representative = member_.representatives_[index];
            auto& current = member_.own().current[index];
            if (current.load() == reference.value && reference.value != 0) [[likely]]
                return &representative;
            const typename ClusterType::Locked guard{member_.cluster_->lock_, member_.self_};
            auto& place = *TRY(member_.cluster_->place_of(reference));
            TRY(miss(representative, place.object));
            current.store(reference.value);
            return &representative;
        }

    private:
        Member& member_;
    };

    std::uint32_t self() const { return self_; }
    ClusterType& cluster() const { return *cluster_; }
    /// What is left of representatives, old ones too: for who takes them apart.
    std::array<Representative, ClusterType::places>& representatives() { return representatives_; }

private:
    auto& own() { return cluster_->own_[self_]; }

    ClusterType* cluster_;
    std::uint32_t self_;
    std::array<Representative, ClusterType::places> representatives_{};
};

} // namespace libos
