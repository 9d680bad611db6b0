"""`exo mappings`: which page leads to which frame, through which secure binding."""

import struct

import gdb

import bindings
import kernel

PRESENT, WRITABLE, ACCESSED, DIRTY = 1, 2, 1 << 5, 1 << 6
NO_EXECUTE = 1 << 63
WINDOW = 255  # the top-level slot through which an environment reads its own tables


class Mapping:
    """A run of pages that lead to as many frames in a row, with the same access."""

    def __init__(self, page, entry):
        self.page, self.entry, self.count = page, entry, 1

    @property
    def frame(self):
        return (self.entry & kernel.FRAME_MASK) // kernel.PAGE

    def takes(self, page, entry):
        step = self.count * kernel.PAGE
        if page != self.page + self.count or entry != self.entry + step:
            return False
        self.count += 1
        return True

    def access(self):
        return (
            "r"
            + ("w" if self.entry & WRITABLE else "-")
            + ("-" if self.entry & NO_EXECUTE else "x")
            + (" accessed" if self.entry & ACCESSED else "")
            + (" dirty" if self.entry & DIRTY else "")
        )


def table_at(frame):
    return struct.unpack("<512Q", kernel.memory(kernel.physical(frame * kernel.PAGE), kernel.PAGE))


def pages_of(environment):
    """(page, entry) of every translation of the environment, in order."""
    root = kernel.number(environment["root"]) // kernel.PAGE

    def walk(frame, level, base):
        for index, entry in enumerate(table_at(frame)):
            if not entry & PRESENT or (level == 4 and index >= WINDOW):
                continue
            page = base << 9 | index
            if level == 1:
                yield page, entry
            else:
                yield from walk((entry & kernel.FRAME_MASK) // kernel.PAGE, level - 1, page)

    if root:
        yield from walk(root, 4, 0)


def translation(environment, page):
    """The page-table entry of one page; None where there is none."""
    frame = kernel.number(environment["root"]) // kernel.PAGE
    for level in (3, 2, 1, 0):
        if frame == 0:
            return None
        index = page >> 9 * level & 511
        entry = kernel.word(kernel.physical(frame * kernel.PAGE) + 8 * index)
        if not entry & PRESENT or (level == 3 and index >= WINDOW):
            return None
        frame = (entry & kernel.FRAME_MASK) // kernel.PAGE
    return entry


def runs_of(environment):
    last = None
    for page, entry in pages_of(environment):
        if last is not None and last.takes(page, entry):
            continue
        if last is not None:
            yield last
        last = Mapping(page, entry)
    if last is not None:
        yield last


def slots_of(environment):
    """Frame -> slot of the binding to it in the environment's own table."""
    return {
        binding.frame: binding.slot
        for binding in bindings.all_of(environment)
        if binding.kind == "frame"
    }


def line(slots, mapping):
    text = f"{mapping.page:#x} -> frame {mapping.frame:#x}"
    if mapping.count > 1:
        text += f", {mapping.count} pages"
    slot = slots.get(mapping.frame)
    by = "bound elsewhere" if slot is None else f"by slot {slot}"
    return f"page {text}  {mapping.access()}  {by}"


class MappingsCommand(kernel.Command):
    """exo mappings [ADDRESS] [of ENVIRONMENT]: pages, frames, and the bindings between them.

    With an address (a number or an expression): the translation of that address alone. Pages in a
    row with frames in a row are one line, and the binding shown is the first one's."""

    def invoke(self, argument, from_tty):
        argument, _, identity = argument.partition(" of ")
        if argument.startswith("of "):
            argument, identity = "", argument[3:]
        environment = kernel.chosen(kernel.integer(identity) if identity.strip() else None)
        name = f"environment {kernel.number(environment['identity'])}"
        slots = slots_of(environment)
        if argument.strip():
            wanted = kernel.integer(argument.strip()) // kernel.PAGE
            entry = translation(environment, wanted)
            if entry is None:
                print(f"page {wanted:#x} has no translation in {name}")
            else:
                print(line(slots, Mapping(wanted, entry)))
            return
        total = 0
        for mapping in runs_of(environment):
            total += mapping.count
            print(line(slots, mapping))
        print(f"{total} pages of {name}")


def register():
    MappingsCommand("mappings")
