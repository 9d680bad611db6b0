"""What the recording of a replayed run says: its events, and when each ring came to hold them.

The file is written by `exo gdb --replay` (tools/command/replay_events.cpp), one event a line:
sequence, time, ring, records before, records after, idle ticks, kind, environment, fields.
"""

import bisect
import mmap
import struct

import gdb

RING_HEADER = 4096
REGION_HEADER = struct.Struct("<8sIIQ248x")  # magic, version, rings, bytes, result
DESCRIPTOR = struct.Struct("<QQII")  # offset, capacity, origin, identity
USER_END = 1 << 47
ORIGINS = {"kernel": 1, "libos": 2}


class Event:
    def __init__(self, line):
        words = line.split()
        self.sequence, self.time = int(words[0]), int(words[1])
        self.ring = words[2]  # "kernel:0"
        self.before, self.after = int(words[3]), int(words[4])  # records in the ring
        self.idle = int(words[5])  # ticks that an `idle` event waited
        self.kind, self.environment = words[6], int(words[7])
        self.fields = {name: int(text, 16) for name, text in (w.split("=") for w in words[8:])}

    def __str__(self):
        parts = " ".join(f"{name} {value:#x}" for name, value in self.fields.items())
        return f"event {self.sequence}: {self.kind} of environment {self.environment}: {parts}"


class Events:
    def __init__(self, path):
        with open(path, encoding="ascii") as lines:
            self.all = [Event(line) for line in lines]
        self.kernel = [event for event in self.all if event.ring.startswith("kernel:")]
        self.faults = [event for event in self.kernel if event.kind == "page_fault"]
        self.revocations = {
            event.fields["number"]: event
            for event in self.kernel
            if event.kind == "revocation_requested"
        }
        self.waited = self._waits()
        self._before = [event.before for event in self.kernel]
        self._fault_of = {event.sequence: i + 1 for i, event in enumerate(self.faults)}

    def _waits(self):
        """Ticks that the machine may have waited before the n-th event, at most: it halts when it
        is idle, and where it takes a completion whose time has come before the disk is done; then
        an interrupt of the kernel ends the halt. At boot it waits for the disk's first answer."""
        waited, times = [0], []
        for event in self.all:
            gap = event.time - times[-1] if times else event.time
            in_kernel = event.kind == "interrupt" and event.fields["rip"] >= USER_END
            if event.kind == "idle":  # what is counted of it already is not counted again
                began = bisect.bisect_right(times, event.time - event.idle)
                gap = max(0, event.idle - (waited[-1] - waited[began]))
            elif times and not in_kernel and event.kind != "io_completed":
                gap = 0
            waited.append(waited[-1] + gap)
            times.append(event.time)
        return waited

    def fault_number(self, event):
        """From 1; 0 if the event is no page fault."""
        return self._fault_of.get(event.sequence, 0)

    def coming(self, head):
        """The first kernel event that is not written yet when the ring holds `head` records."""
        index = bisect.bisect_left(self._before, head)
        return self.kernel[index] if index < len(self.kernel) else None

    def named(self, text):
        """The event that "fault:N", "revocation:N" or "event:SEQ" names."""
        what, _, digits = text.partition(":")
        if what not in ("fault", "revocation", "event") or not digits.isdigit():
            raise gdb.GdbError(f"{text}: has the form fault:N, revocation:N or event:SEQ")
        if what == "revocation":
            if int(digits) not in self.revocations:
                raise gdb.GdbError(f"{text}: the run has {len(self.revocations)} revocations")
            return self.revocations[int(digits)]
        if what == "fault":
            if not 1 <= int(digits) <= len(self.faults):
                raise gdb.GdbError(f"{text}: the run has {len(self.faults)} faults")
            return self.faults[int(digits) - 1]
        if int(digits) >= len(self.all):
            raise gdb.GdbError(f"{text}: the run has events 0 to {len(self.all) - 1}")
        return self.all[int(digits)]


class Region:
    """The recording region of the machine that replays, as it is now."""

    def __init__(self, path):
        with open(path, "rb") as file:
            self.bytes = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)

    def head(self, ring):
        """How many records the ring holds now; 0 before it is set up."""
        origin, _, identity = ring.partition(":")
        _, _, count, _ = REGION_HEADER.unpack_from(self.bytes, 0)
        for index in range(min(count, 40)):
            offset, _, kind, owner = DESCRIPTOR.unpack_from(
                self.bytes, REGION_HEADER.size + index * DESCRIPTOR.size
            )
            if kind == ORIGINS[origin] and owner == int(identity) and offset:
                return struct.unpack_from("<Q", self.bytes, offset)[0]
        return 0
