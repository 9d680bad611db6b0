# tests/qemu/resume/forms.S - one function for each form of faulting instruction.
#
# form(target): fills every general register, the flags and all vector registers with patterns,
# executes the instruction on `target`, then writes every register to `form_dump`. What a fault in
# between changes, the dump shows.

    .set pattern_flags, 0x2008d5 | 2    # ID, OF, SF, ZF, AF, PF, CF

    .bss
    .balign 64
    .globl form_dump
form_dump:      .skip 16 * 8 + 8 + 8 + 512 + 512    # registers, flags, -, fxsave, vectors
    .set dump_flags, form_dump + 128
    .set dump_fx, form_dump + 144
    .set dump_vectors, form_dump + 656
safe_stack:     .quad 0
    .data
    .balign 32
    .globl form_patterns
form_patterns:
    .set i, 0
    .rept 64
    .quad 0x0123456789abcdef + i * 0x1111000011110001
    .set i, i + 1
    .endr
gather_indices: .long 0, 1, 1020, 1024, 3, 1500, 1023, 2000
    .balign 16
real_number:    .double 2.718281828459045
default_mxcsr:  .long 0x1f80

    .macro begin name
    .text
    .globl form_\name
form_\name:
    push %rbx
    push %rbp
    push %r12
    push %r13
    push %r14
    push %r15
    mov %rsp, safe_stack
    fninit
    fldl real_number
    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
    vmovdqa form_patterns + 32 * \n, %ymm\n
    .endr
    pushq $pattern_flags
    popfq
    movabs $0xa0a1a2a3a4a5a6a7, %rax
    movabs $0xb0b1b2b3b4b5b6b7, %rbx
    movabs $0xc0c1c2c3c4c5c6c7, %rcx
    movabs $0xd0d1d2d3d4d5d6d7, %rdx
    movabs $0xe0e1e2e3e4e5e6e7, %rsi
    movabs $0xf0f1f2f3f4f5f6f7, %rbp
    movabs $0x0808080818181818, %r8
    movabs $0x0909090919191919, %r9
    movabs $0x1010101020202020, %r10
    movabs $0x1111111121212121, %r11
    movabs $0x1212121222222222, %r12
    movabs $0x1313131323232323, %r13
    movabs $0x1414141424242424, %r14
    movabs $0x1515151525252525, %r15
    .endm

    .macro end
    jmp form_end
    .endm

    .text
    .globl form_end
form_end:
    mov %rax, form_dump + 0
    mov %rbx, form_dump + 8
    mov %rcx, form_dump + 16
    mov %rdx, form_dump + 24
    mov %rsi, form_dump + 32
    mov %rdi, form_dump + 40
    mov %rbp, form_dump + 48
    mov %rsp, form_dump + 56
    mov %r8, form_dump + 64
    mov %r9, form_dump + 72
    mov %r10, form_dump + 80
    mov %r11, form_dump + 88
    mov %r12, form_dump + 96
    mov %r13, form_dump + 104
    mov %r14, form_dump + 112
    mov %r15, form_dump + 120
    mov safe_stack, %rsp
    pushfq
    popq dump_flags
    cld
    fxsave64 dump_fx
    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
    vmovdqu %ymm\n, dump_vectors + 32 * \n
    .endr
    vzeroupper
    fninit
    ldmxcsr default_mxcsr
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %rbp
    pop %rbx
    ret

begin load
    mov (%rdi), %rax
end
begin store
    mov %rbx, 8(%rdi)
end
begin add_to_memory
    add %rbx, 16(%rdi)
end
begin lock_xadd
    lock xadd %rbx, 24(%rdi)
end
begin cmpxchg16b
    lock cmpxchg16b 32(%rdi)
end
begin push
    lea 64(%rdi), %rsp
    push %rbx
end
begin pop
    lea 64(%rdi), %rsp
    pop %rbx
end
begin push_memory
    lea 4096 + 64(%rdi), %rsp
    pushq 8(%rdi)
end
begin call
    lea 64(%rdi), %rsp
    call form_end
begin ret
    lea 64(%rdi), %rsp
    mov $form_end, %eax
    mov %rax, form_return       # the test puts it there, in both runs
    ret
begin leave
    lea 64(%rdi), %rbp
    leave
end
begin pushfq
    lea 64(%rdi), %rsp
    pushfq
end
begin popfq
    lea 128(%rdi), %rsp
    popfq
end
# No iretq: QEMU's TCG reads its frame with the kernel's rights, which SMAP forbids.
begin rep_movsb
    lea 4000(%rdi), %rdi
    mov $form_patterns, %esi
    mov $200, %ecx
    rep movsb
end
begin rep_stosq_backwards
    lea 4096 + 160(%rdi), %rdi
    mov $40, %ecx
    std
    rep stosq
end
begin repe_cmpsb
    lea 4000(%rdi), %rsi
    lea 4000(%rdi), %rdi
    mov $200, %ecx
    repe cmpsb
end
begin movsq_between_two_missing_pages
    lea 8(%rdi), %rsi
    lea 4096 + 16(%rdi), %rdi
    movsq
end
begin misaligned_store_across_pages
    mov %rbx, 4091(%rdi)
end
begin misaligned_load_across_pages
    mov 4093(%rdi), %rbx
end
begin sse_store
    movdqa %xmm3, 48(%rdi)
end
begin sse_load_operand
    paddq 48(%rdi), %xmm4
end
begin avx_store_across_pages
    vmovdqu %ymm5, 4083(%rdi)
end
begin avx_load_across_pages
    vmovdqu 4083(%rdi), %ymm6
end
begin avx_gather
    vmovdqu gather_indices, %ymm1
    vpcmpeqd %ymm2, %ymm2, %ymm2
    vpgatherdd %ymm2, (%rdi,%ymm1,4), %ymm7
end
begin avx_masked_store
    vmovdqu form_patterns, %ymm1
    vpmaskmovd %ymm8, %ymm1, 4080(%rdi)
end
begin x87_load
    fldt 40(%rdi)
end
begin x87_store
    fstpt 4090(%rdi)
end
begin xsave_across_pages
    mov $7, %eax
    xor %edx, %edx
    xsave64 3584(%rdi)
end
begin pop_to_memory
    lea 64(%rdi), %rsp
    popq 4096 + 8(%rdi)
end
begin enter
    lea 4096 + 8(%rdi), %rsp    # pushes rbp there, then a word of the frame that it had
    lea 128(%rdi), %rbp
    enter $16, $2
end
begin lods
    lea 8(%rdi), %rsi
    lodsq
end
begin scas
    lea 4000(%rdi), %rdi
    mov $30, %ecx
    repne scasq
end
begin xlat
    mov %rdi, %rbx
    mov $5, %eax
    xlatb
end
begin bts_register_offset
    mov $8 * 4096 + 67, %eax
    bts %rax, (%rdi)
end
begin jmp_through_memory
    jmp *64(%rdi)
begin call_through_memory
    lea 4096 + 64(%rdi), %rsp
    call *64(%rdi)
begin fxrstor_across_pages
    fxrstor64 3840(%rdi)
end
begin xrstor_across_pages
    mov $7, %eax
    xor %edx, %edx
    xrstor64 3840(%rdi)
end
begin fldenv
    fldenv 256(%rdi)
end
begin xchg
    xchg %rbx, 8(%rdi)
end
begin adc_to_memory
    adc %rbx, 16(%rdi)
end
# No rcl: QEMU's TCG changes the carry before it stores what may not be written.
begin shl_of_memory
    mov $5, %cl
    shlq %cl, 4093(%rdi)
end
begin sets_to_memory
    sets 4095(%rdi)
end
begin cmov_from_memory
    cmovo 4094(%rdi), %rax
end
begin div_by_memory
    xor %edx, %edx
    divq 8(%rdi)
end
begin cmpxchg8b
    lock cmpxchg8b 40(%rdi)
end
begin crc32
    crc32q 4090(%rdi), %rax
end
begin movnti
    movnti %rbx, 4090(%rdi)
end
begin maskmovdqu
    lea 4090(%rdi), %rdi
    maskmovdqu %xmm2, %xmm1
end
begin pcmpistri
    pcmpistri $0x0c, 4088(%rdi), %xmm4
end
begin cvtsi2sd
    cvtsi2sdq 4092(%rdi), %xmm9
end
begin avx_half_stored
    vextractf128 $1, %ymm5, 4090(%rdi)
end
begin ldmxcsr
    ldmxcsr 160(%rdi)
end
begin stmxcsr
    stmxcsr 4094(%rdi)
end
begin frstor
    frstor 256(%rdi)
end
begin fnsave_across_pages
    fnsave 4030(%rdi)
end
begin call_to_another_missing_page
    lea 4096 + 64(%rdi), %rsp
    mov $form_end, %ebx
    call *form_code
begin ret_to_another_missing_page
    lea 4096 + 64(%rdi), %rsp
    mov $form_end, %ebx
    ret
begin fetch_across_pages
    mov $form_end, %ebx
    lea 4093(%rdi), %rcx
    jmp *%rcx                   # mov $imm64, %rax; jmp *%rbx
begin fetch
    mov $form_end, %ebx
    jmp *form_code

# What the forms above load: two numbers on the x87 stack, rounding down, a pattern in ymm3.
    .globl form_keep_state
form_keep_state:
    fninit
    fldpi
    fldl2e
    fldcw rounding_down
    vmovdqa form_patterns + 320, %ymm3
    mov $7, %eax
    xor %edx, %edx
    xsave64 form_state
    fnstenv form_environment
    fninit
    vzeroupper
    ret
    .data
rounding_down:  .word 0x77f
    .balign 64
    .globl form_state, form_environment
form_state:     .skip 832
form_environment: .skip 32

    .globl form_return, form_code
form_return:    .quad 0
form_code:      .quad 0
