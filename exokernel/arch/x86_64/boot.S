// exokernel/arch/x86_64/boot.S - from the PVH entry (32-bit, paging off) to `kernel_main`.
//
// Maps the first 4 GiB three times with 2 MiB pages (identity, direct map, kernel image) in tables
// that live only until `build_address_space` has made the real ones.

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
    mov $boot_tables, %edi
    // Level 4: identity (0), direct map (256), kernel image (511).
    mov $(boot_tables + 0x1000 + 3), %eax
    mov %eax, (%edi)
    mov %eax, 256*8(%edi)
    movl $(boot_tables + 0x2000 + 3), 511*8(%edi)
    // Level 3: four gigabytes; the image's is the first one again, at index 510.
    mov $(boot_tables + 0x3000 + 3), %eax
    mov %eax, 0x1000(%edi)
    mov %eax, 0x2000 + 510*8(%edi)
    add $0x1000, %eax
    mov %eax, 0x1008(%edi)
    add $0x1000, %eax
    mov %eax, 0x1010(%edi)
    add $0x1000, %eax
    mov %eax, 0x1018(%edi)
    // Level 2: 2,048 large pages.
    lea 0x3000(%edi), %ecx
    mov $0x83, %eax         // present, writable, large
1:  mov %eax, (%ecx)
    add $8, %ecx
    add $0x200000, %eax
    jnc 1b
    mov %cr4, %eax
    or $0x20, %eax          // PAE
    mov %eax, %cr4
    mov %edi, %cr3
    mov $0xc0000080, %ecx   // EFER: long mode, no-execute, syscall
    rdmsr
    or $0x901, %eax
    wrmsr
    mov $0x80050033, %eax   // PG, AM (AC in ring 3 has effect), WP, NE, ET, MP, PE
    mov %eax, %cr0
    lgdt boot_gdt_pointer
    ljmp $8, $1f
    .code64
1:  xor %eax, %eax
    mov %eax, %ds
    mov %eax, %es
    mov %eax, %ss
    mov %eax, %fs
    mov %eax, %gs
    mov %ebx, %edi
    movabs $boot_stack_top, %rsp
    xor %ebp, %ebp
    movabs $kernel_main, %rax
    call *%rax
    ud2

    .balign 8
boot_gdt:
    .quad 0, 0x00af9b000000ffff
boot_gdt_pointer:
    .word 15
    .long boot_gdt

    // Physical addresses are used above, so the tables lie in .boot's own memory.
    .balign 4096
boot_tables:
    .skip 7 * 4096

    .bss
    .balign 16
    .global boot_stack, boot_stack_top
boot_stack:
    .skip 16384
boot_stack_top:
