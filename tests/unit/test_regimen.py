"""Dose lines and time lists as a person writes them."""

from __future__ import annotations

import pytest

from equipoise.regimen import DoseLineError, describe, parse_dose, parse_times


@pytest.mark.parametrize(
    ("text", "amount", "route", "duration", "interval", "count", "start", "steady"),
    [
        ("1.75 mg oral every 24 h x 30", 1.75, "oral", 0.0, 24.0, 30, 0.0, False),
        ("160 mg iv over 6 h every 24 h x 4 from -120 h", 160, "iv", 6.0, 24.0, 4, -120.0, False),
        ("160 mg iv over 6 h every 24 h x 4 from -5 d", 160, "iv", 6.0, 24.0, 4, -120.0, False),
        ("160 mg from -120 every 24 h x 4 iv", 160, "iv", 0.0, 24.0, 4, -120.0, False),
        ("2 mg from 24 oral", 2, "oral", 0.0, 0.0, 1, 24.0, False),
        ("2 mg oral every 24 h at steady state", 2, "oral", 0.0, 24.0, 1, 0.0, True),
        ("2 mg  ORAL   Every 1 d  X 3", 2, "oral", 0.0, 24.0, 3, 0.0, False),
        ("5 mg", 5, "", 0.0, 0.0, 1, 0.0, False),
        ("5 mg iv over 90 min", 5, "iv", 1.5, 0.0, 1, 0.0, False),
        ("0 mg oral", 0, "oral", 0.0, 0.0, 1, 0.0, False),
    ],
)  # fmt: skip
def test_a_line_is_read(
    text: str, amount: float, route: str, duration: float, interval: float, count: int,
    start: float, steady: bool,
) -> None:  # fmt: skip
    found = parse_dose(text)
    assert found.total("mg") == pytest.approx(amount)
    assert (found.route, found.duration, found.interval) == (route, duration, interval)
    assert (found.count, found.start, found.steady) == (count, start, steady)
    assert found.is_rate is False
    assert found.times() == tuple(start + i * interval for i in range(count))
    assert describe([found]) == (" ".join(text.split()),)


def test_rates_run_over_their_duration() -> None:
    found = parse_dose("28 ug/d iv over 28 d")
    assert found.is_rate
    assert found.total("ug") == pytest.approx(784.0)
    assert parse_dose("1 mg/h iv over 6 h").total("mg") == pytest.approx(6.0)
    per_surface = parse_dose("15 ug/m2/d iv over 28 d")
    assert per_surface.total("ug", surface=0.7) == pytest.approx(15 * 0.7 * 28)


def test_amounts_per_kg_and_per_m2() -> None:
    assert parse_dose("2.5 mg/kg iv").total("mg", weight=40.0) == pytest.approx(100.0)
    assert parse_dose("2.5 mg/kg iv").total("ug", weight=40.0) == pytest.approx(1e5)
    with pytest.raises(DoseLineError, match="per kg: give --covariate weight"):
        parse_dose("2.5 mg/kg iv").total("mg")
    with pytest.raises(DoseLineError, match="per m2: give --covariate bsa"):
        parse_dose("25 mg/m2 iv").total("mg", weight=40.0)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "must begin with an amount"),
        ("oral 2 mg", "must begin with an amount"),
        ("2 spoons oral", "spoons"),
        ("-2 mg oral", "plain positive number"),
        ("2 mg orl every 24 h", "'orl every 24 h' is not understood"),
        ("2 mg oral every 24 h", "'every' needs how many doses"),
        ("2 mg oral x 3", "several doses need an interval"),
        ("2 mg oral at steady state", "steady state needs an interval"),
        ("2 mg oral oral", "'route' is said twice"),
        ("2 mg oral every 24 kg x 3", "not a duration"),
        ("28 ug/d iv", "a rate needs how long it runs"),
        ("2 mg oral every 24 h x 0", "at least 1"),
        ("2 mg oral from 3 weeks", "not understood"),
    ],
)
def test_a_line_that_cannot_be_read_says_why_and_how(text: str, says: str) -> None:
    with pytest.raises(DoseLineError, match="write it like") as error:
        parse_dose(text)
    assert says in str(error.value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0,12,23.5", (0.0, 12.0, 23.5)),
        ("24,0,24", (0.0, 24.0)),
        ("0:4:2", (0.0, 2.0, 4.0)),
        ("0:3", (0.0, 1.0, 2.0, 3.0)),
        ("-1d:1d:12", (-24.0, -12.0, 0.0, 12.0, 24.0)),
        ("3d", (72.0,)),
        ("0:1:0.1", tuple(i * 0.1 for i in range(11))),
        ("5:5:1", (5.0,)),
    ],
)
def test_times(text: str, expected: tuple[float, ...]) -> None:
    assert parse_times(text) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "not a number of hours"),
        ("a", "not a number of hours"),
        ("nan", "not a number of hours"),
        ("0:inf:1", "not a number of hours"),
        ("1:0:1", "from < to"),
        ("0:1:0", "step > 0"),
        ("0:1:1:1", "write 0,12,24 or from:to:step"),
        ("0:1e12:1", "more than a million"),
        ("0:1:1e-300", "more than a million"),
        ("0:600000:1,600001:1200000:1", "more than 1000000 in all"),
    ],
)
def test_times_that_cannot_be_read(text: str, says: str) -> None:
    with pytest.raises(DoseLineError, match=says):
        parse_times(text)
