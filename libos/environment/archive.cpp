// libos/environment/archive.cpp - maps the archive.

#include "libos/environment/archive.hpp"

#include "bindings/abi/translation.hpp"
#include "libos/core/address_space.hpp"
#include "libos/core/start.hpp"
#include "libos/core/upcall.hpp"

namespace libos {

abi::Result<std::span<const char>> archive() {
    static bool mapped = false;
    const abi::StartInformation& start = start_information();
    if (start.archive_frames == 0)
        return std::unexpected(abi::Error::no_binding);
    if (!mapped) {
        const UpcallsDisabled guard;
        map_view(abi::View::archive, 0, start.archive_frames, address_range::archive,
                 abi::access::read_only);
        mapped = true;
    }
    return std::span{reinterpret_cast<const char*>(address_range::archive), start.archive_bytes};
}

} // namespace libos
