// tests/qemu/random-environments/main.cpp - environments that make random system calls, with
// arguments that are nearly right. Whatever they do, the exokernel goes on, the first environment
// notices nothing, and every frame comes back.

#include "tests/qemu/support/arguments.hpp"
#include "tests/qemu/support/check.hpp"
#include "tests/qemu/support/child.hpp"
#include "tests/qemu/support/disk.hpp"

using namespace world;
namespace call = libos::system_call;
namespace layout = abi::layout;

namespace {

constexpr unsigned environments = 60;
constexpr unsigned calls = 2500; // at most, of each

class Random {
public:
    explicit Random(std::uint64_t seed) : state_{seed * 0x9e37'79b9'7f4a'7c15 + 1} {}
    std::uint64_t next() {
        state_ ^= state_ << 13;
        state_ ^= state_ >> 7;
        state_ ^= state_ << 17;
        return state_;
    }
    std::uint64_t below(std::uint64_t limit) { return next() % limit; }

private:
    std::uint64_t state_;
};

constexpr unsigned pool_size = 48;
std::uint64_t pool[pool_size]; // capabilities it has or had, and other results
unsigned pool_next = 0;

void keep(std::uint64_t value) { pool[pool_next++ % pool_size] = value; }

std::uint64_t argument(Random& random) {
    constexpr std::uint64_t addresses[] = {layout::image,
                                           layout::pe_page,
                                           layout::request_area,
                                           child::shared_address,
                                           0x1000'0000,
                                           1ull << 39,
                                           abi::user_end - 4096,
                                           abi::user_end,
                                           0xffff'8000'0000'0000,
                                           ~0ull,
                                           0x1f3,
                                           layout::free_range,
                                           layout::first_stack,
                                           layout::upcall_stack,
                                           0x1000'0000 >> 12,
                                           0x2000'0000};
    switch (random.below(16)) {
    case 0:
        return 0;
    case 1:
        return random.below(8);
    case 2:
        return random.below(600);
    case 3:
        return addresses[random.below(16)];
    case 4:
        return 1ull << random.below(64);
    case 5:
        return random.next();
    case 6:
        return abi::make_capability(static_cast<std::uint32_t>(random.below(64)),
                                    static_cast<std::uint32_t>(1 + random.below(3)))
            .value;
    case 7:
        return random.below(64) * 8;
    case 8:
        return random.below(2) != 0 ? access::write : access::execute;
    default:
        return pool[random.below(pool_size)];
    }
}

// Something in the request area and in the ring for the calls that read there.
void scribble(Random& random) {
    auto* const area = reinterpret_cast<volatile std::uint64_t*>(layout::request_area);
    for (unsigned i = 0; i != 12; ++i)
        area[random.below(64)] = argument(random);
    auto* const items = reinterpret_cast<volatile abi::TranslationRequest*>(layout::request_area);
    const auto item = random.below(8);
    const_cast<abi::TranslationRequest&>(items[item]) = {
        static_cast<abi::TranslationOperation>(random.below(7)),
        static_cast<std::uint16_t>(random.below(520)),
        static_cast<std::uint16_t>(random.below(4)),
        0,
        {argument(random)},
        {argument(random)},
        argument(random)};
    const abi::IoRequest request{{argument(random)},
                                 {argument(random)},
                                 static_cast<std::uint32_t>(random.below(20)),
                                 static_cast<abi::IoOperation>(random.below(3)),
                                 1};
    disk::ring.push(request);
}

void makes_random_calls(std::uint64_t seed) {
    Random random{seed};
    const abi::StartInformation& mine = start();
    const Capability ring_frame = frame(mine.memory);
    (void)call::install(mine.low_table, page_of(abi::VirtualAddress{layout::io_ring}), ring_frame,
                        access::write);
    (void)call::bind_io_ring(ring_frame);
    disk::ring = libos::IoRing{reinterpret_cast<abi::IoRing*>(layout::io_ring)};
    for (unsigned i = 0; i != pool_size / 6; ++i)
        for (const Capability one : {mine.self, mine.memory, mine.root_table, mine.low_table,
                                     mine.disk, frame(mine.memory)})
            keep(one.value);
    volatile std::uint64_t* const done = child::shared();
    for (unsigned i = 0; i != calls; ++i) {
        std::uint64_t number = random.below(abi::call_count);
        // Not those that end or silence it, and not the console.
        while (number == 12 || number == 15 || number == 16 || number == 22 || number == 24 ||
               number == 25)
            number = random.below(64) == 0 ? 12 : random.below(abi::call_count);
        // Frames and slots run out quickly; most calls should get further than that.
        if ((number == 9 || number == 19) && random.below(16) != 0)
            number = 5;
        if (random.below(3) == 0)
            scribble(random);
        std::uint64_t a[5];
        for (std::uint64_t& one : a)
            one = argument(random);
        if (number == 5 && random.below(4) != 0) {
            a[0] = mine.memory.value;
            a[1] = abi::any_frame;
            a[2] = 1 + random.below(3);
            a[3] = random.below(100) * 8;
        }
        if (number == 8 || number == 10)
            a[number == 8 ? 1 : 3] = random.below(64);
        done[1] = i;
        done[2] = number;
        arguments::trim(static_cast<Call>(number), a);
        const Value value = invoke(static_cast<Call>(number), a[0], a[1], a[2], a[3], a[4]);
        done[0] = done[0] + (value ? 1 : 0);
        if (value && *value != 0)
            keep(*value);
        if (value && number == 5)
            keep(reinterpret_cast<volatile std::uint64_t*>(layout::request_area)[a[3] / 8 % 2048]);
    }
    child::end(0);
}

} // namespace

// The first seed may be given as an argument.
int application_main(libos::Arguments arguments) {
    open();
    const std::uint64_t first_seed =
        arguments.count() != 0 ? libos::parse_number(arguments[0]).value_or(1) : 1;
    const std::uint64_t free_before = facts().free_frames;
    const std::uint64_t own_faults = libos::processor_environment().faults;
    std::uint64_t succeeded = 0;
    std::uint64_t performed = 0;
    std::uint64_t to_the_end = 0;
    std::uint64_t lost = 0;
    for (std::uint64_t seed = first_seed; seed != first_seed + environments; ++seed) {
        child::Options options;
        options.memory_limit = 60;
        options.disk_rights = rights::read | rights::write;
        const std::uint64_t ended = child::ended_count();
        const child::Child made = child::build(options);
        child::give_slice(made, 5'000'000);
        (void)check::needed("starting", child::start(made, makes_random_calls, seed));
        for (int i = 0; i != 1000 && child::ended_count() == ended; ++i)
            (void)call::yield();
        if (child::ended_count() == ended)
            (void)call::destroy_environment(made.environment, 1);
        const abi::EndNotice notice = child::wait_for_end(ended + 1);
        to_the_end += notice.reason == 0;
        succeeded += made.shared()[0];
        performed += made.shared()[1];
        (void)call::drop(made.memory);
        const bool all_back = facts().free_frames == free_before && facts().environments == 1;
        if (!all_back && lost++ == 0)
            libos::print("seed {}: {} frames free of {}, {} environments\n", seed,
                         facts().free_frames, free_before, facts().environments);
    }
    libos::print("@output.calls={}\n@output.succeeded={}\n@output.to_the_end={}\n", performed,
                 succeeded, to_the_end);
    check::that("60 environments made random system calls by the thousands",
                performed > 10'000 && succeeded > 1'000);
    check::equal("every frame of theirs came back", lost, 0);
    check::equal("and the first environment saw no fault", libos::processor_environment().faults,
                 own_faults);
    return check::verdict();
}
