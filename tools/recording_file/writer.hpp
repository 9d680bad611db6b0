// tools/recording_file/writer.hpp - writes a recording as a stream of messages.
//
// Guarantees: each chunk is written whole, so a file that was cut off is readable up to its last
// whole chunk; equal input gives equal bytes. Errors stick: the first one is what `finish` says.

#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "tools/recording_file/recording.hpp"

namespace recording {

inline constexpr std::size_t records_per_chunk = 1024;

/// What the first message says.
struct Header {
    Facts facts;
    abi::RunResult result{};
    std::vector<Ring> rings;
    std::vector<Flag> flags;
    std::uint32_t version = format_version;
};

/// Checksums of the messages, over what they say; their bytes may be laid out in any way.
std::uint64_t checksum_of(const Header& header);
std::uint64_t checksum_of(std::uint32_t ring, std::uint64_t first, std::uint64_t lost,
                          const abi::Record* records, std::size_t count);
std::uint64_t checksum_of_end(const std::vector<Flag>& flags, std::uint64_t chunks);

class Writer {
public:
    Writer(const std::string& path, const Header& header);
    ~Writer();
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;

    /// At most records_per_chunk records; `first` is the number of the first one in its ring.
    void chunk(std::uint32_t ring, std::uint64_t first, std::uint64_t lost,
               const abi::Record* records, std::size_t count);

    /// Writes the last message and closes the file; false, with the reason, if any write failed.
    bool finish(const std::vector<Flag>& flags, std::string& error);

private:
    template <class Builder> void write(Builder& message);
    void fail(const char* what);

    std::string path_;
    std::FILE* file_ = nullptr;
    std::string error_;
    std::uint64_t chunks_ = 0;
};

} // namespace recording
