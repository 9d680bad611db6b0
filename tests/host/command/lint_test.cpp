// tests/host/command/lint_test.cpp - the lint scripts reject what they are there to reject.

#include <catch2/catch.hpp>

#include "tests/host/command/support.hpp"

using namespace command_test;

namespace {

Ran lint(const std::string& script, const Scratch& scratch) {
    return run_program({FAULTLINE_SOURCE "/tools/lint/" + script, scratch.path().string()});
}

// The script finds nothing in a sound tree, and names `file` once `content` is in it.
void rejects(const std::string& script, const std::string& file, const std::string& content) {
    const Scratch scratch;
    scratch.file("exokernel/arch/x86_64/start.S", "#if defined(__x86_64__)\n#endif\n");
    scratch.file("apps/wc/main.cpp", "#include \"libos/core/start.hpp\"\n");
    CHECK(lint(script, scratch).code == 0);
    scratch.file(file, content);
    const Ran ran = lint(script, scratch);
    CAPTURE(file, content, ran.output);
    CHECK(ran.code != 0);
    CHECK_THAT(ran.output, Catch::Contains(file));
}

} // namespace

TEST_CASE("an include that crosses a layer is rejected", "[command][lint]") {
    rejects("layers", "exokernel/memory/a.cpp", "#include \"libos/vm/pager.hpp\"\n");
    rejects("layers", "libos/vm/a.cpp", "#include \"exokernel/memory/frame_table.hpp\"\n");
    rejects("layers", "bindings/abi/a.hpp", "#  include \"libos/a.hpp\"\n");
    rejects("layers", "apps/wc/a.cpp", "#include \"exokernel/a.hpp\"\n");
    rejects("layers", "apps/wc/b.cpp", "#include \"apps/sort/a.hpp\"\n");
    rejects("layers", "libos/vm/policies/a.hpp", "#include \"libos/vm/pager.hpp\"\n");
    rejects("layers", "libos/a.hpp", "#include \"a.hpp\"\n");
}

TEST_CASE("the architecture shows only in its folder", "[command][lint]") {
    rejects("layers", "exokernel/memory/a.cpp", "#ifdef __aarch64__\n");
    rejects("layers", "exokernel/memory/b.cpp", "    asm volatile(\"hlt\");\n");
    rejects("layers", "exokernel/PE/c.S", "hlt\n");
}

TEST_CASE("a policy may include its interface and the lists made for it", "[command][lint]") {
    const Scratch scratch;
    scratch.file("apps/wc/main.cpp", "");
    scratch.file("libos/vm/policies/a.hpp",
                 "#include \"libos/vm/replacement_policy.hpp\"\n#include <cstdint>\n"
                 "#include \"libos/vm/ghost_list.hpp\"\n");
    CHECK(lint("layers", scratch).code == 0);
}

TEST_CASE("a policy that allocates, computes with fractions or looks at a clock is rejected",
          "[command][lint]") {
    const auto ran_with = [](const std::string& body) {
        const Scratch scratch;
        const std::string build = scratch.path().string();
        const auto compile = [&](const std::string& text, const std::string& object) {
            const auto source = scratch.file("source.cpp", text);
            const Ran ran = run_program({"clang++-19", "-O1", "-c", "-ffreestanding",
                                         "-fno-exceptions", "-mno-sse", "-msoft-float", "-o",
                                         build + "/" + object, source.string()});
            CAPTURE(ran.errors);
            REQUIRE(ran.code == 0);
        };
        compile("int kernel() { return 1; }", "exokernel.elf");
        compile("int kernel() { return 1; }", "exokernel-recording.elf");
        compile("extern \"C\" int outside(); int other() { return outside(); }", "pager.cpp.o");
        compile("extern \"C\" void* malloc(unsigned long); volatile unsigned long x, y; float f;\n"
                "void policy() { " +
                    body + " }",
                "policy_table.cpp.o");
        REQUIRE(run_program({"llvm-ar-19", "rc", build + "/liblibos.a", build + "/pager.cpp.o",
                             build + "/policy_table.cpp.o"})
                    .code == 0);
        return run_program({FAULTLINE_SOURCE "/tools/lint/integer-only", build});
    };
    CHECK(ran_with("x = y * 3 / 4;").code == 0);
    for (const char* const bad : {"x = (unsigned long)malloc(x);", "x = *new int(3);",
                                  "f = f * 1.5f;", "x = __builtin_ia32_rdtsc();"}) {
        const Ran ran = ran_with(bad);
        CAPTURE(bad, ran.output, ran.errors);
        CHECK(ran.code != 0);
    }
}

TEST_CASE("a top-level entry that is not of the design is rejected", "[command][lint]") {
    const Scratch scratch;
    for (const char* const name : {"CMakeLists.txt", "LICENSE", "README.md", ".gitignore", "apps/a",
                                   "bindings/a", "exokernel/a", "libos/a", "tests/a", "tools/a"})
        scratch.file(name, "");
    CHECK(lint("entries", scratch).code == 0);
    scratch.file("package.json", "{}");
    CHECK(lint("entries", scratch).code != 0);
    std::filesystem::remove(scratch.path() / "package.json");
    std::filesystem::remove(scratch.path() / "LICENSE");
    CHECK_THAT(lint("entries", scratch).output, Catch::Contains("LICENSE: is missing"));
}

TEST_CASE("lines of code are those with more than blanks and comments", "[command][lint]") {
    const Scratch scratch;
    scratch.file("exokernel/a.cpp", "// one\n\nint a; // counts\n/* no\n   no\n*/ int b;\n"
                                    "const char* c = \"/* no comment\";\nint d; /* x */\n  \t\n");
    scratch.file("exokernel/drivers/b.cpp", "int not_counted;\n");
    const Ran ran = lint("size", scratch);
    CHECK(ran.code == 0);
    CHECK_THAT(ran.output, Catch::Contains("     4  exokernel/a.cpp"));
    CHECK_THAT(ran.output, Catch::Contains("     4  lines of code in 1 files"));
}

TEST_CASE("an exokernel of 6,000 lines is too large", "[command][lint]") {
    const Scratch scratch;
    std::string text;
    for (int i = 0; i < 5999; ++i)
        text += "int a;\n";
    scratch.file("exokernel/a.cpp", text);
    CHECK(lint("size", scratch).code == 0);
    scratch.file("exokernel/b.hpp", "int b;\n");
    CHECK(lint("size", scratch).code != 0);
}
