// exokernel/memory/bind_view.cpp - system call `bind_view`: reading what the kernel knows.
//
// The bindings made here name frames that are not the caller's: read-only, and not to be passed on.
// Only the caller's own recording ring is writable.

#include "exokernel/boot/boot_information.hpp"
#include "exokernel/memory/bind_frames.hpp"
#include "exokernel/syscall/table.hpp"

namespace exokernel {

namespace {

struct Viewed {
    std::uint64_t pfn;
    std::uint32_t rights;
    CapabilityEntry* parent = nullptr; // what the view is derived from
};

abi::Result<Viewed> find_view(Environment& caller, std::uint64_t what, std::uint64_t index) {
    const auto within = [index](std::uint64_t first, std::uint64_t count,
                                std::uint32_t rights) -> abi::Result<Viewed> {
        if (index >= count)
            return std::unexpected(Error::out_of_range);
        return Viewed{first + index, rights, nullptr};
    };
    switch (what) {
    case static_cast<std::uint64_t>(abi::View::system_page):
        return within(physical_of(&system_page()) >> 12, 1, rights::read);
    case static_cast<std::uint64_t>(abi::View::capability_table):
        return within(physical_of(caller.capabilities) >> 12, caller.capability_frames,
                      rights::read);
    case static_cast<std::uint64_t>(abi::View::archive): {
        if (caller.parent != nullptr)
            return std::unexpected(Error::access_denied);
        const MemoryRange& module = boot_information.module;
        return within(module.begin >> 12, ((module.end + 4095) >> 12) - (module.begin >> 12),
                      rights::read);
    }
    case static_cast<std::uint64_t>(abi::View::recording_ring): {
        Viewed view = TRY(
            within(caller.recording_first, caller.recording_count, rights::read | rights::write));
        // Given back or revoked, the ring is out of reach, with all views of it.
        view.parent = &caller.capabilities[abi::recording_slot];
        if (kind_of(*view.parent) != Kind::recording_ring)
            return std::unexpected(Error::no_binding);
        return view;
    }
    default:
        return std::unexpected(Error::invalid_argument);
    }
}

} // namespace

Reply sys_bind_view(Call& call) {
    const Viewed view = TRY(find_view(call.caller, call.argument0(), call.argument1()));
    const Binding binding = frame_binding(view.pfn, view.rights, view.parent);
    return TRY(make_binding(call.caller, binding))->name;
}

} // namespace exokernel
