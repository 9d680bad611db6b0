/* tests/models/shootdown.pml - one lock, hot paths that do not take it, and a frame that is taken from
 * whoever has it and handed on: exhaustively, for two libOSes on two processors.
 *
 * As in exokernel/arch/x86_64/kernel_lock.cpp: a processor is `inside` from before it asks for the lock
 * until before it gives it back, and flushes its TLB where it waits. A hot path runs with interrupts
 * off, in steps that the other processor may come between.
 *
 * With one of these defined a step is missing, and the check must fail:
 *   NO_HOLD            the lock's holder changes a libOS's books without its processor inside
 *   NO_WAIT_FOR_FLUSH  the other processor is told, and not waited for
 *   NOT_WHILE_WAITING  who waits for the lock does not flush
 *   OUTSIDE_LATE       the lock is given back first, then the processor is no longer inside
 */

#define nobody 2 /* libOS n runs on processor n */

byte owner = nobody; /* of the frame */
bool named[2];       /* the libOS's capability of it is valid */
bool mapped[2];      /* in its page table */
bool listed[2];      /* in the list of the binding's translations */
bool tlb[2];
bool inside[2], interrupted[2], flush_wanted[2], idle[2];
bool locked;

inline enter(self) {
    inside[self] = true;
    do
    :: atomic { !locked -> locked = true; break }
#ifndef NOT_WHILE_WAITING
    :: atomic { locked && flush_wanted[self] -> tlb[self] = false; flush_wanted[self] = false }
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

/* Everything that the libOS made through its binding is found, and gone; then the frame is free. */
inline take(self, from) {
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
    named[from] = false;
    if
    :: listed[from] -> mapped[from] = false; listed[from] = false
    :: else
    fi;
    assert(!mapped[from]);
    if
    :: from == self -> tlb[self] = false
    :: from != self && !idle[from] ->
        flush_wanted[from] = true;
        if
        :: !inside[from] -> interrupted[from] = true
        :: else
        fi;
#ifndef NO_WAIT_FOR_FLUSH
        !flush_wanted[from]
#endif
    :: else
    fi;
    owner = nobody
}

proctype processor(byte self) {
    byte from;
    bool found;
    do
    :: /* a hot call: installs */
       found = named[self];
       if
       :: found && !mapped[self] -> mapped[self] = true; listed[self] = true
       :: else
       fi
    :: /* ring 3 */
       atomic { mapped[self] -> tlb[self] = true }
    :: atomic { tlb[self] -> assert(owner == self) }
    :: /* an interrupt, and a call that takes the lock for nothing */
       interrupted[self] = false;
       enter(self);
       leave(self)
    :: /* binds the frame, or takes it */
       enter(self);
       if
       :: owner == nobody ->
           assert(!tlb[0] && !tlb[1]);
           owner = self;
           named[self] = true
       :: owner != nobody -> from = owner; take(self, from)
       fi;
       leave(self)
    :: /* idles: nothing is loaded, and what comes wakes it */
       enter(self);
       tlb[self] = false; /* another root */
       idle[self] = true;
       locked = false; /* and stays inside */
       interrupted[self] = false;
       enter(self);
       idle[self] = false;
       leave(self)
    od
}

init { atomic { run processor(0); run processor(1) } }
