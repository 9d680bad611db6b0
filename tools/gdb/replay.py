"""Moving in a replay: to any instruction, forwards and backwards, and to any recorded event.

A position is QEMU's instruction count. Backwards is a snapshot and then forwards: QEMU's own
reverse-continue is not dependable. The guest's time, which the recording has, is the count plus
what the machine waited for devices, and that sum is nowhere to be read. So an event is found by
what it does: its ring holds its records only after it, and a page fault is the one that the
processor raises when the ring holds as many records as the recording has before it.
"""

import os
import re

import gdb

import kernel
import symbols

FAR = 20_000_000  # instructions to the next snapshot below which make a new one worth its time
# Events that are looked at where their call begins: its function and the file with its lines.
CALLS = {
    "revocation_requested": (
        "exokernel::sys_request_revocation",
        "exokernel/revocation/request_revocation.cpp",
    )
}
SLACK = 2_000  # instructions: more than recording one event takes


class Quiet:
    """Within it no breakpoint of the user's stops the guest, gdb does not tell of stops, and
    symbols stay as they are."""

    def __enter__(self):
        symbols.following = False
        self.disabled = [b for b in gdb.breakpoints() if b.enabled and b.number > 0]
        for breakpoint_ in self.disabled:
            breakpoint_.enabled = False
        # No setting of gdb's silences a stop by a signal. The text interface draws on the same
        # output, so there the notes stay.
        self.output = None
        if "not active" in gdb.execute("info win", to_string=True):
            gdb.flush()
            self.output = os.dup(1)
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, 1)
            os.close(nowhere)

    def __exit__(self, *_):
        if self.output is not None:
            gdb.flush()
            os.dup2(self.output, 1)
            os.close(self.output)
        for breakpoint_ in self.disabled:
            if breakpoint_.is_valid():
                breakpoint_.enabled = True
        symbols.following = True


def monitor(command):
    try:
        answer = gdb.execute("monitor " + command, to_string=True)
    except gdb.error as problem:
        raise gdb.GdbError(f"the replay has ended ({problem}); start `exo gdb --replay` again")
    if "Error" in answer:
        raise gdb.GdbError(f"QEMU refuses `{command}`: {answer.strip()}")
    return answer


def resume():
    try:
        gdb.execute("continue", to_string=True)
    except gdb.error as problem:
        raise gdb.GdbError(f"the replay has ended ({problem}); start `exo gdb --replay` again")


class EndOfRun(gdb.Breakpoint):
    """Stops before the machine goes away: from there, too, one can go back."""

    def __init__(self):
        super().__init__("exokernel::stop_machine", gdb.BP_HARDWARE_BREAKPOINT, internal=True)
        self.silent = True

    def stop(self):
        print("The run ends here; `exo goto` and `exo previous` lead back.")
        return True


class Replay:
    def __init__(self, events, region):
        self.events, self.region = events, region
        self.snapshots = []  # positions, ascending
        self.known = {}  # event sequence -> position
        self.anchors = []  # (time, position, event index): located before, ascending
        self._begin()

    def _begin(self):
        with Quiet():
            self._continue_to("kernel_main")
        EndOfRun()
        self.anchors.append((0, self.position(), 0))
        self._snapshot()

    def position(self):
        found = re.search(r"instruction count = (\d+)", monitor("info replay"))
        if not found:
            raise gdb.GdbError("this machine does not replay")
        return int(found.group(1))

    def head(self, event):
        return self.region.head(event.ring)

    def coming(self):
        """The kernel event that comes next from here; None behind the last one."""
        return self.events.coming(self.region.head("kernel:0"))

    def seek(self, position, again=False):
        """Stands before the instruction with this number; `again`: comes there anew."""
        if position < self.snapshots[0]:
            raise gdb.GdbError(f"the exokernel begins at instruction {self.snapshots[0]}")
        here = self.position()
        nearest = max(s for s in self.snapshots if s <= position)
        if again or position < here or nearest > here:
            monitor(f"loadvm at-{nearest}")
            gdb.execute("maintenance flush register-cache", to_string=True)
            here = nearest
        # QEMU stops some time after the break: an exception that comes at this very count may be
        # raised by then or not. So the last instruction is a single step; where that step is an
        # exception, which does not count, another one.
        with Quiet():
            if position - 1 > here:
                monitor(f"replay_break {position - 1}")
                resume()
                here = self.position()
            for _ in range(2):
                if here == position - 1:
                    gdb.execute("stepi", to_string=True)
                    here = self.position()
        if here != position:
            raise gdb.GdbError(
                f"the replay stands at instruction {here} instead of {position}: it ended before, "
                "or was interrupted"
            )

    def go_to(self, event):
        """Stands at the event: before the instruction that faults, in the function that asks, or
        where its records count."""
        position = self.known.get(event.sequence)
        if position is None:
            raised = event.kind in ("page_fault", "exception")
            if raised:
                position = self._locate_fault(event)
            elif event.kind in CALLS:
                position = self._locate_call(event, *CALLS[event.kind])
            else:
                position = self._locate(event)
            self.known[event.sequence] = position
            if raised:
                self.anchors.append((event.time, position, event.sequence))
                self.anchors.sort()
        # The first instruction of a fault's handler has the same number: from there, come anew.
        self.seek(position, again=kernel.register("cs") & 3 == 0)
        if position - max(s for s in self.snapshots if s <= position) > FAR:
            self._snapshot()

    def _snapshot(self):
        """Makes coming back here quick. QEMU refuses while the disk works: then it is slower."""
        here = self.position()
        try:
            monitor(f"savevm at-{here}")
        except gdb.GdbError:
            if not self.snapshots:
                raise  # there is none to go back to
            return
        self.snapshots = sorted({*self.snapshots, here})

    def _continue_to(self, place):
        stop = gdb.Breakpoint(place, type=gdb.BP_HARDWARE_BREAKPOINT, internal=True)
        try:
            resume()
        finally:
            stop.delete()

    def _go_before(self, event):
        """Stands close before the event; returns that position."""
        time, position, index = max(a for a in self.anchors if a[0] <= event.time)
        self.seek(position)
        while True:
            # What was not waited was executed. What may have been waited is left out, so this
            # stops short of the event; from there it can be told again, and closer.
            waited = self.events.waited[event.sequence] - self.events.waited[index]
            ahead = event.time - time - waited - SLACK
            if ahead <= SLACK:
                return position
            self.seek(position + ahead)
            if self.head(event) > event.before:
                raise gdb.GdbError(f"{event}: the machine waited where none was expected")
            position += ahead
            coming = self.coming()
            if coming is None or coming.sequence >= event.sequence:
                return position
            time, index = coming.time, coming.sequence

    def _continue_to_last(self, place, event):
        """Stands at `place` where the event's records are the next ones in their ring."""
        self._go_before(event)
        for _ in range(100_000):
            with Quiet():
                self._continue_to(place)
            head = self.head(event)
            if head == event.before:
                return
            if head > event.before:
                break
        raise gdb.GdbError(f"{event}: the replay does not raise it; is this the run's own log?")

    def _locate_fault(self, event):
        vector = 14 if event.kind == "page_fault" else event.fields["vector"]
        self._continue_to_last(f"*&fault_{vector}", event)
        return self.position()  # the instruction that faults is not counted

    def _locate_call(self, event, function, file):
        """A first line of the call that makes the event: the compiler may have put the function into
        another one, whose own first lines come before."""
        self._continue_to_last(function, event)
        for _ in range(100):
            frame = gdb.newest_frame()
            symtab = frame.find_sal().symtab
            if frame.name() == function and symtab is not None and symtab.filename.endswith(file):
                return self.position()
            with Quiet():
                gdb.execute("stepi", to_string=True)
        raise gdb.GdbError(f"{event}: the replay does not come to {function} in {file}")

    def _locate(self, event):
        """The first position at which the ring holds the event, by doubling and halving."""
        before = self._go_before(event)
        self._snapshot()
        step = 1024
        while True:
            try:
                self.seek(before + step)
            except gdb.GdbError:  # the run ends before: it halts there
                if self.head(event) <= event.before:
                    raise
            after = self.position()
            if self.head(event) > event.before:
                break
            before, step = after, 2 * step
        while after - before > 1:
            middle = (before + after) // 2
            self.seek(middle)
            if self.head(event) > event.before:
                after = middle
            else:
                before = middle
        return after
