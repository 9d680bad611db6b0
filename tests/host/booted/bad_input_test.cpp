// tests/host/booted/bad_input_test.cpp - damaged archives, too few frames, failing disks: a clear
// error, and nothing lost.

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstring>
#include <map>
#include <set>

#include "bindings/abi/boot_image.hpp"
#include "bindings/abi/io_ring.hpp"
#include "tests/host/booted/guest.hpp"
#include "tools/command/boot_image.hpp"
#include "tools/recording_file/recording.hpp"

using booted::boot;
using booted::Guest;
using command_test::content_of;
using command_test::Scratch;

namespace {

// Boots hello from `archive`: the exokernel must refuse it with a reason.
void refused(const std::string& archive, const std::string& reason) {
    const Scratch scratch;
    const auto file = scratch.file("archive.tar", archive);
    const Guest guest = boot(scratch, "run", {"hello", "--archive", file.string()});
    CAPTURE(guest.ran.errors);
    CHECK(guest.ran.code == 4);
    CHECK(guest.text("outcome") == "boot_error");
    CHECK_THAT(guest.ran.errors, Catch::Contains(reason));
}

constexpr std::size_t block = abi::block_size;

struct Writes {
    std::set<std::uint64_t> written; // blocks whose writing completed without an error
    std::set<std::uint64_t> failed;
};

// What became of the writes of a recorded run.
Writes writes_of(const std::filesystem::path& recording) {
    std::string error;
    const auto loaded = recording::load(recording.string(), error);
    CAPTURE(error);
    REQUIRE(loaded.has_value());
    Writes writes;
    std::map<std::uint64_t, std::uint64_t> in_flight; // request -> block
    for (const recording::Event& event : loaded->events) {
        const auto& words = event.payload;
        if (event.kind == static_cast<std::uint16_t>(abi::Event::io_submitted) &&
            words[1] == static_cast<std::uint64_t>(abi::IoOperation::write))
            in_flight[words[0]] = words[2];
        if (event.kind == static_cast<std::uint16_t>(abi::Event::io_completed)) {
            const auto found = in_flight.find(words[0]);
            if (found == in_flight.end())
                continue; // a read
            (words[1] == 0 ? writes.written : writes.failed).insert(found->second);
            in_flight.erase(found);
        }
    }
    CHECK(in_flight.empty());
    return writes;
}

} // namespace

TEST_CASE("a damaged archive is refused with a reason", "[booted]") {
    const std::string hello = command::loadable_part(content_of(FAULTLINE_BUILD "/apps/hello"));
    const std::string good =
        *command::bootable_archive("app=hello\nrecord=1\n", {{"hello", hello}});
    std::string damaged = good;
    damaged[abi::boot_image_offset] = 'x';
    refused(damaged, "the member `boot`");
    refused(*command::ustar({{"readme", std::string(600, 'x')}}), "the member `boot`");
    refused(good.substr(0, 700), "a part of it");
    refused(good.substr(0, good.size() - 4096), "a part of it"); // pages that are not there
    constexpr std::size_t first_page = abi::boot_image_offset + sizeof(abi::BootImage);
    // Where there is no PE page, the entry of a page is taken, or there is no table.
    const auto with = [&](abi::PageUse use, void (*change)(abi::BootPage&)) {
        std::string other = good;
        for (std::size_t at = first_page;; at += sizeof(abi::BootPage)) {
            abi::BootPage page;
            std::memcpy(&page, other.data() + at, sizeof page);
            if (page.use != use)
                continue;
            change(page);
            std::memcpy(other.data() + at, &page, sizeof page);
            return other;
        }
    };
    using abi::PageUse;
    refused(with(PageUse::pe, [](auto& page) { page.offset = ~std::uint64_t{0} - 8; }),
            "a part of it");
    refused(with(PageUse::pe, [](auto& page) { page.use = PageUse::memory; }), "no PE page");
    refused(with(PageUse::system, [](auto& page) { page.use = PageUse::table; }),
            "no page table of such a level");
    refused(with(PageUse::table, [](auto& page) { page.use = PageUse::memory; }), "share a page");
}

TEST_CASE("a damaged line of the manifest is named, and what it should be", "[booted]") {
    const std::string program = command::loadable_part(content_of(FAULTLINE_BUILD "/apps/wc"));
    const std::pair<const char*, const char*> cases[] = {
        {"frames=xyz", "line 3 of the manifest is `frames=xyz`; it must be frames=N"},
        {"seed=q", "`seed=q`; it must be seed=N, a number"},
        {"a garbage line", "`a garbage line`; it must be key=value"},
        {"file=README.md x y", "it must be file=NAME FIRST LENGTH"},
        {"file=README.md 0 2000000",
         "names README.md, 2000000 bytes from block 0 on, but the disk has 256 blocks"}};
    for (const auto& [line, message] : cases) {
        const Scratch scratch;
        const std::string manifest = std::string("app=wc\nrecord=1\n") + line + "\n";
        const auto archive =
            scratch.file("archive.tar", *command::bootable_archive(manifest, {{"wc", program}}));
        const auto text = scratch.file("text", "a page\n");
        const Guest guest =
            boot(scratch, "run", {"wc", "--file", text.string(), "--archive", archive.string()});
        CAPTURE(line, guest.ran.errors);
        CHECK(guest.ran.code == 6);
        CHECK_THAT(guest.ran.errors, Catch::Contains(message));
    }
}

TEST_CASE("fewer frames than the libOS needs: it says how many, and so many do", "[booted]") {
    const Scratch scratch;
    std::vector<std::string> words{"scan",      "--frames", "8",       "--",
                                   "--threads", "8",        "--pages", "100"};
    const Guest guest = boot(scratch, "run", words);
    CAPTURE(guest.ran.errors);
    CHECK(guest.ran.code == 6);
    const std::string option = "--frames ";
    const std::size_t at = guest.ran.errors.find(option);
    REQUIRE(at != std::string::npos);
    words[2] = std::to_string(std::stoul(guest.ran.errors.substr(at + option.size())));
    CHECK(boot(scratch, "again", words).ran.code == 0);
    words[2] = std::to_string(std::stoul(words[2]) - 1); // and no fewer
    CHECK(boot(scratch, "fewer", words).ran.code == 6);
}

TEST_CASE("a disk read that fails ends the app with io_error", "[booted]") {
    const Scratch scratch;
    const auto file = scratch.file("text", booted::noise(40000, 1));
    const auto faults = scratch.file("blkdebug", "[inject-error]\nevent = \"read_aio\"\nsector = "
                                                 "\"24\"\nonce = \"off\"\nerrno = \"5\"\n");
    const Guest guest =
        boot(scratch, "run", {"wc", "--file", file.string(), "--blkdebug", faults.string()});
    CAPTURE(guest.ran.errors, guest.ran.output);
    CHECK(guest.ran.code == 6);
    CHECK_THAT(guest.ran.errors, Catch::Contains("io_error"));
    CHECK(command_test::exo({"verify", guest.run.string()}).code == 0);
}

TEST_CASE("a disk write that fails ends the app, and what was written stays", "[booted]") {
    const Scratch scratch;
    const std::string text = booted::noise(16 * block, 3);
    const auto file = scratch.file("pages", text);
    const auto faults = scratch.file("blkdebug", "[inject-error]\nevent = \"write_aio\"\nsector = "
                                                 "\"40\"\nonce = \"off\"\nerrno = \"5\"\n");
    // Each page is written once: its first word grows by one.
    const Guest guest = boot(scratch, "run",
                             {"scan", "--file", file.string(), "--frames", "6", "--policy", "fifo",
                              "--blkdebug", faults.string(), "--", "--write"});
    CAPTURE(guest.ran.errors, guest.ran.output);
    CHECK(guest.ran.code == 6);
    CHECK_THAT(guest.ran.errors, Catch::Contains("io_error"));
    CHECK(content_of(file) == text);

    const std::string disk = content_of(guest.run / "disk.img");
    const auto [written, failed] = writes_of(guest.run / "run.faultline");
    CHECK(failed == std::set<std::uint64_t>{40 / 8});
    CHECK(written.size() >= 5); // what was dirty before, and what stayed in the pool
    for (const std::uint64_t number : written) {
        CAPTURE(number);
        std::string expected = text.substr(number * block, block);
        std::uint64_t word = 0;
        std::memcpy(&word, expected.data(), sizeof(word));
        ++word;
        std::memcpy(expected.data(), &word, sizeof(word));
        CHECK((disk.substr(number * block, block) == expected));
    }
    for (std::uint64_t number = 0; number < 16; ++number)
        if (!written.contains(number)) // never written, or refused by the disk
            CHECK((disk.substr(number * block, block) == text.substr(number * block, block)));
}

TEST_CASE("a disk write that fails at the end of a run is the run's error; the others are there",
          "[booted]") {
    const Scratch scratch;
    const std::string text = booted::noise(16 * block, 4);
    const auto file = scratch.file("pages", text);
    const auto faults = scratch.file(
        "blkdebug",
        "[inject-error]\nevent = \"none\"\niotype = \"write\"\nsector = \"40\"\nerrno = \"5\"\n");
    // Every page has its frame: nothing is written before the end.
    const Guest guest = boot(scratch, "run",
                             {"sort", "--file", file.string(), "--frames", "64", "--blkdebug",
                              faults.string(), "--", "--record-size", "64"});
    CAPTURE(guest.ran.errors, guest.ran.output);
    CHECK(guest.ran.code == 6);
    CHECK_THAT(guest.ran.errors, Catch::Contains("sort ended with status 11, io_error"));
    CHECK_THAT(content_of(guest.run / "console.log"),
               Catch::Contains("libos: 1 page could not be written back: io_error"));
    const auto [written, failed] = writes_of(guest.run / "run.faultline");
    CHECK(failed == std::set<std::uint64_t>{40 / 8});
    CHECK(written.size() == 15);

    std::vector<std::string> records;
    for (std::size_t at = 0; at != text.size(); at += 64)
        records.push_back(text.substr(at, 64));
    std::ranges::sort(records, [](const std::string& a, const std::string& b) {
        return std::memcmp(a.data(), b.data(), 64) < 0;
    });
    std::string expected;
    for (const std::string& each : records)
        expected += each;
    expected.replace(5 * block, block, text, 5 * block, block); // as it was
    CHECK((content_of(guest.run / "disk.img").substr(0, text.size()) == expected));
}

TEST_CASE("--until fault:N ends the run after the Nth fault", "[booted]") {
    const Scratch scratch;
    const auto file = scratch.file("text", booted::noise(80000, 1));
    const Guest guest = boot(scratch, "run", {"wc", "--file", file.string(), "--until", "fault:7"});
    CHECK(guest.ran.code == 0);
    CHECK(guest.number("faults") == 7);
    const Guest other =
        boot(scratch, "run", {"wc", "--file", file.string(), "--until", "fault:99"});
    CHECK(other.ran.code == 0);
    CHECK_THAT(other.ran.errors, Catch::Contains("--until fault:99 was not reached") &&
                                     Catch::Contains("after 20 faults"));
}

TEST_CASE("an argument that an application does not know is refused", "[booted]") {
    const Scratch scratch;
    const auto file = scratch.file("records", std::string(4096, 'x'));
    const std::pair<std::vector<std::string>, std::string> wrong[] = {
        {{"sort", "--file", file.string(), "--", "--recordsize", "2"},
         "sort: there is no argument `--recordsize`; there is --record-size N"},
        {{"sort", "--file", file.string(), "--", "--record-size", "2", "4"},
         "sort: there is no argument `4`"},
        {{"wc", "--file", file.string(), "--", "extra-that-is-no-file"},
         "wc: there is no argument `extra-that-is-no-file`; name the files to count with"},
        {{"scan", "--", "--page", "3"}, "scan: there is no option --page"},
        {{"pair", "--", "wc"}, "pair: there is no argument `wc`"}};
    for (const auto& [words, said] : wrong) {
        const Guest guest = boot(scratch, "run", words);
        CAPTURE(guest.ran.errors);
        CHECK(guest.ran.code == 6);
        CHECK_THAT(guest.ran.errors, Catch::Contains(said));
        std::filesystem::remove_all(guest.run);
    }
}

TEST_CASE("a scan of no page is refused", "[booted]") {
    const Scratch scratch;
    const Guest guest = boot(scratch, "run", {"scan", "--", "--pages", "0"});
    CHECK(guest.ran.code == 6);
    CHECK_THAT(guest.ran.errors, Catch::Contains("--pages must be a number from 1 to"));
}

TEST_CASE("a recording region that is too small ends the run and names the option", "[booted]") {
    const Scratch scratch;
    const Guest guest = boot(
        scratch, "run",
        {"scan", "--region", "1M", "--frames", "32", "--", "--pages", "2048", "--passes", "2"});
    CHECK(guest.ran.code == 4);
    CHECK_THAT(guest.ran.errors, Catch::Contains("--region 2M"));
}

TEST_CASE("a disk that the exokernel cannot use is said, with the reason", "[booted]") {
    const Scratch scratch;
    const Guest guest =
        boot(scratch, "disk",
             {"hello", "--file", scratch.file("text", "a page\n").string(), "--qemu-option",
              "-global", "--qemu-option", "virtio-blk-pci.iommu_platform=on"});
    CHECK(guest.ran.code == 6);
    CHECK_THAT(content_of(guest.run / "console.log"),
               Catch::Contains("exokernel: no disk: the virtio device refused the features; it may "
                               "demand an IOMMU"));
}
