"""`exo bindings`: the capability table of an environment - every secure binding it holds."""

import struct

import gdb

import kernel

RIGHTS = "rwxcgv"  # read, write, execute, control, grant, revoke
FORMAT = "<QIIQQIIIIIIII"  # abi::CapabilityEntry, 64 bytes
FRAMES = ("frame", "page_table", "table_links", "kernel_object")


class Binding:
    """One entry of a table (bindings/abi/capability.hpp)."""

    def __init__(self, slot, data):
        fields = struct.unpack(FORMAT, data)
        self.slot = slot
        self.name, kind_and_rights, self.generation, self.object, self.detail = fields[:5]
        self.mapping_head, _, self.parent, self.first_child = fields[5:9]
        self.used, self.owner = fields[11:13]
        self.kind = kernel.enumerator("abi::Kind", kind_and_rights & 0xFF)
        self.rights = kind_and_rights >> 8 & 0x3F
        self.depth = kind_and_rights >> 24

    @property
    def frame(self):
        """The frame of a kind that has one: a translation, or the kernel's address of it."""
        if self.object >= kernel.DIRECT_MAP and self.kind != "frame":
            return kernel.frame_of(self.object)
        return (self.object & kernel.FRAME_MASK) // kernel.PAGE

    def rights_text(self):
        return "".join(c if self.rights >> i & 1 else "-" for i, c in enumerate(RIGHTS))

    def what(self):
        if self.kind in FRAMES:
            return f"frame {self.frame:#x}" + (", mapped" if self.mapping_head else "")
        if self.kind == "environment":
            return f"environment {kernel.number(kernel.at(self.object)['identity'])}"
        if self.kind == "memory":
            return f"{self.used} of {self.detail} frames bound"
        if self.kind == "disk_extent":
            return f"blocks {self.object} to {self.object + self.detail - 1}"
        return ""

    def follows(self, other, count):
        """Whether it continues a run of `count` bindings that begins with `other`."""
        return (
            self.kind == other.kind == "frame"
            and (self.rights, self.generation, bool(self.mapping_head))
            == (other.rights, other.generation, bool(other.mapping_head))
            and (self.slot, self.frame) == (other.slot + count, other.frame + count)
        )


def all_of(environment):
    """The bindings in its table, by slot."""
    base = kernel.number(environment["capabilities"])
    slots = kernel.number(environment["capability_slots"])
    if base == 0:
        return
    data = kernel.memory(base, slots * kernel.ENTRY_BYTES)
    for slot in range(slots):
        entry = data[slot * kernel.ENTRY_BYTES : (slot + 1) * kernel.ENTRY_BYTES]
        if entry[:8] != bytes(8):  # the name of an empty slot is 0
            yield Binding(slot, entry)


def runs_of(found):
    """(first binding, how many): frames in a row in slots in a row are one run."""
    first, count = None, 0
    for binding in found:
        if first is not None and binding.follows(first, count):
            count += 1
            continue
        if first is not None:
            yield first, count
        first, count = binding, 1
    if first is not None:
        yield first, count


class BindingsCommand(kernel.Command):
    """exo bindings [KIND|SLOT] [of ENVIRONMENT]: its capability table.

    Frames in a row in slots in a row are one line, with the capability of the first.
    Rights: r read, w write, x execute, c control, g grant, v revoke. KIND is one of memory, frame,
    page_table, table_links, environment, kernel_object, disk_extent, console, processor_time,
    recording_ring."""

    def invoke(self, argument, from_tty):
        words = self.words(argument)
        identity = None
        if "of" in words[:-1]:
            identity = kernel.integer(words[words.index("of") + 1])
            words = words[: words.index("of")]
        if len(words) > 1:
            raise gdb.GdbError("usage: exo bindings [KIND|SLOT] [of ENVIRONMENT]")
        wanted = words[0] if words else None
        environment = kernel.chosen(identity)
        found = [
            binding
            for binding in all_of(environment)
            if wanted in (None, binding.kind, str(binding.slot), hex(binding.slot))
        ]
        shown = len(found)
        if found:
            print(f"{'slot':>9}  {'capability':<18} {'kind':<15} {'rights':<7} to")
        for binding, count in runs_of(found):
            last = f"-{binding.slot + count - 1}" if count > 1 else ""
            what = f"{count} frames from " if count > 1 else ""
            print(
                f"{f'{binding.slot}{last}':>9}  {binding.name:#018x} {binding.kind:<15} "
                f"{binding.rights_text():<7} {what}{binding.what()}".rstrip()
            )
        name = f"environment {kernel.number(environment['identity'])}"
        if shown == 0 and wanted is not None:
            raise gdb.GdbError(f"{name} has no binding {wanted}; `exo bindings` shows all")
        print(f"{shown} bindings of {name}")


def register():
    BindingsCommand("bindings")
