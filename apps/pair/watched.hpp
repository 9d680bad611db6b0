// apps/pair/watched.hpp - libOSes that this one started, and what it can see of them.
//
// It reads the counters in their PE pages, whose frames it donated, and the counts of its own
// memory bindings; it sees nothing of what they do with their frames.

#pragma once

#include <string_view>

#include "bindings/abi/processor_environment.hpp"
#include "libos/core/start.hpp"
#include "libos/core/system_call.hpp"
#include "libos/environment/spawn.hpp"

namespace pair {

struct Watched {
    std::string_view name;
    libos::Child held;
    const volatile abi::ProcessorEnvironmentPage* page; // its PE page, until it is buried
    std::uint32_t asked = 0; // frames of its allowance that were asked back: as many are not its
};

// The run's file, on the disk.
using File = libos::FileEntry;
File file_of_run();

/// `frames` that it may bind, and the blocks of the file.
libos::Allowance allowance_of(const File& file, std::uint64_t frames, std::uint32_t disk_rights);
/// The same with `blocks` behind the file instead, to write to.
libos::Allowance scratch_allowance(const File& file, std::uint64_t frames,
                                   libos::BlockRange blocks);

/// Starts `program` with a manifest of its own, with the run's policy and seed, `file` at the front
/// of its disk, and `lines` besides; ends the run if that fails.
Watched start(std::string_view name, std::string_view program, std::string_view arguments,
              const File& file, std::uint64_t pool, const libos::Allowance& allowance,
              std::string_view lines = "");

/// Lets others run until `child` has taken so many page faults.
void await_faults(const Watched& child, std::uint64_t faults);
/// The same, and until it has had the processor twice since: the last page is there.
void await_pages(const Watched& child, std::uint64_t faults);
/// Lets others run until `child` has ended, says how, and frees what it was made of. Whether it has
/// ended as it should: with `reason` and status 0.
bool await_end(const Watched& child, abi::EndReason reason = abi::EndReason::ended);

/// Asks `child` for `count` frames that it uses, and for all that it has not bound; says what came
/// of it, and tells the host under `name`.
void ask(Watched& child, std::string_view name, std::uint32_t count, std::uint64_t deadline);
/// Environments that live now.
std::uint64_t living();

// A page of this libOS's own that it can lend.
class Page {
public:
    Page();
    abi::Capability frame() const { return frame_; }
    volatile std::uint64_t* words() const {
        return reinterpret_cast<volatile std::uint64_t*>(address_);
    }

private:
    abi::Capability frame_;
    std::uint64_t address_;
};

} // namespace pair
