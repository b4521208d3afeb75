"""Serial shares near a detection limit: what one reading says, and what a series of them says.

A share is the part of cells (or genomes) that is of interest: residual disease, the recipient's
part after a transplant, the donor's part where that is the small one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from equipoise.source import Source, Standing


@dataclass(frozen=True, slots=True)
class Reading:
    """One sample's result as a share.

    at      hours from day 0
    share   as measured, 0 to 1; NaN where there is only a bound
    bound   "" for a number, "<" for none found below `limit`, ">" for above it
    limit   share that a negative result stands for, NaN where neither limit nor input is known
    input   cells or genomes examined, NaN where not charted
    method  as charted;  text  as charted, with its time left out
    """

    at: float
    share: float
    bound: str = ""
    limit: float = math.nan
    input: float = math.nan
    method: str = ""
    text: str = ""

    @property
    def counted(self) -> bool:
        """Whether what was found is a count out of a known input."""
        return math.isfinite(self.input)


@dataclass(frozen=True, slots=True)
class Mark:
    """A share that a source speaks of, with how well it separated.

    name, marker, specimen  what is measured, where; "" for any
    share       of disease, or of the recipient (1 - donor)
    text        "80 % donor"
    operating   sensitivity, specificity or what the source found beyond it, in its words' sense
    days        days after transplant of which the source speaks, () for any
    """

    name: str
    marker: str
    specimen: str
    share: float
    text: str
    operating: str
    source: Source
    standing: Standing
    days: tuple[float, float] | tuple[()] = ()


@dataclass(frozen=True, slots=True)
class Pace:
    """A published doubling time of a marker, days, in patients who relapsed."""

    marker: str
    days: float
    note: str
    source: Source
    standing: Standing


@dataclass(frozen=True, slots=True)
class Crossing:
    """When a series would cross a mark if it went on as it went.

    passed       probability that the line is beyond the mark at the last sample
    days         five quantiles of days from the last sample, among courses that reach it; () where
                 fewer than one in twenty does
    within       (days, probability of being beyond it by then) for each horizon
    """

    mark: Mark
    passed: float
    days: tuple[float, ...]
    within: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Signal:
    """One series: a marker or lineage in one specimen, as a line on the log scale.

    name, label  of the measurement;  of  whose share: "disease", "recipient", "donor"
    since        hours from which samples count, and why (`since_why`)
    level        five quantiles of the share at the last sample
    rising       probability that the share rises, NaN with samples of one day only
    doubling     five quantiles of days to double, among rising courses; () where rising < 0.05
    halving      likewise of days to halve, among falling ones
    trend        "rising", "falling", "persisting", "cannot tell"
    fits         for each reading the probability of one at least as far off, by the line through
                 the others; NaN where there are none
    notes        sentences: how same-day assays go together, what was left out
    times, band  hours, and five quantiles of the share at each, from the first sample to some time
                 after the last; () with samples of one day only
    """

    name: str
    label: str
    of: str
    marker: str
    specimen: str
    lineage: str
    readings: tuple[Reading, ...]
    since: float
    since_why: str
    level: tuple[float, ...]
    rising: float
    doubling: tuple[float, ...]
    halving: tuple[float, ...]
    trend: str
    fits: tuple[float, ...]
    crossings: tuple[Crossing, ...]
    paces: tuple[Pace, ...]
    notes: tuple[str, ...]
    standing: Standing = Standing.HYPOTHESIS
    times: tuple[float, ...] = ()
    band: tuple[tuple[float, ...], ...] = ()
