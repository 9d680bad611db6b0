"""The commands that move in a replay: `exo goto`, `exo next`, `exo previous`, `exo back`,
`exo where`."""

import gdb

import events
import kernel
import replay
import symbols

session = None  # the Replay, in `exo gdb --replay`


def begin(events_file, region_file):
    """Called by the script of `exo gdb --replay` once gdb is connected."""
    global session
    session = replay.Replay(events.Events(events_file), events.Region(region_file))


def running():
    if session is None:
        raise gdb.GdbError(
            "this machine is not a replay: make a run with `exo run APP --profile replay`, then "
            "`exo gdb --replay RUN`"
        )
    return session


def describe():
    """Where the guest stands, in lines."""
    symbols.follow()
    here = session.position()
    rip = kernel.register("rip")
    name = kernel.symbol(rip)
    if name.startswith("_Z"):  # gdb cannot read it; the frame is named by its source
        name = gdb.newest_frame().name()
    yield f"instruction {here}, rip {rip:#x} {name}"
    event = session.coming()
    if event is None:
        yield "behind the last event of the exokernel"
        return
    number = session.events.fault_number(event)
    at = "now" if session.known.get(event.sequence) == here else "next"
    yield f"{at}: {f'fault {number}, ' if number else ''}{event}"


def go_to(event):
    session.go_to(event)
    lines = list(describe())
    if session.coming() is not event:  # written, or an event of a libOS
        lines[1:] = [f"now: {event}"]
    print("\n".join(lines))
    gdb.execute("frame")


class Goto(kernel.Command):
    """exo goto fault:N | revocation:N | event:SEQ | INSTRUCTION: stands there, forwards or backwards.

    A page fault: before the instruction that faults; `stepi` raises it. A revocation: in the
    exokernel's function that is asked for it. Another event: where its records begin to count. A number is QEMU's count of instructions (`exo where` shows it)."""

    def invoke(self, argument, from_tty):
        words = self.words(argument)
        if len(words) != 1:
            raise gdb.GdbError("usage: exo goto fault:N | revocation:N | event:SEQ | INSTRUCTION")
        here = running()
        if words[0].isdigit():
            here.seek(int(words[0]))
            print("\n".join(describe()))
        else:
            go_to(here.events.named(words[0]))


class Neighbour(kernel.Command):
    def __init__(self, name, step):
        super().__init__(name)
        self.step = step

    def invoke(self, argument, from_tty):
        here = running()
        head, position = here.region.head("kernel:0"), here.position()
        faults = here.events.faults
        if self.step > 0:
            there = [f for f in faults if f.before >= head and here.known.get(f.sequence) != position]
        else:
            there = [f for f in faults if f.before < head]
        if not there:
            raise gdb.GdbError("there is no later fault" if self.step > 0 else "there is no earlier fault")
        go_to(there[0] if self.step > 0 else there[-1])


class Next(Neighbour):
    """exo next: stands at the next page fault."""


class Previous(Neighbour):
    """exo previous: stands at the page fault before."""


class Back(kernel.Command):
    """exo back [N]: stands N instructions earlier, 1 without a number."""

    def invoke(self, argument, from_tty):
        here = running()
        here.seek(here.position() - (kernel.integer(argument) if argument.strip() else 1))
        print("\n".join(describe()))


class Where(kernel.Command):
    """exo where: the count of instructions, and the event of the recording that comes next."""

    def invoke(self, argument, from_tty):
        running()
        print("\n".join(describe()))


def register():
    Goto("goto")
    Next("next", 1)
    Previous("previous", -1)
    Back("back")
    Where("where")
