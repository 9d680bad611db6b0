// tests/guests/broken/main.cpp - an app that goes wrong in the way that its first argument names:
// for the reports of `exo`.

#include "libos/core/address_space.hpp"
#include "libos/core/heap.hpp"
#include "libos/core/start.hpp"
#include "libos/core/threads.hpp"
#include "libos/core/upcall.hpp"
#include "libos/vm/mapped_file.hpp"

namespace {

volatile std::uint64_t turns = 0;
volatile std::uint64_t wild = 0x7000'0000'1000;

[[gnu::noinline]] void touch_wild_address() { *reinterpret_cast<volatile char*>(wild) = 1; }

[[gnu::noinline]] bool loop_in_handler(abi::SaveArea&, std::uint64_t, std::uint64_t) {
    for (;;)
        turns = turns + 1;
}

[[gnu::noinline]] bool fault_in_handler(abi::SaveArea&, std::uint64_t, std::uint64_t) {
    touch_wild_address();
    return false;
}

[[gnu::noinline]] void use_up_stack(std::uint64_t levels) {
    std::uint64_t room[64];
    asm volatile("movq %1, %0" : "=m"(room[0]) : "r"(levels), "m"(room));
    if (levels != 0)
        use_up_stack(levels - 1);
    asm volatile("" : : "m"(room)); // the room is needed until here
}

// Maps one frame at every page of the heap's range; then there is no room for a stack.
void fill_heap() {
    abi::Capability frame[1];
    libos::bind_frames(frame);
    const std::uint64_t begin = libos::heap::adopt_pages(frame);
    for (std::uint64_t at = begin + abi::page_size; at != libos::address_range::heap_end;
         at += abi::page_size)
        (void)libos::heap::adopt_pages(frame);
    libos::print("the heap is at its end\n");
    libos::print("pages behind its end: 0x{x}\n", libos::heap::allocate_pages(1));
}

// Lines as the exokernel and others write them, and as it says that its own ring is full.
void pretend() {
    libos::print("exokernel: PANIC: all is lost\n\rexokernel: PANIC: or nothing\r\n");
    libos::print("exokernel: environment 1 is ended: nested too deep (vector 14)\r\n");
    libos::print("[7] @crash=exception\r\n[7] @output.forged=1\r\n");
    libos::print("libos: recording_full: there is no room\n");
}

void jump(std::uint64_t address) { reinterpret_cast<void (*)()>(address)(); }

} // namespace

int application_main(libos::Arguments arguments) {
    const std::string_view how = arguments.count() == 0 ? "" : arguments[0];
    libos::print("broken: {}\n", how);
    if (how == "loop-in-handler")
        libos_handle_page_fault = loop_in_handler;
    if (how == "fault-in-handler")
        libos_handle_page_fault = fault_in_handler;
    if (how == "loop")
        for (;;)
            turns = turns + 1;
    if (how == "compute") {
        for (std::uint64_t i = 0; i < 300'000'000; ++i)
            turns = turns + 1;
        return 0;
    }
    if (how.starts_with("pretend"))
        pretend();
    if (how == "pretend")
        return 0;
    if (how == "full-heap")
        fill_heap();
    if (how == "deep-thread")
        libos::threads::join(libos::threads::create(use_up_stack, 100));
    if (how == "deep")
        use_up_stack(1000);
    if (how == "jump-to-kernel")
        jump(0xffff'ffff'8000'0000);
    if (how == "undefined")
        asm volatile("ud2");
    touch_wild_address();
    return 0;
}
