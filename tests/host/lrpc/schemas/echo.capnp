@0xd4b8e1026f97c35a;
# tests/host/lrpc/schemas/echo.capnp - the interfaces of the tests of calls.

using Lrpc = import "/bindings/lrpc_stubs/lrpc.capnp";
using Types = import "everything.capnp";
$Lrpc.namespace("lrpc_test");

interface Counter $Lrpc.aStackBytes(512) $Lrpc.aStacks(3) {
  add @0 (n :UInt64) -> (sum :UInt64);
  addInRegisters @1 (n :UInt64, twice :Bool = true) -> (sum :UInt64) $Lrpc.inRegisters;
  reset @2 ();
  current @3 () -> (sum :UInt64);
}

interface Store {
  put @0 (key :Text, value :Data, expiry :UInt32 = 60) -> (replaced :Bool);
  get @1 (key :Text) -> (value :Data);
  checksum @2 (start :UInt32, bytes :Data $Lrpc.byReference, label :Text $Lrpc.byReference,
               note :Text $Lrpc.byCopy) -> (sum :UInt32, note :Text);
  describe @3 Types.Numbers -> (text :Text);
  small @4 (data :Data) -> (data :Data) $Lrpc.aStackBytes(64) $Lrpc.copyBytes(128);
}

interface Echo $Lrpc.aStackBytes(65536) {
  everything @0 Types.Everything -> Types.Everything;
  one @1 (numbers :Types.Numbers, strings :Types.Strings) -> (numbers :Types.Numbers, strings :Types.Strings);
}
