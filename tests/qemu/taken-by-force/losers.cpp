// tests/qemu/taken-by-force/losers.cpp - libOSes that have made of their frames what they could,
// and give nothing back.

#include "tests/qemu/taken-by-force/taken.hpp"

namespace taken_by_force {

namespace {

// Words 16 on of the shared page: what a receiver reports in the end.
volatile std::uint64_t* report() { return child::shared() + 16; }

} // namespace

[[noreturn]] void reports_losses() {
    const volatile auto& pe = libos::processor_environment();
    while (pe.repossessed + pe.unrecorded == 0)
        (void)call::yield();
    for (;;) {
        (void)call::yield();
        report()[0] = pe.repossessed;
        report()[1] = pe.unrecorded;
        for (unsigned i = 0; i != 8 && receivers::has_vector(); ++i) {
            report()[8 + i] = static_cast<std::uint64_t>(receivers::vector().slots[i].kind);
            report()[16 + i] = static_cast<std::uint64_t>(receivers::vector().slots[i].state);
        }
        std::uint64_t mapped = 0;
        for (unsigned i = 0; i != receivers::orders()[0]; ++i)
            mapped += (translation(receivers::first_page * abi::page_size + i * abi::page_size) &
                       abi::translation::present) != 0
                          ? 1
                          : 0;
        report()[2] = mapped;
    }
}

void only_refuses(std::uint64_t) {
    receivers::settle();
    reports_losses();
}

void builds_tables(std::uint64_t) {
    receivers::settle();
    constexpr std::uint64_t far = 0x40'0000'0000;
    for (unsigned i = 1; i + 1 < receivers::orders()[0]; i += 2) {
        for (const unsigned page : {i, i + 1})
            (void)call::remove(start().low_table, abi::Vpn{receivers::first_page + page});
        const Capability root = start().root_table;
        if (i == 1) { // the upper table takes one frame and leaves one
            (void)call::bind_page_table(root, receivers::held[1], {}, far, 2);
            continue;
        }
        const auto leaf = call::bind_page_table(root, receivers::held[i], receivers::held[i + 1],
                                                far + (std::uint64_t{i} << 21), 1);
        (void)call::install(Capability{leaf.value_or(0)}, abi::Vpn{0}, receivers::held[0],
                            access::write);
    }
    child::shared()[0] = 2;
    reports_losses();
}

void guarantees_a_table(std::uint64_t) {
    receivers::settle();
    constexpr std::uint64_t far = 0x40'0000'0000;
    for (const unsigned page : {1u, 2u, 3u})
        (void)call::remove(start().low_table, abi::Vpn{receivers::first_page + page});
    const Capability root = start().root_table;
    (void)call::bind_page_table(root, receivers::held[1], {}, far, 2);
    const Capability table{
        call::bind_page_table(root, receivers::held[2], receivers::held[3], far, 1).value_or(0)};
    if (!call::install(table, abi::Vpn{0}, receivers::held[0], access::read_only) ||
        !call::guarantee(table))
        child::end(95);
    child::shared()[0] = 2;
    for (;; (void)call::yield())
        report()[3] = report()[3] + *reinterpret_cast<volatile std::uint64_t*>(far) - 999;
}

void passes_a_frame_on(std::uint64_t) {
    receivers::settle();
    (void)call::remove(start().low_table, abi::Vpn{receivers::first_page + 1});
    if (!call::drop(receivers::held[1]))
        child::end(95);
    const Capability lent = frame();
    volatile std::uint64_t* const words = child::shared();
    for (unsigned i : {0u, 1u})
        words[20 + i] = check::needed(
            "granting", call::grant(lent, Capability{words[16 + i]}, words[18 + i], rights::all));
    words[0] = 2;
    for (;; (void)call::yield()) {
        words[24] = receivers::vector().slots[0].bits;
        words[25] = static_cast<std::uint64_t>(receivers::vector().slots[0].state);
    }
}

void writes_what_it_is_lent(std::uint64_t) {
    volatile std::uint64_t* const words = child::shared();
    words[6] = check::needed("opening a slot", call::open_slot());
    words[0] = 1;
    while (words[7] == 0)
        (void)call::yield();
    (void)call::install(start().low_table, abi::Vpn{receivers::first_page}, Capability{words[7]},
                        access::write);
    receivers::page_of_frame(0)[words[5]] = 4242 + words[5];
    words[0] = 2;
    for (;;)
        (void)call::yield();
}

void has_a_ring(std::uint64_t) {
    receivers::settle();
    (void)call::remove(start().low_table, abi::Vpn{receivers::first_page + 1});
    disk::open(receivers::held[1]);
    child::shared()[0] = 2;
    const volatile auto& pe = libos::processor_environment();
    while (pe.repossessed < 2)
        (void)call::yield();
    const auto doorbell = call::submit_io();
    child::end(doorbell ? 0 : static_cast<std::uint64_t>(doorbell.error()));
}

void keeps_the_disk_busy(std::uint64_t) {
    receivers::settle();
    disk::open(frame());
    child::shared()[0] = 2;
    const volatile auto& pe = libos::processor_environment();
    const auto begin = [](std::uint64_t i) {
        disk::push(i % 2 == 0 ? abi::IoOperation::read : abi::IoOperation::write, start().disk,
                   static_cast<std::uint32_t>(8 + i % 8), receivers::held[i], i);
        (void)call::submit_io();
    };
    for (int twice = 0; twice != 2; ++twice)
        for (unsigned i = 0; i != receivers::orders()[0]; ++i)
            begin(i);
    for (std::uint64_t turn = 0;; ++turn) {
        begin(disk::next().cookie);
        report()[3] = turn;
        report()[0] = pe.repossessed;
        (void)call::yield();
    }
}

void complies_too_late(std::uint64_t) {
    receivers::settle();
    disk::open(frame());
    child::shared()[0] = 2;
    while (!receivers::is_asked())
        (void)call::yield();
    const Capability newest = receivers::held[1];
    const std::uint64_t at = (receivers::first_page + 1) * abi::page_size;
    receivers::spin(1000); // so that the device is not done as the deadline passes
    disk::push(abi::IoOperation::read, start().disk, 8, newest);
    (void)call::submit_io();
    while (translation(at) != 0) // the device is still at it
        receivers::spin(10);
    (void)call::drop(receivers::held[0]);
    report()[0] = disk::next().error;
    const auto mapped =
        call::install(start().low_table, page_of(abi::VirtualAddress{at}), newest, access::write);
    report()[1] = mapped ? 0 : static_cast<std::uint64_t>(mapped.error());
    const auto dropped = call::drop(newest);
    report()[2] = dropped ? 0 : static_cast<std::uint64_t>(dropped.error());
    child::shared()[0] = 3;
    for (;;)
        (void)call::yield();
}

void names_bad_places(std::uint64_t) {
    receivers::settle();
    const Capability weak = derived(start().disk, rights::read, 0, 4);
    const Capability small = derived(start().disk, rights::read | rights::write, 0, 2);
    receivers::vector().slots[0].extent = weak;
    receivers::vector().slots[1].extent = small;
    receivers::vector().slots[1].block = 2;
    receivers::vector().slots[2].extent = Capability{0x1234'5678'9abc'def0};
    child::shared()[0] = 2;
    const volatile auto& pe = libos::processor_environment();
    for (;;) {
        (void)call::yield();
        report()[0] = pe.repossessed;
        for (unsigned i = 0; i != 3; ++i)
            report()[8 + i] = receivers::vector().slots[i].error;
    }
}

} // namespace taken_by_force
