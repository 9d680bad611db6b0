// bindings/abi/ustar.hpp - finding a member of the archive.
//
// Nothing in the archive is trusted: every length is checked against what is left.

#pragma once

#include <span>
#include <string_view>

#include "bindings/abi/archive.hpp"
#include "bindings/abi/error.hpp"

namespace abi {

namespace ustar {

inline constexpr std::size_t block = sizeof(ArchiveHeader);

inline Result<std::uint64_t> octal(std::string_view digits) {
    std::uint64_t value = 0;
    for (const char digit : digits) {
        if (digit == 0 || digit == ' ')
            break;
        if (digit < '0' || digit > '7')
            return std::unexpected(Error::invalid_argument);
        value = value * 8 + static_cast<std::uint64_t>(digit - '0');
    }
    return value;
}

// The bytes of the header, those of the sum taken as blanks.
inline std::uint64_t sum_of(const ArchiveHeader& header) {
    const auto* const bytes = reinterpret_cast<const unsigned char*>(&header);
    std::uint64_t sum = ' ' * sizeof header.checksum;
    for (std::size_t i = 0; i != block; ++i)
        sum += bytes[i];
    for (const char digit : header.checksum)
        sum -= static_cast<unsigned char>(digit);
    return sum;
}

inline bool is_named(const ArchiveHeader& header, std::string_view name) {
    const std::string_view padded{header.name, sizeof header.name};
    return padded.starts_with(name) && (name.size() == padded.size() || padded[name.size()] == 0);
}

} // namespace ustar

/// The member `name` of `archive`. Errors: not_present; invalid_argument (the archive is damaged in
/// front of it).
inline Result<std::span<const char>> find_member(std::span<const char> archive,
                                                 std::string_view name) {
    using ustar::block;
    while (archive.size() >= block) {
        const auto& header = *reinterpret_cast<const ArchiveHeader*>(archive.data());
        if (header.name[0] == 0)
            break;
        const std::string_view sum{header.checksum, sizeof header.checksum};
        if (std::string_view{header.magic, 5} != "ustar" ||
            TRY(ustar::octal(sum)) != ustar::sum_of(header))
            return std::unexpected(Error::invalid_argument);
        const std::uint64_t bytes = TRY(ustar::octal({header.size, sizeof header.size}));
        archive = archive.subspan(block);
        if (bytes > archive.size())
            return std::unexpected(Error::invalid_argument);
        if (ustar::is_named(header, name))
            return archive.first(bytes);
        const std::uint64_t whole = (bytes + block - 1) / block * block;
        archive = archive.subspan(whole < archive.size() ? whole : archive.size());
    }
    return std::unexpected(Error::not_present);
}

} // namespace abi
