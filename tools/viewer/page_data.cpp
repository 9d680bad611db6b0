// tools/viewer/page_data.cpp - packing events and episodes, and the tables beside them.

#include "tools/viewer/page_data.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "tools/viewer/drawing.hpp"
#include "tools/viewer/pack.hpp"
#include "tools/viewer/sources.hpp"

namespace viewer {

using recording::Event;

namespace {

// Whether the page writes such numbers by itself.
bool is_number(Shown shown) { return shown == Shown::decimal || shown == Shown::hexadecimal; }

std::string fields_of(const abi::EventDefinition& definition) { return definition.fields; }

// Calls `visit` with each field of a definition and its position.
template <class Visit> void each_field(const abi::EventDefinition& definition, Visit visit) {
    const std::string fields = fields_of(definition);
    std::size_t index = 0;
    for (std::size_t begin = 0; begin < fields.size(); ++index) {
        const std::size_t end = std::min(fields.find(' ', begin), fields.size());
        visit(fields.substr(begin, end - begin), index);
        begin = end + 1;
    }
}

// A script element ends at the first end tag, whatever JSON thinks of it.
std::string in_script(std::string json) {
    for (std::size_t at = 0; (at = json.find('<', at)) != std::string::npos;)
        json.replace(at, 1, "\\u003c");
    return json;
}

void put_excerpt(Json& json, const char* key, const std::optional<Excerpt>& excerpt) {
    if (!excerpt)
        return;
    json.begin_object(key)
        .text("file", excerpt->file)
        .number("first", excerpt->first)
        .number("marked", excerpt->marked)
        .begin_array("lines");
    for (const std::string& line : excerpt->lines)
        json.text(nullptr, line);
    json.end().end();
}

// A name that fits above a lane and tells it from others of the same program.
std::string head_of(const std::string& program, std::uint32_t environment) {
    constexpr std::size_t longest = 12;
    if (program.empty())
        return fmt::format("libOS {}", environment);
    return fmt::format("{} {}",
                       program.size() > longest ? program.substr(0, longest - 1) + "…" : program,
                       environment);
}

} // namespace

PageData::PageData(const recording::Recording& recording, const std::vector<Episode>& episodes,
                   std::uint64_t instructions_per_record)
    : recording_(recording),
      names_(recording),
      processors_(recording),
      episodes_(episodes),
      per_record_(instructions_per_record) {
    for (std::size_t i = 0; i != recording.events.size(); ++i)
        take(recording.events[i], processors_.of(i));
    for (const Event& event : recording.events) // who says nothing may be named by its creator
        if (const auto child = static_cast<std::uint32_t>(field(event, "environment"));
            abi::Event{event.kind} == abi::Event::child_started && !names_.program(child).empty())
            environments_[child] = names_.of_libos(child);
    events_ = base64(events_);
}

void PageData::take(const Event& event, std::uint16_t processor) {
    const abi::EventDefinition* const definition = definition_of(event);
    const Shape shape{event.kind, event.claim, std::min(event.words, recording::largest_payload),
                      is_told_otherwise(event)};
    const auto [found, is_new] = numbers_.try_emplace(shape, shapes_.size());
    if (is_new) {
        shapes_.push_back(event);
        last_.emplace_back(shape.words);
    }
    put_varint(events_, found->second);
    put_varint(events_, zigzag(event.time - last_time_));
    put_varint(events_, event.environment);
    if (processors_.are_several())
        put_varint(events_, processor);
    last_time_ = event.time;
    std::vector<std::uint64_t>& last = last_[found->second];
    for (std::uint32_t i = 0; i < shape.words; ++i) {
        put_varint(events_, zigzag(event.payload[i] - last[i]));
        last[i] = event.payload[i];
    }
    words_ += shape.words;
    if (event.claim)
        if (std::string& lane = environments_[event.environment]; lane.empty())
            lane = names_.actor(event);
    if (definition != nullptr)
        each_field(*definition, [&](const std::string& name, std::size_t index) {
            const Shown shown = shown_as(definition->event, name);
            if (!is_number(shown) && index < shape.words)
                values_.emplace(shown, event.payload[index]);
        });
}

std::string PageData::members() const {
    std::string bytes;
    for (const Episode& episode : episodes_) {
        put_varint(bytes, episode.events.size());
        std::uint64_t last = 0;
        for (const StepEvent& event : episode.events) {
            put_varint(bytes, zigzag(event.index - last));
            put_varint(bytes, event.step);
            put_varint(bytes, event.cost);
            put_varint(bytes, event.waited);
            last = event.index;
        }
    }
    return base64(bytes);
}

void PageData::put_shapes(Json& json, const std::filesystem::path& sources) {
    json.begin_array("shapes");
    for (const auto& event : shapes_) {
        const std::uint32_t words = std::min(event.words, recording::largest_payload);
        const abi::EventDefinition* const definition = definition_of(event);
        json.begin_object()
            .number("words", words)
            .boolean("claim", event.claim)
            .text("actor", event.claim ? "libOS" : names_.actor(event));
        const std::string name = name_of_kind(event);
        const Drawing drawing =
            drawing_of(definition != nullptr ? definition->event : abi::Event::none, name.c_str(),
                       event.claim);
        json.text("name", name)
            .text("from", std::string(1, static_cast<char>(drawing.from)))
            .text("to", std::string(1, static_cast<char>(drawing.to)))
            .text("party", drawing.party)
            .text("label", drawing.label);
        json.begin_array("fields");
        if (definition != nullptr)
            each_field(*definition, [&](const std::string& field, std::size_t) {
                json.begin_array()
                    .text(nullptr, field)
                    .number(nullptr, static_cast<std::uint64_t>(shown_as(definition->event, field)))
                    .end();
            });
        for (std::uint32_t i = 0; definition == nullptr && i < words; ++i)
            json.begin_array()
                .text(nullptr, fmt::format("word{}", i))
                .number(nullptr, static_cast<std::uint64_t>(Shown::hexadecimal))
                .end();
        json.end();
        if (definition != nullptr) {
            json.number("step", definition->step)
                .text("sentence", sentence_of_kind(event))
                .text("file", source_of(event));
            put_excerpt(json, "source", excerpt_of(sources, source_of(event), definition->name));
            if (definition->event == abi::Event::victim_chosen)
                put_excerpt(json, "policy",
                            source_of_policy(sources, recording::fact(recording_, "policy")));
        } else {
            std::string text = sentence(event);
            text.pop_back();
            json.number("step", 0).text("sentence", text).text("file", "");
        }
        json.end();
    }
    json.end();
}

void PageData::put_names(Json& json) {
    json.begin_array("names");
    for (std::uint64_t shown = 0; shown <= static_cast<std::uint64_t>(Shown::last); ++shown) {
        json.begin_object();
        for (const auto& [form, value] : values_)
            if (static_cast<std::uint64_t>(form) == shown)
                json.text(fmt::format("{:x}", value).c_str(), text_of(form, value));
        json.end();
    }
    json.end();
}

void PageData::put_episodes(Json& json, std::uint64_t shown_fault) {
    std::size_t open = 0;
    json.begin_array("episodes");
    for (std::size_t i = 0; i < episodes_.size(); ++i) {
        const Episode& episode = episodes_[i];
        if (episode.kind == Episode::Kind::fault ? episode.number == shown_fault
                                                 : episode.kind == Episode::Kind::shootdown &&
                                                       episode.number == 1 && shown_fault == 0)
            open = i;
        json.begin_array()
            .number(nullptr, static_cast<std::uint64_t>(episode.kind))
            .number(nullptr, episode.number)
            .begin_array(nullptr);
        for (const std::uint32_t party : episode.parties)
            json.number(nullptr, party);
        json.end().text(nullptr, episode.title).text(nullptr, episode.outcome).end();
    }
    json.end().number("open", open);
}

std::string PageData::json(const std::filesystem::path& sources, std::uint64_t shown_fault) {
    Json json;
    json.begin_object()
        .number("count", recording_.events.size())
        .number("words", words_)
        .number("perRecord", per_record_)
        .text("outcome", name_of(recording_.result.outcome))
        .number("status", recording_.result.status)
        .begin_object("facts");
    for (const auto& [key, value] : recording_.facts)
        json.text(key.c_str(), value);
    json.end().begin_array("notes");
    for (const std::string& note : recording_.notes)
        json.text(nullptr, note);
    if (!recording_.flags.empty())
        json.text(nullptr,
                  fmt::format("{} in the recording cannot be right; `exo verify` names what.",
                              counted(recording_.flags.size(), "thing")));
    json.end().begin_array("processors"); // none: there is one
    for (const std::uint16_t processor : processors_.all())
        if (processors_.are_several())
            json.number(nullptr, processor);
    json.end().begin_array("steps");
    for (std::uint32_t step = 0; step <= last_step; ++step)
        json.begin_array().text(nullptr, step_number(step)).text(nullptr, step_title(step)).end();
    json.end().begin_array("environments");
    for (const auto& [environment, name] : environments_)
        json.begin_array()
            .number(nullptr, environment)
            .text(nullptr, name)
            .text(nullptr, head_of(names_.program(environment), environment))
            .end();
    json.end();
    put_shapes(json, sources);
    put_names(json);
    put_episodes(json, shown_fault);
    return in_script(json.end().string());
}

} // namespace viewer
