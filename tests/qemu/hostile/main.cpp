// tests/qemu/hostile/main.cpp - a libOS that tries what it must not: privileged instructions,
// kernel addresses, gates, flags, segments. Each gives it an upcall, and nothing else.

#include "tests/qemu/support/attempt.hpp"
#include "tests/qemu/support/check.hpp"
#include "tests/qemu/support/world.hpp"

using abi::Error;
using namespace world;
namespace call = libos::system_call;
using attempt::Caught;

namespace {

constexpr std::uint64_t general_protection = 13;
constexpr std::uint64_t page_fault = 14;

// Not here, because QEMU's TCG does not show them as hardware does: non-canonical FS and GS bases
// (it takes them), sysenter (undefined on the processor it models), far returns (it reads their
// frame with the kernel's rights, which SMAP forbids), unmasked SSE errors (it raises none).
#define PRIVILEGED(X)                                                                              \
    X("cli", "cli")                                                                                \
    X("sti", "sti")                                                                                \
    X("hlt", "hlt")                                                                                \
    X("in", "in $0x60, %%al")                                                                      \
    X("out", "mov $0x501, %%edx\n out %%eax, %%dx")                                                \
    X("insb", "mov $0x60, %%edx\n lea -256(%%rsp), %%rdi\n insb")                                  \
    X("mov to cr0", "mov %%rax, %%cr0")                                                            \
    X("mov to cr3", "mov %%rax, %%cr3")                                                            \
    X("mov to cr4", "mov %%rax, %%cr4")                                                            \
    X("mov to cr8", "mov %%rax, %%cr8")                                                            \
    X("mov from cr3", "mov %%cr3, %%rax")                                                          \
    X("mov to dr7", "mov %%rax, %%db7")                                                            \
    X("wrmsr", "mov $0xc0000082, %%ecx\n wrmsr")                                                   \
    X("rdmsr", "mov $0xc0000082, %%ecx\n rdmsr")                                                   \
    X("rdpmc", "xor %%ecx, %%ecx\n rdpmc")                                                         \
    X("lgdt", "lgdt -16(%%rsp)")                                                                   \
    X("lidt", "lidt -16(%%rsp)")                                                                   \
    X("lldt", "xor %%eax, %%eax\n lldt %%ax")                                                      \
    X("ltr", "mov $0x38, %%eax\n ltr %%ax")                                                        \
    X("sgdt", "sgdt -16(%%rsp)")                                                                   \
    X("sidt", "sidt -16(%%rsp)")                                                                   \
    X("sldt", "sldt %%eax")                                                                        \
    X("str", "str %%eax")                                                                          \
    X("smsw", "smsw %%eax")                                                                        \
    X("lmsw", "lmsw %%ax")                                                                         \
    X("clts", "clts")                                                                              \
    X("invlpg", "invlpg (%%rsp)")                                                                  \
    X("invd", "invd")                                                                              \
    X("wbinvd", "wbinvd")                                                                          \
    X("swapgs", "swapgs")                                                                          \
    X("sysret", "sysretq")                                                                         \
    X("xsetbv", "xor %%ecx, %%ecx\n mov $7, %%eax\n xor %%edx, %%edx\n xsetbv")                    \
    X("int 0x0e", "int $0x0e")                                                                     \
    X("int 0x08", "int $0x08")                                                                     \
    X("int 0x02", "int $0x02")                                                                     \
    X("int 0x01", "int $0x01")                                                                     \
    X("int 0x0d", "int $0x0d")                                                                     \
    X("int 0x40, the timer's", "int $0x40")                                                        \
    X("int 0x41, the disk's", "int $0x41")                                                         \
    X("int 0x80", "int $0x80")                                                                     \
    X("int 0xff", "int $0xff")                                                                     \
    X("the kernel's stack segment", "mov $0x18, %%eax\n mov %%eax, %%ss")                          \
    X("a null stack segment", "xor %%eax, %%eax\n mov %%eax, %%ss")                                \
    X("the kernel's data segment in ds", "mov $0x18, %%eax\n mov %%eax, %%ds")                     \
    X("the task state in gs", "mov $0x38, %%eax\n mov %%eax, %%gs")                                \
    X("a local descriptor in fs", "mov $0x2f, %%eax\n mov %%eax, %%fs")                            \
    X("a descriptor beyond the table in es", "mov $0x7fb, %%eax\n mov %%eax, %%es")                \
    X("a non-canonical load", "mov $1, %%eax\n shl $47, %%rax\n mov (%%rax), %%rax")

void privileged_instructions() {
    bool right = true;
#define ATTEMPT(name, code)                                                                        \
    {                                                                                              \
        const Caught caught = attempt::run([](std::uint64_t) {                                     \
            asm volatile(code : : : "rax", "rcx", "rdx", "rdi", "memory", "cc");                   \
        });                                                                                        \
        if (!caught.happened || caught.vector != general_protection) {                             \
            libos::print("FAILED: {}: vector {} ({})\n", name, caught.vector,                      \
                         caught.happened ? "caught" : "nothing happened");                         \
            right = false;                                                                         \
        } else {                                                                                   \
            libos::print("{}: exception 13\n", name);                                              \
        }                                                                                          \
    }
    PRIVILEGED(ATTEMPT)
#undef ATTEMPT
    check::that("no privileged instruction does anything but raise #GP", right);
}

void exceptions() {
    const auto vector_of = [](void (*code)(std::uint64_t)) { return attempt::run(code).vector; };
    check::equal("an undefined instruction raises 6",
                 vector_of([](std::uint64_t) { asm volatile("ud2"); }), 6);
    check::equal("a division by zero raises 0", vector_of([](std::uint64_t) {
                     asm volatile("xor %%ecx, %%ecx\n div %%ecx" : : : "rax", "rcx", "rdx");
                 }),
                 0);
    check::equal("a breakpoint raises 3", vector_of([](std::uint64_t) { asm volatile("int3"); }),
                 3);
    check::equal("the trap flag raises 1", vector_of([](std::uint64_t) {
                     asm volatile("pushfq\n orl $0x100, (%%rsp)\n popfq\n nop\n nop" : : : "cc");
                 }),
                 1);
    check::equal("an unmasked x87 error raises 16", vector_of([](std::uint64_t) {
                     asm volatile("fninit\n sub $16, %%rsp\n movw $0x37b, (%%rsp)\n"
                                  "fldcw (%%rsp)\n add $16, %%rsp\n fldz\n fld1\n"
                                  "fdivp\n fld1\n fldz\n fdivrp\n fwait"
                                  :
                                  :
                                  : "memory");
                 }),
                 16);
    asm volatile("fninit");
}

// The table of local descriptors is empty: no libOS can put one where the processor looks for it.
void local_descriptors() {
    const Capability page = frame();
    (void)call::install(start().low_table, abi::Vpn{0}, page, access::write);
    auto* const descriptors = reinterpret_cast<volatile std::uint64_t*>(8);
    descriptors[4] = 0x00cf'f300'0000'ffff; // at 0x28: data of ring 3
    const Caught caught = attempt::run([](std::uint64_t) {
        asm volatile("mov $0x2f, %%eax\n mov %%eax, %%fs" ::: "rax");
    });
    check::equal("a local descriptor forged at address 0 raises 13", caught.vector,
                 general_protection);
    (void)call::drop(page);
}

void addresses() {
    struct Place {
        std::uint64_t at;
        const char* what;
    };
    const Place places[] = {
        {0xffff'8000'0000'0000, "the direct map"},
        {0xffff'8000'0020'0000, "the direct map of the kernel's code"},
        {0xffff'8000'fee0'0000, "the local APIC"},
        {0xffff'ffff'8020'0000, "the kernel's image"},
        {0xffff'ffff'8040'0000, "the kernel's data"},
        {0xffff'ffff'ffff'f000, "the last page"},
    };
    bool right = true;
    for (const Place& place : places) {
        const Caught load = attempt::load(place.at);
        const Caught store = attempt::store(place.at);
        const Caught jump = attempt::jump(place.at);
        const bool held = load.vector == page_fault && load.address == place.at &&
                          (load.error & 4) != 0 && store.vector == page_fault &&
                          jump.vector == page_fault && jump.rip == place.at;
        if (!held)
            libos::print("FAILED: {}: load {}, store {}, jump {}\n", place.what, load.vector,
                         store.vector, jump.vector);
        right = right && held;
    }
    check::that("reading, writing or running the kernel's half raises a page fault there", right);
    const Caught jump = attempt::jump(0x8000'0000'0000);
    check::that("jumping to a non-canonical address raises an exception",
                jump.happened && jump.vector != 0);
    const std::uint64_t window = abi::translation_address(page_of(abi::VirtualAddress{address(0)}));
    check::that("its own page tables can be read", !attempt::load(window).happened);
    check::equal("not written", attempt::store(window).error, 7);
    check::equal("and not run", attempt::jump(window).error, 0x15);
    check::that("the root's own entries neither",
                attempt::store(
                    abi::translation_address(page_of(abi::VirtualAddress{abi::translation_address(
                        page_of(abi::VirtualAddress{abi::translation_window}))})))
                    .happened);
    check::equal("the system page cannot be written",
                 attempt::store(abi::layout::system_page).error, 7);
    check::equal("nor the start information", attempt::store(abi::layout::start_information).error,
                 7);
    check::equal("nor the program's code", attempt::store(abi::layout::image).error, 7);
    check::equal("nor its own capability table", attempt::store(table_view + 64).error, 7);
    check::equal("data cannot be run", attempt::jump(abi::layout::first_stack).error, 0x15);
}

// -- flags and segments around a system call --------------------------------------------------

struct Around {
    std::uint64_t rax, rflags;
};

#define NO_ARGUMENTS                                                                               \
    "xor %%edi, %%edi\n xor %%esi, %%esi\n xor %%edx, %%edx\n xor %%r8d, %%r8d\n xor %%r9d, "      \
    "%%r9d\n"

// A call with `flags` set before it, and the flags after it.
Around call_with(std::uint64_t number, std::uint64_t flags) {
    Around out{number, 0};
    std::uint64_t rdx = 0;
    asm volatile("xor %%r8d, %%r8d\n\t"
                 "xor %%r9d, %%r9d\n\t"
                 "pushfq\n\t"
                 "pop %%rbx\n\t"
                 "push %%rbx\n\t"
                 "or %2, (%%rsp)\n\t"
                 "popfq\n\t"
                 "syscall\n\t"
                 "pushfq\n\t"
                 "pop %1\n\t"
                 "push %%rbx\n\t"
                 "popfq"
                 : "+a"(out.rax), "=&r"(out.rflags)
                 : "r"(flags), "D"(0ull), "S"(0ull), "d"(rdx)
                 : "rbx", "rcx", "r8", "r9", "r10", "r11", "memory", "cc");
    return out;
}

void flags() {
    constexpr std::uint64_t direction = 1u << 10;
    constexpr std::uint64_t nested = 1u << 14;
    constexpr std::uint64_t alignment = 1u << 18;
    constexpr std::uint64_t identification = 1u << 21;
    constexpr std::uint64_t privilege = 3u << 12;
    constexpr std::uint64_t null = 0;
    constexpr std::uint64_t yield = 20;
    for (const std::uint64_t number : {null, yield}) {
        const Around d = call_with(number, direction | identification);
        const Around a = call_with(number, alignment);
        const Around n = call_with(number, nested);
        const Around p = call_with(number, privilege);
        check::that(number == null ? "a hot call keeps DF and ID" : "a slow call keeps DF and ID",
                    (d.rflags & direction) != 0 && (d.rflags & identification) != 0 && d.rax == 0);
        check::that(number == null ? "and AC" : "and AC as well",
                    (a.rflags & alignment) != 0 && a.rax == 0);
        check::that("NT does no harm", n.rax == 0);
        check::that("the I/O privilege level stays 0", p.rax == 0 && (p.rflags & privilege) == 0);
    }
    // With the direction flag set through a call that copies and clears memory.
    asm volatile("std");
    const Value bound_frame = call::bind_frames(start().memory, abi::any_frame, 1, batch);
    asm volatile("cld");
    (void)install(30, *bound());
    check::that("a frame is bound and zeroed with DF set", bound_frame && all(30, 0));
    asm volatile("std");
    const Caught ud = attempt::run([](std::uint64_t) { asm volatile("std\n ud2"); });
    asm volatile("cld");
    check::that("an exception with DF set is delivered as any other",
                ud.vector == 6 && (ud.rflags & direction) != 0);
    const Caught stepped = attempt::run([](std::uint64_t) {
        asm volatile("pushfq\n orl $0x100, (%%rsp)\n popfq\n xor %%eax, %%eax\n syscall"
                     :
                     :
                     : "rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "memory");
    });
    check::equal("single-stepping raises 1 in ring 3 only", stepped.vector, 1);
    const Caught into = attempt::run([](std::uint64_t) {
        asm volatile("mov $20, %%eax\n pushfq\n orl $0x100, (%%rsp)\n popfq\n syscall\n nop"
                     :
                     :
                     : "rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "memory");
    });
    check::equal("also when the next instruction is a slow call", into.vector, 1);
}

void segments() {
    std::uint64_t value = 0;
    asm volatile("mov $0x2b, %%eax\n mov %%eax, %%ds\n mov %%eax, %%es\n mov %%eax, %%fs\n"
                 "mov %%eax, %%gs\n" NO_ARGUMENTS "mov $20, %%eax\n syscall\n"
                 "xor %%eax, %%eax\n mov %%eax, %%ds\n mov %%eax, %%es\n mov %%eax, %%fs\n"
                 "mov %%eax, %%gs\n" NO_ARGUMENTS "mov $20, %%eax\n syscall"
                 :
                 :
                 : "rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "memory");
    check::that("user and null selectors in ds, es, fs and gs do no harm", true);
    for (const std::uint64_t base :
         {0xffff'8000'0000'0000ull, 0xffff'ffff'ffff'fff8ull, 0x7fff'ffff'fff8ull, 1ull}) {
        asm volatile("wrfsbase %0\n wrgsbase %0" : : "r"(base));
        call::null();
        (void)call::yield();
        (void)attempt::load(0x50'0000'0000);
        const Caught caught = attempt::run([](std::uint64_t) { asm volatile("ud2"); });
        std::uint64_t fs = 0;
        std::uint64_t gs = 0;
        asm volatile("rdfsbase %0\n rdgsbase %1" : "=r"(fs), "=r"(gs));
        value += fs != base || gs != base || caught.vector != 6;
    }
    check::equal("any FS and GS base survives calls, faults and exceptions", value, 0);
    asm volatile("wrfsbase %0\n wrgsbase %0" : : "r"(0ull));
    // A stack pointer that is no address, across a call.
    std::uint64_t rax = 0;
    asm volatile("mov %%rsp, %%rbx\n mov $1, %%ecx\n shl $63, %%rcx\n mov %%rcx, %%rsp\n"
                 "syscall\n" NO_ARGUMENTS "mov $20, %%eax\n syscall\n mov %%rbx, %%rsp"
                 : "+a"(rax)
                 :
                 : "rbx", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "memory");
    check::equal("a non-canonical stack pointer survives a hot and a slow call", rax, 0);
}

// -- registers that a call keeps ----------------------------------------------------------------

void kept_registers() {
    std::uint64_t different = 0;
    for (std::uint64_t number = 0; number != 40; ++number) {
        if (number == 16 || number == 22) // end, wait
            continue;
        std::uint64_t bad = 0;
        asm volatile("push %%rbp\n mov $0x5b, %%ebx\n mov $0x5c, %%ebp\n mov $0x5d, %%r12d\n"
                     "mov $0x5e, %%r13d\n mov $0x5f, %%r14d\n mov $0x60, %%r15d\n"
                     "syscall\n"
                     "xor %%eax, %%eax\n"
                     "cmp $0x5b, %%rbx\n setne %%al\n add %%rax, %%rcx\n mov $0, %%ecx\n"
                     "cmp $0x5b, %%rbx\n jne 1f\n cmp $0x5c, %%rbp\n jne 1f\n"
                     "cmp $0x5d, %%r12\n jne 1f\n cmp $0x5e, %%r13\n jne 1f\n"
                     "cmp $0x5f, %%r14\n jne 1f\n cmp $0x60, %%r15\n jne 1f\n jmp 2f\n"
                     "1: inc %%rcx\n 2: pop %%rbp"
                     : "=c"(bad)
                     : "a"(number), "D"(0ull), "S"(~0ull), "d"(~0ull)
                     : "rbx", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "memory", "cc");
        different += bad;
    }
    check::equal("rbx, rbp and r12 to r15 are kept by every call", different, 0);
}

} // namespace

int application_main(libos::Arguments) {
    open();
    attempt::open();
    privileged_instructions();
    exceptions();
    local_descriptors();
    addresses();
    flags();
    segments();
    kept_registers();
    return check::verdict();
}
