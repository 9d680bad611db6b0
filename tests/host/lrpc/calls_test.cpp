// tests/host/lrpc/calls_test.cpp - generated clients call generated servers.

#include <catch2/catch.hpp>
#include <map>

#include "tests/host/lrpc/loop_back.hpp"
#include "tests/host/lrpc/messages.hpp"
#include "tests/host/lrpc/schemas/echo.lrpc.hpp"
#include "tests/host/lrpc/values.hpp"

using namespace lrpc_test;
using Reason = lrpc::CallError::Reason;

namespace {

lrpc::Data data_of(std::string_view text) { return std::as_bytes(std::span{text}); }
std::string string_of(lrpc::Data data) {
    return {reinterpret_cast<const char*>(data.data()), data.size()};
}

class Counting {
public:
    CounterAddResults add(std::uint64_t n) { return {sum_ += n}; }
    CounterAddInRegistersResults add_in_registers(std::uint64_t n, bool twice) {
        return {sum_ += twice ? 2 * n : n};
    }
    void reset() { sum_ = 0; }
    std::expected<CounterCurrentResults, lrpc::Refusal> current() const {
        if (sum_ == 13)
            return std::unexpected(lrpc::Refusal{31});
        return CounterCurrentResults{sum_};
    }

private:
    std::uint64_t sum_ = 0;
};

class Storing {
public:
    StorePutResults put(lrpc::Text key, lrpc::Data value, std::uint32_t expiry) {
        last_expiry = expiry;
        return {!entries_.insert_or_assign(std::string{key}, string_of(value)).second};
    }
    std::expected<StoreGetResults, lrpc::Refusal> get(lrpc::Text key) const {
        const auto found = entries_.find(std::string{key});
        if (found == entries_.end())
            return std::unexpected(lrpc::Refusal{404});
        return StoreGetResults{data_of(found->second)};
    }
    // What it replies is in local variables.
    lrpc::Served checksum(std::uint32_t start, lrpc::SharedBytes bytes, lrpc::SharedText label,
                          lrpc::Text note, auto& reply) {
        std::uint32_t sum = start;
        for (std::size_t i = 0; i < bytes.size(); ++i)
            sum += bytes.load(i);
        std::byte copy[16];
        const std::size_t size = label.copy(copy);
        std::string text = string_of({copy, size});
        text += "/";
        text += note;
        if (text == "refuse/")
            return lrpc::refused(5);
        return reply({sum, text});
    }
    StoreDescribeResults describe(const Numbers& numbers) {
        text_ = std::to_string(numbers.e);
        return {text_};
    }
    StoreSmallResults small(lrpc::Data data) {
        small_ = string_of(data) + std::string(grow, '+');
        return {data_of(small_)};
    }

    std::uint32_t last_expiry = 0;
    std::size_t grow = 0;

private:
    std::map<std::string, std::string> entries_;
    std::string text_, small_;
};

struct Echoing {
    Everything everything(const Everything& all) {
        seen = digest_of(all);
        return all;
    }
    EchoOneResults one(const Numbers& numbers, const Strings& strings) {
        return {numbers, strings};
    }
    std::uint64_t seen = 0;
};

} // namespace

TEST_CASE("a counter adds, on an A-stack and in registers", "[lrpc]") {
    Counting counting;
    LoopBack<CounterServer, Counting> binding{counting, 64};
    CounterClient client{binding};

    CHECK(client.add(5)->sum == 5);
    CHECK(binding.last_words == 2);
    CHECK(client.add(~0ull)->sum == 4);
    CHECK(client.reset().has_value());
    CHECK(binding.last_words == 0);
    CHECK(binding.taken == std::vector<std::uint32_t>{0, 0, 2});
    CHECK(binding.in_use == 0);
    CHECK(binding.returned_as_taken);

    CHECK(client.add_in_registers(3)->sum == 6);
    CHECK(binding.registers == lrpc::RegisterWords{3, 0, 0, 0, 0, 0}); // true is its default
    CHECK(client.add_in_registers(3, false)->sum == 9);
    CHECK(binding.registers == lrpc::RegisterWords{3, 1, 0, 0, 0, 0});
    CHECK(binding.taken.size() == 3);
}

TEST_CASE("descriptors say what a clerk must provide", "[lrpc]") {
    CHECK(counter_procedures.size() == 4);
    CHECK(counter_procedures[0].name == "add");
    CHECK(counter_procedures[0].a_stack_bytes == 512);
    CHECK(counter_procedures[0].copy_bytes == 512);
    CHECK(counter_procedures[0].a_stacks == 3);
    CHECK(counter_procedures[0].argument_words == 2);
    CHECK_FALSE(counter_procedures[0].in_registers);
    CHECK(counter_procedures[1].in_registers);
    CHECK(counter_procedures[1].a_stacks == 0);
    CHECK(counter_procedures[2].argument_words == 0);
    CHECK(store_procedures[0].a_stack_bytes == 4096);
    CHECK(store_procedures[0].a_stacks == 4);
    CHECK(store_procedures[2].by_reference);
    CHECK_FALSE(store_procedures[1].by_reference);
    CHECK(store_procedures[4].a_stack_bytes == 64);
    CHECK(store_procedures[4].copy_bytes == 128);
    for (std::uint32_t i = 0; i < store_procedures.size(); ++i) {
        CHECK(store_procedures[i].number == i);
        CHECK(StoreServer<Storing>::dispatch[i].on_a_stack != nullptr);
    }
    CHECK(CounterServer<Counting>::dispatch[1].on_a_stack == nullptr);
    CHECK(CounterServer<Counting>::dispatch[1].in_registers != nullptr);
}

TEST_CASE("texts and data go both ways, by copy and by reference", "[lrpc]") {
    Storing storing;
    LoopBack<StoreServer, Storing> binding{storing, 512};
    StoreClient client{binding};
    lrpc::PrivateWords<512> copy;

    CHECK(client.put("key", data_of("value"))->replaced == false);
    CHECK(storing.last_expiry == 60);
    CHECK(client.put("key", data_of("another"), 5)->replaced == true);
    CHECK(storing.last_expiry == 5);
    CHECK(string_of(client.get(copy, "key")->value) == "another"); // the space is given back
    CHECK(client.get(copy, "none").error() == lrpc::CallError{Reason::refused, 404});
    CHECK(client.describe(copy, Numbers{.e = -12})->text == "-12");

    const auto answer = client.checksum(copy, 1000, data_of("\x01\x02\xff"), "label", "note");
    REQUIRE(answer);
    CHECK(answer->sum == 1000 + 1 + 2 + 255);
    CHECK(answer->note == "label/note");
    CHECK(client.checksum(copy, 0, {}, "", "")->note == "/");
    CHECK(client.checksum(copy, 0, {}, "refuse", "").error() ==
          lrpc::CallError{Reason::refused, 5});
    CHECK(binding.in_use == 0);
}

TEST_CASE("what is passed by reference is seen where it lies, and only that", "[lrpc]") {
    Storing storing;
    LoopBack<StoreServer, Storing> binding{storing, 512};
    StoreClient client{binding};
    lrpc::PrivateWords<512> copy;
    // Large enough to be out of band, and larger than the server copies.
    const std::string large(10'000, '\x01');
    CHECK(client.checksum(copy, 0, data_of(large), "l", "n")->sum == 10'000);
    CHECK(binding.out_of_band);
    // By copy, the same is too large.
    const auto refused = client.put("k", data_of(large));
    CHECK(refused.error() ==
          lrpc::CallError{Reason::malformed_arguments, lrpc::WireError::too_large});
    CHECK(binding.in_use == 0);
}

TEST_CASE("results that do not fit are an error and are not stored", "[lrpc]") {
    Storing storing;
    LoopBack<StoreServer, Storing> binding{storing, 8};
    StoreClient client{binding};
    lrpc::PrivateWords<16> copy;
    CHECK(string_of(client.small(copy, data_of("0123456789012345"))->data).size() == 16);
    storing.grow = 33; // 49 bytes: 9 words in a space of 8
    std::uint64_t first = 0;
    binding.before = [&](std::uint64_t* words, std::size_t&) { first = words[0]; };
    CHECK(client.small(copy, data_of("0123456789012345")).error() ==
          lrpc::CallError{Reason::results_too_large});
    CHECK(first != 0);
    CHECK(binding.in_use == 0);
}

TEST_CASE("a client copies no more results than it has room for", "[lrpc]") {
    Storing storing;
    LoopBack<StoreServer, Storing> binding{storing, 512};
    StoreClient client{binding};
    const std::unique_ptr<std::byte[]> little{new std::byte[24]};
    storing.grow = 24;
    CHECK(client.small(lrpc::CopySpace{little.get(), 3}, data_of("")).error() ==
          lrpc::CallError{Reason::malformed_results, lrpc::WireError::too_large});
    storing.grow = 8; // root pointer, pointer, a word
    CHECK(client.small(lrpc::CopySpace{little.get(), 3}, data_of("")).has_value());
    // A server that says more than there is.
    binding.after = [](std::uint64_t*, std::size_t& used) { used = 513; };
    lrpc::PrivateWords<1024> copy;
    CHECK(client.small(copy, data_of("")).error() ==
          lrpc::CallError{Reason::malformed_results, lrpc::WireError::too_large});
    Counting counting;
    LoopBack<CounterServer, Counting> adding{counting, 64};
    adding.after = binding.after;
    CHECK(CounterClient{adding}.add(1).error().reason == Reason::malformed_results);
    CHECK(binding.in_use == 0);
    CHECK(adding.in_use == 0);
}

TEST_CASE("no space, and less than asked for, are errors before anything is stored", "[lrpc]") {
    Storing storing;
    LoopBack<StoreServer, Storing> binding{storing, 512};
    StoreClient client{binding};
    binding.refuse_to_take = true;
    CHECK(client.put("k", {}).error().reason == Reason::no_a_stack);
    CHECK(binding.in_use == 0);
    binding.refuse_to_take = false;
    binding.give_less = true; // its memory is that small, too
    CHECK(client.put("k", {}).error().reason == Reason::no_space);
    CHECK(binding.in_use == 0);
    // Larger than any message, and nothing of it is looked at.
    const lrpc::Data endless{static_cast<const std::byte*>(nullptr), std::size_t{1} << 60};
    const std::size_t taken = binding.taken.size();
    CHECK(client.put("k", endless).error().reason == Reason::arguments_too_large);
    CHECK(binding.taken.size() == taken);
}

TEST_CASE("random arguments come back as results", "[lrpc]") {
    Echoing echoing;
    LoopBack<EchoServer, Echoing> binding{echoing, 8192};
    EchoClient client{binding};
    const auto copy = std::make_unique<lrpc::PrivateWords<8192>>();
    const std::uint64_t count = messages(2'000) / 4;
    for (std::uint64_t seed = 0; seed < count; ++seed) {
        Values values{seed};
        Everything sent;
        values.draw(sent);
        const auto received = client.everything(*copy, sent);
        if (!received || digest_of(*received) != digest_of(sent) || echoing.seen != digest_of(sent))
            FAIL("seed " << seed);
        const auto one = client.one(*copy, sent.numbers, sent.strings);
        if (!one || digest_of(one->numbers) != digest_of(sent.numbers) ||
            digest_of(one->strings) != digest_of(sent.strings))
            FAIL("seed " << seed << ", one");
    }
}

TEST_CASE("an error goes back as a word, and a forged word is one of the errors", "[lrpc]") {
    for (std::uint32_t reason = 1; reason <= 10; ++reason) {
        const lrpc::CallError error{static_cast<Reason>(reason), reason * 1000};
        CHECK(error.packed() != 0);
        CHECK(lrpc::CallError::unpacked(error.packed()) == error);
    }
    for (const std::uint64_t word : {0ull, 11ull, ~0ull, 1ull << 32})
        CHECK(lrpc::CallError::unpacked(word) == lrpc::CallError{Reason::call_failed});
}
