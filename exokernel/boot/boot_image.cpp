// exokernel/boot/boot_image.cpp - the member `boot` of the archive.

#include "exokernel/boot/boot_image.hpp"

#include "exokernel/arch/x86_64/direct_map.hpp"
#include "exokernel/boot/boot_information.hpp"
#include "exokernel/support/panic.hpp"

namespace exokernel {

namespace {

std::span<const char> part(std::uint64_t offset, std::uint64_t bytes) {
    const MemoryRange& module = boot_information.module;
    if (offset > module.end - module.begin || bytes > module.end - module.begin - offset)
        refuse_to_boot("there is no archive, or only a part of it", "pass one with -initrd");
    return {at_physical<const char>(module.begin + offset), bytes};
}

} // namespace

const abi::BootImage& boot_image() {
    const auto& image = *reinterpret_cast<const abi::BootImage*>(
        part(abi::boot_image_offset, sizeof(abi::BootImage)).data());
    if (image.magic != abi::boot_image_magic || image.version != abi::boot_image_version)
        refuse_to_boot("the archive does not begin with the member `boot` of this version");
    return image;
}

std::span<const abi::BootPage> boot_pages() {
    const std::uint64_t count = boot_image().pages;
    const auto pages =
        part(abi::boot_image_offset + sizeof(abi::BootImage), count * sizeof(abi::BootPage));
    return {reinterpret_cast<const abi::BootPage*>(pages.data()), count};
}

std::span<const char> content_of(const abi::BootPage& page) {
    return part(page.offset, page.bytes < 4096 ? page.bytes : 4096);
}

} // namespace exokernel
