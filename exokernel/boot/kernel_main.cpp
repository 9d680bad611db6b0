// exokernel/boot/kernel_main.cpp - from the loader to the first instruction of the first libOS.

#include "bindings/abi/event.hpp"
#include "exokernel/arch/x86_64/direct_map.hpp"
#include "exokernel/arch/x86_64/kernel_address_space.hpp"
#include "exokernel/arch/x86_64/processor.hpp"
#include "exokernel/boot/archive.hpp"
#include "exokernel/boot/boot_information.hpp"
#include "exokernel/disk/transfers.hpp"
#include "exokernel/drivers/acpi.hpp"
#include "exokernel/drivers/local_apic.hpp"
#include "exokernel/drivers/recording_region.hpp"
#include "exokernel/drivers/serial.hpp"
#include "exokernel/environment/create_environment.hpp"
#include "exokernel/environment/run_vector.hpp"
#include "exokernel/memory/frame_table.hpp"
#include "exokernel/memory/system_page.hpp"
#include "exokernel/recording/record.hpp"
#include "exokernel/support/panic.hpp"

namespace exokernel {

namespace {

// Instructions between the submission of a transfer and the moment its completion is seen.
constexpr std::uint64_t default_service_time = 20'000;
constexpr std::uint64_t default_recording_share = 60; // percent

void start_recording(std::uint64_t wanted) {
    if ((manifest_number("record", 0) != 0) != recording_on)
        refuse_to_boot(recording_on ? "this kernel records, the manifest says `record=0`"
                                    : "this kernel does not record, the manifest says `record=1`",
                       "boot the other of the two kernels");
    const auto region = find_recording_region();
    if (!region && recording_on)
        refuse_to_boot(region.error());
    if (!region)
        return;
    map_device(region->physical, region->bytes, Caching::on);
    build_recording(region->physical, region->bytes,
                    manifest_number("recording_share", default_recording_share) % 100, wanted);
}

} // namespace

extern "C" [[noreturn]] void kernel_main(std::uint64_t start_info) {
    const std::uint64_t entered = time_stamp();
    initialise_serial();
    read_boot_information(start_info);
    const std::uint64_t wanted = manifest_number("processors", 1);
    if (wanted == 0 || wanted > most_processors)
        refuse_to_boot("the manifest asks for no processor, or for more than 8");
    std::uint8_t identities[64];
    // Before the firmware's tables are out of sight.
    const std::uint32_t listed =
        wanted == 1 ? 0 : list_processors(boot_information.rsdp, identities);
    build_kernel_address_space();
    prepare_processor(processors[0]);
    build_system_page();
    system_page().ticks_at_entry = entered;
    start_recording(wanted);
    start_local_apic();
    if (wanted != 1)
        start_processors(std::span{identities}.first(listed), wanted);
    const bool deterministic = manifest_number("deterministic", 1) != 0;
    system_page().deterministic = deterministic ? 1 : 0;
    system_page().ticks_per_microsecond = 1000;
    if (!deterministic)
        calibrate_timer();
    start_disk(deterministic, manifest_number("service_time", default_service_time));
    build_first_environment();
    record(Event::kernel_started, frame_table.free_count(), frame_table.total() << 12);
    recording_header().result.ticks_at_start = time_stamp();
    run_next();
}

} // namespace exokernel
