// tools/comparison/chart.hpp - lines over numbers of frames, as SVG.
//
// Guarantees: the picture is a function of the figures alone; every text lies inside it; a line is
// told from the others by colour, dashes and the form of its points, and by its name at its end
// where there is room. Colours and sizes of letters are the page's (page/page.css).

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace comparison {

struct Point {
    std::uint64_t frames = 0;
    std::optional<double> value; // nothing: not measured, the line has a gap
};

struct Line {
    std::string name;
    std::vector<Point> points; // by frames
};

struct Chart {
    std::string id; // of the page's elements
    std::string title;
    std::string description; // read aloud in place of the picture
    std::string unit;        // of the values
    int decimals = 0;
    std::vector<Line> lines;
};

enum class Width : std::uint8_t { wide, narrow };

/// One <svg> element.
std::string svg_of(const Chart& chart, Width width);

/// A short piece of line `index`, with its point, as <svg>: for the legend.
std::string sample_of(std::size_t index);

/// `number` with a comma between thousands and so many digits behind the point.
std::string grouped(double number, int decimals = 0);

/// `text` as HTML and XML want it.
std::string escaped(const std::string& text);

} // namespace comparison
