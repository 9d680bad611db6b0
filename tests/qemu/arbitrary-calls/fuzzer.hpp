// tests/qemu/arbitrary-calls/fuzzer.hpp - one environment's random calls.
//
// Mostly nearly right: a pool of capabilities that calls have returned, arguments of the right
// sort. It spares only what it cannot live without (its stack, its memory, its PE), so that it
// goes on to the end; what happens without those, hostile-environments tries.

#pragma once

#include "tests/qemu/support/arguments.hpp"
#include "tests/qemu/support/check.hpp"
#include "tests/qemu/support/child.hpp"
#include "tests/qemu/support/disk.hpp"

namespace fuzzing {

using abi::Error;
using namespace world;
namespace call = libos::system_call;
namespace layout = abi::layout;

inline constexpr std::uint64_t calls_each = 60'000;

// Words of the page that is shared with the creator: results, then capabilities that it lends.
struct Word {
    static constexpr unsigned made = 0, succeeded = 1, unknown = 2, other = 3, lent = 4;
    static constexpr unsigned lent_count = 4;
};

class Random {
public:
    explicit Random(std::uint64_t seed) : state_{seed * 0x9e37'79b9'7f4a'7c15 + 1} {}
    std::uint64_t next() {
        state_ ^= state_ << 13;
        state_ ^= state_ >> 7;
        state_ ^= state_ << 17;
        return state_;
    }
    std::uint64_t below(std::uint64_t end) { return (next() >> 20) % end; }
    bool one_in(std::uint64_t n) { return below(n) == 0; }

private:
    std::uint64_t state_;
};

class Fuzzer {
public:
    explicit Fuzzer(std::uint64_t seed) : random_{seed} {
        const abi::StartInformation& own = start();
        ring_ = frame(own.memory);
        (void)call::install(own.low_table, page_of(abi::VirtualAddress{layout::io_ring}), ring_,
                            access::write);
        (void)call::bind_io_ring(ring_);
        for (const Capability one :
             {own.self, own.memory, own.root_table, own.low_table, own.disk, own.console, ring_})
            remember(one.value);
        for (unsigned i = 0; i != Word::lent_count; ++i)
            remember(child::shared()[Word::lent + i]);
        remember(child::shared()[Word::other]);
    }

    void run() {
        volatile std::uint64_t* const post = child::shared();
        for (std::uint64_t i = 0; i != calls_each; ++i) {
            post[Word::made] = i + 1;
            if (random_.one_in(8))
                scribble();
            const Value value = one_call();
            if (!value) {
                post[Word::unknown] = post[Word::unknown] + (value.error() > Error::unknown_call);
                continue;
            }
            post[Word::succeeded] = post[Word::succeeded] + 1;
            if (*value != 0)
                remember(*value);
        }
    }

private:
    static constexpr unsigned pool_size = 48;

    void remember(std::uint64_t value) {
        pool_[count_ < pool_size ? count_++ : 12 + random_.below(pool_size - 12)] = value;
    }

    std::uint64_t capability() {
        switch (random_.below(12)) {
        case 0:
            return random_.next();
        case 1:
            return random_.below(64) << 6 | random_.below(5) << 32;
        case 2: // old, or not yet
            return pool_[random_.below(count_)] + (1ull << 32) * (random_.below(3) - 1);
        case 3:
            return 0;
        default:
            return pool_[random_.below(count_)];
        }
    }

    std::uint64_t number() {
        switch (random_.below(6)) {
        case 0:
            return random_.next();
        case 1:
            return random_.below(8) * abi::page_size + layout::request_area;
        case 2:
            return ~0ull - random_.below(16);
        case 3:
            return random_.below(abi::request_area_bytes / 8 + 4) * 8;
        case 4:
            return std::uint64_t{1} << random_.below(64);
        default:
            return random_.below(40);
        }
    }

    std::uint64_t any() { return random_.one_in(2) ? capability() : number(); }

    Value invoke(Call which, std::uint64_t a = 0, std::uint64_t b = 0, std::uint64_t c = 0,
                 std::uint64_t d = 0, std::uint64_t e = 0) {
        std::uint64_t values[5] = {a, b, c, d, e};
        if (!random_.one_in(16))
            arguments::trim(which, values);
        return world::invoke(which, values[0], values[1], values[2], values[3], values[4]);
    }

    // What the kernel reads from shared memory: plausible words and garbage.
    void scribble() {
        auto* const area = reinterpret_cast<volatile std::uint64_t*>(layout::request_area);
        for (unsigned i = 0; i != 16; ++i)
            area[random_.below(abi::request_area_bytes / 8)] = any();
        auto& ring = *reinterpret_cast<volatile abi::IoRing*>(layout::io_ring);
        for (unsigned i = 0; i != 6; ++i) {
            volatile abi::IoRequest& request =
                ring.requests[(ring.request_consumer + i) % abi::io_ring_slots];
            request.extent.value = random_.one_in(4) ? capability() : start().disk.value;
            request.frame.value = capability();
            request.block = static_cast<std::uint32_t>(random_.one_in(4) ? number() : i);
            request.operation = static_cast<abi::IoOperation>(random_.below(3));
        }
        const bool lie = random_.one_in(20);
        const auto ahead = static_cast<std::uint32_t>(lie ? random_.next() : random_.below(6));
        ring.request_producer = ring.request_consumer + ahead;
        ring.completion_event = static_cast<std::uint32_t>(number());
    }

    // Without these it could not go on.
    bool is_ground(std::uint64_t capability) const {
        const abi::StartInformation& own = start();
        for (const Capability one : {own.self, own.memory, own.root_table, own.low_table, ring_})
            if (capability == one.value)
                return true;
        return false;
    }

    // An environment from fresh frames; mostly a right one.
    Value creates() {
        const Value bound_frames = call::bind_frames(start().memory, abi::any_frame, 4, 0);
        if (!bound_frames)
            return bound_frames;
        const auto* const frames = libos::request_area::at<Capability>(0);
        auto& request = *libos::request_area::at<abi::CreateEnvironment>(batch);
        request = {};
        request.object_frames[0] = frames[0];
        request.object_frames[1] = frames[1];
        request.root_frame = frames[random_.one_in(9) ? 1 : 2];
        request.table_frames = random_.one_in(9) ? number() : 1;
        request.table[0] = frames[3];
        const Value made = call::create_environment(batch);
        if (made)
            remember(request.root_table.value);
        for (unsigned i = 0; !made && i != 4; ++i)
            remember(frames[i].value);
        return made;
    }

    Value translates() {
        for (unsigned i = 0; i != 20; ++i) {
            auto& item = *reinterpret_cast<volatile abi::TranslationRequest*>(
                layout::request_area + i * sizeof(abi::TranslationRequest));
            item.operation = static_cast<abi::TranslationOperation>(random_.below(7));
            item.index = static_cast<std::uint16_t>(random_.below(16) + 0x180);
            item.count =
                static_cast<std::uint16_t>(random_.one_in(9) ? number() % 100 : random_.below(4));
            item.table.value = capability();
            item.frame.value = capability();
            item.value = random_.one_in(3) ? any() : random_.below(2) << 1;
        }
        return invoke(Call::perform_translations, 0,
                      random_.one_in(9) ? number() % 20 : random_.below(20));
    }

    // Nothing is done to the lower pages of its own leaf table: it stands there.
    Value touches_translations(Call which) {
        const bool own = random_.one_in(2);
        const std::uint64_t page = own ? 0x180 + random_.below(16) : number();
        const std::uint64_t table = own ? capability() : random_.next();
        if (which == Call::install)
            return invoke(which, table, page, capability(),
                          random_.one_in(4) ? any() : random_.below(2) << 1);
        return invoke(which, table, page, random_.one_in(9) ? number() : random_.below(16),
                      random_.one_in(4) ? any() : random_.below(2) << 1);
    }

    Value one_call() {
        const auto which = static_cast<Call>(
            random_.one_in(30) ? random_.next() : random_.below(abi::call_count + 1));
        switch (which) {
        case Call::end:
            return 0;
        case Call::wait: // would sleep for ever where nothing comes
            if (libos::processor_environment().pending == 0)
                return 0;
            return invoke(which, any(), any(), any(), any(), any());
        case Call::switch_root: // its own code would be gone
            return invoke(which, number());
        case Call::destroy_environment:
        case Call::revoke:
        case Call::drop: {
            const std::uint64_t one = capability();
            return is_ground(one) ? Value{0} : invoke(which, one, any(), any(), any(), any());
        }
        case Call::set_limit: // not the limit that ends it
            return invoke(which, any(), random_.below(1000));
        case Call::create_environment:
            return random_.one_in(3) ? invoke(which, any()) : creates();
        case Call::write_console: // nothing to be seen in the transcript
            return invoke(which, any(), any() | 1u << 20, any());
        case Call::install:
        case Call::remove:
        case Call::change:
            return touches_translations(which);
        case Call::perform_translations:
            return translates();
        case Call::derive:
            return invoke(which, capability(), random_.below(random_.one_in(9) ? 1000 : 64),
                          random_.one_in(2) ? 0 : number(), random_.one_in(2) ? 0 : number());
        case Call::grant:
            return invoke(which, capability(), capability(),
                          random_.one_in(2) ? 0 : random_.below(70) << 6, random_.below(64));
        case Call::bind_frames:
            return invoke(which, capability(), random_.one_in(4) ? number() : abi::any_frame,
                          random_.below(6), random_.below(2048) * 8);
        case Call::bind_page_table:
            return invoke(which, capability(), capability(), capability(),
                          random_.one_in(3) ? any() : random_.below(64) << 30, random_.below(6));
        default:
            return invoke(which, any(), any(), any(), any(), any());
        }
    }

    Random random_;
    Capability ring_;
    std::uint64_t pool_[pool_size]{};
    unsigned count_ = 0;
};

} // namespace fuzzing
