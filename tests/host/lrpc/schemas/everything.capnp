@0xc1f09d3b7a5e2846;
# tests/host/lrpc/schemas/everything.capnp - every type that the stub compiler writes, in every place.
#
# There is no interface in it, and the parameters of its methods are in echo.capnp: so libcapnp can
# read and write all of it by reflection.

using Lrpc = import "/bindings/lrpc_stubs/lrpc.capnp";
$Lrpc.namespace("lrpc_test");

enum Colour { red @0; green @1; blueGreen @2; }

struct Numbers {
  a @0 :Bool;
  b @1 :Bool = true;
  c @2 :Int8 = -5;
  d @3 :Int16 = -300;
  e @4 :Int32 = -70000;
  f @5 :Int64 = -5000000000;
  g @6 :UInt8 = 200;
  h @7 :UInt16 = 60000;
  i @8 :UInt32 = 4000000000;
  j @9 :UInt64 = 18446744073709551615;
  k @10 :Float32 = 1.5;
  l @11 :Float64 = -2.25e100;
  m @12 :Colour = blueGreen;
  n @13 :Void;
  o @14 :Int8;
  p @15 :UInt64;
  q @16 :Float32;
  r @17 :Int64 = -9223372036854775808;
}

struct Strings {
  text @0 :Text;
  greeting @1 :Text = "say \"hi\"\\ \n ?? \xff";
  data @2 :Data;
  magic @3 :Data = 0x"00 ff 7f 80";
}

struct Small { x @0 :UInt16; }
struct Nothing {}

struct Tree {
  value @0 :Int32;
  name @1 :Text;
  children @2 :List(Tree);
}

struct Lists {
  voids @0 :List(Void);
  bools @1 :List(Bool);
  int8s @2 :List(Int8);
  int16s @3 :List(Int16);
  int32s @4 :List(Int32);
  int64s @5 :List(Int64);
  uint8s @6 :List(UInt8);
  uint16s @7 :List(UInt16);
  uint32s @8 :List(UInt32);
  uint64s @9 :List(UInt64);
  float32s @10 :List(Float32);
  float64s @11 :List(Float64);
  colours @12 :List(Colour);
  texts @13 :List(Text);
  blobs @14 :List(Data);
  numbers @15 :List(Numbers);
  smalls @16 :List(Small);
  strings @17 :List(Strings);
  nothings @18 :List(Nothing);
  matrix @19 :List(List(Int16));
  words @20 :List(List(Text));
  bits @21 :List(List(Bool));
  tables @22 :List(List(Strings));
}

struct Everything {
  numbers @0 :Numbers;
  strings @1 :Strings;
  lists @2 :Lists;
  tree @3 :Tree;
  nothing @4 :Nothing;
  place :group {
    x @5 :Int32 = 7;
    y @6 :Float64;
    deeper :group {
      on @7 :Bool;
      label @8 :Text = "here";
    }
  }
  last @9 :UInt8 = 1;
}
