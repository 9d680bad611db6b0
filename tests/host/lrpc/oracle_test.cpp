// tests/host/lrpc/oracle_test.cpp - what generated code writes and reads, against libcapnp.

#include <catch2/catch.hpp>

#include "tests/host/lrpc/messages.hpp"
#include "tests/host/lrpc/oracle/oracle.hpp"
#include "tests/host/lrpc/schemas/everything.lrpc.hpp"
#include "tests/host/lrpc/values.hpp"

using namespace lrpc_test;

namespace {

const Oracle& oracle() {
    static const Oracle made{"tests/host/lrpc/schemas/everything.capnp"};
    return made;
}

// Both logs, where they begin to differ; for the message of a failure.
template <class T>
std::string difference(const std::string& type, const T& value,
                       const std::vector<std::uint64_t>& words) {
    std::string ours, theirs;
    (void)digest_of(value, &ours);
    (void)oracle().read(type, words, &theirs);
    std::size_t i = 0;
    while (i < ours.size() && i < theirs.size() && ours[i] == theirs[i])
        ++i;
    const std::size_t from = i < 200 ? 0 : i - 200;
    return "generated:\n" + ours.substr(from, 300) + "\nlibcapnp:\n" + theirs.substr(from, 300);
}

template <class T> void write_and_compare(const std::string& type, std::uint64_t seed) {
    Values values{seed};
    T value{};
    values.draw(value);
    const auto words = message_of(value);
    const auto read = oracle().read(type, words);
    if (read != digest_of(value))
        FAIL(type << ", seed " << seed << "\n" << difference(type, value, words));
}

template <class T> void read_and_compare(const std::string& type, std::uint64_t seed) {
    const auto words = oracle().write(type, seed);
    const Received<T> received{words};
    if (received.error != lrpc::WireError::none ||
        oracle().read(type, words) != digest_of(received.value))
        FAIL(type << ", seed " << seed << ": " << lrpc::name_of(received.error) << "\n"
                  << difference(type, received.value, words));
}

template <class T> void compare(const std::string& type, std::uint64_t seed) {
    write_and_compare<T>(type, seed);
    read_and_compare<T>(type, seed);
}

} // namespace

TEST_CASE("libcapnp reads what generated code writes, and the reverse", "[lrpc]") {
    const std::uint64_t count = messages(10'000);
    for (std::uint64_t seed = 0; seed < count; ++seed) {
        switch (seed % 8) {
        case 0:
            compare<Everything>("Everything", seed);
            break;
        case 1:
        case 2:
            compare<Lists>("Lists", seed);
            break;
        case 3:
            compare<Tree>("Tree", seed);
            break;
        case 4:
        case 5:
            compare<Strings>("Strings", seed);
            break;
        default:
            compare<Numbers>("Numbers", seed);
        }
    }
}

TEST_CASE("a struct without fields is no words, and libcapnp's is understood", "[lrpc]") {
    CHECK(message_of(Nothing{}).empty());
    CHECK(Received<Nothing>{oracle().write("Nothing", 1)}.error == lrpc::WireError::none);
}

TEST_CASE("a message of no words, or with a null root, has every default", "[lrpc]") {
    const auto fresh = digest_of(Everything{});
    for (const auto& words : {std::vector<std::uint64_t>{}, std::vector<std::uint64_t>{0}}) {
        const Received<Everything> received{words};
        CHECK(received.error == lrpc::WireError::none);
        CHECK(digest_of(received.value) == fresh);
        const Received<Numbers> numbers{words};
        CHECK(digest_of(numbers.value) == digest_of(Numbers{}));
    }
    CHECK(oracle().read("Everything", {0}) == fresh);
}
