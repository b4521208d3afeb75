"""Sinusoidal obstruction syndrome (veno-occlusive disease) in children, EBMT 2018: severity."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from functools import partial

import numpy as np

from equipoise.chart import Addition, Floats, Ints
from equipoise.criteria.vod_ebmt2016 import NO_GRAFT
from equipoise.criteria.vod_ebmt2016_severity import doubled, enzymes
from equipoise.criteria.vod_ebmt2018_pediatric import VOD_CHILD
from equipoise.criterion import Criterion, Effort, Item, Probe, Readings, Reasons
from equipoise.looks import GRAFTS, MET, NOT_MET, Looks, span_masks
from equipoise.probe import (
    addition,
    answer,
    choices,
    limits_of_range,
    multiples,
    together,
    values,
)
from equipoise.readers import after, banded, chosen, item_of, meets, present, reached, since
from equipoise.source import Source, Standing
from equipoise.truth import Limit

BILIRUBIN = Limit(">=", (("2", "mg/dL"), ("34", "umol/L")), "bilirubin")
ENZYME_TIMES = (Decimal(2), Decimal(5))
REFRACTORY_DAYS = (3, 7)
"""Days of refractory thrombocytopenia from which it is moderate, and severe."""
FILTRATION = tuple(Limit("<", ((number, "mL/min"),)) for number in ("90", "60", "30", "15"))
FLOW = Limit(">", (("2", "L/min"),))
VENTILATED = ("cpap", "bipap", "ventilator")
UPGRADE = 2
"""Of the four starred measures at severe, which make it very severe."""
WINDOW = 72.0
_REFRACTORY = "platelet_refractory"
_DAYS_UNKNOWN = 10**6


def _refractory(looks: Looks) -> Readings:
    """Days in a row, between the first mention after the last denial and the last mention."""
    chart, series = looks.chart, looks.chart.named(_REFRACTORY)
    now = looks.of(_REFRACTORY)
    denied = looks.last(series.only("no", lambda value: not value))
    assert looks.start is not None
    denied = denied.where(denied.at >= looks.start)
    since_then = np.where(denied.there, denied.at, looks.start)
    first = looks.first(series.only("yes", lambda value: bool(value)), since_then)
    here = now.holds == MET

    def day(at: Floats) -> Ints:
        return chart.day(looks.record, np.where(here, at, 0.0))

    least = np.where(here, day(now.at) - day(first.at) + 1, 0)
    # Without a denial it may have begun on any day since the graft.
    begun = np.where(denied.there, day(since_then), day(since_then) - 1)
    most = np.where(here, np.maximum(day(now.at) - begun, least), 0)
    most = np.where(now.there, most, _DAYS_UNKNOWN)

    by_days = span_masks((0, 1, 2))
    possible = by_days[np.searchsorted(REFRACTORY_DAYS, least, side="right"),
                       np.searchsorted(REFRACTORY_DAYS, most, side="right")]  # fmt: skip

    def explain(i: int) -> Reasons:
        return Reasons((now.because(i), first.where(here).because(i), denied.because(i)),
                       (_REFRACTORY,))  # fmt: skip

    return Readings(possible, explain)


def _ascites(looks: Looks) -> Readings:
    """The degree that is recorded; without one, what the finding itself leaves open."""
    degree, found = looks.of("ascites_degree"), looks.of("ascites")
    words = {"none": 0b0001, "minimal": 0b0001, "moderate": 0b0010, "paracentesis": 0b0100}
    by_degree = degree.pick("degree", lambda word: words[word], 0)
    by_finding = np.where(found.holds == NOT_MET, 0b0001, 0b0111)
    possible = np.where(degree.there, by_degree, by_finding).astype(np.uint8)

    def explain(i: int) -> Reasons:
        if degree.there[i]:
            return Reasons((degree.because(i),))
        return Reasons((found.because(i),), ("ascites_degree", "ascites"))

    return Readings(possible, explain)


def _breathing(looks: Looks) -> Readings:
    """0 none or up to 2 L/min, 1 more, 2 ventilator or CPAP."""
    device, flow = looks.of("oxygen_device"), looks.of("oxygen_flow")
    words = {"none": 0b001, **dict.fromkeys(VENTILATED, 0b100)}
    by_device = device.pick("device", lambda word: words.get(word, 0b011), 0b111)
    truth = flow.truth(FLOW)
    by_flow = np.where(truth == MET, 0b010, np.where(truth == NOT_MET, 0b001, 0b011))
    open_ = by_device == 0b011
    possible = np.where(open_, by_flow, by_device).astype(np.uint8)

    def explain(i: int) -> Reasons:
        lacks = "oxygen_flow" if open_[i] else "oxygen_device"
        because = (device.because(i), flow.because(i) if open_[i] else None)
        return Reasons(because, (lacks,))

    return Readings(possible, explain)


def combine(classes: Sequence[int]) -> int:
    """Diagnosis and ten measures -> 0 none, 1 mild, 2 moderate, 3 severe, 4 very severe."""
    (diagnosis, enzyme, refractory, bilirubin, ascites, doubling, clotting, kidney, breathing,
     brain, failure) = classes  # fmt: skip
    if not diagnosis:
        return 0
    starred = (enzyme == 2) + (refractory == 2) + bilirubin + (ascites == 2)
    if failure or brain or starred >= UPGRADE:
        return 4
    return max(
        1, 1 + enzyme, 1 + refractory, 3 * bilirubin, 1 + ascites, 3 * doubling,
        (1, 3, 4)[clotting], kidney, 1 + breathing,
    )  # fmt: skip


def _refractory_probe() -> Probe:
    def change(looks: Looks, look: int, *, days: int) -> Sequence[Addition]:
        at = float(looks.at[look])
        if not days:
            return [addition(_REFRACTORY, False, at)]
        ends = [addition(_REFRACTORY, False, at - 24.0 * days)]
        return ends + [addition(_REFRACTORY, True, at - 24.0 * n) for n in range(days - 1, -1, -1)]

    answers = (("false", 0), ("true for 1 day", 1), ("true for 4 days", 4), ("true for 8 days", 8))
    return Probe(
        _REFRACTORY,
        Effort.BEDSIDE,
        tuple((label, partial(change, days=days)) for label, days in answers),
    )


_FLAT = ("0.8 mg/dL",) * 4


def _bilirubin_probe() -> Probe:
    """Bilirubin on four days: flat, rising, high, doubled."""

    def change(looks: Looks, look: int, *, texts: Sequence[str]) -> Sequence[Addition]:
        at = float(looks.at[look])
        return [addition("bilirubin", text, at - 24.0 * (3 - n)) for n, text in enumerate(texts)]

    answers = (
        ("not rising", _FLAT),
        (
            f"rising on 3 days, {BILIRUBIN.opposite}",
            ("0.8 mg/dL", "1.0 mg/dL", "1.2 mg/dL", "1.4 mg/dL"),
        ),
        (f"{BILIRUBIN.opposite}, doubled", ("0.8 mg/dL", "0.8 mg/dL", "0.8 mg/dL", "1.6 mg/dL")),
        (f"{BILIRUBIN.text}, not doubled", ("2 mg/dL",) * 4),
        (f"{BILIRUBIN.text}, doubled", ("0.8 mg/dL", "0.8 mg/dL", "0.8 mg/dL", "2 mg/dL")),
    )
    return Probe(
        "bilirubin",
        Effort.ROUTINE,
        tuple((label, partial(change, texts=texts)) for label, texts in answers),
    )


def _breathing_probes() -> tuple[Probe, ...]:
    return (
        Probe(
            "oxygen_device",
            Effort.BEDSIDE,
            tuple(
                answer(("oxygen_device", word))
                for word in ("none", "nasal_cannula", "cpap", "ventilator")
            ),
        ),
        values("oxygen_flow", (FLOW,), Effort.BEDSIDE),
    )


VOD_CHILD_SEVERITY = Criterion(
    id="vod_ebmt2018_pediatric_severity",
    title="Severity of SOS/VOD in children, EBMT 2018",
    measures="grade",
    source=Source(
        "Corbacioglu 2018, Bone Marrow Transplant 53:138",
        "",
        "severity grading",
        "read as reprinted (PMC6020812, table 3), not in the paper",
    ),
    standing=Standing.PUBLISHED,
    applies=after(NO_GRAFT, GRAFTS),
    starts=since(GRAFTS),
    combine=combine,
    leading=VOD_CHILD.leading,
    windows={
        **VOD_CHILD.windows,
        **dict.fromkeys(
            ("ast", "alt", "ascites_degree", "coagulation", "gfr", "encephalopathy",
             "multiorgan_dysfunction"),
            WINDOW,
        ),
        "oxygen_device": 48.0,
        "oxygen_flow": 48.0,
    },
    items=(
        Item(
            "diagnosis",
            "Diagnosis",
            ("no SOS by the criteria of 2018", "SOS by the criteria of 2018"),
            ("not met: grade 0", f"{VOD_CHILD.id} met"),
            item_of(reached(VOD_CHILD)),
            "SOS not settled",
        ),
        Item(
            "enzymes",
            "Transaminases",
            ("transaminases mild", "transaminases moderate", "transaminases severe"),
            (
                f"mild: AST and ALT <= {ENZYME_TIMES[0]} x the upper limit",
                f"moderate: > {ENZYME_TIMES[0]} x",
                f"severe*: > {ENZYME_TIMES[1]} x",
            ),
            enzymes(ENZYME_TIMES),
            "transaminases unknown",
        ),
        Item(
            "refractory",
            "Refractory thrombocytopenia",
            ("refractory thrombocytopenia short or none",
             f"refractory thrombocytopenia for {REFRACTORY_DAYS[0]} days",
             f"refractory thrombocytopenia for {REFRACTORY_DAYS[1]} days"),
            (f"mild: < {REFRACTORY_DAYS[0]} days", f"moderate: >= {REFRACTORY_DAYS[0]} days",
             f"severe*: >= {REFRACTORY_DAYS[1]} days"),
            _refractory,
            "days of refractory thrombocytopenia unknown",
        ),
        Item(
            "bilirubin",
            "Bilirubin",
            ("bilirubin not raised enough", "raised bilirubin"),
            (f"mild: {BILIRUBIN.opposite}", f"severe*: {BILIRUBIN.text}"),
            item_of(meets("bilirubin", BILIRUBIN)),
            "bilirubin unknown",
        ),
        Item(
            "ascites",
            "Ascites",
            ("ascites minimal or none", "moderate ascites", "ascites that needs paracentesis"),
            ("mild: minimal", "moderate: moderate", "severe*: paracentesis or external drainage"),
            _ascites,
            "degree of ascites unknown",
        ),
        Item(
            "doubling",
            "Kinetics of bilirubin",
            ("bilirubin not doubled", "bilirubin doubled"),
            ("no", "severe: at least twice the lowest of 48 h"),
            item_of(doubled),
            "course of bilirubin unknown",
        ),
        Item(
            "clotting",
            "Coagulation",
            ("normal coagulation", "impaired coagulation", "coagulation factors replaced"),
            ("normal", "severe: impaired", "very severe: impaired with need for factors"),
            chosen("coagulation", {"normal": 0, "impaired": 1, "factors_replaced": 2}),
            "coagulation unknown",
        ),
        Item(
            "kidney",
            "Filtration rate",
            ("filtration not lowered", *(f"filtration {limit.text}" for limit in FILTRATION)),
            (
                FILTRATION[0].opposite,
                *(
                    f"{word}: {limit.text}"
                    for word, limit in zip(
                        ("mild", "moderate", "severe", "very severe"), FILTRATION, strict=True
                    )
                ),
            ),
            banded("gfr", FILTRATION),
            "filtration rate unknown",
        ),
        Item(
            "breathing",
            "Oxygen",
            ("little oxygen or none", "oxygen above 2 L/min", "ventilated"),
            (f"mild: none or {FLOW.opposite}", f"moderate: {FLOW.text}",
             "severe: ventilator or CPAP"),
            _breathing,
            "oxygen need unknown",
        ),
        Item(
            "brain",
            "Central nervous system",
            ("no cognitive impairment", "new cognitive impairment"),
            ("normal", "very severe: new cognitive impairment (`encephalopathy`)"),
            item_of(present("encephalopathy")),
            "cognition unknown",
        ),
        Item(
            "failure",
            "Organ failure",
            ("no organ failure", "multiorgan dysfunction"),
            ("no", "multiorgan dysfunction or failure, as recorded: very severe"),
            item_of(present("multiorgan_dysfunction")),
            "organ failure unknown",
        ),
    ),
    probes=together(
        VOD_CHILD.probes,
        (
            _bilirubin_probe(),
            _refractory_probe(),
            choices("ascites_degree"),
            *(probe for name in ("ast", "alt")
              for probe in (multiples(name, ENZYME_TIMES[1]),
                            limits_of_range(name, ENZYME_TIMES[1], "high"))),
            choices("coagulation", Effort.ROUTINE),
            values("gfr", FILTRATION),
            *_breathing_probes(),
            choices("encephalopathy"),
            choices("multiorgan_dysfunction"),
        ),
    ),
    tail=VOD_CHILD.tail,
    notes=(
        "0 none, 1 mild, 2 moderate, 3 severe, 4 very severe: the worst category of any measure "
        f"counts. {UPGRADE} or more of the measures with a star at severe make it very severe, "
        "as does multiorgan dysfunction.",
        f"The severity is given where {VOD_CHILD.id} is met at that time; SOS in children has no "
        "limit of time, so that late onset is graded by the same table.",
        "Columns printed as one for severe and very severe (ascites, kinetics, ventilation, "
        "bilirubin, transaminases, thrombocytopenia) count as severe.",
        "Refractory thrombocytopenia: calendar days from the first mention after the last denial "
        "to the last mention, both counted; without a denial it may have begun on any day since "
        "the graft. Days without a mention in between count (project choice).",
        "Conflict: exactly 7 days are both moderate (3 to 7) and severe (>= 7) in one reprint, "
        "moderate alone (> 7 is severe) in another: the worse counts.",
        "The bands of the filtration rate are whole numbers; the number below each band's lower "
        "end belongs to the next (59.5 is moderate). Exactly 2 L/min of oxygen stands in neither "
        "band and counts as mild.",
        "GLDH is not read. A raised bilirubin from before by the primary disease, which the "
        "source leaves out, is not read. That symptoms gather within 48 h is not read.",
    ),
    tags=("transplantation", "liver", "children"),
    other_sources=(
        Source("Pediatric EBMT criteria as reprinted", "", "medicalcriteria.com/web/sos-vod"),
    ),
)  # fmt: skip
