// tests/guests/misjudging/main.cpp - an app that brings a replacement policy of its own, a bad one:
// its first argument says which. For tests of what the pager does with such answers.
//
// Threads (the second argument says how many, else 1) add one to pages in a loop: pages more than
// frames, each several times. In the end every page must have counted all its additions.

#include "libos/core/start.hpp"
#include "libos/core/threads.hpp"
#include "libos/vm/mapped_file.hpp"
#include "libos/vm/policy_operations.hpp"
#include "tests/guests/misjudging/policies.hpp"

namespace {

using namespace misjudging;

constexpr std::uint64_t page_count = 24;
constexpr std::uint64_t passes = 4;

constexpr libos::PolicyOperations policies[] = {
    libos::operations_of<Nothing>("nothing"),
    libos::operations_of<NoSuchFrame>("no-such-frame"),
    libos::operations_of<NotResident>("not-resident"),
    libos::operations_of<Twice>("twice"),
    libos::operations_of<Inquisitive>("inquisitive"),
    libos::operations_of<Endless>("endless"),
    libos::operations_of<Waiting>("waiting"),
    libos::operations_of<Demanding>("demanding"),
    libos::operations_of<Unwilling>("unwilling"),
    libos::operations_of<Ahead>("ahead"),
};

std::byte* pages = nullptr;

volatile std::uint64_t& word_of(std::uint64_t page) {
    return *reinterpret_cast<volatile std::uint64_t*>(pages + page * 4096);
}

void add_to_all(std::uint64_t) {
    for (std::uint64_t pass = 0; pass < passes; ++pass)
        for (std::uint64_t page = 0; page < page_count; ++page)
            word_of(page) = word_of(page) + 1;
}

} // namespace

int application_main(libos::Arguments arguments) {
    if (arguments.count() > 0 && arguments[0] == "late")
        (void)libos::map_disk(0, page_count);
    for (const libos::PolicyOperations& policy : policies)
        if (arguments.count() > 0 && (policy.name == arguments[0] || arguments[0] == "late"))
            libos::use_policy(policy);
    const std::uint64_t threads =
        arguments.count() > 1 ? libos::parse_number(arguments[1]).value_or(1) : 1;
    pages = libos::map_disk(0, page_count, libos::Access::writable).begin;
    libos::Thread* others[libos::threads::limit]{};
    for (std::uint64_t i = 1; i < threads; ++i)
        others[i] = libos::threads::create(add_to_all, i);
    add_to_all(0);
    for (std::uint64_t i = 1; i < threads; ++i)
        libos::threads::join(others[i]);
    for (std::uint64_t page = 0; page < page_count; ++page)
        if (word_of(page) != threads * passes) {
            libos::print("page {} has counted {} additions of {}\n", page, word_of(page),
                         threads * passes);
            return 1;
        }
    libos::print("@output.additions={}\n", threads * passes * page_count);
    return 0;
}
