// libos/vm/policies/golden_policy.hpp - gives up the page resident longest.
//
// That is FIFO, to begin with. Say in the line above what it does now: `exo list` shows that. What
// may be decided is marked "Decide"; libos/vm/replacement_policy.hpp has the rules.

#pragma once

#include "libos/vm/replacement_policy.hpp"

namespace libos::policies {

// The list begins with the page that has been resident longest.
class GoldenPolicy : public ListPolicy {
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
