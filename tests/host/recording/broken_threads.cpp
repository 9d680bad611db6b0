// tests/host/recording/broken_threads.cpp - threads that run unswitched, or nobody though one
// could.

#include "tests/host/recording/broken_stories.hpp"

#include "bindings/abi/system_call.hpp"

namespace story {

namespace {

constexpr Broken threads[] = {
    {"threads-run-as-switched", "the libOS never switched",
     [](Recording& r) { erase_all(r, Kind::thread_switched); }},
    {"threads-run-as-switched", "another thread resumes",
     [](Recording& r) { nth(r, Kind::thread_resumed).payload[1] ^= 7; }},
    {"nobody-idles-who-could-run", "the libOS waits on, though a thread's page is there",
     [](Recording& r) {
         insert(r, index_of(r, Kind::thread_resumed) - 1, false, Kind::system_call,
                {static_cast<std::uint64_t>(abi::Call::wait), 0, 0, 0x403300, 0});
     }},
    {"nobody-idles-who-could-run", "after one thread, no other one of which the page is there runs",
     [](Recording& r) {
         const std::size_t at = index_of(r, Kind::thread_resumed, 1) + 1;
         insert(r, at, true, Kind::thread_switched, {1, 0});
         insert(r, at + 1, true, Kind::thread_switched, {0, 1});
     }},
    {"nobody-idles-who-could-run", "the libOS waits within the fault of a thread",
     [](Recording& r) { erase(r, index_of(r, Kind::thread_switched, 4)); }},
    {"handler-runs-for-its-upcall", "no handler was entered",
     [](Recording& r) { erase_all(r, Kind::handler_entered); }},
    {"handler-runs-for-its-upcall", "no completion was announced",
     [](Recording& r) {
         for (std::size_t i = r.events.size(); i-- != 0;)
             if (r.events[i].kind == static_cast<std::uint16_t>(Kind::upcall) &&
                 value_of(r.events[i], "entry") == 2)
                 erase(r, i);
     }},
};

} // namespace

std::span<const Broken> broken_threads() { return threads; }

} // namespace story
