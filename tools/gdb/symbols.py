"""Which program's symbols gdb has: those of the environment that the processor runs.

Programs of one run lie at the same addresses, so the symbols of another one are wrong everywhere.
The exokernel does not know programs by name. What an environment runs is told by its memory: the
one program whose code is what its executable pages hold. Where none is, or more than one, gdb has
the symbols of no program.
"""

import os
import struct

import gdb

import kernel
import mappings

EXECUTABLE = 1  # of a program header
LOADED = 1  # its kind


class Program:
    """An ELF64 file and the code that it brings into an address space."""

    def __init__(self, path):
        self.given = path
        self.path = os.path.realpath(path)  # as gdb calls it
        self.name = os.path.basename(path)
        with open(path, "rb") as file:
            data = file.read()
        offset = struct.unpack_from("<Q", data, 32)[0]
        size, count = struct.unpack_from("<HH", data, 54)
        self.code = []  # (address, bytes)
        for header in range(offset, offset + size * count, size):
            kind, flags, begin, address, _, length = struct.unpack_from("<IIQQQQ", data, header)
            if kind == LOADED and flags & EXECUTABLE:
                self.code.append((address, data[begin : begin + length]))

    def pages(self):
        """(page, offset in it, bytes) of its code."""
        for address, data in self.code:
            end = address + len(data)
            for page in range(address // kernel.PAGE, (end - 1) // kernel.PAGE + 1):
                first = max(address, page * kernel.PAGE)
                last = min(end, (page + 1) * kernel.PAGE)
                yield page, first % kernel.PAGE, data[first - address : last - address]

    def runs_in(self, environment):
        """Whether the pages that the environment has of its code, one at least, hold it."""
        found = False
        for page, offset, data in self.pages():
            entry = mappings.translation(environment, page)
            if entry is None:
                continue
            frame = entry & kernel.FRAME_MASK
            if kernel.memory(kernel.physical(frame) + offset, len(data)) != data:
                return False
            found = True
        return found


programs = []
loaded = None
following = True  # replay.Quiet ends it while it moves
known = {}  # identity of an environment -> its Program


def begin(paths):
    """Called by the script of `exo gdb`. Until the exokernel runs an environment, breakpoints are
    for the first program."""
    global programs
    programs = [Program(path) for path in paths]
    load(programs[0])


def load(program):
    global loaded
    if program is loaded:
        return
    if loaded is not None:
        gdb.execute(f'remove-symbol-file "{loaded.path}"', to_string=True)
    loaded = program
    if program is None:
        print("symbols of no program: which one runs here is not known")
    else:
        gdb.execute(f'add-symbol-file "{program.path}"', to_string=True)
        print(f"symbols of {program.name}: {program.given}")


def program_of(environment):
    identity = kernel.number(environment["identity"])
    if identity not in known:
        fitting = [program for program in programs if program.runs_in(environment)]
        if len(fitting) != 1:
            return None
        known[identity] = fitting[0]
    return known[identity]


def follow():
    """Loads the symbols of what runs here. Without an environment nothing of a program does.

    Called at every stop, before gdb tells of it (`hook-stop` in the script of `exo gdb`)."""
    if not following:
        return
    try:
        environment = kernel.current()
        if kernel.number(environment["identity"]) != 0:
            load(program_of(environment))
    except kernel.GuestNotReady:
        pass
