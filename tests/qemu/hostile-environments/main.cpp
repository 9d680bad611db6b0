// tests/qemu/hostile-environments/main.cpp - environments that break themselves, one after the
// other, while the first one goes on: no entry point, faults in the handler, a third level, wild
// entry points, upcalls without end, a PE page full of lies.

#include "tests/qemu/support/attempt.hpp"
#include "tests/qemu/support/check.hpp"
#include "tests/qemu/support/child.hpp"

using abi::EndReason;
using abi::Entry;
using namespace world;
namespace call = libos::system_call;
namespace layout = abi::layout;

namespace {

constexpr std::uint64_t unmapped = 0x30'0000'0000;

volatile std::uint64_t& word_at(std::uint64_t at) {
    return *reinterpret_cast<volatile std::uint64_t*>(at);
}
void set(Entry entry, std::uint64_t address) { (void)call::set_entry({}, entry, address); }
void set(Entry entry, void (*code)()) { set(entry, reinterpret_cast<std::uint64_t>(code)); }
abi::ProcessorEnvironmentPage& pe() { return libos::processor_environment(); }
void enable() { __atomic_store_n(&pe().upcalls_disabled, 0, __ATOMIC_SEQ_CST); }

[[gnu::naked]] void spins() { asm volatile("1: jmp 1b"); }
[[gnu::naked]] void faults_again() { asm volatile("movabs 0x3000000000, %rax\n ud2"); }
[[gnu::naked]] void undefined() { asm volatile("ud2"); }
// Notes its save area and stack, and ends with how deep it is.
[[gnu::naked]] void reports_area() {
    asm volatile("mov %rdx, 0x1f0000\n mov %rsp, 0x1f0008\n movl 0x100010, %edi\n mov $16, %eax\n"
                 "xor %esi, %esi\n xor %edx, %edx\n xor %r8d, %r8d\n xor %r9d, %r9d\n syscall");
}

// -- what the children do ----------------------------------------------------------------------

void has_no_entry(std::uint64_t) { (void)word_at(unmapped); }
void has_no_exception_entry(std::uint64_t) {
    set(Entry::page_fault, reports_area);
    enable();
    asm volatile("ud2");
}
void jumps_into_the_kernel(std::uint64_t) {
    enable();
    reinterpret_cast<void (*)()>(0xffff'ffff'8020'0000)();
}
void faults_normally(std::uint64_t) {
    set(Entry::page_fault, reports_area);
    enable();
    (void)word_at(unmapped);
}
void faults_with_upcalls_disabled(std::uint64_t) {
    set(Entry::page_fault, reports_area);
    (void)word_at(unmapped);
}
void faults_in_its_handler(std::uint64_t) {
    set(Entry::page_fault, faults_again);
    enable();
    (void)word_at(unmapped);
}
void raises_in_its_handler(std::uint64_t) {
    set(Entry::page_fault, undefined);
    set(Entry::exception, undefined);
    enable();
    (void)word_at(unmapped);
}
void has_an_unmapped_entry(std::uint64_t) {
    set(Entry::page_fault, unmapped);
    enable();
    (void)word_at(unmapped);
}
void has_an_entry_that_is_data(std::uint64_t) {
    set(Entry::page_fault, layout::pe_page);
    enable();
    (void)word_at(unmapped);
}
void has_unmapped_stacks(std::uint64_t) {
    auto& setup = *libos::request_area::at<abi::ProcessorEnvironmentSetup>(0);
    setup = {};
    setup.upcall_stack_top = unmapped + 4096;
    setup.nested_stack_top = unmapped + 8192;
    (void)call::set_processor_environment({}, 0);
    // A handler that uses its stack.
    set(Entry::page_fault, reinterpret_cast<std::uint64_t>(&libos_entry_page_fault));
    enable();
    (void)word_at(unmapped);
}
void loops_in_an_upcall(std::uint64_t) {
    (void)call::set_limit({}, 20'000);
    set(Entry::page_fault, spins);
    enable();
    (void)word_at(unmapped);
}
void lies_in_its_page(std::uint64_t) {
    auto& page = pe();
    set(Entry::page_fault, reports_area);
    page.size = page.version = page.entry_count = page.environment = ~0u;
    page.ended_count = ~0ull;
    page.faults = page.upcalls = page.exceptions = ~0ull;
    page.slice_position = page.slices = ~0ull;
    for (std::uint64_t& entry : page.entries)
        entry = 0xffff'8000'0000'0000; // the mirror: the kernel has its own
    page.upcalls_disabled = 0x8000'0000;
    page.pending = ~0u;
    (void)call::yield();
    page.upcalls_disabled = 0;
    (void)word_at(unmapped);
}
void claims_nesting(std::uint64_t claimed) {
    set(Entry::page_fault, reports_area);
    pe().upcalls_disabled = static_cast<std::uint32_t>(claimed);
    (void)word_at(unmapped);
}
void raises_every_upcall_itself(std::uint64_t) {
    for (std::uint32_t entry = 0; entry != abi::entry_slots; ++entry)
        set(static_cast<Entry>(entry), reports_area);
    __atomic_store_n(&pe().pending, 1u << 20 | 1u << 9, __ATOMIC_SEQ_CST);
    enable();
    (void)call::deliver_pending();
    child::end(99);
}
void pushes_without_a_stack(std::uint64_t) {
    enable();
    asm volatile("mov $0, %esp\n push %rax");
}

struct Case {
    const char* sentence;
    void (*code)(std::uint64_t);
    std::uint64_t argument;
    EndReason reason;
    std::uint64_t status; // with EndReason::ended: upcalls_disabled as its handler saw it
    std::uint64_t area;
};

constexpr std::uint64_t upcall_top =
    layout::upcall_stack + layout::upcall_stack_pages * abi::page_size;
constexpr std::uint64_t nested_top =
    layout::nested_stack + layout::nested_stack_pages * abi::page_size;

const Case cases[] = {
    {"a fault without an entry point ends it", has_no_entry, 0, EndReason::no_entry, 0, 0},
    {"so does an exception without one", has_no_exception_entry, 0, EndReason::no_entry, 0, 0},
    {"and a jump into the kernel", jumps_into_the_kernel, 0, EndReason::no_entry, 0, 0},
    {"and a push without a stack", pushes_without_a_stack, 0, EndReason::no_entry, 0, 0},
    {"a fault with upcalls enabled comes on save area 0", faults_normally, 0, EndReason::ended, 1,
     0},
    {"with upcalls disabled on save area 1", faults_with_upcalls_disabled, 0, EndReason::ended, 2,
     1},
    {"a page fault in its handler's handler ends it", faults_in_its_handler, 0,
     EndReason::nested_too_deep, 0, 0},
    {"an exception there too", raises_in_its_handler, 0, EndReason::nested_too_deep, 0, 0},
    {"an entry point that is not mapped ends it", has_an_unmapped_entry, 0,
     EndReason::nested_too_deep, 0, 0},
    {"one that is data too", has_an_entry_that_is_data, 0, EndReason::nested_too_deep, 0, 0},
    {"upcall stacks that are not mapped end it", has_unmapped_stacks, 0, EndReason::nested_too_deep,
     0, 0},
    {"a handler that never returns is ended by its limit", loops_in_an_upcall, 0,
     EndReason::upcall_too_long, 0, 0},
    {"a PE page full of lies changes nothing but itself", lies_in_its_page, 0, EndReason::ended, 1,
     0},
    {"claiming one level uses save area 1", claims_nesting, 1, EndReason::ended, 2, 1},
    {"claiming two levels ends it", claims_nesting, 2, EndReason::nested_too_deep, 0, 0},
    {"claiming 2^32 - 1 levels too", claims_nesting, 0xffff'ffff, EndReason::nested_too_deep, 0, 0},
    {"an environment can raise upcalls to itself", raises_every_upcall_itself, 0, EndReason::ended,
     1, 0},
};

} // namespace

int application_main(libos::Arguments) {
    open();
    attempt::open();
    const std::uint64_t free_before = facts().free_frames;
    const std::uint64_t own_faults = pe().faults;
    // A bystander that must notice nothing.
    const child::Child bystander = child::started([](std::uint64_t) {
        volatile std::uint64_t* const count = child::shared();
        while (count[1] == 0) {
            count[0] = count[0] + 1;
            (void)call::yield();
        }
        child::end(count[0] != 0 ? 7 : 0);
    });
    std::uint64_t ended = 0;
    for (const Case& one : cases) {
        const child::Child made = child::started(one.code, one.argument);
        const abi::EndNotice notice = child::wait_for_end(++ended);
        const bool told = notice.environment == made.identity &&
                          notice.reason == static_cast<std::uint16_t>(one.reason);
        const bool ended_well = one.reason != EndReason::ended ||
                                (notice.status == one.status && made.shared()[0] == one.area &&
                                 made.shared()[1] == (one.area == 0 ? upcall_top : nested_top));
        check::that(one.sentence, told && ended_well);
        if (!told || !ended_well)
            libos::print("  seen: {}, status {x}, save area {}, stack {x}\n",
                         name_of(static_cast<EndReason>(notice.reason)), notice.status,
                         made.shared()[0], made.shared()[1]);
        (void)call::drop(made.memory);
    }
    bystander.shared()[1] = 1;
    check::equal("another environment went on all the time", child::wait_for_end(++ended).status,
                 7);
    (void)call::drop(bystander.memory);
    check::equal("the creator saw no fault of theirs", pe().faults, own_faults);
    check::equal("and no frame is lost", facts().free_frames, free_before);
    return check::verdict();
}
