// tests/host/environment/archive_test.cpp - a libOS reads the archive that the tools write, and is
// not led astray by a damaged one.

#include <catch2/catch.hpp>
#include <string>

#include "bindings/abi/ustar.hpp"
#include "tools/command/ustar.hpp"

namespace {

std::string written() {
    return *command::ustar({{"manifest", "app=a\n"}, {"a", std::string(700, 'x')}, {"b", "yes"}});
}

std::string found(const std::string& archive, std::string_view name) {
    const auto member = abi::find_member(archive, name);
    return member ? std::string(member->begin(), member->end())
                  : std::string("error: ") + abi::name_of(member.error());
}

} // namespace

TEST_CASE("a libOS finds every member of an archive by its name", "[environment][archive]") {
    const std::string archive = written();
    CHECK(found(archive, "manifest") == "app=a\n");
    CHECK(found(archive, "a") == std::string(700, 'x'));
    CHECK(found(archive, "b") == "yes");
    CHECK(found(archive, "c") == "error: not_present");
    CHECK(found("", "a") == "error: not_present");
}

TEST_CASE("an archive that is cut short or altered gives an error, and no bytes beyond its end",
          "[environment][archive]") {
    const std::string archive = written();
    // The member `a` begins at 1536, its header at 1024.
    CHECK(found(archive.substr(0, 2000), "a") == "error: invalid_argument");
    CHECK(found(archive.substr(0, 1000), "a") == "error: not_present");
    std::string altered = archive;
    altered[1024 + 257] = 'X'; // the mark
    CHECK(found(altered, "a") == "error: invalid_argument");
    CHECK(found(altered, "manifest") == "app=a\n");
    altered = archive;
    altered[1024 + 124] = '9'; // no octal digit
    CHECK(found(altered, "a") == "error: invalid_argument");
    altered = archive;
    altered.replace(1024 + 124, 11, "77777777777");
    CHECK(found(altered, "a") == "error: invalid_argument");
    CHECK(found(altered, "b") == "error: invalid_argument");
}
