// tools/viewer/text.hpp - text in columns, and JSON.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace viewer {

/// `text` in lines of at most `width` columns, broken between words; a longer word stays whole.
std::vector<std::string> wrap(const std::string& text, std::size_t width);

enum class Style { plain, bold, dim, hardware, exokernel, libos, disk };

/// `text` in the colours of `style` if they are wanted.
std::string styled(const std::string& text, Style style, bool colours);

/// Writes one JSON value into a string: objects and arrays nest, commas come by themselves.
class Json {
public:
    Json& begin_object(const char* key = nullptr);
    Json& begin_array(const char* key = nullptr);
    Json& end();
    Json& text(const char* key, const std::string& value);
    Json& number(const char* key, std::uint64_t value);
    Json& boolean(const char* key, bool value);
    const std::string& string() const { return out_; }

private:
    void key(const char* name);
    void quote(const std::string& value);

    std::string out_;
    std::string closing_;
    bool first_ = true;
};

} // namespace viewer
