// bindings/abi/event.hpp - the kinds of events in a recording, defined once for kernel, libOS and
// decoder.
//
// Each line: X(number, name, records, step, "payload fields in order", "sentence", "source file").
// Payload words: 2 in the first record, 3 in each further one. `step` is the step of a page fault
// (architecture: 1 detect ... 8 resume; 0 = belongs to no step; 9 stands for 4b, write-back), or
// 20 + n for step n of a revocation (1 request, choose, confirm, expire, break, save, record,
// deliver, mend, 10 restore).
// Kernel kinds are below 0x400 and are facts; libOS kinds are claims of the ring's owner.
// A sentence names fields in braces. Numbers are append-only. The fields name0, name1, ... are 8
// characters each, the first in the lowest byte, zeros behind the last.

#pragma once

#include <cstdint>

// clang-format off
#define FAULTLINE_KERNEL_EVENTS(X)                                                                                     \
  X(0x001, kernel_started,       1, 0, "frames total_bytes", "the exokernel starts with {frames} free frames", "exokernel/boot/kernel_main.cpp")   \
  X(0x002, environment_created,  1, 0, "environment parent", "environment {environment} is created by {parent}", "exokernel/environment/create_environment.cpp") \
  X(0x003, environment_started,  1, 0, "environment entry", "environment {environment} starts at {entry}", "exokernel/environment/start_environment.cpp") \
  X(0x004, environment_ended,    2, 0, "environment status reason rip fault_address", "environment {environment} ends with status {status} (reason {reason})", "exokernel/environment/end_environment.cpp") \
  X(0x005, environment_switched, 1, 0, "from to", "the processor passes from environment {from} to {to}", "exokernel/environment/run_vector.cpp") \
  X(0x006, idle,                 1, 0, "ticks due", "nothing is runnable for {ticks} instructions", "exokernel/environment/run_vector.cpp") \
  X(0x007, processor_started,    1, 0, "started identity", "processor {started} is up (local APIC {identity})", "exokernel/arch/x86_64/start_processors.cpp") \
  X(0x008, slice_bound,          2, 0, "environment position ticks reserved0 reserved1", "environment {environment} is given the slice at position {position}, {ticks} instructions long", "exokernel/environment/slice.cpp") \
  X(0x009, slice_begun,          1, 0, "position ticks", "the slice at position {position} begins, {ticks} instructions long", "exokernel/environment/slice.cpp") \
  X(0x00a, slice_overrun,        1, 0, "environment ticks", "environment {environment} gives the processor up {ticks} instructions after the end of its slice", "exokernel/environment/slice.cpp") \
  X(0x010, page_fault,           4, 1, "address error rip rsp rflags translation interrupts_on vector save_area environment pe", "the hardware raises #PF at {address} (error {error}), rip {rip}; the translation is {translation}", "exokernel/arch/x86_64/upcall.S") \
  X(0x011, exception,            4, 0, "vector error rip rsp rflags address interrupts_on reserved save_area environment pe", "the hardware raises exception {vector} and saves error code {error}, rip {rip}, rsp {rsp}, flags {rflags}", "exokernel/arch/x86_64/upcall.S") \
  X(0x012, interrupt,            2, 0, "vector rip rflags rsp ring", "interrupt {vector} arrives in ring {ring} at rip {rip}", "exokernel/PE/note_interrupt.hpp") \
  X(0x013, upcall,               3, 2, "entry address save_area frame_address frame_bytes stack depth pending", "the exokernel reads PE entry {entry} = {address} and enters the libOS there on save area {save_area}", "exokernel/PE/deliver_upcall.cpp") \
  X(0x014, system_call,          2, 0, "call error value rip argument", "system call {call} returns error {error}", "exokernel/arch/x86_64/system_call.S") \
  X(0x015, resumed_by_iret,      2, 0, "rip rflags rsp vector reserved", "the exokernel goes back to rip {rip} by iret", "exokernel/PE/deliver_upcall.cpp") \
  X(0x016, entry_set,            2, 0, "environment entry address reserved0 reserved1", "PE entry {entry} of environment {environment} becomes {address}", "exokernel/PE/set_processor_environment.cpp") \
  X(0x017, processor_environment_set, 3, 0, "environment pe_frame upcall_stack nested_stack resume_begin resume_end reserved0 reserved1", "the PE of environment {environment} is in frame {pe_frame}, its upcalls run on the stacks {upcall_stack} and {nested_stack}", "exokernel/PE/set_processor_environment.cpp") \
  X(0x020, translation_installed,3, 7, "page frame before after access table frame_capability reserved", "the exokernel checks both bindings and writes the translation page {page} -> frame {frame}", "exokernel/memory/translation.cpp") \
  X(0x021, translation_removed,  3, 4, "page frame before bits table flushed reserved0 reserved1", "the exokernel removes the translation page {page} -> frame {frame} (bits set: {bits}) and flushes the TLB", "exokernel/memory/translation.cpp") \
  X(0x022, translation_changed,  2, 0, "page count access changed table", "the access of {count} translations from page {page} becomes {access}", "exokernel/memory/translation.cpp") \
  X(0x023, bits_cleared,         2, 0, "page count which cleared table", "{cleared} {which} bits are cleared from page {page} on, and flushed", "exokernel/memory/translation.cpp") \
  X(0x024, tlb_flushed,          1, 0, "first count", "the TLB forgets {count} pages from {first}", "exokernel/bindings/break_binding.cpp") \
  X(0x025, shootdown_sent,       1, 0, "target running", "processor {target}, which runs environment {running}, has to flush its TLB", "exokernel/arch/x86_64/kernel_lock.cpp") \
  X(0x026, shootdown_answered,   1, 0, "running reserved", "the TLB of this processor, which runs environment {running}, is flushed for another one", "exokernel/arch/x86_64/kernel_lock.cpp") \
  X(0x030, frame_bound,          1, 0, "frame capability", "frame {frame} is bound, zeroed", "exokernel/memory/bind_frames.cpp") \
  X(0x031, frame_released,       1, 0, "frame reserved", "frame {frame} is free again", "exokernel/memory/frame_table.cpp") \
  X(0x032, page_table_bound,     2, 0, "frame level address root links", "frame {frame} becomes the level-{level} page table of {address}", "exokernel/memory/bind_page_table.cpp") \
  X(0x033, binding_made,         2, 0, "kind capability parent receiver rights", "a binding of kind {kind} is made for environment {receiver}", "exokernel/bindings/derive.cpp") \
  X(0x034, binding_broken,       2, 0, "kind capability holder object reserved", "the binding {capability} of environment {holder} is broken", "exokernel/bindings/capability_table.cpp") \
  X(0x040, io_submitted,         4, 5, "request operation block frame cookie due extent in_flight ring_index reserved0 reserved1", "the exokernel checks extent and frame and starts request {request}: operation {operation}, block {block}, frame {frame}", "exokernel/disk/submit_io.cpp") \
  X(0x041, io_completed,         2, 6, "request error cookie frame owner", "request {request} is complete with error {error}", "exokernel/disk/complete_io.cpp") \
  X(0x042, io_refused,           1, 0, "cookie error", "the request {cookie} is refused with error {error}", "exokernel/disk/submit_io.cpp") \
  X(0x050, revocation_requested, 3, 21, "number receiver capability kind count deadline asker asked", "environment {asker} asks environment {receiver} to give back {count} of {kind} {capability}, {asked} of them in use, within {deadline} of its instructions", "exokernel/revocation/request_revocation.cpp") \
  X(0x051, revocation_expired,   1, 24, "number receiver", "the deadline of revocation {number} has passed: environment {receiver} has not complied", "exokernel/revocation/deadline.cpp") \
  X(0x052, binding_taken,        3, 25, "number holder capability kind frame bits reserved0 reserved1", "the exokernel breaks {capability} of environment {holder} by force: it has no name and no translation any more", "exokernel/revocation/take_by_force.cpp") \
  X(0x053, state_saving,         2, 26, "number request frame block slot", "request {request} writes the contents of frame {frame} to block {block}, the place in slot {slot}", "exokernel/revocation/save_state.cpp") \
  X(0x054, state_saved,          2, 26, "number request frame error slot", "request {request} is complete with error {error}: the contents of frame {frame} are saved", "exokernel/revocation/save_state.cpp") \
  X(0x055, repossessed,          3, 27, "receiver slot capability kind frame state error forced", "slot {slot} of environment {receiver} tells of {capability}: state {state}", "exokernel/revocation/repossession.cpp") \
  X(0x056, revocation_ended,     2, 23, "number receiver given taken missing", "revocation {number} ends: {given} given back, {taken} taken by force, {missing} missing", "exokernel/revocation/request_revocation.cpp") \
  X(0x057, guaranteed,           2, 0, "capability frame links count reserved", "frame {frame} joins the guaranteed set, which has {count} frames now", "exokernel/revocation/guarantee.cpp")

#define FAULTLINE_LIBOS_EVENTS(X)                                                                                      \
  X(0x400, handler_entered,      2, 2, "entry address thread save_area sequence", "the libOS handler of entry {entry} runs, for thread {thread}", "libos/vm/pager.cpp") \
  X(0x401, fault_seen,           2, 2, "page thread sequence why region", "the libOS sees fault {sequence} of thread {thread}: page {page}", "libos/vm/pager_fault.hpp") \
  X(0x402, victim_chosen,        3, 3, "sequence victim_page victim_frame free_frames candidates policy reason dirty", "no frame is free: the policy names page {victim_page} in frame {victim_frame}", "libos/vm/pager_fault.hpp") \
  X(0x403, frame_taken,          2, 3, "sequence frame free_frames page number", "frame {frame} is taken for page {page}; {free_frames} stay free", "libos/vm/pager_fault.hpp") \
  X(0x404, write_back_submitted, 2, 9, "sequence page frame cookie block", "the victim {page} is dirty: the libOS submits its write-back to block {block}", "libos/vm/pager_fault.hpp") \
  X(0x405, read_submitted,       2, 5, "sequence page frame cookie block", "the libOS submits the read of block {block} into frame {frame}", "libos/vm/pager_completion.hpp") \
  X(0x406, completion_seen,      2, 6, "sequence cookie error frame page", "the libOS takes the completion {cookie} from its ring", "libos/vm/pager_completion.hpp") \
  X(0x407, fault_joined,         1, 0, "page thread", "thread {thread} joins the request in flight for page {page}", "libos/vm/pager_fault.hpp") \
  X(0x408, thread_resumed,       3, 8, "sequence thread rip rsp page rflags by_upcall reserved", "thread {thread} resumes at {rip} without entering the exokernel", "libos/core/threads.cpp") \
  X(0x409, thread_switched,      1, 0, "from to", "the libOS switches from thread {from} to {to}", "libos/core/threads.cpp") \
  X(0x40a, policy_fallback,      2, 0, "sequence victim_page reason offered reserved", "the policy's answer is refused (reason {reason}): FIFO steps in", "libos/vm/pager_fault.hpp") \
  X(0x40b, mapped,               2, 7, "sequence page frame thread access", "the libOS asks for page {page} -> frame {frame}", "libos/vm/pager_completion.hpp") \
  X(0x40c, zero_filled,          1, 5, "page frame", "page {page} lies behind the end of the file: it reads as zero", "libos/vm/pager_completion.hpp") \
  X(0x40d, exception_seen,       3, 2, "sequence vector error rip rsp rflags thread save_area", "the libOS finds exception {sequence} in save area {save_area}: vector {vector}, error code {error}, rip {rip}", "libos/core/exceptions.cpp") \
  X(0x40e, exception_resumed,    3, 8, "sequence thread vector rip rsp rflags edited reserved", "the application's handler has edited {edited}; thread {thread} goes on at {rip} without entering the exokernel", "libos/core/exceptions.cpp") \
  X(0x410, revocation_seen,      2, 22, "number binding count deadline used", "the libOS sees that it is asked for {count} of {binding}", "libos/vm/give_back.hpp") \
  X(0x411, frame_chosen,         2, 22, "number frame page dirty reserved", "the libOS chooses frame {frame} with page {page} to give back", "libos/vm/give_back.hpp") \
  X(0x412, repossession_seen,    2, 29, "slot binding frame state page", "the libOS finds in slot {slot} that frame {frame} with page {page} is gone", "libos/vm/repossession.hpp") \
  X(0x413, page_restored,        1, 30, "page block", "page {page} is read from block {block}, where its contents were saved", "libos/vm/refused.hpp") \
  X(0x414, fault_abandoned,      2, 7, "sequence page thread error reserved", "the fault is given up: installing page {page} is refused ({error}); thread {thread} executes its instruction again", "libos/vm/refused.hpp") \
  X(0x415, hint_given,           2, 0, "page count hint region reserved", "the application says of {count} pages from {page} on, of region {region}: hint {hint}", "libos/vm/pager_rules.hpp") \
  X(0x418, pager_started,        4, 0, "frames seed first_page name0 name1 name2 name3 grace batch cluster early", "the libOS pages with {frames} frames and the policy {name0}{name1}{name2}{name3}", "libos/vm/mapped_file.cpp") \
  X(0x419, policy_told,          1, 3, "page answer", "the policy is told of page {page}: {answer}", "libos/vm/policy_call.hpp") \
  X(0x41a, no_victim,            1, 3, "sequence page", "the policy is asked for a victim in vain: what could go is in flight or in use", "libos/vm/pager_fault.hpp") \
  X(0x41b, page_withdrawn,       1, 29, "page frame", "page {page} in frame {frame} is no longer the policy's", "libos/vm/policy_call.hpp") \
  X(0x41c, region_added,         2, 0, "region page pages blocks reserved", "region {region} has {pages} pages from {page} on, {blocks} of them on the disk", "libos/vm/policy_call.hpp") \
  X(0x41d, read_along,           1, 3, "sequence page", "page {page} is wanted as well, though nobody waits for it", "libos/vm/pager_rules.hpp") \
  X(0x41e, along_abandoned,      1, 7, "sequence page", "page {page}, which nobody waited for, does not come", "libos/vm/policy_call.hpp") \
  X(0x480, application_started,  2, 0, "arguments name0 name1 name2 name3", "the application {name0}{name1}{name2}{name3} starts", "libos/core/start.cpp") \
  X(0x481, application_ended,    1, 0, "status reserved", "the application ends with status {status}", "libos/core/start.cpp") \
  X(0x482, child_started,        2, 0, "environment name0 name1 name2 name3", "the libOS has started {name0}{name1}{name2}{name3} as environment {environment}", "libos/environment/spawn.cpp")
// clang-format on

namespace abi {

#define FAULTLINE_EVENT_ENUMERATOR(number, name, records, step, fields, sentence, source)          \
    name = number,
enum class Event : std::uint16_t {
    none = 0,
    FAULTLINE_KERNEL_EVENTS(FAULTLINE_EVENT_ENUMERATOR)
        FAULTLINE_LIBOS_EVENTS(FAULTLINE_EVENT_ENUMERATOR)
};
#undef FAULTLINE_EVENT_ENUMERATOR

// What a handler changed of what was saved (exception_resumed).
namespace edited {
inline constexpr std::uint64_t rip = 1, rsp = 2, rflags = 4, registers = 8;
} // namespace edited

// What a policy was told of a page (policy_told). Only what is so is recorded: a page of which the
// recording says nothing was not, or it was not asked about.
enum class Told : std::uint64_t {
    accessed = 1, // its reference bit was set, and has been cleared
    dirty = 2,
    pinned = 3,
    harvested = 4, // as accessed, but unasked
};

inline constexpr std::uint16_t first_libos_event = 0x400;
inline constexpr std::uint32_t write_back_step = 9;   // printed as 4b
inline constexpr std::uint32_t revocation_steps = 20; // step n of a revocation is 20 + n

struct EventDefinition {
    Event event;
    std::uint32_t records;
    std::uint32_t step;
    const char* name;
    const char* fields;
    const char* sentence;
    const char* source;
};

#define FAULTLINE_EVENT_DEFINITION(number, name, records, step, fields, sentence, source)          \
    {Event::name, records, step, #name, fields, sentence, source},
inline constexpr EventDefinition event_definitions[] = {FAULTLINE_KERNEL_EVENTS(
    FAULTLINE_EVENT_DEFINITION) FAULTLINE_LIBOS_EVENTS(FAULTLINE_EVENT_DEFINITION)};
#undef FAULTLINE_EVENT_DEFINITION

/// The number of records of `event`; 1 for an unknown kind.
constexpr std::uint32_t records_of(Event event) {
    for (const EventDefinition& definition : event_definitions)
        if (definition.event == event)
            return definition.records;
    return 1;
}

} // namespace abi
