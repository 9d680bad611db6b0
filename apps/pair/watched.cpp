// apps/pair/watched.cpp - starting, watching and burying the others.

#include "apps/pair/watched.hpp"

#include "bindings/abi/io_ring.hpp"
#include "bindings/abi/translation.hpp"
#include "libos/core/address_space.hpp"
#include "libos/core/format.hpp"
#include "libos/core/heap.hpp"
#include "libos/core/upcall.hpp"

namespace pair {

using libos::fail;

namespace {

std::uint64_t blocks_of(const File& file) {
    return (file.length + abi::block_size - 1) / abi::block_size;
}

} // namespace

File file_of_run() {
    const auto file = libos::manifest().file(0);
    if (!file)
        fail(abi::Error::not_present, "pair: needs a file; name one with `--file`");
    if (file->length == 0)
        fail(abi::Error::invalid_argument,
             "pair: {} is empty, and there is nothing to page; name another file with `--file`",
             file->name);
    return *file;
}

libos::Allowance allowance_of(const File& file, std::uint64_t frames, std::uint32_t disk_rights) {
    libos::Allowance allowance;
    allowance.frames = frames;
    allowance.first_block = file.first_block;
    allowance.blocks = blocks_of(file);
    allowance.disk_rights = disk_rights;
    return allowance;
}

libos::Allowance scratch_allowance(const File& file, std::uint64_t frames,
                                   libos::BlockRange blocks) {
    libos::Allowance allowance = allowance_of(file, frames, abi::rights::read | abi::rights::write);
    allowance.first_block += allowance.blocks + blocks.first;
    allowance.blocks = blocks.count;
    return allowance;
}

Watched start(std::string_view name, std::string_view program, std::string_view arguments,
              const File& file, std::uint64_t pool, const libos::Allowance& allowance,
              std::string_view lines) {
    char room[512];
    libos::Line line{room};
    const libos::FormatArgument words[] = {program,
                                           pool,
                                           libos::manifest().find("policy").value_or("clock"),
                                           libos::manifest().number("seed", 1),
                                           arguments,
                                           file.name,
                                           file.length,
                                           lines};
    line.format("app={}\nframes={}\npolicy={}\nseed={}\narguments={}\nfile={} 0 {}\n{}", words);
    const auto child = libos::spawn(program, line.text(), allowance);
    if (!child)
        fail(child.error(),
             "pair: starting {} with {} frames and blocks {} to {} failed: {}; the disk has {} "
             "blocks; take a smaller file with `--file`, or more memory with `--memory`",
             name, allowance.frames, allowance.first_block,
             allowance.first_block + allowance.blocks, name_of(child.error()),
             libos::start_information().disk_blocks);
    libos::print("{} is environment {}: {} {}\n", name, child->identity, program, arguments);
    const std::uint64_t page = libos::heap::adopt_pages({&child->pe_frame, 1});
    return {name, *child, reinterpret_cast<const volatile abi::ProcessorEnvironmentPage*>(page)};
}

void await_faults(const Watched& child, std::uint64_t faults) {
    while (child.page->faults < faults && !libos::end_of(child.held))
        libos::system_call::disregard(libos::system_call::yield());
}

void await_pages(const Watched& child, std::uint64_t faults) {
    await_faults(child, faults);
    const std::uint64_t slices = child.page->slices;
    while (child.page->slices < slices + 2 && !libos::end_of(child.held))
        libos::system_call::disregard(libos::system_call::yield());
}

bool await_end(const Watched& child, abi::EndReason reason) {
    for (;;) {
        if (const abi::EndNotice* const notice = libos::end_of(child.held)) {
            const auto found = static_cast<abi::EndReason>(notice->reason);
            const std::uint64_t status = notice->status;
            libos::print("{} has ended: {}, status {}\n", child.name, name_of(found), status);
            libos::bury(child.held);
            if (found == reason && status == 0)
                return true;
            libos::print("pair: {} should have ended so: {}, status 0; what it said itself is "
                         "above\n",
                         child.name, name_of(reason));
            return false;
        }
        const libos::UpcallsDisabled guard;
        libos::system_call::disregard(libos::system_call::wait());
    }
}

namespace {

// Frames of its allowance that it has not bound. The limit that the creator sees is the one that
// was granted: what was asked back since is taken off the child's own.
std::uint32_t unused_frames(const Watched& child) {
    const abi::CapabilityEntry& entry = libos::entry_of(child.held.frames);
    const std::uint64_t limit = entry.detail - child.asked;
    return limit > entry.object ? static_cast<std::uint32_t>(limit - entry.object) : 0;
}

} // namespace

void ask(Watched& child, std::string_view name, std::uint32_t count, std::uint64_t deadline) {
    const std::uint32_t wanted = unused_frames(child) + count;
    const auto result = libos::system_call::request_revocation(
        child.held.frames, child.held.environment, child.held.own_frames, wanted, deadline);
    if (result || result.error() == abi::Error::limit_reached) // some are missing: guaranteed
        child.asked += wanted;
    if (!result) {
        libos::print("asking {} for {} frames: {}\n", child.name, wanted, name_of(result.error()));
        return;
    }
    const std::uint64_t given = *result & 0xffff'ffff, taken = *result >> 32;
    libos::print("asked {} for {} frames: {} given back, {} taken by force\n", child.name, wanted,
                 given, taken);
    libos::print("@output.{}_asked={}\n@output.{}_given={}\n@output.{}_taken={}\n", name, wanted,
                 name, given, name, taken);
}

std::uint64_t living() {
    return reinterpret_cast<const volatile abi::SystemPage*>(abi::layout::system_page)
        ->environments;
}

Page::Page() {
    const libos::UpcallsDisabled guard;
    libos::bind_frames({&frame_, 1});
    address_ = libos::heap::adopt_pages({&frame_, 1});
}

} // namespace pair
