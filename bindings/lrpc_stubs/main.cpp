// bindings/lrpc_stubs/main.cpp - capnpc-lrpc, the stub compiler: a plug-in of `capnp compile`.
//
//   capnp compile -o./capnpc-lrpc:OUT FILE.capnp
//
// writes OUT/FILE.lrpc.hpp and OUT/FILE.lrpc.txt. Ends with 2 and writes nothing if a file has what
// is not supported: each of those on a line of standard error, `FILE:LINE: REASON`. Lines come from
// the source, which is looked for in $LRPC_SOURCE_ROOT, else where `capnp` was started.

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

#include <unistd.h>

#include <capnp/serialize.h>

#include "bindings/lrpc_stubs/emit.hpp"
#include "bindings/lrpc_stubs/schema.hpp"

namespace {

namespace fs = std::filesystem;

// `capnp` changes the directory of its plug-ins to OUT, and keeps its own.
fs::path source_root() {
    if (const char* const given = std::getenv("LRPC_SOURCE_ROOT"))
        return given;
    std::error_code error;
    const fs::path parent = fs::read_symlink("/proc/" + std::to_string(getppid()) + "/cwd", error);
    return error ? fs::path{"."} : parent;
}

std::string contents(const fs::path& path) {
    const std::ifstream in{path, std::ios::binary};
    std::ostringstream text;
    text << in.rdbuf();
    if (!in)
        std::cerr << path.string() << ": is not there to be read, so lines are not known\n";
    return text.str();
}

bool write(const fs::path& path, const std::string& text) {
    std::error_code ignored;
    if (path.has_parent_path())
        fs::create_directories(path.parent_path(), ignored);
    std::ofstream out{path, std::ios::binary};
    out << text;
    out.close();
    if (!out)
        std::cerr << path.string() << ": cannot be written: " << std::strerror(errno) << "\n";
    return static_cast<bool>(out);
}

int run() {
    capnp::ReaderOptions options;
    options.traversalLimitInWords = 1ull << 30;
    capnp::StreamFdMessageReader message{STDIN_FILENO, options};
    const auto request = message.getRoot<capnp::schema::CodeGeneratorRequest>();
    for (const auto requested : request.getRequestedFiles()) {
        const std::string name = requested.getFilename().cStr();
        stubs::Problems problems{name, stubs::SourceLines{contents(source_root() / name)}};
        const stubs::File file = stubs::Schema{request, requested, problems}.read();
        if (problems.any()) {
            std::cerr << problems.text();
            return 2;
        }
        const fs::path out = fs::path{name}.replace_extension(".lrpc.hpp");
        if (!write(out, stubs::header(file)) ||
            !write(fs::path{name}.replace_extension(".lrpc.txt"), stubs::listing(file)))
            return 1;
    }
    return 0;
}

} // namespace

int main() {
    try {
        return run();
    } catch (const kj::Exception& exception) {
        std::cerr << "capnpc-lrpc: this is no request of `capnp compile`: "
                  << exception.getDescription().cStr() << "\n";
    } catch (const std::exception& exception) {
        std::cerr << "capnpc-lrpc: " << exception.what() << "\n";
    }
    return 1;
}
