// exokernel/boot/boot_information.cpp - parsing of hvm_start_info and of the archive.

#include "exokernel/boot/boot_information.hpp"

#include "exokernel/arch/x86_64/direct_map.hpp"
#include "exokernel/support/panic.hpp"

namespace exokernel {

constinit BootInformation boot_information{};

namespace {

struct StartInfo {
    std::uint32_t magic, version, flags, modules;
    std::uint64_t module_list, command_line, rsdp, memory_map;
    std::uint32_t memory_map_entries, reserved;
};
struct ModuleEntry {
    std::uint64_t address, size, command_line, reserved;
};
struct MemoryMapEntry {
    std::uint64_t address, size;
    std::uint32_t type, reserved;
};
constexpr std::uint32_t start_info_magic = 0x336e'c578;
constexpr std::uint32_t usable = 1;

std::span<const char> part(std::uint64_t offset, std::uint64_t bytes) {
    const MemoryRange& module = boot_information.module;
    if (offset > module.end - module.begin || bytes > module.end - module.begin - offset)
        refuse_to_boot("there is no archive, or only a part of it", "pass one with -initrd");
    return {at_physical<const char>(module.begin + offset), bytes};
}

} // namespace

void read_boot_information(std::uint64_t physical) {
    const auto& info = *at_physical<const StartInfo>(physical);
    if (info.magic != start_info_magic || info.version < 1)
        refuse_to_boot("the loader passed no PVH start information of version 1");
    BootInformation& boot = boot_information;
    boot.rsdp = info.rsdp;
    const auto* map = at_physical<const MemoryMapEntry>(info.memory_map);
    for (std::uint32_t i = 0; i != info.memory_map_entries; ++i) {
        const std::uint64_t begin = (map[i].address + 4095) & ~std::uint64_t{4095};
        std::uint64_t end = (map[i].address + map[i].size) & ~std::uint64_t{4095};
        end = end < physical_limit ? end : physical_limit;
        if (map[i].type != usable || begin >= end || boot.ram_count == 32)
            continue;
        boot.ram[boot.ram_count++] = {begin, end};
        boot.ram_end = boot.ram_end > end ? boot.ram_end : end;
    }
    if (boot.ram_count == 0)
        refuse_to_boot("the loader's memory map names no usable memory");
    if (info.modules != 0) {
        const auto& module = *at_physical<const ModuleEntry>(info.module_list);
        boot.module = {module.address, module.address + module.size};
    }
}

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
