// tests/host/lrpc/names_test.cpp - names of the user's that C++ or the generated code might mind.
//
// That this compiles is most of the test: every name of names.capnp is used as its user would.

#include <catch2/catch.hpp>

#include "tests/host/lrpc/loop_back.hpp"
#include "tests/host/lrpc/schemas/names.lrpc.hpp"

using namespace interfaces;

// NOLINTBEGIN(readability-identifier-naming): these are the names in question
namespace {

// A type of the user's has its name; what is generated beside it gives way.
static_assert(sizeof(NamesClient) == sizeof(std::uint32_t));
static_assert(names_procedures == 5);

struct Naming {
    NamesCallResults_ call(std::uint64_t a, std::uint64_t binding, std::uint64_t this_,
                           std::uint64_t class_, std::uint64_t words, std::uint64_t space,
                           lrpc::Data copy, lrpc::Text results, bool error, std::uint8_t std,
                           std::uint8_t lrpc, std::uint8_t value, std::uint8_t interfaces,
                           std::uint8_t reader, std::uint8_t received, std::uint8_t reply,
                           std::uint8_t implementation) {
        const std::uint64_t sum = a + binding + this_ + class_ + words + space + results.size() +
                                  (error ? 1 : 0) + std + lrpc + value + interfaces + reader +
                                  received + reply + implementation;
        return {.a = sum, .copy = copy, .class_ = class_, .expected = 1};
    }
    NamesTakeResults take(std::uint64_t take) { return {take + 1}; }
    void give_back(std::uint64_t give) { given = give; }
    NamesCallInRegistersResults call_in_registers(std::int32_t int_, double double_) {
        return {int_ < double_};
    }
    NamesDeleteResults delete_(bool delete_) { return {!delete_}; }
    Std operator_(const Outer& outer) {
        return {std::uint64_t{outer.inner.inner} + outer.group.outer + outer.default_.size(), "x"};
    }
    NamesServeCallResults serve_call(const Names_Names2& names) { return {names.call}; }
    void dispatch(std::uint32_t number) { given = number; }
    NamesProcedureResults procedure(const Layout& layout, const Outer_Inner& inner) {
        return {layout.data == inner.inner ? Enum::and_eq_ : Enum::class_};
    }
    void static_cast_(std::uint8_t co, const Std& std) { given = co + std.std; }
    void names_client() {}
    NamesBindingResults binding() { return {{8}}; }
    NamesAssertResults assert_(bool assert_) { return {assert_ ? 1 : 2}; }

    std::uint64_t given = 0;
};

} // namespace
// NOLINTEND(readability-identifier-naming)

TEST_CASE("names of C++ and of generated code are the user's to use", "[lrpc]") {
    Naming naming;
    lrpc_test::LoopBack<NamesServer_, Naming> binding{naming, 512};
    NamesClient_ client{binding};
    lrpc::PrivateWords<512> copy;

    const std::byte bytes[3] = {};
    const auto called =
        client.call(copy, 1, 2, 3, 4, 5, 6, bytes, "seven", true, 8, 9, 10, 11, 12, 13, 14, 15);
    REQUIRE(called);
    CHECK(called->a == 1 + 2 + 3 + 4 + 5 + 6 + 5 + 1 + 8 + 9 + 10 + 11 + 12 + 13 + 14 + 15);
    CHECK(called->class_ == 4);
    CHECK(called->copy.size() == 3);
    CHECK(client.take(4)->call == 5);
    CHECK(client.give_back(6).has_value());
    CHECK(naming.given == 6);
    CHECK(client.call_in_registers(1, 1.5)->static_ == true);
    CHECK(client.delete_(false)->new_ == true);
    CHECK(client.operator_(copy, Outer{.inner = {2}, .group = {.outer = 3}})->std == 6);
    CHECK(client.serve_call({9})->dispatch == 9);
    CHECK(client.dispatch(12).has_value());
    CHECK(naming.given == 12);
    CHECK(client.procedure({}, {1})->enum_ == Enum::and_eq_);
    CHECK(client.static_cast_(1, {.std = 2}).has_value());
    CHECK(naming.given == 3);
    CHECK(client.names_client().has_value());
    CHECK(client.binding(copy)->binding.binding == 8);
    CHECK(client.assert_(true)->errno_ == 1);
    CHECK(NULL_{}.value == 3);
    CHECK(names_procedures_.size() == 13);
}
