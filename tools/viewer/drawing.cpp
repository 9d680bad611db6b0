// tools/viewer/drawing.cpp - the table of arrows.

#include "tools/viewer/drawing.hpp"

#include <algorithm>
#include <iterator>

namespace viewer {

namespace {

using Kind = abi::Event;
constexpr Lane hardware = Lane::hardware, exokernel = Lane::exokernel, libos = Lane::libos,
               disk = Lane::disk, party = Lane::party, other = Lane::other;

struct Row {
    Kind kind;
    Lane from, to;
    const char* label;
    const char* party = "";
};

constexpr Row rows[] = {
    {Kind::kernel_started, exokernel, exokernel, "{frames} free frames"},
    {Kind::environment_created, exokernel, exokernel, "create environment {environment}"},
    {Kind::environment_started, exokernel, party, "start at {entry}", "environment"},
    {Kind::environment_ended, party, exokernel, "end, status {status}", "environment"},
    {Kind::environment_switched, exokernel, party, "switch from {from} to {to}", "to"},
    {Kind::idle, exokernel, exokernel, "idle for {ticks}"},
    {Kind::processor_started, hardware, exokernel, "processor {started} is up"},
    {Kind::page_fault, hardware, exokernel, "#PF at {address}"},
    {Kind::exception, hardware, exokernel, "exception {vector} at {rip}"},
    {Kind::interrupt, hardware, exokernel, "interrupt {vector}"},
    {Kind::resumed_by_iret, exokernel, libos, "resume where it was"},
    {Kind::upcall, exokernel, libos, "upcall {entry}"},
    {Kind::system_call, exokernel, libos, "{call} returns, error {error}"},
    {Kind::entry_set, exokernel, exokernel, "entry {entry} at {address}"},
    {Kind::processor_environment_set, exokernel, exokernel, "PE in frame {pe_frame}"},
    {Kind::translation_installed, exokernel, hardware, "set {page} \u2192 frame {frame}"},
    {Kind::translation_removed, exokernel, hardware, "remove {page} \u2192 frame {frame}"},
    {Kind::translation_changed, exokernel, hardware, "{changed} pages become {access}"},
    {Kind::bits_cleared, exokernel, hardware, "clear {cleared} {which} bits"},
    {Kind::tlb_flushed, exokernel, hardware, "flush {count} pages"},
    {Kind::shootdown_sent, exokernel, other, "have processor {target} flush", "target"},
    {Kind::shootdown_answered, exokernel, other, "the TLB is flushed"},
    {Kind::frame_bound, exokernel, exokernel, "bind frame {frame}"},
    {Kind::frame_released, exokernel, exokernel, "free frame {frame}"},
    {Kind::page_table_bound, exokernel, exokernel, "page table in frame {frame}"},
    {Kind::binding_made, exokernel, party, "binding of a {kind}", "receiver"},
    {Kind::binding_broken, exokernel, party, "break {capability}", "holder"},
    {Kind::io_submitted, exokernel, disk, "{operation} block {block}, frame {frame}"},
    {Kind::io_completed, disk, exokernel, "request {request} done"},
    {Kind::io_refused, exokernel, libos, "refused: {error}"},
    {Kind::revocation_requested, libos, party, "{count} wanted back", "receiver"},
    {Kind::revocation_expired, exokernel, exokernel, "the deadline has passed"},
    {Kind::binding_taken, exokernel, exokernel, "break {capability} by force"},
    {Kind::state_saving, exokernel, disk, "save frame {frame} to block {block}"},
    {Kind::state_saved, disk, exokernel, "frame {frame} saved, error {error}"},
    {Kind::repossessed, exokernel, party, "slot {slot}: frame {frame} {state}", "receiver"},
    {Kind::revocation_ended, exokernel, party, "{given} given, {taken} taken", "receiver"},
    {Kind::guaranteed, exokernel, exokernel, "frame {frame} is guaranteed"},
    {Kind::handler_entered, libos, libos, "handler of {entry}"},
    {Kind::fault_seen, libos, libos, "fault {sequence}: page {page}"},
    {Kind::victim_chosen, libos, libos, "victim: page {victim_page}"},
    {Kind::frame_taken, libos, libos, "take frame {frame}"},
    {Kind::write_back_submitted, libos, exokernel, "write {page} to block {block}"},
    {Kind::read_submitted, libos, exokernel, "read block {block} to frame {frame}"},
    {Kind::completion_seen, libos, libos, "take the completion"},
    {Kind::fault_joined, libos, libos, "join the read of {page}"},
    {Kind::thread_resumed, libos, libos, "resume thread {thread} at {rip}"},
    {Kind::thread_switched, libos, libos, "thread {from} \u2192 {to}"},
    {Kind::policy_fallback, libos, libos, "FIFO steps in"},
    {Kind::pager_started, libos, libos, "page with {frames} frames"},
    {Kind::policy_told, libos, libos, "{page}: {answer}"},
    {Kind::no_victim, libos, libos, "no victim to be had"},
    {Kind::region_added, libos, libos, "region {region}: {pages} pages"},
    {Kind::read_along, libos, libos, "{page} as well"},
    {Kind::along_abandoned, libos, libos, "{page} does not come"},
    {Kind::hint_given, libos, libos, "{count} pages: {hint}"},
    {Kind::page_withdrawn, libos, libos, "{page} is the policy's no more"},
    {Kind::mapped, libos, exokernel, "map {page} \u2192 frame {frame}"},
    {Kind::fault_abandoned, libos, libos, "give fault {sequence} up"},
    {Kind::zero_filled, libos, libos, "{page} reads as zero"},
    {Kind::exception_seen, libos, libos, "exception {sequence}: vector {vector}"},
    {Kind::exception_resumed, libos, libos, "resume thread {thread} at {rip}"},
    {Kind::revocation_seen, libos, libos, "{count} wanted back"},
    {Kind::frame_chosen, libos, libos, "give frame {frame} back"},
    {Kind::repossession_seen, libos, libos, "frame {frame} is gone"},
    {Kind::page_restored, libos, libos, "{page} comes from block {block}"},
    {Kind::application_started, libos, libos, "the application starts"},
    {Kind::child_started, libos, party, "runs as environment {environment}", "environment"},
    {Kind::application_ended, libos, libos, "the application ends"},
};

} // namespace

Drawing drawing_of(Kind event, const char* name, bool claim) {
    const Row* const row = std::ranges::find(rows, event, &Row::kind);
    if (row != std::end(rows))
        return {row->from, row->to, row->label, row->party};
    std::string label = name;
    std::ranges::replace(label, '_', ' ');
    const Lane lane = claim ? libos : exokernel;
    return {lane, lane, label};
}

} // namespace viewer
