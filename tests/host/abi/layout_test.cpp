// tests/host/abi/layout_test.cpp - the contract between kernel, libOS and host, pinned.
//
// Every number that two sides must agree on is printed and compared with tests/golden/abi.txt. A
// change of that file is a change of the ABI: numbers are only ever appended.

#include <catch2/catch.hpp>
#include <cstddef>
#include <cstdlib>
#include <fmt/format.h>
#include <fstream>
#include <sstream>
#include <type_traits>

#include "bindings/abi/address.hpp"
#include "bindings/abi/archive.hpp"
#include "bindings/abi/error.hpp"
#include "bindings/abi/event.hpp"
#include "bindings/abi/io_ring.hpp"
#include "bindings/abi/layout.hpp"
#include "bindings/abi/processor_environment.hpp"
#include "bindings/abi/recording.hpp"
#include "bindings/abi/revocation.hpp"
#include "bindings/abi/system_call.hpp"
#include "bindings/abi/translation.hpp"

namespace {

#define FIELD(type, field)                                                                         \
    fmt::format("{}.{} at {}, {} bytes\n", #type, #field, offsetof(abi::type, field),              \
                sizeof(abi::type::field))
#define SIZE(type) fmt::format("{}: {} bytes\n", #type, sizeof(abi::type))

#define NUMBER(value) fmt::format("{} = {:#x}\n", #value, static_cast<std::uint64_t>(value))

std::string kinds_and_rights() {
    using abi::Kind;
    namespace rights = abi::rights;
    return NUMBER(Kind::none) + NUMBER(Kind::open) + NUMBER(Kind::memory) + NUMBER(Kind::frame) +
           NUMBER(Kind::page_table) + NUMBER(Kind::table_links) + NUMBER(Kind::environment) +
           NUMBER(Kind::kernel_object) + NUMBER(Kind::disk_extent) + NUMBER(Kind::console) +
           NUMBER(Kind::processor_time) + NUMBER(Kind::recording_ring) + NUMBER(rights::read) +
           NUMBER(rights::write) + NUMBER(rights::execute) + NUMBER(rights::control) +
           NUMBER(rights::grant) + NUMBER(rights::revoke) + NUMBER(abi::own_slot) +
           NUMBER(abi::recording_slot) + NUMBER(abi::make_capability(5, 7).value) +
           NUMBER(abi::kind_and_rights(Kind::frame, rights::all)) + NUMBER(abi::derivation_limit);
}

std::string values() {
    using namespace abi;
    return NUMBER(access::write) + NUMBER(access::execute) + NUMBER(translation::may_write) +
           NUMBER(translation::may_execute) + NUMBER(translation_window) + NUMBER(user_end) +
           NUMBER(TranslationOperation::install) + NUMBER(TranslationOperation::remove) +
           NUMBER(TranslationOperation::change) + NUMBER(TranslationOperation::clear_accessed) +
           NUMBER(TranslationOperation::clear_dirty) + NUMBER(View::system_page) +
           NUMBER(View::capability_table) + NUMBER(View::archive) + NUMBER(View::recording_ring) +
           NUMBER(IoOperation::read) + NUMBER(IoOperation::write) +
           NUMBER(RepossessionState::unused) + NUMBER(RepossessionState::ready) +
           NUMBER(RepossessionState::saving) + NUMBER(RepossessionState::saved) +
           NUMBER(RepossessionState::lost) + NUMBER(RepossessionState::failed) +
           NUMBER(RingOrigin::kernel) + NUMBER(RingOrigin::libos) + NUMBER(Outcome::ended) +
           NUMBER(Outcome::environment_killed) + NUMBER(Outcome::panic) + NUMBER(Outcome::stuck) +
           NUMBER(Outcome::boot_error) + NUMBER(Outcome::recording_full) + NUMBER(any_frame) +
           NUMBER(positions_per_processor) + NUMBER(request_area_bytes) + NUMBER(batch_limit) +
           NUMBER(io_ring_slots) + NUMBER(block_size) + NUMBER(repossession_slots) +
           NUMBER(guaranteed_limit) + NUMBER(region_magic) + NUMBER(record_follow_shift) +
           NUMBER(layout::pe_page) + NUMBER(layout::start_information) + NUMBER(layout::manifest) +
           NUMBER(layout::request_area) + NUMBER(layout::io_ring) + NUMBER(layout::system_page) +
           NUMBER(layout::upcall_stack) + NUMBER(layout::nested_stack) +
           NUMBER(layout::first_stack) + NUMBER(layout::image) + NUMBER(layout::free_range) +
           NUMBER(most_nodes) + NUMBER(most_node_ranges) + NUMBER(own_distance);
}

std::string numbers() {
    std::string text;
    for (std::uint32_t call = 0; call != abi::call_count; ++call)
        text += fmt::format("call {} {}\n", call, name_of(static_cast<abi::Call>(call)));
    for (std::uint32_t error = 0; error != 14; ++error)
        text += fmt::format("error {} {}\n", error, name_of(static_cast<abi::Error>(error)));
    for (std::uint32_t entry = 0; entry != 15; ++entry)
        text += fmt::format("entry {} {}\n", entry, name_of(static_cast<abi::Entry>(entry)));
    for (std::uint32_t reason = 0; reason != 8; ++reason)
        text += fmt::format("end {} {}\n", reason, name_of(static_cast<abi::EndReason>(reason)));
    for (const abi::EventDefinition& event : abi::event_definitions)
        text += fmt::format("event {:#05x} {} {} records: {}\n",
                            static_cast<std::uint16_t>(event.event), event.name, event.records,
                            event.fields);
    return text;
}

std::string layouts() {
    return SIZE(CapabilityEntry) + FIELD(CapabilityEntry, name) +
           FIELD(CapabilityEntry, kind_and_rights) + FIELD(CapabilityEntry, object) +
           FIELD(CapabilityEntry, detail) + FIELD(CapabilityEntry, kernel) +
           SIZE(TranslationRequest) + FIELD(TranslationRequest, operation) +
           FIELD(TranslationRequest, index) + FIELD(TranslationRequest, count) +
           FIELD(TranslationRequest, error) + FIELD(TranslationRequest, table) +
           FIELD(TranslationRequest, frame) + FIELD(TranslationRequest, value) + SIZE(IoRing) +
           FIELD(IoRing, request_producer) + FIELD(IoRing, request_consumer) +
           FIELD(IoRing, completion_producer) + FIELD(IoRing, completion_consumer) +
           FIELD(IoRing, completion_event) + FIELD(IoRing, requests) + FIELD(IoRing, completions) +
           SIZE(IoRequest) + SIZE(IoCompletion) + SIZE(ProcessorEnvironmentPage) +
           FIELD(ProcessorEnvironmentPage, upcalls_disabled) +
           FIELD(ProcessorEnvironmentPage, pending) + FIELD(ProcessorEnvironmentPage, faults) +
           FIELD(ProcessorEnvironmentPage, slice_position) +
           FIELD(ProcessorEnvironmentPage, slice_length) +
           FIELD(ProcessorEnvironmentPage, entries) + FIELD(ProcessorEnvironmentPage, ended_count) +
           FIELD(ProcessorEnvironmentPage, save) + SIZE(SaveArea) + FIELD(SaveArea, r11) +
           FIELD(SaveArea, rflags) + FIELD(SaveArea, rip) + FIELD(SaveArea, error) +
           FIELD(SaveArea, fault_address) + FIELD(SaveArea, cause) +
           SIZE(ProcessorEnvironmentSetup) + SIZE(CreateEnvironment) + SIZE(StartInformation) +
           SIZE(SystemPage) + SIZE(Record) + SIZE(RingDescriptor) + SIZE(RegionHeader) +
           FIELD(RegionHeader, result) + FIELD(RegionHeader, rings) + SIZE(ArchiveHeader) +
           FIELD(CapabilityEntry, generation) + FIELD(IoRequest, extent) + FIELD(IoRequest, frame) +
           FIELD(IoRequest, block) + FIELD(IoRequest, operation) + FIELD(IoRequest, cookie) +
           FIELD(IoCompletion, cookie) + FIELD(IoCompletion, error) + FIELD(IoCompletion, request) +
           FIELD(ProcessorEnvironmentPage, size) + FIELD(ProcessorEnvironmentPage, entry_count) +
           FIELD(ProcessorEnvironmentPage, environment) +
           FIELD(ProcessorEnvironmentPage, revoke_binding) +
           FIELD(ProcessorEnvironmentPage, revoke_count) +
           FIELD(ProcessorEnvironmentPage, revoke_number) +
           FIELD(ProcessorEnvironmentPage, revoke_deadline) +
           FIELD(ProcessorEnvironmentPage, repossessed) +
           FIELD(ProcessorEnvironmentPage, unrecorded) + FIELD(ProcessorEnvironmentPage, upcalls) +
           FIELD(ProcessorEnvironmentPage, exceptions) + FIELD(ProcessorEnvironmentPage, ended) +
           FIELD(ProcessorEnvironmentPage, interrupted) + SIZE(EndNotice) + SIZE(InterruptNote) +
           FIELD(SaveArea, rcx) + FIELD(SaveArea, rdx) + FIELD(SaveArea, rax) +
           FIELD(SaveArea, rsp) + FIELD(ProcessorEnvironmentSetup, upcall_stack_top) +
           FIELD(ProcessorEnvironmentSetup, nested_stack_top) +
           FIELD(ProcessorEnvironmentSetup, resume_begin) +
           FIELD(ProcessorEnvironmentSetup, resume_end) +
           FIELD(ProcessorEnvironmentSetup, pe_frame) +
           FIELD(ProcessorEnvironmentSetup, request_frames) +
           FIELD(CreateEnvironment, object_frames) + FIELD(CreateEnvironment, root_frame) +
           FIELD(CreateEnvironment, root_table) + FIELD(CreateEnvironment, recording_frames) +
           FIELD(CreateEnvironment, table_frames) + FIELD(CreateEnvironment, table) +
           FIELD(StartInformation, version) + FIELD(StartInformation, environment) +
           FIELD(StartInformation, self) + FIELD(StartInformation, memory) +
           FIELD(StartInformation, root_table) + FIELD(StartInformation, low_table) +
           FIELD(StartInformation, disk) + FIELD(StartInformation, console) +
           FIELD(StartInformation, processor_time) + FIELD(StartInformation, recording) +
           FIELD(StartInformation, ring_frame) + FIELD(StartInformation, disk_blocks) +
           FIELD(StartInformation, capability_slots) + FIELD(StartInformation, lent) +
           FIELD(SystemPage, total_frames) + FIELD(SystemPage, free_frames) +
           FIELD(SystemPage, environments) + FIELD(SystemPage, idle_ticks) +
           FIELD(SystemPage, deterministic) + FIELD(SystemPage, processors) +
           FIELD(SystemPage, processor_interrupts) + FIELD(SystemPage, shootdowns) +
           FIELD(SystemPage, nodes) + SIZE(Nodes) + FIELD(Nodes, count) + FIELD(Nodes, ranges) +
           FIELD(Nodes, of_processor) + FIELD(Nodes, distance) + FIELD(Nodes, range) +
           SIZE(NodeRange) + FIELD(NodeRange, first_frame) + FIELD(NodeRange, frames) +
           FIELD(NodeRange, node) + SIZE(Repossession) + FIELD(Repossession, state) +
           FIELD(Repossession, kind) + FIELD(Repossession, bits) + FIELD(Repossession, block) +
           FIELD(Repossession, frame) + FIELD(Repossession, error) + FIELD(Repossession, binding) +
           FIELD(Repossession, extent) + SIZE(RunResult) + FIELD(RunResult, outcome) +
           FIELD(RunResult, status) + FIELD(RunResult, reason) + FIELD(RunResult, message);
}

} // namespace

TEST_CASE("numbers and layouts of the ABI are those that were agreed", "[abi]") {
    const std::string golden = std::string{FAULTLINE_SOURCE} + "/tests/golden/abi.txt";
    const std::string now = numbers() + layouts() + kinds_and_rights() + values();
    if (std::getenv("FAULTLINE_REGENERATE") != nullptr)
        std::ofstream{golden} << now;
    const std::ifstream file{golden};
    std::ostringstream agreed;
    agreed << file.rdbuf();
    CHECK(agreed.str() == now);
}

TEST_CASE("a frame is no page and a page is no address", "[abi]") {
    STATIC_REQUIRE_FALSE(std::is_convertible_v<abi::Pfn, abi::Vpn>);
    STATIC_REQUIRE_FALSE(std::is_constructible_v<abi::Vpn, abi::Pfn>);
    STATIC_REQUIRE_FALSE(std::is_constructible_v<abi::PhysicalAddress, abi::VirtualAddress>);
    STATIC_REQUIRE_FALSE(std::is_convertible_v<std::uint64_t, abi::Pfn>);
    CHECK(page_of(abi::VirtualAddress{0x5fff}) == abi::Vpn{5});
    CHECK(base_of(abi::Pfn{5}) == abi::PhysicalAddress{0x5000});
}
