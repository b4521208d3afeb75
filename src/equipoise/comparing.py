"""Published cohorts of grafts and of counts, held against one record: is this patient like theirs?

No cohort speaks across platforms, donors, products or ages, and a dose outside what was given is
refused. What is not charted is "cannot tell", never a no.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from equipoise import names, units
from equipoise.record import SAME_TIME, Cells, Measurement, Record
from equipoise.target import Comparable, Effect, Metric
from equipoise.truth import Truth

COUNTED_OUT = ("Treg", "Tcon")
"""Cells whose dose on a graft tells that it was engineered."""
ENGINEERED = ("treg_tcon", "alpha_beta_depleted", "cd34_selected")
"""Platforms whose grafts are engineered, whatever is charted of them."""
COHORTS = (Metric.CELL_DOSE, Metric.COUNT)
TOGETHER = 14.0 * 24.0
"""Hours before the last graft within which cells belong to the same one (convention)."""


def comparables(effects: Sequence[Effect], past: Record, at: float) -> tuple[Comparable, ...]:
    """Every cohort of cells or counts that may be asked about this graft, with the answer.

    effects  any; those of other metrics are left out, and those of grafts where the record has no
             engineered one
    past     cut at `at`;  () without an allogeneic graft that was given
    """
    grafts = [
        c
        for c in past.cells("graft")
        if c.at <= at + SAME_TIME and c.status not in ("planned", "held")
    ]
    if not grafts or grafts[-1].donor == "autologous":
        return ()
    grafts = [c for c in grafts if c.at >= grafts[-1].at - TOGETHER]
    counted = {e.analyte for e in effects if e.metric is Metric.COUNT}
    seen = {n for n in counted if past.measurements(n, start=grafts[-1].at, end=at)}
    wanted = {Metric.COUNT} if seen else set()
    if past.platform in ENGINEERED or any(_engineered(c) for c in grafts):
        wanted = set(COHORTS)
    return tuple(_held(e, grafts, past, at) for e in effects if e.metric in wanted)


def _engineered(cells: Cells) -> bool:
    return any(key in COUNTED_OUT for key, _ in cells.doses)


def _held(effect: Effect, grafts: Sequence[Cells], past: Record, at: float) -> Comparable:
    reason = _another(effect, grafts, past, at)
    if reason:
        return Comparable(effect, Truth.NOT_MET, reason, "")
    lacking = _lacking(effect, grafts, past, at)
    truth, why, charted = (
        _counted(effect, grafts[-1], past, at)
        if effect.metric is Metric.COUNT
        else _dosed(effect, grafts, past)
    )
    if truth is Truth.NOT_MET:
        return Comparable(effect, truth, why, charted)
    if lacking:
        parts = [*lacking, why] if truth is Truth.UNKNOWN else lacking
        return Comparable(effect, Truth.UNKNOWN, "; ".join(parts), charted)
    return Comparable(effect, truth, why, charted)


def _another(effect: Effect, grafts: Sequence[Cells], past: Record, at: float) -> str:
    """Why the cohort is of other patients; "" where nothing charted says so."""
    donor = grafts[-1].donor
    if effect.donors and donor and donor not in effect.donors:
        return f"seen with {_either(effect.donors)} donors; here the donor is {_plain(donor)}"
    if effect.platforms and past.platform and past.platform not in effect.platforms:
        labels = [names.PLATFORMS.get(p, _plain(p)) for p in effect.platforms]
        here = names.PLATFORMS.get(past.platform, _plain(past.platform))
        return f"seen on the platform {' or '.join(labels)}; here it is {here}"
    age = past.age_at(at)
    low, high = effect.ages
    if age is not None and not low <= age < high:
        span = f"under {high:g}" if low <= 0.0 else f"{low:g} and over"
        return f"seen in patients {span} years of age"
    return ""


def _lacking(effect: Effect, grafts: Sequence[Cells], past: Record, at: float) -> list[str]:
    found = []
    if effect.donors and not grafts[-1].donor:
        found.append("the donor is not charted")
    if effect.platforms and not past.platform:
        found.append("the record names no platform")
    if past.age_at(at) is None and effect.ages != (0.0, math.inf):
        found.append("no date of birth")
    said = " ".join(c.manipulation for c in grafts).casefold()
    if effect.product and effect.product.casefold() not in said:
        found.append(f"the graft is not charted as {effect.product} (manipulation)")
    return found


def _dosed(effect: Effect, grafts: Sequence[Cells], past: Record) -> tuple[Truth, str, str]:
    """Whether the dose lies in the range of the cohort; any dose where it names no range."""
    low, high = effect.applies_low, effect.applies_high
    given = [(c, q) for c in grafts for key, q in c.doses if key == effect.analyte]
    charted = ", ".join(
        f"{effect.analyte} {q.text}, day {past.calendar_day(c.at):+d}" for c, q in given
    )
    if low <= 0.0 and math.isinf(high):
        return Truth.MET, "", charted
    unit = effect.unit
    if unit not in units.UNITS:
        return Truth.UNKNOWN, f"its measure, {unit}, has no place in a record", charted
    if not given:
        return Truth.UNKNOWN, f"no {effect.analyte} dose is charted on the graft", ""
    if any(units.UNITS[q.unit].dimension != units.UNITS[unit].dimension for _, q in given):
        return Truth.UNKNOWN, f"the {effect.analyte} dose is not charted in {unit}", charted
    total = sum(float(units.convert(float(q.number), q.unit, unit)) for _, q in given)
    # Doses are written with two or three digits: an end of the range still belongs to it.
    if low * (1.0 - 1e-9) <= total <= high * (1.0 + 1e-9):
        return Truth.MET, "", charted
    return Truth.NOT_MET, f"seen at {_range(low, high)} {unit}; here {total:.3g}", charted


def _counted(effect: Effect, graft: Cells, past: Record, at: float) -> tuple[Truth, str, str]:
    """Whether the count was over the limit on enough days by the day of the cohort."""
    low, high = effect.applies_low, effect.applies_high
    if low <= 0.0 and math.isinf(high):
        return Truth.MET, "", ""
    above = low > 0.0
    limit = low if above else high
    label = names.measurement(effect.analyte).label
    end = graft.at + effect.by_day * 24.0
    values = past.measurements(effect.analyte, start=graft.at, end=min(at, end) + SAME_TIME)
    days = {past.calendar_day(m.at) for m in values if _over(m, limit)}
    charted = ", ".join(f"{m.text} day {past.calendar_day(m.at):+d}" for m in values)
    charted = f"{label} {charted}" if charted else ""
    if len(days) >= effect.times:
        when = sorted(days)[effect.times - 1]
        said = f"here over {limit:g} {effect.unit} by day {when:+d}"
        if above:
            return Truth.MET, said, charted
        return Truth.NOT_MET, f"its patients did not reach that; {said}", charted
    if at < end - SAME_TIME:
        return Truth.UNKNOWN, f"day {effect.by_day:g} has not come", charted
    if not values or days or any(_open(m, limit) for m in values):
        many = f" on {effect.times} days" if effect.times > 1 else ""
        short = f"whether {label} was over {limit:g} {effect.unit}{many} by day {effect.by_day:g}"
        return Truth.UNKNOWN, f"{short} is not charted", charted
    said = f"here never over {limit:g} {effect.unit} in what is charted by day {effect.by_day:g}"
    if above:
        return Truth.NOT_MET, f"its patients reached more; {said}", charted
    return Truth.MET, said, charted


def _over(measured: Measurement, limit: float) -> bool:
    return measured.number > limit and measured.censored != "<"


def _open(measured: Measurement, limit: float) -> bool:
    """Whether a bound leaves it open on which side of the limit the value lies."""
    over = measured.number > limit
    return over if measured.censored == "<" else measured.censored == ">" and not over


def _range(low: float, high: float) -> str:
    if math.isinf(high):
        return f"{low:.3g} and more"
    return f"{low:.3g}" if low == high else f"{low:.3g} to {high:.3g}"


def _plain(word: str) -> str:
    return word.replace("_", " ")


def _either(words: Sequence[str]) -> str:
    return " or ".join(_plain(w) for w in words)
