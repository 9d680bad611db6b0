// libos/environment/archive.cpp - walking a ustar archive.

#include "libos/environment/archive.hpp"

#include "bindings/abi/archive.hpp"
#include "bindings/abi/translation.hpp"
#include "libos/core/address_space.hpp"
#include "libos/core/start.hpp"
#include "libos/core/upcall.hpp"

namespace libos {

namespace {

constexpr std::size_t block = sizeof(abi::ArchiveHeader);

abi::Result<std::uint64_t> octal(std::string_view digits) {
    std::uint64_t value = 0;
    for (const char digit : digits) {
        if (digit == 0 || digit == ' ')
            break;
        if (digit < '0' || digit > '7')
            return std::unexpected(abi::Error::invalid_argument);
        value = value * 8 + static_cast<std::uint64_t>(digit - '0');
    }
    return value;
}

template <std::size_t size> std::string_view text_of(const char (&field)[size]) {
    const std::string_view whole{field, size};
    return whole.substr(0, whole.find('\0'));
}

} // namespace

abi::Result<std::span<const char>> find_member(std::span<const char> archive,
                                               std::string_view name) {
    while (archive.size() >= block) {
        const auto& header = *reinterpret_cast<const abi::ArchiveHeader*>(archive.data());
        if (header.name[0] == 0)
            break;
        if (std::string_view{header.magic, 5} != "ustar")
            return std::unexpected(abi::Error::invalid_argument);
        const std::uint64_t bytes = TRY(octal({header.size, sizeof header.size}));
        archive = archive.subspan(block);
        if (bytes > archive.size())
            return std::unexpected(abi::Error::invalid_argument);
        if (text_of(header.name) == name)
            return archive.first(bytes);
        const std::uint64_t whole = (bytes + block - 1) / block * block;
        archive = archive.subspan(whole < archive.size() ? whole : archive.size());
    }
    return std::unexpected(abi::Error::not_present);
}

abi::Result<std::span<const char>> archive() {
    static bool mapped = false;
    const abi::StartInformation& start = start_information();
    if (start.archive_frames == 0)
        return std::unexpected(abi::Error::no_binding);
    if (!mapped) {
        const UpcallsDisabled guard;
        map_view(abi::View::archive, 0, start.archive_frames, address_range::archive,
                 abi::access::read_only);
        mapped = true;
    }
    return std::span{reinterpret_cast<const char*>(address_range::archive), start.archive_bytes};
}

} // namespace libos
