// exokernel/syscall/table.hpp - every system call and its handler, on one screen.
//
// Numbers and meanings: bindings/abi/system_call.hpp. Hot handlers are plain functions in
// memory/translation.cpp.

#pragma once

#include "exokernel/syscall/call.hpp"

namespace exokernel {

Reply sys_perform_translations(Call& call);      //  4 memory/
Reply sys_bind_frames(Call& call);               //  5
Reply sys_bind_page_table(Call& call);           //  6
Reply sys_bind_view(Call& call);                 //  7
Reply sys_derive(Call& call);                    //  8 bindings/
Reply sys_open_slot(Call& call);                 //  9
Reply sys_grant(Call& call);                     // 10
Reply sys_drop(Call& call);                      // 11
Reply sys_revoke(Call& call);                    // 12
Reply sys_create_environment(Call& call);        // 13 environment/
Reply sys_start_environment(Call& call);         // 14
Reply sys_destroy_environment(Call& call);       // 15
Reply sys_end(Call& call);                       // 16
Reply sys_set_processor_environment(Call& call); // 17 PE/
Reply sys_set_entry(Call& call);                 // 18
Reply sys_switch_root(Call& call);               // 19 memory/
Reply sys_yield(Call& call);                     // 20 environment/
Reply sys_yield_to(Call& call);                  // 21
Reply sys_wait(Call& call);                      // 22
Reply sys_deliver_pending(Call& call);           // 23 PE/
Reply sys_set_limit(Call& call);                 // 24 environment/
Reply sys_write_console(Call& call);             // 25 console/
Reply sys_bind_io_ring(Call& call);              // 26 disk/
Reply sys_submit_io(Call& call);                 // 27
Reply sys_request_revocation(Call& call);        // 28 revocation/
Reply sys_drop_frames(Call& call);               // 29 bindings/
Reply sys_bind_repossession_vector(Call& call);  // 30 revocation/
Reply sys_guarantee(Call& call);                 // 31

} // namespace exokernel
