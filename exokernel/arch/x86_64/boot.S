// exokernel/arch/x86_64/boot.S - from the PVH entry (32-bit, paging off) to `kernel_main`.
//
// Maps the first 4 GiB three times with 2 MiB pages (identity, direct map, kernel image) in tables
// that live only until `build_address_space` has made the real ones.

#include "exokernel/arch/x86_64/offsets.hpp"

    .section .note.pvh, "a"
    .balign 4
    .long 4, 4, 18          // name size, descriptor size, XEN_ELFNOTE_PHYS32_ENTRY
    .asciz "Xen"
    .long pvh_entry

    .section .boot, "ax"
    .code32
    .global pvh_entry
pvh_entry:                  // ebx = physical address of hvm_start_info
    cld
    mov %ebx, %edi          // cpuid writes ebx
    mov $0x80000001, %eax
    cpuid
    mov $no_long_mode, %esi
    bt $29, %edx
    jnc refuse
    mov $no_execute_disable, %esi
    bt $20, %edx
    jnc refuse
    lgdt boot_gdt_pointer
    mov $boot_start, %esi
enter_long_mode:            // esi = {stack, function}, edi = its argument; no data segment is good
    mov %cr4, %eax
    or $0x20, %eax          // PAE
    mov %eax, %cr4
    mov $boot_tables, %eax
    mov %eax, %cr3
    mov $0xc0000080, %ecx   // EFER: long mode, no-execute, syscall
    rdmsr
    or $0x901, %eax
    wrmsr
    mov $0x80050033, %eax   // PG, AM (AC in ring 3 has effect), WP, NE, ET, MP, PE
    mov %eax, %cr0
    ljmp $8, $1f
    .code64
1:  xor %eax, %eax
    xchg %rax, (%rsi)       // a stack is one processor's: who comes too late finds none
    test %rax, %rax
    jz 2f
    mov %rax, %rsp
    xor %ebp, %ebp
    call *8(%rsi)
2:  hlt                     // for good: interrupts are off
    jmp 2b

    // Every other processor begins in a copy of this, below 1 MiB.
    .code16
startup:                    // cs = the copy's segment
    lgdtl %cs:boot_gdt_pointer - startup
    mov $(STARTUP_PAGE + startup_start - startup), %esi
    mov %cr0, %eax
    or $1, %al
    mov %eax, %cr0
    ljmpl $16, $enter_long_mode
boot_gdt_pointer:
    .word 23
    .long boot_gdt
    .balign 8
startup_start:
    .quad 0, 0              // the boot processor writes stack and function into the copy
startup_end:

    // No memory is mapped and no device looked for yet: the console and the exit status are told.
    .code32
refuse:                     // esi = the line
    mov $0x3f8, %edx
1:  lodsb
    outb %al, %dx
    cmp $'\n', %al
    jne 1b
    mov $0x501, %edx
    mov $BOOT_ERROR, %eax
    outl %eax, %dx
    hlt
no_long_mode:
    .ascii "exokernel: cannot start: the processor lacks a 64-bit mode (take another one)\r\n"
no_execute_disable:
    .ascii "exokernel: cannot start: the processor lacks NX (switch it on in the firmware)\r\n"

    .balign 8
boot_gdt:
    .quad 0, 0x00af9b000000ffff, 0x00cf9b000000ffff
boot_start:
    .quad boot_stack_top, kernel_main

    // Physical addresses, so the tables lie in .boot's own memory. Entries: present and writable.
    .balign 4096
boot_tables:                // level 4: each entry the same, so also the direct map's and the image's
    .rept 512
    .quad level3 + 3
    .endr
level3:                     // four gigabytes, and the first one again for the image, at index 510
    .quad level2 + 3, level2 + 0x1003, level2 + 0x2003, level2 + 0x3003
    .fill 506, 8, 0
    .quad level2 + 3, 0
level2:                     // 2,048 large pages
    .set page, 0
    .rept 2048
    .quad page + 0x83
    .set page, page + 0x200000
    .endr

    .section .rodata
    .global startup_places
startup_places:             // physical addresses
    .quad startup, startup_start, startup_end

    .bss
    .balign 16
    .global boot_stack, boot_stack_top
boot_stack:
    .skip 16384
boot_stack_top:
