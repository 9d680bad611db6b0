@0x9c40e7a1b6d2f385;
# tests/speed/lrpc_stubs.capnp - the procedures whose generated code is counted.

using Lrpc = import "/bindings/lrpc_stubs/lrpc.capnp";
$Lrpc.namespace("lrpc_speed");

interface Measured {
  nothing @0 ();
  add @1 (n :UInt64) -> (sum :UInt64);
  addInRegisters @2 (n :UInt64) -> (sum :UInt64) $Lrpc.inRegisters;
  byCopy @3 (key :UInt64, value :Data);
  byReference @4 (key :UInt64, value :Data $Lrpc.byReference);
}
