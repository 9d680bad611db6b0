// tools/command/trace_file.cpp - reading and unpacking reference strings.

#include "tools/command/trace_file.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <fmt/format.h>
#include <memory>
#include <string_view>
#include <zstd.h>

#include "tools/command/disk_image.hpp"
#include "tools/command/project.hpp"

namespace command {

namespace fs = std::filesystem;

namespace {

// In pieces, because a frame need not say how long its content is.
Outcome<std::string> unpacked(const fs::path& file, const std::string& packed) {
    const std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> context(ZSTD_createDCtx(),
                                                                       ZSTD_freeDCtx);
    std::string text;
    std::string piece(ZSTD_DStreamOutSize(), '\0');
    ZSTD_inBuffer in{packed.data(), packed.size(), 0};
    for (std::size_t left = 1; left != 0 || in.pos != in.size;) {
        ZSTD_outBuffer out{piece.data(), piece.size(), 0};
        left = ZSTD_decompressStream(context.get(), &out, &in);
        if (ZSTD_isError(left) != 0)
            return usage_error(fmt::format("--trace {}: cannot be unpacked: {}", shown(file),
                                           ZSTD_getErrorName(left)));
        text.append(piece, 0, out.pos);
        if (text.size() > file_limit)
            return usage_error(fmt::format("--trace {}: unpacks to more than the {} bytes that the "
                                           "disk of a run holds; take a part of it",
                                           shown(file), file_limit));
        if (left != 0 && in.pos == in.size && out.pos < out.size)
            return usage_error(fmt::format("--trace {}: ends too early; it is damaged, or was not "
                                           "copied whole",
                                           shown(file)));
    }
    return text;
}

// The name without `.zst`, and the content, unpacked.
struct Content {
    std::string name, text;
};

Outcome<Content> content_of(const fs::path& file) {
    std::string name = file.filename().string();
    const bool packed = name.ends_with(".zst");
    if (packed)
        name.resize(name.size() - 4);
    TRY(plan_disk({file}, 0)); // refuses what is no usable file
    std::string text = TRY(read_whole(file));
    if (packed)
        text = TRY(unpacked(file, text));
    return Content{name, text};
}

simulator::ReferenceString from_words(const std::string& text, std::size_t bytes, bool bits) {
    simulator::StringBuilder string(text.size() / bytes);
    for (std::size_t i = 0; i < text.size(); i += bytes) {
        std::uint64_t word = 0;
        std::memcpy(&word, text.data() + i, bytes);
        const std::uint64_t written = bits ? word & simulator::Reference::written : 0;
        string.add(bits ? word >> 2 : word, static_cast<std::uint32_t>(written));
    }
    return string.take();
}

Outcome<simulator::ReferenceString> from_decimals(const fs::path& file, const std::string& text) {
    constexpr std::string_view between = ", \t\r\n";
    simulator::StringBuilder string;
    std::size_t count = 0;
    for (std::size_t i = text.find_first_not_of(between); i != std::string::npos;
         i = text.find_first_not_of(between, i)) {
        std::uint64_t page = 0;
        const auto [end, error] = std::from_chars(text.data() + i, text.data() + text.size(), page);
        const auto next = static_cast<std::size_t>(end - text.data());
        if (error != std::errc{} || (next != text.size() && !between.contains(text[next])))
            return usage_error(fmt::format("--trace {}: entry {} (the first is 0) is no decimal "
                                           "page number; numbers stand apart by commas or blanks",
                                           shown(file), count));
        string.add(page);
        ++count;
        i = next;
    }
    if (count == 0)
        return usage_error(fmt::format("--trace {}: has no page numbers", shown(file)));
    return string.take();
}

} // namespace

Outcome<simulator::ReferenceString> read_references(const fs::path& file) {
    const auto [name, text] = TRY(content_of(file));
    if (name.ends_with(".txt"))
        return from_decimals(file, text);
    const bool bits = name.ends_with(".pg32");
    const std::size_t bytes = name.ends_with(".u64") ? 8 : 4;
    if (!bits && bytes == 4 && !name.ends_with(".u32"))
        return usage_error(fmt::format("--trace {}: the name must end with .u32, .u64, .pg32 "
                                       "(words of 32 or 64 bits, lowest byte first) or .txt "
                                       "(decimal page numbers), or with .zst after that",
                                       shown(file)));
    if (text.empty() || text.size() % bytes != 0)
        return usage_error(fmt::format("--trace {}: has {} bytes; page numbers have {} bytes each",
                                       shown(file), text.size(), bytes));
    return from_words(text, bytes, bits);
}

Outcome<GuestTrace> read_guest_trace(const fs::path& file) {
    const simulator::ReferenceString string = TRY(read_references(file));
    GuestTrace trace{std::string(4 * string.references.size(), '\0'), 0};
    for (std::size_t i = 0; i < string.references.size(); ++i) {
        const simulator::Reference reference = string.references[i];
        const std::uint64_t page = string.page_of(reference);
        if (page >= most_pages)
            return usage_error(fmt::format("--trace {}: entry {} (the first is 0) is page {}; the "
                                           "region of a run has pages 0 to {}: subtract a base "
                                           "from the trace, or number its pages anew",
                                           shown(file), i, page, most_pages - 1));
        const auto word =
            static_cast<std::uint32_t>(page << 2 | (reference.writes() ? reference.written : 0));
        std::memcpy(trace.words.data() + 4 * i, &word, 4);
        trace.pages = std::max(trace.pages, page + 1);
    }
    return trace;
}

} // namespace command
