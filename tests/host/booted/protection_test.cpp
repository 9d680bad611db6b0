// tests/host/booted/protection_test.cpp - what the exokernel has the hardware protect, as QEMU's
// monitor sees it; and the panic screen, on a stack of its own.

#include <catch2/catch.hpp>
#include <cstddef>
#include <fmt/format.h>
#include <sstream>

#include "exokernel/arch/x86_64/processor.hpp"
#include "tests/host/booted/monitor.hpp"
#include "tools/benchmark/symbols.hpp"

using booted::Guest;
using booted::WatchedGuest;
using command_test::Scratch;

namespace {

constexpr std::uint64_t kernel_half = 0xffff'8000'0000'0000;
constexpr std::uint64_t fatal_stack_bytes = sizeof(exokernel::Processor::fatal_stacks[0]);

// Those of the boot processor.
std::uint64_t fatal_stacks(const benchmark::Symbols& symbols) {
    return symbols.at("_ZN9exokernel10processorsE") + offsetof(exokernel::Processor, fatal_stacks);
}

// An app that computes for ever.
std::vector<std::string> computing(const Scratch& scratch) {
    return {"hello",
            "--program",
            FAULTLINE_BUILD "/tests/guests/broken",
            "--file",
            scratch.file("text", "a page\n").string(),
            "--",
            "loop"};
}

// The same on another processor: QEMU takes the last one that it is given.
std::vector<std::string> on_processor(const char* model, std::vector<std::string> words) {
    words.insert(words.begin() + 1, {"--qemu-option", "-cpu", "--qemu-option", model});
    return words;
}

benchmark::Symbols kernel_symbols() {
    return *benchmark::symbols_of(FAULTLINE_BUILD "/exokernel-recording.elf");
}

// A line of `info tlb`: "ffffffff80209000: 0000000000209000 XG-DACTUW", X for no execution.
struct Mapping {
    std::uint64_t address = 0, physical = 0;
    bool executable = false, user = false, writable = false;
};

std::vector<Mapping> mappings(const WatchedGuest& guest) {
    std::istringstream text(guest.ask("info tlb"));
    std::vector<Mapping> all;
    for (std::string address, physical, flags; text >> address >> physical >> flags;)
        if (flags.size() == 9 && address.ends_with(':'))
            all.push_back({std::stoull(address, nullptr, 16), std::stoull(physical, nullptr, 16),
                           flags[0] != 'X', flags[7] == 'U', flags[8] == 'W'});
    return all;
}

// The stack (1 to 7 of the TSS) that the gate of `vector` switches to.
unsigned stack_of_gate(const WatchedGuest& guest, const benchmark::Symbols& symbols,
                       unsigned vector) {
    const std::uint64_t gates = symbols.find("_ZN9exokernel12_GLOBAL__N_15gatesE")->second;
    return guest.words_at(gates + std::uint64_t{vector} * 16, 1).at(0) >> 32 & 7;
}

bool halted_in_kernel(const WatchedGuest& guest) {
    const std::string text = guest.ask("info registers");
    return text.find("RIP=ffffffff8") != std::string::npos &&
           text.find("HLT=1") != std::string::npos;
}

} // namespace

TEST_CASE("write protection, NX, SMEP, SMAP and UMIP are on while a libOS runs", "[booted]") {
    const Scratch scratch;
    const WatchedGuest guest(scratch, computing(scratch), "broken: loop");
    const std::uint64_t cr0 = guest.register_value("CR0");
    const std::uint64_t cr4 = guest.register_value("CR4");
    CHECK((cr0 >> 16 & 1) == 1); // write protection also for the kernel
    CHECK((cr4 >> 20 & 1) == 1); // SMEP
    CHECK((cr4 >> 21 & 1) == 1); // SMAP
    CHECK((cr4 >> 11 & 1) == 1); // UMIP
    CHECK((guest.register_value("EFER") >> 11 & 1) == 1);
}

TEST_CASE("a processor without SMEP, SMAP and UMIP runs a libOS, and is asked for none of them",
          "[booted]") {
    const Scratch scratch;
    const std::string text = booted::noise(50'000, 7);
    const std::vector<std::string> words{"wc", "--frames", "24", "--file",
                                         scratch.file("noise", text).string()};
    const long long faults = booted::boot(scratch, "with", words).number("faults");
    // The second also has no XSAVE, FSGSBASE and pages of 1 GiB.
    for (const char* const processor : {"max,-smep,-smap,-umip", "qemu64"}) {
        CAPTURE(processor);
        {
            const WatchedGuest guest(scratch, on_processor(processor, computing(scratch)),
                                     "broken: loop");
            CHECK((guest.register_value("CR4") & (1u << 20 | 1u << 21 | 1u << 11)) == 0);
            CHECK((guest.register_value("EFER") >> 11 & 1) == 1);
        }
        const Guest guest = booted::boot(scratch, "without", on_processor(processor, words));
        CAPTURE(guest.ran.errors);
        CHECK(guest.ran.code == 0);
        CHECK(guest.number("bytes") == 50'000);
        CHECK(guest.number("faults") == faults);
    }
}

TEST_CASE("a processor without NX or a 64-bit mode is refused by name, before anything is mapped",
          "[booted]") {
    const Scratch scratch;
    const std::pair<const char*, const char*> cases[] = {
        {"max,-nx", "cannot start: the processor lacks NX (switch it on in the firmware)"},
        {"max,-lm", "cannot start: the processor lacks a 64-bit mode (take another one)"},
    };
    for (const auto& [processor, reason] : cases) {
        const Guest guest = booted::boot(scratch, "run", on_processor(processor, {"hello"}));
        CAPTURE(processor, guest.ran.errors);
        CHECK(guest.ran.code == 4);
        CHECK(guest.text("outcome") == "boot_error");
        CHECK_THAT(guest.ran.errors,
                   Catch::StartsWith("hello: the exokernel refused what it was given: "));
        CHECK_THAT(guest.ran.errors, Catch::Contains(reason));
        // There can be no recording; nothing is missing but what the reason has said.
        CHECK_THAT(guest.ran.errors, !Catch::Contains("no recording"));
    }
}

TEST_CASE("nothing is writable and executable, and the kernel's half is out of reach", "[booted]") {
    const Scratch scratch;
    const auto symbols = kernel_symbols();
    const WatchedGuest guest(scratch, computing(scratch), "broken: loop");
    const std::uint64_t text_begin = symbols.at("text_begin");
    const std::uint64_t text_end = symbols.at("text_end");
    const std::uint64_t rodata_end = symbols.at("rodata_end");
    const std::uint64_t data_begin = symbols.at("data_begin");
    const std::uint64_t data_end = symbols.at("data_end");
    const std::uint64_t image_base = 0xffff'ffff'8000'0000;
    std::uint64_t text = 0;
    std::uint64_t rodata = 0;
    std::uint64_t data = 0;
    std::uint64_t direct = 0;
    for (const Mapping& page : mappings(guest)) {
        CAPTURE(fmt::format("{:#x} -> {:#x}", page.address, page.physical));
        CHECK_FALSE((page.writable && page.executable && page.address >= kernel_half));
        if (page.address < kernel_half)
            continue;
        CHECK_FALSE(page.user);
        if (page.address < text_begin) {
            ++direct;
            CHECK_FALSE(page.executable);
            // Large pages: the whole of [2 MiB, 4 MiB) is code and constants.
            CHECK(page.writable ==
                  (page.physical != text_begin / 0x20'0000 * 0x20'0000 - image_base));
            continue;
        }
        CHECK(page.executable == (page.address < text_end));
        CHECK(page.writable == (page.address >= data_begin));
        ++(page.address < text_end ? text : page.address < rodata_end ? rodata : data);
    }
    CHECK(text == (text_end - text_begin) / 4096);
    CHECK(rodata == (rodata_end - text_end) / 4096);
    CHECK(data == (data_end - data_begin) / 4096);
    CHECK(direct > 64);
}

TEST_CASE("double fault, NMI and machine check have stacks of their own", "[booted]") {
    const Scratch scratch;
    const auto symbols = kernel_symbols();
    const std::uint64_t stacks = fatal_stacks(symbols);
    const WatchedGuest guest(scratch, computing(scratch), "broken: loop");
    CHECK(stack_of_gate(guest, symbols, 8) == 1);
    CHECK(stack_of_gate(guest, symbols, 2) == 2);
    CHECK(stack_of_gate(guest, symbols, 18) == 3);
    CHECK(stack_of_gate(guest, symbols, 14) == 0);
    // "TR =0038 ffffffff80400118 ...": the TSS; its stacks of interrupts begin at byte 36.
    const std::string tr = guest.ask("info registers");
    const std::uint64_t tss = std::stoull(tr.substr(tr.find("TR =") + 9), nullptr, 16);
    const auto tops = guest.words_at(tss + 36, 3);
    REQUIRE(tops.size() == 3);
    for (std::uint64_t i = 0; i < 3; ++i)
        CHECK(tops[i] == stacks + (i + 1) * fatal_stack_bytes);
}

TEST_CASE("an NMI in a libOS shows the panic screen, on the stack of the NMI", "[booted]") {
    const Scratch scratch;
    const std::uint64_t stacks = fatal_stacks(kernel_symbols());
    WatchedGuest watched(scratch, computing(scratch), "broken: loop");
    watched.ask("nmi");
    const Guest guest = watched.end();
    CAPTURE(guest.ran.errors);
    CHECK(guest.ran.code == 4);
    CHECK(guest.text("outcome") == "panic");
    CHECK_THAT(guest.ran.errors,
               Catch::Contains("the exokernel panicked: non-maskable interrupt") &&
                   Catch::Contains("exokernel: PANIC: ") && Catch::Contains("cs 0x33"));
    CHECK_THAT(guest.ran.errors, Catch::Contains("application_main at "));
    const std::string label = "on the stack at ";
    const std::size_t at = guest.ran.errors.find(label);
    REQUIRE(at != std::string::npos);
    const std::uint64_t stack =
        std::stoull(guest.ran.errors.substr(at + label.size()), nullptr, 16);
    CHECK(stack > stacks + fatal_stack_bytes + fatal_stack_bytes / 2); // little of it is used
    CHECK(stack < stacks + 2 * fatal_stack_bytes);
}

TEST_CASE("a panic in the exokernel is symbolised", "[booted]") {
    const Scratch scratch;
    const std::vector<std::string> words{"wc", "--throttle", "1", "--file",
                                         scratch.file("text", std::string(200'000, 'a')).string()};
    WatchedGuest watched(scratch, words, "");
    // With one request a second it nearly always waits in the exokernel, halted.
    while (watched.ask("stop"), !halted_in_kernel(watched))
        watched.ask("cont");
    watched.ask("nmi");
    watched.ask("cont");
    const Guest guest = watched.end();
    CAPTURE(guest.ran.errors);
    CHECK(guest.ran.code == 4);
    CHECK_THAT(guest.ran.errors, Catch::Contains("the exokernel panicked") &&
                                     Catch::Contains("halt_until at exokernel/arch/x86_64/timer"));
}
