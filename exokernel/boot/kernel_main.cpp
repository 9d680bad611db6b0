// exokernel/boot/kernel_main.cpp - from the loader to the first instruction of the first libOS.

#include "bindings/abi/event.hpp"
#include "exokernel/arch/x86_64/direct_map.hpp"
#include "exokernel/arch/x86_64/kernel_address_space.hpp"
#include "exokernel/arch/x86_64/local_apic.hpp"
#include "exokernel/arch/x86_64/processor.hpp"
#include "exokernel/boot/archive.hpp"
#include "exokernel/boot/boot_information.hpp"
#include "exokernel/boot/first_environment.hpp"
#include "exokernel/disk/transfers.hpp"
#include "exokernel/drivers/recording_region.hpp"
#include "exokernel/drivers/serial.hpp"
#include "exokernel/environment/run_report.hpp"
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

void start_recording() {
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
                    static_cast<std::uint32_t>(
                        manifest_number("recording_share", default_recording_share) % 100));
}

} // namespace

extern "C" [[noreturn]] void kernel_main(std::uint64_t start_info) {
    const std::uint64_t entered = time_stamp();
    initialise_serial();
    read_boot_information(start_info);
    build_kernel_address_space();
    start_processor();
    processor().root = kernel_root();
    build_system_page();
    system_page().ticks_at_entry = entered;
    start_recording();
    start_local_apic();
    const bool deterministic = manifest_number("deterministic", 1) != 0;
    system_page().deterministic = deterministic ? 1 : 0;
    system_page().ticks_per_microsecond = 1000;
    if (!deterministic)
        calibrate_timer();
    start_disk(deterministic, manifest_number("service_time", default_service_time));
    build_first_environment();
    record(abi::Event::kernel_started, frame_table.free_count(), frame_table.total() << 12);
    note_start();
    run_next();
}

} // namespace exokernel
