// bindings/abi/archive.hpp - what travels with the kernel: apps and the manifest.
//
// The archive is a ustar file passed by -initrd. Its first member, `boot`, is for the kernel
// (boot_image.hpp); the next is `manifest`, text lines `key=value`; the value of `app` names the
// member that is the first environment's ELF64 program. What is marked K goes into `boot`; the
// libOS gets the text whole. Unknown keys are ignored, a key that is missing has its default.
//
//   app=NAME               K  member to start; required
//   frames=N                  managed pool of the libOS, in frames
//   policy=NAME               replacement policy
//   seed=N                    every pseudo-random choice
//   arguments=WORD WORD ...   for the application
//   file=NAME FIRST LENGTH    a file on the disk: first 4 KiB block, length in bytes (repeatable)
//   backing=FIRST COUNT       blocks of the disk for the contents of frames taken by force
//   record=0|1                write the recording: which of the two kernels this is for
//   deterministic=0|1      K  completions follow the service time
//   service_time=N         K  instructions between submission and completion
//   recording_share=N      K  percent of the region for the kernel's ring (default 60)
//   upcall_limit=N            longest upcall, in instructions (default 100,000,000; 0: any)
//   processors=N           K  how many of the machine's processors run libOSes (default 1)
//   slots=N                K  capability slots of the first environment (rounded to a power of two)

#pragma once

#include <cstdint>

namespace abi {

// A ustar member header, 512 bytes; numbers are octal text.
struct ArchiveHeader {
    char name[100];
    char mode[8];
    char owner[8];
    char group[8];
    char size[12];
    char time[12];
    char checksum[8]; // sum of all bytes of the header, this field taken as blanks
    char type;        // '0' or NUL: a file
    char link[100];
    char magic[6]; // "ustar"
    char version[2];
    char rest[247];
};
static_assert(sizeof(ArchiveHeader) == 512);
inline constexpr std::uint64_t manifest_limit = 8192; // bytes

} // namespace abi
