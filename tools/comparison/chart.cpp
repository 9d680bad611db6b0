// tools/comparison/chart.cpp - axes, lines with points, and names at their ends.

#include "tools/comparison/chart.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

#include "tools/comparison/scale.hpp"

namespace comparison {

namespace {

constexpr std::size_t colours = 8, dashes = 4, forms = 6; // of page.css, and of `form` below
constexpr double letter = 7.5;                            // pixels, at most, of a digit
constexpr std::size_t longest_name = 17;                  // beside a line

struct Frame {
    double width, height, left, right, top, bottom; // the last four: margins
};

Frame frame_of(Width width) {
    return width == Width::wide ? Frame{760, 380, 84, 150, 26, 48}
                                : Frame{340, 300, 70, 14, 26, 48};
}

// The outline of a point of line `index`, around 0,0.
std::string form(std::size_t index) {
    constexpr const char* outlines[forms] = {
        "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0z", "M-3.6-3.6h7.2v7.2h-7.2z", "M0-4.8L4.6 3.4H-4.6z",
        "M0-5.2L5.2 0L0 5.2L-5.2 0z",         "M-4-4L4 4M-4 4L4-4",      "M0 4.8L-4.6-3.4H4.6z"};
    return outlines[index % forms];
}

std::string style_of(std::size_t index) {
    return fmt::format("c{} d{}", index % colours, index % dashes);
}

class Drawing {
public:
    Drawing(const Chart& chart, Width width)
        : chart_{chart},
          wide_{width == Width::wide},
          frame_{frame_of(width)},
          x_{x_scale()},
          y_{y_scale()} {}

    std::string svg() const {
        const std::string id = chart_.id + (wide_ ? "-wide" : "-narrow");
        std::string out = fmt::format(
            R"(<svg class="{}" viewBox="0 0 {} {}" role="img" aria-labelledby="{}-t {}-d">)",
            wide_ ? "wide" : "narrow", frame_.width, frame_.height, id, id);
        out += fmt::format(R"(<title id="{}-t">{}</title><desc id="{}-d">{}</desc>)", id,
                           escaped(chart_.title), id, escaped(chart_.description));
        out += axes();
        for (std::size_t i = 0; i != chart_.lines.size(); ++i)
            out += line(i);
        if (wide_)
            out += names();
        return out + "</svg>\n";
    }

private:
    struct Range {
        double least = 0, most = 0;
        bool any = false;
        void add(double number) {
            least = any ? std::min(least, number) : number;
            most = any ? std::max(most, number) : number;
            any = true;
        }
    };

    Scale x_scale() const {
        Range range;
        for (const Line& one : chart_.lines)
            for (const Point& point : one.points)
                range.add(static_cast<double>(point.frames));
        return {range.least, range.most, frame_.left + 14, frame_.width - frame_.right - 14,
                range.least > 0 && range.most / range.least >= 4};
    }

    // From 0, unless the smallest would lie on the axis.
    Scale y_scale() const {
        Range range;
        for (const Line& one : chart_.lines)
            for (const Point& point : one.points)
                if (point.value)
                    range.add(*point.value);
        const bool powers = range.least > 0 && range.most / range.least >= 50;
        return {powers ? round_down(range.least) : 0, range.most == 0 ? 1 : range.most * 1.05,
                bottom(), frame_.top, powers};
    }

    double bottom() const { return frame_.height - frame_.bottom; }

    std::string axes() const {
        const double right = frame_.width - frame_.right;
        std::string out = R"(<g class="axes">)";
        double below = frame_.height; // the last number that was written
        for (const double tick : y_.ticks(wide_ ? 6 : 5)) {
            const double y = y_.at(tick);
            out += fmt::format(R"(<path class="grid" d="M{} {:.1f}H{}"/>)", frame_.left, y, right);
            if (below - y < 16)
                continue;
            below = y;
            out += fmt::format(R"(<text x="{}" y="{:.1f}" text-anchor="end">{}</text>)",
                               frame_.left - 8, y + 4, short_form(tick));
        }
        out += fmt::format(R"(<path class="axis" d="M{} {}V{}H{}"/>)", frame_.left, frame_.top,
                           bottom(), right);
        out += frames_axis();
        out += fmt::format(R"(<text x="4" y="14">{}{}</text>)", escaped(chart_.unit),
                           y_.powers() ? ", logarithmic" : "");
        return out + fmt::format(R"(<text x="{}" y="{}" text-anchor="middle">frames</text></g>)",
                                 (frame_.left + right) / 2, frame_.height - 8);
    }

    static std::string short_form(double tick) {
        const auto digits = [](double number) {
            return number == std::floor(number)             ? 0
                   : number * 10 == std::floor(number * 10) ? 1
                                                            : 2;
        };
        if (tick >= 1e6)
            return grouped(tick / 1e6, digits(tick / 1e6)) + " M";
        return grouped(tick, tick < 10 ? digits(tick) : 0);
    }

    // The numbers of frames that were tried; what would overlap stays unwritten.
    std::string frames_axis() const {
        std::vector<std::uint64_t> tried;
        for (const Line& one : chart_.lines)
            for (const Point& point : one.points)
                tried.push_back(point.frames);
        std::ranges::sort(tried);
        tried.erase(std::ranges::unique(tried).begin(), tried.end());
        std::string out;
        double free_from = 0;
        for (const std::uint64_t frames : tried) {
            const double x = x_.at(static_cast<double>(frames));
            const std::string text = grouped(static_cast<double>(frames));
            const double half = static_cast<double>(text.size()) * letter / 2;
            out += fmt::format(R"(<path class="axis" d="M{:.1f} {}v5"/>)", x, bottom());
            const double centre = std::min(x, frame_.width - half);
            if (centre - half < free_from)
                continue;
            free_from = centre + half + 6;
            out += fmt::format(R"(<text x="{:.1f}" y="{}" text-anchor="middle">{}</text>)", centre,
                               bottom() + 20, text);
        }
        return out;
    }

    std::string line(std::size_t index) const {
        const Line& one = chart_.lines[index];
        std::string path;
        std::string points;
        bool pen = false;
        for (const Point& point : one.points) {
            if (!point.value) {
                pen = false;
                continue;
            }
            const double x = x_.at(static_cast<double>(point.frames));
            const double y = y_.at(*point.value);
            path += fmt::format("{}{:.1f} {:.1f}", pen ? "L" : "M", x, y);
            pen = true;
            points += fmt::format(
                R"x(<g transform="translate({:.1f} {:.1f})"><title>{}, {} frames: {} {}</title>)x"
                R"(<circle class="near" r="10"/><path class="point" d="{}"/></g>)",
                x, y, escaped(one.name), grouped(static_cast<double>(point.frames)),
                grouped(*point.value, chart_.decimals), escaped(chart_.unit), form(index));
        }
        return fmt::format(R"(<g class="line s{} {}"><path class="curve" d="{}"/>{}</g>)", index,
                           style_of(index), path, points);
    }

    // At the ends of the lines, apart from each other.
    std::string names() const {
        struct Name {
            std::size_t index;
            double wanted, y;
        };
        std::vector<Name> all;
        for (std::size_t i = 0; i != chart_.lines.size(); ++i) {
            std::optional<double> last;
            for (const Point& point : chart_.lines[i].points)
                last = point.value ? point.value : last;
            if (last)
                all.push_back({i, y_.at(*last), 0});
        }
        const double room = bottom() - frame_.top;
        const double apart =
            std::min(15.0, room / static_cast<double>(std::max<std::size_t>(1, all.size())));
        if (apart < 12)
            return ""; // the legend has them
        std::ranges::sort(all, {},
                          [](const Name& name) { return std::pair(name.wanted, name.index); });
        double from = frame_.top;
        for (Name& name : all)
            from = (name.y = std::max(name.wanted, from)) + apart;
        double to = bottom();
        for (auto name = all.rbegin(); name != all.rend(); ++name)
            to = (name->y = std::min(name->y, to)) - apart;
        const double x = frame_.width - frame_.right;
        std::string out;
        for (const Name& name : all) {
            std::string text = chart_.lines[name.index].name;
            if (text.size() > longest_name)
                text = text.substr(0, longest_name - 1) + "\u2026";
            out += fmt::format(
                R"(<g class="name s{} {}"><path class="lead" d="M{} {:.1f}L{} {:.1f}"/>)"
                R"(<text x="{}" y="{:.1f}">{}</text></g>)",
                name.index, style_of(name.index), x - 8, name.wanted, x + 6, name.y, x + 10,
                name.y + 4, escaped(text));
        }
        return out;
    }

    const Chart& chart_;
    const bool wide_;
    const Frame frame_;
    const Scale x_, y_;
};

} // namespace

std::string grouped(double number, int decimals) {
    std::string text = fmt::format("{:.{}f}", number, decimals);
    std::size_t end = std::min(text.find('.'), text.size());
    const std::size_t first = text.starts_with('-') ? 1 : 0;
    while (end > first + 3)
        text.insert(end -= 3, ",");
    return text;
}

std::string escaped(const std::string& text) {
    std::string out;
    for (const char c : text)
        out += c == '<'   ? "&lt;"
               : c == '>' ? "&gt;"
               : c == '&' ? "&amp;"
               : c == '"' ? "&quot;"
                          : std::string(1, c);
    return out;
}

std::string svg_of(const Chart& chart, Width width) { return Drawing(chart, width).svg(); }

std::string sample_of(std::size_t index) {
    return fmt::format(
        R"(<svg class="sample" viewBox="-18 -7 36 14" width="36" height="14" aria-hidden="true">)"
        R"(<g class="line {}"><path class="curve" d="M-18 0H18"/><path class="point" d="{}"/></g>)"
        R"(</svg>)",
        style_of(index), form(index));
}

} // namespace comparison
