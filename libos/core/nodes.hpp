// libos/core/nodes.hpp - frames of a node: memory that some processors are nearer to than others.
//
// The exokernel says which node has which frames and how far nodes are apart (abi::Nodes); where a
// frame is to come from is chosen here, by binding it by its number.

#pragma once

#include <cstdint>
#include <span>

#include "bindings/abi/address.hpp"
#include "bindings/abi/capability.hpp"
#include "bindings/abi/error.hpp"
#include "bindings/abi/layout.hpp"

namespace libos {

/// What the exokernel says of nodes; it does not change while the machine runs.
inline const abi::Nodes& nodes() {
    return reinterpret_cast<const abi::SystemPage*>(abi::layout::system_page)->nodes;
}

/// The node that has this frame; most_nodes where nothing says so.
std::uint32_t node_of(abi::Pfn frame);

/// Binds free frames of `node`, zeroed, one for each place of `frames`; all of them or none.
/// Errors: out_of_range (there is no such node), no_memory (so many frames of it are not free;
/// others may be), those of bind_frames. Cost: one call where they follow each other, else at most
/// two for each frame of the node.
abi::Result<void> bind_frames_on_node(std::uint32_t node, std::span<abi::Capability> frames);

} // namespace libos
