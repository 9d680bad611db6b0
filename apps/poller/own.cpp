// apps/poller/own.cpp - memory, disk and voice of a libOS that polls.

#include "apps/poller/own.hpp"

#include "bindings/abi/translation.hpp"

namespace poller {

namespace {

constexpr std::uint64_t vector_address = 0x1e'0000;
abi::IoRing* ring = nullptr;

Capability* bound() {
    return libos::request_area::at<Capability>(libos::request_area::capabilities);
}

void map_low(std::uint64_t address, Capability frame) {
    needed("mapping a page", call::install(start().low_table, page_of(abi::VirtualAddress{address}),
                                           frame, abi::access::write));
}

} // namespace

std::string_view manifest_value(std::string_view key) {
    std::string_view rest{reinterpret_cast<const char*>(abi::layout::manifest),
                          start().manifest_bytes};
    while (!rest.empty()) {
        const std::string_view line = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(line.size() < rest.size() ? line.size() + 1 : rest.size());
        if (line.size() > key.size() && line.starts_with(key) && line[key.size()] == '=')
            return line.substr(key.size() + 1);
    }
    return {};
}

void say_text(std::string_view line) {
    char* const area = libos::request_area::at<char>(libos::request_area::text);
    for (std::size_t i = 0; i != line.size(); ++i)
        area[i] = line[i];
    area[line.size()] = '\n';
    call::disregard(
        call::write_console(start().console, libos::request_area::text, line.size() + 1));
}

void give_up(std::string_view what, abi::Error error) {
    say("poller: {} was refused: {}", what, name_of(error));
    call::end(static_cast<std::uint32_t>(error));
}

Capability bind_frame() {
    needed("binding a frame",
           call::bind_frames(start().memory, abi::any_frame, 1, libos::request_area::capabilities));
    return *bound();
}

Capability bind_leaf(std::uint64_t address) {
    const Capability root = start().root_table;
    needed("binding a page table", call::bind_page_table(root, bind_frame(), {}, address, 2));
    const Capability frame = bind_frame();
    const Capability links = bind_frame();
    return {needed("binding a leaf table", call::bind_page_table(root, frame, links, address, 1))};
}

void open_ring() {
    Capability frame = start().ring_frame;
    if (!frame) {
        frame = bind_frame();
        map_low(abi::layout::io_ring, frame);
    }
    needed("binding an I/O ring", call::bind_io_ring(frame));
    ring = reinterpret_cast<abi::IoRing*>(abi::layout::io_ring);
    ring->completion_event = ring->completion_consumer - 1; // never passed: no upcall is raised
}

void begin(abi::IoOperation operation, std::uint32_t block, Capability frame,
           std::uint64_t cookie) {
    const std::uint32_t producer = ring->request_producer;
    ring->requests[producer % abi::io_ring_slots] = {start().disk, frame, block, operation, cookie};
    __atomic_store_n(&ring->request_producer, producer + 1, __ATOMIC_RELEASE);
    needed("ringing the doorbell", call::submit_io());
}

abi::IoCompletion await() {
    const std::uint32_t consumer = ring->completion_consumer;
    while (__atomic_load_n(&ring->completion_producer, __ATOMIC_ACQUIRE) == consumer) {
        // The device may have had no place for all of them.
        if (__atomic_load_n(&ring->request_consumer, __ATOMIC_ACQUIRE) != ring->request_producer)
            needed("ringing the doorbell", call::submit_io());
        needed("yielding", call::yield());
    }
    const abi::IoCompletion completion = ring->completions[consumer % abi::io_ring_slots];
    __atomic_store_n(&ring->completion_consumer, consumer + 1, __ATOMIC_RELEASE);
    if (completion.error != 0)
        give_up("a transfer", static_cast<abi::Error>(completion.error));
    return completion;
}

void open_vector(std::uint32_t first, std::uint32_t places) {
    const Capability frame = bind_frame();
    map_low(vector_address, frame);
    needed("binding a repossession vector", call::bind_repossession_vector(frame));
    auto& vector = *reinterpret_cast<abi::RepossessionVector*>(vector_address);
    for (std::uint32_t i = 0; i != places; ++i) {
        vector.slots[i].extent = start().disk;
        vector.slots[i].block = first + i;
        __atomic_store_n(reinterpret_cast<std::uint8_t*>(&vector.slots[i].state),
                         static_cast<std::uint8_t>(abi::RepossessionState::ready),
                         __ATOMIC_RELEASE);
    }
}

const abi::Repossession* taken(std::uint64_t n) {
    if (pe().repossessed <= n)
        return nullptr;
    const auto& slot = reinterpret_cast<const abi::RepossessionVector*>(vector_address)
                           ->slots[n % abi::repossession_slots];
    const auto state = static_cast<abi::RepossessionState>(
        __atomic_load_n(reinterpret_cast<const std::uint8_t*>(&slot.state), __ATOMIC_ACQUIRE));
    return state == abi::RepossessionState::saving ? nullptr : &slot;
}

} // namespace poller
