// libos/environment/ustar.hpp - finding a member of a ustar archive.
//
// Nothing in the archive is trusted: every length is checked against what is left.

#pragma once

#include <span>
#include <string_view>

#include "bindings/abi/archive.hpp"
#include "bindings/abi/error.hpp"

namespace libos {

namespace ustar {

inline constexpr std::size_t block = sizeof(abi::ArchiveHeader);

inline abi::Result<std::uint64_t> octal(std::string_view digits) {
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

} // namespace ustar

/// The member `name` of `archive`. Errors: not_present; invalid_argument (the archive is damaged in
/// front of it).
inline abi::Result<std::span<const char>> find_member(std::span<const char> archive,
                                                      std::string_view name) {
    using ustar::block;
    while (archive.size() >= block) {
        const auto& header = *reinterpret_cast<const abi::ArchiveHeader*>(archive.data());
        if (header.name[0] == 0)
            break;
        if (std::string_view{header.magic, 5} != "ustar")
            return std::unexpected(abi::Error::invalid_argument);
        const std::uint64_t bytes = TRY(ustar::octal({header.size, sizeof header.size}));
        archive = archive.subspan(block);
        if (bytes > archive.size())
            return std::unexpected(abi::Error::invalid_argument);
        if (ustar::text_of(header.name) == name)
            return archive.first(bytes);
        const std::uint64_t whole = (bytes + block - 1) / block * block;
        archive = archive.subspan(whole < archive.size() ? whole : archive.size());
    }
    return std::unexpected(abi::Error::not_present);
}

} // namespace libos
