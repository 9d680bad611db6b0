// tools/viewer/page.cpp - filling the page's frame.

#include "tools/viewer/page.hpp"

#include <fmt/format.h>

#include "tools/viewer/page_data.hpp"
#include "tools/viewer/views.hpp"

namespace viewer {

namespace {

std::string escaped(const std::string& text) {
    std::string out;
    for (const char c : text)
        out += c == '<' ? "&lt;" : c == '&' ? "&amp;" : std::string(1, c);
    return out;
}

} // namespace

std::string page(const recording::Recording& recording, const std::vector<Fault>& faults,
                 const WalkOptions& options) {
    const std::vector<Episode> episodes =
        find_episodes(recording, faults, options.instructions_per_record);
    PageData data(recording, episodes, options.instructions_per_record);
    const std::uint64_t shown = options.fault.value_or(worth_showing(faults));
    const std::string json = data.json(options.sources, shown);
    const std::string app = recording::fact(recording, "app");
    const std::string title = app.empty() ? "Faultline" : "Faultline: " + escaped(app);
    const std::string members = data.members();

    std::string style(page_style), script;
    if (data.has_several_processors()) {
        style += processors_style;
        script = processors_script;
    }
    script += page_script;

    const std::pair<std::string_view, std::string_view> parts[] = {
        {"title", title},          {"style", style},     {"data", json},
        {"events", data.events()}, {"members", members}, {"script", script}};
    std::string out;
    out.reserve(page_frame.size() + style.size() + script.size() + json.size() +
                data.events().size() + members.size());
    std::string_view rest = page_frame;
    while (true) { // the frame names each part between %
        const std::size_t begin = rest.find('%');
        out += rest.substr(0, begin);
        if (begin == std::string_view::npos)
            return out;
        rest.remove_prefix(begin + 1);
        const std::size_t end = rest.find('%');
        for (const auto& [name, content] : parts)
            if (name == rest.substr(0, end))
                out += content;
        rest.remove_prefix(end + 1);
    }
}

} // namespace viewer
