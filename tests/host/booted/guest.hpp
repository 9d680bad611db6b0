// tests/host/booted/guest.hpp - boots an app with the built `exo` and reads its JSON result.

#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "tests/host/command/support.hpp"

namespace booted {

struct Guest {
    command_test::Ran ran;
    std::filesystem::path run; // its directory

    /// The member `key` of the JSON result as text, without quotes; empty if there is none.
    std::string text(const std::string& key) const;
    long long number(const std::string& key) const;
};

/// `exo run WORDS... --json -o DIRECTORY`, the run in `scratch` under `name`.
Guest boot(const command_test::Scratch& scratch, const std::string& name,
           std::vector<std::string> words);

/// `bytes` of text-like data, the same for the same seed.
std::string noise(std::size_t bytes, std::uint64_t seed);

} // namespace booted
