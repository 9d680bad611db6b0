// tools/benchmark/symbols.cpp - reads .symtab. The file is our own build's, but every offset is
// checked: a half-written one is refused, not followed.

#include "tools/benchmark/symbols.hpp"

#include <cstring>
#include <elf.h>
#include <fmt/format.h>
#include <string_view>

#include "tools/command/disk_image.hpp"
#include "tools/command/project.hpp"

namespace benchmark {
namespace {

using command::Failure;
using command::Outcome;

/// The `number` T at `offset` of `file`; nothing if they do not lie in it.
template <class T>
bool read_at(std::string_view file, std::uint64_t offset, std::uint64_t number, T& value) {
    if (offset > file.size() || number >= (file.size() - offset) / sizeof(T))
        return false;
    std::memcpy(&value, file.data() + offset + number * sizeof(T), sizeof(T));
    return true;
}

bool read_table(std::string_view file, const Elf64_Ehdr& header, const Elf64_Shdr& table,
                Symbols& symbols) {
    Elf64_Shdr names{};
    if (!read_at(file, header.e_shoff, table.sh_link, names) || names.sh_offset > file.size())
        return false;
    Elf64_Sym symbol{};
    for (std::uint64_t i = 0; i < table.sh_size / sizeof symbol; ++i) {
        if (!read_at(file, table.sh_offset, i, symbol))
            return false;
        const std::string_view strings = file.substr(names.sh_offset);
        if (symbol.st_shndx == SHN_UNDEF || symbol.st_name >= strings.size())
            continue;
        const std::string_view name = strings.substr(symbol.st_name);
        symbols.emplace(name.substr(0, name.find('\0')), symbol.st_value);
    }
    return true;
}

} // namespace

Outcome<Symbols> symbols_of(const std::filesystem::path& program) {
    const std::string file = TRY(command::read_whole(program));
    const auto damaged = [&] {
        return command::host_error(
            fmt::format("{}: is no whole ELF64 program; build it again", command::shown(program)));
    };
    Elf64_Ehdr header{};
    if (!read_at(file, 0, 0, header) || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0)
        return damaged();
    Symbols symbols;
    for (std::uint64_t i = 0; i < header.e_shnum; ++i) {
        Elf64_Shdr section{};
        if (!read_at(file, header.e_shoff, i, section))
            return damaged();
        if (section.sh_type == SHT_SYMTAB && !read_table(file, header, section, symbols))
            return damaged();
    }
    if (symbols.empty())
        return command::host_error(fmt::format("{}: has no symbols, so nothing in it can be "
                                               "measured; do not strip it",
                                               command::shown(program)));
    return symbols;
}

} // namespace benchmark
