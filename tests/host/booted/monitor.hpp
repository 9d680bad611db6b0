// tests/host/booted/monitor.hpp - QEMU's monitor: looks at the machine of a guest that runs.

#pragma once

#include <cstdint>
#include <future>
#include <string>
#include <vector>

#include "tests/host/booted/guest.hpp"

namespace booted {

/// A guest that runs beside the test. A test that does not stop it waits for its deadline.
class WatchedGuest {
public:
    /// `exo run WORDS...`, as boot() does it. Returns once the console holds `begun`.
    WatchedGuest(const command_test::Scratch& scratch, std::vector<std::string> words,
                 const std::string& begun);
    ~WatchedGuest();
    WatchedGuest(const WatchedGuest&) = delete;
    WatchedGuest& operator=(const WatchedGuest&) = delete;

    /// What the monitor answers to `command`.
    std::string ask(const std::string& command) const;
    /// The control register or the like that `info registers` calls `name`.
    std::uint64_t register_value(const std::string& name) const;
    /// `count` words of 64 bits at the virtual address.
    std::vector<std::uint64_t> words_at(std::uint64_t address, unsigned count) const;

    /// Waits for its end.
    Guest end() { return guest_.get(); }

private:
    int socket_ = -1;
    std::future<Guest> guest_;
};

} // namespace booted
