// exokernel/boot/archive.cpp - walking a ustar archive.

#include "exokernel/boot/archive.hpp"

#include "bindings/abi/archive.hpp"
#include "exokernel/arch/x86_64/direct_map.hpp"
#include "exokernel/boot/boot_information.hpp"
#include "exokernel/support/panic.hpp"

namespace exokernel {

namespace {

using Bytes = std::span<const char>;
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

bool same(Bytes a, Bytes b) {
    if (a.size() != b.size())
        return false;
    for (std::size_t i = 0; i != a.size(); ++i)
        if (a[i] != b[i])
            return false;
    return true;
}

Bytes text_of(const char* text, std::size_t limit) {
    std::size_t length = 0;
    while (length != limit && text[length] != 0)
        ++length;
    return {text, length};
}

} // namespace

Bytes find_member(Bytes name) {
    const MemoryRange& module = boot_information.module;
    const std::uint64_t size = module.end - module.begin;
    for (std::uint64_t at = 0; at + block <= size;) {
        const auto& header = *at_physical<const abi::ArchiveHeader>(module.begin + at);
        if (header.name[0] == 0)
            return {};
        if (!same({header.magic, 5}, {"ustar", 5}))
            refuse_to_boot("the archive is damaged: a header lacks the mark `ustar`");
        if (checksum(header) != octal(header.checksum, sizeof header.checksum))
            refuse_to_boot("the archive is damaged: the checksum of a header is wrong");
        const std::uint64_t bytes = octal(header.size, sizeof header.size);
        if (bytes > size - at - block)
            refuse_to_boot("the archive is damaged: it ends within a member");
        if (same(text_of(header.name, sizeof header.name), name))
            return {at_physical<const char>(module.begin + at + block), bytes};
        at += block + (bytes + block - 1) / block * block;
    }
    return {};
}

Bytes manifest() {
    if (boot_information.module.end == boot_information.module.begin)
        refuse_to_boot("there is no archive", "pass one with -initrd");
    const Bytes found = find_member({"manifest", 8});
    if (found.data() == nullptr)
        refuse_to_boot("the archive has no member `manifest`");
    if (found.size() > abi::manifest_limit)
        refuse_to_boot("the manifest is longer than 8192 bytes");
    return found;
}

Bytes manifest_value(const char* key) {
    const Bytes wanted = text_of(key, 64);
    Bytes rest = manifest();
    while (!rest.empty()) {
        std::size_t end = 0;
        while (end != rest.size() && rest[end] != '\n')
            ++end;
        const Bytes line = rest.first(end);
        rest = rest.subspan(end == rest.size() ? end : end + 1);
        if (line.size() > wanted.size() && line[wanted.size()] == '=' &&
            same(line.first(wanted.size()), wanted))
            return line.subspan(wanted.size() + 1);
    }
    return {};
}

std::uint64_t manifest_number(const char* key, std::uint64_t otherwise) {
    const Bytes text = manifest_value(key);
    if (text.data() == nullptr)
        return otherwise;
    std::uint64_t value = 0;
    for (const char digit : text) {
        if (digit < '0' || digit > '9' || value > ~std::uint64_t{0} / 20)
            refuse_to_boot("the manifest has a value that is not a number", key);
        value = value * 10 + static_cast<std::uint64_t>(digit - '0');
    }
    if (text.empty())
        refuse_to_boot("the manifest has a value that is not a number", key);
    return value;
}

} // namespace exokernel
