// tests/host/vm/fake_kernel.hpp - a model of what the pager stands on: translations with their
// bits, frames with one word of content each, a disk, requests that complete when the test says.
//
// It throws when the pager does what the exokernel would refuse, or what would lose data.

#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
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
        : translations(pages), contents(frames), gone(frames), taken(frames), disk(pages) {
        for (abi::Repossession& slot : slots)
            slot.state = abi::RepossessionState::ready;
        for (std::uint64_t block = 0; block < pages; ++block)
            disk[block] = 1000 * block;
    }

    static abi::Capability capability_of(std::uint64_t frame) { return {frame + 1}; }
    static std::uint64_t frame_of(abi::Capability capability) { return capability.value - 1; }

    // -- what the pager calls --------------------------------------------------------------

    abi::Error install(abi::Capability table, abi::Vpn page, abi::Capability frame,
                       std::uint64_t access) {
        if (!table)
            return abi::Error::no_binding;
        require(leaf_of(table) == page.value / 512, "wrong leaf page table");
        if (!lives(table) || !lives(frame))
            return abi::Error::revoked;
        std::uint64_t& entry = translations.at(page.value - first_vpn);
        require(entry == 0, "install over a translation");
        require(!uses(frame), "install of a frame under I/O");
        require(!is_mapped(frame_of(frame)), "install of a frame that is mapped");
        entry = abi::translation::present | access | frame_of(frame) << 12;
        return {};
    }

    std::uint64_t remove(abi::Capability table, abi::Vpn page) {
        ++removals;
        std::uint64_t& entry = translations.at(page.value - first_vpn);
        if (!table || !lives(table) || (entry == 0 && force_used))
            return libos::translation_gone;
        require(entry != 0, "removal of no translation");
        const std::uint64_t bits = entry & (abi::translation::accessed | abi::translation::dirty);
        entry = 0;
        return bits;
    }

    void perform(std::uint32_t count) {
        ++batches;
        for (std::uint32_t i = 0; i < count; ++i) {
            abi::TranslationRequest& request = batch.at(i);
            const std::uint64_t first = leaf_of(request.table) * 512 + request.index;
            using enum abi::TranslationOperation;
            const std::uint64_t bit = request.operation == clear_accessed
                                          ? abi::translation::accessed
                                          : abi::translation::dirty;
            request.error = 0;
            if (request.operation == remove) {
                request.value = this->remove(request.table, abi::Vpn{first});
                request.error = request.value == libos::translation_gone ? 4 : 0;
            } else if (!lives(request.table)) {
                request.error = 4;
            } else
                for (std::uint64_t page = first; page < first + request.count; ++page)
                    translations.at(page - first_vpn) &= ~bit;
        }
    }

    abi::Result<abi::Capability> bind_leaf_table(abi::Vpn page) {
        if (no_room)
            return std::unexpected(abi::Error::limit_reached);
        const std::uint64_t leaf = page.value / 512;
        return abi::Capability{(std::uint64_t{++table_generation_[leaf]} << 32) + table_base +
                               leaf};
    }
    void zero(abi::Capability frame, std::uint64_t offset) {
        if (offset == 0)
            contents.at(frame_of(frame)) = 0;
        tails_zeroed += offset != 0;
    }

    // Visible revocation: what is still wanted, and frames given back.
    bool is_asked(std::uint32_t number) const { return number == asked_number && wanted != 0; }
    bool has_time(std::uint32_t number) const { return is_asked(number) && !expired; }
    std::uint64_t least_frames() const { return least; }
    void pool_is(std::uint64_t frames) { pool = frames; }
    std::span<abi::Capability> drop_list() { return list; }
    void drop(std::uint32_t count) {
        ++drops;
        for (std::uint32_t i = 0; i < count; ++i) {
            const abi::Capability frame = list[i];
            if (taken.at(frame_of(frame)))
                continue; // it went by force
            require(!gone.at(frame_of(frame)), "a frame is given back twice");
            no_room = false;
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
        while (!ring.empty() && in_flight.size() < device_places) {
            const abi::IoRequest request = ring.front();
            ring.erase(ring.begin());
            start(request);
        }
    }
    bool take_completion(abi::IoCompletion& completion) {
        if (done.empty())
            return false;
        completion = done.front();
        done.pop_front();
        return true;
    }
    bool arm() {
        ring_doorbell();
        armed = true;
        return !done.empty();
    }
    void wait_for_completion() {
        require(!in_flight.empty() || !being_taken.empty(), "waits for ever: nothing is in flight");
        if (in_flight.empty())
            finish_taking();
        else
            complete(0);
    }
    void give_way() {
        if (others)
            others();
        else
            wait_for_completion();
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
            std::uint64_t& block = (request.extent == backing ? saved : disk).at(request.block);
            (request.operation == abi::IoOperation::read ? contents.at(frame) : block) =
                request.operation == abi::IoOperation::read ? block : contents.at(frame);
        }
        done.push_back({request.cookie, static_cast<std::uint32_t>(error), 0});
        armed = false; // told once
        if (takes_at_once)
            finish_taking();
    }

    /// Takes a frame by force: at once it has no name and no translation; its slot comes when no
    /// request uses it any more (`finish_taking`).
    void take(std::uint64_t frame) {
        require(!taken.at(frame) && !gone.at(frame), "taken twice");
        force_used = true;
        taken[frame] = true;
        std::uint16_t bits = 0;
        for (std::uint64_t& entry : translations)
            if (entry != 0 && (entry >> 12 & 0xffff'ffff) == frame) {
                bits |= static_cast<std::uint16_t>(
                    entry & (abi::translation::accessed | abi::translation::dirty));
                entry = 0;
            }
        being_taken.push_back({frame, bits});
        if (takes_at_once)
            finish_taking();
    }
    void finish_taking() {
        std::erase_if(being_taken, [&](const auto& item) {
            if (uses(capability_of(item.first)))
                return false;
            tell(abi::Kind::frame, capability_of(item.first), item.second, &contents[item.first]);
            contents[item.first] = 0xdead;
            wanted -= wanted != 0;
            return true;
        });
    }
    void take_table(std::uint64_t page) {
        force_used = true;
        const std::uint64_t leaf = (first_vpn + page) / 512;
        const abi::Capability name{(std::uint64_t{table_generation_[leaf]++} << 32) + table_base +
                                   leaf};
        for (std::uint64_t i = 0; i < translations.size(); ++i)
            if ((first_vpn + i) / 512 == leaf)
                translations[i] = 0;
        tell(abi::Kind::page_table, name, 0, nullptr);
    }

    // -- what the pager asks about that ------------------------------------------------------

    bool lives(abi::Capability name) const {
        if (name.value >= table_base) {
            const auto found = table_generation_.find(leaf_of(name));
            return found != table_generation_.end() && found->second == name.value >> 32;
        }
        return !taken.at(frame_of(name)) && !gone.at(frame_of(name));
    }
    std::uint64_t slots_used() const { return used; }
    std::uint64_t untold() const { return unrecorded; }
    std::uint64_t bindings_taken() const { return used + unrecorded; }
    abi::Repossession slot(std::uint32_t number) const { return slots.at(number); }
    void make_ready(std::uint32_t number) {
        slots.at(number).state = abi::RepossessionState::ready;
    }
    abi::IoRequest place_of(std::uint32_t number) const {
        return {backing, {}, number, abi::IoOperation::read, 0};
    }
    std::uint64_t disk_block_of(std::uint32_t number) const { return 1'000'000 + number; }
    bool has_ring() const { return ring_there; }
    void page_lost(std::uint64_t block) { lost.push_back(block); }
    void no_room_for_table(std::uint64_t) { ++tables_refused; }
    [[noreturn]] void refused(const char* call, abi::Error) { throw std::logic_error(call); }

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
    std::vector<bool> taken;                 // by frame: by force
    std::vector<std::uint64_t> disk;         // by block
    std::vector<std::uint64_t> saved = std::vector<std::uint64_t>(abi::repossession_slots);
    std::vector<abi::Repossession> slots = std::vector<abi::Repossession>(abi::repossession_slots);
    std::uint32_t places = abi::repossession_slots; // slots that have one
    std::uint64_t used = 0, unrecorded = 0;
    bool has_vector = true, takes_at_once = true, force_used = false;
    bool ring_there = true, no_room = false;
    std::uint64_t tables_refused = 0;
    std::size_t device_places = 64; // requests beyond stay in the ring
    std::vector<std::pair<std::uint64_t, std::uint16_t>> being_taken; // frame, bits
    std::vector<std::uint64_t> lost; // pages that were touched, and are nowhere
    std::vector<abi::IoRequest> ring, in_flight;
    std::deque<abi::IoCompletion> done;
    std::vector<libos::FaultingThread*> woken;
    std::function<void()> others; // what other threads do while one waits; none: stand still
    std::vector<IoFailure> failures;
    std::vector<Emitted> events;
    std::vector<abi::TranslationRequest> batch = std::vector<abi::TranslationRequest>(8);
    std::vector<abi::Capability> list = std::vector<abi::Capability>(4);
    std::uint32_t asked_number = 0;
    std::uint64_t wanted = 0; // frames, of that request
    bool expired = false;     // its deadline has passed
    std::uint64_t least = 3;
    std::uint64_t pool = 0;
    std::uint64_t drops = 0;
    std::uint64_t removals = 0;
    bool armed = false; // the next completion raises an upcall
    std::uint64_t batches = 0;
    std::uint64_t tails_zeroed = 0;

private:
    static constexpr std::uint64_t table_base = 0x10000;
    static constexpr abi::Capability backing{77};
    std::map<std::uint64_t, std::uint32_t> table_generation_; // by leaf

    static std::uint64_t leaf_of(abi::Capability table) {
        return (table.value & 0xffff'ffff) - table_base;
    }
    void tell(abi::Kind kind, abi::Capability name, std::uint16_t bits,
              const std::uint64_t* contents_of) {
        const std::uint64_t number = used % abi::repossession_slots;
        if (!has_vector || slots[number].state != abi::RepossessionState::ready) {
            ++unrecorded;
            return;
        }
        ++used;
        const bool saves = contents_of != nullptr && number < places;
        if (saves)
            saved[number] = *contents_of;
        slots[number] = {.state =
                             saves ? abi::RepossessionState::saved : abi::RepossessionState::lost,
                         .kind = kind,
                         .bits = bits,
                         .block = static_cast<std::uint32_t>(number),
                         .frame = 0,
                         .error = 0,
                         .binding = name,
                         .extent = backing};
    }

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
        require(request.extent == backing || request.block < disk.size(),
                "request beyond the disk");
        require(!gone.at(frame_of(request.frame)), "I/O with a frame that was given back");
        if (taken.at(frame_of(request.frame))) {
            done.push_back({request.cookie, static_cast<std::uint32_t>(abi::Error::revoked), 0});
            return;
        }
        require(!uses(request.frame), "a frame is reused before its I/O is complete");
        if (read) {
            require(!is_mapped(frame_of(request.frame)), "a read into a frame that is mapped");
            for (const abi::IoRequest& other : in_flight)
                require(other.block != request.block || other.extent != request.extent,
                        "a read does not wait for the write of its block");
        }
        in_flight.push_back(request);
    }
};

} // namespace vm_test
