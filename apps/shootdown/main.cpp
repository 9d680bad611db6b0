// apps/shootdown/main.cpp - what it costs that another processor's TLB must forget a page.
//
// The first libOS maps the same 64 frames in the address spaces of its readers, lets them read, and
// removes all of these translations again, a batch at a time. A row for each number of readers and
// each size of a batch. With `--put-off` nobody waits for the flushes until a binding is broken.

#include <array>
#include <span>

#include "apps/shootdown/reader.hpp"
#include "bindings/abi/translation.hpp"
#include "libos/core/address_space.hpp"
#include "libos/core/format.hpp"
#include "libos/core/heap.hpp"
#include "libos/core/start.hpp"
#include "libos/core/system_call.hpp"
#include "libos/core/upcall.hpp"
#include "libos/environment/spawn.hpp"

namespace {

using namespace shootdown;
namespace call = libos::system_call;
constexpr std::uint64_t most_readers = 7;
constexpr std::uint64_t frames_of_reader = 128; // tables, heap, ring

const volatile abi::SystemPage& facts() {
    return *reinterpret_cast<const volatile abi::SystemPage*>(abi::layout::system_page);
}

std::uint64_t needed(const char* what, const call::Value& value) {
    if (!value)
        libos::fail(value.error(), "shootdown: {} failed: {}", what, name_of(value.error()));
    return *value;
}

struct Reader {
    libos::Child held;
    Shared* shared = nullptr;
    abi::Capability leaf; // the table of `pages_begin`
};

Reader start_reader(std::uint64_t processor) {
    Reader reader;
    abi::Capability frames[3]; // the shared page; a table and its links
    libos::bind_frames(frames);
    reader.shared = reinterpret_cast<Shared*>(libos::heap::adopt_pages({&frames[0], 1}));
    libos::Allowance allowance;
    allowance.frames = frames_of_reader;
    allowance.processor = processor;
    allowance.lent[0] = {frames[0], abi::rights::read | abi::rights::write};
    const auto child = libos::spawn("shootdown", "app=shootdown\narguments=--reader\n", allowance);
    if (!child)
        libos::fail(child.error(), "shootdown: starting a reader on processor {} failed: {}",
                    processor, name_of(child.error()));
    reader.held = *child;
    reader.leaf = {
        needed("binding a reader's page table",
               call::bind_page_table(child->root, frames[1], frames[2], pages_begin, 1))};
    return reader;
}

// One batched call for `count` pages of a reader's from `first` on.
void perform(const Reader& reader, abi::TranslationOperation operation, std::uint64_t first,
             std::uint64_t count, std::span<const abi::Capability> frames) {
    auto* const items =
        libos::request_area::at<abi::TranslationRequest>(libos::request_area::translations);
    for (std::uint64_t i = 0; i != count; ++i) {
        items[i] = {};
        items[i].operation = operation;
        items[i].index = static_cast<std::uint16_t>(first + i);
        items[i].table = reader.leaf;
        if (operation == abi::TranslationOperation::install)
            items[i].frame = frames[first + i];
    }
    const std::uint64_t failures =
        needed("a batch", call::perform_translations(0, static_cast<std::uint32_t>(count)));
    if (failures != 0)
        libos::fail(static_cast<abi::Error>(items[0].error),
                    "shootdown: {} of a batch were refused", failures);
}

struct Cost {
    std::uint64_t interrupts, flushes, instructions;
};

Cost shoot_down(std::span<Reader> readers, std::span<const abi::Capability> frames,
                std::uint64_t batch, abi::TranslationOperation removal) {
    static std::uint64_t round = 0;
    ++round;
    for (const Reader& reader : readers)
        perform(reader, abi::TranslationOperation::install, 0, pages, frames);
    for (const Reader& reader : readers)
        reader.shared->round = round;
    for (const Reader& reader : readers)
        while (reader.shared->finished != round)
            pause();
    const Cost before{facts().processor_interrupts, facts().shootdowns, __builtin_ia32_rdtsc()};
    for (const Reader& reader : readers)
        for (std::uint64_t first = 0; first != pages; first += batch)
            perform(reader, removal, first, batch, {});
    if (removal == abi::TranslationOperation::remove_later) // until something changes hands
        needed("breaking a binding",
               call::drop({needed("deriving", call::derive(frames[0], abi::rights::read, 0, 0))}));
    return {facts().processor_interrupts - before.interrupts, facts().shootdowns - before.flushes,
            __builtin_ia32_rdtsc() - before.instructions};
}

void print_row(std::uint64_t readers, std::uint64_t batch, const Cost& cost) {
    char room[128];
    libos::Line line{room};
    for (const std::uint64_t number : {readers, batch, readers * pages, cost.interrupts,
                                       cost.flushes, cost.instructions / (readers * pages)}) {
        std::size_t digits = 1;
        for (std::uint64_t rest = number; rest >= 10; rest /= 10)
            ++digits;
        for (; digits != 13; ++digits)
            line.append(' ');
        line.append_number(number, 10);
    }
    libos::print("{}\n", line.text());
    libos::print("@output.readers{}_batch{}_interrupts={}\n", readers, batch, cost.interrupts);
}

} // namespace

int application_main(libos::Arguments arguments) {
    if (arguments.has("--reader"))
        return read_until_told();
    const bool put_off = arguments.count() == 1 && arguments[0] == "--put-off";
    const auto removal =
        put_off ? abi::TranslationOperation::remove_later : abi::TranslationOperation::remove;
    if (arguments.count() != 0 && !put_off)
        libos::fail(abi::Error::invalid_argument, "shootdown: there is no argument `{}`",
                    arguments[0]);
    const std::uint64_t processors = facts().processors;
    if (processors == 1)
        libos::fail(abi::Error::invalid_argument,
                    "shootdown: the readers need other processors; say `--cpus 2` or more");
    std::array<abi::Capability, pages> frames;
    libos::bind_frames(frames);
    std::array<Reader, most_readers> readers;
    libos::print("     readers        batch        pages   interrupts      flushes    per page\n");
    for (std::uint64_t count = 1; count != processors; ++count) {
        readers[count - 1] = start_reader(count);
        for (std::uint64_t batch = 1; batch <= pages; batch *= 4)
            print_row(count, batch,
                      shoot_down(std::span{readers}.first(count), frames, batch, removal));
    }
    for (const Reader& reader : std::span{readers}.first(processors - 1)) {
        reader.shared->round = last_round;
        while (libos::end_of(reader.held) == nullptr) {
            const libos::UpcallsDisabled guard;
            if (libos::end_of(reader.held) == nullptr)
                call::disregard(call::wait());
        }
        libos::bury(reader.held);
    }
    return 0;
}
