// tools/command/suggest.hpp - "did you mean": the nearest known word to a mistyped one.
//
// Guarantees: a suggestion differs by at most two edits (insert, delete, replace, or swap of two
// neighbours) and by less than the word's own length; ties go to the first candidate.

#pragma once

#include <span>
#include <string>
#include <string_view>

namespace command {

/// Edits that turn `a` into `b` (optimal string alignment distance).
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The candidate nearest to `word` in lower case, or one that begins with it; empty if none is
/// near.
std::string nearest(std::string_view word, std::span<const std::string> candidates);

/// "; did you mean X?", or empty: to be appended to a message.
std::string suggestion(std::string_view word, std::span<const std::string> candidates);

} // namespace command
