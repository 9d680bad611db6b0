// tools/command/policy_template.cpp - the texts of a new policy and of its test. In them
// `my-policy` is its name, `my_policy` that of its files, `MyPolicy` that of its class.

#include "tools/command/new_policy.hpp"

#include <string_view>

namespace command {

namespace {

constexpr std::string_view header_template =
    R"(// libos/vm/policies/my_policy.hpp - gives up the page resident longest.
//
// That is FIFO, to begin with. Say in the line above what it does now: `exo list` shows that. What
// may be decided is marked "Decide"; libos/vm/replacement_policy.hpp has the rules.

#pragma once

#include "libos/vm/replacement_policy.hpp"

namespace libos::policies {

// The list begins with the page that has been resident longest.
class MyPolicy : public ListPolicy {
public:
    // A frame is needed: write those that may be given up to `out`, best first, and return how
    // many. Decide: where the search begins (order_.front(), order_.back(), order_.next(frame)),
    // and what is passed over. view.test_and_clear_a(frame): was it used since this was last asked?
    // view.dirty(frame): would it have to be written back?
    template <class View>
    std::uint32_t select_victims(View& view, const Fault&, std::span<FrameNo> out) noexcept {
        std::uint32_t count = 0;
        for (FrameNo frame = order_.front(); frame != no_frame && count < out.size();
             frame = order_.next(frame))
            if (!view.pinned(frame)) // those may not be proposed
                out[count++] = frame;
        return count;
    }

    // The page of the fault is now in `frame`. Decide: where it stands in the list. The fault has
    // its page, its number, why it came (read, write ...) and the application's hint.
    void on_mapped(FrameNo frame, const Fault&) noexcept { order_.push_back(frame); }

    // The page has left `frame`. Decide: whether to remember it.
    void on_unmapped(FrameNo frame, PageNo) noexcept { order_.remove(frame); }

    // Decide: which of these to have as well; each is called once it is there.
    //   arena_bytes, init             more memory than the list takes, and arrays in it
    //   harvest_every, on_harvest     every so many faults: which frames were used meanwhile
    //   on_hint                       the application has said something about a page
    //   prefetch                      pages to be read along with the one that is missing
    //   cluster                       dirty frames to be written back along with a victim
    //   on_access                     each hit; `exo sim --mode exact` only
};

} // namespace libos::policies
)";

constexpr std::string_view test_template =
    R"(// tests/host/vm/policies/my_policy_test.cpp - its counts on a known string.

#include <catch2/catch.hpp>

#include "libos/vm/policies/my_policy.hpp"
#include "tests/host/vm/policy_machine.hpp"

using Policy = libos::policies::MyPolicy;

namespace {
const std::vector<vm_test::PageNo> belady{1, 2, 3, 4, 1, 2, 5, 1, 2, 3, 4, 5};
} // namespace

// These are FIFO's. A policy that decides otherwise has others: work them out on paper.
TEST_CASE("my-policy has 9 faults with 3 frames, 10 with 4", "[policy]") {
    vm_test::Machine<Policy> three{3};
    vm_test::Machine<Policy> four{4};
    for (const vm_test::PageNo page : belady) {
        three.touch(page);
        four.touch(page);
    }
    CHECK(three.faults == 9);
    CHECK(four.faults == 10);
}

TEST_CASE("my-policy gives up its pages in this order", "[policy]") {
    vm_test::Machine<Policy> machine{3};
    for (const vm_test::PageNo page : belady)
        machine.touch(page);
    CHECK(machine.victims == std::vector<vm_test::PageNo>{1, 2, 3, 4, 1, 2});
}

// This holds for every policy.
TEST_CASE("my-policy does not propose a pinned frame", "[policy]") {
    vm_test::Machine<Policy> machine{3};
    for (const vm_test::PageNo page : {1u, 2u, 3u})
        machine.touch(page);
    for (const vm_test::PageNo page : {1u, 3u})
        machine.bits().frames[machine.frame_of(page)].pinned = true;
    machine.touch(4);
    CHECK(machine.victims == std::vector<vm_test::PageNo>{2});
}
)";

std::string replaced(std::string text, std::string_view what, const std::string& by) {
    for (std::size_t at = text.find(what); at != std::string::npos;
         at = text.find(what, at + by.size()))
        text.replace(at, what.size(), by);
    return text;
}

std::string filled(std::string_view text, const NewPolicy& policy) {
    std::string out(text);
    out = replaced(std::move(out), "my_policy", policy.header.stem().string());
    out = replaced(std::move(out), "MyPolicy", policy.class_name);
    return replaced(std::move(out), "my-policy", policy.name);
}

} // namespace

std::string NewPolicy::header_text() const { return filled(header_template, *this); }
std::string NewPolicy::test_text() const { return filled(test_template, *this); }

} // namespace command
