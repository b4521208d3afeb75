"""A replayed forecast depends on nothing that became known later: to the byte."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from equipoise import replay, units
from equipoise.dataset import parse_dataset
from equipoise.model import Covariate
from equipoise.models import sirolimus_wu2012
from equipoise.record import Dose, Measurement, Record, Replaced
from occasion_models import two_days, two_days_parameters

WU = sirolimus_wu2012.MODEL
DRAWS = 120


def parameters(theta, covariates, eta):
    found = dict(two_days_parameters(theta, covariates, eta))
    found["CL"] = found["CL"] * covariates["weight"] / 20.0
    return found


PLAIN = two_days(parameters=parameters)
MODEL = replace(PLAIN, covariates={**PLAIN.covariates, "weight": Covariate("kg", reference=20.0)})
HEADER = "ID,TIME,EVID,AMT,RATE,DV,WT"
ROWS = [
    # time, evid, amt, rate, dv, weight
    (0.0, 1, 100.0, 50.0, 0.0, 20.0),
    (6.0, 0, 0.0, 0.0, 1100.0, 20.0),
    (20.0, 0, 0.0, 0.0, 260.0, 21.0),
    (24.0, 1, 100.0, 50.0, 0.0, 21.0),
    (30.0, 0, 0.0, 0.0, 1300.0, 22.0),
    (44.0, 0, 0.0, 0.0, 420.0, 22.0),
    (48.0, 1, 100.0, 50.0, 0.0, 24.0),
    (54.0, 0, 0.0, 0.0, 1000.0, 24.0),
]


def forecasts(rows):
    lines = [HEADER, *(",".join(map(str, (1, *row))) for row in rows)]
    (subject,) = parse_dataset("\n".join(lines), MODEL).subjects
    return replay.of_subject(MODEL, subject, seed=3, draws=DRAWS)


def said(forecast):
    """What a forecast says, to the byte; not what was then observed."""
    return repr(replace(forecast, observed=0.0))


BEFORE = forecasts(ROWS)
LEVELS = [i for i, row in enumerate(ROWS) if row[1] == 0]


@pytest.mark.parametrize("place", range(len(ROWS)))
def test_a_later_row_of_a_data_set_changes_no_earlier_forecast(place):
    """Another value, another dose, another weight, or no row at all from there on."""
    time, evid, amount, rate, value, weight = ROWS[place]
    changed = (time, evid, amount * 3.0, rate, value * 3.0, weight * 1.5)
    other = forecasts([*ROWS[:place], changed, *ROWS[place + 1 :]])
    earlier = [k for k, i in enumerate(LEVELS) if i < place]
    assert [said(other[k]) for k in earlier] == [said(BEFORE[k]) for k in earlier]
    if evid == 0:
        k = LEVELS.index(place)
        same_weight = (time, evid, amount, rate, value * 3.0, weight)
        own = forecasts([*ROWS[:place], same_weight, *ROWS[place + 1 :]])
        assert said(own[k]) == said(BEFORE[k]), "nor does a level change its own"
        assert own[k].observed == 3.0 * BEFORE[k].observed
    later = [k for k, i in enumerate(LEVELS) if i > place]
    assert all(said(other[k]) != said(BEFORE[k]) for k in later), "what came earlier counts"


@pytest.mark.parametrize("last", range(len(LEVELS)))
def test_a_data_set_that_ends_at_a_level_gives_the_same_forecast(last):
    short = forecasts(ROWS[: LEVELS[last] + 1])
    assert [said(f) for f in short] == [said(f) for f in BEFORE[: last + 1]]


# --- records ------------------------------------------------------------------------------


def level(at, number, known, name="sirolimus", unit="ng/mL", **more):
    return Measurement(
        at=at, known=known, name=name, value=units.parse(f"{number} {unit}"), number=number, **more
    )


def dose(at, amount="4 mg", known=None):
    return Dose(
        at=at, known=at if known is None else known, agent="sirolimus",
        amount=units.parse(amount), route="oral",
    )  # fmt: skip


EVENTS = (
    level(-2.0, 33.0, -1.0, "hematocrit", "%"),
    *(dose(24.0 * k) for k in range(6)),
    level(47.5, 5.0, 70.0),
    level(71.5, 6.0, 75.0),
    level(95.5, 7.0, 100.0),
    level(119.5, 8.0, 140.0),
    level(130.0, 29.0, 131.0, "hematocrit", "%"),
)


def of(events):
    record = Record(id="p", day0=datetime(2025, 3, 10, tzinfo=UTC), events=tuple(events))
    return replay.of_record(WU, record, seed=5, draws=DRAWS)


RECORD = of(EVENTS)


def test_a_level_counts_from_when_it_was_known():
    """Not from when it was drawn: the one of 71.5 h was known at 75 h, after 47.5's at 70 h."""
    assert [f.used for f in RECORD] == [0, 1, 2, 3]
    late = [replace(e, known=96.0) if e.at == 47.5 else e for e in EVENTS]
    assert [f.used for f in of(late)] == [0, 0, 1, 3]


@pytest.mark.parametrize(
    "event",
    [
        level(20.0, 30.0, 119.6), level(100.0, 90.0, 119.6, "hematocrit", "%"),
        dose(90.0, "40 mg", known=119.6), dose(119.8, "40 mg"), level(119.7, 1.0, 119.7),
        level(119.5, 80.0, 119.9),
    ],
    ids=["old level", "old covariate", "old dose", "dose", "level", "a level of the same moment"],
)  # fmt: skip
def test_what_a_record_learns_later_changes_no_earlier_forecast(event):
    with_it = {(f.at, f.observed): said(f) for f in of([*EVENTS, event])}
    for f in RECORD:
        assert with_it[f.at, f.observed] == said(f)


def test_a_correction_counts_from_when_it_was_known():
    corrected = level(47.5, 50.0, 90.0, replaces=Replaced("sirolimus", 47.5))
    other = of([*EVENTS, corrected])
    assert [f.observed for f in other] == [50.0, 6.0, 7.0, 8.0]
    assert [said(f) for f in other[:2]] == [said(f) for f in RECORD[:2]]
    assert all(said(a) != said(b) for a, b in zip(other[2:], RECORD[2:], strict=True))


@pytest.mark.parametrize("place", [i for i, e in enumerate(EVENTS) if isinstance(e, Measurement)])
def test_earlier_knowledge_does_count(place):
    """The laws above would hold for a forecast that reads nothing."""
    event = EVENTS[place]
    known = event.known
    number = event.number * 1.5
    changed = replace(event, number=number, value=units.parse(f"{number} {event.value.unit}"))
    other = of([*EVENTS[:place], changed, *EVENTS[place + 1 :]])
    for before, after in zip(RECORD, other, strict=True):
        assert (said(before) != said(after)) == (known <= before.at), before.at


def test_the_seed_repeats_to_the_byte():
    assert [said(f) for f in of(EVENTS)] == [said(f) for f in RECORD]
    assert [said(f) for f in forecasts(ROWS)] == [said(f) for f in BEFORE]
    assert np.isfinite([f.low90 for f in RECORD]).all()
