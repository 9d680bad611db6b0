// tests/host/lrpc/accesses_test.cpp - what the machine code loads and stores in shared memory.

#include <algorithm>
#include <catch2/catch.hpp>

#include "tests/host/lrpc/messages.hpp"
#include "tests/host/lrpc/schemas/echo.lrpc.hpp"
#include "tests/host/lrpc/values.hpp"
#include "tests/host/lrpc/watched_memory.hpp"

using namespace lrpc_test;

namespace {

// Whether the first `count` are all `each`, and none of the others is not 0.
bool are(const std::vector<unsigned>& counts, std::size_t count, unsigned each) {
    const auto end = counts.begin() + static_cast<std::ptrdiff_t>(count);
    return std::all_of(counts.begin(), end, [&](unsigned n) { return n == each; }) &&
           std::all_of(end, counts.end(), [](unsigned n) { return n == 0; });
}
unsigned most(const std::vector<unsigned>& counts) {
    return *std::max_element(counts.begin(), counts.end());
}

template <class T> void store_watched(const T& value) {
    WatchedMemory memory;
    const std::size_t words = lrpc::message_words(value);
    REQUIRE(words <= WatchedMemory::bytes / 8);
    memory.watch([&] { lrpc::store_message(memory.words(), value); });
    CHECK(are(memory.stores, words, 1));
    CHECK(are(memory.loads, words, 0));
}

template <class T> void receive_watched(const std::vector<std::uint64_t>& words, bool all) {
    WatchedMemory memory;
    memory.fill(words);
    std::vector<std::byte> copy(8 * words.size());
    T value{};
    memory.watch([&] {
        (void)lrpc::receive(lrpc::SharedWords{memory.words(), words.size(), words.size()},
                            lrpc::CopySpace{copy.data(), words.size()}, value);
        (void)digest_of(value);
    });
    CHECK(most(memory.stores) == 0);
    CHECK(most(memory.loads) <= 1);
    if (all)
        CHECK(are(memory.loads, words.size(), 1));
}

struct Serving {
    CounterAddResults add(std::uint64_t n) { return {n + n}; }
    CounterAddInRegistersResults add_in_registers(std::uint64_t n, bool) { return {n}; }
    void reset() {}
    CounterCurrentResults current() { return {}; }
};

} // namespace

TEST_CASE("a message is stored word by word, each once, and nothing is loaded", "[lrpc]") {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        Values values{seed};
        Everything everything;
        values.draw(everything);
        store_watched(everything);
        store_watched(everything.numbers);
        store_watched(everything.strings);
    }
    const std::string text(333, 'x');
    for (std::size_t size = 0; size < text.size(); size += 1 + size / 9)
        store_watched(Strings{.text = std::string_view{text}.substr(0, size),
                              .data = std::as_bytes(std::span{text}).first(size)});
}

TEST_CASE("a message is loaded word by word, each once, and nothing is stored", "[lrpc]") {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        Values values{seed};
        Everything everything;
        values.draw(everything);
        receive_watched<Everything>(message_of(everything), true);
        receive_watched<Numbers>(message_of(everything.numbers), true);
        receive_watched<Strings>(message_of(everything.strings), true);
    }
}

TEST_CASE("of a message of another layout, or a damaged one, no word is loaded twice", "[lrpc]") {
    using lrpc::struct_pointer;
    receive_watched<Small>({struct_pointer(0, 3, 1), 7, 1, 2, 3}, false);
    receive_watched<Small>({struct_pointer(2, 1, 0), 1, 2, 9}, false);
    receive_watched<Strings>({struct_pointer(0, 1, 5), 0, 0, 0, 0, 0, 0}, false);
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        bindings::Random random{seed};
        Values values{seed};
        Strings strings;
        values.draw(strings);
        auto words = message_of(strings);
        words[random.below(std::min<std::size_t>(words.size(), 5))] ^= 1ull << random.below(64);
        receive_watched<Strings>(words, false);
        auto other = message_of(Numbers{});
        other[0] ^= 1ull << random.below(64);
        receive_watched<Numbers>(other, false);
    }
}

TEST_CASE("of what is passed by reference only the end of a Text is looked at", "[lrpc]") {
    StoreChecksumParameters sent;
    const std::string text(100, 'x');
    sent.note = "a note that is copied";
    sent.bytes = std::as_bytes(std::span{text});
    sent.label = text;
    const auto words = message_of(sent);
    WatchedMemory memory;
    memory.fill(words);
    std::vector<std::byte> copy(8 * words.size());
    StoreChecksumParametersReceived got;
    memory.watch([&] {
        CHECK(lrpc::receive(lrpc::SharedWords{memory.words(), words.size(), words.size()},
                            lrpc::CopySpace{copy.data(), words.size()},
                            got) == lrpc::WireError::none);
    });
    CHECK(most(memory.stores) == 0);
    const std::size_t copied = 1 + 1 + 3 + 3;
    std::vector<unsigned> expected(memory.loads.size(), 0);
    std::fill_n(expected.begin(), copied, 1u);
    expected[words.size() - 1] = 1; // the word that ends the label
    CHECK(memory.loads == expected);
    // An implementation's look is one load, and it sees what is there now.
    memory.words()[copied] = 'y';
    memory.watch([&] { CHECK(got.bytes.load(0) == 'y'); });
    CHECK(memory.loads[copied] == 1);
    std::byte first[8];
    memory.watch([&] { CHECK(got.bytes.copy(first) == 8); });
    CHECK(memory.loads[copied] == 8);
}

TEST_CASE("a call without pointers is two words in and two out", "[lrpc]") {
    WatchedMemory memory;
    Serving serving;
    const auto words = message_of(CounterAddParameters{21});
    memory.fill(words);
    lrpc::Served served;
    memory.watch([&] {
        served =
            CounterServer<Serving>::serve_add(serving, memory.words(), 2, 64, memory.words(), 64);
    });
    CHECK(*served == 2);
    CHECK(memory.words()[1] == 42);
    CHECK(are(memory.loads, 2, 1));
    CHECK(are(memory.stores, 2, 1));
    memory.watch([&] {
        served = CounterServer<Serving>::serve_reset(serving, memory.words(), 64, 64,
                                                     memory.words(), 64);
    });
    CHECK(*served == 0);
    CHECK(are(memory.loads, 0, 0));
    CHECK(are(memory.stores, 0, 0));
}
