// tools/command/ustar.cpp - ustar headers, and ELF programs without their debug information.

#include "tools/command/ustar.hpp"

#include <algorithm>
#include <cstring>
#include <elf.h>
#include <fmt/format.h>

#include "bindings/abi/archive.hpp"

namespace command {

namespace {

constexpr std::size_t block = sizeof(abi::ArchiveHeader);

template <std::size_t size> void put_octal(char (&field)[size], std::uint64_t number) {
    const std::string digits = fmt::format("{:0{}o}", number, size - 1);
    std::memcpy(field, digits.data(), size - 1);
}

abi::ArchiveHeader header_of(const Member& member) {
    abi::ArchiveHeader header{};
    std::memcpy(header.name, member.name.data(), member.name.size());
    put_octal(header.mode, 0644);
    put_octal(header.owner, 0);
    put_octal(header.group, 0);
    put_octal(header.size, member.content.size());
    put_octal(header.time, 0);
    header.type = '0';
    std::memcpy(header.magic, "ustar", 6);
    std::memcpy(header.version, "00", 2);
    std::memset(header.checksum, ' ', sizeof(header.checksum));
    unsigned char bytes[block];
    std::memcpy(bytes, &header, block);
    std::uint64_t sum = 0;
    for (const unsigned char byte : bytes)
        sum += byte;
    const std::string digits = fmt::format("{:06o}", sum);
    std::memcpy(header.checksum, digits.data(), 6);
    header.checksum[6] = '\0';
    return header;
}

} // namespace

Outcome<std::string> ustar(const std::vector<Member>& members) {
    std::string archive;
    for (const Member& member : members) {
        if (member.name.empty() || member.name.size() >= sizeof(abi::ArchiveHeader::name))
            return usage_error(
                fmt::format("`{}`: a name in the archive has 1 to 99 bytes", member.name));
        const abi::ArchiveHeader header = header_of(member);
        archive.append(block, '\0');
        std::memcpy(archive.data() + archive.size() - block, &header, block);
        archive += member.content;
        archive.append((block - member.content.size() % block) % block, '\0');
    }
    archive.append(2 * block, '\0');
    return archive;
}

std::string loadable_part(std::string_view elf) {
    Elf64_Ehdr header;
    if (elf.size() < sizeof(header))
        return std::string(elf);
    std::memcpy(&header, elf.data(), sizeof(header));
    if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 ||
        header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_phentsize != sizeof(Elf64_Phdr) ||
        header.e_phoff > elf.size() ||
        header.e_phnum > (elf.size() - header.e_phoff) / sizeof(Elf64_Phdr))
        return std::string(elf);
    std::uint64_t end = header.e_phoff + header.e_phnum * sizeof(Elf64_Phdr);
    for (unsigned i = 0; i < header.e_phnum; ++i) {
        Elf64_Phdr segment;
        std::memcpy(&segment, elf.data() + header.e_phoff + i * sizeof(segment), sizeof(segment));
        if (segment.p_offset > elf.size() || segment.p_filesz > elf.size() - segment.p_offset)
            return std::string(elf);
        if (segment.p_type == PT_LOAD)
            end = std::max<std::uint64_t>(end, segment.p_offset + segment.p_filesz);
    }
    header.e_shoff = 0;
    header.e_shnum = 0;
    header.e_shstrndx = SHN_UNDEF;
    std::string part(elf.substr(0, end));
    std::memcpy(part.data(), &header, sizeof(header));
    return part;
}

} // namespace command
