// tools/command/trace_file.cpp - reading and unpacking reference strings.

#include "tools/command/trace_file.hpp"

#include <cstring>
#include <fmt/format.h>
#include <memory>
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

// The guest reads 32 bits.
Outcome<std::string> narrowed(const fs::path& file, const std::string& wide) {
    std::string text(wide.size() / 2, '\0');
    for (std::size_t i = 0; i < wide.size() / 8; ++i) {
        std::uint64_t page = 0;
        std::memcpy(&page, wide.data() + 8 * i, 8);
        if (page >> 32 != 0)
            return usage_error(fmt::format("--trace {}: entry {} (the first is 0) is page {}, and "
                                           "scan takes pages below 2^32; subtract a base from the "
                                           "trace, or number its pages anew",
                                           shown(file), i, page));
        std::memcpy(text.data() + 4 * i, &page, 4);
    }
    return text;
}

} // namespace

Outcome<std::string> read_trace(const fs::path& file) {
    std::string name = file.filename().string();
    const bool packed = name.ends_with(".zst");
    for (const char* const later : {".pg32", ".pg32.zst"})
        if (name.ends_with(later))
            return usage_error(fmt::format("--trace {}: traces of the form {} are not there yet; "
                                           "there are .u32 and .u64, each also as .zst",
                                           shown(file), later));
    if (packed)
        name.resize(name.size() - 4);
    const bool wide = name.ends_with(".u64");
    if (!wide && !name.ends_with(".u32"))
        return usage_error(fmt::format("--trace {}: the name must end with .u32 or .u64 (page "
                                       "numbers of 32 or 64 bits, lowest byte first), or with "
                                       ".zst after that",
                                       shown(file)));
    TRY(plan_disk({file}, 0)); // refuses what is no usable file
    std::string text = TRY(read_whole(file));
    if (packed)
        text = TRY(unpacked(file, text));
    const std::size_t bytes = wide ? 8 : 4;
    if (text.empty() || text.size() % bytes != 0)
        return usage_error(fmt::format("--trace {}: has {} bytes; page numbers have {} bytes each",
                                       shown(file), text.size(), bytes));
    return wide ? narrowed(file, text) : text;
}

} // namespace command
