// tests/host/recording/story.cpp - the events of each step, and a whole correct run.

#include "tests/host/recording/story.hpp"

#include "bindings/abi/processor_environment.hpp"
#include "bindings/abi/system_call.hpp"
#include "bindings/abi/translation.hpp"

namespace story {

namespace {

constexpr std::uint64_t fault_entry = 0x401000, exception_entry = 0x401040,
                        completion_entry = 0x401080;
constexpr std::uint64_t first_table = 77, extent = 0x1'0000'0040, first_pe = 5;
constexpr std::uint64_t upcall_stack = 0x115000, nested_stack = 0x117000;
constexpr std::uint64_t resume_begin = 0x401200, resume_end = 0x401220;
constexpr std::uint64_t service_time = 500;

std::uint64_t number(abi::Call call) { return static_cast<std::uint64_t>(call); }
std::uint64_t number(abi::Entry entry) { return static_cast<std::uint64_t>(entry); }
std::uint64_t rip_of(std::uint64_t thread) { return 0x402000 + 16 * thread; }
std::uint64_t rsp_of(std::uint64_t thread) { return 0x500000 + 0x1000 * thread; }
std::uint64_t block_of(std::uint64_t page) { return page - 0x40000; }

} // namespace

std::uint64_t translation_of(std::uint64_t frame) {
    namespace bits = abi::translation;
    return frame << 12 | bits::present | bits::user | bits::writable | bits::may_write |
           bits::no_execute;
}

Story::Story() {
    recording_.facts = {{"app", "wc"}, {"policy", "fifo"}, {"frames", "3"}, {"seed", "1"}};
    recording_.rings = {{abi::RingOrigin::kernel, 0, 0, 0}, {abi::RingOrigin::libos, 1, 0, 0}};
    recording_.result.outcome = abi::Outcome::ended;
    recording_.result.ticks_at_start = 900;
    for (const std::uint64_t frame : {first_pe, first_table})
        kernel(Kind::frame_bound, {frame, capability_of(frame)});
    kernel(Kind::processor_environment_set, {1, first_pe, upcall_stack, nested_stack, 0, 0, 0, 0});
    kernel(Kind::page_table_bound, {first_table, 1, 0x4000'0000, 3, 98});
    for (Event& event : recording_.events)
        event.environment = 0; // nobody runs yet
    kernel(Kind::environment_started, {1, 0x400000}).environment = 0;
    kernel(Kind::kernel_started, {100, 0x1000000}).environment = 0;
    kernel(Kind::environment_switched, {0, 1}).environment = 0;
    kernel(Kind::processor_environment_set,
           {1, first_pe, upcall_stack, nested_stack, resume_begin, resume_end, 0, 0});
    kernel(Kind::system_call, {number(abi::Call::set_processor_environment), 0, 0, 0x403b00, 0});
    set_entry(abi::Entry::page_fault, fault_entry);
    set_entry(abi::Entry::exception, exception_entry);
    set_entry(abi::Entry::io_completion, completion_entry);
    claim(Kind::application_started, {0, 0x6377});                                // "wc"
    claim(Kind::pager_started, {3, 1, 0x40000, 0x6f666966, 0, 0, 0, 0, 1, 1, 0}); // "fifo"
}

Event& Story::append(std::uint32_t ring, Kind kind, std::initializer_list<std::uint64_t> words) {
    Event event;
    event.sequence = recording_.events.size();
    event.time = time_ += 10;
    if (kind == Kind::system_call)
        ++recording_.result.system_calls;
    if (kind == Kind::page_fault)
        ++recording_.result.faults;
    if (kind == Kind::interrupt)
        ++recording_.result.interrupts;
    event.environment = environment_;
    event.kind = static_cast<std::uint16_t>(kind);
    event.ring = ring;
    event.claim = ring != 0;
    event.words = 3 * abi::records_of(kind) - 1;
    std::copy(words.begin(), words.end(), event.payload.begin());
    recording_.events.push_back(event);
    return recording_.events.back();
}

Event& Story::kernel(Kind kind, std::initializer_list<std::uint64_t> words) {
    return append(0, kind, words);
}
Event& Story::claim(Kind kind, std::initializer_list<std::uint64_t> words) {
    return append(environment_, kind, words);
}

void Story::set_entry(abi::Entry entry, std::uint64_t address) {
    kernel(Kind::entry_set, {environment_, number(entry), address, 0, 0});
    kernel(Kind::system_call, {number(abi::Call::set_entry), 0, 0, 0x403c00, 0});
}

std::uint64_t Story::fault(std::uint64_t thread, std::uint64_t page, bool write) {
    const std::uint64_t sequence = ++faults_;
    run(thread);
    kernel(Kind::page_fault, {page << 12 | 0x340, write ? 6u : 4u, rip_of(thread), rsp_of(thread),
                              0x202, 0, 1, 14, 0, environment_, pe()});
    kernel(Kind::upcall,
           {number(abi::Entry::page_fault), fault_entry, 0, 512, 256, upcall_stack, 1, 0});
    claim(Kind::handler_entered,
          {number(abi::Entry::page_fault), fault_entry, thread, 0, sequence});
    claim(Kind::fault_seen, {page, thread, sequence, 0, 1});
    return sequence;
}

void Story::run(std::uint64_t thread) {
    if (thread != running_[environment_])
        claim(Kind::thread_switched, {running_[environment_], thread});
    running_[environment_] = thread;
}

void Story::join(std::uint64_t thread, std::uint64_t page) {
    claim(Kind::fault_joined, {page, thread});
}

void Story::take_frame(std::uint64_t sequence, std::uint64_t page, std::uint64_t frame,
                       std::uint64_t left) {
    claim(Kind::frame_taken, {sequence, frame, left, page, frame - 10});
}

void Story::replace(std::uint64_t sequence, std::uint64_t page, std::uint64_t frame, bool dirty) {
    if (dirty)
        claim(Kind::policy_told, {page + 3, static_cast<std::uint64_t>(abi::Told::accessed)});
    claim(Kind::victim_chosen, {sequence, page, frame, 0, 3, 0, 0, dirty ? 1u : 0u});
    if (dirty) { // the policy looked at it before and passed over another one
        kernel(Kind::bits_cleared, {page + 3, 1, abi::translation::accessed, 1, table()});
        kernel(Kind::system_call, {number(abi::Call::perform_translations), 0, 0, 0x403500, 0});
    }
    kernel(Kind::translation_removed, {page, frame, translation_of(frame) | (dirty ? 0x60u : 0x20u),
                                       dirty ? 0x60u : 0x20u, table(), 1, 0, 0});
    kernel(Kind::system_call, {number(abi::Call::remove), 0, dirty ? 0x60u : 0x20u, 0x403000,
                               table_capability_of(table())});
}

void Story::submit(std::uint64_t sequence, std::uint64_t page, std::uint64_t frame, bool write) {
    const std::uint64_t cookie = 100 + frame, request = ++requests_;
    request_of_frame_[frame] = request;
    claim(write ? Kind::write_back_submitted : Kind::read_submitted,
          {sequence, page, frame, cookie, block_of(page)});
    kernel(Kind::io_submitted,
           {request, write ? 1u : 0u, block_of(page), frame, cookie, time_ + service_time, extent,
            ++in_flight_[environment_], requests_of_[environment_]++, 0, 0});
    kernel(Kind::system_call, {number(abi::Call::submit_io), 0, 1, 0x403100, 0});
}

void Story::complete(std::uint64_t sequence, std::uint64_t page, std::uint64_t frame, bool) {
    const std::uint64_t cookie = 100 + frame;
    time_ += service_time;
    kernel(Kind::interrupt, {0x41, 0xffff'ffff'8020'0000, 0x246, 0xffff'ffff'8030'0000, 0});
    kernel(Kind::io_completed, {request_of_frame_[frame], 0, cookie, frame, environment_});
    --in_flight_[environment_];
    kernel(Kind::upcall,
           {number(abi::Entry::io_completion), completion_entry, 0, 512, 256, upcall_stack, 1, 4});
    claim(Kind::handler_entered,
          {number(abi::Entry::io_completion), completion_entry, running_[environment_], 0, 0});
    claim(Kind::completion_seen, {sequence, cookie, 0, frame, page});
}

void Story::install(std::uint64_t sequence, std::uint64_t thread, std::uint64_t page,
                    std::uint64_t frame) {
    claim(Kind::mapped, {sequence, page, frame, thread, abi::access::write});
    kernel(Kind::translation_installed, {page, frame, 0, translation_of(frame), abi::access::write,
                                         table(), capability_of(frame), 0});
    kernel(Kind::system_call,
           {number(abi::Call::install), 0, 0, 0x403200, table_capability_of(table())});
}

void Story::resume(std::uint64_t sequence, std::uint64_t thread, std::uint64_t page) {
    run(thread);
    claim(Kind::thread_resumed,
          {sequence, thread, rip_of(thread), rsp_of(thread), page, 0x202, 0, 0});
}

void Story::exception(std::uint64_t thread, std::uint64_t vector, std::uint64_t error,
                      std::uint64_t skipped) {
    const std::uint64_t sequence = ++exceptions_, rip = rip_of(thread), rsp = rsp_of(thread);
    run(thread);
    kernel(Kind::exception, {vector, error, rip, rsp, 0x202, 0, 1, 0, 0, environment_, pe()});
    kernel(Kind::upcall,
           {number(abi::Entry::exception), exception_entry, 0, 512, 256, upcall_stack, 1, 0});
    claim(Kind::handler_entered, {number(abi::Entry::exception), exception_entry, thread, 0, 0});
    claim(Kind::exception_seen, {sequence, vector, error, rip, rsp, 0x202, thread, 0});
    claim(Kind::exception_resumed, {sequence, thread, vector, rip + skipped, rsp, 0x202,
                                    skipped != 0 ? abi::edited::rip : 0, 0});
}

void Story::timer(std::uint64_t thread) {
    run(thread);
    kernel(Kind::interrupt, {0x40, rip_of(thread), 0x246, rsp_of(thread), 3});
    kernel(Kind::resumed_by_iret, {rip_of(thread), 0x246, rsp_of(thread), 0x40, 0});
}

void Story::wait() {
    run(0);
    kernel(Kind::system_call, {number(abi::Call::wait), 0, 0, 0x403300, 0});
}

void Story::end() {
    claim(Kind::application_ended, {0, 0});
    kernel(Kind::environment_ended, {1, 0, 0, 0x403400, 0});
}

void Story::switch_to(std::uint32_t environment) {
    // Whoever has ended has no processor to pass on.
    const bool ended =
        recording_.events.back().kind == static_cast<std::uint16_t>(Kind::environment_ended);
    if (ended)
        environment_ = 0;
    kernel(Kind::environment_switched, {environment_, environment});
    environment_ = environment;
}

std::uint64_t Story::table() const { return environment_ == 1 ? first_table : receiver_table; }
std::uint64_t Story::pe() const { return environment_ == 1 ? first_pe : receiver_pe; }

Recording Story::take() {
    recording_.result.ticks_at_end = time_ + 10;
    for (std::uint32_t ring = 0; ring < recording_.rings.size(); ++ring)
        recording_.rings[ring].records = records_of(recording_, ring, 0).size();
    return recording_;
}

Recording correct_story() {
    Story story;
    for (std::uint64_t frame = 10; frame < 14; ++frame)
        story.kernel(Kind::frame_bound, {frame, capability_of(frame)});
    story.kernel(Kind::system_call,
                 {number(abi::Call::bind_frames), 0, 0, 0x403600, capability_of(1)});
    constexpr std::uint64_t page = 0x40000;

    // A free frame.
    std::uint64_t fault = story.fault(1, page, true);
    story.take_frame(fault, page, 10, 2);
    story.submit(fault, page, 10, false);
    story.wait();
    story.complete(fault, page, 10, false);
    story.install(fault, 1, page, 10);
    story.resume(fault, 1, page);

    // Two threads overlap, a third joins the second; their completions come in one upcall.
    const std::uint64_t second = story.fault(1, page + 1);
    story.take_frame(second, page + 1, 11, 1);
    story.submit(second, page + 1, 11, false);
    const std::uint64_t third = story.fault(2, page + 2);
    story.take_frame(third, page + 2, 12, 0);
    story.submit(third, page + 2, 12, false);
    const std::uint64_t joined = story.fault(3, page + 2);
    story.join(3, page + 2);
    story.wait();
    story.complete(second, page + 1, 11, false);
    story.complete(third, page + 2, 12, false);
    story.install(second, 1, page + 1, 11);
    story.install(third, 2, page + 2, 12);
    story.resume(second, 1, page + 1);
    story.resume(third, 2, page + 2);
    story.resume(joined, 3, page + 2);

    // A clean victim.
    fault = story.fault(1, page + 3);
    story.replace(fault, page + 1, 11, false);
    story.submit(fault, page + 3, 11, false);
    story.wait();
    story.complete(fault, page + 3, 11, false);
    story.install(fault, 1, page + 3, 11);
    story.resume(fault, 1, page + 3);

    // A dirty victim.
    fault = story.fault(2, page + 4);
    story.replace(fault, page, 10, true);
    story.submit(fault, page, 10, true);
    story.wait();
    story.complete(fault, page, 10, true);
    story.submit(fault, page + 4, 10, false);
    story.wait();
    story.complete(fault, page + 4, 10, false);
    story.install(fault, 2, page + 4, 10);
    story.resume(fault, 2, page + 4);

    // A page behind the end of the file needs no read.
    fault = story.fault(2, page + 5);
    story.replace(fault, page + 2, 12, false);
    story.claim(Kind::zero_filled, {page + 5, 12});
    story.install(fault, 2, page + 5, 12);
    story.resume(fault, 2, page + 5);

    // Two exceptions, one of whose instructions is skipped, and the timer.
    story.exception(2, 13, 0x18, 3);
    story.timer(2);
    story.exception(2, 3, 0, 0);

    // A flush at exit, without a fault.
    story.kernel(Kind::bits_cleared, {page + 3, 3, abi::translation::dirty, 1, first_table});
    story.kernel(Kind::system_call, {number(abi::Call::perform_translations), 0, 0, 0x403500, 0});
    story.submit(0, page + 4, 10, true);
    story.wait();
    story.complete(0, page + 4, 10, true);
    story.end();
    return story.take();
}

} // namespace story
