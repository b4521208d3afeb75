"""Primary graft failure, EBMT Handbook 2019: counts that have not come by a day."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from equipoise.chart import CELLS, Addition, Bools, Floats
from equipoise.criteria.engraftment_spitzer2001 import RECENT, counts_probe, engraftment
from equipoise.criteria.neutrophil_recovery_astct2021 import DAYS
from equipoise.criteria.vod_ebmt2016 import NO_GRAFT
from equipoise.criterion import Change, Criterion, Item, Probe, Reasons
from equipoise.looks import GRAFTS, NOT_MET, UNKNOWN, Looks
from equipoise.probe import values
from equipoise.readers import Part, PartReader, item_of, meets, since
from equipoise.record import Cells
from equipoise.source import Source, Standing
from equipoise.truth import Limit

NEUTROPHILS = Limit("<", (("0.5", "10*9/L"),))
HEMOGLOBIN = Limit("<", (("80", "g/L"),), "hemoglobin")
PLATELETS = Limit("<", (("20", "10*9/L"),))
DAY, CORD_DAY = 28, 42
"""By the end of this day after the graft; after cord blood."""
WINDOW = 72.0
TOO_EARLY = (
    f"not applicable: before the end of day {DAY} after the graft, {CORD_DAY} after cord blood"
)
SOURCE = Source(
    "EBMT Handbook 2019, chapter 41 (graft failure)",
    "10.1007/978-3-030-02278-5_41",
    "section 2, definitions",
    "read on the chapter's page; the edition of 2024 has the ASTCT definitions",
)


def _is_cord(event: Cells) -> bool:
    return event.donor == "cord" or event.source == "cord_blood"


def due(looks: Looks) -> Floats:
    """Hours of the end of the day by which counts should have come."""
    graft = np.nan_to_num(looks.infusion(GRAFTS))
    given = looks.chart.named(CELLS).only(("graft", "cord"), lambda e: e.product in GRAFTS)
    cord = looks.last(given, graft).pick("cord", lambda e: int(_is_cord(e)), 0) == 1
    day = looks.chart.day(looks.record, graft) + np.where(cord, CORD_DAY, DAY)
    return looks.chart.day_end(looks.record, day)


def applies(looks: Looks) -> Sequence[tuple[Bools, str]]:
    """From the end of the day on."""
    none = np.isnan(looks.infusion(GRAFTS))
    return ((none, NO_GRAFT), (~none & (looks.at < due(looks)), TOO_EARLY))


def by_then(part: PartReader) -> PartReader:
    """What holds at the end of the day, with what is known now."""

    def read(looks: Looks) -> Part:
        def make() -> Looks:
            at = np.minimum(looks.at, due(looks))
            then = Looks(looks.chart, looks.record, at, looks.known)
            return then.through(looks.windows, looks.start)

        return part(looks.keep("by then", make))

    return read


def not_recovered(looks: Looks) -> Part:
    """Neutrophils low, and never three days above before."""
    found = engraftment(looks, DAYS)
    now = looks.of("neutrophils")
    truth = np.where(np.isnan(found.at), now.truth(NEUTROPHILS), NOT_MET)
    # A count that is not low is no failure; without one it is open.
    truth = np.where(np.isnan(found.at) & ~now.there, UNKNOWN, truth)
    rows = (*found.rows, now)
    return Part(
        truth.astype(np.int8), lambda i: Reasons([r.because(i) for r in rows], ("neutrophils",))
    )


def _on_that_day(probe: Probe) -> Probe:
    """The same answers, of the day by which counts should have come."""

    def change(looks: Looks, look: int, *, made: Change) -> Sequence[Addition]:
        one = looks.take([look])
        one.at = np.minimum(one.at, due(one))
        return made(one, 0)

    answers = tuple((label, partial(change, made=made)) for label, made in probe.answers)
    return Probe(probe.name, probe.effort, answers)


def combine(classes: Sequence[int]) -> int:
    """All three low -> 1."""
    return int(all(classes))


def _item(name: str, label: str, word: str, rule: str, part: PartReader) -> Item:
    return Item(
        name, label, (f"{word} not low", f"{word} low"), (f"not {rule}", rule),
        item_of(by_then(part)), f"{word} unknown",
    )  # fmt: skip


GRAFT_FAILURE_PRIMARY = Criterion(
    id="graft_failure_primary_ebmt2019",
    title="Primary graft failure, EBMT Handbook 2019",
    measures="met",
    source=SOURCE,
    standing=Standing.PUBLISHED,
    applies=applies,
    starts=since(GRAFTS),
    combine=combine,
    leading=("neutrophils",),
    windows={"neutrophils": RECENT, "hemoglobin": WINDOW, "platelets": WINDOW},
    items=(
        _item("neutrophils", "Neutrophils", "neutrophils by that day",
              f"{NEUTROPHILS.text}, and not recovered before", not_recovered),
        _item("hemoglobin", "Hemoglobin", "hemoglobin on that day", HEMOGLOBIN.text,
              meets("hemoglobin", HEMOGLOBIN)),
        _item("platelets", "Platelets", "platelets on that day", PLATELETS.text,
              meets("platelets", PLATELETS)),
    ),
    probes=(
        _on_that_day(counts_probe(DAYS)),
        _on_that_day(values("hemoglobin", (HEMOGLOBIN,))),
        _on_that_day(values("platelets", (PLATELETS,))),
    ),
    notes=(
        f"All three on the last values by the end of day {DAY}, {CORD_DAY} after cord blood, at "
        f"most as old as the windows. Neutrophils that stood at or above the limit on {DAYS} "
        "consecutive days have recovered; a later fall is secondary failure.",
        "Hemoglobin and platelets may be held up by transfusion: then the answer is no, and the "
        "neutrophils say it alone.",
        "The ASTCT consensus of 2021 has day 30 (42 after cord blood) and 'associated "
        "pancytopenia' without limits; it cannot be computed and is not blended in. Chimerism, to "
        "be shown after reduced conditioning, is not read.",
    ),
    tags=("transplantation",),
)  # fmt: skip
