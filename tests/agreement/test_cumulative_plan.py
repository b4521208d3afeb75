"""Odds of a cumulative AUC with days that differ, against 100 000 patients by a formula."""

import math
from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
import pytest

from equipoise import units
from equipoise.courses import default_options
from equipoise.exposure import know
from equipoise.model import CLEARANCE_FACTOR, PlainDose, course, draw_etas
from equipoise.models.atg_thymoglobulin_linear import MODEL as ATG
from equipoise.models.busulfan_choe2012 import MODEL as CHOE
from equipoise.models.busulfan_lawson2022 import MODEL as LAWSON
from equipoise.models.busulfan_shukla2020 import MODEL as SHUKLA
from equipoise.plan import COURSE_AREAS, Proposal, course_metrics, metric_draws
from equipoise.record import Dose, Measurement, Record
from equipoise.source import Standing
from equipoise.target import Metric
from equipoise.targets.busulfan import TARGETS

N = 100_000
AMOUNT, OVER = 80.0, 3.0
MASS = (1.11 - 0.11 / (1 + (5.77 / 7.1) ** -1.1)) * 9270 * 18.0 / (8780 + 244 * 18.0 / 1.08**2)

MODEL = replace(SHUKLA, standing=Standing.TRANSCRIBED)
TARGET = next(t for t in TARGETS if t.id == "busulfan_child_59_98")


def record(*levels: tuple[float, float], given: int = 0) -> Record:
    """A girl of 18 kg, 80 mg over 3 h on four days, of which some are given."""

    def measured(name: str, at: float, text: str) -> Measurement:
        quantity = units.parse(text)
        return Measurement(
            at=at, known=at, name=name, value=quantity, number=float(quantity.number)
        )

    doses = [
        Dose(at=24.0 * i, known=-20.0 if i >= given else 24.0 * i, agent="busulfan",
             amount=units.parse(f"{AMOUNT} mg"), route="iv", duration=OVER,
             status="planned" if i >= given else "given")
        for i in range(4)
    ]  # fmt: skip
    body = [measured("weight", -30.0, "18 kg"), measured("height", -30.0, "108 cm")]
    drawn = [measured("busulfan", t, f"{v:.4f} ng/mL") for t, v in levels]
    return Record(
        id="c", day0=datetime(2025, 3, 10, 8, tzinfo=UTC), born=date(2019, 6, 1), sex="female",
        covariates=(("conditioning", "myeloablative"),), events=(*body, *doses, *drawn),
    )  # fmt: skip


def areas(cl: np.ndarray, v: np.ndarray, amounts: list[float]) -> np.ndarray:
    """Cumulative AUC in mg.h/L; cl and v (n, 5) by day, amount continuous where they change."""
    left = np.zeros(len(cl))
    total = np.zeros(len(cl))
    for day in range(5):
        k = cl[:, day] / v[:, day]
        rate = amounts[day] / OVER if day < 4 else 0.0
        end = rate / k * (1 - np.exp(-k * OVER)) + left * np.exp(-k * OVER)
        if day < 4:
            after = end * np.exp(-k * (24.0 - OVER))
            brought = left + (amounts[day] if rate else 0.0) - after
            left = after
        else:
            brought = left
        # What leaves is clearance x AUC.
        total += brought / cl[:, day]
    return total


def typical_by_day() -> tuple[np.ndarray, float]:
    grown = 0.451 + 0.549 * (1 - math.exp(-1.37 * 5.77))
    first = 3.96 * grown * (MASS / 12) ** 0.75
    return first * np.array([1.0, *[0.865] * 4]), 10.8 * MASS / 12


def brute(etas: np.ndarray, amounts: list[float]) -> np.ndarray:
    """etas (n, 12): CL and V between patients, then CL and V of five days."""
    cl, v = typical_by_day()
    days = etas[:, 2:].reshape(len(etas), 5, 2)
    return areas(
        cl * np.exp(etas[:, :1] + days[:, :, 0]), v * np.exp(etas[:, 1:2] + days[:, :, 1]), amounts
    )


def the_girls_age(known) -> float:
    return known.covariates.now["age"]


def test_odds_before_levels_are_those_of_brute_force():
    known = know(MODEL, record().until(-1.0), -1.0, seed=3, draws=8000)
    assert the_girls_age(known) == pytest.approx(5.77, abs=0.01)
    (found,) = default_options(known, [TARGET], (), research=False, rng=np.random.default_rng(1))
    assert found.refused == ""
    etas = draw_etas(known.model, N, np.random.default_rng(5))
    for option in found.options:
        if option.id in ("x0", "aimed"):
            continue
        values = brute(etas, [AMOUNT * float(option.id[1:])] * 4)
        for ours, theirs in (
            (option.below, np.mean(values < TARGET.low)),
            (option.above, np.mean(values > TARGET.high)),
        ):
            error = math.sqrt(max(theirs * (1 - theirs), 1e-4) / 8000)
            assert abs(ours - theirs) < 4.0 * error, option.id
        assert option.exposure[2] == pytest.approx(np.median(values), rel=0.015)


def test_the_aimed_dose_ends_at_the_aim():
    known = know(MODEL, record().until(-1.0), -1.0, seed=3, draws=4000)
    (found,) = default_options(known, [TARGET], (), research=False, rng=np.random.default_rng(1))
    aimed = next(o for o in found.options if o.id == "aimed")
    assert aimed.exposure[2] == pytest.approx(TARGET.aim, rel=1e-3)
    assert TARGET.aim == 73.9


def test_odds_after_a_day_of_levels_keep_that_day_and_draw_the_others():
    """Importance weights on brute-force patients instead of our posterior."""
    cl, v = typical_by_day()
    k = cl[0] / v
    times = np.array([4.0, 5.0, 6.0, 8.0])
    level = 1000 * AMOUNT / OVER / cl[0] * (1 - np.exp(-k * OVER)) * np.exp(-k * (times - OVER))
    seen = 1.15 * level
    patient = record(*zip(times, seen, strict=True), given=1).until(12.0)
    known = know(MODEL, patient, 12.0, seed=3, draws=8000)
    (found,) = default_options(known, [TARGET], (), research=False, rng=np.random.default_rng(1))
    etas = draw_etas(known.model, 4 * N, np.random.default_rng(7))
    cl1 = cl[0] * np.exp(etas[:, 0] + etas[:, 2])
    v1 = v * np.exp(etas[:, 1] + etas[:, 3])
    k1 = (cl1 / v1)[:, None]
    predicted = 1000 * AMOUNT / OVER / cl1[:, None] * (1 - np.exp(-k1 * OVER))
    predicted = predicted * np.exp(-k1 * (times - OVER))
    variance = 22.2**2 + (0.106 * predicted) ** 2
    log_weight = -0.5 * ((seen - predicted) ** 2 / variance + np.log(variance)).sum(axis=1)
    weight = np.exp(log_weight - log_weight.max())
    weight /= weight.sum()
    size = 1.0 / np.sum(weight**2)
    assert size > 2000
    for option in found.options:
        if option.id == "aimed":
            continue
        values = brute(etas, [AMOUNT, *[AMOUNT * float(option.id[1:])] * 3])
        for ours, theirs in (
            (option.below, weight @ (values < TARGET.low)),
            (option.above, weight @ (values > TARGET.high)),
        ):
            error = math.sqrt(max(theirs * (1 - theirs), 1e-4) * (1 / size + 1 / 8000))
            assert abs(ours - theirs) < 4.0 * error, option.id
    stated = next(c for c in found.cautions if "brings" in c)
    received = brute(etas, [AMOUNT, 0.0, 0.0, 0.0])
    middle = float(stated.split("brings ")[1].split(" ")[0])
    order = np.argsort(received)
    expected = received[order][np.searchsorted(np.cumsum(weight[order]), 0.5)]
    assert middle == pytest.approx(expected, rel=0.01)


@pytest.mark.parametrize("model", [LAWSON, SHUKLA, CHOE], ids=lambda m: m.id)
def test_many_courses_put_together_from_single_doses_are_the_courses(model):
    person = {"age": 6.0, "weight": 20.0, "height": 115.0, "sex": 0.0, "regi": 0.0}
    rng = np.random.default_rng(2)
    etas = 0.2 * rng.standard_normal((20, len(model.etas)))
    courses = [
        Proposal(
            str(i), str(i), (),
            tuple(
                PlainDose(-168.0 + 24.0 * day, float(amount), "iv", 3.0)
                for day, amount in enumerate(rng.uniform(10.0, 90.0, 4))
            ),
        )
        for i in range(6)
    ]  # fmt: skip
    together = metric_draws(model, Metric.AUC_CUMULATIVE, courses, person, etas)
    for i, one in enumerate(courses):
        alone = metric_draws(model, Metric.AUC_CUMULATIVE, [one], person, etas)
        np.testing.assert_allclose(together[i], alone[0], rtol=1e-6)


@pytest.mark.parametrize("metric", COURSE_AREAS)
def test_areas_around_the_graft_add_up_by_dose(metric):
    """Courses put together from single doses are those simulated as a whole."""
    times = (-72.0, -48.0, -24.0, 24.0)
    courses = [
        tuple(
            PlainDose(at, amount * share, "iv", 6.0)
            for at, share in zip(times, shares, strict=True)
        )
        for amount in (50.0, 112.5, 200.0)
        for shares in ((1.0, 1.0, 1.0, 1.0), (1.0, 0.5, 0.0, 2.0))
    ]
    etas = draw_etas(ATG, 40, np.random.default_rng(3))
    proposals = [Proposal(str(i), "", (), doses) for i, doses in enumerate(courses)]
    found = metric_draws(ATG, metric, proposals, {"weight": 82.0}, etas)
    whole = [
        course(ATG, p.doses, covariates={"weight": 82.0, CLEARANCE_FACTOR: 1.0}) for p in proposals
    ]
    direct = course_metrics(ATG, metric, proposals, whole, etas)
    assert found == pytest.approx(direct, rel=1e-5)
    assert (found > 0.0).all()
