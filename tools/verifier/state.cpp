// tools/verifier/state.cpp - what is known, and replaying faults, upcalls and system calls.

#include "tools/verifier/state.hpp"

#include <algorithm>

#include "bindings/abi/address.hpp"
#include "bindings/abi/error.hpp"
#include "bindings/abi/system_call.hpp"
#include "tools/verifier/fields.hpp"

namespace verifier {

using Kind = abi::Event;

namespace {

constexpr std::size_t remembered = 64; // faults and upcalls that no claim has mentioned yet

template <class Queue, class Item> void remember(Queue& queue, Item&& item) {
    queue.push_back(std::forward<Item>(item));
    if (queue.size() > remembered)
        queue.pop_front();
}

} // namespace

const Environment& State::environment(std::uint32_t identity) const {
    static const Environment unknown;
    const auto found = environments_.find(identity);
    return found == environments_.end() ? unknown : found->second;
}

const Frame& State::frame(std::uint64_t number) const {
    static const Frame unknown;
    const auto found = frames_.find(number);
    return found == frames_.end() ? unknown : found->second;
}

const Request* State::request(std::uint64_t number) const {
    const auto found = requests_.find(number);
    return found == requests_.end() ? nullptr : &found->second;
}

const Mapping* State::mapping(std::uint32_t identity, std::uint64_t page) const {
    const Environment& owner = environment(identity);
    const auto number = owner.tables.find(page / abi::entries_per_table);
    if (number == owner.tables.end())
        return nullptr;
    const auto table = tables_.find(number->second);
    if (table == tables_.end())
        return nullptr;
    const auto mapping = table->second.mappings.find(page);
    return mapping == table->second.mappings.end() ? nullptr : &mapping->second;
}

const ThreadFault* State::open_fault(std::uint32_t identity, std::uint64_t number) const {
    for (const auto& [thread, fault] : environment(identity).threads)
        if (fault.number == number)
            return &fault;
    return nullptr;
}

bool State::is_awaited(std::uint32_t identity, std::uint64_t page) const {
    return std::ranges::any_of(environment(identity).threads, [page](const auto& open) {
        return open.second.hardware.page == page && !open.second.resident;
    });
}

const Request* State::write_in_flight(std::uint64_t block) const {
    for (const auto& [number, request] : requests_)
        if (request.operation == 1 && request.block == block)
            return &request;
    return nullptr;
}

bool State::uses_extent(std::uint64_t holder, std::uint64_t extent) const {
    return std::ranges::any_of(requests_, [&](const auto& request) {
        return request.second.environment == holder && request.second.extent == extent;
    });
}

std::optional<std::uint32_t> State::other_owner(std::uint32_t owner, std::uint64_t cookie) const {
    for (const auto& [identity, environment] : environments_) {
        const auto completion = environment.completions.find(cookie);
        if (identity != owner && completion != environment.completions.end() &&
            !completion->second.empty())
            return identity;
    }
    return std::nullopt;
}

bool State::is_mapped(std::uint64_t page, std::uint64_t frame) const {
    return std::ranges::any_of(tables_, [&](const auto& table) {
        const auto mapping = table.second.mappings.find(page);
        return mapping != table.second.mappings.end() && mapping->second.frame == frame;
    });
}

std::uint64_t State::mappings_through(Binding binding) const {
    const auto found = through_.find(binding);
    return found == through_.end() ? 0 : found->second;
}

const Table& State::table(std::uint64_t frame) const {
    static const Table unknown;
    const auto found = tables_.find(frame);
    return found == tables_.end() ? unknown : found->second;
}

bool State::sleeps(const Event& event) const {
    if (kind_of(event) != Kind::revocation_expired)
        return false;
    const Environment& receiver =
        environment(static_cast<std::uint32_t>(get<Kind::revocation_expired, "receiver">(event)));
    return receiver.waiting && receiver.in_flight == 0;
}

void State::apply(const Event& event) {
    replay(event);
    last_times_[event.processor] = event.time;
}

void State::replay(const Event& event) {
    if (event.claim) {
        environments_[event.environment].speaks = true;
        revocations_.apply_claim(event);
        return apply_claim(event);
    }
    apply_binding(event);
    apply_tally(event);
    if (kind_of(event) == Kind::translation_removed) {
        const auto& mappings = table(get<Kind::translation_removed, "table">(event)).mappings;
        const auto mapping = mappings.find(get<Kind::translation_removed, "page">(event));
        revocations_.apply_removed(event,
                                   mapping == mappings.end() ? Binding{} : mapping->second.through);
    }
    revocations_.apply(event, sleeps(event));
    apply_processors(event);
    apply_slice(event);
    switch (kind_of(event)) {
    case Kind::page_fault:
        return apply_fault(event);
    case Kind::exception:
        return apply_exception(event);
    case Kind::upcall:
        return apply_upcall(event);
    case Kind::system_call:
        return apply_system_call(event);
    case Kind::interrupt:
        return apply_interrupt(event);
    case Kind::resumed_by_iret:
        environments_[event.environment].interrupted.reset();
        return;
    case Kind::environment_created:
        environments_[static_cast<std::uint32_t>(
                          get<Kind::environment_created, "environment">(event))]
            .created = true;
        return;
    case Kind::entry_set:
    case Kind::processor_environment_set:
        return apply_registration(event);
    case Kind::state_saving:
    case Kind::state_saved:
        return apply_saving(event);
    case Kind::environment_started:
        environments_[static_cast<std::uint32_t>(
                          get<Kind::environment_started, "environment">(event))]
            .started = true;
        return;
    case Kind::environment_ended: {
        const auto identity =
            static_cast<std::uint32_t>(get<Kind::environment_ended, "environment">(event));
        environments_[identity].undelivered.reset();
        environments_[identity].interrupted.reset();
        environments_[identity].ended = true;
        for (auto& [number, frame] : frames_)
            if (frame.victim_environment == identity)
                frame.debt = Debt::none;
        return;
    }
    case Kind::binding_taken: // of which the libOS may learn at any later time
        environments_[static_cast<std::uint32_t>(get<Kind::binding_taken, "holder">(event))]
            .note_refusal(static_cast<std::uint64_t>(abi::Error::revoked), ~std::uint64_t{0});
        return;
    case Kind::io_submitted:
    case Kind::io_completed:
    case Kind::io_refused:
        return apply_disk(event);
    default:
        return apply_memory(event);
    }
}

void State::apply_fault(const Event& event) {
    Environment& environment = environments_[event.environment];
    environment.undelivered = {event.sequence, static_cast<std::uint64_t>(abi::Entry::page_fault),
                               get<Kind::page_fault, "save_area">(event)};
    remember(environment.unclaimed,
             HardwareFault{event.sequence, get<Kind::page_fault, "address">(event) >> 12,
                           get<Kind::page_fault, "rip">(event), get<Kind::page_fault, "rsp">(event),
                           get<Kind::page_fault, "rflags">(event)});
}

void State::apply_upcall(const Event& event) {
    Environment& environment = environments_[event.environment];
    const Upcall upcall{get<Kind::upcall, "entry">(event), get<Kind::upcall, "address">(event),
                        get<Kind::upcall, "save_area">(event)};
    environment.undelivered.reset();
    environment.interrupted.reset(); // its state is in the save area now
    environment.waiting = false;
    if (upcall.entry == static_cast<std::uint64_t>(abi::Entry::io_completion))
        environment.completion_raised = false;
    // One that no handler took before the next of its kind was not recorded by its libOS.
    std::erase_if(environment.upcalls,
                  [&upcall](const Upcall& earlier) { return earlier.entry == upcall.entry; });
    remember(environment.upcalls, upcall);
    others_run(environment, std::nullopt);
}

void State::others_run(Environment& environment, std::optional<std::uint64_t> thread) {
    for (auto& [number, fault] : environment.threads)
        if (number != thread)
            fault.others_ran = fault.others_ran || fault.installed;
}

void State::apply_system_call(const Event& event) {
    Environment& environment = environments_[event.environment];
    const auto call = static_cast<abi::Call>(get<Kind::system_call, "call">(event));
    if (call == abi::Call::create_environment && get<Kind::system_call, "error">(event) == 0)
        environment.children[get<Kind::system_call, "value">(event)] =
            static_cast<std::uint32_t>(environment.tally.created);
    if (call == abi::Call::bind_frames || call == abi::Call::bind_page_table ||
        call == abi::Call::install)
        environment.note_refusal(get<Kind::system_call, "error">(event), event.sequence);
    environment.tally = {};
    environment.waiting = call == abi::Call::wait;
    environment.rips[get<Kind::system_call, "rip">(event)] = static_cast<std::uint64_t>(call);
    if (call == abi::Call::bind_io_ring && get<Kind::system_call, "error">(event) == 0)
        environment.requests_taken = 0;
    const Receiver& receiver = revocations_.receiver(event.environment);
    const bool told = receiver.revoke.surely || receiver.mends || !receiver.unseen.empty();
    for (auto& [number, fault] : environment.threads) {
        if (!fault.installed)
            continue;
        if (!fault.install_returned) {
            fault.install_returned = true;
            continue;
        }
        // A call belongs to another fault if all that it did was done to other pages and frames,
        // to another thread if that one is running, and to neither while the libOS has to deal with
        // what it is asked for or has lost.
        const bool for_others =
            !environment.effects.empty() &&
            std::ranges::none_of(environment.effects, [&fault](const Effect& effect) {
                return effect.page == fault.hardware.page || effect.frame == fault.frame;
            });
        const bool by_other = environment.running.value_or(0) != 0 && environment.running != number;
        if (!fault.others_ran && !for_others && !by_other && !told && fault.system_call == 0 &&
            call != abi::Call::deliver_pending) {
            fault.system_call = event.sequence;
            fault.call_number = static_cast<std::uint64_t>(call);
        }
    }
    environment.effects.clear();
}

} // namespace verifier
