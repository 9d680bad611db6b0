// exokernel/syscall/table.hpp - every system call and its handler, on one screen.
//
// X(name, arguments, steps): handler `sys_name`, how many registers it has as arguments, and
// whether it may go in steps. Numbers and meanings: bindings/abi/system_call.hpp. The first,
// `null`, has only a hot handler; the next four have one besides, all in memory/translation.cpp.

#pragma once

#include "exokernel/bindings/capability_table.hpp" // IWYU pragma: export
#include "exokernel/recording/record.hpp"          // IWYU pragma: export
#include "exokernel/syscall/call.hpp"              // IWYU pragma: export

// clang-format off
#define FAULTLINE_SLOW_CALLS(X)                                                      \
    X(install, 4, false)                      /*  1 memory/       */                 \
    X(remove, 2, false)                       /*  2               */                 \
    X(change, 4, false)                       /*  3               */                 \
    X(perform_translations, 2, true)          /*  4 memory/       */                 \
    X(bind_frames, 4, true)                   /*  5               */                 \
    X(bind_page_table, 5, false)              /*  6               */                 \
    X(bind_view, 2, false)                    /*  7               */                 \
    X(derive, 4, false)                       /*  8 bindings/     */                 \
    X(open_slot, 0, false)                    /*  9               */                 \
    X(grant, 4, false)                        /* 10               */                 \
    X(drop, 1, true)                          /* 11               */                 \
    X(revoke, 1, true)                        /* 12               */                 \
    X(create_environment, 1, false)           /* 13 environment/  */                 \
    X(start_environment, 5, false)            /* 14               */                 \
    X(destroy_environment, 2, true)           /* 15               */                 \
    X(end, 1, false)                          /* 16               */                 \
    X(set_processor_environment, 2, false)    /* 17 PE/           */                 \
    X(set_entry, 3, false)                    /* 18               */                 \
    X(switch_root, 1, false)                  /* 19 memory/       */                 \
    X(yield, 0, false)                        /* 20 environment/  */                 \
    X(yield_to, 1, false)                     /* 21               */                 \
    X(wait, 0, false)                         /* 22               */                 \
    X(deliver_pending, 0, false)              /* 23 PE/           */                 \
    X(set_limit, 2, false)                    /* 24 environment/  */                 \
    X(write_console, 3, false)                /* 25 console/      */                 \
    X(bind_io_ring, 1, false)                 /* 26 disk/         */                 \
    X(submit_io, 0, true)                     /* 27               */                 \
    X(request_revocation, 5, true)            /* 28 revocation/   */                 \
    X(drop_frames, 2, true)                   /* 29 bindings/     */                 \
    X(bind_repossession_vector, 1, false)     /* 30 revocation/   */                 \
    X(guarantee, 1, false)                    /* 31               */                 \
    X(bind_slice, 4, false)                   /* 32 environment/  */
// clang-format on

namespace exokernel {

#define FAULTLINE_DECLARE_HANDLER(name, arguments, steps) Reply sys_##name(Call& call);
FAULTLINE_SLOW_CALLS(FAULTLINE_DECLARE_HANDLER)

} // namespace exokernel
