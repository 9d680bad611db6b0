/* tests/models/shootdown.pml - one lock, hot paths that do not take it, and frames that are taken from
 * whoever has them and handed on: exhaustively, for two libOSes on two processors and two frames.
 *
 * As in exokernel/arch/x86_64/kernel_lock.cpp: a processor is `inside` from before it asks for the lock
 * until before it gives it back, and flushes its TLB where it waits. A hot path runs with interrupts
 * off, in steps that the other processor may come between. Whoever has the lock may remove a
 * translation and put the flush off (`remove_later`): it is owed until a frame changes hands.
 *
 * With one of these defined a step is missing, and the check must fail:
 *   NO_HOLD            the lock's holder changes a libOS's books without its processor inside
 *   NO_WAIT_FOR_FLUSH  the other processor is told, and not waited for
 *   NOT_WHILE_WAITING  who waits for the lock does not flush
 *   OUTSIDE_LATE       the lock is given back first, then the processor is no longer inside
 *   NO_PAY             a frame changes hands while a flush is owed
 */

#define nobody 2 /* libOS n runs on processor n */
#define at(libos, frame) (2 * (libos) + (frame))

byte owner[2] = nobody; /* of each frame */
bool named[4];          /* the libOS's capability of the frame is valid */
bool mapped[4];         /* in its page table */
bool listed[4];         /* in the list of the binding's translations */
bool tlb[4];
bool inside[2], interrupted[2], flush_wanted[2], flush_owed[2], idle[2];
bool locked;

#define flush(self) \
    tlb[at(self, 0)] = false; \
    tlb[at(self, 1)] = false; \
    flush_owed[self] = false

inline enter(self) {
    inside[self] = true;
    do
    :: atomic { !locked -> locked = true; break }
#ifndef NOT_WHILE_WAITING
    :: atomic { locked && flush_wanted[self] -> flush(self); flush_wanted[self] = false }
#endif
    od
}

inline leave(self) {
#ifdef OUTSIDE_LATE
    locked = false;
    inside[self] = false
#else
    inside[self] = false;
    locked = false
#endif
}

inline hold(self, from) {
#ifndef NO_HOLD
    if
    :: from != self && !idle[from] ->
        if
        :: !inside[from] -> interrupted[from] = true
        :: else
        fi;
        inside[from]
    :: else
    fi;
#endif
    skip
}

/* The translation is out of table and list, if there is one. */
inline remove(from, frame) {
    if
    :: listed[at(from, frame)] -> mapped[at(from, frame)] = false; listed[at(from, frame)] = false
    :: else
    fi;
    assert(!mapped[at(from, frame)])
}

inline flush_elsewhere(from) {
    flush_wanted[from] = true;
    if
    :: !inside[from] -> interrupted[from] = true
    :: else
    fi;
#ifndef NO_WAIT_FOR_FLUSH
    !flush_wanted[from]
#endif
}

/* Everything that the libOS made through its binding is found, and gone; then the frame is free. Only
 * if something was mapped, or a flush is owed, is there one. */
inline take(self, from, frame) {
    hold(self, from);
    named[at(from, frame)] = false;
    found = listed[at(from, frame)];
    remove(from, frame);
#ifndef NO_PAY
    found = found || flush_owed[from];
#endif
    if
    :: found && from == self -> flush(self)
    :: found && from != self && !idle[from] -> flush_elsewhere(from)
    :: else
    fi;
    owner[frame] = nobody
}

proctype processor(byte self) {
    byte from, frame;
    bool found;
    do
    :: atomic { frame = 0; found = false; from = 0 }
       if
       :: frame = 1
       :: skip
       fi;
       if
       :: /* a hot call: installs */
          found = named[at(self, frame)];
          if
          :: found && !mapped[at(self, frame)] ->
              mapped[at(self, frame)] = true;
              listed[at(self, frame)] = true
          :: else
          fi
       :: /* ring 3 */
          atomic { mapped[at(self, frame)] -> tlb[at(self, frame)] = true }
       :: atomic { tlb[at(self, frame)] -> assert(owner[frame] == self) }
       :: /* an interrupt, and a call that takes the lock for nothing */
          interrupted[self] = false;
          enter(self);
          leave(self)
       :: /* binds the frame, or takes it, or removes a translation and puts the flush off */
          enter(self);
          if
          :: owner[frame] == nobody ->
              assert(!tlb[at(0, frame)] && !tlb[at(1, frame)]);
              owner[frame] = self;
              named[at(self, frame)] = true
          :: owner[frame] != nobody -> from = owner[frame]; take(self, from, frame)
          :: owner[frame] == 1 - self ->
              from = owner[frame];
              hold(self, from);
              remove(from, frame);
              flush_owed[from] = !idle[from]
          fi;
          leave(self)
       :: /* idles: nothing is loaded, and what comes wakes it */
          enter(self);
          flush(self); /* another root */
          idle[self] = true;
          locked = false; /* and stays inside */
          interrupted[self] = false;
          enter(self);
          idle[self] = false;
          leave(self)
       fi
    od
}

init { atomic { run processor(0); run processor(1) } }
