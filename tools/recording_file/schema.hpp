// tools/recording_file/schema.hpp - the generated schema, with what its compiler writes silenced.

#pragma once

#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Weverything"
#include "bindings/schemas/recording.capnp.h"
#include <capnp/message.h>
#include <capnp/serialize.h>
#pragma clang diagnostic pop

#include "tools/recording_file/recording.hpp"

namespace recording {

inline constexpr const char* format_name = "faultline recording";

} // namespace recording
