// exokernel/arch/x86_64/kernel_address_space.cpp - W^X for the kernel, built once at boot.

#include "bindings/abi/translation.hpp"
#include "exokernel/arch/x86_64/control.hpp"
#include "exokernel/arch/x86_64/direct_map.hpp"
#include "exokernel/boot/boot_information.hpp"
#include "exokernel/support/panic.hpp"

extern "C" const char text_begin[], text_end[], rodata_end[], data_begin[], data_end[];

namespace exokernel {

namespace {

using namespace abi::translation;
constexpr std::uint64_t large = 1u << 7;
constexpr std::uint64_t global = 1u << 8;
constexpr std::uint64_t uncached = 1u << 4;
constexpr std::uint64_t large_page = 0x20'0000;
constexpr std::uint64_t image_base = 0xffff'ffff'8000'0000;
constexpr unsigned direct_map_slot = 256;
constexpr unsigned image_slot = 511;
constexpr unsigned window_slot = 255;

constinit std::uint64_t root = 0;

std::uint64_t* table_at(std::uint64_t entry) {
    return at_physical<std::uint64_t>(entry & frame_mask);
}

std::uint64_t* table_below(std::uint64_t& entry) {
    if ((entry & present) == 0)
        entry = take_boot_frames(1) | present | writable;
    return table_at(entry);
}

void map_large(std::uint64_t physical, std::uint64_t flags) {
    if (physical >> 39 != 0)
        refuse_to_boot("a device lies above 512 GiB");
    std::uint64_t* level3 = table_below(at_physical<std::uint64_t>(root)[direct_map_slot]);
    std::uint64_t* level2 = table_below(level3[physical >> 30 & 511]);
    level2[physical >> 21 & 511] = physical | flags | present | large | global | no_execute;
}

void map_range(std::uint64_t physical, std::uint64_t bytes, std::uint64_t flags) {
    const std::uint64_t end = physical + bytes;
    for (physical &= ~(large_page - 1); physical < end; physical += large_page)
        map_large(physical, flags);
}

void map_image(const char* begin, const char* end, std::uint64_t flags) {
    std::uint64_t* level3 = table_below(at_physical<std::uint64_t>(root)[image_slot]);
    std::uint64_t* level2 = table_below(level3[510]);
    for (auto at = reinterpret_cast<std::uint64_t>(begin);
         at < reinterpret_cast<std::uint64_t>(end); at += 4096) {
        std::uint64_t* level1 = table_below(level2[at >> 21 & 511]);
        level1[at >> 12 & 511] = (at - image_base) | flags | present | global;
    }
}

} // namespace

std::uint64_t kernel_root() { return root; }

void map_device(std::uint64_t physical, std::uint64_t bytes, Caching caching) {
    map_range(physical, bytes, caching == Caching::on ? writable : writable | uncached);
    write_cr3(root);
}

void prepare_root(std::uint64_t root_physical) {
    const auto* kernel = at_physical<std::uint64_t>(root);
    auto* entries = at_physical<std::uint64_t>(root_physical);
    entries[direct_map_slot] = kernel[direct_map_slot];
    entries[image_slot] = kernel[image_slot];
    // The environment reads its own tables through this entry: user, not writable. The kernel's
    // half stays out of reach because its entries lack the user bit.
    entries[window_slot] = root_physical | present | user | no_execute;
}

void build_kernel_address_space() {
    root = take_boot_frames(1);
    for (std::uint32_t i = 0; i != boot_information.ram_count; ++i)
        map_range(boot_information.ram[i].begin,
                  boot_information.ram[i].end - boot_information.ram[i].begin, writable);
    map_large(large_page, 0); // the alias of code and constants: read-only
    map_image(text_begin, text_end, 0);
    map_image(text_end, rodata_end, no_execute);
    map_image(data_begin, data_end, writable | no_execute);
    write_cr3(root);
}

} // namespace exokernel
