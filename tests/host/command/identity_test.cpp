// tests/host/command/identity_test.cpp - equal work and equal experiments have equal numbers, and
// every difference shows.

#include <catch2/catch.hpp>
#include <cstring>
#include <elf.h>
#include <set>

#include "bindings/abi/layout.hpp"
#include "tests/host/command/support.hpp"
#include "tools/command/identity.hpp"

using namespace command;
using command_test::Scratch;
using Values = std::map<std::string, std::vector<std::string>, std::less<>>;

namespace {

// A program as small as there are, with this text in it.
std::string program_with(const std::string& text) {
    Elf64_Ehdr header{};
    std::memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    header.e_ident[EI_VERSION] = EV_CURRENT;
    header.e_type = ET_EXEC;
    header.e_machine = EM_X86_64;
    header.e_entry = abi::layout::image;
    header.e_phoff = sizeof header;
    header.e_phentsize = sizeof(Elf64_Phdr);
    header.e_phnum = 1;
    Elf64_Phdr segment{};
    segment.p_type = PT_LOAD;
    segment.p_flags = PF_R | PF_X;
    segment.p_offset = sizeof header + sizeof segment;
    segment.p_vaddr = abi::layout::image;
    segment.p_filesz = segment.p_memsz = text.size();
    std::string file(segment.p_offset, '\0');
    std::memcpy(file.data(), &header, sizeof header);
    std::memcpy(file.data() + sizeof header, &segment, sizeof segment);
    return file + text;
}

// One app with its kernel.
struct Place {
    Scratch scratch;
    Project project{scratch.path() / "source", scratch.path() / "build"};
    std::string text = scratch.file("text", "one two three").string();

    explicit Place(const std::string& program = "program", const std::string& kernel = "kernel") {
        scratch.file("build/apps/wc", program_with(program));
        scratch.file("build/exokernel.elf", kernel);
        scratch.file("build/exokernel-recording.elf", kernel + ", recording");
        scratch.file("source/apps/wc/README.md", "# wc - counts\n");
        scratch.file("source/apps/wc/wc.scenario", "frames=64\npolicy=fifo\n");
        for (const char* const name : {"fifo", "mru"})
            scratch.file(std::string("source/libos/vm/policies/") + name + ".hpp", "// x\n");
    }
    Identity of(const Values& values, const std::vector<std::string>& arguments = {},
                const std::string& qemu = "QEMU 7") const {
        Parsed parsed;
        parsed.values = values;
        parsed.rest = arguments;
        if (!parsed.has("--file"))
            parsed.values["--file"] = {text};
        const auto experiment = experiment_from(project, *project.app("wc"), parsed);
        REQUIRE(experiment);
        const auto identity = identity_of(*experiment, qemu);
        REQUIRE(identity);
        return *identity;
    }
};

} // namespace

TEST_CASE("the same experiment has the same numbers in another place", "[command]") {
    const Identity one = Place().of({});
    const Identity other = Place().of({});
    CHECK(one.workload == other.workload);
    CHECK(one.experiment == other.experiment);
}

TEST_CASE("policy, frames and recording leave the work as it is, but not the experiment",
          "[command]") {
    const Place place;
    const Identity plain = place.of({});
    std::set<std::uint64_t> experiments{plain.experiment};
    const std::vector<Values> all{{{"--policy", {"mru"}}},   {{"--frames", {"63"}}},
                                  {{"--no-record", {}}},     {{"--until", {"fault:3"}}},
                                  {{"--profile", {"fast"}}}, {{"--region", {"32M"}}},
                                  {{"--throttle", {"9"}}}};
    for (const Values& values : all) {
        const Identity identity = place.of(values);
        CHECK(identity.workload == plain.workload);
        CHECK(experiments.insert(identity.experiment).second);
    }
    CHECK(place.of({{"--timeout", {"7"}}}).experiment == plain.experiment);
}

TEST_CASE("other files, arguments or seeds are other work", "[command]") {
    const Place place;
    std::set<std::uint64_t> workloads{place.of({}).workload};
    std::set<std::uint64_t> experiments{place.of({}).experiment};
    const auto differs = [&](const Identity& identity) {
        CHECK(workloads.insert(identity.workload).second);
        CHECK(experiments.insert(identity.experiment).second);
    };
    differs(place.of({{"--seed", {"2"}}}));
    differs(place.of({}, {"a"}));
    differs(place.of({}, {"a", "b"}));
    differs(place.of({}, {"ab"}));
    differs(place.of({{"--file", {place.scratch.file("b/text", "one two thre!").string()}}}));
    differs(place.of({{"--file", {place.scratch.file("other", "one two three").string()}}}));
    differs(place.of({{"--file", {place.text, place.text}}}));
}

TEST_CASE("another program, kernel or QEMU is another experiment with the same work", "[command]") {
    const Identity plain = Place().of({});
    std::set<std::uint64_t> experiments{plain.experiment};
    for (const Identity& identity :
         {Place("other program").of({}), Place("program", "other kernel").of({}),
          Place().of({}, {}, "QEMU 8")}) {
        CHECK(identity.workload == plain.workload);
        CHECK(experiments.insert(identity.experiment).second);
    }
}
