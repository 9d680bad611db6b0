@0xe2a7c5d09148fb36;
# tests/host/lrpc/schemas/names.capnp - names that C++, its library or the generated code might mind.

enum Enum { class @0; new @1; binding @2; linux @3; unix @4; andEq @5; none @6; }

struct Client {}
struct NamesClient { words @0 :UInt32; }
struct NamesServer { words @0 :UInt32; }
struct NamesCallParameters { words @0 :UInt32; }
struct NamesCallResults { this @0 :UInt32; }
struct NamesCallProcedure { layout @0 :UInt32; }
struct NULL { value @0 :UInt8 = 3; }
struct EOF { value @0 :UInt8; }
struct Std { std @0 :UInt64; lrpc @1 :Text; }
struct Binding { binding @0 :UInt64; }
struct Implementation { implementation @0 :UInt64; }
struct Layout { data @0 :UInt64 = 1; get @1 :Text; dataWords @2 :UInt8; pointers @3 :List(Text); }
struct Outer {
  struct Inner { inner @0 :UInt8; }
  inner @0 :Inner;
  group :group { outer @1 :UInt8; inner @2 :UInt8; }
  default @3 :Data = 0x"01";
}
const namesProcedures :UInt32 = 5;

interface Names {
  call @0 (a :UInt64, binding :UInt64, this :UInt64, class :UInt64, words :UInt64, space :UInt64,
           copy :Data, results :Text, error :Bool, std :UInt8, lrpc :UInt8, value :UInt8,
           interfaces :UInt8, reader :UInt8, received :UInt8, reply :UInt8, implementation :UInt8)
      -> (a :UInt64, copy :Data, class :UInt64, expected :UInt8);
  take @1 (take :UInt64) -> (call :UInt64);
  giveBack @2 (give :UInt64);
  callInRegisters @3 (int :Int32, double :Float64) -> (static :Bool);
  delete @4 (delete :Bool) -> (new :Bool);
  operator @5 Outer -> Std;
  serveCall @6 (names :Names2) -> (dispatch :UInt8);
  dispatch @7 (number :UInt32);
  procedure @8 (layout :Layout, inner :Outer.Inner) -> (enum :Enum = andEq);
  staticCast @9 (co :UInt8, std :Std);
  namesClient @10 ();
  binding @11 () -> (binding :Binding);
  assert @12 (assert :Bool) -> (errno :Int32);
  struct Names2 { call @0 :UInt8; }
  enum Kind { union @0; struct @1; }
}
interface Empty {}
