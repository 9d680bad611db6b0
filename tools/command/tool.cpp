// tools/command/tool.cpp - the table of tools, and asking each for its version.

#include "tools/command/tool.hpp"

#include <array>
#include <cctype>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <fmt/format.h>

#include "tools/command/child.hpp"

namespace command {

namespace {

constexpr const char* qemu_program = "qemu-system-x86_64";

constexpr std::array<Tool, 18> table{{
    {qemu_program, "qemu-system-x86", "the machine that the exokernel runs on", 7},
    {"clang++-19", "clang-19", "compiles guest and host", 19},
    {"ld.lld-19", "lld-19", "links the guest", 19},
    {"cmake", "cmake", "configures the build", 3},
    {"ninja", "ninja-build", "runs the build", 1},
    {"capnp", "capnproto", "the format of recordings", 0},
    {"pkg-config", "pkg-config", "finds libraries", 0},
    {"llvm-symbolizer-19", "llvm-19", "names functions in crash reports", 19, false},
    {"llvm-objdump-19", "llvm-19", "disassembly in `exo bench`", 19, false},
    {"clang-format-19", "clang-format-19", "`exo test lint`", 19, false},
    {"clang-tidy-19", "clang-tidy-19", "`exo test lint`", 19, false},
    {"node", "nodejs", "tests of the page that shows a recording", 0, false},
    {"npm", "npm", "tests of the page that shows a recording", 0, false},
    {"pdftotext", "poppler-utils", "tests of the page when it is printed", 0, false},
    {"protoc", "protobuf-compiler", "tests of the trace for Perfetto", 0, false},
    {"valgrind", "valgrind", "counts for `exo test bench`", 0, false},
    {"spin", "spin", "visits every state of tests/models", 0, false},
    {"gdb", "gdb", "`exo gdb`, and the tests of it", 9, false},
}};

constexpr std::array<Library, 6> library_table{{
    {"libcapnp-dev", "/usr/include/capnp/message.h", "the format of recordings"},
    {"libfmt-dev", "/usr/include/fmt/format.h", "text of exo"},
    {"libzstd-dev", "/usr/include/zstd.h", "compressed traces"},
    {"catch2", "/usr/include/catch2/catch.hpp", "tests on the host"},
    {"librapidcheck-dev", "/usr/include/rapidcheck.h", "tests on the host"},
    {"libclang-rt-19-dev", "/usr/lib/llvm-19/lib/clang/19/lib/linux/libclang_rt.asan-x86_64.a",
     "sanitizers of `exo test`", false},
}};

int major_of(const std::string& version) {
    int major = 0;
    std::from_chars(version.data(), version.data() + version.size(), major);
    return major;
}

std::string place_of(const Tool& tool) {
    if (tool.program == qemu_program)
        if (const char* const named = std::getenv("FAULTLINE_QEMU"))
            return named;
    return program_in_path(std::string(tool.program)).string();
}

} // namespace

std::string version_in(std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        std::size_t end = i;
        while (end < text.size() &&
               (std::isdigit(static_cast<unsigned char>(text[end])) != 0 || text[end] == '.'))
            ++end;
        const std::string_view run = text.substr(i, end - i);
        if (std::isdigit(static_cast<unsigned char>(text[i])) != 0 &&
            run.find('.') != std::string_view::npos)
            return std::string(run.substr(0, run.find_last_not_of('.') + 1));
        if (end > i)
            i = end;
    }
    return "";
}

std::span<const Tool> tools() { return table; }
std::span<const Library> libraries() { return library_table; }

bool Library::there() const {
    std::error_code ignored;
    return std::filesystem::exists(file, ignored);
}

ToolState state_of(const Tool& tool) {
    ToolState state{
        .tool = &tool, .place = place_of(tool), .says = "", .version = "", .problem = ""};
    if (state.place.empty()) {
        state.problem = fmt::format("{} is missing; install it: apt-get install {}", tool.program,
                                    tool.package);
        return state;
    }
    const auto text = output_of({state.place, "--version"});
    state.says = text.value_or("");
    state.version = version_in(state.says);
    state.good = text && major_of(state.version) >= tool.least;
    if (!text)
        state.problem = text.error().message;
    else if (!state.good)
        state.problem = fmt::format(
            "needs {} >= {}, found {} at {}; install it: apt-get install {}", tool.program,
            tool.least, state.version.empty() ? "no version" : state.version, state.place,
            tool.package);
    return state;
}

Outcome<Qemu> find_qemu() {
    static const ToolState state = state_of(table[0]);
    if (!state.good)
        return std::unexpected(Failure{ExitCode::tool_missing, state.problem});
    return Qemu{state.place, state.says};
}

} // namespace command
