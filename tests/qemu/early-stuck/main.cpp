// tests/qemu/early-stuck/main.cpp - the machine is not `stuck` while an environment that is ending
// can still go on.
//
// Two environments end, each made of what the other lent: the ring of the first lies in memory of
// the second, the object of the second in memory of the first. The first has a transfer in flight;
// when that is complete it gives up its ring, and the second could go on.

#include "tests/qemu/support/attempt.hpp"
#include "tests/qemu/support/check.hpp"
#include "tests/qemu/support/child.hpp"
#include "tests/qemu/support/disk.hpp"

using child::Child;
using namespace world;
namespace call = libos::system_call;

namespace {

// Words of the first one's shared page.
enum Word : unsigned { creator, slot_of_creator, lent, slot_of_first, goes, submitted };
constexpr std::uint64_t code_at = 0x1'0000; // in the second
constexpr std::uint64_t flag_at = 0x1'1000;

void first(std::uint64_t) {
    volatile std::uint64_t* const post = child::shared();
    const Capability part = derived(start().memory, rights::all, 0, 8);
    post[lent] = check::needed("lending", call::grant(part, Capability{post[creator]},
                                                      post[slot_of_creator], rights::all));
    const std::uint64_t slot = check::needed("a slot", invoke(abi::Call::open_slot));
    post[slot_of_first] = slot;
    const Capability memory{1ull << 32 | slot};
    while (!invoke(abi::Call::bind_frames, memory.value, abi::any_frame, 1, batch))
        (void)call::yield();
    disk::open(*bound());
    const Capability page = frame(start().memory);
    disk::push(abi::IoOperation::read, start().disk, 0, page, 1);
    post[submitted] = call::submit_io().value_or(0);
    post[goes] = 1;
    child::end(0);
}

// grant(memory, environment, slot, rights); yield until the flag is set; end.
void write_program(unsigned page, std::uint64_t memory, std::uint64_t environment,
                   std::uint64_t slot) {
    auto* at = reinterpret_cast<volatile std::uint8_t*>(address(page));
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
    load(0x48, 0xbb, flag_at + std::uint64_t{goes} * 8); // rbx
    no_arguments();
    load(0x48, 0xb8, static_cast<std::uint64_t>(abi::Call::yield)); // 10 bytes
    byte(0x0f), byte(0x05);
    byte(0x48), byte(0x83), byte(0x3b), byte(0x00); // cmpq $0, (%rbx)
    byte(0x74), byte(0x100 - 30);                   // je
    no_arguments();
    load(0x48, 0xb8, static_cast<std::uint64_t>(abi::Call::end));
    byte(0x0f), byte(0x05);
}

Capability table(Capability root, std::uint32_t level) {
    const Capability one = frame();
    const Capability links = level == 1 ? frame() : Capability{};
    return {check::needed("a table", call::bind_page_table(root, one, links, code_at, level))};
}

} // namespace

int application_main(libos::Arguments) {
    open();
    child::Options options;
    options.memory_limit = 32;
    options.disk_rights = rights::read;
    const std::uint64_t ended = child::ended_count();
    const Child one = child::build(options);
    const std::uint64_t slot = check::needed("a slot", invoke(abi::Call::open_slot));
    one.shared()[creator] = child::granted(one, start().self, rights::read).value;
    one.shared()[slot_of_creator] = slot;
    (void)check::needed("starting", child::start(one, first));
    while (one.shared()[slot_of_first] == 0)
        (void)call::yield();
    // The second: its object from the memory that the first has lent.
    const Capability lent_memory{one.shared()[lent]};
    Capability frames[4];
    for (Capability& each : frames)
        each = frame(lent_memory);
    const auto& request = child::describe_object(frames);
    const Capability two{check::needed("the second", call::create_environment(batch))};
    const Capability root = request.root_table;
    (void)table(root, 3);
    (void)table(root, 2);
    const Capability leaf_table = table(root, 1);
    const Capability part = derived(start().memory, rights::all, 0, 8);
    const std::uint64_t memory =
        check::needed("its memory", call::grant(part, two, 0, rights::all));
    const std::uint64_t name =
        check::needed("a name", call::grant(one.environment, two, 0, rights::read));
    const Capability code = frame();
    (void)install(0, code);
    write_program(0, memory, name, one.shared()[slot_of_first]);
    (void)call::install(leaf_table, page_of(abi::VirtualAddress{code_at}), code, access::execute);
    (void)call::install(leaf_table, page_of(abi::VirtualAddress{flag_at}), one.shared_frame,
                        access::read_only);
    child::describe_bare_pe(frame(), 0x2'0000);
    (void)check::needed("its PE", call::set_processor_environment(two, batch));
    (void)check::needed("its start", invoke(abi::Call::start_environment, two.value, code_at,
                                            0x2'0000, 0, start().processor_time.value));
    (void)child::wait_for_end(ended + 2);
    check::equal("the first has ended with a transfer in flight", one.shared()[submitted], 1);
    check::equal("both have ended", facts().environments, 1);
    return check::verdict();
}
