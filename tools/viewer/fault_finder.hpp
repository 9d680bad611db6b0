// tools/viewer/fault_finder.hpp - one pass over the recording that gives each event to its fault.
//
// Claims name their fault by its sequence number; kernel events are joined to it by page, by
// cookie, by request and, for a system call, by what it did.

#pragma once

#include <array>
#include <unordered_map>

#include "tools/viewer/faults.hpp"

namespace viewer {

namespace finder {

inline constexpr std::size_t none = ~std::size_t{0};

// An event seen before it is known whose it is.
struct Waiting {
    std::size_t index = 0;
    std::uint64_t cost = 0;
    std::uint64_t time = 0; // with recording's own cost taken off
};

struct Environment {
    std::size_t latest = none;     // the fault raised last
    std::vector<std::size_t> open; // faults not yet resumed
    std::unordered_map<std::uint64_t, std::size_t> by_sequence, by_thread, by_victim;
    std::array<std::unordered_map<std::uint64_t, std::size_t>, 2> by_cookie; // per operation
    std::array<std::unordered_map<std::uint64_t, Waiting>, 2> submitted;     // not yet claimed
    std::unordered_map<std::uint64_t, std::uint32_t> completed;              // cookie -> operation
    std::vector<Waiting> completion_upcall; // what led to it, it itself and its handler
    std::vector<Waiting> resumption;        // the switch to a thread
    std::vector<Waiting> told;              // to the policy that looks for a victim
    std::vector<Waiting> effects;           // of the call under way, before its fault is known
    std::size_t caller = none;              // fault of the call under way
    std::uint32_t caller_step = 0;
};

} // namespace finder

class FaultFinder {
public:
    FaultFinder(const recording::Recording& recording, std::uint64_t per_record)
        : recording_(recording), per_record_(per_record) {}

    std::vector<Fault> find();

private:
    void take(const recording::Event& event);
    void take_kernel_event(const recording::Event& event, finder::Environment& environment);
    void take_claim(const recording::Event& event, finder::Environment& environment);
    void give_told(finder::Environment& environment, std::size_t fault);
    void take_upcall(const recording::Event& event, finder::Environment& environment,
                     bool page_fault);
    void take_submission(const recording::Event& event, finder::Environment& environment);
    void take_submission_claim(const recording::Event& event, finder::Environment& environment,
                               std::size_t fault);
    void take_completion(const recording::Event& event);
    void take_end(const recording::Event& event);
    void give(std::size_t fault, std::uint32_t step);
    void give(std::size_t fault, std::uint32_t step, const finder::Waiting& event);
    void by_call(finder::Environment& environment, std::size_t fault, std::uint32_t step);
    std::size_t open_on(const finder::Environment& environment, std::uint64_t page) const;
    static std::size_t find(const std::unordered_map<std::uint64_t, std::size_t>& map,
                            std::uint64_t key);

    struct Request {
        std::size_t fault = finder::none;
        std::uint32_t operation = 0, environment = 0;
        std::uint64_t cookie = 0;
    };

    const recording::Recording& recording_;
    std::uint64_t per_record_;
    std::vector<Fault> faults_;
    std::vector<Span> spans_; // per fault
    std::unordered_map<std::uint32_t, finder::Environment> environments_;
    std::unordered_map<std::uint64_t, Request> requests_;
    finder::Waiting now_;
    struct Before { // the kernel event before this one, on its processor
        std::optional<finder::Waiting> interrupt;
        bool completing = false;
    };
    std::unordered_map<std::uint16_t, Before> before_;
};

} // namespace viewer
