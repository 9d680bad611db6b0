// tests/host/vm/policy_sentences_test.cpp - what is no replacement policy does not compile, and the
// compiler says in a sentence what it lacks.

#include <catch2/catch.hpp>
#include <cstdlib>

#include "tests/host/command/support.hpp"

using command_test::Scratch;

namespace {

// Complete; a case takes one member out, or puts one in its place.
struct Member {
    const char* name;
    const char* text;
};
constexpr Member members[] = {
    {"init", "bool init(const PolicySetup&) noexcept { return true; }"},
    {"select_victims", "std::uint32_t select_victims(auto&, const Fault&, std::span<FrameNo>) "
                       "noexcept { return 0; }"},
    {"on_mapped", "void on_mapped(FrameNo, const Fault&) noexcept {}"},
    {"on_unmapped", "void on_unmapped(FrameNo, PageNo) noexcept {}"},
};

std::string source_with(const std::string& without, const std::string& instead) {
    std::string text = "#include \"libos/vm/frame.hpp\"\nusing namespace libos;\nstruct P {\n";
    for (const Member& member : members)
        if (member.name != without)
            text += std::string(member.text) + "\n";
    return text + instead + "\n};\nstatic_assert(is_replacement_policy<P, ResidentFrames>());\n";
}

// What the compiler says; empty: it takes it.
std::string complaint(const std::string& without, const std::string& instead) {
    const Scratch scratch;
    const auto file = scratch.file("policy.cpp", source_with(without, instead));
    const auto said = scratch.path() / "said";
    const std::string line = "clang++-19 -std=c++23 -fsyntax-only -I" FAULTLINE_SOURCE " '" +
                             file.string() + "' 2>'" + said.string() + "'";
    const bool compiles = std::system(line.c_str()) == 0;
    const std::string text = command_test::content_of(said);
    CHECK(compiles == text.empty());
    return text;
}

struct Case {
    const char* without;
    const char* instead;
    const char* sentence;
};
constexpr Case cases[] = {
    {"init", "", "a replacement policy needs `bool init("},
    {"init", "bool init(const PolicySetup&) { return true; }", "a replacement policy needs `bool"},
    {"select_victims", "", "a replacement policy needs `std::uint32_t select_victims("},
    {"select_victims",
     "std::uint32_t select_victims(auto&, const Fault&, std::span<FrameNo>) { return 0; }",
     "a replacement policy needs `std::uint32_t select_victims("},
    {"on_mapped", "", "a replacement policy needs `void on_mapped("},
    {"on_mapped", "void on_mapped(FrameNo, const Fault&) {}", "needs `void on_mapped("},
    {"on_unmapped", "", "a replacement policy needs `void on_unmapped("},
    {"on_unmapped", "void on_unmapped(FrameNo, PageNo) {}", "needs `void on_unmapped("},
    {"", "std::uint32_t harvest_every() noexcept { return 1; }", "needs both `std::uint32_t"},
    {"", "void on_harvest(std::span<const FrameNo>) noexcept {}", "needs both `std::uint32_t"},
    {"", "void on_harvest(auto&) noexcept {}", "needs both `std::uint32_t"},
    {"", "void on_access(auto) noexcept {}", "must be a public `void on_access("},
    {"", "void on_hint(auto) noexcept {}", "must be a public `void on_hint("},
    {"", "std::uint32_t cluster(FrameNo, std::span<FrameNo>) noexcept { return 0; }",
     "must be a public `std::uint32_t cluster("},
    {"", "std::uint32_t least_frames = 3;",
     "must be a public `static constexpr std::uint32_t least_frames"},
    {"", "static constexpr const char* least_frames = \"3\";",
     "must be a public `static constexpr std::"},
    {"", "static std::size_t arena_bytes(std::uint32_t) { return 1; }",
     "must be a public `static std::size_t arena_bytes("},
    {"", "static std::uint32_t arena_bytes(std::uint32_t) noexcept { return 1; }",
     "must be a public `static std::size_t arena_bytes("},
    {"", "std::size_t arena_bytes(std::uint32_t) noexcept { return 1; }",
     "must be a public `static std::size_t arena_bytes("},
    {"", "void on_access(FrameNo) noexcept {}", "must be a public `void on_access("},
    {"", "void prefetch(const Fault&, std::span<PageNo>) noexcept {}",
     "must be a public `std::uint32_t prefetch("},
    {"", "std::uint32_t cluster(auto&, FrameNo, std::span<FrameNo>) { return 0; }",
     "must be a public `std::uint32_t cluster("},
    {"", "private: void on_hint(FrameNo, Hint) noexcept {}", "must be a public `void on_hint("},
    {"", "void on_hint(FrameNo) noexcept {}", "must be a public `void on_hint("},
};

} // namespace

TEST_CASE("a policy that is final is told that it must not be, and nothing else", "[vm][policy]") {
    const Scratch scratch;
    std::string text = source_with("", "");
    text.replace(text.find("struct P"), 8, "struct P final");
    const auto file = scratch.file("policy.cpp", text), said = scratch.path() / "said";
    const std::string line = "clang++-19 -std=c++23 -fsyntax-only -I" FAULTLINE_SOURCE " '" +
                             file.string() + "' 2>'" + said.string() + "'";
    CHECK(std::system(line.c_str()) != 0);
    CHECK_THAT(command_test::content_of(said),
               Catch::Contains("must not be final") && !Catch::Contains("must be a public"));
}

TEST_CASE("a policy that lacks something is told what in a sentence", "[vm][policy]") {
    CHECK(complaint("", "") == "");
    for (const Case& each : cases) {
        CAPTURE(each.without, each.instead);
        CHECK_THAT(complaint(each.without, each.instead), Catch::Contains(each.sentence));
    }
}
