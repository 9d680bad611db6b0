// tools/recorder/recorder.cpp - draining a region into a recording.

#include "tools/recorder/recorder.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "tools/recorder/region.hpp"
#include "tools/recording_file/assemble.hpp"
#include "tools/recording_file/writer.hpp"

namespace recorder {
namespace {

using recording::Assembler;
using recording::Flag;
using recording::Reason;

// Which words of which records are points in time, apart from the time of each first record:
// the payload fields named `due`. bits 0, 1, 2 of an element: time, a, b of that record.
std::array<std::uint8_t, 1 << 16> make_time_words() {
    std::array<std::uint8_t, 1 << 16> words{};
    for (const abi::EventDefinition& definition : abi::event_definitions) {
        std::string_view fields = definition.fields;
        for (unsigned word = 0; !fields.empty(); ++word) {
            const std::size_t end = std::min(fields.find(' '), fields.size());
            if (fields.substr(0, end) == "due") {
                const unsigned record = word < 2 ? 0 : 1 + (word - 2) / 3;
                const unsigned slot = word < 2 ? word + 1 : (word - 2) % 3;
                const auto kind =
                    static_cast<unsigned>(definition.event) | record << abi::record_follow_shift;
                words[kind] = static_cast<std::uint8_t>(words[kind] | 1u << slot);
            }
            fields.remove_prefix(std::min(end + 1, fields.size()));
        }
    }
    return words;
}

// Makes times relative to kernel entry. A point in time that is 0 means "none" and stays 0.
class Clock {
public:
    explicit Clock(std::uint64_t entry) : entry_(entry) {}

    std::uint64_t relative(std::uint64_t ticks) const {
        return ticks < entry_ ? 0 : ticks - entry_;
    }

    // True if the record has a time before kernel entry.
    bool apply(abi::Record& record) const {
        static const std::array<std::uint8_t, 1 << 16> time_words = make_time_words();
        const bool first = record.kind >> abi::record_follow_shift == 0;
        const bool before = first && record.time < entry_;
        const unsigned words = time_words[record.kind] | (first ? 1u : 0u);
        if ((words & 1) != 0)
            record.time = relative(record.time);
        if ((words & 2) != 0)
            record.a = relative(record.a);
        if ((words & 4) != 0)
            record.b = relative(record.b);
        return before;
    }

private:
    std::uint64_t entry_;
};

abi::RunResult relative(abi::RunResult result, const Clock& clock, std::vector<Flag>& flags) {
    if (result.outcome > abi::Outcome::recording_full) {
        flags.push_back({recording::no_ring, Reason::impossible_result,
                         static_cast<std::uint64_t>(result.outcome)});
        result.outcome = abi::Outcome::none;
    }
    result.ticks_at_start = clock.relative(result.ticks_at_start);
    result.ticks_at_end = clock.relative(result.ticks_at_end);
    result.ticks_at_entry = 0;
    return result;
}

void drain_ring(const CheckedRing& ring, std::uint32_t number, const Clock& clock,
                Assembler& assembler, recording::Writer& writer) {
    std::array<abi::Record, recording::records_per_chunk> records{};
    for (std::uint64_t first = 0; first < ring.head; first += records.size()) {
        const std::size_t count = std::min<std::uint64_t>(records.size(), ring.head - first);
        const std::span part = std::span(records).first(count);
        fetch(ring.records + first * sizeof(abi::Record), std::as_writable_bytes(part));
        for (std::size_t i = 0; i < count; ++i) {
            if (clock.apply(part[i]))
                assembler.flag(Reason::time_before_entry, first + i);
            assembler.take(part[i], nullptr);
        }
        writer.chunk(number, first, 0, part.data(), count);
    }
    assembler.end(false, nullptr);

    // A second look, only to compare: the run is over, so nothing may move any more.
    const std::uint64_t head = fetch_word(ring.indices + offsetof(abi::RingHeader, head));
    if (head < ring.head)
        assembler.flag(Reason::head_ran_backwards, head);
    else if (head > ring.head && head <= ring.descriptor.capacity)
        assembler.flag(Reason::head_moved_while_draining, head);
}

} // namespace

bool drain(std::span<const std::byte> region, const Facts& facts, const std::string& out_file,
           Summary& summary, std::string& error) {
    const std::optional<abi::RegionHeader> found = fetch_header(region, error);
    if (!found)
        return false;
    summary = Summary{};
    const Clock clock(found->result.ticks_at_entry);
    recording::Header header;
    header.facts = facts;
    header.result = relative(found->result, clock, header.flags);
    const std::vector<CheckedRing> rings = check_rings(region, *found, header.flags);
    std::vector<std::uint32_t> processors;
    for (const CheckedRing& ring : rings) {
        header.rings.push_back(
            {ring.descriptor.origin, ring.descriptor.identity, ring.head, ring.lost});
        summary.records += ring.head;
        summary.lost += ring.lost;
        if (ring.descriptor.origin != abi::RingOrigin::kernel)
            continue;
        processors.push_back(ring.descriptor.identity);
        const auto count = [&](std::size_t at) { return fetch_word(ring.indices + at); };
        header.result.system_calls += count(offsetof(abi::RingHeader, system_calls));
        header.result.faults += count(offsetof(abi::RingHeader, faults));
        header.result.interrupts += count(offsetof(abi::RingHeader, interrupts));
    }
    summary.result = header.result;
    summary.flags = header.flags;

    recording::Writer writer(out_file, header);
    std::vector<Flag> flags;
    for (std::uint32_t i = 0; i < rings.size(); ++i) {
        Assembler assembler(i, header.rings[i], processors);
        drain_ring(rings[i], i, clock, assembler, writer);
        flags.insert(flags.end(), assembler.flags().begin(), assembler.flags().end());
    }
    summary.flags.insert(summary.flags.end(), flags.begin(), flags.end());
    return writer.finish(flags, error);
}

bool drain(const std::string& region_file, const Facts& facts, const std::string& out_file,
           Summary& summary, std::string& error) {
    const MappedFile file(region_file, error);
    return file && drain(file.bytes(), facts, out_file, summary, error);
}

abi::RunResult read_result(const std::string& region_file, std::string* error) {
    std::string reason;
    const MappedFile file(region_file, reason);
    std::optional<abi::RegionHeader> header;
    if (file)
        header = fetch_header(file.bytes(), reason);
    if (error != nullptr)
        *error = reason;
    if (!header)
        return {};
    header->result.message[sizeof header->result.message - 1] = '\0';
    return header->result;
}

std::uint64_t lost_records(const std::string& region_file) {
    std::string ignored;
    const MappedFile file(region_file, ignored);
    std::optional<abi::RegionHeader> header;
    if (file)
        header = fetch_header(file.bytes(), ignored);
    if (!header)
        return 0;
    std::vector<Flag> flags;
    std::uint64_t lost = 0;
    for (const CheckedRing& ring : check_rings(file.bytes(), *header, flags))
        lost += ring.lost;
    return lost;
}

} // namespace recorder
