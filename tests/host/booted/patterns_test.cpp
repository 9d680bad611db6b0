// tests/host/booted/patterns_test.cpp - scan's reference strings: the guest faults exactly as often
// as the same policy does on the host, and evicts the same pages.

#include <catch2/catch.hpp>
#include <cstdio>
#include <zstd.h>

#include "bindings/random.hpp"
#include "bindings/zipf.hpp"
#include "tests/host/booted/guest.hpp"
#include "tests/host/vm/policy_machine.hpp"

using booted::boot;
using booted::Guest;
using command_test::content_of;
using command_test::Scratch;
using vm_test::PageNo;
using String = std::vector<PageNo>;

namespace {

constexpr std::uint64_t pages = 300;
constexpr std::uint64_t passes = 5;
constexpr std::uint32_t frames = 64;

std::string hash_of(const String& victims) {
    std::uint64_t hash = 0xcbf2'9ce4'8422'2325;
    for (const PageNo page : victims)
        for (int byte = 0; byte < 8; ++byte)
            hash = (hash ^ (page >> 8 * byte & 0xff)) * 0x100'0000'01b3;
    char text[17];
    std::snprintf(text, sizeof(text), "%llx", static_cast<unsigned long long>(hash));
    return text;
}

template <class Policy>
void same_as_on_the_host(const char* policy, const String& string,
                         const std::vector<std::string>& arguments) {
    const Scratch scratch;
    vm_test::Machine<Policy> machine{frames};
    for (const PageNo page : string)
        machine.touch(page);
    std::vector<std::string> words{
        "scan",   "--policy", policy,       "--frames", std::to_string(frames),
        "--seed", "7",        "--no-record"};
    words.insert(words.end(), arguments.begin(), arguments.end());
    const Guest guest = boot(scratch, "run", words);
    CAPTURE(policy, guest.ran.errors, guest.ran.output);
    CHECK(guest.ran.code == 0);
    CHECK(guest.number("faults") == static_cast<long long>(machine.faults));
    CHECK(guest.number("evictions") == static_cast<long long>(machine.victims.size()));
    CHECK(guest.text("victims_hash") == hash_of(machine.victims));
}

void same_with_every_policy(const String& string, const std::vector<std::string>& arguments) {
    same_as_on_the_host<libos::policies::Fifo>("fifo", string, arguments);
    same_as_on_the_host<libos::policies::Clock>("clock", string, arguments);
    same_as_on_the_host<libos::policies::Mru>("mru", string, arguments);
}

std::vector<std::string> pattern(const char* name) {
    return {"--",       "--pattern",           name, "--pages", std::to_string(pages),
            "--passes", std::to_string(passes)};
}

template <class Next> String drawn(Next next) {
    String string;
    bindings::Random random{7};
    for (std::uint64_t i = 0; i < pages * passes; ++i)
        string.push_back(next(random));
    return string;
}

std::string trace_of(const String& string, int width = 4) {
    std::string bytes;
    for (const PageNo page : string)
        for (int byte = 0; byte < width; ++byte)
            bytes += static_cast<char>(page >> 8 * byte & 0xff);
    return bytes;
}

} // namespace

TEST_CASE("a cyclic scan faults as on the host", "[booted]") {
    String string;
    for (std::uint64_t i = 0; i < pages * passes; ++i)
        string.push_back(i % pages);
    same_with_every_policy(string, pattern("cyclic"));
}

TEST_CASE("a uniform scan faults as on the host", "[booted]") {
    same_with_every_policy(drawn([](auto& random) { return random.below(pages); }),
                           pattern("uniform"));
}

TEST_CASE("a zipf scan faults as on the host", "[booted]") {
    std::vector<std::uint64_t> sums(pages);
    const bindings::Zipf zipf{sums, 99};
    same_with_every_policy(drawn([&](auto& random) { return zipf.next(random); }), pattern("zipf"));
}

TEST_CASE("a trace faults as on the host, of 32 bits or 64, packed or not", "[booted]") {
    const Scratch scratch;
    const String string = drawn([](auto& random) { return random.below(random.below(255) + 1); });
    const auto trace = scratch.file("mine.u32", trace_of(string));
    same_with_every_policy(string, {"--trace", trace.string()});
    const auto wide = scratch.file("mine.u64", trace_of(string, 8));
    same_as_on_the_host<libos::policies::Fifo>("fifo", string, {"--trace", wide.string()});
    const std::string bytes = trace_of(string);
    std::string packed(ZSTD_compressBound(bytes.size()), '\0');
    packed.resize(ZSTD_compress(packed.data(), packed.size(), bytes.data(), bytes.size(), 3));
    const auto small = scratch.file("mine.u32.zst", packed);
    same_as_on_the_host<libos::policies::Fifo>("fifo", string, {"--trace", small.string()});
}

TEST_CASE("Belady's string: with fifo, four frames fault more often than three", "[booted]") {
    const Scratch scratch;
    const String string{1, 2, 3, 4, 1, 2, 5, 1, 2, 3, 4, 5};
    const auto trace = scratch.file("belady.u32", trace_of(string));
    for (const auto& [count, faults] : {std::pair{"3", 9}, std::pair{"4", 10}}) {
        const Guest guest =
            boot(scratch, "run",
                 {"scan", "--policy", "fifo", "--frames", count, "--trace", trace.string()});
        CAPTURE(count, guest.ran.errors);
        CHECK(guest.ran.code == 0);
        CHECK(guest.number("faults") == faults);
        CHECK(command_test::exo({"verify", guest.run.string()}).code == 0);
    }
}

TEST_CASE("a trace is shown in its own page numbers, as OSTEP's simulator shows it", "[booted]") {
    const Scratch scratch;
    const auto trace = scratch.file("trace.u32", trace_of({8, 7, 4, 2, 5, 4, 7, 3, 4, 5}));
    const Guest guest = boot(
        scratch, "run", {"scan", "--policy", "fifo", "--frames", "3", "--trace", trace.string()});
    REQUIRE(guest.ran.code == 0);
    const auto shown = command_test::exo({"walk", guest.run.string(), "--format", "ostep"});
    CHECK_THAT(
        shown.output,
        Catch::StartsWith(
            "Access: 8  MISS FirstIn ->          [8] <- Lastin  Replaced:- [Hits:0 Misses:1]\n"
            "Access: 7  MISS FirstIn ->       [8, 7] <- Lastin  Replaced:- [Hits:0 Misses:2]\n"
            "Access: 4  MISS FirstIn ->    [8, 7, 4] <- Lastin  Replaced:- [Hits:0 Misses:3]\n"
            "Access: 2  MISS FirstIn ->    [7, 4, 2] <- Lastin  Replaced:8 [Hits:0 Misses:4]\n"
            "Access: 5  MISS FirstIn ->    [4, 2, 5] <- Lastin  Replaced:7 [Hits:0 Misses:5]\n"
            "Access: 7  MISS FirstIn ->    [2, 5, 7] <- Lastin  Replaced:4 [Hits:0 Misses:6]\n"));
}

TEST_CASE("threads that fault on a page that is being read share the read", "[booted]") {
    const Scratch scratch;
    const auto trace = scratch.file("same.u32", trace_of(String(64, 5)));
    const Guest guest = boot(scratch, "run",
                             {"scan", "--frames", "20", "--trace", trace.string(), "--",
                              "--pattern", "trace", "--threads", "8"});
    CHECK(guest.ran.code == 0);
    CHECK(guest.number("faults") == 8);
    CHECK(guest.number("reads") == 1);
    CHECK_THAT(content_of(guest.run / "console.log"), Catch::Contains("@joined=7\n"));
    CHECK(command_test::exo({"verify", guest.run.string()}).code == 0);
}

TEST_CASE("what is no trace is refused", "[command][exo]") {
    const Scratch scratch;
    const auto refused = [&](const char* app, const char* name, const char* content,
                             const char* reason) {
        const auto ran =
            command_test::exo({"run", app, "--trace", scratch.file(name, content).string()});
        CAPTURE(ran.errors);
        CHECK(ran.code == 2);
        CHECK_THAT(ran.errors, Catch::Contains(reason));
    };
    refused("scan", "a.u32", "12345", "has 5 bytes");
    refused("scan", "a.u32", "", "has 0 bytes");
    refused("scan", "a.pg32", "1234", "does not take the form");
    refused("scan", "a.list", "1234", "must end with .u32");
    refused("scan", "a.u32.zst", "1234", "cannot be unpacked");
    refused("hello", "a.u32", "1234", "takes no reference string");
}
