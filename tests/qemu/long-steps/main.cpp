// tests/qemu/long-steps/main.cpp - how long the kernel keeps interrupts off when bindings are
// derived as deep as they may be.
//
// An upcall that is pending comes at the end of a call's first step, where interrupts are taken:
// the time stamp counter, which counts instructions, is read there. The call is then left as it is
// and made again to its end.

#include "tests/qemu/support/attempt.hpp"
#include "tests/qemu/support/check.hpp"
#include "tests/qemu/support/child.hpp"
#include "tests/qemu/support/disk.hpp"

using namespace world;
namespace call = libos::system_call;

namespace {

extern "C" {
std::uint64_t stretch_run(const std::uint64_t* call_and_arguments);
void stretch_upcall();
extern std::uint64_t stretch_stack;
}
asm(R"(
    .pushsection .bss
    .balign 8
    .globl stretch_stack
stretch_stack: .quad 0
    .popsection
    .pushsection .text.stretch, "ax"
    .globl stretch_run, stretch_upcall
stretch_run:
    push %rbx
    push %rbp
    push %r12
    push %r13
    push %r14
    push %r15
    mov %rsp, stretch_stack
    mov %rdi, %rbx
    lock orl $0x2000, 0x100014
    rdtsc
    shl $32, %rdx
    or %rdx, %rax
    mov %rax, %r12
    mov (%rbx), %rax
    mov 8(%rbx), %rdi
    mov 16(%rbx), %rsi
    mov 24(%rbx), %rdx
    mov 32(%rbx), %r8
    mov 40(%rbx), %r9
    syscall
stretch_upcall:
    rdtsc
    shl $32, %rdx
    or %rdx, %rax
    sub %r12, %rax
    mov stretch_stack, %rsp
    lock andl $~0x2000, 0x100014
    movl $0, 0x100010
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %rbp
    pop %rbx
    ret
    .popsection
)");

constexpr std::uint64_t gate = 20'000; // of `exo bench`

void within(const char* sentence, abi::Call number, std::uint64_t a = 0, std::uint64_t b = 0,
            std::uint64_t c = 0, std::uint64_t d = 0) {
    const std::uint64_t arguments[6] = {static_cast<std::uint64_t>(number), a, b, c, d, 0};
    const std::uint64_t ticks = stretch_run(arguments);
    check::that(sentence, ticks <= gate);
    if (ticks > gate)
        libos::print("  seen {} instructions\n", ticks);
}

Capability chain(Capability top, unsigned depth, std::uint64_t count) {
    for (unsigned i = 0; i != depth; ++i)
        top = derived(top, rights_of(entry_of(top)), 0, count);
    return top;
}

void frames_shared_deep() {
    const Capability page = frame();
    const Capability end = chain(page, 30, 0);
    for (unsigned i = 0; i != 100; ++i)
        (void)derived(end, rights::read);
    within("a step of taking back a frame that was derived 30 deep is within the bound",
           abi::Call::revoke, page.value);
    (void)call::revoke(page);
    (void)call::drop(page);
}

void frames_bound_deep() {
    const Capability memory = derived(start().memory, rights::all, 0, 600);
    const Capability end = chain(memory, 30, 600);
    within("so is a step of binding frames there", abi::Call::bind_frames, end.value,
           facts().total_frames / 2, 500, batch);
    (void)invoke(abi::Call::bind_frames, end.value, abi::any_frame, 100, batch);
    within("and a step of taking them back", abi::Call::revoke, memory.value);
    (void)call::revoke(memory);
    (void)call::drop(memory);
}

void tables_deep() {
    const Capability memory = derived(start().memory, rights::all, 0, 100);
    const Capability end = chain(memory, 30, 100);
    for (unsigned i = 1; i != 25; ++i) {
        const Capability table_frame = frame(end);
        const Capability links = frame(end);
        (void)check::needed("a leaf table",
                            call::bind_page_table(start().root_table, table_frame, links,
                                                  playground + std::uint64_t{i} * 0x20'0000, 1));
    }
    within("a step of taking back empty leaf tables too", abi::Call::revoke, memory.value);
    (void)call::revoke(memory);
    (void)call::drop(memory);
}

void requests_deep() {
    disk::open();
    const Capability extent = derived(start().disk, rights::all & ~rights::execute, 0, 8);
    const Capability page = frame();
    const Capability extent_end = chain(extent, 29, 8);
    const Capability page_end = chain(page, 29, 0);
    for (unsigned i = 0; i != 64; ++i)
        disk::push(abi::IoOperation::read, extent_end, 8, page_end, i);
    within("and taking 64 requests, each beyond its extent", abi::Call::submit_io);
    (void)call::drop(extent);
    (void)call::drop(page);
}

// An environment that has to be ended half-way prints its last line and a report. Word 0: it has
// written a line that it did not end.
void leaves_a_line(std::uint64_t) {
    auto* const text = libos::request_area::at<char>(0);
    for (int i = 0; i != 199; ++i)
        text[i] = '-';
    (void)invoke(abi::Call::write_console, start().console.value, 0, 199);
    child::shared()[0] = 1;
    for (;;)
        (void)call::wait();
}

std::uint64_t time_stamp() {
    std::uint32_t low;
    std::uint32_t high;
    asm volatile("rdtsc" : "=a"(low), "=d"(high));
    return std::uint64_t{high} << 32 | low;
}

// Notes how long ago word 0 was written when it first runs after that.
void looks_at_the_clock(std::uint64_t) {
    volatile std::uint64_t* const post = child::shared();
    post[1] = 1;
    while (post[0] == 0)
        (void)call::yield();
    post[2] = time_stamp() - post[0];
    child::end(0);
}

// The caller of `revoke` waits for the end; until the other one runs, no interrupt is taken.
void ends_on_the_way() {
    const child::Child other = child::started(looks_at_the_clock);
    const child::Child made = child::started(leaves_a_line);
    while (made.shared()[0] == 0 || other.shared()[1] == 0)
        (void)call::yield();
    const std::uint64_t ended = child::ended_count();
    // The newest go first: these, and then what the environment was made of.
    for (unsigned i = 0; i != 20; ++i)
        (void)frame(made.memory);
    other.shared()[0] = time_stamp();
    (void)call::revoke(made.memory);
    (void)child::wait_for_end(ended + 2);
    check::that("a step in which an environment is ended is", other.shared()[2] <= gate);
    if (other.shared()[2] > gate)
        libos::print("  seen {} instructions\n", other.shared()[2]);
    (void)call::drop(made.memory);
    (void)call::drop(other.memory);
}

// 16 table frames, the largest environment.
void creation() {
    const child::Child made = child::create(16);
    (void)invoke(abi::Call::destroy_environment, made.environment.value);
    const Capability memory = made.memory;
    Capability frames[19];
    for (unsigned i = 0; i != 3; ++i)
        frames[i] = frame(memory);
    std::uint64_t first = facts().total_frames / 2;
    while (!invoke(abi::Call::bind_frames, memory.value, first, 16, batch))
        ++first;
    for (unsigned i = 0; i != 16; ++i)
        frames[3 + i] = bound()[i];
    auto& request = *libos::request_area::at<abi::CreateEnvironment>(batch);
    request = {};
    request.object_frames[0] = frames[0];
    request.object_frames[1] = frames[1];
    request.root_frame = frames[2];
    request.table_frames = 16;
    for (unsigned i = 0; i != 16; ++i)
        request.table[i] = frames[3 + i];
    within("creating the largest environment is", abi::Call::create_environment, batch);
    (void)call::drop(memory);
}

void batches_of_changes() {
    const Capability page = frame();
    for (unsigned i = 1; i != 512; ++i)
        (void)install(i, page);
    auto* const items = libos::request_area::at<abi::TranslationRequest>(0);
    for (unsigned i = 0; i != 4; ++i)
        items[i] = {abi::TranslationOperation::change, 1, 507, 0, leaf, {}, access::write};
    within("a step of a batch of changes is", abi::Call::perform_translations, 0, 4);
    (void)call::drop(page);
}

} // namespace

int application_main(libos::Arguments) {
    open();
    (void)check::needed("an entry", invoke(abi::Call::set_entry, 0,
                                           static_cast<std::uint64_t>(abi::Entry::interrupt),
                                           reinterpret_cast<std::uint64_t>(&stretch_upcall)));
    within("a call that does nothing is within the bound", abi::Call::set_limit, 0, 0, 0);
    frames_shared_deep();
    frames_bound_deep();
    tables_deep();
    requests_deep();
    batches_of_changes();
    creation();
    ends_on_the_way();
    return check::verdict();
}
