// tests/host/vm/frame_list_test.cpp - the ring of frames against a queue that is none.

#include <algorithm>
#include <catch2/catch.hpp>
#include <deque>
#include <vector>

#include "bindings/random.hpp"
#include "libos/vm/frame_list.hpp"

using libos::FrameList;
using libos::FrameNo;
using libos::no_frame;

namespace {

constexpr FrameNo frames = 7;

std::vector<FrameNo> forwards(const FrameList& list) {
    std::vector<FrameNo> all;
    for (FrameNo frame = list.front(); frame != no_frame; frame = list.next(frame))
        all.push_back(frame);
    return all;
}
std::vector<FrameNo> backwards(const FrameList& list) {
    std::vector<FrameNo> all;
    for (FrameNo frame = list.back(); frame != no_frame; frame = list.previous(frame))
        all.push_back(frame);
    std::ranges::reverse(all);
    return all;
}

} // namespace

TEST_CASE("a list of frames is a queue that can lose any of its frames", "[vm]") {
    bindings::Random random{3};
    std::vector<libos::FrameLink> links(frames);
    FrameList list;
    list.init(links);
    std::deque<FrameNo> model;
    for (int step = 0; step != 20'000; ++step) {
        const auto frame = static_cast<FrameNo>(random.below(frames));
        const auto found = std::ranges::find(model, frame);
        const auto by = static_cast<FrameNo>(random.below(frames));
        if (found == model.end()) {
            list.push_back(frame);
            model.push_back(frame);
        } else if (random.below(3) == 0 && std::ranges::find(model, by) == model.end()) {
            list.replace(frame, by);
            *found = by;
        } else if (random.below(2) == 0) {
            list.remove(frame);
            model.erase(found);
        } else {
            list.move_front_to_back();
            model.push_back(model.front());
            model.pop_front();
        }
        const std::vector<FrameNo> expected(model.begin(), model.end());
        REQUIRE(forwards(list) == expected);
        REQUIRE(backwards(list) == expected);
        for (std::size_t i = 0; i != expected.size(); ++i)
            REQUIRE(list.after(expected[i]) == expected[(i + 1) % expected.size()]);
    }
}
