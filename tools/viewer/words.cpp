// tools/viewer/words.cpp - fields and sentences of events.

#include "tools/viewer/words.hpp"

#include <algorithm>
#include <cctype>
#include <string_view>

#include <fmt/format.h>

#include "bindings/abi/capability.hpp"
#include "bindings/abi/error.hpp"
#include "bindings/abi/exception.hpp"
#include "bindings/abi/processor_environment.hpp"
#include "bindings/abi/system_call.hpp"
#include "bindings/abi/translation.hpp"

namespace viewer {

using Kind = abi::Event;
using recording::Event;

namespace {

// Calls `visit` with each field name of a definition and its position.
template <class Visit> void each_field(const abi::EventDefinition& definition, Visit visit) {
    std::string_view names = definition.fields;
    for (std::size_t index = 0; !names.empty() && index < recording::largest_payload; ++index) {
        const std::size_t end = std::min(names.find(' '), names.size());
        visit(names.substr(0, end), index);
        names.remove_prefix(std::min(end + 1, names.size()));
    }
}

// Names of the bits that are set, or `none`.
struct BitName {
    std::uint64_t bit;
    const char* name;
};
template <std::size_t n>
std::string bits(std::uint64_t value, const BitName (&names)[n], const char* none) {
    std::string text;
    for (const auto& [bit, name] : names)
        if ((value & bit) != 0)
            text += (text.empty() ? "" : ", ") + std::string(name);
    return text.empty() ? none : text;
}

std::string fault_error(std::uint64_t value) {
    const char* how = (value & 16) != 0 ? "fetch" : (value & 2) != 0 ? "write" : "read";
    return fmt::format("{:#x}: {}, {}", value, how,
                       (value & 1) != 0 ? "page present" : "page not present");
}

std::string access(std::uint64_t value) {
    std::string text = "read";
    if ((value & abi::access::write) != 0)
        text += "-write";
    if ((value & abi::access::execute) != 0)
        text += "-execute";
    return text;
}

std::string binding_kind(std::uint64_t value) {
    constexpr const char* names[] = {"none",        "open",           "memory",
                                     "frame",       "page table",     "table links",
                                     "environment", "kernel object",  "disk extent",
                                     "console",     "processor time", "recording ring"};
    return value < std::size(names) ? names[value] : fmt::to_string(value);
}

std::string repossession_state(std::uint64_t value) {
    constexpr const char* names[] = {"unused", "ready", "saving", "saved", "lost", "failed"};
    return value < std::size(names) ? names[value] : fmt::to_string(value);
}

std::string told(std::uint64_t value) {
    constexpr const char* names[] = {"nothing", "accessed", "dirty", "pinned",
                                     "accessed (harvested)"};
    return value < std::size(names) ? names[value] : fmt::to_string(value);
}

std::string hint(std::uint64_t value) {
    constexpr const char* names[] = {"none", "random", "sequential", "will need", "done with"};
    return value < std::size(names) ? names[value] : fmt::to_string(value);
}

bool is_hexadecimal(std::string_view name, Kind kind) {
    constexpr std::string_view names[] = {
        "address", "rip",      "rsp",       "rflags",           "translation",   "fault_address",
        "before",  "after",    "page",      "victim_page",      "capability",    "parent",
        "extent",  "first",    "stack",     "frame_capability", "frame_address", "pending",
        "value",   "argument", "first_page"};
    if (name == "entry")
        return kind == Kind::environment_started;
    if (name == "parent")
        return kind != Kind::environment_created;
    return std::ranges::find(names, name) != std::end(names);
}

} // namespace

// A libOS may claim any bytes: only what a terminal shows as it is.
std::string characters(std::uint64_t value) {
    std::string text;
    for (; value != 0; value >>= 8) {
        const auto byte = static_cast<unsigned char>(value);
        text += byte > 0x20 && byte < 0x7f ? static_cast<char>(byte) : '?';
    }
    return text;
}

std::string text_of(Shown shown, std::uint64_t value) {
    constexpr BitName edited_bits[] = {{abi::edited::rip, "rip"},
                                       {abi::edited::rsp, "rsp"},
                                       {abi::edited::rflags, "flags"},
                                       {abi::edited::registers, "registers"}};
    constexpr BitName tlb_bits[] = {{abi::translation::accessed, "accessed"},
                                    {abi::translation::dirty, "dirty"}};
    switch (shown) {
    case Shown::fault_error:
        return fault_error(value);
    case Shown::exception:
        return fmt::format("{} ({})", value, abi::name_of_exception(value));
    case Shown::edited:
        return bits(value, edited_bits, "nothing");
    case Shown::error:
        return value == 0 ? "none" : abi::name_of(static_cast<abi::Error>(value));
    case Shown::entry:
        return abi::name_of(static_cast<abi::Entry>(value));
    case Shown::call:
        return value <= 0xffff'ffff ? abi::name_of(static_cast<abi::Call>(value)) : "unknown call";
    case Shown::end_reason:
        return abi::name_of(static_cast<abi::EndReason>(value));
    case Shown::vector:
        return fmt::format("{:#x}{}", value,
                           value == abi::interrupt::disk        ? " (the disk's)"
                           : value == abi::interrupt::timer     ? " (the timer's)"
                           : value == abi::interrupt::processor ? " (another processor's)"
                                                                : "");
    case Shown::operation:
        return value == 0 ? "read" : value == 1 ? "write" : fmt::to_string(value);
    case Shown::bits:
        return bits(value, tlb_bits, "none");
    case Shown::access:
        return access(value);
    case Shown::binding_kind:
        return binding_kind(value);
    case Shown::repossession_state:
        return repossession_state(value);
    case Shown::slot:
        return value == 0xffff'ffff ? "none" : fmt::to_string(value);
    case Shown::characters:
        return characters(value);
    case Shown::told:
        return told(value);
    case Shown::hint:
        return hint(value);
    case Shown::hexadecimal:
        return fmt::format("{:#x}", value);
    case Shown::decimal:
        break;
    }
    return value > 0xffff'ffff ? fmt::format("{:#x}", value) : fmt::to_string(value);
}

namespace {

const abi::EventDefinition* definition_of_kind(std::uint16_t kind) {
    for (const abi::EventDefinition& definition : abi::event_definitions)
        if (static_cast<std::uint16_t>(definition.event) == kind)
            return &definition;
    return nullptr;
}

} // namespace

const abi::EventDefinition* definition_of(const Event& event) {
    return recording::of_true_origin(event) ? definition_of_kind(event.kind) : nullptr;
}

std::string name_of_kind(const Event& event) {
    const abi::EventDefinition* const definition = definition_of_kind(event.kind);
    if (definition == nullptr)
        return fmt::format("kind {:#x}", event.kind);
    return (recording::of_true_origin(event) ? "" : "forged ") + std::string(definition->name);
}

Shown shown_as(Kind kind, std::string_view name) {
    if (name == "error" && kind == Kind::page_fault)
        return Shown::fault_error;
    const bool of_exception =
        kind == Kind::exception || kind == Kind::exception_seen || kind == Kind::exception_resumed;
    if (name == "vector" && of_exception)
        return Shown::exception;
    if (name == "error" && of_exception)
        return Shown::hexadecimal;
    if (name == "edited")
        return Shown::edited;
    if (name == "error")
        return Shown::error;
    if (name == "entry" && kind != Kind::environment_started)
        return Shown::entry;
    if (name == "call")
        return Shown::call;
    if (name == "reason" && kind == Kind::environment_ended)
        return Shown::end_reason;
    if (name == "vector" && kind == Kind::interrupt)
        return Shown::vector;
    if (name == "operation")
        return Shown::operation;
    if (name == "bits" || name == "which")
        return Shown::bits;
    if (name == "access")
        return Shown::access;
    if (name == "kind")
        return Shown::binding_kind;
    if (name == "state" && kind == Kind::repossessed)
        return Shown::repossession_state;
    if (name == "slot")
        return Shown::slot;
    if (name.size() == 5 && name.starts_with("name") && name[4] >= '0' && name[4] <= '9')
        return Shown::characters;
    if (name == "answer")
        return Shown::told;
    if (name == "hint")
        return Shown::hint;
    return is_hexadecimal(name, kind) ? Shown::hexadecimal : Shown::decimal;
}

bool is_told_otherwise(const Event& event) {
    switch (static_cast<Kind>(event.kind)) {
    case Kind::handler_entered: // the table names the pager's
        return field(event, "entry") == static_cast<std::uint64_t>(abi::Entry::exception);
    case Kind::exception:
    case Kind::exception_seen: // the table has an error code
        return !abi::has_error_code(field(event, "vector"));
    default:
        return false;
    }
}

std::string source_of(const Event& event) {
    if (static_cast<Kind>(event.kind) == Kind::handler_entered && is_told_otherwise(event))
        return "libos/core/exceptions.cpp";
    const abi::EventDefinition* definition = definition_of(event);
    return definition == nullptr ? "" : definition->source;
}

std::string sentence_of_kind(const Event& event) {
    constexpr std::string_view code = "error code {error}, ";
    std::string text = definition_of(event)->sentence;
    const std::size_t at = is_told_otherwise(event) ? text.find(code) : std::string::npos;
    return at == std::string::npos ? text : text.erase(at, code.size());
}

std::uint64_t field(const Event& event, const char* name, std::uint64_t otherwise) {
    std::uint64_t value = otherwise;
    if (const abi::EventDefinition* definition = definition_of(event))
        each_field(*definition, [&](std::string_view each, std::size_t index) {
            if (each == name)
                value = event.payload[index];
        });
    return value;
}

std::vector<Field> fields(const Event& event) {
    std::vector<Field> all;
    const abi::EventDefinition* definition = definition_of(event);
    if (definition == nullptr) {
        for (std::uint32_t i = 0; i < event.words; ++i)
            all.push_back({fmt::format("word{}", i), event.payload[i],
                           fmt::format("{:#x}", event.payload[i])});
        return all;
    }
    each_field(*definition, [&](std::string_view name, std::size_t index) {
        if (!name.starts_with("reserved"))
            all.push_back({std::string(name), event.payload[index],
                           text_of(shown_as(definition->event, name), event.payload[index])});
    });
    return all;
}

std::string sentence(const Event& event) {
    const abi::EventDefinition* definition = definition_of(event);
    if (definition == nullptr)
        return definition_of_kind(event.kind) == nullptr
                   ? fmt::format("An event of the unknown {}.", name_of_kind(event))
                   : fmt::format("A {} event: its ring has no right to say so.",
                                 name_of_kind(event));
    const std::vector<Field> values = fields(event);
    std::string text;
    const std::string of_kind = sentence_of_kind(event);
    std::string_view rest = of_kind;
    while (!rest.empty()) {
        const std::size_t open = std::min(rest.find('{'), rest.size());
        text += rest.substr(0, open);
        rest.remove_prefix(open);
        const std::size_t close = rest.find('}');
        if (rest.empty() || close == std::string_view::npos)
            break;
        const std::string_view name = rest.substr(1, close - 1);
        const auto value = std::ranges::find(values, name, &Field::name);
        text += value == values.end() ? std::string(rest.substr(0, close + 1)) : value->text;
        rest.remove_prefix(close + 1);
    }
    text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
    return text + ".";
}

std::string sentence(const recording::Recording& recording, const Event& event) {
    if (static_cast<Kind>(event.kind) != Kind::completion_seen)
        return sentence(event);
    const std::uint64_t cookie = field(event, "cookie");
    for (std::size_t i = std::min<std::size_t>(event.sequence, recording.events.size());
         i-- != 0;) {
        const Event& earlier = recording.events[i];
        if (static_cast<Kind>(earlier.kind) == Kind::io_completed && !earlier.claim &&
            field(earlier, "owner") == event.environment && field(earlier, "cookie") == cookie)
            return fmt::format("The libOS takes the completion of request {} from its ring.",
                               field(earlier, "request"));
    }
    return sentence(event);
}

const char* name_of(abi::Outcome outcome) {
    constexpr const char* names[] = {"none",  "ended",      "environment_killed", "panic",
                                     "stuck", "boot_error", "recording_full"};
    const auto index = static_cast<std::uint32_t>(outcome);
    return index < std::size(names) ? names[index] : "unknown";
}

std::string grouped(std::uint64_t number) {
    std::string text = fmt::to_string(number);
    for (std::size_t i = text.size(); i > 3; i -= 3)
        text.insert(i - 3, ",");
    return text;
}

std::string counted(std::uint64_t number, const char* one) {
    return fmt::format("{} {}{}", grouped(number), one, number == 1 ? "" : "s");
}

} // namespace viewer
