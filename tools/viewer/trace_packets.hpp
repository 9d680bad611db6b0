// tools/viewer/trace_packets.hpp - a Perfetto trace of native track events, as it is put together.
//
// Tracks are described before the first event; events are written in the order of time, those of
// one time in the order in which they were added. Times are nanoseconds for Perfetto: one
// instruction is one of them.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tools/viewer/protobuf.hpp"

namespace viewer {

class TracePackets {
public:
    TracePackets();

    /// A group of tracks; groups appear in the order in which they are added.
    std::uint64_t process(const std::string& name, std::uint64_t number,
                          const std::string& description);
    /// A track of a group, at the place `rank` among the tracks of its group.
    std::uint64_t track(std::uint64_t process, const std::string& name, std::uint64_t rank,
                        const std::string& description);
    std::uint64_t counter(std::uint64_t process, const std::string& name, std::uint64_t rank);

    /// What is told of a slice besides its name.
    struct Details {
        std::uint64_t flow = 0; // 0: none; slices of one flow are joined by arrows
        bool last_of_flow = false;
        Message annotations = {};
    };
    static void annotate(Message& annotations, std::string_view name, std::uint64_t value);
    static void annotate(Message& annotations, std::string_view name, std::string_view value);

    void begin(std::uint64_t track, std::uint64_t time, std::string_view name,
               const Details& details);
    void end(std::uint64_t track, std::uint64_t time);
    void instant(std::uint64_t track, std::uint64_t time, std::string_view name,
                 const Details& details);
    void count(std::uint64_t track, std::uint64_t time, std::uint64_t value);

    std::size_t size() const { return size_; }
    std::string bytes();

private:
    struct Packet {
        std::uint64_t time;
        std::string bytes;
    };
    void describe(const Message& descriptor);
    void add(std::uint64_t time, const Message& event);
    static Message event(std::uint64_t type, std::uint64_t track, std::string_view name,
                         const Details& details);

    std::string descriptors_;
    std::vector<Packet> packets_;
    std::uint64_t tracks_ = 0, processes_ = 0;
    std::size_t size_ = 0;
};

} // namespace viewer
