// libos/core/upcall_limit.hpp - no upcall of this libOS lasts for ever.
//
// The exokernel ends an environment that stays in one upcall for longer than a limit, and reports
// where it was. The libOS asks for that at its start: 100,000,000 instructions, or `upcall_limit`
// of the manifest (0: no limit). Where ticks are time and not instructions there is none.

#pragma once

namespace libos {

/// Arms the limit that the manifest asks for.
void arm_upcall_limit();

// No limit as long as this lives: for the few parts that disable upcalls and are as long as the
// pool or a file. Several threads may have one.
class UpcallLimitPaused {
public:
    UpcallLimitPaused();
    ~UpcallLimitPaused();
    UpcallLimitPaused(const UpcallLimitPaused&) = delete;
    UpcallLimitPaused& operator=(const UpcallLimitPaused&) = delete;
};

} // namespace libos
