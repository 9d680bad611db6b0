// libos/environment/child_space.hpp - an address space that is built for another environment.
//
// Everything is bound under one memory binding of the creator, so that dropping that binding frees
// whatever is left. A page's frame is mapped at a page of the creator's own while it is filled, and
// the creator keeps no mapping of it afterwards.

#pragma once

#include <span>

#include "bindings/abi/capability.hpp"
#include "bindings/abi/error.hpp"
#include "bindings/abi/layout.hpp"

namespace libos {

class ChildSpace {
public:
    /// `memory`: what frames and tables are bound under. `root`: the child's, with control.
    ChildSpace(abi::Capability memory, abi::Capability root) : memory_{memory}, root_{root} {}

    // Errors of all: those of the calls, no_memory and limit_reached above all.

    /// A frame, zeroed, under the memory binding.
    abi::Result<abi::Capability> bind_frame() const;
    /// `count` frames that follow each other, as a capability table needs them.
    abi::Result<void> bind_run(std::span<abi::Capability> frames) const;

    /// Maps a new frame, which begins with `content`; the rest stays zero.
    abi::Result<abi::Capability> add_page(std::uint64_t address, std::uint64_t access,
                                          std::span<const char> content = {});
    /// Maps a frame that the creator has.
    abi::Result<void> map(std::uint64_t address, abi::Capability frame, std::uint64_t access);

    /// The leaf table of the 2 MiB around `address`, bound when first needed. At most 64 of them,
    /// in the first GiB. Error: out_of_range (beyond those).
    abi::Result<abi::Capability> leaf(std::uint64_t address);

private:
    abi::Result<abi::Capability> bind_table(std::uint64_t address, std::uint32_t level) const;

    abi::Capability memory_, root_;
    bool has_upper_tables_ = false;
    abi::Capability leaves_[64];
};

/// Maps `frame` at a page of the caller's own, and takes it away again. Upcalls must be disabled.
/// Errors: those of `install`.
abi::Result<void*> show_frame(abi::Capability frame);
void hide_frame();

/// Both, around `use`, which gets the address.
template <class Use> abi::Result<void> with_frame(abi::Capability frame, Use use) {
    void* const page = TRY(show_frame(frame));
    use(page);
    hide_frame();
    return {};
}

} // namespace libos
