// tools/simulator/replayed_policy.hpp - a shipped policy, of the libOS's own source, over what it
// saw in a recorded run.

#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "tools/simulator/replayed_frames.hpp"

namespace simulator {

class ReplayedPolicy {
public:
    virtual ~ReplayedPolicy() = default;

    virtual std::uint32_t select_victims(ReplayedFrames& view, const libos::Fault& fault,
                                         std::span<FrameNo> out) = 0;
    virtual void on_mapped(FrameNo frame, const libos::Fault& fault) = 0;
    virtual void on_unmapped(FrameNo frame, PageNo page) = 0;
    virtual std::uint32_t harvest_every() = 0; // 0: it does not harvest
    virtual void on_harvest(std::span<const FrameNo> accessed) = 0;
    // Hooks; a policy that has none names nothing, and hears nothing.
    virtual std::uint32_t prefetch(const libos::Fault& fault, std::span<PageNo> out) = 0;
    virtual std::uint32_t cluster(ReplayedFrames& view, FrameNo victim, std::span<FrameNo> out) = 0;
    virtual void on_hint(FrameNo frame, libos::Hint hint) = 0;
};

template <class P> class ReplayedPolicyOf final : public ReplayedPolicy {
public:
    ReplayedPolicyOf(std::uint32_t frames, std::uint64_t seed)
        : arena_(libos::arena_bytes_of<P>(frames) / sizeof(ArenaPiece) + 1) {
        static_assert(libos::is_replacement_policy<P, ReplayedFrames>());
        ready_ = policy_.init({frames, seed, std::as_writable_bytes(std::span{arena_})});
    }
    bool ready() const { return ready_; }

    std::uint32_t select_victims(ReplayedFrames& view, const libos::Fault& fault,
                                 std::span<FrameNo> out) override {
        return policy_.select_victims(view, fault, out);
    }
    void on_mapped(FrameNo frame, const libos::Fault& fault) override {
        policy_.on_mapped(frame, fault);
    }
    void on_unmapped(FrameNo frame, PageNo page) override { policy_.on_unmapped(frame, page); }
    std::uint32_t harvest_every() override {
        if constexpr (libos::policy_has::harvest<P>)
            return policy_.harvest_every();
        return 0;
    }
    void on_harvest(std::span<const FrameNo> accessed) override {
        if constexpr (libos::policy_has::harvest<P>)
            policy_.on_harvest(accessed);
    }
    std::uint32_t prefetch(const libos::Fault& fault, std::span<PageNo> out) override {
        if constexpr (libos::policy_has::prefetch<P>)
            return policy_.prefetch(fault, out);
        return 0;
    }
    std::uint32_t cluster(ReplayedFrames& view, FrameNo victim, std::span<FrameNo> out) override {
        if constexpr (libos::policy_has::cluster<P, ReplayedFrames>)
            return policy_.cluster(view, victim, out);
        return 0;
    }
    void on_hint(FrameNo frame, libos::Hint hint) override {
        if constexpr (libos::policy_has::on_hint<P>)
            policy_.on_hint(frame, hint);
    }

private:
    struct alignas(16) ArenaPiece {
        std::uint64_t words[2];
    };
    std::vector<ArenaPiece> arena_;
    P policy_;
    bool ready_ = false;
};

/// Null: it refuses so few frames.
template <class P>
std::unique_ptr<ReplayedPolicy> replayed(std::uint32_t frames, std::uint64_t seed) {
    if (frames < libos::least_frames_of<P>())
        return nullptr;
    auto policy = std::make_unique<ReplayedPolicyOf<P>>(frames, seed);
    if (!policy->ready())
        return nullptr;
    return policy;
}

// A recording keeps so many characters of a name.
inline constexpr std::size_t recorded_name = 32;

using PolicyMaker = std::unique_ptr<ReplayedPolicy> (*)(std::string_view name, std::uint32_t frames,
                                                        std::uint64_t seed);

/// The policy of that name for so many frames. Null: there is none in this build, or it refuses so
/// few.
std::unique_ptr<ReplayedPolicy> replayed_policy(std::string_view name, std::uint32_t frames,
                                                std::uint64_t seed);

} // namespace simulator
