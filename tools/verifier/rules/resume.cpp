// tools/verifier/rules/resume.cpp - steps 7 and 8: the translation is installed, the thread goes
// on.
//
// "No system call between install and resume", precisely: after the call that installed the page
// of a thread's fault has returned, and until that thread resumes, its environment makes no system
// call. Not counted are calls while another thread is running, or after one ran or an upcall came
// (they are those'), calls all of whose effects concern other pages and frames (a handler serves
// several faults in one upcall), and `deliver_pending`, which serves the upcall that waits.
// Interrupts may come.

#include <algorithm>

#include <fmt/format.h>

#include "bindings/abi/system_call.hpp"
#include "bindings/abi/translation.hpp"
#include "tools/verifier/fields.hpp"
#include "tools/verifier/rules.hpp"

namespace verifier::rule {

using Kind = abi::Event;

void access_within_binding(const State&, const Event& event, Report& report) {
    if (kind_of(event) != Kind::translation_installed)
        return;
    namespace bits = abi::translation;
    const std::uint64_t page = get<Kind::translation_installed, "page">(event);
    const std::uint64_t before = get<Kind::translation_installed, "before">(event);
    const std::uint64_t after = get<Kind::translation_installed, "after">(event);
    const std::uint64_t access = get<Kind::translation_installed, "access">(event);
    const auto broken = [&](const char* what) {
        report.add(event.sequence,
                   fmt::format("the translation of page {:#x} is {:#x}: {}", page, after, what));
    };
    const bool writable = (after & bits::writable) != 0;
    const bool executable = (after & bits::no_execute) == 0;
    if ((before & bits::present) != 0)
        broken("there was one before");
    if ((after & bits::present) == 0 || (after & bits::user) == 0)
        broken("no user can use it");
    if ((after & bits::frame_mask) >> 12 != get<Kind::translation_installed, "frame">(event))
        broken("it leads to another frame than the binding's");
    if (writable && (after & bits::may_write) == 0)
        broken("it permits writing, the binding does not");
    if (executable && (after & bits::may_execute) == 0)
        broken("it permits execution, the binding does not");
    if (writable != ((access & abi::access::write) != 0))
        broken(writable ? "it permits writing, which was not asked for"
                        : "it does not permit writing, which was asked for");
    if (executable != ((access & abi::access::execute) != 0))
        broken(executable ? "it permits execution, which was not asked for"
                          : "it does not permit execution, which was asked for");
    if ((access & ~(abi::access::write | abi::access::execute)) != 0)
        broken("it was asked for an access that there is not");
}

void frame_was_free_or_a_victims(const State& state, const Event& event, Report& report) {
    if (kind_of(event) != Kind::translation_installed)
        return;
    const std::uint64_t page = get<Kind::translation_installed, "page">(event);
    const std::uint64_t frame = get<Kind::translation_installed, "frame">(event);
    if (state.is_awaited(event.environment, page) && !state.frame(frame).obtained)
        report.add(event.sequence,
                   fmt::format("page {:#x} is mapped to frame {}, which was neither taken from the "
                               "free ones nor from a victim",
                               page, frame));
}

void install_after_read_completed(const State& state, const Event& event, Report& report) {
    if (kind_of(event) != Kind::translation_installed)
        return;
    const std::uint64_t page = get<Kind::translation_installed, "page">(event);
    const std::uint64_t frame = get<Kind::translation_installed, "frame">(event);
    const Environment& environment = state.environment(event.environment);
    const auto read = environment.reads.find(page);
    if (state.frame(frame).reads != 0)
        report.add(
            event.sequence,
            fmt::format("page {:#x} is mapped while its frame {} is being read into", page, frame));
    else if (read == environment.reads.end()) {
        const auto zeroed = environment.zeroed.find(page);
        if (state.is_awaited(event.environment, page) &&
            (zeroed == environment.zeroed.end() || zeroed->second != frame))
            report.add(event.sequence,
                       fmt::format("page {:#x} is mapped to frame {}, into which it was neither "
                                   "read nor zeroed",
                                   page, frame));
    } else if (!read->second.complete)
        report.add(event.sequence,
                   fmt::format("page {:#x} is mapped before its read is complete", page));
    else if (!read->second.seen)
        report.add(event.sequence,
                   fmt::format("page {:#x} is mapped before the libOS took the completion of its "
                               "read",
                               page));
    else if (read->second.error != 0)
        report.add(event.sequence,
                   fmt::format("page {:#x} is mapped though its read failed", page));
    else if (read->second.frame != frame)
        report.add(event.sequence, fmt::format("page {:#x} was read into frame {}, but frame {} is "
                                               "mapped",
                                               page, read->second.frame, frame));
}

void join_needs_a_fault_in_flight(const State& state, const Event& event, Report& report) {
    if (kind_of(event) != Kind::fault_joined)
        return;
    const std::uint64_t page = get<Kind::fault_joined, "page">(event);
    const std::uint64_t thread = get<Kind::fault_joined, "thread">(event);
    const Environment& environment = state.environment(event.environment);
    const bool in_flight =
        environment.along.contains(page) || // nobody waits for it, and it is on its way
        std::ranges::any_of(environment.threads, [&](const auto& open) {
            return open.first != thread && open.second.hardware.page == page;
        });
    const auto own = environment.threads.find(thread);
    const bool faulted =
        own != environment.threads.end()
            ? own->second.hardware.page == page
            : std::ranges::find(environment.unclaimed, page, &HardwareFault::page) !=
                  environment.unclaimed.end();
    if (!faulted)
        report.add(event.sequence,
                   fmt::format("thread {} joins a fault on page {:#x} without having faulted on it",
                               thread, page));
    if (!in_flight)
        report.add(event.sequence,
                   fmt::format("thread {} joins a fault on page {:#x} that no other thread waits "
                               "for",
                               thread, page));
}

void resume_after_install(const State& state, const Event& event, Report& report) {
    if (kind_of(event) != Kind::thread_resumed)
        return;
    const std::uint64_t thread = get<Kind::thread_resumed, "thread">(event);
    const auto& threads = state.environment(event.environment).threads;
    const auto found = threads.find(thread);
    if (found != threads.end() && !found->second.installed && !found->second.resident &&
        !found->second.abandoned)
        report.add(
            event.sequence,
            fmt::format("thread {} resumes, but page {:#x} was not installed since its fault "
                        "(event {})",
                        thread, found->second.hardware.page, found->second.hardware.sequence));
}

void abandoned_because_refused(const State& state, const Event& event, Report& report) {
    if (kind_of(event) != Kind::fault_abandoned)
        return;
    const std::uint64_t thread = get<Kind::fault_abandoned, "thread">(event);
    const std::uint64_t page = get<Kind::fault_abandoned, "page">(event);
    const std::uint64_t error = get<Kind::fault_abandoned, "error">(event);
    const Environment& environment = state.environment(event.environment);
    const auto found = environment.threads.find(thread);
    if (found == environment.threads.end() || found->second.hardware.page != page ||
        found->second.number != get<Kind::fault_abandoned, "sequence">(event) ||
        found->second.installed) {
        report.add(event.sequence,
                   fmt::format("the fault of thread {} on page {:#x} is given up, but no such "
                               "fault waits for its page",
                               thread, page));
        return;
    }
    const auto refusal = environment.refusals.find(error);
    if (error == 0 || refusal == environment.refusals.end() ||
        refusal->second < found->second.hardware.sequence)
        report.add(event.sequence,
                   fmt::format("the fault of thread {} on page {:#x} (event {}) is given up for "
                               "error {}, which the exokernel has not answered since",
                               thread, page, found->second.hardware.sequence, error));
}

void fault_ends_with_resume(const State& state, const Event& event, Report& report) {
    if (kind_of(event) != Kind::fault_seen)
        return;
    const std::uint64_t thread = get<Kind::fault_seen, "thread">(event);
    const auto& threads = state.environment(event.environment).threads;
    const auto found = threads.find(thread);
    if (found != threads.end())
        report.add(event.sequence,
                   fmt::format("thread {} faults while it waits for page {:#x} (event {})", thread,
                               found->second.hardware.page, found->second.hardware.sequence));
}

void resume_at_the_faulting_instruction(const State& state, const Event& event, Report& report) {
    if (kind_of(event) != Kind::thread_resumed)
        return;
    const std::uint64_t thread = get<Kind::thread_resumed, "thread">(event);
    const auto& threads = state.environment(event.environment).threads;
    const auto found = threads.find(thread);
    if (found == threads.end())
        return; // it was not interrupted by a fault
    const HardwareFault& fault = found->second.hardware;
    const auto compare = [&](const char* what, std::uint64_t now, std::uint64_t then) {
        if (now != then)
            report.add(event.sequence,
                       fmt::format("thread {} resumes with {} {:#x}, its fault (event {}) had "
                                   "{:#x}",
                                   thread, what, now, fault.sequence, then));
    };
    compare("page", get<Kind::thread_resumed, "page">(event), fault.page);
    compare("fault number", get<Kind::thread_resumed, "sequence">(event), found->second.number);
    compare("rip", get<Kind::thread_resumed, "rip">(event), fault.rip);
    compare("rsp", get<Kind::thread_resumed, "rsp">(event), fault.rsp);
    compare("rflags", get<Kind::thread_resumed, "rflags">(event), fault.rflags);
}

void no_system_call_between_install_and_resume(const State& state, const Event& event,
                                               Report& report) {
    if (kind_of(event) != Kind::thread_resumed)
        return;
    const std::uint64_t thread = get<Kind::thread_resumed, "thread">(event);
    const auto& threads = state.environment(event.environment).threads;
    const auto found = threads.find(thread);
    if (found == threads.end() || found->second.system_call == 0)
        return;
    report.add(event.sequence,
               fmt::format("between the installation of page {:#x} and the resumption of thread {} "
                           "lies the system call {} (event {})",
                           found->second.hardware.page, thread,
                           abi::name_of(static_cast<abi::Call>(found->second.call_number)),
                           found->second.system_call));
}

void no_fault_again_after_resume(const State& state, const Event& event, Report& report) {
    if (kind_of(event) != Kind::page_fault)
        return;
    constexpr std::uint64_t error_write = 2, error_fetch = 16;
    const std::uint64_t address = get<Kind::page_fault, "address">(event);
    const std::uint64_t error = get<Kind::page_fault, "error">(event);
    const Mapping* mapping = state.mapping(event.environment, address >> 12);
    if (mapping == nullptr)
        return;
    const bool writable = (mapping->translation & abi::translation::writable) != 0;
    const bool executable = (mapping->translation & abi::translation::no_execute) == 0;
    if (((error & error_write) == 0 || writable) && ((error & error_fetch) == 0 || executable))
        report.add(event.sequence,
                   fmt::format("environment {} faults at {:#x} (error {:#x}), though page {:#x} -> "
                               "frame {} was installed and not removed",
                               event.environment, address, error, address >> 12, mapping->frame));
}

} // namespace verifier::rule
