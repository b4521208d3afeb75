"""Alemtuzumab at the graft: the level beside the window that its authors recommend for children."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from equipoise.advice import Alternative, Recommendation, Situation, Verdict
from equipoise.criterion import Truth, compare, seen
from equipoise.guidance.conditions import OURS, age, together
from equipoise.source import Evidence, Source, Standing

LOW, HIGH, UNIT = "0.2", "0.4", "ug/mL"
"""Recommended on the day of the graft (Marsh 2016)."""

BEFORE = 36.0
"""Hours before the graft from which a level counts as that of its day (project convention)."""
AFTER = 24.0
"""Hours after the graft until which it does (project convention)."""

MARSH = Source("Marsh 2016, Blood 2016;127(4):503", where="abstract", note="read as abstract")
ACHINI = Source(
    "Achini-Gutzwiller 2023, Blood Adv",
    doi="10.1182/bloodadvances.2022009051",
    where="abstract",
)
SUBCUTANEOUS = Source(
    "Alemtuzumab under the skin from day -14, Biol Blood Marrow Transplant 2017",
    doi="10.1016/j.bbmt.2017.01.071",
    where="abstract",
)


def _at_graft(situation: Situation) -> Verdict:
    """Alemtuzumab was given; where its level on the day of the graft lies."""
    if not situation.given("alemtuzumab"):
        return Verdict(Truth.NOT_MET, detail="no alemtuzumab in the record")
    if situation.at < -BEFORE:
        return Verdict(Truth.NOT_MET, detail="the graft is more than 36 h ahead")
    levels = situation.record.measurements("alemtuzumab", start=-BEFORE, end=AFTER)
    if not levels:
        return Verdict(Truth.UNKNOWN, missing=("alemtuzumab level on the day of the graft",))
    last = levels[-1]
    below = compare(last.value, "<", Decimal(LOW), UNIT) is Truth.MET
    above = compare(last.value, ">", Decimal(HIGH), UNIT) is Truth.MET
    place = "below" if below else "above" if above else "within"
    return Verdict(Truth.MET, (seen(last),), detail=f"{last.text}: {place} {LOW}-{HIGH} {UNIT}")


CHILD = Recommendation(
    id="alemtuzumab_level_child",
    title="Children, reduced intensity: alemtuzumab of 0.2-0.4 ug/mL at the graft",
    statement=(
        "105 patients with non-malignant disease: acute GVHD II-IV in 47 % at up to 0.15 ug/mL and "
        "13 % above; mixed chimerism in 21, 42 and 100 % at up to 0.15, 0.16-4.35 and above. Its "
        "authors recommend 0.2-0.4 ug/mL on the day of the graft. In 53 others the median was "
        "0.77 ug/mL; above it CD4 and CD8 cells came back later and more grafts failed, with no "
        "effect on acute GVHD. No dose is computed from a level: no complete model was found."
    ),
    source=MARSH,
    standing=Standing.PUBLISHED,
    evidence=Evidence("2b"),
    predicate=together(_at_graft, age(0.0, 18.0)),
    topic="alemtuzumab",
    reviewed_on=date(2026, 11, 22),
    other_sources=(ACHINI, SUBCUTANEOUS),
    alternatives=(
        Alternative(
            "an earlier start: 1 mg/kg under the skin from day -14 still left 1.27 ug/mL",
            SUBCUTANEOUS,
            Standing.PUBLISHED,
        ),
        Alternative("the protocol's dose, without levels", OURS, Standing.HYPOTHESIS),
    ),
    would_change=(
        "Lymphocytes before the first dose: the fewer, the more is left.",
        "Malignant disease, another graft or another conditioning: nothing of this was studied "
        "there.",
    ),
)
