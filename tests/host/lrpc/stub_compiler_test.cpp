// tests/host/lrpc/stub_compiler_test.cpp - what capnpc-lrpc refuses, and what is where in messages.

#include <catch2/catch.hpp>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include <sys/wait.h>
#include <unistd.h>

namespace {

const std::string source = FAULTLINE_SOURCE;
const std::string build = FAULTLINE_BUILD;
const std::string refused = source + "/tests/host/lrpc/schemas/refused";

std::string contents(const std::string& path) {
    const std::ifstream in{path, std::ios::binary};
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

struct Ended {
    std::string said; // on both streams
    int status;
};

Ended run(const std::string& command) {
    FILE* const pipe = popen(("(" + command + ") 2>&1").c_str(), "r");
    REQUIRE(pipe != nullptr);
    std::string said;
    char buffer[4096];
    while (const std::size_t count = fread(buffer, 1, sizeof(buffer), pipe))
        said.append(buffer, count);
    return {said, WEXITSTATUS(pclose(pipe))};
}

// The plug-in by itself, with the request that `capnp` gives it.
Ended compile(const std::string& folder, const std::string& file) {
    return run("cd /tmp && capnp compile -I" + source + " --src-prefix=" + folder + " -o- " +
               folder + "/" + file + " | LRPC_SOURCE_ROOT=" + folder + " " + build +
               "/capnpc-lrpc");
}

void compare_with_golden(const std::string& name, const std::string& text) {
    const std::string path = source + "/tests/golden/lrpc/" + name;
    if (std::getenv("FAULTLINE_REGENERATE") != nullptr)
        std::ofstream{path, std::ios::binary} << text;
    CHECK(text == contents(path));
}

std::size_t lines_of(const std::string& text) {
    std::size_t count = 0;
    for (const char c : text)
        count += c == '\n' ? 1 : 0;
    return count;
}

} // namespace

TEST_CASE("what is not supported is refused with file, line and reason", "[lrpc]") {
    std::string all;
    for (const char* file : {"types.capnp", "methods.capnp"}) {
        const Ended ended = compile(refused, file);
        CHECK(ended.status == 2);
        all += ended.said;
    }
    CHECK(lines_of(all) == 36);
    compare_with_golden("refused.txt", all);
}

TEST_CASE("the line that is named holds what is refused", "[lrpc]") {
    // Independent of the golden text: the name in the reason, or the offending word, is there.
    const auto line = [](const char* file, unsigned number) {
        std::ifstream in{refused + "/" + file};
        std::string text;
        for (unsigned i = 0; i < number; ++i)
            std::getline(in, text);
        return text;
    };
    const std::string said =
        compile(refused, "types.capnp").said + compile(refused, "methods.capnp").said;
    const auto line_with = [&](const std::string& file, const std::string& reason) {
        const std::size_t at = said.find(reason);
        REQUIRE(at != std::string::npos);
        const std::size_t begin = said.rfind(file + ":", at) + file.size() + 1;
        return line(file.c_str(), static_cast<unsigned>(std::stoul(said.substr(begin))));
    };
    CHECK(line_with("types.capnp", "unions").find("union {") != std::string::npos);
    CHECK(line_with("types.capnp", "`left` makes").find("struct Right { left") == 0);
    CHECK(line_with("methods.capnp", "streaming").find("-> stream") != std::string::npos);
    CHECK(line_with("methods.capnp", "cannot be the namespace").find("\"std\"") !=
          std::string::npos);
    CHECK(line_with("methods.capnp", "`seven`").find("seven @10") != std::string::npos);
}

TEST_CASE("as a plug-in of capnp it finds the source where capnp was started", "[lrpc]") {
    const Ended ended = run("cd " + refused + " && capnp compile -I" + source + " -o" + build +
                            "/capnpc-lrpc:/tmp types.capnp");
    CHECK(ended.status == 1);
    CHECK(ended.said.find("types.capnp:36: an interface as a value is not supported") !=
          std::string::npos);
    CHECK(ended.said.find("plugin failed: exit code 2") != std::string::npos);
}

TEST_CASE("what is no request of capnp ends with 1 and a sentence", "[lrpc]") {
    const Ended ended = run("head -c 100 /dev/zero | tr '\\0' 'x' | " + build + "/capnpc-lrpc");
    CHECK(ended.status == 1);
    CHECK(ended.said.find("capnpc-lrpc: this is no request") == 0);
    CHECK(run(build + "/capnpc-lrpc < /dev/null").status == 1);
}

TEST_CASE("places in messages change only on purpose", "[lrpc]") {
    const std::string folder = build + "/generated/tests/host/lrpc/schemas/";
    std::string all;
    for (const char* name : {"everything", "echo", "names"})
        all += contents(folder + name + ".lrpc.txt") + "\n";
    compare_with_golden("layout.txt", all);
}

TEST_CASE("a change of the schema that moves a field is seen in the listing", "[lrpc]") {
    const std::string folder = "/tmp/faultline-lrpc-" + std::to_string(getpid());
    const auto listing = [&folder](const std::string& fields) {
        const std::string file =
            "@0xb3a2c1d4e5f60718; struct S { " + fields + " } interface I { f @0 (s :S); }";
        CHECK(run("mkdir -p " + folder + " && cd " + folder + " && printf '%s' '" + file +
                  "' > s.capnp && capnp compile -o" + build + "/capnpc-lrpc s.capnp")
                  .status == 0);
        return contents(folder + "/s.lrpc.txt");
    };
    const std::string before = listing("a @0 :UInt16; b @1 :UInt32;");
    CHECK(before.find("    b :UInt32 byte 4, 4 long\n") != std::string::npos);
    CHECK(listing("a @0 :UInt32; b @1 :UInt32;") != before);
    CHECK(listing("a @0 :UInt16; b @1 :Float32;") != before);
    CHECK(listing("a @0 :UInt16 = 1; b @1 :UInt32;") != before);
    CHECK(listing("b @1 :UInt32; a @0 :UInt16;") != before); // members are in another order
    CHECK(listing("a @0 :UInt16; b @1 :UInt32;") == before);
    (void)run("rm -r " + folder);
}
