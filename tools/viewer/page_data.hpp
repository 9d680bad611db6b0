// tools/viewer/page_data.hpp - what the page's script reads, in three parts.
//
// Packed are, for each event: number of its shape, time, environment, processor (if there are
// several) and payload; and for each episode: how many events, and which. Numbers are
// variable-length (pack.hpp); times and payload words are differences from the same word of the
// last event of that shape.

#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <tuple>

#include "tools/viewer/episodes.hpp"
#include "tools/viewer/names.hpp"
#include "tools/viewer/processors.hpp"
#include "tools/viewer/text.hpp"
#include "tools/viewer/words.hpp"

namespace viewer {

/// Events that agree in all but their numbers.
struct Shape {
    std::uint16_t kind = 0;
    bool claim = false;
    std::uint32_t words = 0;
    bool otherwise = false; // is_told_otherwise
    friend auto operator<=>(const Shape&, const Shape&) = default;
};

class PageData {
public:
    PageData(const recording::Recording& recording, const std::vector<Episode>& episodes,
             std::uint64_t instructions_per_record);

    /// Facts, names, kinds and episodes, as JSON that may stand in a script element.
    std::string json(const std::filesystem::path& sources, std::uint64_t shown_fault);
    bool has_several_processors() const { return processors_.are_several(); }
    /// In base64.
    const std::string& events() const { return events_; }
    std::string members() const;

private:
    void take(const recording::Event& event, std::uint16_t processor);
    void put_shapes(Json& json, const std::filesystem::path& sources);
    void put_names(Json& json);
    void put_episodes(Json& json, std::uint64_t shown_fault);

    const recording::Recording& recording_;
    const Names names_;
    const Processors processors_;
    const std::vector<Episode>& episodes_;
    std::uint64_t per_record_;
    std::string events_;
    std::map<Shape, std::size_t> numbers_;
    std::vector<recording::Event> shapes_;         // the first of each
    std::vector<std::vector<std::uint64_t>> last_; // per shape: its words
    std::set<std::pair<Shown, std::uint64_t>> values_;
    std::map<std::uint32_t, std::string> environments_; // those that claim something: their names
    std::uint64_t last_time_ = 0, words_ = 0;
};

} // namespace viewer
