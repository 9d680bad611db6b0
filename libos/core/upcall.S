# libos/core/upcall.S - where the exokernel enters the libOS, and how a thread is resumed.
#
# Entry (one stub per entry of the PE): registers hold the interrupted values, except rax (fault
# address), rdx (save area), rcx, r11; those and rflags, rsp, rip lie in the save area. The stub
# adds the other registers and calls the C++ handler, which answers whether to switch threads.
#
# Resume (step 8 of a fault): upcalls are enabled and the rest of the state is popped off save
# area 0, without entering the exokernel. Between libos_resume_begin and libos_resume_end an upcall
# is delivered on save area 1 and leaves area 0 as it is; since the sequence writes nothing but the
# flag, and every register it does not pop already has its final value, the stub then simply
# discards the partial resume and handles the upcall as one that interrupted the thread itself.
# Anything else that arrives on area 1 is a fault in the libOS's own handler.

    .set pe, 0x100000
    .set upcalls_disabled, pe + 16
    .set pending, pe + 20
    .set area0, pe + 512
    .set area1, pe + 768
    # offsets in a save area
    .set save_r11, 0
    .set save_rflags, 32
    .set save_rsp, 40
    .set save_rip, 48
    .set save_rbx, 80
    .set save_rbp, 88
    .set save_rsi, 96
    .set save_rdi, 104
    .set save_r8, 112
    .set save_r9, 120
    .set save_r10, 128
    .set save_r12, 136
    .set save_r13, 144
    .set save_r14, 152
    .set save_r15, 160
    .set upcall_stack_top, 0x111000 + 4 * 4096

    # One stub: `handler` is the variable that holds the C++ handler's address.
    .macro upcall_entry name, handler
    .globl \name
\name:
    test %edx, %edx
    jnz 2f
1:  mov %rdi, area0 + save_rdi
    mov %rsi, area0 + save_rsi
    mov %r8, area0 + save_r8
    mov %r9, area0 + save_r9
    mov %r10, area0 + save_r10
    mov %rbx, area0 + save_rbx
    mov %rbp, area0 + save_rbp
    mov %r12, area0 + save_r12
    mov %r13, area0 + save_r13
    mov %r14, area0 + save_r14
    mov %r15, area0 + save_r15
    mov $area0, %edi
    mov %rax, %rsi                  # rdx is the index of the save area
    cld
    call *\handler
    test %al, %al
    jz libos_resume
    jmp libos_switch_and_resume
2:  mov area1 + save_rip, %rcx      # inside the resume sequence?
    cmp $libos_resume_begin, %rcx
    jb libos_fault_in_handler
    cmp $libos_resume_end, %rcx
    jae libos_fault_in_handler
    movl $1, upcalls_disabled       # from here on it is an ordinary upcall
    mov $upcall_stack_top, %esp
    jmp 1b
    .endm

    .text
    upcall_entry libos_entry_page_fault, libos_handle_page_fault
    upcall_entry libos_entry_exception, libos_handle_exception
    upcall_entry libos_entry_io_completion, libos_handle_io_completion
    upcall_entry libos_entry_environment_ended, libos_handle_environment_ended
    upcall_entry libos_entry_revoke, libos_handle_revoke
    upcall_entry libos_entry_repossession, libos_handle_repossession
    upcall_entry libos_entry_slice_begin, libos_handle_slice_begin
    upcall_entry libos_entry_slice_end, libos_handle_slice_end

# A thread gives up the processor by itself; upcalls are disabled. Its state is written to save
# area 0 as if an upcall had interrupted it behind the call.
    .globl libos_switch_away
libos_switch_away:
    pop %rax
    mov %rax, area0 + save_rip
    mov %rsp, area0 + save_rsp
    movq $0x202, area0 + save_rflags
    mov %rbx, area0 + save_rbx
    mov %rbp, area0 + save_rbp
    mov %r12, area0 + save_r12
    mov %r13, area0 + save_r13
    mov %r14, area0 + save_r14
    mov %r15, area0 + save_r15
    mov $upcall_stack_top, %esp
libos_switch_and_resume:
    call *libos_switch_threads      # the next thread's state goes to area 0
    test %al, %al
    jz libos_idle_begin
libos_load_and_resume:
    mov area0 + save_rbx, %rbx
    mov area0 + save_rbp, %rbp
    mov area0 + save_r12, %r12
    mov area0 + save_r13, %r13
    mov area0 + save_r14, %r14
    mov area0 + save_r15, %r15
libos_resume:
    mov area0 + save_rsi, %rsi
    mov area0 + save_rdi, %rdi
    mov area0 + save_r8, %r8
    mov area0 + save_r9, %r9
    mov area0 + save_r10, %r10
    mov $area0, %esp
    .globl libos_resume_begin
libos_resume_begin:
    movl $0, upcalls_disabled       # from here on an upcall may arrive, on area 1
    cmpl $0, pending                # whatever came before is still pending
    jne 3f
    pop %r11
    pop %rcx
    pop %rdx
    pop %rax
    popfq
    pop %rsp
    jmp *area0 + save_rip
3:  movl $1, upcalls_disabled
    .globl libos_resume_end
libos_resume_end:
    mov $upcall_stack_top, %esp
    call libos_handle_pending       # takes the pending upcalls as if they had interrupted now
    test %al, %al
    jz libos_resume
    jmp libos_switch_and_resume

# The handler itself faulted: report, on the stack that the exokernel chose.
libos_fault_in_handler:
    mov $area1, %edi
    mov %rax, %rsi
    cld
    call libos_report_fault_in_handler
    ud2

# What runs when no thread can: wait for an upcall, with upcalls enabled. Needs no stack and no
# state: what an upcall saves of it is dropped.
libos_idle_begin:
    movl $0, upcalls_disabled       # what is pending already ends the first wait
libos_idle:
    mov $22, %eax                   # abi::Call::wait
    xor %edi, %edi
    xor %esi, %esi
    xor %edx, %edx
    xor %r8d, %r8d
    xor %r9d, %r9d
    syscall
    jmp libos_idle

# First instruction of a new thread: rbx = function, r12 = argument.
    .globl libos_thread_begin
libos_thread_begin:
    xor %ebp, %ebp
    mov %r12, %rdi
    call *%rbx
    call libos_thread_returned
    ud2
