// tests/qemu/clean-up-cycle/main.cpp - an environment whose I/O ring lies in memory that its own
// child lent it must still end.
//
// The creator's clean-up waits for its children; the child's clean-up takes back the memory that it
// lent, and with it the frame that is fixed as the creator's ring.

#include "tests/qemu/support/attempt.hpp"
#include "tests/qemu/support/check.hpp"
#include "tests/qemu/support/child.hpp"

using child::Child;
using namespace world;
namespace call = libos::system_call;

namespace {

enum Word : unsigned { time, bound_ring };
constexpr std::uint64_t code_address = 0x1e'0000; // in the creator, to write the child's program
constexpr std::uint64_t child_code = 0x1'0000;    // in the child

// A program of one page: grant(memory, environment, slot, rights), then `wait` for ever.
void write_program(std::uint64_t memory, std::uint64_t environment, std::uint64_t slot) {
    auto* at = reinterpret_cast<volatile std::uint8_t*>(code_address);
    const auto byte = [&at](unsigned value) { *at++ = static_cast<std::uint8_t>(value); };
    const auto load = [&](unsigned prefix, unsigned opcode, std::uint64_t value) {
        byte(prefix);
        byte(opcode);
        for (int i = 0; i != 8; ++i, value >>= 8)
            byte(value & 0xff);
    };
    const auto no_arguments = [&] { // 12 bytes: rdi, rsi, rdx, r8, r9
        for (const unsigned one :
             {0x31u, 0xffu, 0x31u, 0xf6u, 0x31u, 0xd2u, 0x45u, 0x31u, 0xc0u, 0x45u, 0x31u, 0xc9u})
            byte(one);
    };
    load(0x48, 0xb8, static_cast<std::uint64_t>(abi::Call::grant)); // rax
    load(0x48, 0xbf, memory);                                       // rdi
    load(0x48, 0xbe, environment);                                  // rsi
    load(0x48, 0xba, slot);                                         // rdx
    load(0x49, 0xb8, rights::all);                                  // r8
    byte(0x0f), byte(0x05);
    no_arguments();
    load(0x48, 0xb8, static_cast<std::uint64_t>(abi::Call::wait));
    byte(0x0f), byte(0x05);
    byte(0xeb), byte(0x100 - 26);
}

Capability below(Capability root, std::uint32_t level) {
    const Capability table_frame = frame(start().memory);
    const Capability links = level == 1 ? frame(start().memory) : Capability{};
    return {check::needed("a table of the grandchild",
                          call::bind_page_table(root, table_frame, links, child_code, level))};
}

// Argument 1: the ring's frame comes from the child's memory; 0: from its own.
void creates_and_borrows(std::uint64_t borrows) {
    Capability frames[4];
    for (Capability& one : frames)
        one = frame(start().memory);
    const auto& request = child::describe_object(frames);
    const Capability made{check::needed("a grandchild", call::create_environment(batch))};
    const Capability root = request.root_table;
    (void)below(root, 3);
    (void)below(root, 2);
    const Capability leaf_table = below(root, 1);
    const Capability code = frame(start().memory);
    (void)call::install(start().low_table, page_of(abi::VirtualAddress{code_address}), code,
                        access::write);
    const std::uint64_t slot =
        check::needed("a slot", libos::system_call::invoke(abi::Call::open_slot));
    const Capability part = derived(start().memory, rights::all, 0, 8);
    const std::uint64_t memory =
        check::needed("memory for the grandchild", call::grant(part, made, 0, rights::all));
    const std::uint64_t me = check::needed("a name for the grandchild",
                                           call::grant(start().self, made, 0, rights::read));
    write_program(memory, me, slot);
    (void)call::install(leaf_table, page_of(abi::VirtualAddress{child_code}), code,
                        access::execute);
    child::describe_bare_pe(frame(start().memory), 0x2'0000);
    (void)check::needed("its PE", call::set_processor_environment(made, batch));
    (void)check::needed("its start", invoke(abi::Call::start_environment, made.value, child_code,
                                            0x2'0000, 0, child::shared()[time]));
    const Capability lent{1ull << 32 | slot};
    while (!invoke(abi::Call::bind_frames, lent.value, abi::any_frame, 1, batch))
        (void)call::yield();
    const Capability ring = borrows != 0 ? *bound() : frame(start().memory);
    child::shared()[bound_ring] = call::bind_io_ring(ring).has_value();
    child::end(0);
}

void ends(std::uint64_t borrows, const char* sentence) {
    const std::uint64_t free_before = facts().free_frames;
    child::Options options;
    options.memory_limit = 64;
    const Child made = child::build(options);
    made.shared()[time] = child::granted(made, start().processor_time, rights::control).value;
    (void)check::needed("starting", child::start(made, creates_and_borrows, borrows));
    for (int i = 0; i != 5000 && facts().environments != 1; ++i)
        (void)call::yield();
    check::equal("an environment has a ring and a child that runs", made.shared()[bound_ring], 1);
    check::equal(sentence, facts().environments, 1);
    if (facts().environments != 1)
        return; // giving its memory back would block for ever, and the run end as `stuck`
    (void)call::drop(made.memory);
    check::equal("and no frame is lost", facts().free_frames, free_before);
}

} // namespace

int application_main(libos::Arguments arguments) {
    open();
    ends(0, "it ends, its ring in its own memory");
    ends(1, "it ends, its ring in memory that its child lent it");
    (void)arguments;
    return check::verdict();
}
