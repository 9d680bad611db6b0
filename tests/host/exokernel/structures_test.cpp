// tests/host/exokernel/structures_test.cpp - structures of the exokernel lie as assembly and owners
// of capabilities know them. The compiler checks; there is nothing to run.

#include <cstddef>

#include "bindings/abi/recording.hpp"
#include "bindings/abi/system_call.hpp"
#include "exokernel/arch/x86_64/offsets.hpp"
#include "exokernel/arch/x86_64/processor.hpp"
#include "exokernel/arch/x86_64/registers.hpp"
#include "exokernel/bindings/capability_entry.hpp"

namespace exokernel {

static_assert(offsetof(Environment, processor) == ENVIRONMENT_PROCESSOR);
static_assert(offsetof(Environment, registers_end) == ENVIRONMENT_REGISTERS_END);
static_assert(offsetof(Environment, user_stack) == ENVIRONMENT_USER_STACK);
static_assert(offsetof(Environment, stack_top) == ENVIRONMENT_STACK_TOP);
static_assert(offsetof(Environment, pe_page) == ENVIRONMENT_PE_PAGE);
static_assert(offsetof(Environment, upcall_stack) == ENVIRONMENT_UPCALL_STACK);
static_assert(offsetof(Environment, nested_stack) == ENVIRONMENT_NESTED_STACK);
static_assert(offsetof(Environment, capabilities) == ENVIRONMENT_CAPABILITIES);
static_assert(offsetof(Environment, capability_mask) == ENVIRONMENT_CAPABILITY_MASK);
static_assert(offsetof(Environment, entry_asynchronous) == ENVIRONMENT_ENTRY_ASYNCHRONOUS);
static_assert(offsetof(Environment, cause_asynchronous) == ENVIRONMENT_CAUSE_ASYNCHRONOUS);
static_assert(offsetof(Environment, entries[ENTRY_PAGE_FAULT]) == ENVIRONMENT_ENTRY_PAGE_FAULT);
static_assert(offsetof(Environment, entries[ENTRY_EXCEPTION]) == ENVIRONMENT_ENTRY_EXCEPTION);
static_assert(vector_system_call == VECTOR_SYSTEM_CALL);
static_assert(offsetof(abi::ProcessorEnvironmentPage, upcalls) == PE_UPCALLS);
static_assert(offsetof(abi::ProcessorEnvironmentPage, exceptions) == PE_EXCEPTIONS);
static_assert(offsetof(abi::SaveArea, cause) == SAVE_CAUSE);
static_assert(offsetof(abi::SaveArea, rip) == SAVE_RIP);
static_assert(offsetof(abi::ProcessorEnvironmentPage, upcalls_disabled) == PE_UPCALLS_DISABLED);
static_assert(offsetof(abi::ProcessorEnvironmentPage, faults) == PE_FAULTS);
static_assert(offsetof(abi::ProcessorEnvironmentPage, save) == PE_SAVE);
static_assert(sizeof(abi::SaveArea) == SAVE_SIZE);
static_assert(offsetof(abi::SaveArea, r11) == SAVE_R11);
static_assert(offsetof(abi::SaveArea, rcx) == SAVE_RCX);
static_assert(offsetof(abi::SaveArea, rdx) == SAVE_RDX);
static_assert(offsetof(abi::SaveArea, rax) == SAVE_RAX);
static_assert(offsetof(abi::SaveArea, fault_address) == SAVE_FAULT_ADDRESS);
static_assert(static_cast<int>(abi::Entry::page_fault) == ENTRY_PAGE_FAULT);
static_assert(static_cast<int>(abi::Entry::exception) == ENTRY_EXCEPTION);
static_assert(static_cast<int>(abi::Outcome::boot_error) == BOOT_ERROR);
static_assert(offsetof(abi::SaveArea, error) == SAVE_ERROR);
static_assert(offsetof(abi::SaveArea, rsp) == SAVE_RSP);
static_assert(offsetof(abi::SaveArea, rflags) == SAVE_RFLAGS);

// The first half of an entry is the contract with its owner.
static_assert(sizeof(CapabilityEntry) == sizeof(abi::CapabilityEntry));
static_assert(offsetof(CapabilityEntry, kind_and_rights) ==
              offsetof(abi::CapabilityEntry, kind_and_rights));
static_assert(offsetof(CapabilityEntry, generation) == offsetof(abi::CapabilityEntry, generation));
static_assert(offsetof(CapabilityEntry, object) == offsetof(abi::CapabilityEntry, object));
static_assert(offsetof(CapabilityEntry, detail) == offsetof(abi::CapabilityEntry, detail));
static_assert(offsetof(CapabilityEntry, mapping_head) == offsetof(abi::CapabilityEntry, kernel));

} // namespace exokernel
