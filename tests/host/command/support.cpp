// tests/host/command/support.cpp - scratch directories, child programs, the stand-in for QEMU.

#include "tests/host/command/support.hpp"

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <sys/wait.h>

#include "tools/command/experiment.hpp"

namespace command_test {

namespace fs = std::filesystem;

Scratch::Scratch() {
    char name[] = "/tmp/faultline-test-XXXXXX";
    if (mkdtemp(name) == nullptr)
        throw std::runtime_error("no scratch directory in /tmp");
    path_ = name;
}

Scratch::~Scratch() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
}

fs::path Scratch::file(const std::string& name, const std::string& content) const {
    fs::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name, std::ios::binary) << content;
    return path_ / name;
}

std::string content_of(const fs::path& file) {
    const std::ifstream stream(file, std::ios::binary);
    std::ostringstream content;
    content << stream.rdbuf();
    return content.str();
}

Ran run_program(const std::vector<std::string>& words, const Environment& environment) {
    const Scratch scratch;
    std::vector<std::string> all{"env", "FAULTLINE_RUNS=" + (scratch.path() / "runs").string()};
    for (const auto& [name, value] : environment)
        all.push_back(std::string(name).append("=").append(value));
    all.insert(all.end(), words.begin(), words.end());
    const std::string line = command::shell_line(all) + " >" + (scratch.path() / "out").string() +
                             " 2>" + (scratch.path() / "err").string() + " </dev/null";
    const int status = std::system(line.c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, content_of(scratch.path() / "out"),
            content_of(scratch.path() / "err")};
}

Ran exo(std::vector<std::string> words, const Environment& environment) {
    words.insert(words.begin(), FAULTLINE_BUILD "/exo");
    return run_program(words, environment);
}

fs::path stand_in_for_qemu(const Scratch& scratch, const abi::RunResult& result,
                           const std::string& console, int seconds) {
    abi::RegionHeader header{};
    header.magic = abi::region_magic;
    header.version = abi::region_version;
    header.region_bytes = 1u << 20;
    header.result = result;
    std::string page(4096, '\0');
    std::memcpy(page.data(), &header, sizeof(header));
    const fs::path region = scratch.file("stand-in/region", page);
    const fs::path text = scratch.file("stand-in/console", console);
    const std::string copy =
        result.outcome == abi::Outcome::none
            ? ""
            : "dd if=" + region.string() + " of=\"$region\" conv=notrunc 2>/dev/null\n";
    const fs::path program = scratch.file(
        "stand-in/qemu",
        "#!/bin/sh\n[ \"$1\" = --version ] && { echo 'QEMU emulator version 7.2.0'; exit 0; }\n"
        "for word; do case $word in\n"
        "memory-backend-file*) region=${word#*mem-path=}; region=${region%%,*} ;;\n"
        "file:*) console=${word#file:} ;;\nesac; done\n"
        "cat " +
            text.string() + " >\"$console\"\nsleep " + std::to_string(seconds) + "\n" + copy +
            "exit 3\n");
    fs::permissions(program, fs::perms::owner_all);
    return program;
}

} // namespace command_test
