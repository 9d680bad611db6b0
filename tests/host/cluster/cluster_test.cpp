// tests/host/cluster/cluster_test.cpp - clustered objects among threads, in drawn schedules, and
// what finding one costs.

#include "libos/cluster/cluster.hpp"

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <memory>
#include <rapidcheck.h>

#include "tests/host/sync/processors.hpp"

namespace {

using abi::Error;
using libos::Reference;
using sync_test::Counted;
using sync_test::in_threads;
using sync_test::Machine;
using sync_test::Threads;

struct Object {
    libos::sync::Word stamp; // the reference that it was made for, or a number
};

// What is made of it: where it is, what it said then, and how often that was.
struct Representative {
    const Object* object;
    std::uint64_t stamp;
    std::uint64_t made;
};

template <class Platform> using Cluster = libos::Cluster<Object, Platform>;
template <class Platform> using Member = libos::Member<Cluster<Platform>, Representative>;

abi::Result<void> make(Representative& representative, Object& object) {
    representative = {&object, object.stamp.load(), representative.made + 1};
    return {};
}

template <class Platform>
Reference created(Cluster<Platform>& cluster, std::uint32_t self, std::uint64_t stamp) {
    Object object{};
    object.stamp.store(stamp);
    const auto reference = cluster.create(self, object);
    REQUIRE(reference);
    return *reference;
}

template <class Platform> Representative found(Member<Platform>& member, Reference reference) {
    typename Member<Platform>::Operation operation{member};
    const auto representative = operation.find(reference, make);
    REQUIRE(representative);
    return **representative;
}

// Objects come and go, by one processor, while the others use whichever is there; each says by
// which reference it was made. How often an operation has seen that change.
struct Seen {
    std::atomic<std::uint64_t> wrong = 0, used = 0, refused = 0;
};

template <class Platform> class Turnover {
public:
    explicit Turnover(std::uint32_t objects) : objects_{objects} {}

    void run(std::uint32_t self) { self == 0 ? change() : use(self); }
    Seen seen;

private:
    void change() {
        Reference before;
        for (std::uint32_t i = 0; i != objects_; ++i) {
            const Reference reference = next();
            current_ = reference.value;
            Platform::pause();
            if (before.value != 0)
                (void)cluster_->destroy(0, before);
            before = reference;
        }
        over_ = true;
    }
    Reference next() {
        for (;;) {
            if (const auto reference = cluster_->create(0, {})) {
                (void)cluster_->update(
                    0, *reference, [&](Object& object) { object.stamp.store(reference->value); });
                return *reference;
            }
            Platform::pause(); // until somebody has passed
        }
    }
    void use(std::uint32_t self) {
        Member<Platform> member{*cluster_, self};
        while (!over_) {
            const Reference reference{current_};
            typename Member<Platform>::Operation operation{member};
            const auto representative = operation.find(reference, make);
            if (!representative) {
                ++seen.refused;
                Platform::pause();
                continue;
            }
            ++seen.used;
            for (int i = 0; i != 3; ++i) {
                if ((*representative)->object->stamp.load() != reference.value)
                    ++seen.wrong;
                Platform::pause();
            }
        }
    }

    std::uint32_t objects_;
    std::unique_ptr<Cluster<Platform>> cluster_ = std::make_unique<Cluster<Platform>>();
    std::atomic<std::uint64_t> current_ = 0;
    std::atomic<bool> over_ = false;
};

// Three processors create, change, destroy and use in an order that is drawn, beside a list of what
// there should be.
void keep_books() {
    using Places = Cluster<Threads>;
    const auto cluster = std::make_unique<Places>();
    std::vector<Member<Threads>> members;
    for (std::uint32_t i = 0; i != 3; ++i)
        members.emplace_back(*cluster, i);
    struct Known {
        Reference reference;
        std::uint64_t stamp;
        bool alive;
        std::vector<int> used_by; // operations that were on when it was destroyed
    };
    std::vector<Known> all;
    std::unique_ptr<Member<Threads>::Operation> operations[3];
    int begun[3] = {}, next = 0;
    const auto in_use = [&](const Known& known) {
        return std::ranges::any_of(known.used_by, [&](int operation) {
            return std::ranges::find(begun, operation) != std::end(begun);
        });
    };
    const auto steps = *rc::gen::container<std::vector<std::pair<int, std::uint32_t>>>(
        rc::gen::pair(rc::gen::inRange(0, 6), rc::gen::arbitrary<std::uint32_t>()));
    for (const auto& [what, drawn] : steps) {
        const std::uint32_t self = drawn % 3;
        if (what == 0) {
            Object object{};
            object.stamp.store(drawn);
            const auto made = cluster->create(self, object);
            const auto taken = std::ranges::count_if(
                all, [&](const Known& known) { return known.alive || in_use(known); });
            RC_ASSERT(made.has_value() == (taken < std::ptrdiff_t{Places::places}));
            if (made)
                all.push_back({*made, drawn, true, {}});
        } else if (what == 1) { // an operation begins or ends
            if (operations[self]) {
                operations[self].reset();
                begun[self] = 0;
            } else {
                operations[self] = std::make_unique<Member<Threads>::Operation>(members[self]);
                begun[self] = ++next;
            }
        } else if (!all.empty()) {
            Known& known = all[drawn / 3 % all.size()];
            if (what == 2) {
                RC_ASSERT(cluster->destroy(self, known.reference).has_value() == known.alive);
                if (known.alive)
                    for (const int operation : begun)
                        if (operation != 0)
                            known.used_by.push_back(operation);
                known.alive = false;
            } else if (what == 3) {
                const auto changed = cluster->update(
                    self, known.reference, [&](Object& object) { object.stamp.store(drawn); });
                RC_ASSERT(changed.has_value() == known.alive);
                known.stamp = known.alive ? drawn : known.stamp;
            } else if (operations[self]) {
                const auto representative = operations[self]->find(known.reference, make);
                RC_ASSERT(representative.has_value() == known.alive);
                if (known.alive)
                    RC_ASSERT((*representative)->stamp == known.stamp);
            }
        }
        for (const Known& known : all) {
            const auto state = cluster->state_of(0, known.reference);
            RC_ASSERT(state == (known.alive     ? Places::State::alive
                                : in_use(known) ? Places::State::in_use
                                                : Places::State::gone));
        }
    }
}

} // namespace

TEST_CASE("a representative is made on first use, and anew after each change, on each processor",
          "[cluster]") {
    const auto cluster = std::make_unique<Cluster<Threads>>();
    const Reference reference = created(*cluster, 0, 7);
    Member<Threads> one{*cluster, 0}, other{*cluster, 1};
    for (int i = 0; i != 3; ++i)
        CHECK(found(one, reference).made == 1);
    CHECK(found(one, reference).stamp == 7);
    REQUIRE(cluster->update(1, reference, [](Object& object) { object.stamp.store(8); }));
    CHECK(found(one, reference).stamp == 8);
    CHECK(found(one, reference).made == 2);
    CHECK(found(other, reference).stamp == 8);
    CHECK(found(other, reference).made == 1);
}

TEST_CASE("a reference to an object that is destroyed finds nothing, whatever is there now",
          "[cluster]") {
    const auto cluster = std::make_unique<Cluster<Threads>>();
    Member<Threads> member{*cluster, 0};
    const Reference old = created(*cluster, 0, 1);
    found(member, old);
    REQUIRE(cluster->destroy(0, old));
    const Reference next = created(*cluster, 0, 2);
    CHECK(next != old);
    CHECK(found(member, next).stamp == 2);
    Member<Threads>::Operation operation{member};
    for (const Reference stale : {old, Reference{}, Reference{~std::uint64_t{0}}}) {
        const auto refused = operation.find(stale, make);
        REQUIRE(!refused);
        CHECK(refused.error() == Error::revoked);
        CHECK(cluster->destroy(0, stale).error() == Error::revoked);
        CHECK(cluster->update(0, stale, [](Object&) {}).error() == Error::revoked);
    }
}

TEST_CASE("a miss handler that fails leaves no representative behind", "[cluster]") {
    const auto cluster = std::make_unique<Cluster<Threads>>();
    Member<Threads> member{*cluster, 0};
    const Reference reference = created(*cluster, 0, 1);
    {
        Member<Threads>::Operation operation{member};
        const auto refused = operation.find(reference, [](Representative&, Object&) {
            return abi::Result<void>{std::unexpected(Error::no_memory)};
        });
        REQUIRE(!refused);
        CHECK(refused.error() == Error::no_memory);
    }
    CHECK(found(member, reference).made == 1);
}

TEST_CASE("a place is used again when every operation that may have found its object has ended",
          "[cluster]") {
    using Places = Cluster<Threads>;
    const auto cluster = std::make_unique<Places>();
    Member<Threads> member{*cluster, 3};
    std::vector<Reference> all;
    for (std::uint32_t i = 0; i != Places::places; ++i)
        all.push_back(created(*cluster, 0, i));
    CHECK(cluster->create(0, {}).error() == Error::no_memory);
    {
        Member<Threads>::Operation operation{member};
        REQUIRE(operation.find(all[2], make));
        CHECK(cluster->state_of(0, all[2]) == Places::State::alive);
        REQUIRE(cluster->destroy(0, all[2]));
        CHECK(cluster->state_of(0, all[2]) == Places::State::in_use);
        CHECK(cluster->create(0, {}).error() == Error::no_memory);
    }
    CHECK(cluster->state_of(0, all[2]) == Places::State::gone);
    const Member<Threads>::Operation later{member}; // has begun behind it
    CHECK(cluster->create(0, {}));
    CHECK(cluster->state_of(0, all[2]) == Places::State::gone);
}

TEST_CASE("finding representatives passes no line between processors, in any schedule",
          "[cluster]") {
    for (std::uint32_t processors = 2; processors <= libos::sync::most_participants; ++processors)
        for (const std::uint64_t seed : {0u, 1u}) { // turns, and drawn at each access
            CAPTURE(processors, seed);
            constexpr std::uint64_t operations = 5;
            const auto cluster = std::make_unique<Cluster<Counted>>();
            Machine machine{processors, seed};
            std::vector<Reference> references(2);
            std::atomic<std::uint32_t> made = 0;
            machine.run([&](std::uint32_t self) {
                if (self == 0)
                    for (Reference& reference : references)
                        reference = *cluster->create(0, {});
                ++made;
                Member<Counted> member{*cluster, self};
                while (made != processors)
                    Counted::pause();
                const auto operate = [&] {
                    Member<Counted>::Operation operation{member};
                    for (const Reference reference : references)
                        (void)operation.find(reference, make);
                };
                operate();
                Counted::pause();
                machine.count_own(true);
                for (std::uint64_t i = 0; i != operations; ++i) {
                    operate();
                    Counted::pause();
                }
                machine.count_own(false);
            });
            const profiler::Traffic& counted = machine.counted();
            CHECK(counted.reads == processors * operations * 4); // each as said: two and one each
            CHECK(counted.writes == processors * operations * 2);
            CHECK(counted.remote_reads == 0);
            CHECK(counted.remote_writes == 0);
            CHECK(counted.invalidations == 0);
        }
}

TEST_CASE("a change takes the line of each processor that has a representative, and the lock's",
          "[cluster]") {
    for (std::uint32_t processors = 2; processors <= libos::sync::most_participants; ++processors) {
        CAPTURE(processors);
        const auto cluster = std::make_unique<Cluster<Counted>>();
        Machine machine{processors};
        std::atomic<std::uint32_t> used = 0;
        Reference reference;
        machine.run([&](std::uint32_t self) {
            if (self == 0)
                reference = *cluster->create(0, {});
            Member<Counted> member{*cluster, self};
            (void)typename Member<Counted>::Operation{member}.find(reference, make);
            ++used;
            while (used != processors)
                Counted::pause();
            if (self != 0)
                return;
            machine.count_own(true);
            (void)cluster->update(0, reference, [](Object&) {});
            machine.count_own(false);
        });
        // The last one to make its representative had the lock.
        CHECK(machine.counted().remote_writes == processors - 1 + 2);
    }
}

TEST_CASE("whatever is created, changed, destroyed and used in which order, a reference finds its "
          "object as it is, or nothing",
          "[cluster]") {
    CHECK(rc::check(keep_books));
}

TEST_CASE("no operation sees what it has found destroyed, in any schedule", "[cluster]") {
    std::uint64_t used = 0;
    for (std::uint64_t seed = 1; seed != 5; ++seed) {
        const auto processors = static_cast<std::uint32_t>(2 + seed % 3);
        CAPTURE(seed, processors);
        Turnover<Counted> turnover{2 * Cluster<Counted>::places};
        Machine machine{processors, seed};
        machine.run([&](std::uint32_t self) { turnover.run(self); });
        CHECK(turnover.seen.wrong == 0);
        used += turnover.seen.used;
    }
    CHECK(used > 0);
}

TEST_CASE("nor among threads", "[cluster]") {
    for (const std::uint32_t threads : {2u, 4u}) {
        CAPTURE(threads);
        Turnover<Threads> turnover{100};
        in_threads(threads, [&](std::uint32_t self) { turnover.run(self); });
        CHECK(turnover.seen.wrong == 0);
        CHECK(turnover.seen.used > 0);
    }
}
