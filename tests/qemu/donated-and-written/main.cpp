// tests/qemu/donated-and-written/main.cpp - a frame that becomes a page table is written to through
// a TLB that has not forgotten it.

#include "tests/qemu/support/slices.hpp"

using abi::Capability;
using child::Child;
using namespace world;
using processors::pause;
using processors::rises_above;
using processors::time_of;
using slices::bind;
using slices::counts;
using slices::position;
namespace call = libos::system_call;

namespace {

constexpr std::uint64_t at = 0x1e'0000;
constexpr std::uint64_t range = playground + (std::uint64_t{6} << 21);

// Writes the same word all the time, without a call.
void writes(std::uint64_t value) {
    auto& word = *reinterpret_cast<volatile std::uint64_t*>(at);
    for (;;) {
        word = value;
        pause();
    }
}

bool attack(std::uint64_t wait, std::uint64_t forged) {
    const Child made = child::build();
    const Capability one = frame();
    const Capability links = frame();
    (void)install(300, one);
    child::map(made.low_leaf, at, one, access::write);
    (void)check::needed("starting", child::start(made, writes, forged, time_of(2)));
    (void)rises_above(words(300)[0], 0);
    (void)remove(300);
    auto* const item = libos::request_area::at<abi::TranslationRequest>(batch);
    *item = {.operation = abi::TranslationOperation::remove_later,
             .index = static_cast<std::uint16_t>(at >> 12 & 511),
             .count = 1,
             .error = 0,
             .table = made.low_leaf,
             .frame = {},
             .value = 0};
    (void)call::perform_translations(batch / sizeof *item, 1);
    for (std::uint64_t i = 0; i != wait; ++i)
        asm volatile("" : : : "memory");
    const auto table = call::bind_page_table(start().root_table, one, links, range, 1);
    const std::uint64_t seen = table ? translation(range) : 0;
    if (!table)
        libos::print("refused {}\n", name_of(table.error()));
    (void)call::destroy_environment(made.environment, 0);
    (void)call::drop(Capability{table.value_or(0)});
    (void)call::drop(made.memory);
    return seen != 0;
}
} // namespace

int application_main(libos::Arguments) {
    open();
    // Its own capability table, with the right to write.
    const std::uint64_t forged = translation(table_view) | abi::translation::writable;
    // Its slices have the emulator pass the turn at any instruction of this processor.
    const Child ticks = child::build();
    bind(ticks, position(1, 0), abi::least_slice);
    (void)check::needed("starting", child::start(ticks, counts, 0, {}));
    unsigned holes = 0;
    for (std::uint64_t i = 0; i != 300; ++i)
        holes += attack(i * 37, forged) ? 1 : 0;
    check::equal("a frame that becomes a page table is written to by nobody", holes, 0);
    return check::verdict();
}
