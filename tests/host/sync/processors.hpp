// tests/host/sync/processors.hpp - what locks and barriers stand on in these tests.
//
// Threads: real ones. Counted: processors of which one runs at a time, with every access to shared
// memory counted as a cache-coherent machine would; who is next is decided by turns, passed on at
// each pause as QEMU does with -icount, or drawn at each access.

#pragma once

#include <functional>
#include <memory>
#include <semaphore>
#include <thread>
#include <utility>
#include <vector>

#include "bindings/random.hpp"
#include "libos/sync/shared_memory.hpp"
#include "tools/profiler/coherence.hpp"

namespace sync_test {

struct Threads {
    using Word = libos::sync::Word;
    static void pause() { std::this_thread::yield(); }
};

/// `body(processor)` in a thread for each of `count`, all of which have ended afterwards.
inline void in_threads(std::uint32_t count, const std::function<void(std::uint32_t)>& body) {
    std::vector<std::jthread> threads;
    for (std::uint32_t i = 0; i != count; ++i)
        threads.emplace_back([&body, i] { body(i); });
}

class Machine {
public:
    /// Who runs next is drawn at each access if there is a seed, else it is the next one at each
    /// pause.
    explicit Machine(std::uint32_t processors, std::uint64_t seed = 0)
        : drawn_{seed != 0},
          random_{seed},
          running_(processors, true),
          counting_(processors),
          noting_(processors) {
        for (std::uint32_t i = 0; i != processors; ++i)
            turns_.push_back(std::make_unique<std::binary_semaphore>(0));
    }

    /// `body(processor)` on each processor, until all have ended.
    void run(const std::function<void(std::uint32_t)>& body) {
        current = this;
        turns_[0]->release();
        in_threads(count(), [&](std::uint32_t self) {
            own = self;
            turns_[self]->acquire();
            body(self);
            running_[self] = false;
            if (const std::uint32_t next = after(self); next != self)
                turns_[next]->release();
        });
        current = nullptr;
    }

    /// Accesses of the calling processor are counted while this is on.
    void count_own(bool on) { counting_[own] = on ? 1 : 0; }
    const profiler::Traffic& counted() const { return counted_; }

    /// While this is on, the calling processor's read-modify-writes are noted, in their order.
    void note_own(bool on) { noting_[own] = on ? 1 : 0; }
    const std::vector<std::uint32_t>& noted() const { return noted_; }

    // What the memory calls, before the access.
    enum class Access { read, write, modify };
    void access(const void* word, Access kind) {
        if (drawn_)
            pass_to(drawn());
        const std::uint64_t line = reinterpret_cast<std::uintptr_t>(word) / profiler::line_bytes;
        profiler::Traffic traffic;
        if (kind != Access::write)
            traffic += coherence_.read(own, line);
        if (kind != Access::read)
            traffic += coherence_.write(own, line);
        if (counting_[own])
            counted_ += traffic;
        if (noting_[own] && kind == Access::modify)
            noted_.push_back(own);
    }
    void pause() { pass_to(drawn_ ? drawn() : after(own)); }

    static inline Machine* current = nullptr; // the one that runs

private:
    std::uint32_t count() const { return static_cast<std::uint32_t>(turns_.size()); }
    std::uint32_t after(std::uint32_t from) const {
        for (std::uint32_t i = 1; i <= count(); ++i)
            if (running_[(from + i) % count()])
                return (from + i) % count();
        return from;
    }
    std::uint32_t drawn() { return after(static_cast<std::uint32_t>(random_.below(count()))); }
    void pass_to(std::uint32_t next) {
        const std::uint32_t self = own;
        if (next == self)
            return;
        turns_[next]->release();
        turns_[self]->acquire();
    }

    static inline thread_local std::uint32_t own = 0;

    bool drawn_;
    bindings::Random random_;
    std::vector<std::unique_ptr<std::binary_semaphore>> turns_;
    std::vector<char> running_, counting_, noting_; // by processor
    std::vector<std::uint32_t> noted_;
    profiler::Coherence coherence_;
    profiler::Traffic counted_;
};

struct Counted {
    class Word {
    public:
        std::uint64_t load() const {
            Machine::current->access(this, Machine::Access::read);
            return value_;
        }
        void store(std::uint64_t value) {
            Machine::current->access(this, Machine::Access::write);
            value_ = value;
        }
        std::uint64_t exchange(std::uint64_t value) {
            Machine::current->access(this, Machine::Access::modify);
            return std::exchange(value_, value);
        }
        std::uint64_t fetch_add(std::uint64_t value) {
            Machine::current->access(this, Machine::Access::modify);
            return std::exchange(value_, value_ + value);
        }
        bool compare_exchange(std::uint64_t expected, std::uint64_t value) {
            // It takes the line, whatever is found there.
            Machine::current->access(this, Machine::Access::modify);
            if (value_ != expected)
                return false;
            value_ = value;
            return true;
        }

    private:
        std::uint64_t value_;
    };
    static void pause() { Machine::current->pause(); }
};

} // namespace sync_test
