"""What a block of lanes holds while the stepper works: rows of its buffer and of its integers.

`stepper.py` and `own_steps.py` read and write them; `stages.py`, `own_stages.py` and `stiff.py` lay
out what belongs to a method.
"""

from __future__ import annotations

LANES = 32

GROUP = 8
"""Seats of a block are taken by so many; loops over them have this length and no rest."""

# The block's buffer: rows of LANES numbers, one number a lane; row X is 0, and with C states and K
# parameters those of every method are
#   X        C  states at the beginning of the step
#   NEW      C  and at its end
#   INPUT    C  input rates
#   P        K  parameters
#   H        1  duration of the lane's segment, hours
#   T        1  its beginning, hours
#   END      1  its end, hours
#   STOP     1  time of the event there, or infinity
#   DUE      1  fraction of the segment at which the lane's next sample lies, or infinity
#   NEXT     1  time of the sample after that: what is read long before it is used is not waited for
#   FLOOR    1  absolute tolerance
#   SCALE    1  amount by which the first step is guessed
#   ERROR    1  squared error of the last attempt; up to 1 is accepted
#   SPARE    1
# where lanes take steps of their own (`own_steps.py`), times in hours from the segment's beginning
# (DUE too),
#   DT       1  the step
#   WANT     1  the step that is tried next, if the segment is long enough
#   GONE     1  where the step begins
#   REACHED  1  and where it ends, or begins if it was not accepted
#   GOOD     1  1 if it was accepted
#   OVER     1  1 if the segment is done, or the step has collapsed
#   PAST     1  logarithm of the last accepted step's error
#   PREVIOUS 1  that step, 0 at the beginning
#   LONGER   1  by how much the next may be longer
#   HOURS    1  the step that would have been tried first if nothing had happened
#   LEFT     1  attempts that the segment still may take
#   UNTIL    1  and how many are left when it is first asked whether stability limits it
#   LIMITED  1  its steps that stability limits, since then
#   ALLOWED  1  and how many it may have
#   ENTERS   1  1 if something entered where the segment begins
#   ENTRY    1  the first step after the last time that something did
#   FRESH    1  1 if the lane's slopes are to be taken anew
# and of every method
#   READ     C  the states at each lane's next sample
# then a method's own (`stages.py`, `stiff.py`), and after ROWS the areas so far, a row an observed
# state. Numbers below are rows after P.
H, T, END, STOP, DUE, NEXT, FLOOR, SCALE, ERROR, SPARE = range(10)
DT, WANT, GONE, REACHED, GOOD, OVER, PAST, PREVIOUS, LONGER, HOURS, LEFT = range(10, 21)
LIMITED, ALLOWED, ENTERS, ENTRY, UNTIL, FRESH, READ = range(21, 28)
LANE_ROWS = (
    "H", "T", "END", "STOP", "DUE", "NEXT", "FLOOR", "SCALE", "ERROR", "SPARE", "DT", "WANT",
    "GONE", "REACHED", "GOOD", "OVER", "PAST", "PREVIOUS", "LONGER", "HOURS", "LEFT", "LIMITED",
    "ALLOWED", "ENTERS", "ENTRY", "UNTIL", "FRESH", "READ",
)  # fmt: skip

# Rows of integers about the lanes of a block.
LANE, EVENT, OUT, OUT_END, OUT_FROM, HELD_BACK, ROW, TO, BEGAN, SEATS = range(10)
SEAT_ROWS = (
    "LANE", "EVENT", "OUT", "OUT_END", "OUT_FROM", "HELD_BACK", "ROW", "TO", "BEGAN", "SEATS",
)  # fmt: skip

# What a kernel says of its system: numbers of states, of parameters and of rows; the first row of
# its slopes at X, and of its stages' slopes; 1 for the explicit method.
STATES, PARAMETERS, ROWS, K, SLOPES, EXPLICIT = range(6)
SHAPE = ("STATES", "PARAMETERS", "ROWS", "K", "SLOPES", "EXPLICIT")

# Polynomials of a kernel's dense output: 4 coefficients, of theta to theta^4, for each of 8 stages;
# after those of the states those of their areas. A sample is
#   X + dt * sum of weight * slope,    and an area grows by    dt * (theta * X + dt * the same sum).
DENSE = 64

# Masks that say how large indices are, to a compiler that else provides for some from the end.
MOST = 0xFFFF
FAR = 0xFFFFFFFFFFFF
SEAT = LANES - 1
WIDE = 2 * LANES - GROUP
SETTINGS = ("LANES", "GROUP", "MOST", "FAR", "SEAT", "WIDE", "MAGNITUDE")

MAGNITUDE = 0x7FFFFFFFFFFFFFFF
"""A float's bits without its sign: as integers they have the order of their sizes, NaN last."""
