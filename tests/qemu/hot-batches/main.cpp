// tests/qemu/hot-batches/main.cpp - perform_translations where it does not build the caller's
// frame: the same checks and results as item by item, and no seam where it goes on in steps.

#include "tests/qemu/support/check.hpp"
#include "tests/qemu/support/stretch.hpp"
#include "tests/qemu/support/world.hpp"

using abi::Call;
using abi::Error;
using Operation = abi::TranslationOperation;
namespace call = libos::system_call;
using namespace world;

// perform_translations(first, count) with known values in the registers that a call must keep and
// two flags set. 0: all are as before. `value` is the call's.
extern "C" std::uint64_t guarded_call(std::uint64_t first, std::uint64_t count,
                                      std::uint64_t* value);
asm(R"(
    .pushsection .text
guarded_call:
    push %rbx
    push %rbp
    push %r12
    push %r13
    push %r14
    push %r15
    push %rdx
    mov $0x1111, %ebx
    mov $0x2222, %ebp
    mov $0x3333, %r12d
    mov $0x4444, %r13d
    mov $0x5555, %r14d
    mov $0x6666, %r15d
    xor %edx, %edx
    xor %r8d, %r8d
    xor %r9d, %r9d
    mov $4, %eax
    std
    stc
    syscall
    pushfq
    cld
    pop %rcx
    and $0x401, %ecx
    xor $0x401, %ecx
    or %rcx, %rax
    xor $0x1111, %rbx
    or %rbx, %rax
    xor $0x2222, %rbp
    or %rbp, %rax
    xor $0x3333, %r12
    or %r12, %rax
    xor $0x4444, %r13
    or %r13, %rax
    xor $0x5555, %r14
    or %r14, %rax
    xor $0x6666, %r15
    or %r15, %rax
    pop %rbx
    mov %rdx, (%rbx)
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %rbp
    pop %rbx
    ret
    .popsection
)");

namespace {

constexpr std::uint64_t untouched = 99;

abi::TranslationRequest* items() { return libos::request_area::at<abi::TranslationRequest>(0); }
abi::TranslationRequest item(Operation operation, unsigned index, unsigned count = 1) {
    return {operation,
            static_cast<std::uint16_t>(index),
            static_cast<std::uint16_t>(count),
            0,
            leaf,
            {},
            untouched};
}
constexpr std::uint64_t never = ~std::uint64_t{0};
/// How many failed; `never` if a register or a flag is not as before.
std::uint64_t failed(std::uint64_t first, std::uint64_t count) {
    std::uint64_t value = never;
    return guarded_call(first, count, &value) == 0 ? value : never;
}
bool is_mapped(unsigned index) { return translation(address(index)) != 0; }
void map_all(Capability page) {
    for (unsigned i = 0; i != abi::entries_per_table; ++i)
        if (!is_mapped(i))
            (void)install(i, page);
}
void use(unsigned index) { (void)*reinterpret_cast<volatile std::uint64_t*>(address(index)); }
void clear_all() {
    items()[0] = item(Operation::clear_accessed, 0, abi::entries_per_table);
    (void)call::perform_translations(0, 1);
}

void a_batch_of_a_fault(Capability page) {
    map_all(page);
    clear_all();
    use(5);
    items()[0] = item(Operation::clear_accessed, 5);
    items()[1] = item(Operation::clear_accessed, 6);
    items()[2] = item(Operation::remove, 5);
    check::equal("bits are cleared and a page is removed, and no register is lost", failed(0, 3),
                 0);
    check::equal("the bit that was set is told", items()[0].value, 1);
    check::equal("so is the one that was not", items()[1].value, 0);
    check::equal("the page had no bit left", items()[2].value, 0);
    check::that("and is gone", !is_mapped(5) && is_mapped(6));
}

void a_batch_with_a_seam(Capability page) {
    map_all(page);
    clear_all();
    use(5);
    use(8);
    items()[0] = item(Operation::clear_accessed, 5);
    items()[1] = item(Operation::remove, 6);
    items()[2] = item(Operation::remove, 6);
    items()[3] = item(Operation::clear_accessed, 600);
    items()[4] = item(Operation::remove, 7);
    items()[5] = {Operation::install, 6, 1, 0, leaf, page, access::write};
    items()[6] = item(Operation::clear_accessed, 8);
    check::equal("of a batch that goes on in steps, two items fail", failed(0, 7), 2);
    constexpr Error expected[] = {
        Error{}, Error{}, Error::not_present, Error::out_of_range, Error{}, Error{}, Error{}};
    bool as_expected = true;
    for (unsigned i = 0; i != 7; ++i)
        as_expected = as_expected && items()[i].error == static_cast<std::uint16_t>(expected[i]);
    check::that("each by its own error", as_expected);
    check::that("and nothing is done twice",
                items()[0].value == 1 && items()[6].value == 1 && is_mapped(6) && !is_mapped(7));
}

void single_items(Capability page) {
    map_all(page);
    for (const Operation operation : {Operation::clear_accessed, Operation::remove}) {
        items()[0] = item(operation, abi::entries_per_table);
        (void)failed(0, 1);
        check::equal("an index behind the table is refused, alone too", items()[0].error,
                     static_cast<std::uint16_t>(Error::out_of_range));
    }
    items()[0] = item(Operation::remove, 9);
    items()[0].error = 7;
    check::equal("an error that was there before is no error", failed(0, 1), 0);
    check::equal("and is gone", items()[0].error, 0);
    clear_all();
    use(31);
    items()[0] = item(Operation::clear_accessed, 30, 2);
    check::equal("two pages are looked at", failed(0, 1), 0);
    check::equal("where two are meant", items()[0].value, 1);
}

void numbers(Capability page) {
    map_all(page);
    items()[0] = item(Operation::remove, 10);
    check::equal("a batch of nothing does nothing", failed(0, 0), 0);
    check::that("whatever lies there", is_mapped(10) && items()[0].value == untouched);
    bool refused = true;
    for (unsigned at = 0; at != 3; ++at) {
        const auto result = invoke(Call::perform_translations, 0, 1, at == 0 ? 1 : 0,
                                   at == 1 ? std::uint64_t{1} << 63 : 0, at == 2 ? 1 : 0);
        refused = refused && !result && result.error() == Error::invalid_argument;
    }
    check::that("what lies in other argument registers is refused", refused && is_mapped(10));
    bool right = true;
    for (const unsigned first : {63u, 64u, 65u, 127u, 128u, 447u})
        for (const unsigned count : {63u, 64u, 65u}) {
            map_all(page);
            for (unsigned i = 0; i != count; ++i)
                items()[first + i] = item(Operation::remove, 20 + i);
            right = right && failed(first, count) == 0 && is_mapped(19) && is_mapped(20 + count);
            for (unsigned i = 0; i != count; ++i)
                right = right && !is_mapped(20 + i) && items()[first + i].value != untouched;
        }
    check::that("around every bound each item is performed, and no other", right);
}

void interrupts(Capability page) {
    map_all(page);
    for (unsigned i = 0; i != abi::batch_limit; ++i)
        items()[i] = item(Operation::remove, i);
    const std::uint64_t all[6] = {static_cast<std::uint64_t>(Call::perform_translations), 0,
                                  abi::batch_limit};
    check::that("a whole area of removals lets interrupts in", stretch_run(all) <= stretch::gate);
    map_all(page);
    for (unsigned i = 0; i != 63; ++i)
        items()[i] = item(Operation::remove, i);
    items()[63] = item(Operation::change, 1, 507);
    items()[63].value = access::write;
    const std::uint64_t seam[6] = {static_cast<std::uint64_t>(Call::perform_translations), 0, 64};
    check::that("and so does a batch that goes on with its largest step",
                stretch_run(seam) <= stretch::gate);
}

} // namespace

int application_main(libos::Arguments) {
    open();
    stretch::open();
    const Capability page = frame();
    a_batch_of_a_fault(page);
    a_batch_with_a_seam(page);
    single_items(page);
    numbers(page);
    interrupts(page);
    return check::verdict();
}
