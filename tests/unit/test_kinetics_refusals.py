"""What the engine refuses, each sentence once and whole: a user reads them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from equipoise.kinetics import DoseEvent, Linear, Schedule, Solution, System, solve
from equipoise.model import PlainDose, course
from equipoise.models import sirolimus_cheng2020 as cheng
from equipoise.models import sirolimus_wu2012 as wu
from equipoise.regimen import parse_dose

ONE = Linear(1, depot=False)
PLAIN = np.array([[1.0, 10.0]])


def explosive(t, x, p, dx):
    dx[0] = p[0] * x[0] * x[0]


def saturable(t, x, p, dx):
    dx[0] = -p[0] * x[0] / (p[1] + x[0])


EXPLOSIVE = System(("x",), ("K",), explosive)
SATURABLE = System(("x",), ("VM", "KM"), saturable)


def one(dose: DoseEvent, system: Linear | System = ONE, parameters: object = PLAIN) -> Solution:
    return solve(system, [Schedule((dose,))], [[1.0, 40.0]], np.asarray(parameters))


REFUSED: dict[str, tuple[Callable[[], object], str]] = {
    "SS with II 0": (
        lambda: DoseEvent(0.0, 100.0, steady=1),
        "interval of a dose must be positive with additional or steady, not 0.0",
    ),
    "an endless input for so many hours": (
        lambda: DoseEvent(0.0, 0.0, steady=1, rate=-2.0),
        "a steady dose without interval is an endless input at a rate: it has no additional doses "
        "and no duration",
    ),
    "SS of doses whose duration nobody gives": (
        lambda: one(DoseEvent(0.0, 100.0, interval=12.0, steady=1, rate=-2.0)),
        "modeled_duration is needed: a dose leaves it to the model (RATE -2)",
    ),
    "RATE -1 without R": (
        lambda: one(DoseEvent(0.0, 100.0, rate=-1.0)),
        "modeled_rate is needed: a dose leaves it to the model (RATE -1)",
    ),
    "RATE that means nothing": (
        lambda: DoseEvent(0.0, 100.0, rate=-3.0),
        "rate of a dose must be 0 or more, -1 or -2, not -3.0",
    ),
    "a rate and a duration": (
        lambda: DoseEvent(0.0, 100.0, rate=3.0, duration=2.0),
        "a dose has a rate or a duration, not both",
    ),
    "SS that means nothing": (
        lambda: DoseEvent(0.0, 100.0, interval=12.0, steady=3),
        "steady of a dose must be 0, 1 or 2, not 3",
    ),
    "an unknown compartment": (
        lambda: one(DoseEvent(0.0, 100.0, compartment=3)),
        "compartment 3 of a dose in schedule 0 does not exist: the system has states 0 to 0",
    ),
    "a route that a model does not have": (
        lambda: course(wu.MODEL, [PlainDose(0.0, 1.0, "iv")], covariates={}),
        "sirolimus_wu2012 has no route 'iv': it was made for oral doses",
    ),
    "a covariate that is missing": (
        lambda: course(cheng.MODEL, [PlainDose(0.0, 1.0, "oral")], covariates={}),
        "sirolimus_cheng2020 needs the covariate weight",
    ),
    "a level with a row that no data set has": (
        lambda: solve(ONE, [Schedule()], [[1.0]], PLAIN, after=[[0]]),
        "after must be true or false, or rows of a data set, from 1",
    ),
    "steady state of a dose line without its interval": (
        lambda: parse_dose("2 mg oral at steady state"),
        "dose '2 mg oral at steady state': steady state needs an interval ('every 24 h'); write "
        "it like '1.75 mg oral every 24 h x 30'",
    ),
}

GIVEN_UP: dict[str, tuple[Callable[[], Solution], str]] = {
    "amounts that blow up": (
        lambda: one(DoseEvent(0.0, 1.0), EXPLOSIVE, [[0.1]]),
        "the step collapsed before 40 h: amounts blow up or rates are not finite",
    ),
    "a train that piles up": (
        lambda: one(DoseEvent(0.0, 100.0, interval=12.0, steady=1), parameters=[[0.0, 10.0]]),
        "no steady state: a clearance or KA of zero lets doses pile up",
    ),
    "more in an interval than can leave in it": (
        lambda: one(DoseEvent(0.0, 100.0, interval=12.0, steady=1), SATURABLE, [[5.0, 10.0]]),
        "no steady state for doses every 12 h at 0 h: none was reached in 60 Newton steps",
    ),
    "more for ever than can leave": (
        lambda: one(DoseEvent(0.0, 0.0, rate=6.0, steady=1), SATURABLE, [[5.0, 10.0]]),
        "no steady state for an input of 6/h at 0 h: none was reached in 60 Newton steps",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_refused_in_one_sentence(what: str) -> None:
    ask, sentence = REFUSED[what]
    with pytest.raises(ValueError) as refusal:
        ask()
    assert str(refusal.value) == sentence


@pytest.mark.parametrize("what", GIVEN_UP)
def test_a_lane_without_an_answer_says_why_and_holds_no_number(what: str) -> None:
    ask, sentence = GIVEN_UP[what]
    found = ask()
    assert found.failed == ((0, sentence),)
    assert np.isnan(found.amounts).all()


def test_every_sentence_stands_once() -> None:
    sentences = [sentence for _, sentence in (*REFUSED.values(), *GIVEN_UP.values())]
    assert len(set(sentences)) == len(sentences)
