// tools/command/boot_image.cpp - the numbers and pages that a kernel is told.

#include "tools/command/boot_image.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <fmt/format.h>
#include <optional>
#include <set>
#include <utility>

#include "bindings/abi/archive.hpp"
#include "bindings/abi/boot_image.hpp"
#include "bindings/abi/elf.hpp"

namespace command {

namespace {

namespace layout = abi::layout;

std::optional<std::string_view> value_in(std::string_view manifest, std::string_view key) {
    while (!manifest.empty()) {
        const std::string_view line = manifest.substr(0, manifest.find('\n'));
        manifest.remove_prefix(std::min(line.size() + 1, manifest.size()));
        if (line.size() > key.size() && line.starts_with(key) && line[key.size()] == '=')
            return line.substr(key.size() + 1);
    }
    return std::nullopt;
}

template <class Number>
Outcome<void> take(Number& number, std::string_view manifest, std::string_view key) {
    const auto text = value_in(manifest, key);
    if (!text)
        return {};
    if (const auto [rest, error] = std::from_chars(text->begin(), text->end(), number);
        error != std::errc{} || rest != text->end())
        return usage_error(
            fmt::format("the manifest has `{}={}`; it must be {}=N, a number", key, *text, key));
    return {};
}

constexpr std::uint64_t whole_blocks(std::uint64_t bytes) { return (bytes + 511) / 512 * 512; }

// The pages, each behind the tables that it needs.
class Pages {
public:
    void add(std::uint64_t address, std::uint64_t count, std::uint64_t access,
             abi::PageUse use = abi::PageUse::memory) {
        for (; count != 0; --count, address += abi::page_size)
            add_page(address, access, use, 0, 0);
    }
    void add_page(std::uint64_t address, std::uint64_t access, abi::PageUse use,
                  std::uint64_t offset, std::uint64_t bytes) {
        for (std::uint32_t level = 3; level != 0; --level) {
            const std::uint64_t span = abi::page_size << 9 * level;
            if (tables_.emplace(level, address / span).second)
                pages_.push_back({address / span * span, level, 0, 0, abi::PageUse::table});
        }
        pages_.push_back({address, access, offset, static_cast<std::uint32_t>(bytes), use});
    }
    std::vector<abi::BootPage>& list() { return pages_; }

private:
    std::vector<abi::BootPage> pages_;
    std::set<std::pair<std::uint32_t, std::uint64_t>> tables_; // level and place
};

void add_fixed_pages(Pages& pages) {
    constexpr std::uint64_t write = abi::access::write;
    constexpr std::uint64_t read_only = abi::access::read_only;
    pages.add(layout::pe_page, 1, write, abi::PageUse::pe);
    pages.add(layout::request_area, layout::request_area_pages, write, abi::PageUse::request);
    pages.add(layout::io_ring, 1, write, abi::PageUse::ring);
    pages.add(layout::system_page, 1, read_only, abi::PageUse::system);
    pages.add(layout::upcall_stack, layout::upcall_stack_pages, write);
    pages.add(layout::nested_stack, layout::nested_stack_pages, write);
    pages.add(layout::first_stack, layout::first_stack_pages, write);
}

// Offsets count from the beginning of the manifest here: what lies before depends on the count.
void add_manifest(Pages& pages, std::uint64_t bytes) {
    for (std::uint64_t at = 0; at != abi::manifest_limit; at += abi::page_size)
        pages.add_page(layout::manifest + at, abi::access::read_only, abi::PageUse::memory,
                       std::min(at, bytes), std::min(bytes - std::min(at, bytes), abi::page_size));
}

abi::Result<abi::elf::Image> add_program(Pages& pages, std::string_view program,
                                         std::uint64_t offset) {
    return abi::elf::load_pages(
        program,
        [&](std::uint64_t address, std::uint64_t access,
            std::span<const char> content) -> abi::Result<void> {
            pages.add_page(address, access, abi::PageUse::memory,
                           offset + static_cast<std::uint64_t>(content.data() - program.data()),
                           content.size());
            return {};
        });
}

} // namespace

Outcome<std::string> bootable_archive(const std::string& manifest,
                                      const std::vector<Member>& programs) {
    if (manifest.size() > abi::manifest_limit)
        return usage_error(
            fmt::format("the manifest is longer than {} bytes", abi::manifest_limit));
    const auto app = value_in(manifest, "app");
    if (!app)
        return usage_error("the manifest names no `app`");
    abi::BootImage image{};
    image.magic = abi::boot_image_magic;
    image.version = abi::boot_image_version;
    image.processors = 1;
    image.recording_share = 60;
    image.deterministic = 1;
    image.service_time = 20'000;
    image.slots = 1024;
    image.start.size = sizeof image.start;
    image.start.version = abi::start_information_version;
    image.start.manifest_bytes = static_cast<std::uint32_t>(manifest.size());
    TRY(take(image.processors, manifest, "processors"));
    TRY(take(image.recording_share, manifest, "recording_share"));
    TRY(take(image.deterministic, manifest, "deterministic"));
    TRY(take(image.service_time, manifest, "service_time"));
    TRY(take(image.slots, manifest, "slots"));
    Pages pages;
    add_fixed_pages(pages);
    add_manifest(pages, manifest.size());
    std::uint64_t offset = whole_blocks(manifest.size()) + abi::boot_image_offset;
    const auto program = std::ranges::find_if(programs, [&](const Member& member) {
        if (member.name == *app)
            return true;
        offset += abi::boot_image_offset + whole_blocks(member.content.size());
        return false;
    });
    if (program == programs.end())
        return usage_error(
            fmt::format("the manifest names the app `{}`, the archive has no such member", *app));
    const auto loaded = add_program(pages, program->content, offset);
    if (!loaded)
        return usage_error(fmt::format("`{}` is not a static ELF64 for x86-64 in range: each "
                                       "segment needs its own pages, writable or executable",
                                       *app));
    pages.add(layout::start_information, 1, abi::access::read_only, abi::PageUse::start);
    image.entry = loaded->entry;
    image.start.image_end = loaded->end;
    std::vector<abi::BootPage>& list = pages.list();
    image.pages = static_cast<std::uint32_t>(list.size());
    std::string boot(sizeof image + list.size() * sizeof(abi::BootPage), '\0');
    const std::uint64_t before =
        2 * abi::boot_image_offset + whole_blocks(boot.size()); // two headers and `boot`
    for (abi::BootPage& page : list)
        page.offset += page.bytes != 0 ? before : 0;
    std::memcpy(boot.data(), &image, sizeof image);
    std::memcpy(boot.data() + sizeof image, list.data(), list.size() * sizeof(abi::BootPage));
    std::vector<Member> members{{"boot", boot}, {"manifest", manifest}};
    members.insert(members.end(), programs.begin(), programs.end());
    return ustar(members);
}

} // namespace command
