// tests/host/lrpc/watched_memory.hpp - memory of which every access is noted.
//
// It is mapped without any right; an access traps, is noted, executed by a single step with the
// rights, and they are taken away again. So what the machine code does is seen, not what the
// source says.

#pragma once

#include <csignal>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include <sys/mman.h>
#include <ucontext.h>

namespace lrpc_test {

class WatchedMemory {
public:
    static constexpr std::size_t bytes = 1u << 16;

    WatchedMemory()
        : memory_{static_cast<std::uint64_t*>(
              mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))} {}
    ~WatchedMemory() { munmap(memory_, bytes); }
    WatchedMemory(const WatchedMemory&) = delete;
    WatchedMemory& operator=(const WatchedMemory&) = delete;

    [[nodiscard]] std::uint64_t* words() const { return memory_; }
    void fill(std::span<const std::uint64_t> words) {
        std::memcpy(memory_, words.data(), words.size_bytes());
    }

    /// Runs `what`, during which every access is counted.
    template <class What> void watch(What&& what) {
        loads.assign(bytes / 8, 0);
        stores.assign(bytes / 8, 0);
        watched = this;
        struct sigaction on_fault{}, on_step{}, fault_before{}, step_before{};
        on_fault.sa_sigaction = &fault;
        on_fault.sa_flags = SA_SIGINFO;
        on_step.sa_sigaction = &step;
        on_step.sa_flags = SA_SIGINFO;
        sigaction(SIGSEGV, &on_fault, &fault_before);
        sigaction(SIGTRAP, &on_step, &step_before);
        mprotect(memory_, bytes, PROT_NONE);
        what();
        mprotect(memory_, bytes, PROT_READ | PROT_WRITE);
        sigaction(SIGSEGV, &fault_before, nullptr);
        sigaction(SIGTRAP, &step_before, nullptr);
    }

    std::vector<unsigned> loads, stores; // by word

private:
    static constexpr greg_t single_step = 0x100; // of the flags
    static constexpr greg_t was_store = 2;       // of the page fault's error code

    static void fault(int, siginfo_t* info, void* context) {
        auto& registers = static_cast<ucontext_t*>(context)->uc_mcontext.gregs;
        const auto address = reinterpret_cast<std::uintptr_t>(info->si_addr);
        const auto first = reinterpret_cast<std::uintptr_t>(watched->memory_);
        if (address < first || address >= first + bytes) {
            signal(SIGSEGV, SIG_DFL); // not ours: it happens again, and ends the test
            return;
        }
        auto& counts = (registers[REG_ERR] & was_store) != 0 ? watched->stores : watched->loads;
        ++counts[(address - first) / 8];
        mprotect(watched->memory_, bytes, PROT_READ | PROT_WRITE);
        registers[REG_EFL] |= single_step;
    }
    static void step(int, siginfo_t*, void* context) {
        mprotect(watched->memory_, bytes, PROT_NONE);
        static_cast<ucontext_t*>(context)->uc_mcontext.gregs[REG_EFL] &= ~single_step;
    }

    static inline WatchedMemory* watched = nullptr;
    std::uint64_t* memory_;
};

} // namespace lrpc_test
