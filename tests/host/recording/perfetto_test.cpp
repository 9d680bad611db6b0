// tests/host/recording/perfetto_test.cpp - the trace for Perfetto: its bytes mean to protoc what
// they should, and what Perfetto demands of slices and tracks holds.

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "tests/host/command/support.hpp"
#include "tests/host/recording/processors_story.hpp"
#include "tools/viewer/walk.hpp"

using namespace story;

namespace {

// A message as protoc shows it: members in their order, each a text or a message.
struct Node {
    std::string name, text = {};
    std::vector<Node> members = {};

    const Node* find(const std::string& wanted) const {
        const auto found = std::ranges::find(members, wanted, &Node::name);
        return found == members.end() ? nullptr : &*found;
    }
    std::string value(const std::string& wanted, const std::string& otherwise = "") const {
        const Node* node = find(wanted);
        return node == nullptr ? otherwise : node->text;
    }
    std::uint64_t number(const std::string& wanted) const {
        return std::stoull(value(wanted, "0"));
    }
};

Node parse(std::istream& from, const std::string& name = "") {
    Node node{name};
    for (std::string line; std::getline(from, line);) {
        line.erase(0, line.find_first_not_of(' '));
        if (line == "}")
            break;
        if (line.ends_with(" {"))
            node.members.push_back(parse(from, line.substr(0, line.size() - 2)));
        else if (const std::size_t colon = line.find(": "); colon != std::string::npos)
            node.members.push_back({line.substr(0, colon), line.substr(colon + 2)});
    }
    return node;
}

// Names that are numbers are fields that the schema does not have.
void check_known(const Node& node) {
    for (const Node& member : node.members) {
        CHECK_FALSE(std::isdigit(static_cast<unsigned char>(member.name[0])));
        check_known(member);
    }
}

Node decoded(const Recording& recording) {
    std::string error;
    const std::string trace = viewer::walk(
        recording, {.format = viewer::Format::perfetto, .instructions_per_record = 2}, error);
    CHECK(error.empty());
    const std::string file = temporary("trace.pftrace");
    write_bytes(file, trace);
    const auto ran = command_test::run_program(
        {"/bin/sh", "-c", "exec protoc --decode=Trace -I \"$0\" trace.proto < \"$1\"",
         FAULTLINE_SOURCE "/tests/host/recording", file});
    std::filesystem::remove(file);
    REQUIRE(ran.code == 0);
    std::istringstream text(ran.output);
    return parse(text);
}

// What must hold of every trace.
struct Checked {
    std::map<std::uint64_t, const Node*> tracks;
    std::map<std::uint64_t, std::vector<std::string>> slices; // names, per track
    std::map<std::string, std::size_t> flows, ended_flows;
    std::map<std::uint64_t, std::vector<std::uint64_t>> counts;

    explicit Checked(const Node& trace) {
        std::map<std::uint64_t, std::uint64_t> depth;
        std::uint64_t time = 0;
        for (const Node& packet : trace.members) {
            REQUIRE(packet.name == "packet");
            CHECK(packet.number("trusted_packet_sequence_id") == 1);
            if (const Node* track = packet.find("track_descriptor")) {
                CHECK(depth.empty()); // tracks are described before events
                CHECK(tracks.emplace(track->number("uuid"), track).second);
                continue;
            }
            const Node* event = packet.find("track_event");
            REQUIRE(event != nullptr);
            CHECK(packet.number("timestamp") >= time); // in the order of time
            time = packet.number("timestamp");
            const std::uint64_t track = event->number("track_uuid");
            REQUIRE(tracks.contains(track));
            const std::string type = event->value("type");
            const bool counter = tracks[track]->find("counter") != nullptr;
            CHECK(counter == (type == "TYPE_COUNTER"));
            if (type == "TYPE_SLICE_BEGIN") {
                ++depth[track];
                slices[track].push_back(event->value("name"));
            } else if (type == "TYPE_SLICE_END") {
                REQUIRE(depth[track] != 0);
                --depth[track];
            } else if (counter) {
                counts[track].push_back(event->number("counter_value"));
            } else {
                CHECK(type == "TYPE_INSTANT");
                depth[track] += 0;
            }
            // Only episodes hold others; a slice of any other track ends before the next begins.
            const bool episode = tracks[track]->value("name").starts_with("\"episode");
            CHECK(depth[track] <= (episode ? 2 : 1));
            if (const std::string flow = event->value("flow_ids"); !flow.empty())
                ++flows[flow];
            if (const std::string flow = event->value("terminating_flow_ids"); !flow.empty())
                ++ended_flows[flow];
        }
        for (const auto& [track, open] : depth)
            CHECK(open == 0);
    }
    std::uint64_t named(const std::string& name, const std::string& process) const {
        for (const auto& [uuid, track] : tracks)
            if (track->value("name") == "\"" + name + "\"" &&
                tracks.at(track->number("parent_uuid"))->value("name").starts_with("\"" + process))
                return uuid;
        return 0;
    }
};

} // namespace

TEST_CASE("the trace for Perfetto has nothing that protoc does not know", "[recording][perfetto]") {
    check_known(decoded(correct_story()));
}

TEST_CASE("slices of a trace nest, tracks are ordered, a fault is a flow",
          "[recording][perfetto]") {
    const Node trace = decoded(correct_story());
    const Checked checked(trace);
    REQUIRE(checked.tracks.contains(0));
    CHECK(checked.tracks.at(0)->value("process_ordering") == "PROCESS_ORDERING_EXPLICIT");
    std::set<std::string> ranks;
    for (const auto& [uuid, track] : checked.tracks) {
        if (track->find("process") != nullptr) {
            CHECK(track->value("child_ordering") == "EXPLICIT");
            CHECK_THAT(track->value("description"),
                       Catch::Contains("One nanosecond is one instruction"));
        }
        if (uuid != 0)
            CHECK(
                ranks.insert(track->value("parent_uuid") + "/" + track->value("sibling_order_rank"))
                    .second);
    }
    CHECK(checked.flows.size() == 9);       // as many as there are faults and exceptions
    CHECK(checked.ended_flows.size() == 9); // each ends once
    for (const auto& [flow, count] : checked.ended_flows)
        CHECK(count == 1);

    const auto& steps = checked.slices.at(checked.named("episode 1", "environment 1 (wc)"));
    for (const char* name :
         {"\"page fault 6\"", "\"1 detect\"", "\"4b write back\"", "\"8 resume\""})
        CHECK(std::ranges::find(steps, name) != steps.end());
    CHECK(checked.named("episode 2", "environment 1 (wc)") != 0); // faults of two threads overlap
    CHECK(checked.named("hardware", "machine") != 0);
    CHECK(checked.named("disk request 1", "machine") != 0);
    const auto& flying = checked.counts.at(checked.named("disk requests in flight", "machine"));
    CHECK(flying.back() == 0);
    CHECK(*std::ranges::max_element(flying) >= 1);
    CHECK_FALSE(checked.counts.at(checked.named("free frames", "environment 1 (wc)")).empty());
    CHECK(checked.counts.at(checked.named("misses", "environment 1 (wc)")) ==
          std::vector<std::uint64_t>{1, 2, 3, 4, 5, 6, 7});
}

TEST_CASE("a revocation is a flow, from the request to the page that comes back",
          "[recording][perfetto]") {
    const Recording recording = revocation_story();
    const Node trace = decoded(recording);
    const Checked checked(trace);
    const auto count_of = [&](Kind kind) {
        return static_cast<std::size_t>(
            std::ranges::count(recording.events, static_cast<std::uint16_t>(kind), &Event::kind));
    };
    REQUIRE(count_of(Kind::revocation_requested) == 3);
    CHECK(checked.ended_flows.size() == 3 + count_of(Kind::page_fault));
    for (const auto& [flow, count] : checked.ended_flows)
        CHECK(count == 1);
}

TEST_CASE("each of several processors has its tracks, and a shootdown is a flow between them",
          "[recording][perfetto]") {
    const Recording recording = processors_story();
    const Node trace = decoded(recording);
    check_known(trace);
    const Checked checked(trace);
    CHECK(checked.named("exokernel", "machine") == 0);
    for (const char* const processor : {"processor 0", "processor 1", "processor 2"})
        for (const char* const track : {"runs", "hardware", "exokernel"}) {
            CAPTURE(processor, track);
            CHECK(checked.named(track, processor) != 0);
        }
    CHECK(checked.slices.at(checked.named("runs", "processor 2")) ==
          std::vector<std::string>(2, "\"environment 3 (reader)\"")); // it idles in between
    CHECK(checked.slices.at(checked.named("episode 1", "environment 1 (remover)")) ==
          std::vector<std::string>{"\"shootdown 1\"", "\"1 remove\"", "\"2 ask other processors\"",
                                   "\"3 answer\"", "\"4 go on\"", "\"shootdown 2\"", "\"1 remove\"",
                                   "\"2 ask other processors\"", "\"3 answer\"", "\"shootdown 3\"",
                                   "\"1 remove\"", "\"2 ask other processors\""});
    // The tracks that the first shootdown's flow joins.
    std::map<std::string, std::set<std::uint64_t>> joined;
    for (const Node& packet : trace.members)
        if (const Node* event = packet.find("track_event"))
            for (const char* const name : {"flow_ids", "terminating_flow_ids"})
                if (const std::string flow = event->value(name); !flow.empty())
                    joined[flow].insert(event->number("track_uuid"));
    REQUIRE(joined.size() == shootdowns_of_story);
    for (const char* const processor : {"processor 0", "processor 1", "processor 2"})
        CHECK(joined.begin()->second.contains(checked.named("exokernel", processor)));
}

TEST_CASE("what a libOS forges counts for nothing in a trace", "[recording][perfetto]") {
    const Node honest = decoded(correct_story());
    Recording recording = correct_story();
    for (const Kind kind : {Kind::kernel_started, Kind::page_fault, Kind::io_submitted,
                            Kind::frame_bound, Kind::frame_released})
        insert(recording, index_of(recording, Kind::victim_chosen), true, kind, {1, 2});
    const Node trace = decoded(recording);
    const Checked with(trace), without(honest);
    for (const auto& [track, process] :
         {std::pair{"misses", "environment 1 (wc)"}, std::pair{"free frames", "machine"},
          std::pair{"disk requests in flight", "machine"}})
        CHECK(with.counts.at(with.named(track, process)) ==
              without.counts.at(without.named(track, process)));
}

TEST_CASE("a recording that breaks off gives a trace whose slices all end",
          "[recording][perfetto]") {
    for (const std::size_t kept : {1u, 9u, 40u, 60u, 77u, 90u}) {
        CAPTURE(kept);
        Recording recording = correct_story();
        recording.events.resize(std::min(kept, recording.events.size()));
        const Node trace = decoded(recording);
        const Checked checked(trace);
        CHECK(checked.tracks.size() > 4);
    }
    const Node nothing = decoded(Recording{});
    CHECK(Checked(nothing).slices.empty());
}

TEST_CASE("times of a trace leave out what recording took", "[recording][perfetto]") {
    const auto last_time = [](std::uint64_t per_record) {
        std::string error;
        const Recording recording = correct_story();
        return viewer::walk(
            recording, {.format = viewer::Format::perfetto, .instructions_per_record = per_record},
            error);
    };
    CHECK(last_time(0) != last_time(2));
}
