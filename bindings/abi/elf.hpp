// bindings/abi/elf.hpp - the parts of ELF64 that a static program needs: what exokernel and libOS
// load.

#pragma once

#include <cstdint>

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

} // namespace abi::elf
