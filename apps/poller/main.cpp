// apps/poller/main.cpp - sums a file through a circular buffer, or does one of three other things.
//
// `arguments` of the manifest says which: nothing (sums), `refuse`, `crash`, `watch`.

#include "apps/poller/circular_buffer.hpp"
#include "bindings/abi/translation.hpp"

extern "C" void poller_faulting_handler();

namespace poller {

namespace {

std::uint64_t number_in(std::string_view text) {
    std::uint64_t value = 0;
    for (const char digit : text) {
        if (digit < '0' || digit > '9')
            break;
        value = value * 10 + static_cast<std::uint64_t>(digit - '0');
    }
    return value;
}

std::uint32_t frames_wanted() {
    const std::uint64_t frames = number_in(manifest_value("frames"));
    return frames < 2 ? 2 : static_cast<std::uint32_t>(frames);
}

// `file=NAME FIRST LENGTH`
struct File {
    std::uint32_t first_block;
    std::uint64_t length;
};
File file_of_manifest() {
    const std::string_view line = manifest_value("file");
    const std::size_t last = line.rfind(' ');
    const std::size_t middle = line.rfind(' ', last - 1);
    if (line.empty() || last == std::string_view::npos || middle == std::string_view::npos)
        give_up("running without a file", abi::Error::not_present);
    return {static_cast<std::uint32_t>(number_in(line.substr(middle + 1))),
            number_in(line.substr(last + 1))};
}

// -- summing ---------------------------------------------------------------------------------

CircularBuffer buffer;

struct Sums {
    std::uint64_t lines = 0, longest = 0, sum = 0;
};

// Takes whole lines from the front of [begin, end) of the stream; returns where it stopped.
std::uint64_t take_lines(std::uint64_t begin, std::uint64_t end, bool last, Sums& sums) {
    const char* const text = buffer.at(begin); // in one piece, wherever it wraps
    std::uint64_t line = 0;
    for (std::uint64_t i = 0; i != end - begin; ++i) {
        sums.sum += static_cast<unsigned char>(text[i]);
        if (text[i] != '\n')
            continue;
        ++sums.lines;
        sums.longest = i - line > sums.longest ? i - line : sums.longest;
        line = i + 1;
    }
    // The rest of a line is looked at again together with its other part, so it is not summed yet.
    const std::uint64_t rest = last ? 0 : end - begin - line;
    for (std::uint64_t i = end - begin - rest; i != end - begin; ++i)
        sums.sum -= static_cast<unsigned char>(text[i]);
    return end - rest;
}

// Reads one buffer full at a time: simple, and between two fills the buffer may shrink.
Sums sum_file(const File& file) {
    Sums sums;
    std::uint64_t front = 0; // of the stream: what was taken so far
    std::uint64_t read = 0;  // whole blocks read so far, in bytes
    while (front < file.length) {
        if (const std::uint32_t count = asked_for(); count != 0) {
            const std::uint32_t spare = buffer.frames() - 2; // a line needs some room
            buffer.shrink(count < spare ? count : spare);
            say("asked for {} frames: the buffer has {} now", count, buffer.frames());
            read = front / abi::page_size * abi::page_size; // its contents are read again
        }
        std::uint32_t started = 0;
        for (; read < file.length && read + abi::page_size - front <= buffer.bytes();
             read += abi::page_size, ++started)
            begin(abi::IoOperation::read,
                  file.first_block + static_cast<std::uint32_t>(read / abi::page_size),
                  buffer.frame(read / abi::page_size), read);
        for (; started != 0; --started)
            (void)await();
        const std::uint64_t end = read < file.length ? read : file.length;
        const std::uint64_t before = front;
        front = take_lines(front, end, end == file.length, sums);
        if (front == before)
            give_up("a line longer than the buffer", abi::Error::limit_reached);
    }
    return sums;
}

std::uint32_t sum() {
    const File file = file_of_manifest();
    buffer.open(frames_wanted());
    open_ring();
    const Sums sums = sum_file(file);
    say("{} bytes in {} lines, the longest has {}; the bytes add up to {}", file.length, sums.lines,
        sums.longest, sums.sum);
    say("@output.poller_lines={}", sums.lines);
    say("@output.poller_longest={}", sums.longest);
    say("@output.poller_sum={}", sums.sum);
    return 0;
}

// -- refusing --------------------------------------------------------------------------------

std::uint64_t pattern_of(std::uint32_t frame) { return 0x5eed'0000 + frame; }

std::uint32_t frame_called(Capability name, const Capability* frames, std::uint32_t count) {
    std::uint32_t i = 0;
    while (i != count && frames[i] != name)
        ++i;
    return i;
}

/// Fills frames, gives none back, and looks for what was taken at the places it had named.
std::uint32_t refuse() {
    static Capability frames[CircularBuffer::limit];
    const std::uint32_t count = frames_wanted() < 64 ? frames_wanted() : 64;
    const std::uint64_t address = std::uint64_t{1} << 30;
    const Capability leaf = bind_leaf(address);
    for (std::uint32_t i = 0; i != count; ++i) {
        frames[i] = bind_frame();
        needed("mapping a frame", call::install(leaf, abi::Vpn{i}, frames[i], abi::access::write));
        *reinterpret_cast<volatile std::uint64_t*>(address + i * abi::page_size) = pattern_of(i);
    }
    open_ring();
    open_vector(0, 64);
    say("has {} frames and gives none back", count);
    while (pe().repossessed == 0)
        needed("yielding", call::yield());
    // The first of its frames is the last to go: it serves to read with.
    std::uint64_t lost = 0;
    std::uint64_t equal = 0;
    for (; lost != pe().repossessed; ++lost) {
        const abi::Repossession* slot = taken(lost);
        for (; slot == nullptr; slot = taken(lost))
            needed("yielding", call::yield());
        const std::uint32_t frame = frame_called(slot->binding, frames, count);
        if (slot->state != abi::RepossessionState::saved || frame == count)
            continue;
        begin(abi::IoOperation::read, slot->block, frames[0], 0);
        (void)await();
        equal += *reinterpret_cast<volatile std::uint64_t*>(address) == pattern_of(frame) ? 1 : 0;
    }
    say("lost {} frames by force; of {} the contents are where it wanted them", lost, equal);
    say("@output.refuser_lost={}", lost);
    say("@output.refuser_saved={}", equal);
    return 0;
}

// -- crashing, watching ------------------------------------------------------------------------

std::uint32_t crash() {
    say("its fault handler faults");
    needed("setting an entry point",
           call::set_entry({}, abi::Entry::page_fault,
                           reinterpret_cast<std::uint64_t>(poller_faulting_handler)));
    pe().upcalls_disabled = 0;
    return static_cast<std::uint32_t>(*reinterpret_cast<volatile std::uint64_t*>(8));
}

/// Reads a page that it was lent until it is asked to give it back.
std::uint32_t watch() {
    const Capability lent = start().lent[0];
    constexpr std::uint64_t address = 0x1d'0000;
    const abi::Vpn page = page_of(abi::VirtualAddress{address});
    const auto written = call::install(start().low_table, page, lent, abi::access::write);
    say("mapping the lent page for writing: {}", written ? "granted" : name_of(written.error()));
    needed("mapping the lent page", call::install(start().low_table, page, lent, 0));
    const auto& value = *reinterpret_cast<const volatile std::uint64_t*>(address);
    const std::uint64_t first = value;
    while (!is_asked_for(lent))
        needed("yielding", call::yield());
    say("the lent page said {} and then {}; gives it back", first, value);
    say("@output.watcher_saw={}", value);
    needed("unmapping it", call::remove(start().low_table, page));
    needed("giving it back", call::drop(lent));
    needed("yielding", call::yield()); // whoever asked hears of it while this lives
    return 0;
}

} // namespace

extern "C" [[noreturn]] void poller_start() {
    const std::string_view mode = manifest_value("arguments");
    if (mode == "refuse")
        call::end(refuse());
    if (mode == "crash")
        call::end(crash());
    if (mode == "watch")
        call::end(watch());
    call::end(sum());
}

} // namespace poller
