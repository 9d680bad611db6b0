// tools/comparison/page.hpp - a sweep as one page: curves, what a fault costs, and all numbers.
//
// Guarantees: the page needs no network and no script; everything that a picture shows is in a
// table as well.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tools/comparison/row.hpp"

namespace comparison {

// Written by the build from tools/comparison/page/ (tools/viewer/page/embed.cmake).
extern const std::string_view page_frame, page_style;

struct PageHead {
    std::string title; // what was swept
    std::string about; // what all runs have in common
};

/// `rows` by policy, then by frames.
std::string page(const PageHead& head, const std::vector<Row>& rows);

} // namespace comparison
