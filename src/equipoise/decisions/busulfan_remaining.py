"""Busulfan doses still ahead when levels are known: as planned, changed, or left out.

What the doses already given bring counts first. The odds come from the planner and stand in the
options' own table; here are the question, its deadline, what must be known, and what the odds
leave out.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from equipoise.advice import Situation
from equipoise.criterion import Truth, seen
from equipoise.decision import (
    Candidate,
    Decision,
    DecisionOption,
    Need,
    OpenDecision,
    Request,
)
from equipoise.record import Dose, Measurement
from equipoise.source import Evidence, Source, Standing

WHO = "transplant physician with pharmacist"
AGENT = "busulfan"

FALLS = (0.116, 0.135)
"""Fall of clearance over the days in two models of children (Lawson 2022, Shukla 2020)."""

FIRST_DOSE_ONLY = ("busulfan_choe2012",)
"""Models made from the first dose alone: they know neither a fall nor days that differ."""

ONCE_DAILY = ("busulfan_lawson2022",)
"""Models made from once-daily infusions alone."""

LAWSON = Source(
    "Lawson 2022, CPT Pharmacometrics Syst Pharmacol",
    doi="10.1002/psp4.12809",
    where="abstract",
)
GUIDELINE = Source(
    "Palmer 2016, Biol Blood Marrow Transplant (ASBMT considerations on personalized busulfan)",
    doi="10.1016/j.bbmt.2016.07.013",
    where="abstract",
)
CHO = Source(
    "Cho 2016, Korean J Physiol Pharmacol", doi="10.4196/kjpp.2016.20.3.245", where="Results"
)
CONVENTION = Source(
    "Equipoise, ways to change the remaining doses", where="ways to change a dose, not cited"
)

CANDIDATES = (
    Candidate("none", "leave the remaining doses out", fraction=0.0),
    *(
        Candidate(f"times_{f:g}", f"{f:g} x each remaining dose", fraction=f)
        for f in (0.5, 0.75, 0.9)
    ),
    Candidate("as_planned", "remaining doses as planned", fraction=1.0),
    *(
        Candidate(f"times_{f:g}", f"{f:g} x each remaining dose", fraction=f)
        for f in (1.1, 1.25, 1.5)
    ),
)
"""Fractions of each planned dose that is left; the planner adds the one that ends at the aim."""

INTERACTING = (
    "metronidazole",
    "itraconazole",
    "paracetamol",
    "phenytoin",
    "fosphenytoin",
    "deferasirox",
)
"""Agents that the label names as changing busulfan clearance."""


def _levels(situation: Situation) -> tuple[Measurement, ...]:
    return tuple(situation.record.measurements(AGENT, end=situation.at))


def _exposure(situation: Situation) -> Any:
    return situation.exposures.get(AGENT)


def _middle(situation: Situation, name: str) -> float | None:
    """Median after the levels of a number of interest, or None where it was not computed."""
    for one in getattr(_exposure(situation), "summaries", ()):
        if one.name == name:
            return float(one.posterior[2])
    return None


def request(situation: Situation) -> Sequence[Request]:
    """The fractions of what remains; nothing without a window or with no level."""
    given, ahead = situation.given(AGENT), situation.planned(AGENT)
    if not given or not ahead or not _levels(situation):
        return ()
    if getattr(_exposure(situation), "targets", None) == ():
        return ()
    return (Request(AGENT, CANDIDATES),)


def consider(situation: Situation) -> OpenDecision | None:
    """Open with busulfan given, a level known and at least one dose still ahead."""
    given, ahead = situation.given(AGENT), situation.planned(AGENT)
    levels = _levels(situation)
    if not given or not ahead or not levels:
        return None
    known = [m.at if m.known is None else m.known for m in levels]
    number = "dose" if len(ahead) == 1 else f"{len(ahead)} doses"
    first, last = ahead[0], ahead[-1]
    closes_why = "start of the last planned dose"
    if len(ahead) > 1:
        closes_why += (
            f"; the next one starts in {first.at - situation.at:.0f} h and can be changed until "
            "then"
        )
    return OpenDecision(
        id="busulfan_remaining",
        question=f"Give the remaining {number} of busulfan as planned, or change them?",
        who=WHO,
        opens=min(known),
        closes=last.at,
        closes_why=closes_why,
        first=_first(situation),
        because=(
            seen(given[-1], f"last of {len(given)} given"),
            *(seen(m, "level") for m in levels),
            *(seen(d, "planned") for d in ahead),
        ),
        needs=_needs(situation, given, levels),
        options=_options(situation),
        evidence=(
            (
                "Clearance differed between days by 6.6 % within a child and fell with time since "
                "the first dose; dosing by a model after each day brought every simulated child "
                "within 5 % of the target, dosing by the first day's trapezoids none.",
                LAWSON,
                Standing.PUBLISHED,
            ),
            (
                "The literature on busulfan levels was too heterogeneous to grade; the committee "
                "answers frequent questions instead and asks for harmonized units.",
                GUIDELINE,
                Standing.PUBLISHED,
            ),
            (
                "Two levels of the first day gave the AUC of 37 adults with a mean error of -2.0 % "
                "and a root mean square error of 17.7 %.",
                CHO,
                Standing.PUBLISHED,
            ),
        ),
        would_change=(
            "levels of a later day: clearance may have fallen since the first",
            "a level drawn from the infusing line, or a wrong time of the end of the infusion",
            "a start or stop of a drug that changes busulfan clearance",
            "liver tests or weight gain that point to sinusoidal obstruction",
        ),
        monitor=(
            "levels again after the next dose, and after every change",
            "weight, bilirubin, liver size and pain daily until the third week",
        ),
        stop=("Signs of sinusoidal obstruction, or seizures in spite of prophylaxis.",),
        standing=Standing.PROVISIONAL,
        notes=_notes(situation),
    )


def _first(situation: Situation) -> tuple[str, ...]:
    texts = []
    targets = getattr(_exposure(situation), "targets", None)
    if targets == ():
        texts.append(
            "No published window fits this record: exposure is shown, no options are weighed. A "
            "window needs the conditioning (myeloablative or reduced) and the age."
        )
    truth, because = situation.running(*INTERACTING)
    if truth is not Truth.NOT_MET:
        named = ", ".join(dict.fromkeys(b.name for b in because))
        texts.append(
            f"The label names {named} as changing busulfan clearance: what these levels say may "
            "not hold on later days. See the recommendations."
        )
    return tuple(texts)


def _needs(
    situation: Situation, given: Sequence[Dose], levels: Sequence[Measurement]
) -> tuple[Need, ...]:
    record, t = situation.record, situation.at
    weight = record.latest("weight", t)
    conditioning = str(dict(record.covariates).get("conditioning", ""))
    days = {int((m.at - given[0].at) // 24.0) + 1 for m in levels}
    pending = record.pending(AGENT, t)
    exposure = _exposure(situation)
    targets = getattr(exposure, "targets", None)

    def need(name: str, known: bool, text: str) -> Need:
        return Need(name, known, f"{name}: {text}")

    windows = ", ".join(str(w.window) for w in targets or ())
    return (
        need(
            "levels on a curve",
            len(levels) >= 2,
            f"{len(levels)} of day {', '.join(str(d) for d in sorted(days))} of dosing",
        ),
        need("weight", weight is not None, weight.text if weight is not None else "not recorded"),
        need(
            "conditioning",
            bool(conditioning),
            conditioning or "not recorded; windows belong to myeloablative conditioning",
        ),
        need("window", bool(targets), windows or "none fits, or exposure was not computed"),
        need(
            "pending level",
            not pending,
            f"{len(pending)} drawn, result not known" if pending else "none drawn and unreported",
        ),
    )


def _options(situation: Situation) -> tuple[DecisionOption, ...]:
    def option(label: str, text: str, *computed: str) -> DecisionOption:
        return DecisionOption(
            label, text, (CONVENTION,), Standing.HYPOTHESIS, computed=computed,
            evidence=Evidence("5"),
        )  # fmt: skip

    options = [
        option("Give the remaining doses as planned", "The course as prescribed.", "as_planned"),
        option(
            "Change all remaining doses alike, to end at the aim",
            "The aim is the source's own, or the middle of its window.",
            "aimed",
        ),
        option(
            "Change them by a fraction",
            "What pharmacy can prepare.",
            *(c.id for c in CANDIDATES if c.id.startswith("times")),
        ),
        option("Leave the rest out", "No further busulfan.", "none"),
    ]
    if situation.record.pending(AGENT, situation.at):
        options.append(
            option(
                "Wait for the pending level, if it can come before the next dose starts",
                "The same question is asked again with it.",
            )
        )
    return tuple(options)


def _notes(situation: Situation) -> tuple[str, ...]:
    notes = [
        "1 uM.min is 0.0041 mg.h/L (246.3 g/mol): 90 mg.h/L is 21 900 uM.min. Compare a number "
        "with a window only in the window's unit, and a day's or a dose's AUC never with a "
        "cumulative one.",
    ]
    total, received = (
        _middle(situation, "auc_cumulative"),
        _middle(situation, "auc_received"),
    )
    model = getattr(_exposure(situation), "model", "")
    times = sorted(d.at for d in (*situation.given(AGENT), *situation.planned(AGENT)))
    if model in ONCE_DAILY and any(b - a < 20.0 for a, b in pairwise(times)):
        notes.append(
            f"{model} was made from once-daily infusions; it was not tried on doses every few "
            "hours."
        )
    if model in FIRST_DOSE_ONLY and total is not None and received is not None:
        ahead = total - received
        low, high = (ahead / (1.0 - fall) for fall in FALLS)
        notes.append(
            f"{model} was made from first doses: it has no fall of clearance. Were clearance 12 to "
            f"14 % lower on the days ahead, as in two models of children, the planned doses would "
            f"bring {low:.0f} to {high:.0f} instead of {ahead:.0f} mg.h/L, "
            f"{received + low:.0f} to {received + high:.0f} in all (our arithmetic; the odds do "
            "not carry it)."
        )
    return tuple(notes)


DECISION = Decision(
    id="busulfan_remaining",
    title="Remaining busulfan after levels",
    who=WHO,
    consider=consider,
    request=request,
    sources=(LAWSON, GUIDELINE, CHO),
)
