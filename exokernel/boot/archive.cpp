// exokernel/boot/archive.cpp - walking a ustar archive.

#include "exokernel/boot/archive.hpp"

#include <algorithm>

#include "bindings/abi/ustar.hpp"
#include "exokernel/arch/x86_64/direct_map.hpp"
#include "exokernel/boot/boot_information.hpp"
#include "exokernel/support/panic.hpp"

namespace exokernel {

using Bytes = std::string_view;

Bytes find_member(Bytes name) {
    const MemoryRange& module = boot_information.module;
    const auto found =
        abi::find_member({at_physical<const char>(module.begin), module.end - module.begin}, name);
    if (!found && found.error() != abi::Error::not_present)
        refuse_to_boot("the archive is damaged");
    return found ? Bytes{found->data(), found->size()} : Bytes{};
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
