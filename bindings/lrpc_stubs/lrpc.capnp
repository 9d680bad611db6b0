@0xb7d1f60a5c3e9284;
# bindings/lrpc_stubs/lrpc.capnp - how an interface is called, said beside it in its schema.
#
# Use: `using Lrpc = import "/bindings/lrpc_stubs/lrpc.capnp";`, then `$Lrpc.aStackBytes(512)` and so
# on. On an interface it holds for all its methods that do not say it themselves. The ids are what
# the stub compiler knows them by: they never change.

annotation namespace @0xe4a1c07b52d98f31 (file) :Text;
# The C++ namespace of what is generated, with `::` between its parts; `interfaces` without it.

annotation aStackBytes @0xa93d5e8c16f07b42 (interface, method) :UInt32;
# Size of each A-stack, a multiple of 8; 4096 without it. A larger message goes out of band.

annotation aStacks @0xc58f0e7d3ab41953 (interface, method) :UInt16;
# How many calls of the method are possible at a time, each with an A-stack of its own: 1 to 256;
# 4 without it.

annotation copyBytes @0x9d2be45f80c71a64 (interface, method) :UInt32;
# The largest message that the server copies, and has room for on its E-stack; `aStackBytes` without
# it. What is passed by reference does not count.

annotation inRegisters @0xf06c9a318ed45b75 (method) :Void;
# Parameters and results go in registers: at most 6 words of data each, and no pointers.

annotation byCopy @0x8b57d1c4e92f6086 (param, field) :Void;
# The server gets its own copy; so it is without any of these.

annotation byReference @0xd3e0682fb7495c97 (param, field) :Void;
# For Text and Data directly in a method's parameters: the server looks at the bytes where the client
# put them, and the client may change them meanwhile.
