// tools/command/new_policy.hpp - the two files that a new replacement policy begins with.
//
// Guarantees: the policy works as it stands (it is FIFO), keeps to the style that the lint checks,
// and needs no other file to be edited: the build lists what is in libos/vm/policies and
// tests/host.

#pragma once

#include <filesystem>
#include <string>

#include "tools/command/exit_code.hpp"

namespace command {

/// A name is no longer than this: so the lines of the files keep their form.
inline constexpr std::size_t longest_policy_name = 32;

/// The rest of a usage error if `name` does not match `[a-z0-9][a-z0-9-]*` or is too long; empty
/// if it is fine.
std::string wrong_with_policy_name(const std::string& name);

struct NewPolicy {
    std::string name;       // my-policy
    std::string class_name; // MyPolicy
    std::filesystem::path header, test;

    std::string header_text() const;
    std::string test_text() const;
};

/// What the policy `name` consists of in the tree `source`: its class is called as no other one
/// there, and as nothing that policies use. Fails if there is no such name for it.
Outcome<NewPolicy> plan_policy(const std::filesystem::path& source, const std::string& name);

/// Writes both files, or none.
Outcome<void> write_policy(const std::filesystem::path& source, const NewPolicy& policy);

} // namespace command
