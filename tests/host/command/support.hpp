// tests/host/command/support.hpp - what the tests of the command share: scratch directories, the
// built `exo`, and a stand-in for QEMU.

#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "bindings/abi/recording.hpp"

namespace command_test {

/// A directory that goes away with its owner.
class Scratch {
public:
    Scratch();
    ~Scratch();
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;
    const std::filesystem::path& path() const { return path_; }
    /// Writes `content` to NAME, with directories on the way; its path.
    std::filesystem::path file(const std::string& name, const std::string& content) const;

private:
    std::filesystem::path path_;
};

struct Ran {
    int code = 0;
    std::string output;
    std::string errors;
};

using Environment = std::map<std::string, std::string>;

/// Runs `words` to the end.
Ran run_program(const std::vector<std::string>& words, const Environment& environment = {});

/// Runs the built exo.
Ran exo(std::vector<std::string> words, const Environment& environment = {});

/// A program that plays QEMU: it leaves `result` in the recording region (none if its outcome is
/// `none`) and `console` in the console file, after `seconds`. Its path.
std::filesystem::path stand_in_for_qemu(const Scratch& scratch, const abi::RunResult& result,
                                        const std::string& console, int seconds = 0);

std::string content_of(const std::filesystem::path& file);

} // namespace command_test
