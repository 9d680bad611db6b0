// exokernel/boot/archive.cpp - walking a ustar archive.

#include "exokernel/boot/archive.hpp"

#include <algorithm>

#include "bindings/abi/archive.hpp"
#include "exokernel/arch/x86_64/direct_map.hpp"
#include "exokernel/boot/boot_information.hpp"
#include "exokernel/support/panic.hpp"

namespace exokernel {

namespace {

using Bytes = std::string_view;
constexpr std::uint64_t block = 512;

std::uint64_t octal(const char* digits, unsigned width) {
    std::uint64_t value = 0;
    for (unsigned i = 0; i != width && digits[i] != 0 && digits[i] != ' '; ++i) {
        if (digits[i] < '0' || digits[i] > '7')
            refuse_to_boot("the archive is damaged: a number in a header is not octal");
        value = value * 8 + static_cast<std::uint64_t>(digits[i] - '0');
    }
    return value;
}

std::uint64_t checksum(const abi::ArchiveHeader& header) {
    const auto* bytes = reinterpret_cast<const unsigned char*>(&header);
    constexpr unsigned begin = offsetof(abi::ArchiveHeader, checksum);
    std::uint64_t sum = 0;
    for (unsigned i = 0; i != block; ++i)
        sum += i >= begin && i < begin + sizeof header.checksum ? ' ' : bytes[i];
    return sum;
}

} // namespace

Bytes find_member(Bytes name) {
    const MemoryRange& module = boot_information.module;
    const std::uint64_t size = module.end - module.begin;
    for (std::uint64_t at = 0; at + block <= size;) {
        const auto& header = *at_physical<const abi::ArchiveHeader>(module.begin + at);
        if (header.name[0] == 0)
            return {};
        if (Bytes{header.magic, 5} != "ustar")
            refuse_to_boot("the archive is damaged: a header lacks the mark `ustar`");
        if (checksum(header) != octal(header.checksum, sizeof header.checksum))
            refuse_to_boot("the archive is damaged: the checksum of a header is wrong");
        const std::uint64_t bytes = octal(header.size, sizeof header.size);
        if (bytes > size - at - block)
            refuse_to_boot("the archive is damaged: it ends within a member");
        const Bytes padded{header.name, sizeof header.name};
        if (padded.starts_with(name) && (name.size() == padded.size() || padded[name.size()] == 0))
            return {at_physical<const char>(module.begin + at + block), bytes};
        at += block + (bytes + block - 1) / block * block;
    }
    return {};
}

Bytes manifest() {
    if (boot_information.module.end == boot_information.module.begin)
        refuse_to_boot("there is no archive", "pass one with -initrd");
    const Bytes found = find_member("manifest");
    if (found.data() == nullptr)
        refuse_to_boot("the archive has no member `manifest`");
    if (found.size() > abi::manifest_limit)
        refuse_to_boot("the manifest is longer than 8192 bytes");
    return found;
}

Bytes manifest_value(Bytes key) {
    for (Bytes rest = manifest(); !rest.empty();) {
        Bytes line{rest.begin(), std::find(rest.begin(), rest.end(), '\n')};
        rest.remove_prefix(std::min(line.size() + 1, rest.size()));
        if (line.size() <= key.size() || !line.starts_with(key) || line[key.size()] != '=')
            continue;
        line.remove_prefix(key.size() + 1);
        return line;
    }
    return {};
}

std::uint64_t manifest_number(const char* key, std::uint64_t otherwise) {
    const Bytes text = manifest_value(key);
    if (text.data() == nullptr)
        return otherwise;
    std::uint64_t value = 0;
    bool is_number = !text.empty();
    for (const char digit : text) {
        is_number = is_number && digit >= '0' && digit <= '9' && value <= ~std::uint64_t{0} / 20;
        value = value * 10 + static_cast<std::uint64_t>(digit - '0');
    }
    if (!is_number)
        refuse_to_boot("the manifest has a value that is not a number", key);
    return value;
}

} // namespace exokernel
