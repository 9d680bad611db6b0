// tests/host/recording/broken_slices.cpp - slices that begin, end or are lost as none does.

#include "tests/host/recording/broken_stories.hpp"

namespace story {

namespace {

// Before the first interrupt environment 1 is given a slice, which begins. Where that is.
std::size_t begin_slice(Recording& r, std::uint64_t position, std::uint64_t given,
                        std::uint64_t begins) {
    const std::size_t at = index_of(r, Kind::interrupt);
    insert(r, at, false, Kind::slice_bound, {1, position, given, 0, 0});
    insert(r, at + 1, false, Kind::slice_begun, {position, begins});
    return at + 1;
}

constexpr Broken slices[] = {
    {"slice-is-its-owners", "a slice begins that nobody was given",
     [](Recording& r) {
         insert(r, index_of(r, Kind::interrupt), false, Kind::slice_begun, {3, 50'000});
     }},
    {"slice-is-its-owners", "a slice begins longer than it was given",
     [](Recording& r) { begin_slice(r, 0, 50'000, 50'001); }},
    {"slice-is-its-owners", "a slice begins with less than half of what was given",
     [](Recording& r) { begin_slice(r, 0, 50'000, 24'999); }},
    {"slice-is-its-owners", "a slice of another processor begins",
     [](Recording& r) { begin_slice(r, 64, 50'000, 50'000); }},
    {"slice-ends-in-time", "who was interrupted goes on after its slice and the grace",
     [](Recording& r) {
         const std::size_t at = begin_slice(r, 0, 50'000, 50'000);
         for (std::size_t i = at + 1; i != r.events.size(); ++i)
             r.events[i].time += 75'000;
     }},
    {"repossession-tells-what-was-taken", "a slice is lost that was not overrun often enough",
     [](Recording& r) {
         const std::size_t at = begin_slice(r, 0, 50'000, 50'000);
         insert(r, at + 1, false, Kind::repossessed, {1, 0xffff'ffff, 0, 10, 0, 4, 0, 0});
     }},
};

} // namespace

std::span<const Broken> broken_slices() { return slices; }

} // namespace story
