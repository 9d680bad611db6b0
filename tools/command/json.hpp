// tools/command/json.hpp - writes one JSON object, members in the order in which they are added.

#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace command {

/// Length of the UTF-8 sequence at the beginning of `text`, which is not empty; 0 if there is none.
/// Overlong forms are left to readers.
std::size_t sequence_length(std::string_view text);

/// `text` as a JSON string; bytes that are no UTF-8 become U+FFFD.
std::string json_string(std::string_view text);

/// `text` itself if it is a whole number that a double holds exactly, else as a JSON string.
std::string json_value(std::string_view text);

class JsonObject {
public:
    JsonObject& text(std::string_view key, std::string_view value);
    JsonObject& number(std::string_view key, std::uint64_t value);
    JsonObject& boolean(std::string_view key, bool value);
    JsonObject& value(std::string_view key, const std::string& json); // as it stands
    JsonObject& values(std::string_view key, const std::map<std::string, std::string>& members);
    std::string done() const { return "{" + members_ + "}"; }

private:
    std::string members_;
};

std::string json_list(const std::vector<std::string>& values); // of JSON values

} // namespace command
