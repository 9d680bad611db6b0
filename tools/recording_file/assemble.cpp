// tools/recording_file/assemble.cpp - from records to events.

#include "tools/recording_file/assemble.hpp"

#include <algorithm>
#include <array>

namespace recording {
namespace {

constexpr std::uint16_t base_mask = (1u << abi::record_follow_shift) - 1;

// The number of records of each kind that is defined, by its number; 0 for the others.
std::array<std::uint8_t, base_mask + 1> make_sizes() {
    std::array<std::uint8_t, base_mask + 1> sizes{};
    for (const abi::EventDefinition& definition : abi::event_definitions)
        sizes[static_cast<std::uint16_t>(definition.event)] =
            static_cast<std::uint8_t>(definition.records);
    return sizes;
}

std::uint32_t size_of(std::uint16_t kind) {
    static const std::array<std::uint8_t, base_mask + 1> sizes = make_sizes();
    return kind <= base_mask ? sizes[kind] : 0;
}

} // namespace

Assembler::Assembler(std::uint32_t ring, const Ring& description,
                     std::vector<std::uint32_t> processors)
    : ring_(ring), description_(description), processors_(std::move(processors)) {}

void Assembler::flag(Reason reason, std::uint64_t record) {
    if (flags_.size() < flags_per_ring)
        flags_.push_back({ring_, reason, record});
    else if (flags_.size() == flags_per_ring)
        flags_.push_back({ring_, Reason::further_flags_omitted, record});
}

void Assembler::take(const abi::Record& record, std::vector<Event>* events) {
    if (record.kind >> abi::record_follow_shift == 0)
        begin(record, events);
    else
        follow(record, events);
    ++next_;
}

void Assembler::begin(const abi::Record& record, std::vector<Event>* events) {
    if (have_ != 0 && expected_ == 0)
        emit(events); // of an unknown kind: it ends where the next one begins
    drop_incomplete();
    orphans_ = false;

    first_ = record;
    first_number_ = next_;
    expected_ = size_of(record.kind);
    have_ = 1;
    event_ = Event{};
    event_.time = record.time;
    event_.environment = record.environment;
    event_.processor = record.processor;
    event_.kind = record.kind;
    event_.ring = ring_;
    event_.claim = description_.origin != abi::RingOrigin::kernel;
    event_.payload[0] = record.a;
    event_.payload[1] = record.b;
    event_.words = 2;
    // The origin is the ring, whatever the record says.
    if (event_.claim)
        event_.environment = description_.identity;
    else
        event_.processor = static_cast<std::uint16_t>(description_.identity);

    if (expected_ == 0)
        flag(Reason::unknown_kind, next_);
    check_origin(record);
    if (record.time < last_time_)
        flag(Reason::time_ran_backwards, next_);
    last_time_ = record.time;
    if (expected_ == 1)
        emit(events);
}

void Assembler::check_origin(const abi::Record& record) {
    if (description_.origin == abi::RingOrigin::kernel) {
        if (record.kind >= abi::first_libos_event)
            flag(Reason::claim_in_kernel_ring, next_);
        if (record.processor != description_.identity)
            flag(Reason::foreign_processor, next_);
        return;
    }
    if (record.kind < abi::first_libos_event)
        flag(Reason::forged_kernel_event, next_);
    if (record.environment != description_.identity)
        flag(Reason::foreign_environment, next_);
    if (!processors_.empty() &&
        std::find(processors_.begin(), processors_.end(), record.processor) == processors_.end())
        flag(Reason::foreign_processor, next_);
}

void Assembler::follow(const abi::Record& record, std::vector<Event>* events) {
    const std::uint32_t number = record.kind >> abi::record_follow_shift;
    const bool fits = have_ != 0 && number == have_ && number < largest_event &&
                      (record.kind & base_mask) == first_.kind &&
                      record.environment == first_.environment &&
                      record.processor == first_.processor;
    if (!fits) {
        if (have_ != 0 && expected_ == 0)
            emit(events);
        if (have_ != 0)
            drop_incomplete();
        else if (!orphans_)
            flag(Reason::broken_event, next_);
        orphans_ = true;
        return;
    }
    for (const std::uint64_t word : {record.time, record.a, record.b})
        event_.payload[event_.words++] = word;
    ++have_;
    if (have_ == expected_ || have_ == largest_event)
        emit(events);
}

void Assembler::emit(std::vector<Event>* events) {
    if (events != nullptr)
        events->push_back(event_);
    have_ = 0;
}

void Assembler::drop_incomplete() {
    if (have_ != 0)
        flag(Reason::broken_event, first_number_);
    have_ = 0;
}

void Assembler::skip(std::uint64_t count) {
    have_ = 0;
    orphans_ = true; // the rest of an event whose beginning was lost is no fault of the ring
    next_ += count;
}

void Assembler::end(bool cut, std::vector<Event>* events) {
    if (have_ != 0 && expected_ == 0)
        emit(events);
    if (cut)
        have_ = 0;
    drop_incomplete();
}

} // namespace recording
