// tools/viewer/trace_packets.cpp - the field numbers of Perfetto's trace format, and its packets.
//
// The numbers are those of perfetto/trace/trace_packet.proto, track_event/track_descriptor.proto
// and track_event/track_event.proto; tests/host/recording/trace.proto has those used here.

#include "tools/viewer/trace_packets.hpp"

#include <algorithm>

namespace viewer {

namespace {

constexpr std::uint32_t trace_packet = 1;
namespace packet_field {
constexpr std::uint32_t timestamp = 8, sequence = 10, event = 11, sequence_flags = 13,
                        descriptor = 60;
}
namespace track_field {
constexpr std::uint32_t uuid = 1, name = 2, process = 3, parent = 5, counter = 8,
                        child_ordering = 11, rank = 12, description = 14, process_ordering = 19;
}
namespace event_field {
constexpr std::uint32_t annotation = 4, type = 9, track = 11, category = 22, name = 23,
                        counter_value = 30, flow = 47, last_flow = 48, correlation = 52;
}
namespace annotation_field {
constexpr std::uint32_t number = 3, text = 6, name = 10;
}
constexpr std::uint32_t process_pid = 1, process_name = 6, counter_unit = 3;

constexpr std::uint64_t children_explicit = 3, processes_explicit = 1, unit_count = 2;
constexpr std::uint64_t slice_begin = 1, slice_end = 2, instant_event = 3, counter_event = 4;
constexpr std::uint64_t state_cleared = 1;
constexpr std::uint64_t our_sequence = 1;

std::string in_trace(const Message& packet) {
    return Message{}.message(trace_packet, packet).bytes();
}

} // namespace

TracePackets::TracePackets() {
    // Ranks of processes count only where the root, a track without events, says so.
    Message packet;
    packet.number(packet_field::sequence, our_sequence)
        .number(packet_field::sequence_flags, state_cleared)
        .message(packet_field::descriptor,
                 Message{}
                     .number(track_field::uuid, 0)
                     .number(track_field::process_ordering, processes_explicit));
    descriptors_ = in_trace(packet);
}

void TracePackets::describe(const Message& descriptor) {
    Message packet;
    packet.number(packet_field::sequence, our_sequence)
        .message(packet_field::descriptor, descriptor);
    descriptors_ += in_trace(packet);
}

std::uint64_t TracePackets::process(const std::string& name, std::uint64_t number,
                                    const std::string& description) {
    Message descriptor;
    descriptor.number(track_field::uuid, ++tracks_)
        .text(track_field::name, name)
        .message(track_field::process,
                 Message{}.number(process_pid, number).text(process_name, name))
        .number(track_field::child_ordering, children_explicit)
        .number(track_field::rank, processes_++)
        .text(track_field::description, description);
    describe(descriptor);
    return tracks_;
}

std::uint64_t TracePackets::track(std::uint64_t process, const std::string& name,
                                  std::uint64_t rank, const std::string& description) {
    Message descriptor;
    descriptor.number(track_field::uuid, ++tracks_)
        .text(track_field::name, name)
        .number(track_field::parent, process)
        .number(track_field::rank, rank)
        .text(track_field::description, description);
    describe(descriptor);
    return tracks_;
}

std::uint64_t TracePackets::counter(std::uint64_t process, const std::string& name,
                                    std::uint64_t rank) {
    Message descriptor;
    descriptor.number(track_field::uuid, ++tracks_)
        .text(track_field::name, name)
        .number(track_field::parent, process)
        .message(track_field::counter, Message{}.number(counter_unit, unit_count))
        .number(track_field::rank, rank);
    describe(descriptor);
    return tracks_;
}

void TracePackets::annotate(Message& annotations, std::string_view name, std::uint64_t value) {
    annotations.message(
        event_field::annotation,
        Message{}.text(annotation_field::name, name).number(annotation_field::number, value));
}

void TracePackets::annotate(Message& annotations, std::string_view name, std::string_view value) {
    annotations.message(
        event_field::annotation,
        Message{}.text(annotation_field::name, name).text(annotation_field::text, value));
}

Message TracePackets::event(std::uint64_t type, std::uint64_t track, std::string_view name,
                            const Details& details) {
    Message event = details.annotations;
    event.number(event_field::type, type)
        .number(event_field::track, track)
        .text(event_field::category, "faultline")
        .text(event_field::name, name);
    if (details.flow != 0)
        event
            .fixed64(details.last_of_flow ? event_field::last_flow : event_field::flow,
                     details.flow)
            .number(event_field::correlation, details.flow);
    return event;
}

void TracePackets::add(std::uint64_t time, const Message& event) {
    Message packet;
    packet.number(packet_field::timestamp, time)
        .number(packet_field::sequence, our_sequence)
        .message(packet_field::event, event);
    packets_.push_back({time, in_trace(packet)});
    size_ += packets_.back().bytes.size();
}

void TracePackets::begin(std::uint64_t track, std::uint64_t time, std::string_view name,
                         const Details& details) {
    add(time, event(slice_begin, track, name, details));
}

void TracePackets::end(std::uint64_t track, std::uint64_t time) {
    add(time, Message{}.number(event_field::type, slice_end).number(event_field::track, track));
}

void TracePackets::instant(std::uint64_t track, std::uint64_t time, std::string_view name,
                           const Details& details) {
    add(time, event(instant_event, track, name, details));
}

void TracePackets::count(std::uint64_t track, std::uint64_t time, std::uint64_t value) {
    add(time, Message{}
                  .number(event_field::type, counter_event)
                  .number(event_field::track, track)
                  .number(event_field::counter_value, value));
}

std::string TracePackets::bytes() {
    std::vector<std::uint32_t> order(packets_.size());
    for (std::uint32_t i = 0; i < order.size(); ++i)
        order[i] = i;
    std::ranges::sort(order, {}, [&](std::uint32_t i) { return std::pair(packets_[i].time, i); });
    std::string out = descriptors_;
    out.reserve(descriptors_.size() + size_);
    for (const std::uint32_t i : order)
        out += packets_[i].bytes;
    return out;
}

} // namespace viewer
