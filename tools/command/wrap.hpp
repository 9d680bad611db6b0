// tools/command/wrap.hpp - text for people, in lines of at most 80 columns.

#pragma once

#include <string>
#include <string_view>

namespace command {

inline constexpr std::size_t text_columns = 80;

/// `text` behind a margin of `indent` columns that is already written: broken at blanks, further
/// lines indented. A word that is longer than a line stays whole, as do the line ends in `text`.
std::string wrapped(std::string_view text, std::size_t indent, std::size_t columns = text_columns);

/// Writes `text` on stderr as it stands, behind what was printed so far. What cannot be written
/// there is lost: there is nowhere else.
void say(const std::string& text);

/// Says `message` on stderr, as of `exo`. On a terminal it is wrapped; scripts that search it get
/// it whole.
void tell(std::string message);

} // namespace command
