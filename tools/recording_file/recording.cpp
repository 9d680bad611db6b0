// tools/recording_file/recording.cpp - what a Recording says in words.

#include "tools/recording_file/recording.hpp"

namespace recording {

const char* describe(Reason reason) {
    switch (reason) {
    case Reason::none:
        return "nothing";
    case Reason::ring_outside_region:
        return "a ring lies outside the recording region";
    case Reason::ring_of_unknown_origin:
        return "a ring belongs to neither the kernel nor a libOS";
    case Reason::rings_overlap:
        return "two rings share memory";
    case Reason::head_beyond_capacity:
        return "the head of the ring is above its capacity; it is read up to its capacity";
    case Reason::head_ran_backwards:
        return "the head of the ring ran backwards while it was drained";
    case Reason::head_moved_while_draining:
        return "the head of the ring moved while it was drained";
    case Reason::forged_kernel_event:
        return "a libOS wrote an event that only the kernel can know";
    case Reason::claim_in_kernel_ring:
        return "the kernel's ring holds an event that only a libOS can claim";
    case Reason::foreign_environment:
        return "a libOS wrote an event in the name of another environment";
    case Reason::foreign_processor:
        return "an event names a processor that is not its ring's";
    case Reason::time_ran_backwards:
        return "time runs backwards";
    case Reason::time_before_entry:
        return "an event is older than the kernel";
    case Reason::unknown_kind:
        return "an event is of a kind that this version does not know";
    case Reason::broken_event:
        return "an event is broken: its records do not follow each other";
    case Reason::further_flags_omitted:
        return "more of the like follows and is not listed";
    case Reason::impossible_result:
        return "the result of the run has an impossible value";
    }
    return "flagged for a reason that this version does not know";
}

std::string fact(const Recording& recording, const std::string& key, const std::string& otherwise) {
    for (const auto& [name, value] : recording.facts)
        if (name == key)
            return value;
    return otherwise;
}

} // namespace recording
