"""What happens to one subject: doses, resets, and the times at which parameters change.

Floats only: times and durations in hours, amounts in whatever unit the caller keeps.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

SAME_TIME = 1e-9
"""Hours within which a sample and an event count as simultaneous (4 microseconds)."""

MODELED_RATE, MODELED_DURATION = -1.0, -2.0
"""NONMEM's codes (RATE) for a dose whose rate or duration is a parameter."""

BEFORE, AFTER = -1, 2**31 - 1
"""Where a sample may stand besides a row of a data set: before, or after, all of its time."""


def row_of(after: bool | int) -> int:
    """Where a sample stands among the events of its time, as `solve` takes it.

    after  whether it stands after all of them, or its row in a data set
    """
    if isinstance(after, bool):
        return AFTER if after else BEFORE
    return after


@dataclass(frozen=True, slots=True)
class DoseEvent:
    """One dose, or a train of equal doses, with NONMEM's meaning.

    time         of the record, hours; with a lag the amount enters later
    amount       in the unit of the states, >= 0; bioavailability is applied by the engine. 0 with
                 `steady`, a rate and no interval: an input at that rate that has run for ever and
                 ends at `time`, without lag; with no rate either: the system at rest
    compartment  index of the state that receives it
    duration     0 = bolus, else zero-order input of amount / duration over so many hours
    interval     hours between doses of a train (II)
    additional   doses after the first one (ADDL)
    steady       0 none; 1 reset, then steady state of the train; 2 steady state added (SS)
    rate         0: as above. Above 0: input of so much per hour, for as long as the amount that
                 enters (after bioavailability) lasts. MODELED_RATE, MODELED_DURATION: the rate, or
                 the duration, is the lane's own (`modeled_rate`, `modeled_duration` of `solve`)
    piece        of the parameters that belong to the dose itself (bioavailability, lag, rate,
                 duration, its steady state); -1: the piece in force at its time. It may lie beyond
                 the schedule's own pieces. Later doses of a train go by their time
    row          place among the records of a data set, from 1; 0: the dose is from no data set.
                 At one time, doses that enter without a record of their own (additional, or held
                 back by a lag) act first, then records by row. Where `piece` is named too, the
                 covariates follow NONMEM: the lag of the record holds for the whole train, and
                 what enters without a record does so with the bioavailability and the duration
                 of the piece that ends then or next

    Fails  ValueError for a negative amount or duration, a time that is not finite, or a train
           without a positive interval.
    Source NONMEM Users Guide VI (PREDPP), III.B.2, III.F.2, III.F.6, V.F and V.K.
    """

    time: float
    amount: float
    compartment: int = 0
    duration: float = 0.0
    interval: float = 0.0
    additional: int = 0
    steady: int = 0
    rate: float = 0.0
    piece: int = -1
    row: int = 0

    def __post_init__(self) -> None:
        if not math.isfinite(self.time):
            raise ValueError(f"time of a dose must be finite, not {self.time}")
        if not (math.isfinite(self.amount) and self.amount >= 0.0):
            raise ValueError(f"amount of a dose must be finite and not negative, not {self.amount}")
        if self.compartment < 0:
            raise ValueError(f"compartment of a dose must not be negative, not {self.compartment}")
        if not (math.isfinite(self.duration) and self.duration >= 0.0):
            raise ValueError(
                f"duration of a dose must be finite and not negative, not {self.duration}"
            )
        if self.rate not in (MODELED_RATE, MODELED_DURATION) and not (
            math.isfinite(self.rate) and self.rate >= 0.0
        ):
            raise ValueError(f"rate of a dose must be 0 or more, -1 or -2, not {self.rate}")
        if self.rate != 0.0 and self.duration != 0.0:
            raise ValueError("a dose has a rate or a duration, not both")
        if self.steady not in (0, 1, 2):
            raise ValueError(f"steady of a dose must be 0, 1 or 2, not {self.steady}")
        if self.additional < 0:
            raise ValueError(f"additional of a dose must not be negative, not {self.additional}")
        train = self.steady > 0 or self.additional > 0
        if self.endless:
            if self.additional or self.rate == MODELED_DURATION or self.duration != 0.0:
                raise ValueError(
                    "a steady dose without interval is an endless input at a rate: it has no "
                    "additional doses and no duration"
                )
        elif train and not (math.isfinite(self.interval) and self.interval > 0.0):
            raise ValueError(
                f"interval of a dose must be positive with additional or steady, "
                f"not {self.interval}"
            )

    @property
    def endless(self) -> bool:
        """Whether this is the steady state of an input that never stopped before `time`."""
        return self.steady > 0 and self.amount == 0.0 and self.interval == 0.0


@dataclass(frozen=True, slots=True)
class Schedule:
    """All that is done to one subject.

    doses   in any order; at one and the same time they act in the order given
    resets  times at which every state returns to 0, infusions stop and lagged doses that have
            not yet entered are dropped; a dose at the very time of a reset comes after it
    reset_rows
            row of each reset in a data set, as `DoseEvent.row`; none: 0 for all
    breaks  strictly increasing times at which parameters change: len(breaks) + 1 pieces, the
            piece at a break is the one that begins there

    Fails  ValueError for breaks that do not increase, or times that are not finite.
    """

    doses: tuple[DoseEvent, ...] = ()
    resets: tuple[float, ...] = ()
    breaks: tuple[float, ...] = ()
    reset_rows: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if not all(math.isfinite(at) for at in self.resets):
            raise ValueError("resets must be finite times")
        if self.reset_rows and len(self.reset_rows) != len(self.resets):
            raise ValueError("reset_rows must be as many as resets")
        if not all(math.isfinite(at) for at in self.breaks):
            raise ValueError("breaks must be finite times")
        if any(b <= a for a, b in zip(self.breaks, self.breaks[1:], strict=False)):
            raise ValueError("breaks must increase strictly")

    @property
    def pieces(self) -> int:
        """Number of stretches with constant parameters."""
        return len(self.breaks) + 1

    def expanded(self) -> Schedule:
        """The same schedule with every train written out, doses in order of time.

        The first dose of a train keeps `steady` (and its `interval` then); the rest are plain.
        """
        single: list[DoseEvent] = []
        for dose in self.doses:
            kept = dose.interval if dose.steady else 0.0
            single.append(replace(dose, additional=0, interval=kept))
            single.extend(
                replace(
                    dose,
                    time=dose.time + k * dose.interval,
                    additional=0,
                    interval=0.0,
                    steady=0,
                    piece=-1,
                )
                for k in range(1, dose.additional + 1)
            )
        single.sort(key=lambda dose: dose.time)
        resets = self.numbered_resets()
        return Schedule(
            tuple(single),
            tuple(time for time, _ in resets),
            self.breaks,
            tuple(row for _, row in resets) if self.reset_rows else (),
        )

    def numbered_resets(self) -> list[tuple[float, int]]:
        """(time, row) of every reset, in order."""
        rows = self.reset_rows or (0,) * len(self.resets)
        return sorted(zip(self.resets, rows, strict=True))
