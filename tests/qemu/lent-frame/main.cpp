// tests/qemu/lent-frame/main.cpp - one frame in two address spaces with different rights, what
// ring 3 cannot learn of the processor's tables, and old names of environments.

#include "tests/qemu/support/attempt.hpp"
#include "tests/qemu/support/check.hpp"
#include "tests/qemu/support/child.hpp"

using abi::Error;
using namespace world;
namespace call = libos::system_call;

namespace {

constexpr std::uint64_t lent_address = 0x1e'0000;

// Reads, writes on request, reads until that faults. Word 0: the capability; 1: what was read;
// 2: the error of installing it writable; 3: 1 = write to it.
void borrows(std::uint64_t) {
    volatile std::uint64_t* const post = child::shared();
    const abi::Vpn page = page_of(abi::VirtualAddress{lent_address});
    const Value writable =
        call::install(start().low_table, page, Capability{post[0]}, access::write);
    post[2] = writable ? 0 : static_cast<std::uint64_t>(writable.error());
    (void)call::install(start().low_table, page, Capability{post[0]}, access::read_only);
    auto* const lent = reinterpret_cast<volatile std::uint64_t*>(lent_address);
    for (;;) {
        post[1] = *lent;
        if (post[3] != 0)
            *lent = 1;
        (void)call::yield();
    }
}

void lent_frames() {
    const Capability page = frame();
    (void)install(0, page);
    words(0)[0] = 0x51;
    for (const bool writes : {true, false}) {
        const child::Child other = child::build();
        other.shared()[0] = child::granted(other, page, rights::read).value;
        (void)child::start(other, borrows);
        (void)call::yield();
        check::equal("a reader sees what the owner wrote", other.shared()[1], 0x51);
        check::equal("it cannot map it writable", other.shared()[2],
                     static_cast<std::uint64_t>(Error::access_denied));
        const std::uint64_t ended = child::ended_count();
        if (writes)
            other.shared()[3] = 1;
        else
            check::succeeds("the owner takes it back", call::revoke(page));
        const abi::EndNotice notice = child::wait_for_end(ended + 1);
        check::equal(writes ? "its write faults" : "the reader's next read faults", notice.reason,
                     static_cast<std::uint64_t>(abi::EndReason::no_entry));
        check::equal("the owner's page is as it was", words(0)[0], 0x51);
        check::refused("destroying it by its old name is revoked",
                       invoke(Call::destroy_environment, other.environment.value, 1ull << 63),
                       Error::revoked);
        (void)call::drop(other.memory);
    }
}

void tables_of_the_processor() {
    const auto hidden = [](const char* sentence, void (*code)(std::uint64_t)) {
        check::equal(sentence, attempt::run(code).vector, 13);
    };
    hidden("sgdt raises 13", [](std::uint64_t) { asm volatile("sgdt -32(%%rsp)" ::: "memory"); });
    hidden("sidt too", [](std::uint64_t) { asm volatile("sidt -32(%%rsp)" ::: "memory"); });
    hidden("sldt too", [](std::uint64_t) { asm volatile("sldt %%ax" ::: "rax"); });
    hidden("str too", [](std::uint64_t) { asm volatile("str %%ax" ::: "rax"); });
    hidden("smsw too", [](std::uint64_t) { asm volatile("smsw %%ax" ::: "rax"); });
}

} // namespace

int application_main(libos::Arguments) {
    open();
    attempt::open();
    lent_frames();
    tables_of_the_processor();
    return check::verdict();
}
