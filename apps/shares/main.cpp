// apps/shares/main.cpp - who gets how much processor time.
//
// Threads that only count share the slices of this libOS as its scheduler says; or, with
// `--environments`, libOSes that only count have slices of their own, as long as their tickets say.

#include <array>
#include <span>

#include "libos/core/address_space.hpp"
#include "libos/core/arguments.hpp"
#include "libos/core/heap.hpp"
#include "libos/core/print.hpp"
#include "libos/core/start.hpp"
#include "libos/core/system_call.hpp"
#include "libos/core/threads.hpp"
#include "libos/core/upcall.hpp"
#include "libos/environment/spawn.hpp"
#include "libos/schedulers/scheduler_table.hpp"

namespace {

namespace call = libos::system_call;
constexpr std::size_t most_sharers = 8;

struct Sharer {
    std::uint64_t tickets = 0;
    volatile std::uint64_t* counter = nullptr;
    std::uint64_t counted = 0;
};

struct Plan {
    std::array<Sharer, most_sharers> sharers;
    std::size_t count = 0;
    std::uint64_t tickets = 0; // of all
    std::uint64_t slice = 0;   // ticks
    std::uint64_t slices = 0;  // that are given out
};

std::uint64_t last_slice = 0; // threads count until it has begun

std::uint64_t slices_so_far() {
    return const_cast<volatile abi::ProcessorEnvironmentPage&>(libos::processor_environment())
        .slices;
}

[[noreturn]] void refuse(const char* what) {
    libos::fail(abi::Error::invalid_argument, "shares: {}", what);
}

std::uint64_t number(const libos::Arguments& arguments, const char* name, std::uint64_t otherwise) {
    const auto value = arguments.number(name, otherwise);
    if (!value || *value == 0)
        refuse("the value behind --slice and --slices is a number from 1 on");
    return *value;
}

Plan plan_of(const libos::Arguments& arguments) {
    Plan plan;
    plan.slice = number(arguments, "--slice", 100'000);
    plan.slices = number(arguments, "--slices", 600);
    std::string_view text = arguments.option("--tickets", "3,2,1");
    while (!text.empty()) {
        const std::string_view word = text.substr(0, text.find(','));
        const auto tickets = libos::parse_number(word);
        if (!tickets || *tickets == 0 || *tickets > 1000 || plan.count == most_sharers)
            refuse("--tickets is up to 8 numbers from 1 to 1000, with commas between them");
        plan.sharers[plan.count++].tickets = *tickets;
        plan.tickets += *tickets;
        text.remove_prefix(word.size() < text.size() ? word.size() + 1 : text.size());
    }
    if (plan.count == 0)
        refuse("--tickets names nobody");
    return plan;
}

void count_in_thread(std::uint64_t counter) {
    auto& counted = *reinterpret_cast<volatile std::uint64_t*>(counter);
    while (slices_so_far() < last_slice)
        counted = counted + 1;
}

void read_counters(Plan& plan) {
    for (Sharer& sharer : std::span{plan.sharers}.first(plan.count))
        sharer.counted = *sharer.counter;
}

void share_among_threads(Plan& plan, const libos::Scheduler& scheduler) {
    libos::threads::use(scheduler);
    std::array<libos::Thread*, most_sharers> threads{};
    for (std::size_t i = 0; i != plan.count; ++i) {
        threads[i] = libos::threads::create(
            count_in_thread, reinterpret_cast<std::uint64_t>(plan.sharers[i].counter));
        threads[i]->tickets = static_cast<std::uint32_t>(plan.sharers[i].tickets);
    }
    last_slice = slices_so_far() + plan.slices;
    libos::threads::share_slices(plan.slice);
    for (std::size_t i = 0; i != plan.count; ++i)
        libos::threads::join(threads[i]);
    read_counters(plan);
}

// A libOS of its own: counts in the page that it was lent, for ever.
[[noreturn]] void count_in_environment() {
    const abi::Capability lent = libos::start_information().lent[0];
    auto& counted =
        *reinterpret_cast<volatile std::uint64_t*>(libos::heap::adopt_pages({&lent, 1}));
    for (;;)
        counted = counted + 1;
}

void share_among_environments(Plan& plan) {
    std::array<libos::Child, most_sharers> children;
    for (std::size_t i = 0; i != plan.count; ++i) {
        abi::Capability frame;
        libos::bind_frames({&frame, 1});
        plan.sharers[i].counter =
            reinterpret_cast<volatile std::uint64_t*>(libos::heap::adopt_pages({&frame, 1}));
        libos::Allowance allowance;
        allowance.frames = 64;
        allowance.slice = plan.slice * plan.sharers[i].tickets;
        allowance.lent[0] = {frame, abi::rights::read | abi::rights::write};
        const auto child = libos::spawn("shares", "app=shares\narguments=--counter\n", allowance);
        if (!child)
            libos::fail(child.error(), "shares: starting a libOS with a slice of {} failed: {}",
                        allowance.slice, name_of(child.error()));
        children[i] = *child;
    }
    // Each round of the run vector comes back here.
    for (std::uint64_t rounds = plan.slices / plan.tickets; rounds != 0; --rounds)
        call::disregard(call::yield());
    read_counters(plan); // before the first of them ends, and the others get more
    for (const libos::Child& child : std::span{children}.first(plan.count))
        libos::bury(child);
}

// Whether each has its share, to the hundredth.
bool report(const Plan& plan) {
    std::uint64_t total = 0;
    for (const Sharer& sharer : std::span{plan.sharers}.first(plan.count))
        total += sharer.counted;
    bool kept = true;
    for (std::size_t i = 0; i != plan.count; ++i) {
        const Sharer& sharer = plan.sharers[i];
        const std::uint64_t got = sharer.counted * 100'000 / total;
        const std::uint64_t due = sharer.tickets * 100'000 / plan.tickets;
        const std::uint64_t off = got > due ? got - due : due - got;
        kept = kept && off * 100 <= due;
        libos::print("{}: {} of {} tickets, counted {}: {}.{}{}{} % (due {}.{}{}{} %)\n", i + 1,
                     sharer.tickets, plan.tickets, sharer.counted, got / 1000, got / 100 % 10,
                     got / 10 % 10, got % 10, due / 1000, due / 100 % 10, due / 10 % 10, due % 10);
        libos::print("@output.share{}={}\n", i + 1, got);
    }
    return kept;
}

} // namespace

int application_main(libos::Arguments arguments) {
    if (arguments.has("--counter"))
        count_in_environment();
    for (std::size_t i = 0; i != arguments.count(); ++i)
        if (const std::string_view word = arguments[i];
            word.starts_with("--") && word != "--scheduler" && word != "--tickets" &&
            word != "--slice" && word != "--slices" && word != "--environments")
            refuse("arguments are --scheduler, --tickets, --slice, --slices, --environments");
    Plan plan = plan_of(arguments);
    const std::string_view name = arguments.option("--scheduler", "stride");
    const libos::Scheduler* const scheduler = libos::find_scheduler(name);
    if (scheduler == nullptr)
        refuse("--scheduler is round-robin or stride");
    static std::uint64_t counters[most_sharers];
    for (std::size_t i = 0; i != plan.count; ++i)
        plan.sharers[i].counter = &counters[i];
    const bool environments = arguments.has("--environments");
    if (environments)
        share_among_environments(plan);
    else
        share_among_threads(plan, *scheduler);
    const bool kept = report(plan);
    libos::print("{}\n", kept ? "each has its share within 1 %"
                              : "the shares are not those of the tickets");
    return 0;
}
