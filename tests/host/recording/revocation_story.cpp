// tests/host/recording/revocation_story.cpp - a whole correct run with visible revocation in it.

#include "bindings/abi/error.hpp"
#include "bindings/abi/processor_environment.hpp"
#include "bindings/abi/revocation.hpp"
#include "bindings/abi/system_call.hpp"
#include "bindings/abi/translation.hpp"
#include "tests/host/recording/story.hpp"

namespace story {

namespace {

constexpr std::uint64_t revoke_entry = 0x401140, repossession_entry = 0x401180;
// Capabilities: of the asker, then of the receiver.
constexpr std::uint64_t root_memory = capability_of(1), memory_part = capability_of(2),
                        child = capability_of(3), disk = capability_of(31),
                        console = capability_of(32), child_memory = capability_of(6),
                        child_disk = capability_of(7), child_console = capability_of(8);
constexpr std::uint64_t page_of_frame_21 = 0x40010, page_of_saved = 0x40007;

template <class Name> std::uint64_t number(Name name) { return static_cast<std::uint64_t>(name); }

std::uint64_t page_of(std::uint64_t frame) {
    return frame == 22 ? page_of_saved : page_of_frame_21 + frame - 21;
}

void call(Story& story, abi::Call which, std::uint64_t argument, std::uint64_t value = 0,
          abi::Error error = abi::Error{}) {
    story.kernel(Kind::system_call,
                 {number(which), number(error), value, 0x405000 + 0x10 * number(which), argument});
}

void bind(Story& story, std::uint64_t first, std::uint64_t count, std::uint64_t memory) {
    for (std::uint64_t frame = first; frame != first + count; ++frame)
        story.kernel(Kind::frame_bound, {frame, capability_of(frame)});
    call(story, abi::Call::bind_frames, memory);
}

void grant(Story& story, abi::Kind kind, std::uint64_t from, std::uint64_t made,
           std::uint32_t receiver) {
    story.kernel(Kind::binding_made, {number(kind), made, from, receiver, 63});
    call(story, receiver == 1 ? abi::Call::derive : abi::Call::grant, from, made);
}

void build_receiver(Story& story) {
    bind(story, receiver_pe, 1, root_memory);
    bind(story, receiver_table, 1, root_memory);
    story.kernel(Kind::environment_created, {2, 1});
    call(story, abi::Call::create_environment, 0, child);
    story.kernel(Kind::processor_environment_set, {2, receiver_pe, 0x115000, 0x117000, 0, 0, 0, 0});
    call(story, abi::Call::set_processor_environment, child);
    story.kernel(Kind::page_table_bound, {receiver_table, 1, 0x4000'0000, 3, 98});
    call(story, abi::Call::bind_page_table, child, table_capability_of(receiver_table));
    grant(story, abi::Kind::memory, root_memory, memory_part, 1);
    grant(story, abi::Kind::memory, memory_part, child_memory, 2);
    grant(story, abi::Kind::disk_extent, disk, child_disk, 2);
    grant(story, abi::Kind::console, console, child_console, 2);
    grant(story, abi::Kind::page_table, table_capability_of(receiver_table),
          table_capability_of(receiver_table), 2);
    story.kernel(Kind::environment_started, {2, 0x400000});
    call(story, abi::Call::start_environment, child);
}

// It maps five frames and guarantees a sixth.
void settle(Story& story) {
    const std::uint64_t entry_points[][2] = {
        {number(abi::Entry::page_fault), 0x401000},
        {number(abi::Entry::io_completion), 0x401080},
        {number(abi::Entry::revoke), revoke_entry},
        {number(abi::Entry::repossession), repossession_entry}};
    for (const auto& [entry, address] : entry_points) {
        story.kernel(Kind::entry_set, {2, entry, address, 0, 0});
        call(story, abi::Call::set_entry, 0);
    }
    bind(story, 20, 6, child_memory);
    story.claim(Kind::pager_started, {11, 1, 0x40000, 0x6f666966, 0, 0, 0, 0, 1, 1, 0});
    story.kernel(Kind::guaranteed, {capability_of(20), 20, 0, 1, 0});
    call(story, abi::Call::guarantee, capability_of(20));
    for (std::uint64_t frame = 21; frame != 26; ++frame) {
        story.kernel(Kind::translation_installed,
                     {page_of(frame), frame, 0, translation_of(frame), abi::access::write,
                      receiver_table, capability_of(frame), 0});
        call(story, abi::Call::install, table_capability_of(receiver_table));
    }
    call(story, abi::Call::yield, 0);
    story.switch_to(1);
}

void upcall(Story& story, abi::Entry entry, std::uint64_t address) {
    story.kernel(Kind::upcall, {number(entry), address, 0, 512, 256, 0x115000, 1, 0});
    story.claim(Kind::handler_entered, {number(entry), address, story.running(), 0, 0});
}

// Step 1, and what the receiver sees of it.
void ask(Story& story, std::uint64_t revocation, std::uint64_t count, std::uint64_t deadline) {
    story.kernel(
        Kind::revocation_requested,
        {revocation, 2, child_memory, number(abi::Kind::memory), count, deadline, 1, count});
    story.switch_to(2);
    upcall(story, abi::Entry::revoke, revoke_entry);
    story.claim(Kind::revocation_seen, {revocation, child_memory, count, deadline, 6});
}

void remove(Story& story, std::uint64_t frame, bool dirty) {
    story.kernel(Kind::translation_removed,
                 {page_of(frame), frame, translation_of(frame) | (dirty ? 0x60u : 0x20u),
                  dirty ? 0x60u : 0x20u, receiver_table, 1, 0, 0});
}

void free(Story& story, std::uint64_t frame) {
    story.kernel(Kind::binding_broken,
                 {number(abi::Kind::frame), capability_of(frame), 2, translation_of(frame), 0});
    story.kernel(Kind::frame_released, {frame, 0});
}

// Step 2.
void give(Story& story, std::uint64_t revocation, std::uint64_t frame) {
    story.claim(Kind::frame_chosen, {revocation, frame, page_of(frame), 0, 0});
    remove(story, frame, false);
    call(story, abi::Call::remove, table_capability_of(receiver_table), 0x20);
    free(story, frame);
    call(story, abi::Call::drop, capability_of(frame));
}

void expire(Story& story, std::uint64_t revocation) {
    story.pass(1000);
    story.kernel(Kind::interrupt, {0x40, 0x402020, 0x246, 0x501000, 3});
    story.kernel(Kind::revocation_expired, {revocation, 2});
    story.switch_to(1);
}

// Steps 5 to 9, with one frame that is saved and one that is not.
void force(Story& story, std::uint64_t revocation) {
    remove(story, 22, true);
    story.kernel(Kind::binding_taken,
                 {revocation, 2, capability_of(22), number(abi::Kind::frame), 22, 0x60, 0, 0});
    story.kernel(Kind::state_saving, {revocation, 1, 22, 7, 0});
    remove(story, 21, false);
    story.kernel(Kind::binding_taken,
                 {revocation, 2, capability_of(21), number(abi::Kind::frame), 21, 0x20, 0, 0});
    story.kernel(Kind::repossessed, {2, 1, capability_of(21), number(abi::Kind::frame), 21,
                                     number(abi::RepossessionState::lost), 0, revocation});
    free(story, 21);
    story.switch_to(2);
    upcall(story, abi::Entry::repossession, repossession_entry);
    story.claim(Kind::page_withdrawn, {page_of(21), 21});
    story.claim(Kind::repossession_seen,
                {1, capability_of(21), 21, number(abi::RepossessionState::lost), page_of(21)});
    story.wait();
    story.pass(500);
    story.kernel(Kind::interrupt, {0x41, 0xffff'ffff'8020'0000, 0x246, 0xffff'ffff'8030'0000, 0});
    story.kernel(Kind::state_saved, {revocation, 1, 22, 0, 0});
    story.kernel(Kind::repossessed, {2, 0, capability_of(22), number(abi::Kind::frame), 22,
                                     number(abi::RepossessionState::saved), 0, revocation});
    free(story, 22);
    story.kernel(Kind::idle, {540, 0});
    story.switch_to(1);
}

void see(Story& story, std::uint64_t slot, std::uint64_t capability, std::uint64_t frame,
         abi::RepossessionState state, std::uint64_t page) {
    call(story, abi::Call::yield, 0);
    story.switch_to(2);
    upcall(story, abi::Entry::repossession, repossession_entry);
    story.claim(Kind::repossession_seen, {slot, capability, frame, number(state), page});
}

// The console goes at once, while the receiver is on its way out of a handler: it looks into its
// vector before it resumes.
void lose_console(Story& story) {
    constexpr std::uint64_t rip = 0x402020, flags = 0x246, stack = 0x501000;
    story.kernel(Kind::interrupt, {0x40, rip, flags, stack, 3});
    story.switch_to(1);
    story.kernel(Kind::binding_broken, {number(abi::Kind::console), child_console, 2, 0, 0});
    story.kernel(Kind::repossessed, {2, 2, child_console, number(abi::Kind::console), 0,
                                     number(abi::RepossessionState::lost), 0, 0});
    call(story, abi::Call::revoke, console);
    story.switch_to(2);
    story.kernel(Kind::resumed_by_iret, {rip, flags, stack, 0x40, 0});
    call(story, abi::Call::drop, child_console, 0, abi::Error::no_binding);
    story.claim(Kind::repossession_seen,
                {2, child_console, 0, number(abi::RepossessionState::lost), 0});
    call(story, abi::Call::drop, child_console, 0, abi::Error::no_binding);
}

// Step 10.
void restore(Story& story) {
    const std::uint64_t fault = story.fault(1, page_of_saved);
    story.take_frame(fault, page_of_saved, 20, 0);
    story.claim(Kind::page_restored, {page_of_saved, 7});
    story.submit(fault, page_of_saved, 20, false);
    story.wait();
    story.complete(fault, page_of_saved, 20, false);
    story.install(fault, 1, page_of_saved, 20);
    lose_console(story);
    story.resume(fault, 1, page_of_saved);
    story.claim(Kind::no_victim, {0, page_of_saved}); // it is dirty, and cannot be written now
    story.submit(0, page_of_saved, 20, true);         // and saves it elsewhere, at its leisure
    story.wait();
    story.complete(0, page_of_saved, 20, true);
}

// There is no frame for a page table: the thread goes on without its page.
void give_up_fault(Story& story) {
    const std::uint64_t page = 0x40200;
    const std::uint64_t fault = story.fault(1, page);
    call(story, abi::Call::bind_frames, child_memory, 0, abi::Error::limit_reached);
    story.claim(Kind::fault_abandoned, {fault, page, 1, number(abi::Error::limit_reached), 0});
    story.resume(fault, 1, page);
}

// One binding that is no frame goes as a whole.
void lose_extent(Story& story, std::uint64_t revocation) {
    story.kernel(Kind::revocation_requested,
                 {revocation, 2, child_disk, number(abi::Kind::disk_extent), 1, 1000, 1, 1});
    story.switch_to(2);
    upcall(story, abi::Entry::revoke, revoke_entry);
    story.claim(Kind::revocation_seen, {revocation, child_disk, 1, 1000, 1});
    expire(story, revocation);
    story.kernel(Kind::binding_broken, {number(abi::Kind::disk_extent), child_disk, 2, 0, 0});
    story.kernel(Kind::binding_taken,
                 {revocation, 2, child_disk, number(abi::Kind::disk_extent), 0, 0, 0, 0});
    story.kernel(Kind::repossessed, {2, 3, child_disk, number(abi::Kind::disk_extent), 0,
                                     number(abi::RepossessionState::lost), 0, revocation});
    story.kernel(Kind::revocation_ended, {revocation, 2, 0, 1, 0});
    call(story, abi::Call::request_revocation, disk, 1ull << 32);
    see(story, 3, child_disk, 0, abi::RepossessionState::lost, 0);
}

} // namespace

Recording revocation_story() {
    Story story;
    story.add_libos(2);
    build_receiver(story);
    story.switch_to(2);
    settle(story);

    ask(story, 1, 2, 2000);
    give(story, 1, 25);
    give(story, 1, 24);
    story.switch_to(1);
    story.kernel(Kind::revocation_ended, {1, 2, 2, 0, 0});
    call(story, abi::Call::request_revocation, memory_part, 2);

    ask(story, 2, 4, 1000);
    give(story, 2, 23);
    expire(story, 2);
    force(story, 2);
    story.kernel(Kind::revocation_ended, {2, 2, 1, 2, 1});
    call(story, abi::Call::request_revocation, memory_part, 1 | 2ull << 32,
         abi::Error::limit_reached);
    see(story, 0, capability_of(22), 22, abi::RepossessionState::saved, page_of_saved);
    restore(story);
    story.switch_to(1);

    lose_extent(story, 3);
    give_up_fault(story);

    story.kernel(Kind::environment_ended, {2, 0, 0, 0x403400, 0});
    story.switch_to(1);
    story.end();
    return story.take();
}

} // namespace story
