// apps/bench/calls.cpp - measures single system calls.

#include "apps/bench/benchmarks.hpp"
#include "apps/bench/measured.hpp"
#include "apps/bench/report.hpp"
#include "libos/core/system_call.hpp"

namespace bench {
namespace {

namespace request_area = libos::request_area;
namespace system_call = libos::system_call;

constexpr std::uint64_t batch = 64;

// Repeats a measured call, and reports the least ticks less the cost of reading the clock.
class Repeated {
public:
    Repeated() {
        for (int i = 0; i < 16; ++i)
            (void)measured_clock(&clock_, 0, 0, 0, 0, 0);
    }

    template <class Pass> void operator()(const char* name, std::uint64_t passes, Pass&& pass) {
        Measurement measurement;
        for (std::uint64_t i = 0; i < passes; ++i)
            pass(measurement);
        report(name, measurement);
    }

    void report(const char* name, const Measurement& measurement) const {
        if (measurement.failed != 0)
            give_up(name, static_cast<abi::Error>(measurement.failed));
        report_figure(name, measurement.least_ticks - clock_.least_ticks);
    }

private:
    Measurement clock_;
};

void measure_translations(const Ground& ground, std::uint64_t passes, Repeated& repeated) {
    Measurement install;
    Measurement remove;
    const std::uint64_t table = ground.table.value;
    const std::uint64_t page = ground.page(0).value;
    for (std::uint64_t i = 0; i < passes; ++i) {
        measured_install(&install, table, page, ground.frames[0].value, abi::access::write, 0);
        measured_remove(&remove, table, page, 0, 0, 0);
    }
    repeated.report("install", install);
    repeated.report("remove", remove);
}

void fill_batch(const Ground& ground, abi::TranslationOperation operation) {
    auto* requests = request_area::at<abi::TranslationRequest>(request_area::translations);
    for (std::uint64_t i = 0; i < batch; ++i)
        requests[i] = {.operation = operation,
                       .index = static_cast<std::uint16_t>(i),
                       .count = 1,
                       .error = 0,
                       .table = ground.table,
                       .frame = ground.frames[i],
                       .value = abi::access::write};
}

void measure_batches(const Ground& ground, std::uint64_t passes, Repeated& repeated) {
    Measurement install;
    Measurement remove;
    const std::uint64_t first = request_area::translations / sizeof(abi::TranslationRequest);
    for (std::uint64_t i = 0; i < passes; ++i) {
        fill_batch(ground, abi::TranslationOperation::install);
        const CallResult installed = measured_batch_install(&install, first, batch, 0, 0, 0);
        fill_batch(ground, abi::TranslationOperation::remove);
        const CallResult removed = measured_batch_remove(&remove, first, batch, 0, 0, 0);
        if (installed.value + removed.value != 0)
            give_up("an item of a batch", abi::Error::invalid_argument);
    }
    repeated.report("batch_install", install);
    repeated.report("batch_remove", remove);
}

void measure_protection(const Ground& ground, std::uint64_t passes, Repeated& repeated) {
    const std::uint64_t table = ground.table.value;
    const std::uint64_t page = ground.page(0).value;
    for (std::uint64_t i = 0; i < protected_pages; ++i)
        need(system_call::install(ground.table, ground.page(i), ground.frames[i],
                                  abi::access::write),
             "installing a page to protect");
    Measurement protect;
    Measurement unprotect;
    for (std::uint64_t i = 0; i < passes; ++i) {
        // With translations in the TLB, as a program that uses its pages has them.
        for (std::uint64_t at = 0; at < protected_pages; ++at)
            *reinterpret_cast<volatile std::uint32_t*>(range + at * abi::page_size) = 1;
        const CallResult done =
            measured_prot100(&protect, table, page, protected_pages, abi::access::read_only, 0);
        const CallResult undone =
            measured_unprot100(&unprotect, table, page, protected_pages, abi::access::write, 0);
        if (done.value != protected_pages || undone.value != protected_pages)
            give_up("the number of pages whose access changed", abi::Error::not_present);
    }
    repeated.report("prot100", protect);
    repeated.report("unprot100", unprotect);
    for (std::uint64_t i = 0; i < protected_pages; ++i)
        need(system_call::remove(ground.table, ground.page(i)), "removing a page");
}

void measure_binding(const Ground& ground, std::uint64_t passes, Repeated& repeated) {
    constexpr std::uint64_t frames = 32;
    const auto* bound = request_area::at<const abi::Capability>(request_area::capabilities);
    repeated("bind_frames", passes, [&](Measurement& measurement) {
        measured_bind_frames(&measurement, ground.start->memory.value, abi::any_frame, frames,
                             request_area::capabilities, 0);
        for (std::uint64_t i = 0; i < frames; ++i)
            need(system_call::drop(bound[i]), "dropping a frame");
    });
}

// What a libOS does that is asked for 64 clean frames: they are mapped, and were bound through a
// memory binding that lies two derivations below the first one's, as a child's does. A pass gives
// back many, and fewer passes do.
void measure_giving_back(const Ground& ground, std::uint64_t passes, Repeated& repeated) {
    const auto derived = [](abi::Capability memory) {
        return abi::Capability{need(system_call::derive(memory, abi::rights::all, 0, batch),
                                    "deriving a memory binding")};
    };
    const abi::Capability above = derived(ground.start->memory);
    const abi::Capability memory = derived(above);
    repeated("drop_frames", passes / 16 + 1, [&](Measurement& measurement) {
        const abi::Capability* const bound = bind_frames(memory, batch);
        for (std::uint64_t i = 0; i < batch; ++i)
            need(system_call::install(ground.table, ground.page(i), bound[i], abi::access::write),
                 "installing a frame to give back");
        if (measured_drop_frames(&measurement, request_area::capabilities, batch, 0, 0, 0).value !=
            0)
            give_up("a frame to give back", abi::Error::busy);
    });
    need(system_call::drop(above), "dropping a memory binding");
}

} // namespace

void measure_calls(const Ground& ground, std::uint64_t passes) {
    Repeated repeated;
    repeated("null_call", passes, [](Measurement& measurement) {
        (void)measured_null_call(&measurement, 0, 0, 0, 0, 0);
    });
    repeated("yield", passes,
             [](Measurement& measurement) { (void)measured_yield(&measurement, 0, 0, 0, 0, 0); });
    measure_translations(ground, passes, repeated);
    measure_batches(ground, passes, repeated);
    measure_protection(ground, passes, repeated);
    measure_binding(ground, passes, repeated);
    measure_giving_back(ground, passes, repeated);
}

} // namespace bench
