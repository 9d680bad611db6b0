"""`exo pe`: the page of a processor environment - where the exokernel enters the libOS, and what
it saved there."""

import gdb

import kernel

SAVED = ("rip", "rsp", "rflags", "rax", "rcx", "rdx", "r11", "error", "fault_address")


def entries_of(environment):
    """(name, address) of the PE entries that are set, from the kernel's own copy."""
    table = environment["entries"]
    for slot in range(table.type.range()[1] + 1):
        address = kernel.number(table[slot])
        if address:
            yield kernel.enumerator("abi::Entry", slot), address


def bits(value):
    return [kernel.enumerator("abi::Entry", bit) for bit in range(32) if value >> bit & 1]


def save_area(area):
    cause = kernel.number(area["cause"])
    yield f"cause {kernel.enumerator('abi::Entry', cause & 0xff)}, vector {cause >> 8}"
    line = ""
    for name in SAVED:
        part = f"{name} {kernel.number(area[name]):#x}"
        if len(line) + len(part) > 76:
            yield line
            line = ""
        line += ("  " if line else "") + part
    yield line


def describe(environment):
    """The lines that `exo pe` prints."""
    identity = kernel.number(environment["identity"])
    state = kernel.enumerator("exokernel::EnvironmentState", kernel.number(environment["state"]))
    pointer = kernel.number(environment["pe_page"])
    if pointer == 0:
        yield f"environment {identity}: {state}, has no PE page yet"
        return
    page = environment["pe_page"].dereference()
    yield f"environment {identity}: {state}, PE page in frame {kernel.frame_of(pointer):#x}"
    depth = kernel.number(page["upcalls_disabled"])
    yield "upcalls    " + {0: "enabled", 1: "disabled: save area 0 is in use"}.get(
        depth, "disabled: both save areas are in use"
    )
    yield "pending    " + (", ".join(bits(kernel.number(page["pending"]))) or "nothing")
    yield "delivered  " + ", ".join(
        f"{kernel.number(page[name])} {name}" for name in ("faults", "exceptions", "upcalls")
    )
    for name, address in entries_of(environment):
        yield f"entry      {name:<18} {address:#x} {kernel.symbol(address)}".rstrip()
    for index in range(2):
        area = page["save"][index]
        if kernel.number(area["rip"]) == 0:
            continue  # never used
        for i, line in enumerate(save_area(area)):
            yield (f"save area {index}  " if i == 0 else "             ") + line


class PeCommand(kernel.Command):
    """exo pe [ENVIRONMENT]: its PE page: entries, pending upcalls, save areas.

    Without a number: the environment that the processor runs."""

    def invoke(self, argument, from_tty):
        words = self.words(argument)
        if len(words) > 1:
            raise gdb.GdbError("usage: exo pe [ENVIRONMENT]")
        identity = kernel.integer(words[0]) if words else None
        print("\n".join(describe(kernel.chosen(identity))))


class EnvironmentsCommand(kernel.Command):
    """exo environments: one line for each environment there is."""

    def invoke(self, argument, from_tty):
        here = kernel.pointer_of(kernel.current())
        for environment in kernel.environments():
            state = kernel.number(environment["state"])
            print(
                ("* " if kernel.pointer_of(environment) == here else "  ")
                + f"environment {kernel.number(environment['identity'])}: "
                + kernel.enumerator("exokernel::EnvironmentState", state)
                + f", root in frame {kernel.number(environment['root']) // kernel.PAGE:#x}"
            )


class PeFunction(gdb.Function):
    """$pe(): the PE page of the environment that the processor runs."""

    def invoke(self):
        return kernel.current()["pe_page"].dereference()


class EnvironmentFunction(gdb.Function):
    """$environment(): the kernel's object of the environment that the processor runs."""

    def invoke(self):
        return kernel.current()


def register():
    PeFunction("pe")
    EnvironmentFunction("environment")
    PeCommand("pe")
    EnvironmentsCommand("environments")
