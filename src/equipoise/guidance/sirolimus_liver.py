"""Sirolimus in hepatic impairment.

The sources speak in Child-Pugh classes. A raised bilirubin is a prompt to determine the class and
never stands in for it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

from equipoise.advice import Alternative, Recommendation, Situation, Verdict
from equipoise.criterion import Because, Truth, compare, seen
from equipoise.guidance.conditions import OURS
from equipoise.record import Finding, Kept, Measurement
from equipoise.source import Evidence, Source, Standing

TOPIC = "sirolimus and the liver"
REVIEWED = date(2026, 11, 22)
CHILD_PUGH = "child_pugh_class"
"""The finding that holds the class: "none", "A", "B" or "C"."""

MILD_MODERATE = Source(
    "J Clin Pharmacol (sirolimus in mild to moderate hepatic impairment)",
    doi="10.1177/0091270005281350",
    where="abstract",
)
SEVERE = Source(
    "J Clin Pharmacol (sirolimus in severe hepatic impairment)",
    doi="10.1177/0091270007312902",
    where="abstract",
)
LABEL_SECONDARY = Source(
    "Rapamune (sirolimus), hepatic impairment, as quoted by two drug handbooks",
    where="secondary copies of the dosing section",
    note="the label's own sentence was not read; one copy only gives the half",
)


BY_LEVEL = (
    Alternative("the present dose, with levels until they are steady", OURS, Standing.HYPOTHESIS),
)


def _class(situation: Situation) -> tuple[str, Because | None]:
    """The recorded Child-Pugh class, "" where none is."""
    finding = situation.record.latest_finding(CHILD_PUGH, situation.at)
    kept = [
        e
        for e in situation.record.events
        if isinstance(e, Kept) and e.name == CHILD_PUGH and e.at <= situation.at
    ]
    found: Finding | Kept | None = finding
    value = "" if finding is None else str(finding.value)
    if kept and (finding is None or kept[-1].at > finding.at):
        found = kept[-1]
        value = str(dict(kept[-1].content).get("value", ""))
    if found is None:
        return "", None
    word = value.strip().lower().removeprefix("child-pugh ")
    return word, Because(CHILD_PUGH, found.at, value)


def _prompts(situation: Situation) -> tuple[tuple[Measurement, ...], str]:
    """Liver tests worth a look: the last bilirubin, and whether it is above its own range."""
    bilirubin = situation.record.latest("bilirubin", situation.at)
    if bilirubin is None:
        return (), "no bilirubin in the record"
    if bilirubin.high is None:
        return (bilirubin,), "bilirubin without a reference range: not judged"
    high = compare(bilirubin.value, ">", Decimal(bilirubin.high.number), bilirubin.high.unit,
                   substance="bilirubin")  # fmt: skip
    if high is Truth.MET:
        return (bilirubin,), "bilirubin is above its reference range: determine the class"
    return (bilirubin,), "bilirubin is not above its reference range, which does not exclude it"


def _impaired(*classes: str) -> Callable[[Situation], Verdict]:
    def predicate(situation: Situation) -> Verdict:
        sirolimus, because = situation.running("sirolimus")
        if sirolimus is Truth.NOT_MET:
            return Verdict(Truth.NOT_MET, detail="no sirolimus running in the record")
        word, reason = _class(situation)
        if word in ("a", "b", "c", "none") and reason is not None:
            fits = word in classes
            truth = sirolimus if fits else Truth.NOT_MET
            missing = ("sirolimus: a recent dose or a stop",) if truth is Truth.UNKNOWN else ()
            return Verdict(truth, (*because, reason), missing)
        tests, prompt = _prompts(situation)
        return Verdict(
            Truth.UNKNOWN,
            (*because, *(seen(m) for m in tests)),
            ("Child-Pugh class",),
            f"{prompt}; bilirubin alone does not make a class",
        )

    return predicate


CLEARANCE_MILD_MODERATE = Recommendation(
    id="sirolimus_liver_mild_moderate",
    title="Child-Pugh A or B: sirolimus clearance about a third lower",
    statement=(
        "After a single 15 mg dose clearance (CL/F) was 31.8 % lower in mild (Child-Pugh A) and "
        "36.0 % lower in moderate impairment (B) than in controls (18 patients, 18 "
        "controls; P = .02), with considerable overlap; Cmax and its time did not change."
    ),
    source=MILD_MODERATE,
    standing=Standing.PUBLISHED,
    evidence=Evidence("3b"),
    predicate=_impaired("a", "b"),
    topic=TOPIC,
    reviewed_on=REVIEWED,
    alternatives=BY_LEVEL,
)

CLEARANCE_SEVERE = Recommendation(
    id="sirolimus_liver_severe",
    title="Child-Pugh C: sirolimus clearance two thirds lower",
    statement=(
        "In severe impairment clearance was 67 % lower, AUC 210 % and half-life 168 % higher; the "
        "authors derive an initial cut of the dose of about 60 %. Steady state comes later in "
        "proportion to the half-life."
    ),
    source=SEVERE,
    standing=Standing.PUBLISHED,
    evidence=Evidence("3b"),
    predicate=_impaired("c"),
    topic=TOPIC,
    reviewed_on=REVIEWED,
    alternatives=BY_LEVEL,
)

LABEL = Recommendation(
    id="sirolimus_liver_label_us",
    title="Hepatic impairment: loading dose unchanged, maintenance lower (label, at second hand)",
    statement=(
        "As quoted at second hand from the label: loading dose unchanged; maintenance dose about "
        "one third lower in mild to moderate (Child-Pugh A, B) and about one half lower in severe "
        "impairment (C). Levels decide from there."
    ),
    source=LABEL_SECONDARY,
    standing=Standing.PROVISIONAL,
    evidence=Evidence("5"),
    predicate=_impaired("a", "b", "c"),
    label_status="adjust",
    region="US",
    topic=TOPIC,
    reviewed_on=REVIEWED,
    alternatives=BY_LEVEL,
    other_sources=(MILD_MODERATE, SEVERE),
)
