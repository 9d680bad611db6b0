// apps/bench/measured.hpp - the measured assembly as C++ sees it.
//
// Each function runs one pass and keeps the smallest number of ticks. Under -icount a tick is an
// instruction, so the ticks cross-check what the profiler counts between the labels.

#pragma once

#include <cstddef>
#include <cstdint>

#include "apps/bench/offsets.hpp"
#include "bindings/abi/layout.hpp"
#include "bindings/abi/processor_environment.hpp"
#include "bindings/abi/system_call.hpp"
#include "bindings/abi/translation.hpp"

namespace bench {

struct Measurement {
    std::uint64_t least_ticks = ~std::uint64_t{0};
    std::uint32_t failed = 0; // errors of all calls, or-ed
    std::uint32_t reserved = 0;
};

struct CallResult {
    std::uint64_t error;
    std::uint64_t value;
};

extern "C" {
using MeasuredCall = CallResult(Measurement*, std::uint64_t a, std::uint64_t b, std::uint64_t c,
                                std::uint64_t d, std::uint64_t e);
MeasuredCall measured_clock; // nothing between the two readings
MeasuredCall measured_null_call, measured_install, measured_remove, measured_prot100,
    measured_unprot100, measured_batch_install, measured_batch_remove, measured_bind_frames,
    measured_drop_frames, measured_yield, measured_switch, measured_emit;

using MeasuredFault = std::uint64_t(Measurement*, std::uint64_t address);
MeasuredFault measured_fault_clock;
MeasuredFault measured_fault, measured_invalid_opcode, measured_divide, measured_appel1,
    measured_appel2;

void bench_emit(std::uint64_t first, std::uint64_t second);

void bench_read_depth32_begin();
void bench_read_depth32_end();

// Entry points, and the resume sequence [begin, last).
void bench_map_handler();
void bench_skip_handler();
void bench_appel1_handler();
void bench_appel2_handler();
void bench_notice_handler();
void bench_resume_begin();
void bench_resume_last();

// The code of the environment that `switch` switches to.
void bench_yield_loop();
void bench_yield_loop_end();
// And that of environments for the long calls.
void bench_wait_loop();
void bench_wait_loop_end();
void bench_parent_loop();
void bench_parent_loop_end();
void bench_refuse_loop();
void bench_refuse_loop_end();

// What the handlers work on.
extern constinit std::uint64_t bench_table;            // capability of the leaf table
extern constinit std::uint64_t bench_frame;            // capability of the fixed frame
extern constinit std::uint64_t bench_unprotected_page; // page number

[[noreturn]] void bench_handler_failed(std::uint32_t error);
}

static_assert(PE_PAGE == abi::layout::pe_page);
static_assert(PE_UPCALLS_DISABLED == PE_PAGE + abi::pe_upcalls_disabled);
static_assert(PE_PENDING == PE_PAGE + abi::pe_pending);
static_assert(SAVE_AREA == PE_PAGE + abi::pe_save_areas);
static_assert(SAVE_RIP == SAVE_AREA + offsetof(abi::SaveArea, rip));
static_assert(CALL_NULL == static_cast<int>(abi::Call::null));
static_assert(CALL_INSTALL == static_cast<int>(abi::Call::install));
static_assert(CALL_REMOVE == static_cast<int>(abi::Call::remove));
static_assert(CALL_CHANGE == static_cast<int>(abi::Call::change));
static_assert(CALL_PERFORM_TRANSLATIONS == static_cast<int>(abi::Call::perform_translations));
static_assert(CALL_BIND_FRAMES == static_cast<int>(abi::Call::bind_frames));
static_assert(CALL_GRANT == static_cast<int>(abi::Call::grant));
static_assert(CALL_CREATE_ENVIRONMENT == static_cast<int>(abi::Call::create_environment));
static_assert(CALL_WAIT == static_cast<int>(abi::Call::wait));
static_assert(CALL_YIELD == static_cast<int>(abi::Call::yield));
static_assert(CALL_DROP_FRAMES == static_cast<int>(abi::Call::drop_frames));
static_assert(ACCESS_WRITE == abi::access::write);
static_assert(ALL_RIGHTS == abi::rights::all);
static_assert(LEAST_TICKS == offsetof(Measurement, least_ticks));
static_assert(FAILED == offsetof(Measurement, failed));

inline constexpr std::uint64_t protected_pages = PROTECTED_PAGES;

} // namespace bench
