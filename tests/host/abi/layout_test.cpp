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
#include "bindings/abi/system_call.hpp"
#include "bindings/abi/translation.hpp"

namespace {

#define FIELD(type, field)                                                                         \
    fmt::format("{}.{} at {}, {} bytes\n", #type, #field, offsetof(abi::type, field),              \
                sizeof(abi::type::field))
#define SIZE(type) fmt::format("{}: {} bytes\n", #type, sizeof(abi::type))

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
           FIELD(RegionHeader, result) + FIELD(RegionHeader, rings) + SIZE(ArchiveHeader);
}

} // namespace

TEST_CASE("numbers and layouts of the ABI are those that were agreed", "[abi]") {
    const std::string golden = std::string{FAULTLINE_SOURCE} + "/tests/golden/abi.txt";
    const std::string now = numbers() + layouts();
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
