// tools/verifier/state.cpp - replaying kernel events.

#include "tools/verifier/state.hpp"

#include <algorithm>

#include "bindings/abi/system_call.hpp"
#include "bindings/abi/translation.hpp"
#include "tools/verifier/fields.hpp"

namespace verifier {

using Kind = abi::Event;

namespace {

constexpr std::size_t remembered = 64; // faults and upcalls that no claim has mentioned yet
constexpr std::uint64_t pages_per_table = 512;

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
    const auto number = owner.tables.find(page / pages_per_table);
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

std::optional<std::uint32_t> State::other_owner(std::uint32_t owner, std::uint64_t cookie) const {
    for (const auto& [identity, environment] : environments_) {
        const auto completion = environment.completions.find(cookie);
        if (identity != owner && completion != environment.completions.end() &&
            !completion->second.empty())
            return identity;
    }
    return std::nullopt;
}

void State::apply(const Event& event) {
    if (event.claim)
        return apply_claim(event);
    switch (kind_of(event)) {
    case Kind::page_fault:
    case Kind::exception:
        return apply_fault(event);
    case Kind::upcall:
        return apply_upcall(event);
    case Kind::system_call:
        return apply_system_call(event);
    case Kind::environment_ended: {
        const auto identity =
            static_cast<std::uint32_t>(get<Kind::environment_ended, "environment">(event));
        environments_[identity].undelivered.reset();
        environments_[identity].ended = true;
        for (auto& [number, frame] : frames_)
            if (frame.victim_environment == identity)
                frame.debt = Debt::none;
        return;
    }
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
    if (kind_of(event) == Kind::exception) {
        environment.undelivered = {event.sequence,
                                   static_cast<std::uint64_t>(abi::Entry::exception),
                                   get<Kind::exception, "save_area">(event)};
        return;
    }
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
    if (upcall.entry < abi::entry_slots)
        environment.entries[upcall.entry] = upcall.address;
    if (upcall.save_area < environment.stacks.size())
        environment.stacks[upcall.save_area] = get<Kind::upcall, "stack">(event);
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
    if (call == abi::Call::set_entry && get<Kind::system_call, "error">(event) == 0) {
        // Of another environment, or the caller's own (0): the next upcall shows the new address.
        if (get<Kind::system_call, "argument">(event) == 0)
            environment.entries.fill(0);
        else
            for (auto& [identity, other] : environments_)
                other.entries.fill(0);
    }
    if (call == abi::Call::set_processor_environment)
        environment.stacks.fill(0);
    for (auto& [number, fault] : environment.threads) {
        if (!fault.installed)
            continue;
        if (!fault.install_returned) {
            fault.install_returned = true;
            continue;
        }
        // A call belongs to another fault if all that it did was done to other pages and frames,
        // and to another thread if that one is running.
        const bool for_others =
            !environment.effects.empty() &&
            std::ranges::none_of(environment.effects, [&fault](const Effect& effect) {
                return effect.page == fault.hardware.page || effect.frame == fault.frame;
            });
        const bool by_other = environment.running.value_or(0) != 0 && environment.running != number;
        if (!fault.others_ran && !for_others && !by_other && fault.system_call == 0 &&
            call != abi::Call::deliver_pending) {
            fault.system_call = event.sequence;
            fault.call_number = static_cast<std::uint64_t>(call);
        }
    }
    environment.effects.clear();
}

void State::apply_installed(const Event& event) {
    Environment& environment = environments_[event.environment];
    const std::uint64_t page = get<Kind::translation_installed, "page">(event);
    const std::uint64_t number = get<Kind::translation_installed, "frame">(event);
    const std::uint64_t table_number = get<Kind::translation_installed, "table">(event);
    Table& table = tables_[table_number];
    table.mappings[page] = {number, get<Kind::translation_installed, "after">(event)};
    Frame& frame = frames_[number];
    ++frame.mappings;
    frame.debt = Debt::none;
    for (auto& [thread, fault] : environment.threads) {
        if (fault.hardware.page != page)
            continue;
        frame.obtained = false;
        table.serves = event.environment;
        fault.installed = true;
        fault.install_returned = false;
        fault.others_ran = false;
        fault.frame = number;
        fault.system_call = 0;
    }
    if (std::ranges::find(environment.unclaimed, page, &HardwareFault::page) !=
        environment.unclaimed.end())
        table.serves = event.environment;
    if (table.serves == event.environment)
        environment.tables[page / pages_per_table] = table_number;
    environment.reads.erase(page);
    environment.zeroed.erase(page);
    environment.effects.push_back({page, number});
}

void State::apply_removed(const Event& event) {
    Environment& environment = environments_[event.environment];
    const std::uint64_t page = get<Kind::translation_removed, "page">(event);
    const std::uint64_t number = get<Kind::translation_removed, "frame">(event);
    tables_[get<Kind::translation_removed, "table">(event)].mappings.erase(page);
    Frame& frame = frames_[number];
    if (frame.mappings != 0)
        --frame.mappings;
    if (get<Kind::translation_removed, "flushed">(event) == 0) {
        frame.unflushed = true;
        frame.unflushed_page = page;
        unflushed_.push_back(number);
    }
    const auto victim = environment.victims.find(page);
    if (victim != environment.victims.end()) {
        const bool dirty =
            (get<Kind::translation_removed, "bits">(event) & abi::translation::dirty) != 0;
        frame.debt = dirty ? Debt::dirty : Debt::clean;
        frame.victim_environment = event.environment;
        frame.victim_page = page;
        frame.obtained = true;
        environment.victims.erase(victim);
    }
    environment.effects.push_back({page, number});
}

void State::apply_memory(const Event& event) {
    switch (kind_of(event)) {
    case Kind::translation_installed:
        return apply_installed(event);
    case Kind::translation_removed:
        return apply_removed(event);
    case Kind::translation_changed: {
        const std::uint64_t first = get<Kind::translation_changed, "page">(event);
        const std::uint64_t access = get<Kind::translation_changed, "access">(event);
        Table& table = tables_[get<Kind::translation_changed, "table">(event)];
        const std::uint64_t count =
            std::min(get<Kind::translation_changed, "count">(event), pages_per_table);
        for (std::uint64_t page = first; page != first + count; ++page) {
            const auto mapping = table.mappings.find(page);
            if (mapping == table.mappings.end())
                continue;
            constexpr std::uint64_t changeable =
                abi::translation::writable | abi::translation::no_execute;
            mapping->second.translation =
                (mapping->second.translation & ~changeable) | (access & abi::access::write) |
                ((access & abi::access::execute) != 0 ? 0 : abi::translation::no_execute);
        }
        environments_[event.environment].effects.push_back({first, std::nullopt});
        return;
    }
    case Kind::bits_cleared:
        environments_[event.environment].effects.push_back(
            {get<Kind::bits_cleared, "page">(event), std::nullopt});
        return;
    case Kind::tlb_flushed: {
        const std::uint64_t first = get<Kind::tlb_flushed, "first">(event);
        const std::uint64_t count = get<Kind::tlb_flushed, "count">(event);
        std::erase_if(unflushed_, [&](std::uint64_t number) {
            Frame& frame = frames_[number];
            if (frame.unflushed && frame.unflushed_page - first < count)
                frame.unflushed = false;
            return !frame.unflushed;
        });
        return;
    }
    case Kind::frame_bound: {
        const std::uint64_t number = get<Kind::frame_bound, "frame">(event);
        frames_[number] = Frame{};
        environments_[event.environment].effects.push_back({std::nullopt, number});
        return;
    }
    case Kind::frame_released: {
        const std::uint64_t number = get<Kind::frame_released, "frame">(event);
        frames_[number].free = true;
        environments_[event.environment].effects.push_back({std::nullopt, number});
        return;
    }
    case Kind::page_table_bound: {
        const std::uint64_t number = get<Kind::page_table_bound, "frame">(event);
        tables_.erase(number);
        environments_[event.environment].effects.push_back({std::nullopt, number});
        return;
    }
    default:
        return;
    }
}

void State::apply_disk(const Event& event) {
    if (kind_of(event) == Kind::io_refused) {
        environments_[event.environment]
            .completions[get<Kind::io_refused, "cookie">(event)]
            .push_back({get<Kind::io_refused, "error">(event), std::nullopt});
        return;
    }
    if (kind_of(event) == Kind::io_submitted) {
        Environment& environment = environments_[event.environment];
        const Request request{.environment = event.environment,
                              .operation = get<Kind::io_submitted, "operation">(event),
                              .block = get<Kind::io_submitted, "block">(event),
                              .frame = get<Kind::io_submitted, "frame">(event),
                              .cookie = get<Kind::io_submitted, "cookie">(event),
                              .due = get<Kind::io_submitted, "due">(event)};
        requests_[get<Kind::io_submitted, "request">(event)] = request;
        Frame& frame = frames_[request.frame];
        Submissions& both = environment.submissions[request.operation == 0 ? 0 : 1][request.cookie];
        if (both.claims.empty())
            both.facts.push_back(
                {event.sequence, request.block, request.frame, frame.mappings != 0});
        else
            both.claims.pop_front();
        if (request.operation == 0) {
            ++frame.reads;
            frame.debt = Debt::none;
        } else {
            ++frame.writes;
            if (frame.debt == Debt::dirty)
                frame.debt = Debt::writing;
        }
        environment.effects.push_back({std::nullopt, request.frame});
        return;
    }
    const auto found = requests_.find(get<Kind::io_completed, "request">(event));
    if (found == requests_.end())
        return;
    const Request request = found->second;
    requests_.erase(found);
    const std::uint64_t error = get<Kind::io_completed, "error">(event);
    Environment& owner = environments_[request.environment];
    owner.completions[request.cookie].push_back({error, request.frame});
    owner.submissions[request.operation == 0 ? 0 : 1][request.cookie].facts.clear();
    Frame& frame = frames_[request.frame];
    std::uint32_t& in_flight = request.operation == 0 ? frame.reads : frame.writes;
    if (in_flight != 0)
        --in_flight;
    if (request.operation == 1 && frame.debt == Debt::writing)
        frame.debt = error == 0 ? Debt::written : Debt::dirty;
    if (request.operation != 0)
        return;
    const auto page = owner.read_pages.find(request.cookie);
    if (page == owner.read_pages.end())
        return;
    const auto read = owner.reads.find(page->second);
    if (read != owner.reads.end() && read->second.cookie == request.cookie) {
        read->second.complete = true;
        read->second.error = error;
    }
}

} // namespace verifier
