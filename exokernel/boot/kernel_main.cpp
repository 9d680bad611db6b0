// exokernel/boot/kernel_main.cpp - from the loader to the first instruction of the first libOS.

#include "exokernel/boot/boot_information.hpp"
#include "exokernel/disk/transfers.hpp"
#include "exokernel/drivers/acpi.hpp"
#include "exokernel/drivers/local_apic.hpp"
#include "exokernel/drivers/recording_region.hpp"
#include "exokernel/drivers/serial.hpp"
#include "exokernel/environment/create_environment.hpp"
#include "exokernel/environment/run_vector.hpp"
#include "exokernel/memory/frame_table.hpp"
#include "exokernel/recording/record.hpp"
#include "exokernel/support/panic.hpp"

namespace exokernel {

extern "C" [[noreturn]] void kernel_main(std::uint64_t start_info) {
    const std::uint64_t entered = time_stamp();
    initialise_serial();
    read_boot_information(start_info);
    const std::uint64_t wanted = boot_image().processors;
    if (wanted == 0 || wanted > most_processors)
        refuse_to_boot("the manifest asks for no processor, or for more than 8");
    std::uint8_t identities[64];
    // Before the firmware's tables are out of sight.
    const std::uint32_t listed = read_topology(boot_information.rsdp, identities);
    build_kernel_address_space();
    prepare_processor(processors[0]);
    build_system_page();
    system_page().ticks_at_entry = entered;
    if (const auto region = find_recording_region(); region) {
        map_device(region->physical, region->bytes, Caching::on);
        build_recording(region->physical, region->bytes, boot_image().recording_share % 100,
                        wanted);
    } else if (recording_on) {
        refuse_to_boot(region.error());
    }
    start_local_apic();
    if (wanted != 1)
        start_processors(std::span{identities}.first(listed), wanted);
    describe_nodes();
    const bool deterministic = boot_image().deterministic != 0;
    system_page().deterministic = deterministic ? 1 : 0;
    system_page().ticks_per_microsecond = 1000;
    if (!deterministic)
        calibrate_timer();
    start_disk(deterministic, boot_image().service_time);
    build_first_environment();
    record(Event::kernel_started, frame_table.free_count(), frame_table.total() << 12);
    recording_header().result.ticks_at_start = time_stamp();
    run_next();
}

} // namespace exokernel
