// exokernel/arch/x86_64/offsets.hpp - what assembly knows of C++ structures
// (tests/host/exokernel/structures_test.cpp asserts each number).

#pragma once

#define SELECTOR_KERNEL_CODE 0x10
#define SELECTOR_KERNEL_DATA 0x18
#define SELECTOR_USER_DATA 0x2b
#define SELECTOR_USER_CODE 0x33
#define SELECTOR_TSS 0x38

// Behind GS in the kernel: the Environment that has the processor.
#define ENVIRONMENT_PROCESSOR 176
#define ENVIRONMENT_REGISTERS_END 184
#define ENVIRONMENT_USER_STACK 192
#define ENVIRONMENT_STACK_TOP 200
#define ENVIRONMENT_PE_PAGE 208
#define ENVIRONMENT_UPCALL_STACK 216
#define ENVIRONMENT_NESTED_STACK 224
#define ENVIRONMENT_CAPABILITIES 232
#define ENVIRONMENT_CAPABILITY_MASK 240
#define ENVIRONMENT_ENTRY_ASYNCHRONOUS 248
#define ENVIRONMENT_CAUSE_ASYNCHRONOUS 256
#define ENVIRONMENT_ENTRY_PAGE_FAULT 264
#define ENVIRONMENT_ENTRY_EXCEPTION 272

#define VECTOR_SYSTEM_CALL 256
#define STARTUP_PAGE 0x8000 // where processors begin; the firmware has no use for it any more
#define HOT_CALLS 5         // entries of hot_calls (memory/translation.cpp)

// The PE page (bindings/abi/processor_environment.hpp).
#define PE_UPCALLS_DISABLED 16
#define PE_FAULTS 64
#define PE_UPCALLS 72
#define PE_EXCEPTIONS 112
#define PE_SAVE 512
#define SAVE_SIZE 256
#define SAVE_R11 0
#define SAVE_RCX 8
#define SAVE_RDX 16
#define SAVE_RAX 24
#define SAVE_RFLAGS 32
#define SAVE_RSP 40
#define SAVE_RIP 48
#define SAVE_ERROR 56
#define SAVE_FAULT_ADDRESS 64
#define SAVE_CAUSE 72

#define ENTRY_PAGE_FAULT 0
#define ENTRY_EXCEPTION 1

#define BOOT_ERROR 5 // abi::Outcome

#define UPCALL_RFLAGS 0x202 // interrupts on; TF, DF, AC, NT clear
