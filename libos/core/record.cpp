// libos/core/record.cpp - maps the recording ring, two MiB at a time, and ends the run when full.

#include "libos/core/record.hpp"

#include "libos/core/address_space.hpp"
#include "libos/core/start.hpp"
#include "libos/core/system_call.hpp"
#include "libos/core/upcall.hpp"

namespace libos::recording {

namespace detail {

Ring ring;

namespace {
constexpr std::uint64_t frames_per_step = abi::entries_per_table;
std::uint64_t frames_mapped = 0; // the header's frame included

[[noreturn]] void full() {
    const std::uint64_t records = ring.header->head;
    ring.header->lost += 1;
    ring.next = nullptr;
    fail(abi::Error::limit_reached,
         "libos: recording_full: the recording ring of this libOS holds no more than its {} "
         "records; give the run a larger region (`--region`), or less to do",
         records);
}
} // namespace

void extend() {
    const std::uint64_t frames = start_information().recording_frames;
    if (frames_mapped == frames)
        full();
    // A step ends with its leaf page table, which is bound as the step begins.
    std::uint64_t count = frames_per_step - frames_mapped % frames_per_step;
    if (count > frames - frames_mapped)
        count = frames - frames_mapped;
    map_view(abi::View::recording_ring, frames_mapped, count,
             address_range::recording + frames_mapped * abi::page_size, abi::access::write);
    frames_mapped += count;
    ring.limit =
        reinterpret_cast<abi::Record*>(address_range::recording + frames_mapped * abi::page_size);
}

} // namespace detail

void start() {
    if (!start_information().recording || start_information().recording_frames < 2)
        return;
    detail::ring.environment = start_information().environment;
    detail::ring.processor = static_cast<std::uint16_t>(processor_environment().slice_position /
                                                        abi::positions_per_processor);
    detail::ring.header = reinterpret_cast<abi::RingHeader*>(address_range::recording);
    detail::extend();
    detail::ring.next = reinterpret_cast<abi::Record*>(address_range::recording + abi::page_size);
}

} // namespace libos::recording
