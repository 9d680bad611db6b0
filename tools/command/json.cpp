// tools/command/json.cpp - JSON text: escapes, numbers, objects.

#include "tools/command/json.hpp"

#include <fmt/format.h>

namespace command {

std::size_t sequence_length(std::string_view text) {
    const auto lead = static_cast<unsigned char>(text[0]);
    const std::size_t length = lead < 0x80   ? 1
                               : lead < 0xc2 ? 0
                               : lead < 0xe0 ? 2
                               : lead < 0xf0 ? 3
                               : lead < 0xf5 ? 4
                                             : 0;
    if (length == 0 || length > text.size())
        return 0;
    for (std::size_t i = 1; i < length; ++i)
        if ((static_cast<unsigned char>(text[i]) & 0xc0) != 0x80)
            return 0;
    return length;
}

std::string json_string(std::string_view text) {
    std::string json = "\"";
    while (!text.empty()) {
        const std::size_t length = sequence_length(text);
        const char c = text[0];
        if (length == 0)
            json += "\\ufffd";
        else if (c == '"' || c == '\\')
            json += {'\\', c};
        else if (static_cast<unsigned char>(c) < 0x20)
            json += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
        else
            json += text.substr(0, length);
        text.remove_prefix(length == 0 ? 1 : length);
    }
    return json + "\"";
}

std::string json_value(std::string_view text) {
    const std::string_view digits = text.starts_with('-') ? text.substr(1) : text;
    const bool whole = !digits.empty() && digits.size() <= 15 &&
                       digits.find_first_not_of("0123456789") == std::string_view::npos &&
                       (digits.size() == 1 || digits[0] != '0');
    return whole ? std::string(text) : json_string(text);
}

JsonObject& JsonObject::value(std::string_view key, const std::string& json) {
    members_ += (members_.empty() ? "" : ",") + json_string(key) + ":" + json;
    return *this;
}

JsonObject& JsonObject::text(std::string_view key, std::string_view value_text) {
    return value(key, json_string(value_text));
}

JsonObject& JsonObject::number(std::string_view key, std::uint64_t number) {
    return value(key, std::to_string(number));
}

JsonObject& JsonObject::boolean(std::string_view key, bool truth) {
    return value(key, truth ? "true" : "false");
}

JsonObject& JsonObject::values(std::string_view key,
                               const std::map<std::string, std::string>& members) {
    JsonObject object;
    for (const auto& [name, text] : members)
        object.value(name, json_value(text));
    return value(key, object.done());
}

std::string json_list(const std::vector<std::string>& values) {
    return fmt::format("[{}]", fmt::join(values, ","));
}

} // namespace command
