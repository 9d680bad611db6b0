// tests/host/benchmark/reading_test.cpp - what the profiler and the compiler wrote is read whole or
// refused.

#include <catch2/catch.hpp>
#include <filesystem>
#include <string>

#include "tools/benchmark/profile.hpp"
#include "tools/benchmark/symbols.hpp"
#include "tools/command/disk_image.hpp"

namespace {

namespace fs = std::filesystem;
using profiler::Counter;

class TemporaryFile {
public:
    explicit TemporaryFile(const std::string& content)
        : path_{fs::temp_directory_path() / "faultline-bench-test"} {
        REQUIRE(command::write_whole(path_, content));
    }
    ~TemporaryFile() { fs::remove(path_); }
    const fs::path& path() const { return path_; }

private:
    fs::path path_;
};

constexpr const char* whole =
    "name,passes,statistic,kernel,user,syscall,sysret,iret,exception,interrupt,cr3,invlpg,hlt,"
    "port,watched,application,disk_kernel,disk_user\n"
    "a,7,best,18,3,1,1,0,0,0,0,2,0,0,0,0,0,0\n"
    "a,7,most,19,3,1,1,0,0,0,0,2,0,0,0,0,0,0\n"
    "*,1,sum,1000,500,9,9,0,0,0,0,0,0,0,5,40,30,20\n"
    "longest,300,ffffffff80000000,ffffffff80000010,ffffffff80000020\n";

} // namespace

TEST_CASE("a profile is read as it was written", "[bench]") {
    const TemporaryFile file{whole};
    const auto profile = benchmark::read_profile(file.path());
    REQUIRE(profile);
    REQUIRE(profile->regions.size() == 1);
    const benchmark::RegionProfile& region = profile->regions.at("a");
    CHECK(region.passes == 7);
    CHECK(region.best[Counter::kernel] == 18);
    CHECK(region.best[Counter::invlpg] == 2);
    CHECK(region.most[Counter::kernel] == 19);
    CHECK(profile->all[Counter::watched] == 5);
    CHECK(profile->all[Counter::disk_user] == 20);
    CHECK(profile->longest.length == 300);
    CHECK(profile->longest.inside == 0xffffffff80000010);
}

TEST_CASE("a profile that stops early or has foreign lines is refused", "[bench]") {
    const std::string text{whole};
    const TemporaryFile cut{text.substr(0, text.find("longest"))};
    CHECK_FALSE(benchmark::read_profile(cut.path()));
    const TemporaryFile foreign{text.substr(0, text.find("longest")) + "b,1,best,1\n"};
    CHECK_FALSE(benchmark::read_profile(foreign.path()));
    CHECK_FALSE(benchmark::read_profile("/nonexistent/profile.csv"));
}

TEST_CASE("the symbols of a program are found, and half a program is refused", "[bench]") {
    const auto own = benchmark::symbols_of("/proc/self/exe");
    REQUIRE(own);
    CHECK(own->contains("main"));
    const auto content = command::read_whole("/proc/self/exe");
    REQUIRE(content);
    const TemporaryFile half{content->substr(0, content->size() / 2)};
    CHECK_FALSE(benchmark::symbols_of(half.path()));
    const TemporaryFile text{"no program"};
    CHECK_FALSE(benchmark::symbols_of(text.path()));
}
