@0xa6c9e0f1b3d27548;
# Methods and annotations that are not supported, or that contradict each other.
using Lrpc = import "/bindings/lrpc_stubs/lrpc.capnp";
$Lrpc.namespace("std");

interface Base { ping @0 (); }
interface Derived extends(Base) { pong @0 (); }

interface Methods {
  write @0 (bytes :Data) -> stream;
  generic @1 [T] (x :T) -> ();
  pass @2 (number :UInt32,
           server :Base, # a parameter on a line of its own
           text :Text)
      -> (another
             :Base);
  small @3 (a :UInt64, b :UInt64) $Lrpc.aStackBytes(16);
  odd @4 () $Lrpc.aStackBytes(100);
  none @5 () $Lrpc.aStackBytes(0);
  many @6 () $Lrpc.aStacks(300);
  zero @7 () $Lrpc.aStacks(0);
  huge @8 () $Lrpc.copyBytes(2097152);
  registers @9 (text :Text) $Lrpc.inRegisters;
  seven @10 () -> (a :UInt64, b :UInt64, c :UInt64, d :UInt64, e :UInt64, f :UInt64, g :UInt8)
      $Lrpc.inRegisters;
}

interface References {
  both @0 (a :Data $Lrpc.byCopy $Lrpc.byReference);
  number @1 (a :UInt8,
             b :UInt64 $Lrpc.byReference);
  preset @2 (a :Text = "x" $Lrpc.byReference);
  back @3 () -> (a :Data $Lrpc.byReference);
  nested @4 (a :Nested) -> ();
  inGroup @5 Grouped -> ();
  fine @6 (a :Data $Lrpc.byReference);
}
struct Nested { bytes @0 :Data $Lrpc.byReference; }
struct Grouped { group :group { bytes @0 :Data $Lrpc.byReference; } }
