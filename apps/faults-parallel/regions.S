// apps/faults-parallel/regions.S - labels between which `exo run --count-lines` counts.

.macro counted name
    .globl count_\name\()_begin, count_\name\()_end
count_\name\()_begin:
    ret
count_\name\()_end:
    ret
.endm

.text
    counted private
    counted shared
