// apps/bench/offsets.hpp - what the measured assembly knows of the ABI; measured.hpp asserts each
// number.

#pragma once

#define PE_PAGE 0x100000
#define PE_UPCALLS_DISABLED (PE_PAGE + 16)
#define PE_PENDING (PE_PAGE + 20)
#define SAVE_AREA (PE_PAGE + 512)
#define SAVE_RIP (SAVE_AREA + 48)

#define CALL_NULL 0
#define CALL_INSTALL 1
#define CALL_REMOVE 2
#define CALL_CHANGE 3
#define CALL_PERFORM_TRANSLATIONS 4
#define CALL_BIND_FRAMES 5
#define CALL_GRANT 10
#define CALL_CREATE_ENVIRONMENT 13
#define CALL_WAIT 22
#define CALL_YIELD 20
#define CALL_DROP_FRAMES 29

#define ACCESS_WRITE 2
#define ALL_RIGHTS 0x3f

// Measurement
#define LEAST_TICKS 0
#define FAILED 8

#define PROTECTED_PAGES 100
#define REFUSED_PAGES 334
