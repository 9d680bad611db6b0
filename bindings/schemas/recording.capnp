# bindings/schemas/recording.capnp - a recording on disk: a stream of Cap'n Proto messages.
#
# The first message is the header, then come chunks of raw records ring by ring, then the end. The
# elements of a chunk are the 32-byte records of bindings/abi/recording.hpp, byte for byte. Nothing
# in the file is dated and nothing names a path, so that equal runs give equal files. Read it with
#
#   capnp decode bindings/schemas/recording.capnp Message < recording
#   capnp convert binary:json bindings/schemas/recording.capnp Message < recording
#
# What each kind and its payload mean stands in bindings/abi/event.hpp.

@0xd1b6a1c7f0e35a42;

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("recording::schema");

struct Message {
  union {
    header @0 :Header;
    chunk @1 :Chunk;
    end @2 :End;
  }
}

struct Header {
  format @0 :Text;          # "faultline recording"
  version @1 :UInt32;       # of this schema; readers refuse a newer one
  facts @2 :List(Fact);     # what was run: app, policy, frames, seed ...
  result @3 :Result;
  rings @4 :List(Ring);
  flags @5 :List(Flag);     # what the recorder found wrong with the region itself
  checksum @6 :UInt64;      # of all the above (tools/recording_file/checksum.hpp)
}

struct Fact {
  key @0 :Text;
  value @1 :Text;
}

# How the run ended; times are instructions since the kernel was entered.
struct Result {
  outcome @0 :Outcome;
  status @1 :UInt32;
  reason @2 :UInt32;
  environment @3 :UInt32;
  ticksAtStart @4 :UInt64;
  ticksAtEnd @5 :UInt64;
  idleTicks @6 :UInt64;
  cause @7 :UInt64;
  faultAddress @8 :UInt64;
  error @9 :UInt64;
  rip @10 :UInt64;
  rsp @11 :UInt64;
  longestInterruptsOff @12 :UInt64;
  systemCalls @13 :UInt64;
  faults @14 :UInt64;
  interrupts @15 :UInt64;
  message @16 :Text;
}

enum Outcome {
  none @0;
  ended @1;
  environmentKilled @2;
  panic @3;
  stuck @4;
  bootError @5;
  recordingFull @6;
}

struct Ring {
  origin @0 :Origin;
  identity @1 :UInt32;      # kernel: processor; libOS: environment
  records @2 :UInt64;       # in this file
  lost @3 :UInt64;          # records that the ring could not hold
}

enum Origin {
  none @0;
  kernel @1;                # facts
  libos @2;                 # claims of one environment
}

# Something that cannot be right. `ring` is an index into the header's list (the highest number
# where the region itself is meant), `record` the number of the record in its ring.
struct Flag {
  ring @0 :UInt32;
  reason @1 :Reason;
  record @2 :UInt64;
}

enum Reason {
  none @0;
  ringOutsideRegion @1;
  ringOfUnknownOrigin @2;
  ringsOverlap @3;
  headBeyondCapacity @4;
  headRanBackwards @5;
  headMovedWhileDraining @6;
  forgedKernelEvent @7;
  claimInKernelRing @8;
  foreignEnvironment @9;
  foreignProcessor @10;
  timeRanBackwards @11;
  timeBeforeEntry @12;
  unknownKind @13;
  brokenEvent @14;
  furtherFlagsOmitted @15;
  impossibleResult @16;
}

# Up to 1024 consecutive records of one ring.
struct Chunk {
  ring @0 :UInt32;
  first @1 :UInt64;         # number of the first record in its ring, lost ones counted
  lost @2 :UInt64;          # records lost between the chunk before and this one
  events @3 :List(Record);
  checksum @4 :UInt64;
}

struct Record {
  time @0 :UInt64;
  environment @1 :UInt32;
  processor @2 :UInt16;
  kind @3 :UInt16;
  a @4 :UInt64;
  b @5 :UInt64;
}

# The last message: without it the file is not whole.
struct End {
  flags @0 :List(Flag);     # what the recorder found wrong with records
  chunks @1 :UInt64;
  checksum @2 :UInt64;
}
