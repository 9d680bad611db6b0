// tests/guests/misjudging/policies.hpp - replacement policies that answer badly, and one that reads
// ahead, for the booted guest and for the simulator.

#pragma once

#include "libos/vm/replacement_policy.hpp"

namespace misjudging {

using libos::Fault;
using libos::FrameNo;
using libos::PageNo;

// Keeps the books of FIFO and answers as the derived class says.
class Bad : public libos::ListPolicy {
public:
    void on_mapped(FrameNo frame, const Fault&) noexcept { order_.push_back(frame); }
    void on_unmapped(FrameNo frame, PageNo) noexcept {
        order_.remove(frame);
        last_ = frame;
    }

protected:
    FrameNo last_ = 0; // whose page went last
};

struct Nothing : Bad {
    std::uint32_t select_victims(auto&, const Fault&, std::span<FrameNo>) noexcept { return 0; }
};
struct NoSuchFrame : Bad {
    std::uint32_t select_victims(auto&, const Fault&, std::span<FrameNo> out) noexcept {
        out[0] = 1'000'000;
        return 1;
    }
};
// The frame whose page went last: with several threads it is being filled.
struct NotResident : Bad {
    std::uint32_t select_victims(auto&, const Fault&, std::span<FrameNo> out) noexcept {
        out[0] = last_;
        return 1;
    }
};
struct Twice : Bad {
    std::uint32_t select_victims(auto&, const Fault&, std::span<FrameNo> out) noexcept {
        for (FrameNo& place : out)
            place = order_.front();
        return static_cast<std::uint32_t>(out.size());
    }
};
// Asks far more than four times for each frame: from then on all bits look clear, that of the page
// mapped last too, which it would not give up otherwise.
struct Inquisitive : Bad {
    std::uint32_t select_victims(auto& view, const Fault&, std::span<FrameNo> out) noexcept {
        for (std::uint32_t i = 0; i < 10'000; ++i)
            answers += view.test_and_clear_a(order_.front()) ? 1 : 0;
        out[0] = view.test_and_clear_a(newest) ? order_.front() : newest;
        return 1;
    }
    void on_mapped(FrameNo frame, const Fault& fault) noexcept {
        Bad::on_mapped(frame, fault);
        newest = frame;
    }
    FrameNo newest = 0;
    std::uint64_t answers = 0;
};
struct Endless : Bad {
    std::uint32_t select_victims(auto&, const Fault&, std::span<FrameNo>) noexcept {
        for (const volatile bool thinking = true; thinking;) {
        }
        return 0;
    }
};
// Waits for a bit that nobody can set meanwhile.
struct Waiting : Bad {
    std::uint32_t select_victims(auto& view, const Fault&, std::span<FrameNo> out) noexcept {
        (void)view.test_and_clear_a(order_.front());
        while (!view.test_and_clear_a(order_.front())) {
        }
        out[0] = order_.front();
        return 1;
    }
};
struct Demanding : Bad {
    static constexpr std::uint32_t least_frames = 9;
    std::uint32_t select_victims(auto&, const Fault&, std::span<FrameNo> out) noexcept {
        out[0] = order_.front();
        return 1;
    }
};
// Refuses any pool, and says no minimum.
struct Unwilling : Demanding {
    static constexpr std::uint32_t least_frames = 1;
    bool init(const libos::PolicySetup&) noexcept { return false; }
};

// No bad one: FIFO that reads the two pages behind along, and writes whatever is dirty.
struct Ahead : Bad {
    std::uint32_t select_victims(auto& view, const Fault&, std::span<FrameNo> out) noexcept {
        return take(out, [&](FrameNo frame) { return !view.pinned(frame); });
    }
    std::uint32_t prefetch(const Fault& fault, std::span<PageNo> out) noexcept {
        out[0] = fault.page + 1;
        out[1] = fault.page + 2;
        return 2;
    }
    std::uint32_t cluster(auto& view, FrameNo, std::span<FrameNo> out) noexcept {
        return take(out, [&](FrameNo frame) { return view.dirty(frame); });
    }

private:
    std::uint32_t take(std::span<FrameNo> out, auto is_good) const {
        std::uint32_t count = 0;
        for (FrameNo frame = order_.front(); frame != libos::no_frame && count < out.size();
             frame = order_.next(frame))
            if (is_good(frame))
                out[count++] = frame;
        return count;
    }
};

} // namespace misjudging
