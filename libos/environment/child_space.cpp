// libos/environment/child_space.cpp - frames, tables and pages of another environment.

#include "libos/environment/child_space.hpp"

#include "bindings/abi/translation.hpp"
#include "libos/core/address_space.hpp"
#include "libos/core/system_call.hpp"

namespace libos {

namespace {

constexpr std::uint64_t leaf_bytes = abi::entries_per_table * abi::page_size;
constexpr abi::Vpn shown_page = page_of(abi::VirtualAddress{address_range::child_page});

abi::Capability shown_table() {
    static abi::Capability table;
    if (!table)
        table = bind_leaf_table(address_range::child_page);
    return table;
}

abi::Capability* bound() { return request_area::at<abi::Capability>(request_area::capabilities); }

const volatile abi::SystemPage& facts() {
    return *reinterpret_cast<const volatile abi::SystemPage*>(abi::layout::system_page);
}

} // namespace

abi::Result<void*> show_frame(abi::Capability frame) {
    TRY(system_call::install(shown_table(), shown_page, frame, abi::access::write));
    return reinterpret_cast<void*>(address_range::child_page);
}

void hide_frame() { system_call::disregard(system_call::remove(shown_table(), shown_page)); }

abi::Result<abi::Capability> ChildSpace::bind_frame() const {
    TRY(system_call::bind_frames(memory_, abi::any_frame, 1, request_area::capabilities));
    return *bound();
}

abi::Result<void> ChildSpace::bind_run(std::span<abi::Capability> frames) const {
    // Free frames follow each other where nothing was bound yet: at the end of memory. From there
    // downwards some run is free, unless memory is nearly full.
    const std::uint64_t count = frames.size();
    for (std::uint64_t first = facts().total_frames; first > count; --first) {
        const auto run =
            system_call::bind_frames(memory_, first - count, count, request_area::capabilities);
        if (run) {
            for (std::uint64_t i = 0; i != count; ++i)
                frames[i] = bound()[i];
            return {};
        }
        if (run.error() != abi::Error::occupied && run.error() != abi::Error::out_of_range)
            return std::unexpected(run.error());
    }
    return std::unexpected(abi::Error::no_memory);
}

abi::Result<abi::Capability> ChildSpace::bind_table(std::uint64_t address,
                                                    std::uint32_t level) const {
    const abi::Capability frame = TRY(bind_frame());
    const abi::Capability links = level == 1 ? TRY(bind_frame()) : abi::Capability{};
    return abi::Capability{TRY(system_call::bind_page_table(root_, frame, links, address, level))};
}

abi::Result<abi::Capability> ChildSpace::leaf(std::uint64_t address) {
    const std::uint64_t index = address / leaf_bytes;
    if (index >= std::size(leaves_))
        return std::unexpected(abi::Error::out_of_range);
    if (!has_upper_tables_) {
        TRY(bind_table(0, 3));
        TRY(bind_table(0, 2));
        has_upper_tables_ = true;
    }
    if (!leaves_[index])
        leaves_[index] = TRY(bind_table(address, 1));
    return leaves_[index];
}

abi::Result<void> ChildSpace::map(std::uint64_t address, abi::Capability frame,
                                  std::uint64_t access) {
    const abi::Capability table = TRY(leaf(address));
    TRY(system_call::install(table, page_of(abi::VirtualAddress{address}), frame, access));
    return {};
}

abi::Result<abi::Capability> ChildSpace::add_page(std::uint64_t address, std::uint64_t access,
                                                  std::span<const char> content) {
    const abi::Capability frame = TRY(bind_frame());
    if (!content.empty())
        TRY(with_frame(frame, [&](void* page) {
            __builtin_memcpy(page, content.data(),
                             content.size() < abi::page_size ? content.size() : abi::page_size);
        }));
    TRY(map(address, frame, access));
    return frame;
}

} // namespace libos
