"""The label's dose table of blinatumomab, row by row, and the levels that its cycle gives."""

from __future__ import annotations

import pytest

from equipoise.advice import Situation
from equipoise.criterion import Truth
from equipoise.guidance.blinatumomab_label import (
    DOSE,
    INTERRUPTION,
    daily_dose,
    dose_lines,
    free_days,
)
from equipoise.model import PlainDose, typical
from equipoise.models.blinatumomab_clements2020 import MODEL
from equipoise.regimen import parse_dose
from small_records import record_of, value

# Weight, surface, setting, cycle -> ug/d by day (1 and 8), days free after the 28.
TABLE = [
    (45.0, 1.4, "relapsed", 1, 9.0, 28.0, 14.0),
    (70.0, 1.9, "relapsed", 1, 9.0, 28.0, 14.0),
    (70.0, None, "relapsed", 2, 28.0, 28.0, 14.0),
    (70.0, None, "relapsed", 5, 28.0, 28.0, 14.0),
    (70.0, None, "relapsed", 6, 28.0, 28.0, 56.0),
    (70.0, None, "relapsed", 9, 28.0, 28.0, 56.0),
    (70.0, None, "mrd", 1, 28.0, 28.0, 14.0),
    (20.0, 0.8, "relapsed", 1, 4.0, 12.0, 14.0),
    (20.0, 0.8, "mrd", 4, 12.0, 12.0, 14.0),
    (44.9, 1.8, "relapsed", 1, 9.0, 27.0, 14.0),
    (44.9, 1.9, "relapsed", 1, 9.0, 28.0, 14.0),
]


@pytest.mark.parametrize(("weight", "surface", "setting", "cycle", "first", "later", "free"), TABLE)
def test_the_label_s_table(
    weight: float, surface: float | None, setting: str, cycle: int, first: float, later: float,
    free: float,
) -> None:  # fmt: skip
    lines = [parse_dose(line) for line in dose_lines(weight, surface, setting=setting, cycle=cycle)]
    rates = [float(line.amount.number) for line in lines]
    assert rates[0] == pytest.approx(first)
    assert rates[-1] == pytest.approx(later)
    assert sum(line.duration for line in lines) == 28 * 24.0
    assert free_days(setting, cycle) == free
    assert all(line.is_rate and line.route == "iv" for line in lines)


def test_refused() -> None:
    with pytest.raises(ValueError, match="give weight and height"):
        daily_dose(30.0, None, step=False)
    with pytest.raises(ValueError, match="cycles 1 to 4"):
        dose_lines(70.0, None, setting="mrd", cycle=5)
    with pytest.raises(ValueError, match="one of relapsed, mrd"):
        free_days("remission", 1)


def test_the_first_cycle_gives_the_published_levels_and_area() -> None:
    doses = []
    for line in dose_lines(75.0, 1.876, setting="relapsed", cycle=1):
        read = parse_dose(line)
        doses.append(PlainDose(read.start, read.total("ug"), "iv", read.duration))
    found = typical(MODEL, doses, [160.0, 600.0, 800.0])
    levels = found.values["blinatumomab"][0, 0]
    assert levels[0] == pytest.approx(169.0, rel=0.01)
    assert levels[1] == pytest.approx(526.0, rel=0.01)
    assert found.areas["blinatumomab"][0, 0, 2] / 1000.0 == pytest.approx(293.0, rel=0.01)


def infusion(at: float, **more: object) -> dict[str, object]:
    return {
        "type": "dose", "at": at, "agent": "blinatumomab", "rate": "28 ug/d", "duration": "28 d",
        "route": "iv", **more,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("days", "words"), [(6.9, "resume the same cycle"), (7.1, "start a new cycle")]
)
def test_an_interruption(days: float, words: str) -> None:
    t = 240.0 + days * 24.0
    stop = {"type": "stop", "at": 240.0, "agent": "blinatumomab"}
    verdict = INTERRUPTION.predicate(Situation(record_of(infusion(0.0), stop, t=t), t))
    assert verdict.truth is Truth.MET
    assert words in verdict.detail


def test_the_dose_for_a_child_needs_the_height() -> None:
    child = [infusion(0.0), value("weight", "20 kg", -1.0)]
    without = DOSE.predicate(Situation(record_of(*child, t=5.0), 5.0))
    assert without.truth is Truth.UNKNOWN
    assert without.missing == ("height",)
    full = record_of(*child, value("height", "115 cm", -1.0), t=5.0)
    assert "12 ug/d" in DOSE.predicate(Situation(full, 5.0)).detail
