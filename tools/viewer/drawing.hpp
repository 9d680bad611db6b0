// tools/viewer/drawing.hpp - how an event appears in a diagram: between which lanes, and the few
// words at its arrow. Kinds without an entry stay in the lane of who recorded them, under their
// name.

#pragma once

#include <string>

#include "bindings/abi/event.hpp"

namespace viewer {

/// Lanes: `libos` is that of the event's environment, `party` that of the environment that the
/// field `party` of the event names. Among several processors the exokernel has a lane on each:
/// `exokernel` is that of the event's processor, `other` that of the processor which the field
/// `party` names or, without one, of the processor that has asked this one for something.
enum class Lane : char {
    hardware = 'h',
    exokernel = 'k',
    libos = 'l',
    disk = 'd',
    party = 'p',
    other = 'o',
};

struct Drawing {
    Lane from = Lane::exokernel;
    Lane to = Lane::exokernel; // the same lane: something that one does alone
    std::string label;         // names fields in braces, as sentences do
    const char* party = "";
};

Drawing drawing_of(abi::Event event, const char* name, bool claim);

} // namespace viewer
