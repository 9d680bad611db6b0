// tools/simulator/replay.hpp - runs the policies of a recorded run again and compares each victim.
//
// The recording has what the policy was set up with, the faults in the order in which it heard of
// them, and what it was told whenever it was asked; so neither the reference string nor a machine
// is needed, and it does not matter how many threads there were or how long the disk took. Each
// environment with a pager is replayed by itself, up to the first victim that differs.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tools/recording_file/recording.hpp"
#include "tools/simulator/replayed_policy.hpp"

namespace simulator {

// What came of asking for a victim.
struct Choice {
    PageNo page = no_page; // no_page: there was none to be had
    FrameNo frame = no_frame;
    std::uint64_t reason = 0;   // why FIFO stepped in (policy_fallback); 0: it did not
    FrameNo offered = no_frame; // what the policy proposed then
};

struct ResidentPage {
    PageNo page;
    FrameNo frame;
    std::vector<abi::Told> told; // in the recording, before the victim was chosen
};

// What is said of a page, by the recording or by the replayed policy's questions.
struct Asked {
    PageNo page;
    FrameNo frame;
    abi::Told what;
    bool answer;
};

struct Difference {
    std::uint64_t event = 0; // in the recording, that says what was chosen
    std::uint64_t fault = 0; // 0: a revocation, or a page read along
    PageNo wanted = no_page; // for which a frame is needed
    Choice recorded, here;
    std::vector<Asked> asked;           // here
    std::vector<ResidentPage> resident; // before, the page that has been mapped longest first
};

struct PagerReplay {
    std::uint32_t environment = 0;
    std::string policy;
    std::uint32_t frames = 0;
    std::uint64_t seed = 0;
    // Up to the end, or to the difference.
    std::uint64_t pages = 0;      // that were brought in
    std::uint64_t victims = 0;    // that were chosen as here
    std::uint64_t given_back = 0; // of them, because the exokernel asked
    std::uint64_t withdrawn = 0;  // pages whose frames were taken by force
    std::uint64_t fallbacks = 0;  // of the victims, chosen by FIFO
    std::uint64_t in_vain = 0;    // times that nothing was to be had
    std::uint64_t answers = 0;    // that the policy was given
    std::uint64_t victims_hash = 0;
    std::optional<Difference> difference;
    std::string problem; // why it cannot be replayed (further); empty: it can

    bool same() const { return !difference && problem.empty(); }
};

/// The pagers of `recording`, in the order in which they started. Cost: one pass.
std::vector<PagerReplay> replay(const recording::Recording& recording,
                                PolicyMaker make = replayed_policy);

/// Whether faults were served in it of which no pager says what its policy was told: an older
/// libOS's recording, or another libOS's.
bool lacks_answers(const recording::Recording& recording);

} // namespace simulator
