// libos/core/nodes.cpp - looks for free frames in the ranges of a node.

#include "libos/core/nodes.hpp"

#include <algorithm>

#include "libos/core/start.hpp"
#include "libos/core/system_call.hpp"
#include "libos/core/upcall.hpp"

namespace libos {

namespace {

abi::Result<void> bind(std::uint64_t first, std::span<abi::Capability> frames) {
    const UpcallsDisabled guard; // the request area is all threads'
    TRY(system_call::bind_frames(start_information().memory, first, frames.size(),
                                 request_area::capabilities));
    std::copy_n(request_area::at<const abi::Capability>(request_area::capabilities), frames.size(),
                frames.begin());
    return {};
}

struct Search {
    std::span<abi::Capability> missing; // places without a frame
    std::uint64_t next;                 // number of the frame behind the one that was bound last
};

/// Binds the free ones among the frames first..first+count, as long as some are missing. Asks for
/// all, and where one is not free for each half.
abi::Result<void> bind_among(std::uint64_t first, std::uint64_t count, Search& search) {
    if (search.missing.empty())
        return {};
    const std::uint64_t wanted = std::min<std::uint64_t>(count, search.missing.size());
    const auto bound = bind(first, search.missing.first(wanted));
    if (bound) {
        search = {search.missing.subspan(wanted), first + wanted};
        return {};
    }
    // Out of range: behind the memory that can be bound at all.
    if (bound.error() != abi::Error::occupied && bound.error() != abi::Error::out_of_range)
        return bound;
    if (count == 1)
        return {};
    TRY(bind_among(first, count / 2, search));
    return bind_among(first + count / 2, count - count / 2, search);
}

/// The same among all frames of `node` whose numbers are between `begin` and `end`.
abi::Result<void> bind_between(std::uint32_t node, std::uint64_t begin, std::uint64_t end,
                               Search& search) {
    for (const abi::NodeRange& range : std::span{nodes().range}.first(nodes().ranges)) {
        const std::uint64_t last = std::min(range.first_frame + range.frames, end);
        for (std::uint64_t first = std::max(range.first_frame, begin);
             range.node == node && first < last; first += abi::batch_limit)
            TRY(bind_among(first, std::min<std::uint64_t>(last - first, abi::batch_limit), search));
    }
    return {};
}

} // namespace

std::uint32_t node_of(abi::Pfn frame) {
    for (const abi::NodeRange& range : std::span{nodes().range}.first(nodes().ranges))
        if (frame.value - range.first_frame < range.frames)
            return static_cast<std::uint32_t>(range.node);
    return abi::most_nodes;
}

abi::Result<void> bind_frames_on_node(std::uint32_t node, std::span<abi::Capability> frames) {
    // What lies before is probably bound: the search goes on where the last one has ended.
    static std::uint64_t begins_at[abi::most_nodes];
    if (node >= nodes().count)
        return std::unexpected(abi::Error::out_of_range);
    const std::uint64_t from = begins_at[node];
    Search search{frames, from};
    auto bound = bind_between(node, from, ~std::uint64_t{0}, search);
    if (bound)
        bound = bind_between(node, 0, from, search);
    if (bound && !search.missing.empty())
        bound = std::unexpected(abi::Error::no_memory);
    begins_at[node] = search.next;
    if (!bound)
        for (const abi::Capability frame : frames.first(frames.size() - search.missing.size()))
            system_call::disregard(system_call::drop(frame));
    return bound;
}

} // namespace libos
