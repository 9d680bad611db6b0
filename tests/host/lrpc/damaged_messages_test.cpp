// tests/host/lrpc/damaged_messages_test.cpp - random damage to messages that were good.

#include <catch2/catch.hpp>
#include <map>

#include "tests/host/lrpc/messages.hpp"
#include "tests/host/lrpc/oracle/oracle.hpp"
#include "tests/host/lrpc/schemas/echo.lrpc.hpp"
#include "tests/host/lrpc/values.hpp"

using namespace lrpc_test;
using lrpc::ElementSize;
using lrpc::list_pointer;
using lrpc::struct_pointer;
using lrpc::WireError;

namespace {

using Words = std::vector<std::uint64_t>;

// One word or bit or the length is changed, once or a few times.
void mutate(Words& words, bindings::Random& random) {
    for (std::uint64_t times = 1 + random.below(3); times != 0 && !words.empty(); --times) {
        std::uint64_t& word = words[random.below(words.size())];
        const std::uint64_t any = random.next();
        switch (random.below(8)) {
        case 0:
            word = any;
            break;
        case 1:
            word ^= 1ull << random.below(64);
            break;
        case 2:
            word = words[random.below(words.size())];
            break;
        case 3: // other offsets
            word = (word & ~0xffff'fffcull) | (any & 0x3c);
            break;
        case 4: // other sizes
            word = (word & 0xffff'ffff) | (any % 70) << 32;
            break;
        case 5:
            word = struct_pointer(any % 16 - 2, any >> 8 & 3, any >> 16 & 3);
            break;
        case 6:
            word = list_pointer(any % 16 - 2, static_cast<ElementSize>(any >> 8 & 7),
                                any >> 16 & 0x1f);
            break;
        default:
            words.resize(random.below(words.size()) + 1);
        }
    }
}

const Oracle& oracle() {
    static const Oracle made{"tests/host/lrpc/schemas/everything.capnp"};
    return made;
}

struct Seen {
    std::uint64_t accepted = 0, refused = 0;
};

// Of each type a hundred messages are damaged; libcapnp takes longer to write them than all else.
const Words& undamaged(const std::string& type, std::uint64_t seed) {
    static std::map<std::pair<std::string, std::uint64_t>, Words> written;
    Words& words = written[{type, seed % 100}];
    if (words.empty())
        words = oracle().write(type, seed % 100);
    return words;
}

template <class T> void try_mutation(const std::string& type, std::uint64_t seed, Seen& seen) {
    bindings::Random random{seed};
    Words words = undamaged(type, seed / 4);
    mutate(words, random);
    const Received<T> received{words};
    if (received.error != WireError::none) {
        ++seen.refused;
        return;
    }
    ++seen.accepted;
    const std::uint64_t ours = digest_of(received.value); // all of it is looked at
    const auto theirs = oracle().read(type, words);
    if (theirs && *theirs != ours)
        FAIL(type << ", seed " << seed << ": both accept, and read different values");
}

} // namespace

TEST_CASE("200,000 damaged messages are refused or read, and never beyond", "[lrpc]") {
    const std::uint64_t count = 200'000;
    Seen seen;
    for (std::uint64_t seed = 0; seed < count; ++seed) {
        switch (seed % 4) {
        case 0:
            try_mutation<Tree>("Tree", seed, seen);
            break;
        case 1:
            try_mutation<Strings>("Strings", seed, seen);
            break;
        case 2:
            try_mutation<Lists>("Lists", seed, seen);
            break;
        default:
            try_mutation<Numbers>("Numbers", seed, seen);
        }
    }
    INFO(seen.accepted << " accepted, " << seen.refused << " refused");

    CHECK(seen.accepted > count / 20);
    CHECK(seen.refused > count / 20);
}

TEST_CASE("damaged messages with references are refused or read, and never beyond", "[lrpc]") {
    Seen seen;
    for (std::uint64_t seed = 0; seed < 50'000; ++seed) {
        bindings::Random random{seed};
        Values values{seed % 500};
        StoreChecksumParameters sent;
        values.draw(sent);
        Words words = message_of(sent);
        mutate(words, random);
        words.shrink_to_fit();
        const std::unique_ptr<std::uint64_t[]> shared{new std::uint64_t[words.size()]};
        std::copy(words.begin(), words.end(), shared.get());
        const std::unique_ptr<std::byte[]> copy{new std::byte[8 * words.size()]};
        StoreChecksumParametersReceived got;
        if (lrpc::receive(lrpc::SharedWords{shared.get(), words.size(), words.size()},
                          lrpc::CopySpace{copy.get(), words.size()}, got) != WireError::none) {
            ++seen.refused;
            continue;
        }
        ++seen.accepted;
        std::uint64_t sum = digest_of(got.note);
        for (std::size_t i = 0; i < got.bytes.size(); ++i)
            sum += got.bytes.load(i);
        for (std::size_t i = 0; i < got.label.size(); ++i)
            sum += got.label.load(i);
        CHECK_FALSE(sum == 1); // used
    }
    CHECK(seen.accepted > 2'000);
    CHECK(seen.refused > 2'000);
}
