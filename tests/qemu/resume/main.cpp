// tests/qemu/resume/main.cpp - after a fault everything is as if there had been none.
//
// Each form of faulting instruction runs three times: with its pages mapped, with them missing, and
// with them there but not writable, so that the handler maps them or makes them writable one by one
// and resumes without entering the exokernel. Registers, flags, FPU state and memory must be equal.
// Then a disk completion is made to arrive at every instruction of fault, handler and resume
// sequence.

#include "libos/core/upcall.hpp"
#include "libos/io/ring.hpp"
#include "tests/qemu/support/check.hpp"
#include "tests/qemu/support/world.hpp"

using namespace world;
namespace call = libos::system_call;

#define FORMS(X)                                                                                   \
    X(load)                                                                                        \
    X(store)                                                                                       \
    X(add_to_memory)                                                                               \
    X(lock_xadd)                                                                                   \
    X(cmpxchg16b)                                                                                  \
    X(push)                                                                                        \
    X(pop)                                                                                         \
    X(push_memory)                                                                                 \
    X(call)                                                                                        \
    X(ret)                                                                                         \
    X(leave)                                                                                       \
    X(pushfq)                                                                                      \
    X(popfq)                                                                                       \
    X(rep_movsb)                                                                                   \
    X(rep_stosq_backwards)                                                                         \
    X(repe_cmpsb)                                                                                  \
    X(movsq_between_two_missing_pages)                                                             \
    X(misaligned_store_across_pages)                                                               \
    X(misaligned_load_across_pages)                                                                \
    X(sse_store)                                                                                   \
    X(sse_load_operand)                                                                            \
    X(avx_store_across_pages)                                                                      \
    X(avx_load_across_pages)                                                                       \
    X(avx_gather)                                                                                  \
    X(avx_masked_store)                                                                            \
    X(x87_load)                                                                                    \
    X(x87_store)                                                                                   \
    X(xsave_across_pages)                                                                          \
    X(pop_to_memory)                                                                               \
    X(enter)                                                                                       \
    X(lods)                                                                                        \
    X(scas)                                                                                        \
    X(xlat)                                                                                        \
    X(bts_register_offset)                                                                         \
    X(jmp_through_memory)                                                                          \
    X(call_through_memory)                                                                         \
    X(fxrstor_across_pages)                                                                        \
    X(xrstor_across_pages)                                                                         \
    X(fldenv)                                                                                      \
    X(xchg)                                                                                        \
    X(adc_to_memory)                                                                               \
    X(shl_of_memory)                                                                               \
    X(sets_to_memory)                                                                              \
    X(cmov_from_memory)                                                                            \
    X(div_by_memory)                                                                               \
    X(cmpxchg8b)                                                                                   \
    X(crc32)                                                                                       \
    X(movnti)                                                                                      \
    X(maskmovdqu)                                                                                  \
    X(pcmpistri)                                                                                   \
    X(cvtsi2sd)                                                                                    \
    X(avx_half_stored)                                                                             \
    X(ldmxcsr)                                                                                     \
    X(stmxcsr)                                                                                     \
    X(frstor)                                                                                      \
    X(fnsave_across_pages)                                                                         \
    X(call_to_another_missing_page)                                                                \
    X(ret_to_another_missing_page)                                                                 \
    X(fetch)                                                                                       \
    X(fetch_across_pages)

using Form = void (*)(std::uint64_t target);
constexpr std::uint64_t dump_words = (16 * 8 + 8 + 8 + 512 + 512) / 8;
extern "C" {
#define DECLARE(name) void form_##name(std::uint64_t target);
FORMS(DECLARE)
#undef DECLARE
extern std::uint64_t form_dump[dump_words];
extern std::uint64_t form_code;
extern std::uint64_t form_state[104], form_environment[4]; // what xrstor, fxrstor, fldenv load
void form_keep_state();
extern const char libos_resume_begin[], libos_resume_end[];
void form_end();
}

namespace {

constexpr unsigned target_page = 0; // and the one behind it
constexpr unsigned alias_page = 10; // the same two frames, always mapped
Capability frames[2];
Capability table; // the playground's leaf, for the handler
std::uint64_t faults = 0;
std::uint64_t completions = 0;
LibosHandler elsewhere; // the libOS's own handler

bool map_missing(abi::SaveArea& area, std::uint64_t at, std::uint64_t save_area) {
    const std::uint64_t page = (at - address(target_page)) >> abi::page_shift;
    if (page > 1)
        return elsewhere(area, at, save_area);
    ++faults;
    constexpr std::uint64_t all = access::write | access::execute;
    if ((area.error & 1) != 0) // there, but not writable
        (void)invoke(Call::change, table.value, target_page + page, 1, all);
    else
        (void)invoke(Call::install, table.value, target_page + page, frames[page].value, all);
    return false;
}

void unmap() {
    (void)world::remove(target_page);
    (void)world::remove(target_page + 1);
}

// The same contents of both pages before each run.
void prepare() {
    for (unsigned page = 0; page != 2; ++page)
        for (unsigned i = 0; i != 512; ++i)
            words(alias_page + page)[i] = 0x4009'21fb'5444'2d18 + i * 0x0001'0203'0405'0607 * page;
    volatile std::uint64_t* const first = words(alias_page);
    first[8] = reinterpret_cast<std::uint64_t>(&form_end); // ret, pop, jmp and call through memory
    first[16] = 0x246;                                     // popfq
    first[20] = 0x5f80;                                    // ldmxcsr: rounding up
    for (unsigned i = 0; i != sizeof form_environment / 8; ++i)
        first[32 + i] = form_environment[i];
    for (unsigned i = 0; i != sizeof form_state / 8; ++i)
        first[480 + i] = form_state[i]; // 256 bytes before the end of the page
    auto* const bytes = reinterpret_cast<volatile unsigned char*>(address(alias_page));
    const unsigned char code[] = {0x48, 0xb8, 1, 2, 3, 4, 5, 6, 7, 8, 0xff, 0xe3};
    for (unsigned i = 0; i != sizeof code; ++i) {
        bytes[4093 + i] = code[i];
        bytes[2048 + i] = code[i];
    }
    form_code = address(target_page) + 2048;
    words(alias_page + 1)[8] = form_code; // ret
}

struct Outcome {
    std::uint64_t dump[dump_words];
    std::uint64_t memory[1024];
};
Outcome reference;
Outcome seen;

void keep(Outcome& outcome) {
    for (unsigned i = 0; i != dump_words; ++i)
        outcome.dump[i] = form_dump[i];
    for (unsigned i = 0; i != 1024; ++i)
        outcome.memory[i] = words(alias_page)[i];
}

// The x87 unit's own record of its last instruction and operand (words 1 and 2 of the fxsave
// image) is the same address in both runs, so nothing is left out of the comparison.
std::uint64_t differences() {
    std::uint64_t count = 0;
    for (unsigned i = 0; i != dump_words; ++i)
        count += seen.dump[i] != reference.dump[i];
    for (unsigned i = 0; i != 1024; ++i)
        count += seen.memory[i] != reference.memory[i];
    return count;
}

void map(std::uint64_t access) {
    unmap();
    for (unsigned page = 0; page != 2; ++page)
        (void)install(target_page + page, frames[page], access);
}

bool same_as_reference(const char* name) {
    const std::uint64_t different = differences();
    if (different == 0)
        return true;
    ++check::failures;
    libos::print("FAILED: {}: {} words differ, {} faults\n", name, different, faults);
    for (unsigned i = 0; i != dump_words; ++i)
        if (seen.dump[i] != reference.dump[i])
            libos::print("  word {}: {x}, without a fault {x}\n", i, seen.dump[i],
                         reference.dump[i]);
    return false;
}

void try_form(const char* name, Form form) {
    prepare();
    map(access::write | access::execute);
    form(address(target_page));
    keep(reference);
    prepare();
    unmap();
    faults = 0;
    form(address(target_page));
    keep(seen);
    if (same_as_reference(name))
        libos::print("{}: everything is as without its {} fault{}\n", name, faults,
                     faults == 1 ? "" : "s");
    // What writes, once more with both pages there but not writable.
    prepare();
    map(access::execute);
    faults = 0;
    form(address(target_page));
    keep(seen);
    if (same_as_reference(name) && faults != 0)
        libos::print("{}: and as without its {} where it may not write\n", name, faults);
}

// -- an upcall at every instruction -------------------------------------------------------------

libos::IoRing ring;
std::uint64_t in_sequence = 0; // completions that arrived in the resume sequence
std::uint64_t places[64];      // at which instruction of it
unsigned place_count = 0;

bool take_completion(abi::SaveArea&, std::uint64_t, std::uint64_t area) {
    abi::IoCompletion completion{};
    while (ring.take(completion))
        ++completions;
    if (area != 1)
        return false;
    ++in_sequence;
    const std::uint64_t rip = libos::processor_environment().save[1].rip;
    for (unsigned i = 0; i != place_count; ++i)
        if (places[i] == rip)
            return false;
    if (place_count != 64)
        places[place_count++] = rip;
    return false;
}

// Takes `instructions` and a constant few: an odd number takes one more than the even one below.
void spin(std::uint64_t instructions) {
    asm volatile("test $1, %0\n\t"
                 "jz 1f\n\t"
                 "nop\n\t"
                 "1: sub $2, %0\n\t"
                 "ja 1b"
                 : "+r"(instructions)
                 :
                 : "cc");
}

void submit(Capability buffer) {
    ring.push({start().disk, buffer, 0, abi::IoOperation::read, 1});
    (void)ring.arm();
    (void)call::submit_io();
}

void sweep() {
    (void)check::needed("binding the ring", call::bind_io_ring(start().ring_frame));
    ring = libos::IoRing{reinterpret_cast<abi::IoRing*>(abi::layout::io_ring)};
    libos_handle_io_completion = take_completion;
    const Capability buffer = frame();
    prepare();
    map(access::write | access::execute);
    form_avx_load_across_pages(address(target_page));
    keep(reference);
    constexpr std::uint64_t service = 4000; // the scenario's
    constexpr std::uint64_t window = 1400;
    std::uint64_t different = 0;
    std::uint64_t missed = 0;
    const std::uint64_t before = completions;
    for (std::uint64_t i = 0; i != window; ++i) {
        unmap();
        submit(buffer);
        spin(service - 100 - i);
        form_avx_load_across_pages(address(target_page));
        for (unsigned j = 0; j != dump_words; ++j)
            different += form_dump[j] != reference.dump[j];
        for (int j = 0; j != 4000 && completions != before + i + 1; ++j)
            spin(20);
        missed += completions != before + i + 1;
    }
    check::equal("with a completion at any instruction of a fault, its handler and its resume, "
                 "every register is as without both",
                 different, 0);
    check::equal("and every completion was told of", missed, 0);
    check::equal("it arrived at each instruction of the resume sequence behind the enabling store",
                 place_count, 9);
    bool inside = true;
    for (unsigned i = 0; i != place_count; ++i)
        inside = inside && places[i] > reinterpret_cast<std::uint64_t>(libos_resume_begin) &&
                 places[i] < reinterpret_cast<std::uint64_t>(libos_resume_end);
    check::that("and the exokernel used save area 1 there only", inside && in_sequence != 0);
}

void sweep_enabling() {
    const Capability buffer = frame();
    const std::uint64_t before = completions;
    std::uint64_t missed = 0;
    for (std::uint64_t i = 0; i != 300; ++i) {
        libos::disable_upcalls();
        submit(buffer);
        spin(4000 - 300 + i);
        libos::enable_upcalls();
        for (int j = 0; j != 4000 && completions != before + i + 1; ++j)
            spin(20);
        missed += completions != before + i + 1;
    }
    check::equal("an upcall that arrives around the enabling of upcalls is never lost", missed, 0);
    missed = 0;
    for (std::uint64_t i = 0; i != 300; ++i) {
        submit(buffer);
        spin(4000 - 150 + i);
        while (completions != before + 300 + i + 1) {
            libos::UpcallsDisabled disabled;
            if (completions != before + 300 + i + 1)
                (void)call::wait();
        }
    }
    check::that("nor one that arrives around `wait`", true);
}

} // namespace

int application_main(libos::Arguments) {
    open();
    table = leaf;
    elsewhere = libos_handle_page_fault;
    libos_handle_page_fault = map_missing;
    for (unsigned page = 0; page != 2; ++page) {
        frames[page] = frame();
        (void)install(alias_page + page, frames[page]);
    }
    form_keep_state();
#define TRY_FORM(name) try_form(#name, form_##name);
    FORMS(TRY_FORM)
#undef TRY_FORM
    sweep();
    sweep_enabling();
    return check::verdict();
}
