// bindings/abi/elf.hpp - the parts of ELF64 that a static program needs: what exokernel and libOS
// load. Nothing in a file is trusted.

#pragma once

#include <cstdint>
#include <span>

#include "bindings/abi/address.hpp"
#include "bindings/abi/error.hpp"
#include "bindings/abi/layout.hpp"
#include "bindings/abi/translation.hpp"

namespace abi::elf {

struct Header {
    unsigned char identity[16];
    std::uint16_t type, machine;
    std::uint32_t version;
    std::uint64_t entry, program_headers, section_headers;
    std::uint32_t flags;
    std::uint16_t header_size, program_header_size, program_header_count;
    std::uint16_t section_header_size, section_header_count, section_names;
};
static_assert(sizeof(Header) == 64);

struct ProgramHeader {
    std::uint32_t type, flags;
    std::uint64_t offset, address, physical, file_bytes, memory_bytes, alignment;
};
static_assert(sizeof(ProgramHeader) == 56);

inline constexpr std::uint32_t load = 1;
inline constexpr std::uint32_t executable = 1;
inline constexpr std::uint32_t writable = 2;

struct Image {
    std::uint64_t entry = 0, end = 0; // behind the last segment
};

// Whether the segment lies in the file and in the image's range, on pages of its own, and is not
// writable and executable at once.
constexpr bool is_loadable(const ProgramHeader& segment, std::uint64_t file_bytes) {
    return segment.offset <= file_bytes && segment.file_bytes <= file_bytes - segment.offset &&
           segment.file_bytes <= segment.memory_bytes && segment.address >= layout::image &&
           segment.address < layout::image_end &&
           segment.memory_bytes <= layout::image_end - segment.address &&
           segment.address % page_size == 0 &&
           (segment.flags & (writable | executable)) != (writable | executable);
}

constexpr std::uint64_t access_of(const ProgramHeader& segment) {
    return ((segment.flags & writable) != 0 ? access::write : 0) |
           ((segment.flags & executable) != 0 ? access::execute : 0);
}

/// Has `add_page(address, access, content)` make each page of the program in `file`: what the file
/// has of the page is `content`, the rest is 0. Errors: invalid_argument (no static ELF64 for
/// x86-64 in the image's range), and those of `add_page`, behind which pages may have been made.
template <class Function> Result<Image> load_pages(std::span<const char> file, Function add_page) {
    Header header;
    constexpr unsigned char identity[] = {0x7f, 'E', 'L', 'F', 2, 1, 1};
    if (file.size() < sizeof header)
        return std::unexpected(Error::invalid_argument);
    __builtin_memcpy(&header, file.data(), sizeof header);
    const std::uint64_t count = header.program_header_count;
    if (__builtin_memcmp(header.identity, identity, sizeof identity) != 0 || header.type != 2 ||
        header.machine != 62 || header.program_header_size != sizeof(ProgramHeader) ||
        header.program_headers > file.size() ||
        count * sizeof(ProgramHeader) > file.size() - header.program_headers)
        return std::unexpected(Error::invalid_argument);
    Image image{.entry = header.entry, .end = 0};
    for (std::uint64_t i = 0; i != count; ++i) {
        ProgramHeader segment;
        __builtin_memcpy(&segment, file.data() + header.program_headers + i * sizeof segment,
                         sizeof segment);
        if (segment.type != load || segment.memory_bytes == 0)
            continue;
        if (!is_loadable(segment, file.size()))
            return std::unexpected(Error::invalid_argument);
        const auto content = file.subspan(segment.offset, segment.file_bytes);
        for (std::uint64_t at = 0; at < segment.memory_bytes; at += page_size) {
            const auto rest = content.subspan(at < content.size() ? at : content.size());
            TRY(add_page(segment.address + at, access_of(segment),
                         rest.first(rest.size() < page_size ? rest.size() : page_size)));
        }
        const std::uint64_t end = segment.address + segment.memory_bytes;
        image.end = end > image.end ? end : image.end;
    }
    if (image.entry < layout::image || image.entry >= image.end)
        return std::unexpected(Error::invalid_argument);
    return image;
}

} // namespace abi::elf
