// exokernel/arch/x86_64/start_processors.cpp - INIT, SIPI, and what a processor does first.
//
// One at a time: each begins in boot.S's copy below 1 MiB, with a stack and the function that it
// calls.

#include "exokernel/arch/x86_64/control.hpp"
#include "exokernel/arch/x86_64/direct_map.hpp"
#include "exokernel/arch/x86_64/kernel_lock.hpp"
#include "exokernel/console/console.hpp"
#include "exokernel/drivers/local_apic.hpp"
#include "exokernel/environment/run_vector.hpp"
#include "exokernel/recording/record.hpp"

extern "C" const std::uint64_t startup_places[3];

namespace exokernel {

namespace {

[[noreturn]] void run_processor() {
    Processor& area = processors[processor_count];
    write_cr3(kernel_root());
    prepare_processor(area);
    start_local_apic();
    area.apic_identity = local_apic_identity(); // a late one may have come in another one's place
    area.halted = 1;
    asm volatile("sti; hlt; cli" : : : "memory");
    take_lock();
    area.halted = 0;
    run_next();
}

// Looks for so many ticks.
bool comes_up(const Processor& area) {
    for (const std::uint64_t begun = time_stamp();
         area.halted == 0 && time_stamp() - begun < 1'000'000;)
        pause();
    return area.halted != 0;
}

bool start(Processor& area) {
    auto* const begin =
        at_physical<std::uint64_t>(STARTUP_PAGE + startup_places[1] - startup_places[0]);
    begin[0] = reinterpret_cast<std::uint64_t>(std::end(area.stack));
    begin[1] = reinterpret_cast<std::uint64_t>(run_processor);
    send_init(area.apic_identity);
    for (unsigned tries = 0; tries != 250 && !comes_up(area); ++tries)
        send_startup(area.apic_identity, STARTUP_PAGE);
    if (__atomic_exchange_n(begin, 0, __ATOMIC_ACQ_REL) != 0)
        return false;
    while (area.halted == 0) // it has taken its stack
        pause();
    return true;
}

} // namespace

void start_processors(std::span<const std::uint8_t> identities, std::uint64_t wanted) {
    __builtin_memcpy(at_physical<char>(STARTUP_PAGE), at_physical<char>(startup_places[0]),
                     startup_places[2] - startup_places[0]);
    processors[0].apic_identity = local_apic_identity();
    for (const std::uint8_t identity : identities) {
        if (identity == local_apic_identity() || processor_count == wanted)
            continue;
        Processor& next = processors[processor_count];
        next.apic_identity = identity;
        if (start(next)) {
            record(Event::processor_started, processor_count, next.apic_identity);
            ++processor_count;
            continue;
        }
        print_line(Text{} << "the processor with local APIC " << std::uint64_t{identity}
                          << " does not come up: the run goes on without it");
    }
    if (processor_count < wanted)
        print_line(Text{} << wanted << " processors are asked for, "
                          << std::uint64_t{processor_count} << " run");
    system_page().processors = processor_count;
}

} // namespace exokernel
