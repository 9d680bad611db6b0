// libos/lrpc/wire_error.hpp - what may be wrong with a message.

#pragma once

#include <cstdint>

namespace lrpc {

enum class WireError : std::uint32_t {
    none = 0,
    too_large = 1,             // more words than the space has, or than the receiver copies
    out_of_bounds = 2,         // a struct or list would not lie in the message
    wrong_pointer_kind = 3,    // a list where a struct belongs, or the reverse
    wrong_element_size = 4,    // a list of elements of another size
    far_pointer = 5,           // into another segment; there is only one
    capability_pointer = 6,    // capabilities do not travel in messages
    text_not_terminated = 7,   // the last byte of a Text is not zero, or there is none
    list_overrun = 8,          // a list of structs with more elements than its words hold
    too_deep = 9,              // nested deeper than `deepest_nesting`
    traversal_limit = 10,      // more to visit than a message of its size may have: it amplifies
    reference_not_at_end = 11, // what is passed by reference must come behind all that is copied
};

/// The name of `error` as in the list above; "unknown error" for a value that is none.
constexpr const char* name_of(WireError error) {
    constexpr const char* names[] = {"none",
                                     "too_large",
                                     "out_of_bounds",
                                     "wrong_pointer_kind",
                                     "wrong_element_size",
                                     "far_pointer",
                                     "capability_pointer",
                                     "text_not_terminated",
                                     "list_overrun",
                                     "too_deep",
                                     "traversal_limit",
                                     "reference_not_at_end"};
    const auto index = static_cast<std::uint32_t>(error);
    return index < sizeof(names) / sizeof(names[0]) ? names[index] : "unknown error";
}

} // namespace lrpc
