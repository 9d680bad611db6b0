// tests/guests/nodes/main.cpp - binds frames of each node, then all of the last one. What it was
// told is printed as results, the numbers of the frames as well: the host knows the machine that it
// made.

#include <algorithm>
#include <array>

#include "libos/core/address_space.hpp"
#include "libos/core/nodes.hpp"
#include "libos/core/start.hpp"
#include "libos/core/system_call.hpp"
#include "tests/qemu/support/check.hpp"

namespace {

using abi::Capability;
using abi::Error;

std::uint64_t number_of(Capability frame) { return libos::frame_number(frame).value; }

void bind_some(std::uint32_t node) {
    std::array<Capability, 40> frames;
    const auto bound = libos::bind_frames_on_node(node, frames);
    check::that("frames of a node are bound", bound.has_value());
    std::uint64_t lowest = ~std::uint64_t{0}, highest = 0;
    for (const Capability frame : frames) {
        lowest = std::min(lowest, number_of(frame));
        highest = std::max(highest, number_of(frame));
        if (libos::node_of(libos::frame_number(frame)) != node)
            check::equal("a frame's node", libos::node_of(libos::frame_number(frame)), node);
    }
    libos::print("@output.lowest_of_{}={}\n@output.highest_of_{}={}\n", node, lowest, node,
                 highest);
    for (const Capability frame : frames)
        check::needed("giving a frame back", libos::system_call::drop(frame));
}

void bind_all(std::uint32_t node) {
    static Capability frames[4096];
    std::uint64_t count = 0;
    while (count != std::size(frames) && libos::bind_frames_on_node(node, {&frames[count], 1}))
        ++count;
    libos::print("@output.frames_of_last={}\n", count);
    const auto& facts =
        *reinterpret_cast<const volatile abi::SystemPage*>(abi::layout::system_page);
    Capability more[2];
    const auto refused = [&](std::uint32_t of, std::size_t wanted) {
        const auto bound = libos::bind_frames_on_node(of, std::span{more}.first(wanted));
        return bound ? Error{} : bound.error();
    };
    check::that("a node with no frame left says so", refused(node, 1) == Error::no_memory);
    check::that("others have some", facts.free_frames != 0);
    const std::uint64_t number = number_of(frames[count / 2]);
    check::needed("giving a frame back", libos::system_call::drop(frames[count / 2]));
    const std::uint64_t free = facts.free_frames;
    check::that("where two are wanted and one is free", refused(node, 2) == Error::no_memory);
    check::equal("none is bound", facts.free_frames, free);
    check::that("that one is bound", refused(node, 1) == Error{});
    check::equal("by its number", number_of(more[0]), number);
    check::that("there is no node behind the last", refused(node + 1, 1) == Error::out_of_range);
}

} // namespace

int application_main(libos::Arguments arguments) {
    const abi::Nodes& nodes = libos::nodes();
    const auto& facts =
        *reinterpret_cast<const volatile abi::SystemPage*>(abi::layout::system_page);
    libos::print("@output.nodes={}\n", nodes.count);
    for (std::uint32_t i = 0; i != facts.processors; ++i)
        libos::print("@output.node_of_{}={}\n", i, nodes.of_processor[i]);
    for (std::uint32_t from = 0; from != nodes.count; ++from) {
        for (std::uint32_t to = 0; to != nodes.count; ++to)
            libos::print("@output.distance_{}_{}={}\n", from, to, nodes.distance[from][to]);
        bind_some(from);
    }
    if (arguments.has("--all"))
        bind_all(nodes.count - 1);
    return check::verdict();
}
