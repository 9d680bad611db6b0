// libos/core/heap.cpp - grows the heap by frames and keeps free blocks by size.

#include "libos/core/heap.hpp"

#include <bit>
#include <new>

#include "libos/core/address_space.hpp"
#include "libos/core/start.hpp"
#include "libos/core/system_call.hpp"
#include "libos/core/upcall.hpp"

namespace libos::heap {

namespace {

constexpr std::uint64_t leaf_bytes = abi::entries_per_table * abi::page_size;

struct FreeBlock {
    FreeBlock* next;
};
constexpr std::size_t smallest_shift = 4;
FreeBlock* free_blocks[40];
std::uint64_t chunk = 0; // rest of the pages taken last, given out in small blocks
std::uint64_t chunk_end = 0;

std::uint64_t next_page = address_range::heap;
abi::Capability leaf; // of the 2 MiB that next_page lies in
std::uint64_t leaf_base = 0;
bool guarantees = false; // new frames

void map_page(std::uint64_t address, abi::Capability frame) {
    const std::uint64_t base = address / leaf_bytes * leaf_bytes;
    if (base != leaf_base) {
        leaf = bind_leaf_table(address);
        leaf_base = base;
    }
    const auto installed = system_call::install(leaf, page_of(abi::VirtualAddress{address}), frame,
                                                abi::access::write);
    if (!installed)
        fail(installed.error(), "libos: mapping a heap page at 0x{x} failed: {}", address,
             name_of(installed.error()));
}

void require_room(std::uint64_t pages) {
    if (pages > (address_range::heap_end - next_page) / abi::page_size)
        fail(abi::Error::no_memory, "libos: the heap cannot grow by {} pages: its range is full",
             pages);
}

std::uint64_t take_pages(std::uint64_t pages) {
    require_room(pages);
    const UpcallsDisabled guard; // the handler binds frames through the same request area
    const std::uint64_t begin = next_page;
    while (pages != 0) {
        abi::Capability frames[64];
        const std::uint64_t count = pages < 64 ? pages : 64;
        bind_frames(std::span{frames}.first(count));
        for (std::uint64_t i = 0; i < count; ++i, next_page += abi::page_size) {
            if (guarantees) // until the set is full
                guarantees = system_call::guarantee(frames[i]).has_value();
            map_page(next_page, frames[i]);
        }
        pages -= count;
    }
    return begin;
}

/// The block size, as a shift, that holds `bytes`.
std::size_t shift_of(std::size_t bytes) {
    const std::size_t least = std::size_t{1} << smallest_shift;
    return static_cast<std::size_t>(std::countr_zero(std::bit_ceil(bytes < least ? least : bytes)));
}

} // namespace

void* allocate(std::size_t bytes) {
    const UpcallsDisabled guard; // the end of a slice may come at any instruction
    if (bytes >= 2 * abi::page_size)
        return reinterpret_cast<void*>(take_pages((bytes + abi::page_size - 1) / abi::page_size));
    const std::size_t shift = shift_of(bytes);
    if (FreeBlock* const block = free_blocks[shift]) {
        free_blocks[shift] = block->next;
        __builtin_memset(static_cast<void*>(block), 0, std::size_t{1} << shift);
        return block;
    }
    const std::uint64_t size = std::uint64_t{1} << shift;
    chunk = (chunk + size - 1) / size * size;
    if (chunk + size > chunk_end) {
        constexpr std::uint64_t chunk_pages = 16;
        chunk = take_pages(chunk_pages);
        chunk_end = chunk + chunk_pages * abi::page_size;
    }
    const std::uint64_t block = chunk;
    chunk += size;
    return reinterpret_cast<void*>(block);
}

void release(void* memory, std::size_t bytes) {
    if (memory == nullptr || bytes >= 2 * abi::page_size)
        return; // whole pages stay with the libOS
    auto* const block = static_cast<FreeBlock*>(memory);
    const std::size_t shift = shift_of(bytes);
    const UpcallsDisabled guard;
    block->next = free_blocks[shift];
    free_blocks[shift] = block;
}

void guarantee_growth() { guarantees = true; }

std::uint64_t allocate_pages(std::uint64_t pages) {
    require_room(pages + 1);
    const UpcallsDisabled guard;
    next_page += abi::page_size;
    return take_pages(pages);
}

std::uint64_t adopt_pages(std::span<const abi::Capability> frames) {
    require_room(frames.size());
    const UpcallsDisabled guard;
    const std::uint64_t begin = next_page;
    for (const abi::Capability frame : frames) {
        map_page(next_page, frame);
        next_page += abi::page_size;
    }
    return begin;
}

} // namespace libos::heap

// What `new` and `delete` of an application stand on.
void* operator new(std::size_t bytes) { return libos::heap::allocate(bytes); }
void* operator new[](std::size_t bytes) { return libos::heap::allocate(bytes); }
void operator delete(void*) noexcept {} // size unknown: stays taken
void operator delete[](void*) noexcept {}
void operator delete(void* memory, std::size_t bytes) noexcept {
    libos::heap::release(memory, bytes);
}
void operator delete[](void* memory, std::size_t bytes) noexcept {
    libos::heap::release(memory, bytes);
}
