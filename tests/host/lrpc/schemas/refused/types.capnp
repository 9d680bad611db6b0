@0xf3a8b1c7d2e49506;
# Types of Cap'n Proto that do not travel in messages here, or are not worth their code.
using Lrpc = import "/bindings/lrpc_stubs/lrpc.capnp";

struct Choice {
  always @0 :Text = "a } that opens nothing {";
  union {
    one @1 :UInt8;
    other @2 :UInt16;
  }
}

struct Named {
  which :union { # a comment with { and "
    a @0 :Void;
    b @1 :Void;
  }
  inside :group {
    kind :union {
      c @2 :Void;
      d @3 :Void;
    }
  }
}

struct Box(T) {
  content @0 :T;
}

interface Thing {
  nothing @0 ();
}

struct Holder {
  first @0 :UInt8;
  thing @1 :Thing;
  anything @2 :AnyPointer;
  anyList @3 :AnyList;
  things @4 :List(Thing);
  boxed @5 :Box(Text);
}

struct Own { next @0 :Own; }
struct Left {
  right @0 :Right;
}
struct Right { left
    @0 :Left; }

struct Defaults {
  point @0 :Point = (x = 1);
  numbers @1 :List(UInt8) = [1, 2];
  struct Point { x @0 :Int32; }
}

const greeting :Text = "hi";
const limit :UInt8 = 3;
