// tools/comparison/page.cpp - what is drawn, in which words, and the tables below.

#include "tools/comparison/page.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <set>

#include "tools/comparison/chart.hpp"

namespace comparison {

namespace {

// The rows of one policy, under the name that it has on the page.
struct Series {
    std::string name;
    std::vector<const Row*> rows;
};

class Page {
public:
    explicit Page(const std::vector<Row>& rows) : rows_{rows} {
        const bool hardware =
            std::ranges::any_of(rows, [](const Row& row) { return row.mode == "hw"; });
        for (const Row& row : rows) {
            const std::string name =
                row.mode.empty() ? row.policy : row.policy_in(hardware ? "hw" : "exact");
            if (series_.empty() || series_.back().name != name)
                series_.push_back({name, {}});
            series_.back().rows.push_back(&row);
            frames_.insert(row.frames);
        }
    }

    bool simulated() const { return rows_[0].app.empty(); }
    std::size_t policies() const { return series_.size(); }
    std::size_t sizes() const { return frames_.size(); }

    std::string body() const {
        std::string out = legend() + charts() + faults_table();
        if (!simulated())
            out += further_costs();
        return out + all_figures();
    }

    // Unchecked lines go, and the one that is pointed at stands out: without a script.
    std::string style() const {
        std::string out;
        for (std::size_t i = 0; i != series_.size(); ++i)
            out += fmt::format(
                "body:has(#show-{0}:not(:checked)) .s{0}{{display:none}}\n"
                "body:has(label[for=show-{0}]:hover) :is(.line,.name):not(.s{0},.sample *)"
                "{{opacity:.15}}\n",
                i);
        return out;
    }

private:
    std::string legend() const {
        std::string out = R"(<fieldset id="lines" class="card"><legend>Lines</legend>)";
        for (std::size_t i = 0; i != series_.size(); ++i)
            out += fmt::format(
                R"(<label for="show-{0}"><input type="checkbox" id="show-{0}" checked>{1}{2}</label>)",
                i, sample_of(i), escaped(series_[i].name));
        return out + "</fieldset>\n";
    }

    template <class Value>
    Chart chart(const char* id, std::string title, std::string unit, int decimals,
                Value value) const {
        Chart made{id, std::move(title), "", std::move(unit), decimals, {}};
        for (const Series& one : series_) {
            Line line{one.name, {}};
            for (const Row* const row : one.rows)
                line.points.push_back({row->frames, value(*row)});
            made.lines.push_back(std::move(line));
        }
        made.description = in_words(made);
        return made;
    }

    // Where each line begins and ends; the tables have the rest.
    static std::string in_words(const Chart& chart) {
        std::string text;
        for (const Line& line : chart.lines) {
            std::vector<std::pair<double, std::uint64_t>> known;
            known.reserve(line.points.size());
            for (const Point& point : line.points)
                if (point.value)
                    known.emplace_back(*point.value, point.frames);
            if (known.empty())
                continue;
            const auto in_figures = [&](const auto& point) {
                return fmt::format("{} with {}", grouped(point.first, chart.decimals),
                                   point.second);
            };
            text += fmt::format("{}: {} frames", line.name, in_figures(known.front()));
            text += known.size() == 1 ? ". " : fmt::format(", {}. ", in_figures(known.back()));
        }
        return text + "All numbers are in the tables below.";
    }

    static std::string figure(const Chart& chart, const std::string& caption) {
        const auto known = [](const Point& point) { return point.value.has_value(); };
        const auto above = [](const Point& point) { return point.value && *point.value > 0; };
        const auto any = [&](auto is) {
            return std::ranges::any_of(chart.lines, [&](const Line& line) {
                return std::ranges::any_of(line.points, is);
            });
        };
        if (!any(known))
            return "";
        const std::string out =
            fmt::format("<figure class=\"card\"><figcaption><h2>{}</h2><p>{}</p>",
                        escaped(chart.title), caption);
        if (!any(above))
            return out + "<p>None, in every run.</p></figcaption></figure>\n";
        return out + "</figcaption>\n" + svg_of(chart, Width::wide) + svg_of(chart, Width::narrow) +
               "</figure>\n";
    }

    static std::optional<double> number(const Figure& figure) {
        return figure ? std::optional(static_cast<double>(*figure)) : std::nullopt;
    }

    std::string charts() const {
        const Figure references = rows_[0].references;
        std::string out = figure(
            chart("faults", "Faults", "faults", 0,
                  [](const Row& row) { return number(row.faults); }),
            references ? fmt::format("Of {} references: the miss-ratio curve of each policy.",
                                     grouped(static_cast<double>(*references)))
                       : "The miss-ratio curve of each policy, in page faults that were taken.");
        out +=
            figure(chart("cost", "Instructions per fault", "instructions per fault", 0,
                         [](const Row& row) { return number(instructions_per_fault(row)); }),
                   "All instructions of the run (the app's own too, waiting excluded), divided by "
                   "its faults: where few faults are left, the app's own make up most of it.");
        out += figure(chart("bits", "Reference bits cleared per fault", "bits per fault", 1,
                            [](const Row& row) -> std::optional<double> {
                                const auto tenths = number(share(row.cleared, row.faults, 10));
                                return tenths ? std::optional(*tenths / 10) : std::nullopt;
                            }),
                      "What a policy's looking around costs: each cleared bit is an INVLPG in the "
                      "exokernel.");
        return out + figure(chart("writebacks", "Write-backs", "pages", 0,
                                  [](const Row& row) { return number(row.writebacks); }),
                            simulated() ? "Dirty pages that had to give way."
                                        : "Pages that were written to the disk.");
    }

    static std::string table(const std::string& title, const std::string& about,
                             const std::string& rows) {
        return fmt::format("<section class=\"card\"><h2>{0}</h2>{1}<div class=\"scroll\" "
                           "tabindex=\"0\" role=\"region\" aria-label=\"{0}\">\n<table>{2}</table>"
                           "</div></section>\n",
                           title, about.empty() ? "" : "<p class=\"quiet\">" + about + "</p>",
                           rows);
    }

    static std::string cell(const Figure& figure) {
        return figure ? grouped(static_cast<double>(*figure)) : "\u2013";
    }

    // Policies below each other, numbers of frames side by side; the fewest faults are marked.
    std::string faults_table() const {
        std::map<std::uint64_t, std::uint64_t> fewest;
        for (const Row& row : rows_)
            if (row.faults) {
                const auto [found, fresh] = fewest.try_emplace(row.frames, *row.faults);
                found->second = std::min(found->second, *row.faults);
            }
        std::string out = "<thead><tr><th scope=\"col\">policy \\ frames</th>";
        for (const std::uint64_t frames : frames_)
            out += fmt::format("<th scope=\"col\">{}</th>", grouped(static_cast<double>(frames)));
        out += "</tr></thead><tbody>\n";
        for (const Series& one : series_) {
            out += fmt::format("<tr><th scope=\"row\">{}</th>", escaped(one.name));
            for (const std::uint64_t frames : frames_) {
                const auto found = std::ranges::find(one.rows, frames, &Row::frames);
                const Figure faults = found == one.rows.end() ? Figure{} : (*found)->faults;
                const bool best = faults && *faults == fewest[frames];
                out += fmt::format("<td{}>{}</td>", best ? " class=\"best\"" : "", cell(faults));
            }
            out += "</tr>\n";
        }
        return table("Faults by policy and frames", "Marked: the fewest with that many frames.",
                     out + "</tbody>");
    }

    // The app's own instructions are the same in all runs of it, so they are not in a difference.
    std::string further_costs() const {
        std::string out;
        for (const Series& one : series_) {
            const Row& small = *one.rows.front();
            const Row& large = *one.rows.back();
            if (!small.instructions || !large.instructions || !small.faults || !large.faults ||
                *small.faults <= *large.faults || *small.instructions < *large.instructions)
                continue;
            const Figure cost =
                share(*small.instructions - *large.instructions, *small.faults - *large.faults);
            out +=
                fmt::format("<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td><td>{}</td></tr>\n",
                            escaped(one.name), cell(cost), cell(small.frames), cell(large.frames));
        }
        if (out.empty())
            return "";
        return table("What a further fault costs",
                     "The difference in instructions between the run with the fewest and that with "
                     "the most frames, divided by the difference in faults: policy, pager and "
                     "exokernel, without the app's own work.",
                     "<thead><tr><th scope=\"col\">policy</th><th scope=\"col\">instructions per "
                     "further fault</th><th scope=\"col\">from frames</th><th scope=\"col\">to "
                     "frames</th></tr></thead><tbody>\n" +
                         out + "</tbody>");
    }

    std::string all_figures() const {
        struct Column {
            const char* title;
            std::string (*cell)(const Row&);
        };
        const Column columns[] = {
            {"faults", [](const Row& row) { return cell(row.faults); }},
            {"misses %",
             [](const Row& row) {
                 const Figure part = share(row.faults, row.references, 10'000);
                 return part ? grouped(static_cast<double>(*part) / 100, 2) : "\u2013";
             }},
            {"evictions", [](const Row& row) { return cell(row.evictions); }},
            {"write-backs", [](const Row& row) { return cell(row.writebacks); }},
            {"instructions", [](const Row& row) { return cell(row.instructions); }},
            {"per fault", [](const Row& row) { return cell(instructions_per_fault(row)); }},
            {"cleared bits", [](const Row& row) { return cell(row.cleared); }},
            {"fallbacks", [](const Row& row) { return cell(row.fallbacks); }}};
        const auto used = [&](const Column& column) {
            return std::ranges::any_of(
                rows_, [&](const Row& row) { return column.cell(row) != "\u2013"; });
        };
        std::string out = "<thead><tr><th scope=\"col\">policy</th><th scope=\"col\">frames</th>";
        for (const Column& column : columns)
            if (used(column))
                out += fmt::format("<th scope=\"col\">{}</th>", column.title);
        out += "<th scope=\"col\" class=\"text\">victims_hash</th></tr></thead><tbody>\n";
        for (const Series& one : series_)
            for (const Row* const row : one.rows) {
                out += fmt::format("<tr><th scope=\"row\">{}</th><td>{}</td>", escaped(one.name),
                                   cell(row->frames));
                for (const Column& column : columns)
                    if (used(column))
                        out += fmt::format("<td>{}</td>", column.cell(*row));
                out += fmt::format("<td class=\"text\"><code>{}</code></td></tr>\n",
                                   row->victims ? fmt::format("{:016x}", *row->victims) : "");
            }
        return table("All figures", "", out + "</tbody>");
    }

    const std::vector<Row>& rows_;
    std::vector<Series> series_;
    std::set<std::uint64_t> frames_;
};

} // namespace

std::string page(const PageHead& head, const std::vector<Row>& rows) {
    const Page content(rows);
    const std::string counts = fmt::format(
        "{} {}, {} pool {}", content.policies(), content.policies() == 1 ? "policy" : "policies",
        content.sizes(), content.sizes() == 1 ? "size" : "sizes");
    const std::string notes = fmt::format(
        "Equal <code>victims_hash</code>: the same pages gave way in the same order. "
        "Fallbacks: victims that FIFO chose because the policy had no good answer. {}",
        content.simulated()
            ? "Simulated: <code>exo sim</code> has each line as a run of its own."
            : "Booted without recording; <code>exo run</code> makes each run again, and "
              "with its recording for <code>exo walk</code>.");
    const std::pair<std::string_view, std::string> parts[] = {
        {"title", "Sweep of " + escaped(head.title)},
        {"style", std::string(page_style) + content.style()},
        {"heading", fmt::format("{}: {}", escaped(head.title), counts)},
        {"about", escaped(head.about)},
        {"body", content.body()},
        {"notes", notes}};
    std::string out;
    std::string_view rest = page_frame;
    while (true) { // the frame names each part between %
        const std::size_t begin = rest.find('%');
        out += rest.substr(0, begin);
        if (begin == std::string_view::npos)
            return out;
        rest.remove_prefix(begin + 1);
        const std::size_t end = rest.find('%');
        for (const auto& [name, text] : parts)
            if (name == rest.substr(0, end))
                out += text;
        rest.remove_prefix(end + 1);
    }
}

} // namespace comparison
