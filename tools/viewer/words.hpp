// tools/viewer/words.hpp - an event in words: its sentence, its fields by name.
//
// Entries, errors, calls and bits appear by name, addresses, pages and capabilities in hexadecimal,
// everything else in decimal. All of it comes from the table of event kinds and the ABI's names.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tools/recording_file/recording.hpp"

namespace viewer {

struct Field {
    std::string name;
    std::uint64_t value = 0;
    std::string text; // as a sentence shows it
};

/// How the value of a field is written. A number beyond 32 bits is hexadecimal in any case.
enum class Shown : std::uint8_t {
    decimal,
    hexadecimal,
    fault_error, // of a page fault: bits of the hardware
    error,
    entry,
    call,
    end_reason,
    vector,
    operation,
    bits,
    access,
    binding_kind,
    repossession_state,
    slot, // 32 bits, all set: none
    exception,
    edited,
    characters, // 8 of a name
    told,       // what a policy was told of a page
    hint,       // what the application has said of pages
    last = hint,
};

Shown shown_as(abi::Event kind, std::string_view field);

/// 8 characters of a name; what a terminal does not show as it is becomes `?`.
std::string characters(std::uint64_t value);

/// A value in that form.
std::string text_of(Shown shown, std::uint64_t value);

/// The definition of the event's kind; nullptr for one that this version does not know, and for one
/// that is forged: its fields say nothing.
const abi::EventDefinition* definition_of(const recording::Event& event);

/// "page_fault", "kind 0x3fe", or "forged page_fault".
std::string name_of_kind(const recording::Event& event);

/// Whether it has another sentence, or another source file, than others of its kind.
bool is_told_otherwise(const recording::Event& event);

/// The sentence with the names of its fields in braces; the kind must be known. An exception for
/// which the processor saves no error code has none in it.
std::string sentence_of_kind(const recording::Event& event);

/// The source file in which the event happens; empty for a kind that is not known.
std::string source_of(const recording::Event& event);

/// The value of a field, or `otherwise` if the kind has none of that name.
std::uint64_t field(const recording::Event& event, const char* name, std::uint64_t otherwise = 0);

/// All fields in their order, without those that are reserved.
std::vector<Field> fields(const recording::Event& event);

/// The sentence of the kind with its fields filled in, capitalised, with a full stop.
std::string sentence(const recording::Event& event);

/// The same, with what only the events before it tell: a completion that a libOS takes is named by
/// its request, as the other steps name it, and not by the libOS's cookie.
std::string sentence(const recording::Recording& recording, const recording::Event& event);

const char* name_of(abi::Outcome outcome);

/// 1234567 as "1,234,567".
std::string grouped(std::uint64_t number);

/// "1 frame", "2 frames".
std::string counted(std::uint64_t number, const char* one);

} // namespace viewer
