// tests/host/lrpc/attack_test.cpp - messages of peers that mean harm.

#include <catch2/catch.hpp>

#include "tests/host/lrpc/messages.hpp"
#include "tests/host/lrpc/schemas/echo.lrpc.hpp"
#include "tests/host/lrpc/values.hpp"

using namespace lrpc_test;
using lrpc::ElementSize;
using lrpc::list_pointer;
using lrpc::struct_pointer;
using lrpc::WireError;

namespace {

using Words = std::vector<std::uint64_t>;

template <class T> std::string received(const Words& words) {
    return lrpc::name_of(Received<T>{words}.error);
}

// A Strings whose `text` is this pointer.
Words text_is(std::uint64_t pointer, std::initializer_list<std::uint64_t> behind = {}) {
    Words words{struct_pointer(0, 0, 4), pointer, 0, 0, 0};
    words.insert(words.end(), behind);
    return words;
}

} // namespace

TEST_CASE("each way in which a message is wrong has its name", "[lrpc]") {
    CHECK(received<Strings>(text_is(list_pointer(3, ElementSize::byte, 3), {0x00'6968})) == "none");
    CHECK(received<Strings>(text_is(list_pointer(3, ElementSize::byte, 2), {0x00'6968})) ==
          "text_not_terminated");
    CHECK(received<Strings>(text_is(list_pointer(3, ElementSize::byte, 0))) ==
          "text_not_terminated");
    CHECK(received<Strings>(text_is(list_pointer(3, ElementSize::byte, 9), {0})) ==
          "out_of_bounds");
    CHECK(received<Strings>(text_is(list_pointer(4, ElementSize::byte, 1), {0})) ==
          "out_of_bounds");
    CHECK(received<Strings>(text_is(list_pointer(-3ull, ElementSize::byte, 1), {0})) ==
          "out_of_bounds");
    CHECK(received<Strings>(text_is(list_pointer(3, ElementSize::byte, (1u << 29) - 1), {0})) ==
          "out_of_bounds");
    CHECK(received<Strings>(text_is(list_pointer(3, ElementSize::two_bytes, 1), {0})) ==
          "wrong_element_size");
    CHECK(received<Strings>(text_is(struct_pointer(3, 0, 0))) == "wrong_pointer_kind");
    CHECK(received<Strings>(text_is(2)) == "far_pointer");
    CHECK(received<Strings>(text_is(3)) == "capability_pointer");
    for (const std::uint64_t root : {2ull, 1ull, 3ull}) {
        const std::string name = root == 2   ? "far_pointer"
                                 : root == 3 ? "capability_pointer"
                                             : "wrong_pointer_kind";
        CHECK(received<Strings>({root, 0}) == name);
        CHECK(received<Small>({root, 0}) == name);
    }
    CHECK(received<Small>({struct_pointer(0, 1, 0)}) == "out_of_bounds");
    CHECK(received<Small>({struct_pointer(1, 1, 0), 0}) == "out_of_bounds");
    CHECK(received<Small>({struct_pointer(-2ull, 1, 0), 0}) == "out_of_bounds");
    CHECK(received<Strings>({struct_pointer(0, 0, 4), 0, 0, 0}) == "out_of_bounds");
}

TEST_CASE("more words than there are, or than are copied, are refused unread", "[lrpc]") {
    const Words words{struct_pointer(0, 0, 4), 0, 0, 0, 0};
    std::byte copy[8 * 5];
    Strings strings;
    CHECK(lrpc::receive(lrpc::SharedWords{words.data(), 6, 5}, lrpc::CopySpace{copy, 8}, strings) ==
          WireError::too_large);
    CHECK(lrpc::receive(lrpc::SharedWords{words.data(), 5, 5}, lrpc::CopySpace{copy, 4}, strings) ==
          WireError::too_large);
    CHECK(lrpc::receive(lrpc::SharedWords{words.data(), 5, 5}, lrpc::CopySpace{copy, 5}, strings) ==
          WireError::none);
    Small small;
    CHECK(lrpc::receive(lrpc::SharedWords{words.data(), 6, 5}, {}, small) == WireError::too_large);
}

TEST_CASE("senders with an older or newer schema are understood", "[lrpc]") {
    // Older: no data yet. Newer: more data and pointers than are known here. Elsewhere.
    CHECK(Received<Small>{{struct_pointer(0, 0, 1), 0}}.value.x == 0);
    CHECK(Received<Small>{{struct_pointer(0, 3, 1), 0xdead'0007, 1, 2, 3}}.value.x == 7);
    CHECK(Received<Small>{{struct_pointer(2, 1, 0), 1, 2, 9}}.value.x == 9);
    const Received<Numbers> older{{struct_pointer(0, 1, 0), 0}};
    CHECK(older.error == WireError::none);
    CHECK(digest_of(older.value) == digest_of(Numbers{}));
    const Received<Strings> newer{{struct_pointer(0, 1, 5), 0, 0, 0, 0, 0, ~0ull}};
    CHECK(newer.error == WireError::none);
    CHECK(newer.value.greeting == Strings{}.greeting);
    const Received<Strings> fewer{
        {struct_pointer(0, 0, 1), list_pointer(0, ElementSize::byte, 2), 'x'}};
    CHECK(fewer.error == WireError::none);
    CHECK(fewer.value.text == "x");
    CHECK(fewer.value.greeting == Strings{}.greeting);
}

TEST_CASE("list sizes do not overflow and do not amplify", "[lrpc]") {
    // A list of structs whose tag claims more elements than its words hold.
    const auto structs = [](std::uint64_t tag, std::uint64_t words) {
        Words message{struct_pointer(0, 0, 23)};
        message.resize(24);
        message[1 + 16] = list_pointer(6, ElementSize::composite, words);
        message.push_back(tag);
        message.resize(25 + words);
        return message;
    };
    CHECK(received<Lists>(structs(struct_pointer(2, 1, 0), 2)) == "none");
    CHECK(received<Lists>(structs(struct_pointer(3, 1, 0), 2)) == "list_overrun");
    CHECK(received<Lists>(structs(struct_pointer(0x3fff'ffff, 0xffff, 0xffff), 2)) ==
          "list_overrun");
    CHECK(received<Lists>(structs(struct_pointer(0x2000'0000, 0x8000, 0x8000), 2)) ==
          "list_overrun");
    CHECK(received<Lists>(structs(list_pointer(1, ElementSize::bit, 0), 2)) ==
          "wrong_pointer_kind");
    Words cut = structs(struct_pointer(2, 1, 0), 2);
    cut.pop_back();
    CHECK(received<Lists>(cut) == "out_of_bounds");
    // Elements without words: a handful is fine, a billion is not.
    CHECK(received<Lists>(structs(struct_pointer(100, 0, 0), 0)) == "none");
    CHECK(received<Lists>(structs(struct_pointer(0x3fff'ffff, 0, 0), 0)) == "traversal_limit");
    Words voids(24);
    voids[0] = struct_pointer(0, 0, 23);
    voids[1] = list_pointer(22, ElementSize::none, 1000);
    CHECK(received<Lists>(voids) == "none");
    voids[1] = list_pointer(22, ElementSize::none, (1u << 29) - 1);
    CHECK(received<Lists>(voids) == "traversal_limit");
}

TEST_CASE("many pointers to one object are bounded", "[lrpc]") {
    // `words`, a list of lists of texts: 200 pointers to one list of 200 pointers to one text.
    constexpr std::uint64_t count = 200;
    Words message{struct_pointer(0, 0, 23)};
    message.resize(24);
    message[1 + 20] = list_pointer(2, ElementSize::pointer, count);
    for (std::uint64_t i = 0; i < count; ++i)
        message.push_back(list_pointer(count - 1 - i, ElementSize::pointer, count));
    for (std::uint64_t i = 0; i < count; ++i)
        message.push_back(list_pointer(count - 1 - i, ElementSize::byte, 8));
    message.push_back(0);
    CHECK(received<Lists>(message) == "traversal_limit");
    // Two to one are legal: an object may be shared.
    message[24 + 2] = 0;
    for (std::uint64_t i = 2; i < count; ++i)
        message[24 + i] = 0;
    CHECK(received<Lists>(message) == "none");
}

TEST_CASE("nesting is bounded, for readers and for writers", "[lrpc]") {
    // A tree that is one chain, `depth` deep, and one that has itself for a child.
    const auto chain = [](unsigned depth) {
        Words message{struct_pointer(0, 1, 2)};
        for (unsigned i = 0; i < depth; ++i) {
            const Words node{0, 0, list_pointer(0, ElementSize::composite, 3),
                             struct_pointer(1, 1, 2)};
            message.insert(message.end(), node.begin(), node.end());
        }
        message.insert(message.end(), {0, 0, 0});
        return message;
    };
    CHECK(received<Tree>(chain(lrpc::deepest_nesting / 2)) == "none");
    CHECK(received<Tree>(chain(lrpc::deepest_nesting + 1)) == "too_deep");
    Words circle = chain(1);
    circle.resize(circle.size() - 1); // the child's list is its parent's
    circle.push_back(list_pointer(-4ull, ElementSize::composite, 3));
    CHECK(received<Tree>(circle) == "too_deep");

    std::vector<Tree> trees(lrpc::deepest_nesting + 2);
    for (std::size_t i = 1; i < trees.size(); ++i)
        trees[i].children = std::span<const Tree>{&trees[i - 1], 1};
    CHECK(lrpc::message_words(trees.back()) == lrpc::unwritable);
    CHECK(lrpc::message_words(trees[lrpc::deepest_nesting / 2]) < 200);
    Tree own; // a writer that has made a circle ends, too
    own.children = std::span<const Tree>{&own, 1};
    CHECK(lrpc::message_words(own) == lrpc::unwritable);
}

TEST_CASE("what is passed by reference must lie behind what is copied", "[lrpc]") {
    using Sent = StoreChecksumParameters;
    using Got = StoreChecksumParametersReceived;
    Sent sent;
    sent.note = "note";
    sent.label = "label";
    const std::byte bytes[20] = {std::byte{1}};
    sent.bytes = bytes;
    const Words words = message_of(sent);
    REQUIRE(words.size() == 1 + 1 + 3 + 1 + 3 + 1);
    std::byte copy[8 * 64];
    const auto receive = [&copy](const Words& message, std::size_t used) {
        Got got;
        const std::unique_ptr<std::uint64_t[]> exact{new std::uint64_t[used]};
        std::copy_n(message.begin(), used, exact.get());
        const auto error = lrpc::receive(lrpc::SharedWords{exact.get(), used, used},
                                         lrpc::CopySpace{copy, 64}, got);
        if (error == WireError::none)
            for (std::size_t i = 0; i < got.bytes.size(); ++i)
                (void)got.bytes.load(i);
        return std::string{lrpc::name_of(error)};
    };
    CHECK(receive(words, words.size()) == "none");
    CHECK(receive(words, words.size() - 1) == "out_of_bounds");
    const auto with = [&words](std::size_t at, std::uint64_t word) {
        Words changed = words;
        changed[at] = word;
        return changed;
    };
    // bytes is pointer 0 (word 2), label 1, note 2.
    CHECK(receive(with(2, list_pointer(-2ull, ElementSize::byte, 8)), words.size()) ==
          "reference_not_at_end");
    CHECK(receive(with(2, list_pointer(3, ElementSize::byte, 33)), words.size()) ==
          "out_of_bounds");
    CHECK(receive(with(2, list_pointer(3, ElementSize::bit, 8)), words.size()) ==
          "wrong_element_size");
    CHECK(receive(with(2, 2), words.size()) == "far_pointer");
    CHECK(receive(with(3, list_pointer(5, ElementSize::byte, 5)), words.size()) ==
          "text_not_terminated");
    CHECK(receive(with(3, list_pointer(5, ElementSize::byte, 0)), words.size()) ==
          "text_not_terminated");
    // The note behind a reference: not copied, so not there.
    CHECK(receive(with(4, list_pointer(4, ElementSize::byte, 5)), words.size()) == "out_of_bounds");
    CHECK(receive(with(0, struct_pointer(1, 1, 3)), words.size()) == "reference_not_at_end");
    CHECK(receive(with(0, struct_pointer(0, 100, 3)), words.size()) == "out_of_bounds");
    CHECK(receive(with(0, struct_pointer(0, 0, 3)), words.size()) != "none");
    CHECK(receive({0}, 1) == "none");
    Words long_root(100);
    long_root[0] = struct_pointer(0, 90, 3);
    CHECK(receive(long_root, 100) == "too_large"); // than the copy
}

TEST_CASE("an index beyond a list gives a default element", "[lrpc]") {
    const bool bits[] = {true};
    const lrpc::Text texts[] = {"one"};
    Lists sent;
    sent.bools = bits;
    sent.texts = texts;
    const Received<Lists> got{message_of(sent)};
    for (const Lists* lists : {&std::as_const(sent), &got.value}) {
        CHECK(lists->bools[0]);
        CHECK_FALSE(lists->bools[1]);
        CHECK_FALSE(lists->bools[std::size_t{1} << 40]);
        CHECK(lists->texts[0] == "one");
        CHECK(lists->texts[std::size_t{1} << 40].empty());
        CHECK(lists->numbers[0].b == Numbers{}.b);
    }
}
