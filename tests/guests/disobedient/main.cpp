// tests/guests/disobedient/main.cpp - an app with a pager of its own: two frames, one file, one
// fault at a time. It breaks the one rule that its first argument names, and none if that is
// `obedient`: for the rules of the verifier.

#include "libos/core/start.hpp"
#include "libos/core/upcall.hpp"
#include "libos/vm/guest_platform.hpp"

namespace {

using libos::recording::Recording;
constexpr std::uint64_t first_page = libos::address_range::regions >> abi::page_shift;
constexpr std::uint64_t pages = 4;
constexpr std::uint32_t pool_frames = 2;

struct PoolFrame {
    abi::Capability capability;
    std::uint64_t pfn = 0;
    std::uint64_t page = 0; // of the file
};

// The fault under way.
struct Fault {
    std::uint64_t sequence = 0, page = 0, victim_page = 0;
    PoolFrame* frame = nullptr;
    libos::Thread* thread = nullptr;
    bool reading = false, mapped = false;
    volatile bool arrived = false;
};

std::string_view broken_rule;
libos::GuestPlatform<Recording::on> platform;
PoolFrame pool[pool_frames];
std::uint32_t used = 0, oldest = 0; // frames
Fault fault;
abi::Capability table;
std::uint64_t first_block = 0;
bool read_before[pages];

bool breaks(std::string_view rule) { return broken_rule == rule; }
std::uint64_t vpn(std::uint64_t page) { return first_page + page; }

void note_entry(abi::Entry entry, std::uint64_t save_area) {
    libos::recording::prepare();
    platform.emit<abi::Event::handler_entered>(
        entry, libos::processor_environment().entries[static_cast<std::uint32_t>(entry)],
        libos::threads::current == nullptr ? 0 : libos::threads::current->id, save_area,
        fault.sequence);
}

void submit(abi::IoOperation operation, std::uint64_t page) {
    const bool writes = operation == abi::IoOperation::write;
    std::uint64_t block = first_block + page;
    if (!writes && read_before[page] && breaks("read-from-another-block"))
        block = first_block + (page + 1) % pages;
    const std::uint64_t said = breaks("lie-about-the-block") ? block + 1 : block;
    const std::uint64_t cookie = fault.sequence << 1 | (writes ? 1 : 0);
    if (writes)
        platform.emit<abi::Event::write_back_submitted>(fault.sequence, vpn(page), fault.frame->pfn,
                                                        cookie, said);
    else
        platform.emit<abi::Event::read_submitted>(fault.sequence, vpn(page), fault.frame->pfn,
                                                  cookie, said);
    platform.submit({libos::start_information().disk, fault.frame->capability,
                     static_cast<std::uint32_t>(block), operation, cookie});
}

// Step 7.
void map_page() {
    platform.emit<abi::Event::mapped>(fault.sequence, vpn(fault.page), fault.frame->pfn,
                                      fault.thread->id, abi::access::write);
    platform.install(table, abi::Vpn{vpn(fault.page)}, fault.frame->capability, abi::access::write);
    fault.frame->page = fault.page;
    fault.mapped = true;
    if (breaks("call-before-resuming"))
        libos::system_call::null();
    if (breaks("resume-with-other-flags"))
        fault.thread->state.rflags ^= 1;
    platform.wake(*fault.thread);
}

// Step 5.
void start_read() {
    fault.reading = true;
    submit(abi::IoOperation::read, fault.page);
    read_before[fault.page] = true;
    platform.ring_doorbell();
    if (breaks("map-before-completion") && fault.sequence > pages) // the last one
        map_page();
}

// Steps 3 and 4: the oldest page goes.
void evict() {
    PoolFrame& victim = pool[oldest++ % used];
    fault.frame = &victim;
    fault.victim_page = victim.page;
    const auto translation = *reinterpret_cast<const volatile std::uint64_t*>(
        abi::translation_address(abi::Vpn{vpn(victim.page)}));
    const bool dirty = (translation & abi::translation::dirty) != 0;
    const std::uint64_t named = breaks("name-another-frame") ? victim.pfn + 1 : victim.pfn;
    platform.emit<abi::Event::victim_chosen>(fault.sequence, vpn(victim.page), named,
                                             pool_frames - used, used, libos::packed_name("fifo"),
                                             0, dirty);
    platform.remove(table, abi::Vpn{vpn(victim.page)});
    if (dirty ? !breaks("forget-the-write-back") : breaks("write-a-clean-page"))
        submit(abi::IoOperation::write, victim.page);
    else
        return start_read();
    if (breaks("reuse-before-written"))
        start_read();
    else
        platform.ring_doorbell();
}

bool handle_io_completion(abi::SaveArea&, std::uint64_t, std::uint64_t save_area) {
    note_entry(abi::Entry::io_completion, save_area);
    do {
        abi::IoCompletion completion;
        while (platform.take_completion(completion)) {
            const bool written = (completion.cookie & 1) != 0;
            platform.emit<abi::Event::completion_seen>(
                fault.sequence, completion.cookie, completion.error, fault.frame->pfn,
                vpn(written ? fault.victim_page : fault.page));
            if (!written)
                fault.arrived = true;
            if (written && !fault.reading)
                start_read();
            else if (!written && !fault.mapped)
                map_page();
        }
    } while (platform.arm());
    return libos::threads::current == nullptr && libos::threads::any_runnable();
}

bool handle_page_fault(abi::SaveArea& area, std::uint64_t address, std::uint64_t save_area) {
    if ((area.cause & 0xff) == static_cast<std::uint64_t>(abi::Entry::io_completion))
        return handle_io_completion(area, 0, save_area);
    libos::Thread& thread = *libos::threads::current;
    fault.sequence += 1;
    fault.page = (address >> abi::page_shift) - first_page;
    fault.thread = &thread;
    fault.reading = false;
    fault.mapped = false;
    fault.arrived = false;
    note_entry(abi::Entry::page_fault, save_area);
    if (fault.page >= pages)
        libos::fail(abi::Error::not_present, "disobedient: a wild access to 0x{x}", address);
    thread.faulted = true;
    thread.page = fault.page;
    thread.sequence = fault.sequence;
    platform.emit<abi::Event::fault_seen>(vpn(fault.page), thread.id, fault.sequence,
                                          libos::Why::read, 0);
    if (used == pool_frames || (used != 0 && breaks("evict-though-a-frame-is-free"))) {
        evict();
        return true;
    }
    fault.frame = &pool[used++];
    platform.emit<abi::Event::frame_taken>(fault.sequence, fault.frame->pfn, pool_frames - used,
                                           vpn(fault.page), used - 1);
    start_read();
    return true;
}

void start_pager() {
    const libos::UpcallsDisabled guard;
    platform.start();
    for (PoolFrame& frame : pool) {
        libos::bind_frames({&frame.capability, 1});
        frame.pfn = libos::frame_number(frame.capability).value;
    }
    table = libos::bind_leaf_table(libos::address_range::regions);
    first_block = libos::manifest().file(0).value_or(libos::FileEntry{}).first_block;
    libos_handle_page_fault = handle_page_fault;
    libos_handle_io_completion = handle_io_completion;
    if (breaks("one-entry-for-all"))
        libos::system_call::disregard(
            libos::system_call::set_entry({}, abi::Entry::io_completion,
                                          reinterpret_cast<std::uint64_t>(libos_entry_page_fault)));
}

} // namespace

// The file's pages begin with the letters from `a` on.
int application_main(libos::Arguments arguments) {
    broken_rule = arguments.count() == 0 ? "obedient" : arguments[0];
    start_pager();
    auto* const text = reinterpret_cast<volatile char*>(libos::address_range::regions);
    const auto at = [&](std::uint64_t page) -> volatile char& {
        return text[page << abi::page_shift];
    };
    at(0) = 'A';
    std::uint32_t wrong = 0;
    for (std::uint64_t page = 1; page < pages; ++page)
        wrong += at(page) != static_cast<char>('a' + page) ? 1 : 0;
    wrong += at(0) != 'A' ? 1 : 0;
    while (!fault.arrived)
        ; // a page that was mapped too early
    libos::print("@output.wrong={}\n", wrong);
    return 0;
}
