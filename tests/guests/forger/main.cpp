// tests/guests/forger/main.cpp - a libOS that lies in its own recording ring.
//
// `forged` starts `wc` and, while that pages, writes records in the kernel's name and in that of
// `wc`. `honest` does the same, instruction for instruction, but to memory that nobody reads: what
// is recorded of others must be the same in both runs. `beyond`, `inside` and `losing` leave
// indices that cannot be right; `moving` changes them for long, for a recorder that looks
// meanwhile.

#include <iterator>

#include "bindings/random.hpp"
#include "libos/core/format.hpp"
#include "libos/core/record.hpp"
#include "libos/core/start.hpp"
#include "libos/core/system_call.hpp"
#include "libos/core/upcall.hpp"
#include "libos/environment/spawn.hpp"

namespace {

using libos::recording::detail::Ring;

constexpr std::uint64_t turns = std::size(abi::event_definitions);
constexpr std::uint64_t far_future = 1ull << 62;

abi::RingHeader idle_header;
abi::Record idle_records[4096];
Ring idle_ring{idle_records, std::end(idle_records), &idle_header, 0, 0};

// A place for lies: a libOS ring that it may write to, as it likes.
struct Forgery {
    Ring* ring;
    std::uint32_t own, other; // environments

    void write(std::uint64_t time, std::uint32_t environment, std::uint16_t processor,
               std::uint32_t kind, std::uint32_t part = 0) const {
        *ring->next++ = {.time = time,
                         .environment = environment,
                         .processor = processor,
                         .kind =
                             static_cast<std::uint16_t>(kind | part << abi::record_follow_shift),
                         .a = other, // a frame, a page, an environment ... of the other's
                         .b = 1};
        ring->header->head += 1;
    }
    void event(const abi::EventDefinition& definition, std::uint32_t environment) const {
        const auto kind = static_cast<std::uint32_t>(definition.event);
        for (std::uint32_t part = 0; part != definition.records; ++part)
            write(part == 0 ? now() : 2, environment, 0, kind, part);
    }
    static std::uint64_t now() { return __builtin_ia32_rdtsc(); }
};

void lie(const Forgery& forgery, std::uint64_t turn) {
    const abi::EventDefinition& definition = abi::event_definitions[turn];
    const auto switched = static_cast<std::uint32_t>(abi::Event::thread_switched);
    const auto fault = static_cast<std::uint32_t>(abi::Event::page_fault);
    forgery.event(definition, forgery.other);
    if (definition.event < abi::Event{abi::first_libos_event})
        forgery.event(definition, forgery.own);
    forgery.write(Forgery::now(), forgery.own, 7, switched);
    forgery.write(Forgery::now(), forgery.own, 0, 0x3ff);    // of no kind
    forgery.write(Forgery::now(), forgery.own, 0, fault);    // without the rest ...
    forgery.write(Forgery::now(), forgery.own, 0, fault, 2); // ... of which this is no part
    forgery.write(5, forgery.own, 0, switched);              // before the kernel was entered
    if (turn + 1 == turns)
        forgery.write(far_future, forgery.own, 0, switched);
}

// The run's file in blocks of its own, read-only.
libos::Child start_other() {
    const libos::FileEntry file = libos::manifest().file(0).value_or(libos::FileEntry{});
    char room[256];
    libos::Line line{room};
    const libos::FormatArgument words[] = {file.name, file.length};
    line.format("app=wc\nframes=16\npolicy=clock\nseed=1\narguments=\nfile={} 0 {}\n", words);
    libos::Allowance allowance;
    allowance.frames = 320;
    allowance.first_block = file.first_block;
    allowance.blocks = (file.length + abi::page_size - 1) / abi::page_size;
    allowance.disk_rights = abi::rights::read;
    const auto child = libos::spawn("wc", line.text(), allowance);
    if (!child)
        libos::fail(child.error(), "forger: starting wc failed: {}", name_of(child.error()));
    return *child;
}

void lie_while_another_pages(bool honest) {
    Ring* const rings[] = {&libos::recording::detail::ring, &idle_ring};
    const libos::Child child = start_other();
    const Forgery forgery{rings[honest ? 1 : 0], libos::start_information().environment,
                          child.identity};
    const auto& pe =
        const_cast<const volatile abi::ProcessorEnvironmentPage&>(libos::processor_environment());
    std::uint64_t turn = 0;
    for (; pe.ended_count == 0; ++turn) {
        if (turn < turns)
            lie(forgery, turn);
        libos::system_call::disregard(libos::system_call::yield());
    }
    libos::bury(child);
    libos::print("@output.turns={}\n", turn);
}

// Everything that can be written: the indices, and the records behind them.
void move_indices() {
    abi::RingHeader& header = *libos::recording::detail::ring.header;
    const std::uint64_t honest = header.head;
    volatile std::uint64_t& head = header.head;
    auto* const records = reinterpret_cast<volatile std::uint64_t*>(&header + 1);
    bindings::Random random(7);
    libos::print("moving\n");
    for (std::uint64_t i = 0; i != 20'000'000; ++i) {
        const std::uint64_t heads[] = {0, honest, honest - 1, 4, far_future};
        head = heads[random.below(std::size(heads))];
        records[random.below(honest * 4)] = random.next();
    }
    head = honest;
}

} // namespace

int application_main(libos::Arguments arguments) {
    const std::string_view how = arguments.count() == 0 ? "" : arguments[0];
    if (!libos::recording::is_on())
        libos::fail(abi::Error::not_present, "forger: there is no recording");
    if (how == "moving")
        move_indices();
    else
        lie_while_another_pages(!how.starts_with('f'));
    // The end of the application is one more record.
    abi::RingHeader& header = *libos::recording::detail::ring.header;
    const auto* const records = reinterpret_cast<const abi::Record*>(&header + 1);
    if (how == "beyond")
        header.head = far_future;
    if (how == "losing")
        header.lost = 5;
    while (how == "inside" && (header.head -= 1) != 0) {
        const std::uint16_t kind = records[header.head].kind;
        if (kind >> abi::record_follow_shift == 0 && abi::records_of(abi::Event{kind}) != 1)
            break; // what is cut behind its first record
    }
    return 0;
}
