"""Published cohorts of grafts and of counts, held against one record: is this patient like theirs?

No cohort speaks across platforms, donors, products or ages, and a dose outside what was given is
refused. What is not charted is "cannot tell", never a no.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence

from equipoise import names, units
from equipoise.criterion import Grade
from equipoise.record import SAME_TIME, Cells, Measurement, Record
from equipoise.target import Comparable, Effect, Metric
from equipoise.truth import Truth

COUNTED_OUT = ("Treg", "Tcon")
"""Cells whose dose on a graft tells that it was engineered."""
ENGINEERED = ("treg_tcon", "alpha_beta_depleted", "cd34_selected")
"""Platforms whose grafts are engineered, whatever is charted of them."""
PLAIN = {"unmanipulated"}
"""What an effect asks of a graft that was not engineered."""
COHORTS = (Metric.CELL_DOSE, Metric.COUNT)
TOGETHER = 14.0 * 24.0
"""Hours before the last graft within which cells belong to the same one (convention)."""
RECENT = 28.0 * 24.0
"""Hours before the day asked for within which a last low count says that none was reached, as the
criterion of two counts has it (convention)."""


def comparables(
    effects: Sequence[Effect], past: Record, at: float, grades: Mapping[str, Grade]
) -> tuple[Comparable, ...]:
    """Every cohort of cells or counts that may be asked about this graft, with the answer.

    effects  any; those of other metrics are left out, and those of grafts where the record has no
             engineered one
    past     cut at `at`;  () without an allogeneic graft that was given
    grades   of criteria at `at`: where a cohort's count is that of a criterion, it alone says
             whether it was reached
    """
    grafts = [
        c
        for c in past.cells("graft")
        if c.at <= at + SAME_TIME and c.status not in ("planned", "held")
    ]
    if not grafts or grafts[-1].donor == "autologous":
        return ()
    before = [c for c in grafts if c.at < grafts[-1].at - TOGETHER]
    grafts = grafts[len(before) :]
    counted = {e.analyte for e in effects if e.metric is Metric.COUNT}
    seen = {n for n in counted if past.measurements(n, start=grafts[-1].at, end=at)}
    wanted = {Metric.COUNT} if seen else set()
    products = {e.product for e in effects if e.metric is Metric.CELL_DOSE and e.product}
    products -= PLAIN
    if past.platform in ENGINEERED or any(_engineered(c, products) for c in grafts):
        wanted = set(COHORTS)
    return tuple(
        _held(e, grafts, before, past, at, grades.get(e.criterion))
        for e in effects
        if e.metric in wanted
    )


def _engineered(cells: Cells, products: Collection[str]) -> bool:
    said = cells.manipulation.casefold()
    if any(product.casefold() in said for product in products):
        return True
    return any(key in COUNTED_OUT for key, _ in cells.doses)


def _held(
    effect: Effect,
    grafts: Sequence[Cells],
    before: Sequence[Cells],
    past: Record,
    at: float,
    grade: Grade | None,
) -> Comparable:
    reason = _another(effect, grafts, past)
    if reason:
        return Comparable(effect, Truth.NOT_MET, reason, "")
    lacking = _lacking(effect, grafts, before, past)
    truth, why, charted = (
        _counted(effect, grafts[-1], past, at, grade)
        if effect.metric is Metric.COUNT
        else _dosed(effect, grafts, past)
    )
    if truth is Truth.NOT_MET:
        return Comparable(effect, truth, why, charted)
    if lacking:
        parts = [*lacking, why] if truth is Truth.UNKNOWN else lacking
        return Comparable(effect, Truth.UNKNOWN, "; ".join(parts), charted)
    return Comparable(effect, truth, why, charted)


def _another(effect: Effect, grafts: Sequence[Cells], past: Record) -> str:
    """Why the cohort is of other patients; "" where nothing charted says so."""
    donor = grafts[-1].donor
    if effect.donors and donor and donor not in effect.donors:
        return f"seen with {_either(effect.donors)} donors; here the donor is {_plain(donor)}"
    if effect.platforms and past.platform and past.platform not in effect.platforms:
        labels = [names.PLATFORMS.get(p, _plain(p)) for p in effect.platforms]
        here = names.PLATFORMS.get(past.platform, _plain(past.platform))
        return f"seen on the platform {' or '.join(labels)}; here it is {here}"
    age = past.age_at(grafts[-1].at)
    low, high = effect.ages
    if age is not None and not low <= age < high:
        span = f"under {high:g}" if low <= 0.0 else f"{low:g} and over"
        return f"seen in patients {span} years of age"
    return ""


def _lacking(
    effect: Effect, grafts: Sequence[Cells], before: Sequence[Cells], past: Record
) -> list[str]:
    found = []
    if effect.first_graft and before:
        day = past.calendar_day(before[-1].at)
        found.append(
            f"its patients had their first transplant; here a graft of day {day:+d} stands"
        )
    if effect.donors and not grafts[-1].donor:
        found.append("the donor is not charted")
    if effect.platforms and not past.platform:
        found.append("the record names no platform")
    age = past.age_at(grafts[-1].at)
    if age is None and (effect.ages != (0.0, math.inf) or math.isfinite(effect.ages_open)):
        found.append("no date of birth")
    if age is not None and age >= effect.ages_open:
        found.append(
            "its patients were children and young adults; how old the oldest was is not told"
        )
    said = " ".join(c.manipulation for c in grafts).casefold()
    if effect.product and effect.product.casefold() not in said:
        found.append(f"the graft is not charted as {effect.product} (manipulation)")
    return found


def _dosed(effect: Effect, grafts: Sequence[Cells], past: Record) -> tuple[Truth, str, str]:
    """Whether the doses lie in the ranges of the cohort; any dose where it names no range."""
    ranges = ((effect.analyte, effect.applies_low, effect.applies_high), *effect.also)
    charted = ", ".join(
        f"{key} {q.text}, {_day(past, c.at)}"
        for key, _, _ in ranges for c in grafts for own, q in c.doses if own == key
    )  # fmt: skip
    answers = [_in_range(key, low, high, effect.unit, grafts) for key, low, high in ranges]
    for wanted in (Truth.NOT_MET, Truth.UNKNOWN):
        why = "; ".join(said for truth, said in answers if truth is wanted)
        if why:
            return wanted, why, charted
    return Truth.MET, "", charted


def _in_range(
    key: str, low: float, high: float, unit: str, grafts: Sequence[Cells]
) -> tuple[Truth, str]:
    """Whether the sum of one kind of cells lies from low to high, and why not."""
    if low <= 0.0 and math.isinf(high):
        return Truth.MET, ""
    if unit not in units.UNITS:
        return Truth.UNKNOWN, f"its measure, {unit}, has no place in a record"
    given = [q for c in grafts for own, q in c.doses if own == key]
    if not given:
        return Truth.UNKNOWN, f"no {key} dose is charted on the graft"
    if any(units.UNITS[q.unit].dimension != units.UNITS[unit].dimension for q in given):
        return Truth.UNKNOWN, f"the {key} dose is not charted in {unit}"
    total = sum(float(units.convert(float(q.number), q.unit, unit)) for q in given)
    # Doses are written with two or three digits: an end of the range still belongs to it.
    if low * (1.0 - 1e-9) <= total <= high * (1.0 + 1e-9):
        return Truth.MET, ""
    what = "" if low > 0.0 else f"{key} "
    return Truth.NOT_MET, f"seen at {what}{_range(low, high)} {unit}; here {_plain_number(total)}"


def _counted(
    effect: Effect, graft: Cells, past: Record, at: float, grade: Grade | None
) -> tuple[Truth, str, str]:
    """Whether the count was over the limit by the day of the cohort.

    grade  of the criterion that says so, where the cohort names one
    """
    low, high = effect.applies_low, effect.applies_high
    if low <= 0.0 and math.isinf(high):
        return Truth.MET, "", ""
    above = low > 0.0
    limit = low if above else high
    label = names.measurement(effect.analyte).label
    end = past.day_end(past.calendar_day(graft.at) + round(effect.by_day))
    values = past.measurements(effect.analyte, start=graft.at, end=min(at, end) + SAME_TIME)
    charted = ", ".join(f"{m.text} {_day(past, m.at)}" for m in values)
    charted = f"{label} {charted}" if charted else ""
    late = min(at, end) - RECENT
    reached, when = _by_grade(effect, grade) if effect.criterion else _once(values, limit, late)
    many = f" in {effect.times} counts running" if effect.times > 1 else ""
    if reached is Truth.MET:
        said = f"here over {limit:g} {effect.unit}{many} by {_day(past, when)}"
        if above:
            return Truth.MET, said, charted
        return Truth.NOT_MET, f"its patients did not reach that; {said}", charted
    if at < end - SAME_TIME:
        return Truth.UNKNOWN, f"day {effect.by_day:g} has not come", charted
    if reached is Truth.UNKNOWN:
        short = f"whether {label} was over {limit:g} {effect.unit}{many} by day {effect.by_day:g}"
        return Truth.UNKNOWN, f"{short} is not charted", charted
    said = (
        f"here never over {limit:g} {effect.unit}{many} in what is charted by day {effect.by_day:g}"
    )
    if above:
        return Truth.NOT_MET, f"its patients reached more; {said}", charted
    return Truth.MET, said, charted


def _by_grade(effect: Effect, grade: Grade | None) -> tuple[Truth, float]:
    """What the criterion says, and when the last count that it rests on was drawn."""
    if grade is None or not grade.applies:
        return Truth.UNKNOWN, math.nan
    drawn = [b.at for b in grade.because if b.name == effect.analyte]
    return Truth.of(grade.met), max(drawn, default=grade.at)


def _once(values: Sequence[Measurement], limit: float, late: float) -> tuple[Truth, float]:
    """Whether any value was over the limit, and when the first was.

    late  hours before which a last value leaves open what came after it
    """
    over = [m.at for m in values if _over(m, limit)]
    if over:
        return Truth.MET, over[0]
    if not values or values[-1].at < late or any(_open(m, limit) for m in values):
        return Truth.UNKNOWN, math.nan
    return Truth.NOT_MET, math.nan


def _over(measured: Measurement, limit: float) -> bool:
    return measured.number > limit and measured.censored != "<"


def _open(measured: Measurement, limit: float) -> bool:
    """Whether a bound leaves it open on which side of the limit the value lies."""
    over = measured.number > limit
    return over if measured.censored == "<" else measured.censored == ">" and not over


def _day(past: Record, at: float) -> str:
    """ "day -4", "day 0"."""
    day = past.calendar_day(at)
    return f"day {day:+d}" if day else "day 0"


def _plain_number(value: float) -> str:
    """ "2e6" rather than "2e+06"."""
    return f"{value:.3g}".replace("e+0", "e")


def _range(low: float, high: float) -> str:
    if math.isinf(high):
        return f"{_plain_number(low)} and more"
    if low <= 0.0:
        return f"up to {_plain_number(high)}"
    least, most = _plain_number(low), _plain_number(high)
    return least if low == high else f"{least} to {most}"


def _plain(word: str) -> str:
    return word.replace("_", " ")


def _either(words: Sequence[str]) -> str:
    return " or ".join(_plain(w) for w in words)
