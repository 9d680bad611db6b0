// tools/recorder/region.hpp - a recording region as the host sees it: mapped, checked, fetched.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "bindings/abi/recording.hpp"
#include "tools/recording_file/recording.hpp"

namespace recorder {

/// A file mapped read-only for as long as this lives.
class MappedFile {
public:
    MappedFile(const std::string& path, std::string& error);
    ~MappedFile();
    MappedFile(const MappedFile&) = delete;
    MappedFile& operator=(const MappedFile&) = delete;
    explicit operator bool() const { return mapped_; }
    std::span<const std::byte> bytes() const { return bytes_; }

private:
    bool mapped_ = false;
    std::span<const std::byte> bytes_;
};

/// Copies `to.size()` bytes from `from`, each word fetched exactly once even if the guest writes
/// at the same time. `from` is 8-byte aligned and the length a multiple of 8.
void fetch(const std::byte* from, std::span<std::byte> to);

/// One index, fetched once.
std::uint64_t fetch_word(const std::byte* from);

/// A private copy of the region's header; without a value `error` says why there is none.
std::optional<abi::RegionHeader> fetch_header(std::span<const std::byte> region,
                                              std::string& error);

/// A ring that passed every check: it lies in the region and overlaps no other.
struct CheckedRing {
    abi::RingDescriptor descriptor;
    std::uint64_t head = 0; // fetched once, and cut to the capacity
    std::uint64_t lost = 0;
    const std::byte* indices = nullptr;
    const std::byte* records = nullptr;
};

/// The rings of the region that can be drained; what is wrong with others goes to `flags`, where
/// a ring is named by its position in the result.
std::vector<CheckedRing> check_rings(std::span<const std::byte> region,
                                     const abi::RegionHeader& header,
                                     std::vector<recording::Flag>& flags);

} // namespace recorder
