// tools/verifier/registration.cpp - replaying what is registered for upcalls.

#include "tools/verifier/fields.hpp"
#include "tools/verifier/state.hpp"

namespace verifier {

using Kind = abi::Event;

void State::apply_registration(const Event& event) {
    if (kind_of(event) == Kind::entry_set) {
        const std::uint64_t entry = get<Kind::entry_set, "entry">(event);
        if (entry < abi::entry_slots)
            environments_[static_cast<std::uint32_t>(get<Kind::entry_set, "environment">(event))]
                .registered.entries[entry] = get<Kind::entry_set, "address">(event);
        return;
    }
    Registration& registered =
        environments_[static_cast<std::uint32_t>(
                          get<Kind::processor_environment_set, "environment">(event))]
            .registered;
    registered.pe_frame = get<Kind::processor_environment_set, "pe_frame">(event);
    registered.stacks = {get<Kind::processor_environment_set, "upcall_stack">(event),
                         get<Kind::processor_environment_set, "nested_stack">(event)};
    registered.resume_begin = get<Kind::processor_environment_set, "resume_begin">(event);
    registered.resume_end = get<Kind::processor_environment_set, "resume_end">(event);
}

} // namespace verifier
