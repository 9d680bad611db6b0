// tools/command/disk_image.cpp - checking files, and copying them into a run's disk.

#include "tools/command/disk_image.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <fstream>
#include <sstream>
#include <system_error>
#include <unistd.h>

#include "bindings/abi/io_ring.hpp"
#include "tools/command/project.hpp"

namespace command {

namespace fs = std::filesystem;

namespace {

std::string name_in_manifest(const fs::path& file) {
    std::string name = file.filename().string();
    std::ranges::replace_if(name, [](unsigned char c) { return c <= ' ' || c == 0x7f; }, '_');
    return name;
}

Outcome<std::uint64_t> usable_size(const fs::path& file) {
    std::error_code error;
    const fs::file_status status = fs::status(file, error);
    if (!fs::exists(status))
        return usage_error(fmt::format("{}: there is no such file", shown(file)));
    if (!fs::is_regular_file(status))
        return usage_error(fmt::format("{}: is not a regular file", shown(file)));
    if (access(file.c_str(), R_OK) != 0)
        return usage_error(fmt::format("{}: cannot be read: {}", shown(file), strerror(errno)));
    return fs::file_size(file, error);
}

} // namespace

Outcome<DiskPlan> plan_disk(const std::vector<fs::path>& files, std::uint64_t least_blocks,
                            std::uint64_t scratch_blocks) {
    DiskPlan plan;
    for (const fs::path& file : files) {
        const std::uint64_t bytes = TRY(usable_size(file));
        if (bytes > file_limit || plan.blocks * abi::block_size + bytes > file_limit)
            return usage_error(fmt::format("{}: {} bytes are more than the disk of a run holds, "
                                           "which is {} bytes; take a part of the file",
                                           shown(file), bytes, file_limit));
        plan.files.push_back({file, name_in_manifest(file), plan.blocks, bytes, {}});
        plan.blocks += (bytes + abi::block_size - 1) / abi::block_size;
    }
    plan.blocks = std::max(plan.blocks + scratch_blocks, least_blocks);
    return plan;
}

Outcome<void> add_file(DiskPlan& plan, const fs::path& original, const std::string& name,
                       std::string content) {
    const std::uint64_t bytes = content.size();
    if (plan.blocks * abi::block_size + bytes > file_limit)
        return usage_error(fmt::format("{}: its {} bytes do not fit on the disk of the run, which "
                                       "holds {} bytes; take a part of the file",
                                       shown(original), bytes, file_limit));
    plan.files.push_back({original, name, plan.blocks, bytes, std::move(content)});
    plan.blocks += (bytes + abi::block_size - 1) / abi::block_size;
    return {};
}

void add_zeros(DiskPlan& plan, const std::string& name, std::uint64_t blocks) {
    plan.files.push_back({{}, name, plan.blocks, blocks * abi::block_size, {}});
    plan.blocks += blocks;
}

Outcome<void> write_disk(const DiskPlan& plan, const fs::path& image) {
    std::ofstream disk(image, std::ios::binary | std::ios::trunc);
    std::string buffer(1u << 20, '\0');
    for (const DiskFile& file : plan.files) {
        if (file.content.empty() && file.original.empty())
            continue;
        disk.seekp(static_cast<std::streamoff>(file.first_block * abi::block_size));
        if (!file.content.empty()) {
            disk.write(file.content.data(), static_cast<std::streamsize>(file.bytes));
            continue;
        }
        std::ifstream source(file.original, std::ios::binary);
        std::uint64_t left = file.bytes;
        while (left != 0 && source && disk) {
            source.read(buffer.data(),
                        static_cast<std::streamsize>(std::min<std::uint64_t>(left, buffer.size())));
            disk.write(buffer.data(), source.gcount());
            left -= static_cast<std::uint64_t>(source.gcount());
        }
        if (left != 0 && disk)
            return usage_error(fmt::format("{}: became shorter, or unreadable, while it was copied",
                                           shown(file.original)));
    }
    disk.close();
    std::error_code error;
    fs::resize_file(image, plan.blocks * abi::block_size, error);
    if (!disk || error)
        return host_error(fmt::format("{}: cannot be written: {}", shown(image),
                                      error ? error.message() : strerror(errno)));
    return {};
}

Outcome<std::string> read_whole(const fs::path& file) {
    const std::ifstream stream(file, std::ios::binary);
    std::ostringstream content;
    content << stream.rdbuf();
    if (!stream)
        return usage_error(fmt::format("{}: cannot be read", shown(file)));
    return std::move(content).str();
}

Outcome<void> write_whole(const fs::path& file, const std::string& content) {
    std::ofstream stream(file, std::ios::binary | std::ios::trunc);
    stream << content;
    stream.close();
    if (!stream)
        return host_error(fmt::format("{}: cannot be written: {}", shown(file), strerror(errno)));
    return {};
}

Outcome<void> replace_whole(const fs::path& file, const std::string& content) {
    std::error_code error;
    if (file.has_parent_path())
        fs::create_directories(file.parent_path(), error); // what is wrong shows when it is written
    const fs::path part = fmt::format("{}.part-{}", file.string(), getpid());
    const auto written = write_whole(part, content);
    error.clear();
    if (written)
        fs::rename(part, file, error);
    if (written && !error)
        return {};
    std::error_code ignored;
    fs::remove(part, ignored);
    return written
               ? host_error(fmt::format("{}: cannot be written: {}", shown(file), error.message()))
               : written;
}

} // namespace command
