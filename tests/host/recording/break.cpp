// tests/host/recording/break.cpp - changing a recording, and turning it into bytes.

#include "tests/host/recording/story.hpp"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string_view>

#include <unistd.h>

namespace story {

std::size_t index_of(const Recording& recording, Kind kind, std::size_t n) {
    for (std::size_t i = 0; i < recording.events.size(); ++i)
        if (recording.events[i].kind == static_cast<std::uint16_t>(kind) && n-- == 0)
            return i;
    throw std::out_of_range("the story has no such event");
}

Event& nth(Recording& recording, Kind kind, std::size_t n) {
    return recording.events[index_of(recording, kind, n)];
}

namespace {

std::size_t position(const Event& event, std::string_view field) {
    for (const abi::EventDefinition& definition : abi::event_definitions) {
        if (static_cast<std::uint16_t>(definition.event) != event.kind)
            continue;
        std::string_view rest = definition.fields;
        for (std::size_t i = 0; !rest.empty(); ++i) {
            const std::size_t end = std::min(rest.find(' '), rest.size());
            if (rest.substr(0, end) == field)
                return i;
            rest.remove_prefix(std::min(end + 1, rest.size()));
        }
    }
    throw std::out_of_range("the event has no such field");
}

void renumber(Recording& recording) {
    for (std::size_t i = 0; i < recording.events.size(); ++i)
        recording.events[i].sequence = i;
}

constexpr std::uint64_t page = 4096;

std::uint64_t ring_offset(std::size_t ring, std::uint64_t capacity) {
    return page + ring * (page + capacity * sizeof(abi::Record));
}

} // namespace

void set(Event& event, const char* field, std::uint64_t value) {
    event.payload[position(event, field)] = value;
}
std::uint64_t value_of(const Event& event, const char* field) {
    return event.payload[position(event, field)];
}

void erase(Recording& recording, std::size_t index) {
    recording.events.erase(recording.events.begin() + static_cast<std::ptrdiff_t>(index));
    renumber(recording);
}

void erase_all(Recording& recording, Kind kind) {
    std::erase_if(recording.events, [kind](const Event& event) {
        return event.kind == static_cast<std::uint16_t>(kind);
    });
    renumber(recording);
}

void insert(Recording& recording, std::size_t index, bool claim, Kind kind,
            std::initializer_list<std::uint64_t> words) {
    Event event;
    event.time = recording.events[index == 0 ? 0 : index - 1].time;
    event.environment = 1;
    if (!claim && kind == Kind::system_call)
        ++recording.result.system_calls;
    if (!claim && kind == Kind::page_fault)
        ++recording.result.faults;
    if (!claim && kind == Kind::interrupt)
        ++recording.result.interrupts;
    event.kind = static_cast<std::uint16_t>(kind);
    event.ring = claim ? 1 : 0;
    event.claim = claim;
    event.words = 3 * abi::records_of(kind) - 1;
    std::copy(words.begin(), words.end(), event.payload.begin());
    recording.events.insert(recording.events.begin() + static_cast<std::ptrdiff_t>(index), event);
    renumber(recording);
}

void move_event(Recording& recording, std::size_t from, std::size_t before) {
    Event event = recording.events[from];
    event.time = recording.events[before].time;
    recording.events.erase(recording.events.begin() + static_cast<std::ptrdiff_t>(from));
    if (from < before)
        --before;
    recording.events.insert(recording.events.begin() + static_cast<std::ptrdiff_t>(before), event);
    renumber(recording);
}

std::vector<abi::Record> records_of(const Recording& recording, std::uint32_t ring,
                                    std::uint64_t entry) {
    std::vector<abi::Record> records;
    for (const Event& event : recording.events) {
        if (event.ring != ring)
            continue;
        std::array<std::uint64_t, recording::largest_payload> words = event.payload;
        const auto kind = static_cast<Kind>(event.kind);
        if (kind == Kind::io_submitted) // the only other points in time
            words[5] += entry;
        if (kind == Kind::idle)
            words[1] += entry;
        records.push_back({event.time + entry, event.environment, event.processor, event.kind,
                           words[0], words[1]});
        for (unsigned n = 1; n < abi::records_of(kind); ++n)
            records.push_back(
                {words[std::size_t{3} * n - 1], event.environment, event.processor,
                 static_cast<std::uint16_t>(event.kind | n << abi::record_follow_shift),
                 words[std::size_t{3} * n], words[std::size_t{3} * n + 1]});
    }
    return records;
}

std::vector<std::byte> region_of(const Recording& recording, std::uint64_t entry,
                                 std::uint64_t capacity) {
    std::vector<std::byte> region(ring_offset(recording.rings.size(), capacity));
    abi::RegionHeader& header = header_of(region);
    header.magic = abi::region_magic;
    header.version = abi::region_version;
    header.ring_count = static_cast<std::uint32_t>(recording.rings.size());
    header.region_bytes = region.size();
    header.result = recording.result;
    header.result.ticks_at_entry = entry;
    header.result.ticks_at_start += entry;
    header.result.ticks_at_end += entry;
    for (std::uint32_t i = 0; i < recording.rings.size(); ++i) {
        header.rings[i] = {ring_offset(i, capacity), capacity, recording.rings[i].origin,
                           recording.rings[i].identity};
        const std::vector<abi::Record> records = records_of(recording, i, entry);
        ring_header_of(region, i).head = records.size();
        ring_header_of(region, i).lost = recording.rings[i].lost;
        std::copy(records.begin(), records.end(), ring_records_of(region, i));
    }
    return region;
}

abi::RegionHeader& header_of(std::vector<std::byte>& region) {
    return *reinterpret_cast<abi::RegionHeader*>(region.data());
}
abi::RingHeader& ring_header_of(std::vector<std::byte>& region, std::size_t ring) {
    return *reinterpret_cast<abi::RingHeader*>(region.data() +
                                               header_of(region).rings[ring].offset);
}
abi::Record* ring_records_of(std::vector<std::byte>& region, std::size_t ring) {
    return reinterpret_cast<abi::Record*>(region.data() + header_of(region).rings[ring].offset +
                                          page);
}

std::string temporary(const std::string& name) {
    const auto folder = std::filesystem::temp_directory_path() /
                        ("faultline-recording-tests-" + std::to_string(getpid()));
    std::filesystem::create_directories(folder);
    return (folder / name).string();
}

std::string bytes_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

void write_bytes(const std::string& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary) << bytes;
}

} // namespace story
