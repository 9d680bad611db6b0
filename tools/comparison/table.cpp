// tools/comparison/table.cpp - columns as wide as they need to be.

#include "tools/comparison/table.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <set>

#include "tools/command/json.hpp"
#include "tools/command/wrap.hpp"

namespace comparison {

namespace {

using Cells = std::vector<std::string>;

struct Column {
    std::string title;
    bool text = false; // to the left
    Cells cells;

    bool empty() const {
        return std::ranges::all_of(cells, [](const auto& cell) { return cell == "-"; });
    }
    std::size_t width() const {
        std::size_t most = title.size();
        for (const std::string& cell : cells)
            most = std::max(most, cell.size());
        return most;
    }
};

std::string shown(const Figure& figure) { return figure ? std::to_string(*figure) : "-"; }

// In tenths: 25 -> 2.5.
std::string tenths(const Figure& figure) {
    return figure ? fmt::format("{}.{}", *figure / 10, *figure % 10) : "-";
}
std::string hundredths(const Figure& figure) {
    return figure ? fmt::format("{}.{:02}", *figure / 100, *figure % 100) : "-";
}

template <class Make>
Column column(const std::vector<Row>& rows, std::string title, bool text, Make make) {
    Column made{std::move(title), text, {}};
    for (const Row& row : rows)
        made.cells.push_back(make(row));
    return made;
}

bool any(const std::vector<Row>& rows, bool (*is)(const Row&)) {
    return std::ranges::any_of(rows, is);
}
bool is_simulated(const Row& row) { return row.app.empty(); }
bool is_booted(const Row& row) { return !row.app.empty(); }
bool is_recorded(const Row& row) { return row.recorded; }
bool has_instructions(const Row& row) { return row.instructions.has_value(); }

// What tells work apart: a letter for each kind, in the order in which they come.
std::map<std::string, std::string> letters_of(const std::vector<Row>& rows) {
    std::map<std::string, std::string> letters;
    for (const Row& row : rows)
        letters.try_emplace(row.app + " " + row.workload,
                            letters.size() < 26
                                ? std::string(1, static_cast<char>('a' + letters.size()))
                                : std::to_string(letters.size()));
    return letters;
}

std::vector<Column> columns_of(const std::vector<Row>& rows, bool named) {
    std::vector<Column> all;
    const bool mixed = !same_work(rows);
    if (named)
        all.push_back(column(rows, "run", true, [](const Row& row) { return row.run; }));
    if (mixed) {
        const auto letters = letters_of(rows);
        all.push_back(column(rows, "work", true, [&](const Row& row) {
            return letters.at(row.app + " " + row.workload);
        }));
    }
    const std::string usual =
        any(rows, [](const Row& row) { return row.mode == "hw"; }) ? "hw" : "exact";
    all.push_back(column(rows, "policy", true, [&](const Row& row) {
        return row.mode.empty() ? row.policy : row.policy_in(usual);
    }));
    all.push_back(
        column(rows, "frames", false, [](const Row& row) { return std::to_string(row.frames); }));
    all.push_back(column(rows, "faults", false, [](const Row& row) { return shown(row.faults); }));
    all.push_back(column(rows, "misses %", false, [](const Row& row) {
        return hundredths(share(row.faults, row.references, 10'000));
    }));
    all.push_back(column(rows, "instr/fault", false,
                         [](const Row& row) { return shown(instructions_per_fault(row)); }));
    all.push_back(column(rows, "bits/fault", false, [](const Row& row) {
        return tenths(share(row.cleared, row.faults, 10));
    }));
    all.push_back(
        column(rows, "writebacks", false, [](const Row& row) { return shown(row.writebacks); }));
    all.push_back(
        column(rows, "fallbacks", false, [](const Row& row) { return shown(row.fallbacks); }));
    all.push_back({"victims", true, short_hashes(rows)});
    std::erase_if(all, [](const Column& each) { return each.empty(); });
    return all;
}

// Names of runs lose their beginnings, where they are longer than the line.
void fit(std::vector<Column>& columns) {
    std::size_t width = columns.size() - 1;
    for (const Column& column : columns)
        width += column.width();
    Column& names = columns.front();
    if (width <= command::text_columns || names.title != "run")
        return;
    const std::size_t over = width - command::text_columns;
    const std::size_t room =
        std::max<std::size_t>(8, names.width() - std::min(names.width(), over));
    for (std::string& name : names.cells)
        if (name.size() > room)
            name = ".." + name.substr(name.size() - room + 2);
}

std::string line_of(const std::vector<Column>& columns, std::size_t row, bool head) {
    std::string line;
    for (const Column& column : columns) {
        const std::string& cell = head ? column.title : column.cells[row];
        line += line.empty() ? "" : " ";
        line += column.text ? fmt::format("{:<{}}", cell, column.width())
                            : fmt::format("{:>{}}", cell, column.width());
    }
    line.erase(line.find_last_not_of(' ') + 1);
    return line + "\n";
}

std::string about_work(const std::vector<Row>& rows) {
    if (same_work(rows))
        return "";
    std::string text = "not the same work, or not known to be: ";
    std::set<std::string> told;
    const auto letters = letters_of(rows);
    for (const Row& row : rows)
        if (const std::string letter = letters.at(row.app + " " + row.workload);
            told.insert(letter).second)
            text += fmt::format("{}{}: {}", told.size() == 1 ? "" : ", ", letter,
                                row.app.empty() ? "simulated" : row.app);
    return text + "; compare runs of one letter\n";
}

std::string about_costs(const std::vector<Row>& rows) {
    if (!any(rows, has_instructions))
        return "";
    std::string text = "instr/fault: all instructions of the run, the app's too, waiting excluded, "
                       "divided by its faults";
    const auto recorded = std::ranges::count_if(rows, is_recorded);
    const auto counted = std::ranges::count_if(rows, has_instructions);
    if (recorded == counted)
        return text + "; with those that record (--no-record: without)\n";
    if (recorded != 0)
        text += fmt::format("; {} of {} runs have those that record as well, so these do not "
                            "compare with the others",
                            recorded, counted);
    return text + "\n";
}

std::string notes(const std::vector<Row>& rows) {
    std::string text = about_work(rows);
    for (const Row& row : rows)
        if (!row.good())
            text += fmt::format("{} did not end well ({}, exit {}): its figures are those until "
                                "then\n",
                                row.run, row.outcome, row.exit);
    text += about_costs(rows);
    if (any(rows, is_simulated))
        text += "bits/fault: reference bits cleared for each fault; each costs an INVLPG in the "
                "exokernel\n";
    if (any(rows, is_simulated) && any(rows, is_booted))
        text += "writebacks of a simulated run: its dirty evictions and early writes\n";
    return text + "victims: the beginning of victims_hash; equal: the same pages gave way in the "
                  "same order\n";
}

std::string csv_field(const std::string& text) {
    if (text.find_first_of(",\"\r\n") == std::string::npos)
        return text;
    std::string out = "\"";
    for (const char c : text)
        out += c == '"' ? "\"\"" : std::string(1, c);
    return out + "\"";
}

// Every figure by name; those that a run does not have are empty, and null in JSON.
std::vector<std::pair<const char*, Figure>> numbers_of(const Row& row) {
    return {{"seed", row.seed},
            {"exit", row.exit},
            {"references", row.references},
            {"faults", row.faults},
            {"evictions", row.evictions},
            {"writebacks", row.writebacks},
            {"instructions", row.instructions},
            {"instructions_per_fault", instructions_per_fault(row)},
            {"cleared_bits", row.cleared},
            {"policy_fallbacks", row.fallbacks}};
}
std::vector<std::pair<const char*, std::string>> texts_of(const Row& row) {
    return {{"run", row.run},
            {"app", row.app},
            {"workload", row.workload},
            {"outcome", row.outcome},
            {"mode", row.mode},
            {"policy", row.policy},
            {"recorded", row.recorded ? "yes" : "no"}};
}
std::string hash_text(const Row& row) {
    return row.victims ? fmt::format("{:016x}", *row.victims) : "";
}

} // namespace

bool same_work(const std::vector<Row>& rows) {
    return std::ranges::all_of(rows, [&](const Row& row) {
        return !row.workload.empty() && row.workload == rows[0].workload && row.app == rows[0].app;
    });
}

std::vector<std::string> short_hashes(const std::vector<Row>& rows) {
    std::set<std::string> whole;
    for (const Row& row : rows)
        if (row.victims)
            whole.insert(hash_text(row));
    std::size_t digits = 4;
    for (auto one = whole.begin(); one != whole.end() && std::next(one) != whole.end(); ++one) {
        const auto differ = std::ranges::mismatch(*one, *std::next(one));
        digits = std::max(digits, static_cast<std::size_t>(differ.in1 - one->begin()) + 1);
    }
    std::vector<std::string> all;
    all.reserve(rows.size());
    for (const Row& row : rows)
        all.push_back(row.victims ? hash_text(row).substr(0, digits) : "-");
    return all;
}

std::string as_text(const std::vector<Row>& rows, bool named) {
    std::vector<Column> columns = columns_of(rows, named);
    fit(columns);
    std::string text = line_of(columns, 0, true);
    for (std::size_t i = 0; i != rows.size(); ++i)
        text += line_of(columns, i, false);
    return text + "\n" + command::wrapped(notes(rows), 0);
}

std::string as_csv(const std::vector<Row>& rows) {
    std::string text;
    for (const auto& [name, value] : texts_of(rows[0]))
        text += fmt::format("{},", name);
    text += "frames";
    for (const auto& [name, value] : numbers_of(rows[0]))
        text += fmt::format(",{}", name);
    text += ",victims_hash\n";
    for (const Row& row : rows) {
        for (const auto& [name, value] : texts_of(row))
            text += csv_field(value) + ",";
        text += std::to_string(row.frames);
        for (const auto& [name, value] : numbers_of(row))
            text += value ? fmt::format(",{}", *value) : ",";
        text += "," + hash_text(row) + "\n";
    }
    return text;
}

std::string as_json(const std::vector<Row>& rows) {
    std::vector<std::string> list;
    for (const Row& row : rows) {
        command::JsonObject json;
        for (const auto& [name, value] : texts_of(row))
            if (std::string_view(name) != "recorded")
                json.text(name, value);
        json.boolean("recorded", row.recorded).number("frames", row.frames);
        for (const auto& [name, value] : numbers_of(row))
            json.value(name, value ? command::json_value(std::to_string(*value)) : "null");
        json.value("victims_hash", row.victims ? command::json_string(hash_text(row)) : "null");
        list.push_back(json.done());
    }
    return command::JsonObject{}
        .boolean("same_work", same_work(rows))
        .value("runs", command::json_list(list))
        .done();
}

} // namespace comparison
