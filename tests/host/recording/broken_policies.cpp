// tests/host/recording/broken_policies.cpp - stories in which a policy is told what is not so.

#include "tests/host/recording/broken_stories.hpp"

namespace story {

namespace {

constexpr std::uint64_t page = 0x40000;

constexpr Broken policies[] = {
    {"policy-is-told-what-is-so", "the page that a policy is told of is not mapped",
     [](Recording& r) { set(nth(r, Kind::policy_told), "page", page + 9); }},
    {"policy-is-told-what-is-so", "there is no such answer",
     [](Recording& r) { set(nth(r, Kind::policy_told), "answer", 9); }},
    {"policy-is-told-what-is-so", "the page that looked accessed was not",
     [](Recording& r) { set(nth(r, Kind::bits_cleared), "cleared", 0); }},
    {"policy-is-told-what-is-so", "the bit of the page that looked accessed is not cleared",
     [](Recording& r) { erase(r, index_of(r, Kind::bits_cleared)); }},
    {"frames-keep-their-numbers", "two frames have one number",
     [](Recording& r) { set(nth(r, Kind::frame_taken, 1), "number", 0); }},
    {"frames-keep-their-numbers", "the pool has no frame of that number",
     [](Recording& r) { set(nth(r, Kind::frame_taken), "number", 3); }},
};

} // namespace

std::span<const Broken> broken_policies() { return policies; }

} // namespace story
