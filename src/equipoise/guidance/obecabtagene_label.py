"""Obecabtagene: a dose in two parts by marrow blasts, what remains for the second, when it waits.

The total, the days and the rule on CRS were read on the label, the share of blasts that parts low
from high burden in the trial's own paper, the amounts at low burden at second hand. The first part
at high burden was read nowhere, so none is said.
"""

from __future__ import annotations

from datetime import date

from equipoise import units
from equipoise.advice import Recommendation, Situation, Verdict
from equipoise.criterion import Truth, seen
from equipoise.record import SAME_TIME, Cells, Measurement
from equipoise.source import Evidence, Source, Standing

TOPIC = "obecabtagene"
REVIEWED = date(2026, 11, 22)
PRODUCT = "obecabtagene"
DAY = 24.0
TOTAL = 410e6
"""CAR T cells in both parts together."""
SECOND_DAY, AROUND, LATEST_DAY = 10, 2, 21
"""Label day of the second part, days around it, and the last day of a second part put off; the
first part is on day 1."""
PUT_OFF, NO_MORE = 2, 3
"""Grades of CRS after the first part."""
BLASTS_WITHIN = 7
"""Days before lymphodepletion within which the marrow is sampled."""

LOW_BURDEN = 20.0
"""% blasts in marrow up to which the trial counts a low burden, above it a high one."""
LOW_PARTS = (100e6, 310e6)
"""CAR T cells in the first and the second part at low burden, as told at second hand."""
BAGS = (10e6, 100e6, 300e6)
"""CAR T cells in the label's kinds of bags; they make up the total."""
LYMPHODEPLETION = ("fludarabine", "cyclophosphamide")
BEFORE = 14.0 * DAY
"""Hours before the first part within which these count as its lymphodepletion (convention)."""

BURDEN = Source(
    "FELIX by tumor burden, Haematologica (obecabtagene, adults)",
    where="abstract",
    note="haematologica.org/article/view/13081; amounts are not in the abstract",
)
NEWS = Source(
    "OncLive on the pooled analysis of FELIX (obecabtagene)",
    where="text, as far as it was readable",
    note="secondary; the amounts at high burden were beyond what was readable",
)
LABEL = Source(
    "Obecabtagene autoleucel, US prescribing information, Autolus",
    where="section 2, dose, bags and Table 2 (label)",
    note="read in a public copy up to the row on CRS; the figures with the share of blasts and the "
    "amounts, and the row on ICANS, were not read",
)


def burden(blasts: float) -> str:
    """ "low" or "high" for % blasts in marrow before lymphodepletion.

    Fails  ValueError outside 0 to 100
    """
    if not 0.0 <= blasts <= 100.0:
        raise ValueError("blasts: a share of marrow cells in percent, 0 to 100")
    return "low" if blasts <= LOW_BURDEN else "high"


def remaining(first: float) -> float:
    """CAR T cells left for the second part after `first`, by the label's total.

    Fails  ValueError for a first part that is not above 0 and below the total
    """
    if not 0.0 < first < TOTAL:
        raise ValueError(
            f"the first part is above 0 and below {TOTAL:.3g} CAR T cells; check the exponent"
        )
    return TOTAL - first


def _cells(number: float) -> str:
    """ "310 x 10^6"."""
    return f"{number / 1e6:g} x 10^6"


_BAGS = f"{', '.join(f'{b / 1e6:g}' for b in BAGS[:-1])} and {_cells(BAGS[-1])}"


def _dose(cells: Cells) -> float | None:
    """CAR T cells in all, None where they are not charted so."""
    for key, quantity in cells.doses:
        if key == "CAR" and units.UNITS[quantity.unit].dimension == units.UNITS["1"].dimension:
            return float(units.convert(float(quantity.number), quantity.unit, "1"))
    return None


def _rest(first: Cells, planned: Cells | None) -> str:
    """What remains for the second part, and whether the planned one is that."""
    given = _dose(first)
    if given is None:
        return "the CAR T cells of the first part are not charted in all"
    try:
        left = remaining(given)
    except ValueError as error:
        return str(error)
    said = f"{_cells(given)} were given, so that {_cells(left)} of {_cells(TOTAL)} remain"
    ahead = None if planned is None else _dose(planned)
    if ahead is not None and abs(ahead - left) > 0.01 * TOTAL:
        said += f"; the planned part is {_cells(ahead)}, which is not that"
    return said


def _second_part(situation: Situation) -> Verdict:
    """A first part was given and no second one; days and the CRS grade in the chart are told."""
    t = situation.at
    parts = [
        c for c in situation.record.cells(PRODUCT)
        if c.at <= t + SAME_TIME and c.status not in ("planned", "held")
    ]  # fmt: skip
    if not parts:
        return Verdict(Truth.NOT_MET, detail="no obecabtagene was given")
    because = tuple(seen(c, c.part) for c in parts)
    if len(parts) > 1 or parts[-1].part.startswith("2"):
        return Verdict(Truth.NOT_MET, because, detail="the second part was given")
    if not parts[0].part:
        return Verdict(Truth.UNKNOWN, because, ("which part of the split dose was given",))
    day = situation.record.calendar_day(t) - situation.record.calendar_day(parts[0].at) + 1
    if day > LATEST_DAY:
        return Verdict(Truth.NOT_MET, because, detail=f"day {day}: later than the label speaks of")
    grade = situation.grades.get("crs_astct2019")
    graded = (
        "CRS is not graded here"
        if grade is None or grade.low is None
        else f"CRS by ASTCT 2019 at least {grade.low} now (the label grades by CTCAE 5)"
    )
    ahead = next(
        (c for c in situation.record.cells(PRODUCT) if c.at > t + SAME_TIME and c.status != "held"),
        None,
    )
    return Verdict(
        Truth.MET,
        because,
        detail=f"day {day} by the label's count; {_rest(parts[0], ahead)}; {graded}",
    )


def _group(blasts: Measurement) -> str | None:
    """The burden, None where a bound leaves it open."""
    if blasts.censored == "<":
        return "low" if blasts.number <= LOW_BURDEN else None
    if blasts.censored == ">":
        return "high" if blasts.number >= LOW_BURDEN else None
    return burden(blasts.number)


def _first_part(situation: Situation) -> Verdict:
    """A first part is planned: low or high burden by the marrow before lymphodepletion."""
    record, t = situation.record, situation.at
    ahead = [c for c in record.cells(PRODUCT) if c.status != "held" and c.at > t + SAME_TIME]
    given = [
        c for c in record.cells(PRODUCT)
        if c.at <= t + SAME_TIME and c.status not in ("planned", "held")
    ]  # fmt: skip
    if given:
        return Verdict(Truth.NOT_MET, detail="the first part was given")
    if not ahead:
        return Verdict(Truth.NOT_MET, detail="no obecabtagene is planned")
    first = ahead[0]
    because = [seen(first, first.part or "planned")]
    starts = [
        d.at for d in record.doses(*LYMPHODEPLETION)
        if d.status != "held" and first.at - BEFORE <= d.at <= first.at
    ]  # fmt: skip
    if starts:
        blasts = record.latest("marrow_blasts", min(min(starts), t), within=BLASTS_WITHIN * DAY)
    else:
        blasts = record.latest("marrow_blasts", t)
    if blasts is None:
        when = f" in the {BLASTS_WITHIN} days before lymphodepletion" if starts else ""
        return Verdict(
            Truth.UNKNOWN, tuple(because), ("marrow_blasts",), f"no share of blasts in marrow{when}"
        )
    because.append(seen(blasts))
    if not starts:
        return Verdict(
            Truth.UNKNOWN, tuple(because), ("lymphodepletion",),
            f"whether the marrow is of the {BLASTS_WITHIN} days before lymphodepletion cannot be "
            "told: none is charted",
        )  # fmt: skip
    group = _group(blasts)
    if group is None:
        return Verdict(
            Truth.UNKNOWN, tuple(because), ("marrow_blasts",),
            f"{blasts.text} may lie on either side of {LOW_BURDEN:g} %",
        )  # fmt: skip
    if group == "low":
        one, two = LOW_PARTS
        detail = (
            f"low burden: first {_cells(one)}, then {_cells(two)} CAR T cells, as told at second "
            "hand; read the label before use"
        )
    else:
        detail = (
            "high burden: the first part is the smaller one; its amount was not read and is on "
            f"the label, whose bags hold {_BAGS}; the second is what remains of {_cells(TOTAL)}"
        )
    return Verdict(Truth.MET, tuple(because), detail=detail + _against(group, _dose(first)))


def _against(group: str, planned: float | None) -> str:
    """What to say of a planned first part that does not go with the burden, else ""."""
    low = LOW_PARTS[0]
    if planned is None:
        return ""
    if group == "low" and abs(planned - low) > 0.01 * TOTAL:
        return f"; {_cells(planned)} are planned, which is not that: check it"
    if group == "high" and planned > 0.99 * low:
        return (
            f"; {_cells(planned)} are planned, no less than the first part at low burden: check it"
        )
    return ""


GROUP = Recommendation(
    id="obecabtagene_burden_felix",
    title="Obecabtagene: which split, by marrow blasts",
    statement=(
        f"In the trial behind the license the split went by blasts in marrow before "
        f"lymphodepletion: up to {LOW_BURDEN:g} % low burden, above it high. At low burden "
        f"{_cells(LOW_PARTS[0])} CAR T cells came first and {_cells(LOW_PARTS[1])} second; at high "
        "burden the amounts were not read."
    ),
    source=BURDEN,
    standing=Standing.PROVISIONAL,
    evidence=Evidence("4"),
    predicate=_first_part,
    topic=TOPIC,
    reviewed_on=REVIEWED,
    other_sources=(NEWS, LABEL),
)


SPLIT = Recommendation(
    id="obecabtagene_split_us",
    title="Obecabtagene: the second part of the split dose (label)",
    statement=(
        f"{TOTAL / 1e6:g} x 10^6 CAR T cells in all, split over day 1 and day {SECOND_DAY} "
        f"(within {AROUND} days) by the share of blasts in a marrow sampled within "
        f"{BLASTS_WITHIN} days before lymphodepletion. After CRS of grade {PUT_OFF} the second "
        f"part may be put off to day {LATEST_DAY}, until CRS is grade 1 or less; after grade "
        f"{NO_MORE} or more treatment is discontinued. ICANS counts too; its row was not read."
    ),
    source=LABEL,
    standing=Standing.PUBLISHED,
    evidence=Evidence("5"),
    predicate=_second_part,
    label_status="adjust",
    region="US",
    topic=TOPIC,
    reviewed_on=REVIEWED,
)
