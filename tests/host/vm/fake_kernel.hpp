// tests/host/vm/fake_kernel.hpp - a model of what the pager stands on: translations with their
// bits, frames with one word of content each, a disk, requests that complete when the test says.
//
// It throws when the pager does what the exokernel would refuse, or what would lose data.

#pragma once

#include <algorithm>
#include <deque>
#include <stdexcept>
#include <string>
#include <vector>

#include "libos/vm/pager.hpp"

namespace vm_test {

struct Emitted {
    abi::Event event;
    std::vector<std::uint64_t> words;
};

class FakeKernel {
public:
    static constexpr bool recording = true;
    static constexpr std::uint64_t first_vpn = 0x1000;

    FakeKernel(std::uint32_t frames, std::uint64_t pages)
        : translations(pages), contents(frames), gone(frames), disk(pages) {
        for (std::uint64_t block = 0; block < pages; ++block)
            disk[block] = 1000 * block;
    }

    static abi::Capability capability_of(std::uint64_t frame) { return {frame + 1}; }
    static std::uint64_t frame_of(abi::Capability capability) { return capability.value - 1; }

    // -- what the pager calls --------------------------------------------------------------

    void install(abi::Capability table, abi::Vpn page, abi::Capability frame,
                 std::uint64_t access) {
        require(table.value == table_base + page.value / 512, "wrong leaf page table");
        std::uint64_t& entry = translations.at(page.value - first_vpn);
        require(entry == 0, "install over a translation");
        require(!gone.at(frame_of(frame)), "install of a frame that was given back");
        require(!uses(frame), "install of a frame under I/O");
        require(!is_mapped(frame_of(frame)), "install of a frame that is mapped");
        entry = abi::translation::present | access | frame_of(frame) << 12;
    }

    std::uint64_t remove(abi::Capability, abi::Vpn page) {
        ++removals;
        std::uint64_t& entry = translations.at(page.value - first_vpn);
        require(entry != 0, "removal of no translation");
        const std::uint64_t bits = entry & (abi::translation::accessed | abi::translation::dirty);
        entry = 0;
        return bits;
    }

    void perform(std::uint32_t count) {
        ++batches;
        for (std::uint32_t i = 0; i < count; ++i) {
            abi::TranslationRequest& request = batch.at(i);
            const std::uint64_t first = (request.table.value - table_base) * 512 + request.index;
            using enum abi::TranslationOperation;
            const std::uint64_t bit = request.operation == clear_accessed
                                          ? abi::translation::accessed
                                          : abi::translation::dirty;
            if (request.operation == remove)
                request.value = this->remove(request.table, abi::Vpn{first});
            else
                for (std::uint64_t page = first; page < first + request.count; ++page)
                    translations.at(page - first_vpn) &= ~bit;
        }
    }

    abi::Capability bind_leaf_table(abi::Vpn page) { return {table_base + page.value / 512}; }
    void zero(abi::Capability frame, std::uint64_t offset) {
        if (offset == 0)
            contents.at(frame_of(frame)) = 0;
        tails_zeroed += offset != 0;
    }

    // Visible revocation: what is still wanted, and frames given back.
    bool is_asked(std::uint32_t number) const { return number == asked_number && wanted != 0; }
    std::uint64_t least_frames() const { return least; }
    void pool_is(std::uint64_t frames) { pool = frames; }
    std::span<abi::Capability> drop_list() { return list; }
    void drop(std::uint32_t count) {
        ++drops;
        for (std::uint32_t i = 0; i < count; ++i) {
            const abi::Capability frame = list[i];
            require(!gone.at(frame_of(frame)), "a frame is given back twice");
            require(!uses(frame), "a frame is given back under I/O");
            for (std::uint64_t& entry : translations)
                if (entry != 0 && (entry >> 12 & 0xffff'ffff) == frame_of(frame)) {
                    require((entry & abi::translation::dirty) == 0, "a dirty page is given back");
                    entry = 0;
                }
            gone[frame_of(frame)] = true;
            wanted -= wanted != 0;
        }
    }

    void submit(const abi::IoRequest& request) { ring.push_back(request); }
    void ring_doorbell() {
        for (const abi::IoRequest& request : ring)
            start(request);
        ring.clear();
    }
    bool take_completion(abi::IoCompletion& completion) {
        if (done.empty())
            return false;
        completion = done.front();
        done.pop_front();
        return true;
    }
    bool arm() {
        armed = true;
        return !done.empty();
    }
    void wait_for_completion() {
        require(!in_flight.empty(), "waits for ever: nothing is in flight");
        complete(0);
    }
    void wake(libos::FaultingThread& thread) { woken.push_back(&thread); }
    void io_failed(abi::Error error, abi::IoOperation operation, std::uint64_t block) {
        failures.push_back({error, operation, block});
    }
    template <abi::Event event, class... Words> void emit(Words... words) {
        events.push_back({event, {static_cast<std::uint64_t>(words)...}});
    }

    // -- what the test does ----------------------------------------------------------------

    /// An access as the processor does it; false if it faults.
    bool access(std::uint64_t page, bool write) {
        std::uint64_t& entry = translations.at(page);
        if (entry == 0 || (write && (entry & abi::translation::writable) == 0))
            return false;
        entry |= abi::translation::accessed | (write ? abi::translation::dirty : 0);
        contents[entry >> 12 & 0xffff'ffff] += write;
        return true;
    }
    std::uint64_t value_at(std::uint64_t page) const {
        return contents.at(translations.at(page) >> 12 & 0xffff'ffff);
    }

    /// The index-th request in flight is done.
    void complete(std::size_t index, abi::Error error = {}) {
        const abi::IoRequest request = in_flight.at(index);
        in_flight.erase(in_flight.begin() + static_cast<std::ptrdiff_t>(index));
        const std::uint64_t frame = frame_of(request.frame);
        if (error == abi::Error{}) {
            if (request.operation == abi::IoOperation::read)
                contents.at(frame) = disk.at(request.block);
            else
                disk.at(request.block) = contents.at(frame);
        }
        done.push_back({request.cookie, static_cast<std::uint32_t>(error), 0});
        armed = false; // told once
    }

    std::size_t count(abi::Event event) const {
        return static_cast<std::size_t>(std::ranges::count(events, event, &Emitted::event));
    }

    struct IoFailure {
        abi::Error error;
        abi::IoOperation operation;
        std::uint64_t block;
    };
    std::vector<std::uint64_t> translations; // by managed page
    std::vector<std::uint64_t> contents;     // by frame
    std::vector<bool> gone;                  // by frame: not the pager's any more
    std::vector<std::uint64_t> disk;         // by block
    std::vector<abi::IoRequest> ring, in_flight;
    std::deque<abi::IoCompletion> done;
    std::vector<libos::FaultingThread*> woken;
    std::vector<IoFailure> failures;
    std::vector<Emitted> events;
    std::vector<abi::TranslationRequest> batch = std::vector<abi::TranslationRequest>(8);
    std::vector<abi::Capability> list = std::vector<abi::Capability>(4);
    std::uint32_t asked_number = 0;
    std::uint64_t wanted = 0; // frames, of that request
    std::uint64_t least = 3;
    std::uint64_t pool = 0;
    std::uint64_t drops = 0;
    std::uint64_t removals = 0;
    bool armed = false; // the next completion raises an upcall
    std::uint64_t batches = 0;
    std::uint64_t tails_zeroed = 0;

private:
    static constexpr std::uint64_t table_base = 0x10000;

    static void require(bool holds, const char* what) {
        if (!holds)
            throw std::logic_error(what);
    }
    bool uses(abi::Capability frame) const {
        return std::ranges::any_of(in_flight, [&](const auto& r) { return r.frame == frame; });
    }
    bool is_mapped(std::uint64_t frame) const {
        return std::ranges::any_of(translations, [&](std::uint64_t entry) {
            return entry != 0 && (entry >> 12 & 0xffff'ffff) == frame;
        });
    }
    void start(const abi::IoRequest& request) {
        const bool read = request.operation == abi::IoOperation::read;
        require(request.block < disk.size(), "request beyond the disk");
        require(!gone.at(frame_of(request.frame)), "I/O with a frame that was given back");
        require(!uses(request.frame), "a frame is reused before its I/O is complete");
        if (read) {
            require(!is_mapped(frame_of(request.frame)), "a read into a frame that is mapped");
            for (const abi::IoRequest& other : in_flight)
                require(other.block != request.block,
                        "a read does not wait for the write of its block");
        }
        in_flight.push_back(request);
    }
};

} // namespace vm_test
