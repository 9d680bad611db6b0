/* tests/models/revocation.pml - a frame is taken by force while the device and another processor use
 * it, and handed on: exhaustively, for two libOSes on two processors, two frames, two transfers.
 *
 * The order is that of exokernel/revocation/take_by_force.cpp: the name goes, the translations go
 * (and out of every TLB), the transfers end, the contents are saved, the frame is free. Each atomic
 * block is one step of the kernel, between which anything may happen. A processor flushes its own
 * TLB in the step itself; another one is told, and waited for. Here askers may come between each other's
 * steps; the exokernel has one lock for all of them (shootdown.pml).
 *
 * With one of these defined a step is missing, and the check must fail:
 *   KEEPS_NAME           the name goes last
 *   NO_WAIT_FOR_DEVICE   the frame is free while transfers use it
 *   NO_WAIT_FOR_FLUSH    the other processor is told, and not waited for
 *   NO_ZEROING           a frame is bound as it is
 *   ONE_FLAG             both askers wait for the same flag (safe, but neither may ever get on)
 */

#define nobody 2 /* libOS 0 and 1 are owners; libOS n runs on processor n */

byte owner[2] = nobody;
bool named[2];  /* the owner's capability is valid */
bool mapped[2]; /* in the owner's page table */
byte contents[2] = nobody; /* whose; nobody's: zero */
bool taking[2];

typedef Tlb { bool holds[2] }; /* by frame */
Tlb tlb[2];                    /* by processor */
typedef Asks { bool processor[2] }
Asks asks[2]; /* by frame: who takes it waits for that processor to flush */
#ifdef ONE_FLAG
#define asked(f) asks[0]
#else
#define asked(f) asks[f]
#endif

typedef Transfer { bool busy; byte frame; byte from; bool into_frame; bool saves }
Transfer transfer[2];
byte pins[2];

inline start(slot, of_frame, of_owner, writes, saving) {
    transfer[slot].busy = true;
    transfer[slot].frame = of_frame;
    transfer[slot].from = of_owner;
    transfer[slot].into_frame = writes;
    transfer[slot].saves = saving;
    pins[of_frame]++
}

/* What a processor sees through its TLB must be the libOS's own. */
inline touch(self, f) {
    assert(owner[f] == self);
    assert(contents[f] == nobody || contents[f] == self);
    contents[f] = self
}

proctype libos(byte self) {
    byte f;
    do
    :: atomic {
        select(f : 0 .. 1);
        if
        :: owner[f] == nobody -> /* bind_frames */
            assert(pins[f] == 0);
            owner[f] = self;
            named[f] = true;
#ifndef NO_ZEROING
            contents[f] = nobody
#endif
        :: owner[f] == self && named[f] && !mapped[f] -> mapped[f] = true /* install */
        :: owner[f] == self && mapped[f] -> tlb[self].holds[f] = true     /* the walk of a miss */
        :: tlb[self].holds[f] -> touch(self, f)
        :: owner[f] == self && named[f] && (!transfer[0].busy || !transfer[1].busy) -> /* submit_io */
            if
            :: !transfer[0].busy -> start(0, f, self, true, false)
            :: !transfer[0].busy -> start(0, f, self, false, false)
            :: !transfer[1].busy -> start(1, f, self, true, false)
            :: !transfer[1].busy -> start(1, f, self, false, false)
            fi
        :: else
        fi;
        f = 0
       }
    od
}

/* The interrupt that asks for a flush comes between two instructions, at some time. */
proctype interrupt(byte processor) {
    do
    :: atomic {
        asks[0].processor[processor] || asks[1].processor[processor] ->
        tlb[processor].holds[0] = false;
        tlb[processor].holds[1] = false;
        asks[0].processor[processor] = false;
        asks[1].processor[processor] = false
       }
    od
}

/* Moves data at any time between submission and completion; here at the completion. */
proctype device(byte slot) {
    do
    :: atomic {
        transfer[slot].busy ->
        assert(owner[transfer[slot].frame] == transfer[slot].from);
        assert(contents[transfer[slot].frame] == nobody ||
               contents[transfer[slot].frame] == transfer[slot].from);
        if
        :: transfer[slot].into_frame -> contents[transfer[slot].frame] = transfer[slot].from
        :: else
        fi;
        pins[transfer[slot].frame]--;
        if
        :: transfer[slot].saves -> /* finish_saving */
            owner[transfer[slot].frame] = nobody;
            taking[transfer[slot].frame] = false
        :: else
        fi;
        transfer[slot].busy = false; /* and what it was is of no interest any more */
        transfer[slot].frame = 0;
        transfer[slot].from = 0;
        transfer[slot].into_frame = false;
        transfer[slot].saves = false
       }
    od
}

/* The asker's call, step by step; each frame may be taken again and again. */
proctype force(byte f) {
end:
    do
    :: atomic {
        owner[f] != nobody && !taking[f] ->
        taking[f] = true;
#ifndef KEEPS_NAME
        named[f] = false
#endif
       }
       atomic {
            mapped[f] = false;
            asked(f).processor[0] = true;
            asked(f).processor[1] = true
       }
#ifndef NO_WAIT_FOR_FLUSH
       !asked(f).processor[0] && !asked(f).processor[1];
#endif
       if
       :: atomic { /* nowhere to save it to */
#ifndef NO_WAIT_FOR_DEVICE
            pins[f] == 0 ->
#endif
            named[f] = false;
            owner[f] = nobody;
            taking[f] = false
          }
       :: atomic { pins[f] == 0 && !transfer[0].busy -> start(0, f, owner[f], false, true) } !taking[f]
       :: atomic { pins[f] == 0 && !transfer[1].busy -> start(1, f, owner[f], false, true) } !taking[f]
       fi
    od
}

init {
    atomic {
        run libos(0); run libos(1);
        run interrupt(0); run interrupt(1);
        run device(0); run device(1);
        run force(0); run force(1)
    }
}

/* Force comes to an end, whatever the victim does. */
ltl ends { [] (taking[0] -> <> !taking[0]) }
