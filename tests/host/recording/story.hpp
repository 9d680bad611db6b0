// tests/host/recording/story.hpp - recordings made by hand, as the exokernel and a pager make them.
//
// A Story is one environment (1) and the kernel; each call of a step appends the events of that
// step, in the order and with the fields of a real run. `correct_story` tells of a fault with a
// free frame, with a clean and a dirty victim, of threads that overlap, of a joined fault, of a
// page behind the file's end, of two exceptions and a timer interrupt, and of a flush at exit.
// Tests break it event by event.

#pragma once

#include <initializer_list>
#include <string>
#include <vector>

#include "bindings/abi/processor_environment.hpp"
#include "bindings/abi/recording.hpp"
#include "tools/recording_file/recording.hpp"

namespace story {

using Kind = abi::Event;
using recording::Event;
using recording::Recording;

class Story {
public:
    Story();

    Event& kernel(Kind kind, std::initializer_list<std::uint64_t> words);
    Event& claim(Kind kind, std::initializer_list<std::uint64_t> words);

    void set_entry(abi::Entry entry, std::uint64_t address);
    /// Steps 1 and 2; returns the libOS's sequence number of the fault.
    std::uint64_t fault(std::uint64_t thread, std::uint64_t page, bool write = false);
    void join(std::uint64_t thread, std::uint64_t page);
    void take_frame(std::uint64_t sequence, std::uint64_t page, std::uint64_t frame,
                    std::uint64_t left);
    /// Steps 3 and 4.
    void replace(std::uint64_t sequence, std::uint64_t page, std::uint64_t frame, bool dirty);
    /// Steps 4b and 5 as far as the doorbell; the cookie is 100 + frame.
    void submit(std::uint64_t sequence, std::uint64_t page, std::uint64_t frame, bool write);
    /// Step 6: interrupt, completion, upcall, handler, and the libOS takes it.
    void complete(std::uint64_t sequence, std::uint64_t page, std::uint64_t frame, bool write);
    void install(std::uint64_t sequence, std::uint64_t thread, std::uint64_t page,
                 std::uint64_t frame);
    void resume(std::uint64_t sequence, std::uint64_t thread, std::uint64_t page);
    /// An exception from its detection to the libOS's resumption, `skipped` bytes later.
    void exception(std::uint64_t thread, std::uint64_t vector, std::uint64_t error,
                   std::uint64_t skipped);
    void timer(std::uint64_t thread); // interrupts it, and nothing else
    void wait();                      // for an upcall: no thread runs
    void end();
    /// Passes the processor on: what follows is this environment's.
    void switch_to(std::uint32_t environment);
    void pass(std::uint64_t instructions) { time_ += instructions; }
    void add_libos(std::uint32_t environment) {
        recording_.rings.push_back({abi::RingOrigin::libos, environment, 0, 0});
    }
    std::uint64_t running() const { return running_[environment_]; } // thread

    Recording take();

private:
    void run(std::uint64_t thread);
    std::uint64_t table() const;
    std::uint64_t pe() const;
    Event& append(std::uint32_t ring, Kind kind, std::initializer_list<std::uint64_t> words);

    Recording recording_;
    std::uint64_t time_ = 1000;
    std::uint64_t faults_ = 0;
    std::uint64_t exceptions_ = 0;
    std::uint64_t requests_ = 0;
    std::uint32_t environment_ = 1;
    std::uint64_t running_[3] = {1, 1, 1};            // thread, by environment
    std::uint64_t in_flight_[3]{}, requests_of_[3]{}; // by environment
    std::uint64_t request_of_frame_[64]{};
};

Recording correct_story();

/// Environment 1 asks environment 2 for frames: first it complies, then it gives back one of four
/// that are asked for and loses two, of which one is saved, while the last is guaranteed. It reads
/// the one that was saved again. Then it loses an extent by force and a console by `revoke`.
Recording revocation_story();

// What both stories call things.
inline constexpr std::uint64_t receiver_pe = 15, receiver_table = 18;
constexpr std::uint64_t capability_of(std::uint64_t frame) {
    return 1ull << 32 | (0x100 + frame) << 6;
}
constexpr std::uint64_t table_capability_of(std::uint64_t frame) {
    return capability_of(frame) + (1ull << 32);
}
std::uint64_t translation_of(std::uint64_t frame);

// ---- breaking it ---------------------------------------------------------------------------

/// The n-th event of a kind, from 0.
Event& nth(Recording& recording, Kind kind, std::size_t n = 0);
std::size_t index_of(const Recording& recording, Kind kind, std::size_t n = 0);

/// Sets a payload field by its name.
void set(Event& event, const char* field, std::uint64_t value);
std::uint64_t value_of(const Event& event, const char* field);

void erase(Recording& recording, std::size_t index);
void erase_all(Recording& recording, Kind kind);
/// Inserts an event before `index`, at the time of the one before it; the kernel counts it.
void insert(Recording& recording, std::size_t index, bool claim, Kind kind,
            std::initializer_list<std::uint64_t> words);
void move_event(Recording& recording, std::size_t from, std::size_t before);

// ---- as bytes ------------------------------------------------------------------------------

/// The raw records of one ring of the recording, `entry` ticks later than in it.
std::vector<abi::Record> records_of(const Recording& recording, std::uint32_t ring,
                                    std::uint64_t entry);

/// A recording region that holds the recording, for a kernel that was entered at `entry`.
std::vector<std::byte> region_of(const Recording& recording, std::uint64_t entry,
                                 std::uint64_t capacity = 4096);

abi::RegionHeader& header_of(std::vector<std::byte>& region);
abi::RingHeader& ring_header_of(std::vector<std::byte>& region, std::size_t ring);
abi::Record* ring_records_of(std::vector<std::byte>& region, std::size_t ring);

/// A file name in the temporary folder, different for each process.
std::string temporary(const std::string& name);
std::string bytes_of(const std::string& path);
void write_bytes(const std::string& path, const std::string& bytes);

} // namespace story
