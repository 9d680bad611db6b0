// tools/recording_file/merge.cpp - one order out of many rings.

#include "tools/recording_file/merge.hpp"

#include <queue>

namespace recording {

std::vector<Event> merge(const std::vector<std::vector<Event>>& rings) {
    std::vector<Event> merged;
    struct Head {
        std::uint64_t time;
        bool claim;
        std::uint32_t ring;
        std::size_t index;
        bool operator<(const Head& other) const { // of two, the later one
            if (time != other.time)
                return time > other.time;
            if (claim != other.claim)
                return claim;
            return ring > other.ring;
        }
    };
    std::priority_queue<Head> heads;
    std::size_t total = 0;
    for (std::uint32_t i = 0; i < rings.size(); ++i) {
        total += rings[i].size();
        if (!rings[i].empty())
            heads.push({rings[i][0].time, rings[i][0].claim, i, 0});
    }
    merged.reserve(total);
    while (!heads.empty()) {
        Head head = heads.top();
        heads.pop();
        const std::vector<Event>& ring = rings[head.ring];
        merged.push_back(ring[head.index]);
        merged.back().sequence = merged.size() - 1;
        if (++head.index < ring.size()) {
            head.time = ring[head.index].time;
            heads.push(head);
        }
    }
    return merged;
}

} // namespace recording
