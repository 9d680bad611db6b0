// libos/vm/guest_pager.hpp - the booted libOS's one pager, in the variant chosen at the start.

#pragma once

#include "libos/vm/guest_platform.hpp"
#include "libos/vm/pager.hpp"

namespace libos {

template <recording::Recording recording> using GuestPager = Pager<GuestPlatform<recording>>;

namespace guest_pager {
template <recording::Recording recording> inline GuestPager<recording>* instance = nullptr;

/// The run ends before the fault after this one (`until_fault` of the manifest).
inline std::uint64_t last_fault = ~std::uint64_t{0};

/// The pager's policy will be this one, whatever the manifest names.
void use_policy(const PolicyOperations& policy);

/// Makes the pager from the manifest, if there is none yet, and takes over the entry points.
void start();

/// Calls `function` with the pager that there is.
template <class Function> auto with(Function function) {
    using recording::Recording;
    return recording::is_on() ? function(*instance<Recording::on>)
                              : function(*instance<Recording::off>);
}

inline bool exists() {
    using recording::Recording;
    return instance<Recording::on> != nullptr || instance<Recording::off> != nullptr;
}
} // namespace guest_pager
} // namespace libos
