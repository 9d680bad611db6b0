// tools/command/new_policy.cpp - what a new policy is called in each place, and writing it.

#include "tools/command/new_policy.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>

#include "tools/command/disk_image.hpp"
#include "tools/command/project.hpp"

namespace command {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz";
constexpr std::string_view capitals = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
constexpr std::string_view digits = "0123456789";

bool part_of_word(char c) {
    return letters.contains(c) || capitals.contains(c) || digits.contains(c) || c == '_';
}

bool has_word(const std::string& text, const std::string& word) {
    for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) {
        const std::size_t end = at + word.size();
        if ((at == 0 || !part_of_word(text[at - 1])) &&
            (end == text.size() || !part_of_word(text[end])))
            return true;
    }
    return false;
}

// my-policy -> MyPolicy. What begins with a digit is no class, and what has capitals only may be a
// macro.
std::string class_name_of(const std::string& name) {
    std::string out;
    bool begins = true;
    for (const char c : name) {
        if (c != '-')
            out += begins && letters.contains(c) ? static_cast<char>(c - 'a' + 'A') : c;
        begins = c == '-';
    }
    if (digits.contains(out[0]))
        return "Policy" + out;
    return out.find_first_of(letters) == std::string::npos ? out + "Policy" : out;
}

// All that a policy sees: its interface, and the other policies.
Outcome<std::string> names_in_use(const fs::path& source) {
    std::string text;
    for (const char* const file : {"replacement_policy.hpp", "frame_list.hpp"})
        text += TRY(read_whole(source / "libos/vm" / file)) + "\n";
    std::error_code error;
    for (const fs::directory_entry& entry :
         fs::directory_iterator(source / "libos/vm/policies", error))
        text += TRY(read_whole(entry.path())) + "\n";
    if (error)
        return host_error(fmt::format("{}: cannot be read: {}", shown(source / "libos/vm/policies"),
                                      error.message()));
    return text;
}

// Nothing comes between the two files.
class UndisturbedBySignals {
public:
    UndisturbedBySignals() {
        sigset_t set;
        sigemptyset(&set);
        for (const int signal : {SIGINT, SIGTERM, SIGHUP})
            sigaddset(&set, signal);
        sigprocmask(SIG_BLOCK, &set, &before_);
    }
    ~UndisturbedBySignals() { sigprocmask(SIG_SETMASK, &before_, nullptr); }
    UndisturbedBySignals(const UndisturbedBySignals&) = delete;
    UndisturbedBySignals& operator=(const UndisturbedBySignals&) = delete;

private:
    sigset_t before_{};
};

// Files that are not there yet, until `keep` says that all of them shall be.
class Drafts {
public:
    Drafts() = default;
    ~Drafts() {
        std::error_code ignored;
        for (const fs::path& file : files_)
            fs::remove(file, ignored);
    }
    Drafts(const Drafts&) = delete;
    Drafts& operator=(const Drafts&) = delete;

    Outcome<void> write(const fs::path& file, const std::string& text) {
        std::error_code error;
        fs::create_directories(file.parent_path(), error); // what is wrong shows when it is written
        const fs::path draft = file.string() + ".draft";
        files_.push_back(draft);
        return write_whole(draft, text);
    }
    // Gives the draft its name, unless that is taken.
    Outcome<void> publish(const fs::path& file) {
        if (renameat2(AT_FDCWD, (file.string() + ".draft").c_str(), AT_FDCWD, file.c_str(),
                      RENAME_NOREPLACE) != 0)
            return host_error(
                fmt::format("{}: cannot be made: {}", shown(file), std::strerror(errno)));
        files_.push_back(file);
        return {};
    }
    void keep() { files_.clear(); }

private:
    std::vector<fs::path> files_;
};

} // namespace

std::string wrong_with_policy_name(const std::string& name) {
    constexpr const char* form = "a name has small letters, digits and -, and begins with a letter "
                                 "or a digit";
    if (name.empty())
        return fmt::format("is empty; {}", form);
    if (name.size() > longest_policy_name)
        return fmt::format("is longer than {} letters", longest_policy_name);
    for (const char c : name)
        if (!letters.contains(c) && !digits.contains(c) && c != '-')
            return fmt::format("has a {}; {}",
                               c == ' '               ? "blank"
                               : capitals.contains(c) ? fmt::format("capital {}", c)
                               : std::isprint(c) != 0 ? fmt::format("`{}`", c)
                                                      : "character that is no ASCII letter",
                               form);
    return name[0] == '-' ? fmt::format("begins with -; {}", form) : "";
}

Outcome<NewPolicy> plan_policy(const fs::path& source, const std::string& name) {
    const std::string used = TRY(names_in_use(source));
    std::string class_name = class_name_of(name);
    if (has_word(used, class_name))
        class_name += "Policy"; // `fault` would hide libos::Fault
    if (has_word(used, class_name))
        return usage_error(
            fmt::format("{}: its class would be called {}, as another one is; choose "
                        "another name",
                        name, class_name));
    std::string stem = name;
    std::ranges::replace(stem, '-', '_');
    return NewPolicy{name, class_name, fs::path("libos/vm/policies") / (stem + ".hpp"),
                     fs::path("tests/host/vm/policies") / (stem + "_test.cpp")};
}

Outcome<void> write_policy(const fs::path& source, const NewPolicy& policy) {
    const UndisturbedBySignals undisturbed;
    Drafts drafts;
    const std::pair<fs::path, std::string> files[] = {{policy.header, policy.header_text()},
                                                      {policy.test, policy.test_text()}};
    std::error_code ignored;
    for (const auto& [file, text] : files)
        if (fs::exists(fs::symlink_status(source / file, ignored)))
            return usage_error(fmt::format("{}: is there already; choose another name, or remove "
                                           "it",
                                           file.string()));
    for (const auto& [file, text] : files)
        TRY(drafts.write(source / file, text));
    for (const auto& [file, text] : files)
        TRY(drafts.publish(source / file));
    drafts.keep();
    return {};
}

} // namespace command
