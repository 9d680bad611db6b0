// tests/host/command/archive_test.cpp - the archive writer, against `tar`, and stripped programs.

#include <catch2/catch.hpp>
#include <cstring>
#include <elf.h>

#include "tests/host/command/support.hpp"
#include "tools/command/boot_image.hpp"

using namespace command;
using command_test::run_program;
using command_test::Scratch;

TEST_CASE("tar lists and unpacks what the archive writer wrote", "[command][archive]") {
    const Scratch scratch;
    const std::string program(1500, '\x7f');
    const auto archive = ustar({{"manifest", "app=wc\n"}, {"wc", program}, {"empty", ""}});
    REQUIRE(archive.has_value());
    CHECK(archive->size() % 512 == 0);
    const std::string file = scratch.file("a.tar", *archive).string();
    const auto listed = run_program({"tar", "-tf", file});
    CHECK(listed.code == 0);
    CHECK(listed.output == "manifest\nwc\nempty\n");
    CHECK(run_program({"tar", "-xOf", file, "wc"}).output == program);
    CHECK(run_program({"tar", "-xOf", file, "manifest"}).output == "app=wc\n");
}

TEST_CASE("equal members give equal archives", "[command][archive]") {
    CHECK(*ustar({{"a", "1"}}) == *ustar({{"a", "1"}}));
    CHECK(*ustar({{"a", "1"}}) != *ustar({{"a", "2"}}));
}

TEST_CASE("a name that a ustar header cannot hold is refused", "[command][archive]") {
    CHECK(ustar({{std::string(99, 'n'), ""}}).has_value());
    CHECK_FALSE(ustar({{std::string(100, 'n'), ""}}).has_value());
    CHECK_FALSE(ustar({{"", ""}}).has_value());
}

TEST_CASE("a program travels without what follows its last segment", "[command][archive]") {
    std::string elf(5000, 'd');
    Elf64_Ehdr header{};
    std::memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_phoff = sizeof(header);
    header.e_phentsize = sizeof(Elf64_Phdr);
    header.e_phnum = 1;
    header.e_shoff = 4500;
    header.e_shnum = 3;
    Elf64_Phdr segment{};
    segment.p_type = PT_LOAD;
    segment.p_offset = 1000;
    segment.p_filesz = 2000;
    std::memcpy(elf.data(), &header, sizeof(header));
    std::memcpy(elf.data() + sizeof(header), &segment, sizeof(segment));
    const std::string part = loadable_part(elf);
    CHECK(part.size() == 3000);
    Elf64_Ehdr kept;
    std::memcpy(&kept, part.data(), sizeof(kept));
    CHECK(kept.e_shnum == 0);
    CHECK(kept.e_phnum == 1);

    segment.p_filesz = 1ull << 40; // a damaged program is the kernel's to refuse
    std::memcpy(elf.data() + sizeof(header), &segment, sizeof(segment));
    CHECK(loadable_part(elf) == elf);
    CHECK(loadable_part("no program") == "no program");
}

TEST_CASE("a manifest or program that no kernel could boot is refused with what is wrong",
          "[command][archive]") {
    const auto refused = [](const std::string& manifest, const std::string& program) {
        const auto archive = bootable_archive(manifest, {{"hello", program}});
        REQUIRE_FALSE(archive.has_value());
        CHECK(archive.error().code == ExitCode::usage);
        return archive.error().message;
    };
    CHECK_THAT(refused("frames=3\n", ""), Catch::Contains("names no `app`"));
    CHECK_THAT(refused("app=absent\n", ""), Catch::Contains("`absent`, the archive has no such"));
    CHECK_THAT(refused("app=hello\n", ""), Catch::Contains("not a static ELF64"));
    CHECK_THAT(refused("app=hello\n", std::string(5000, 'x')), Catch::Contains("static ELF64"));
    CHECK_THAT(refused("app=hello\nslots=few\n", ""),
               Catch::Contains("`slots=few`; it must be slots=N, a number"));
    CHECK_THAT(refused("app=hello\nprocessors=-1\n", ""), Catch::Contains("`processors=-1`"));
    CHECK_THAT(refused(std::string(9000, 'a'), ""), Catch::Contains("longer than 8192 bytes"));
}
