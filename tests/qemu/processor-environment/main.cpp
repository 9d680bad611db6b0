// tests/qemu/processor-environment/main.cpp - the PE page: entry points and their mirror, pending
// upcalls while they are disabled, counters, notices of several environments, single-stepping
// through the resume sequence, and wait.

#include "tests/qemu/support/attempt.hpp"
#include "tests/qemu/support/check.hpp"
#include "tests/qemu/support/child.hpp"
#include "tests/qemu/support/disk.hpp"

using abi::Entry;
using abi::Error;
using namespace world;
namespace call = libos::system_call;

extern "C" const char libos_resume_begin[], libos_resume_end[];

namespace {

abi::ProcessorEnvironmentPage& pe() { return libos::processor_environment(); }
constexpr std::uint32_t io_bit = 1u << static_cast<std::uint32_t>(Entry::io_completion);

void page() {
    check::equal("the page says how large it is", pe().size, sizeof(abi::ProcessorEnvironmentPage));
    check::equal("which version", pe().version, abi::processor_environment_version);
    check::equal("how many entries it has", pe().entry_count, abi::entry_slots);
    check::equal("and whose it is", pe().environment, start().environment);
    check::succeeds("an entry point is set by a call",
                    call::set_entry({}, Entry::protected_call, 0x12'3456));
    check::equal("the page shows it", pe().entries[8], 0x12'3456);
    check::refused("one in the kernel is refused",
                   call::set_entry({}, Entry::protected_call, 0xffff'8000'0000'0000),
                   Error::invalid_argument);
    check::equal("and the page still shows the old one", pe().entries[8], 0x12'3456);
    check::succeeds("0 takes it away", call::set_entry({}, Entry::protected_call, 0));
    check::equal("also in the page", pe().entries[8], 0);
    const std::uint64_t real = pe().entries[1];
    pe().entries[1] = 0xdead; // only a mirror
    check::equal("writing the mirror changes nothing: an exception still arrives",
                 attempt::run([](std::uint64_t) { asm volatile("ud2"); }).vector, 6);
    pe().entries[1] = real;
}

void counters() {
    const std::uint64_t faults = pe().faults;
    const std::uint64_t exceptions = pe().exceptions;
    (void)attempt::load(0x50'0000'0000);
    (void)attempt::run([](std::uint64_t) { asm volatile("ud2"); });
    check::equal("page faults are counted", pe().faults, faults + 1);
    check::equal("so are exceptions", pe().exceptions, exceptions + 1);
    const Capability page_frame = frame();
    (void)install(0, page_frame, access::read_only);
    const attempt::Caught caught = attempt::store(address(0) + 0x128);
    check::equal("the save area has the fault address", caught.address, address(0) + 0x128);
    check::equal("and the error code of the hardware", caught.error, 7);
    (void)call::drop(page_frame);
}

std::uint64_t told = 0;
std::uint32_t disabled_then = 9;

bool count_completion(abi::SaveArea&, std::uint64_t, std::uint64_t) {
    disabled_then = pe().upcalls_disabled;
    ++told;
    return false;
}

void pending() {
    disk::open();
    libos_handle_io_completion = count_completion;
    const Capability buffer = frame();
    check::refused("with nothing pending there is nothing to deliver", call::deliver_pending(),
                   Error::not_present);
    libos::disable_upcalls();
    for (unsigned i = 0; i != 3; ++i) {
        (void)disk::ring.arm();
        disk::push(abi::IoOperation::read, start().disk, i, buffer);
        (void)call::submit_io();
        (void)disk::next();
    }
    check::equal("while upcalls are disabled none arrives", told, 0);
    check::equal("but one is pending", pe().pending & io_bit, io_bit);
    check::succeeds("deliver_pending then says so", call::deliver_pending());
    check::equal("and delivers nothing", told, 0);
    check::succeeds("wait returns at once", call::wait());
    __atomic_store_n(&pe().upcalls_disabled, 0, __ATOMIC_SEQ_CST);
    (void)call::deliver_pending();
    check::equal("once enabled it is delivered, once for the three completions", told, 1);
    check::equal("with upcalls disabled in the handler", disabled_then, 1);
    check::equal("the bit is cleared", pe().pending, 0);
    check::equal("and upcalls are enabled after it", pe().upcalls_disabled, 0);
    disk::ring.poll();
}

// -- single-stepping ----------------------------------------------------------------------------

// Faults on a page that the handler maps, with TF set in the interrupted program: the debug
// exception arrives inside the resume sequence, behind its popfq.
std::uint64_t steps_in_sequence = 0;
std::uint64_t steps = 0;
Capability stepped_frame;

bool map_it(abi::SaveArea& area, std::uint64_t at, std::uint64_t save_area) {
    if (at >= address(1) && at < address(2)) {
        (void)install(1, stepped_frame);
        return false;
    }
    return attempt::handle(area, at, save_area);
}

bool count_step(abi::SaveArea& area, std::uint64_t vector, std::uint64_t save_area) {
    if (vector != 1)
        return attempt::handle(area, vector, save_area);
    ++steps;
    if (save_area == 1) {
        const std::uint64_t rip = pe().save[1].rip;
        steps_in_sequence += rip > reinterpret_cast<std::uint64_t>(libos_resume_begin) &&
                             rip < reinterpret_cast<std::uint64_t>(libos_resume_end);
        area.rflags &= ~0x100ull;
    }
    return false;
}

void single_steps() {
    stepped_frame = frame();
    libos_handle_page_fault = map_it;
    libos_handle_exception = count_step;
    std::uint64_t seen = 0;
    std::uint64_t poison = 0x1122'3344'5566'7788;
    asm volatile("pushfq\n\t"
                 "orl $0x100, (%%rsp)\n\t"
                 "popfq\n\t"
                 "mov (%2), %0\n\t"
                 "nop\n\t"
                 "nop\n\t"
                 "pushfq\n\t"
                 "andl $~0x100, (%%rsp)\n\t"
                 "popfq"
                 : "=&r"(seen), "+&r"(poison)
                 : "r"(address(1))
                 : "memory", "cc");
    libos_handle_exception = attempt::handle;
    libos_handle_page_fault = attempt::handle;
    check::equal("a fault of a program that is single-stepped is handled", seen, 0);
    check::that("the debug exception arrives in the resume sequence, on save area 1",
                steps_in_sequence != 0);
    check::equal("and the program keeps its registers", poison, 0x1122'3344'5566'7788);
    (void)call::drop(stepped_frame);
}

// -- setting up ---------------------------------------------------------------------------------

// Five frames full of what their holder left in them, for an environment that has no PE yet.
void setting_up() {
    constexpr unsigned first = 20; // of the playground
    const child::Child made = child::create();
    Capability frames[5];
    for (unsigned i = 0; i != 5; ++i) {
        frames[i] = frame();
        (void)install(first + i, frames[i]);
        fill(first + i, 0x5ec7'e75e'c7e7'5ec7);
    }
    auto& setup = *libos::request_area::at<abi::ProcessorEnvironmentSetup>(batch);
    const auto set_up = [&](unsigned pe_frame, unsigned last) {
        setup = {};
        setup.upcall_stack_top = setup.nested_stack_top = 0x10'0000;
        setup.pe_frame = frames[pe_frame];
        for (unsigned i = 0; i != 4; ++i)
            setup.request_frames[i] = frames[i == 3 ? last : 1 + i];
        return call::set_processor_environment(made.environment, batch);
    };
    check::refused("a frame cannot be PE page and request area", set_up(1, 4),
                   Error::invalid_argument);
    check::refused("nor two pages of the request area", set_up(0, 1), Error::invalid_argument);
    bool kept = true;
    for (unsigned i = 0; i != 5; ++i)
        kept = kept && all(first + i, 0x5ec7'e75e'c7e7'5ec7);
    check::that("and none of them was touched", kept);
    check::succeeds("five frames are", set_up(0, 4));
    auto& page = *reinterpret_cast<abi::ProcessorEnvironmentPage*>(address(first));
    check::equal("the PE page is disabled at first", page.upcalls_disabled, 1);
    page.size = page.version = page.entry_count = page.environment = page.upcalls_disabled = 0;
    check::that("and holds nothing else", all(first, 0));
    bool zero = true;
    for (unsigned i = 1; i != 5; ++i)
        zero = zero && all(first + i, 0);
    check::that("the request area is zeroed", zero);
    (void)call::destroy_environment(made.environment, 0);
    (void)call::drop(made.memory);
    for (const Capability one : frames)
        (void)call::drop(one);
}

// -- notices ------------------------------------------------------------------------------------

void notices() {
    const std::uint64_t before = child::ended_count();
    libos::disable_upcalls();
    child::Child children[5];
    for (unsigned i = 0; i != 5; ++i)
        children[i] = child::started([](std::uint64_t status) { child::end(status); }, 100 + i);
    while (child::ended_count() != before + 5)
        (void)call::yield();
    check::that("five ends leave one upcall pending",
                (pe().pending & 1u << static_cast<std::uint32_t>(Entry::environment_ended)) != 0);
    unsigned right = 0; // a bit for each child whose notice is there
    for (unsigned i = 0; i != 5; ++i) {
        const abi::EndNotice& notice = pe().ended[(before + i) % 7];
        for (unsigned j = 0; j != 5; ++j)
            if (notice.environment == children[j].identity && notice.status == 100 + j)
                right |= 1u << j;
    }
    check::equal("and a notice of each", right, 31);
    libos::enable_upcalls();
    for (const child::Child& made : children)
        (void)call::drop(made.memory);
}

} // namespace

int application_main(libos::Arguments) {
    open();
    attempt::open();
    page();
    counters();
    pending();
    single_steps();
    notices();
    setting_up();
    return check::verdict();
}
