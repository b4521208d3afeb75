"""Frymoyer 2013: its own AUC, the abstract, the model by expm; total never read for unbound."""

import math

import numpy as np
import pytest
from scipy.linalg import expm

from equipoise import effects, models, targets
from equipoise.assess import assess
from equipoise.courses import OPEN_ABOVE
from equipoise.model import PlainDose, course, draw_etas, simulate, typical
from equipoise.models.mycophenolate_frymoyer2013 import MODEL, area
from equipoise.patient import candidates, covariates, unread_levels
from equipoise.report.effects import range_words
from equipoise.source import Standing
from equipoise.target import Metric, choose, why_none
from small_records import dose, record_of, value

CL, V1, Q, V2, KA, F, LAG = 1610.0, 1230.0, 541.0, 6140.0, 0.400, 0.560, 1.96
ORAL, IV = 0.739, 0.682
A = np.array([[-KA, 0, 0], [KA, -(CL + Q) / V1, Q / V2], [0, Q / V1, -Q / V2]])

ABSTRACT = {"CL": (1610.0, 37.4), "Q2": (541.0, 75.6), "V1": (1230.0, 37.5), "V2": (6140.0, 120.0)}
"""Abstract: median and coefficient of variation, a second reading of the table's numbers."""

QUARTILES = {"oral": (421.0, 517.0, 665.0), "iv": (694.0, 822.0, 1087.0)}
"""Results: ng.h/mL over 24 h on 1 g every 12 h, quartiles of the patients' own estimates."""

GIACCONE = {12.0: 18.0, 8.0: 36.0}
"""Giaccone 2005, abstract: mean unbound ng/mL on 15 mg/kg by mouth, by interval in hours."""


@pytest.mark.parametrize("check", MODEL.checks, ids=lambda c: c.what)
def test_reproduces(check):
    assert check.compute(MODEL) == pytest.approx(check.expected, rel=check.tolerance)


def test_the_abstract_is_a_second_reading():
    spread = dict(zip(MODEL.etas, 100 * np.sqrt(np.expm1(np.diag(MODEL.omega))), strict=True))
    for name, (median, percent) in ABSTRACT.items():
        assert MODEL.thetas[name].number == median
        assert spread[name] == pytest.approx(percent, rel=1e-12)
    # Of bioavailability the abstract has 46 %, the table 44.7 %.
    assert MODEL.thetas["F"].number == 0.56
    assert spread["F"] == pytest.approx(44.7, rel=1e-12)


@pytest.mark.parametrize("route", ["oral", "iv"])
def test_redraws_the_spread_of_the_auc(route):
    duration = 2.0 if route == "iv" else 0.0
    doses = [PlainDose(0.0, 1000.0, route, duration, interval=12.0, steady=1)]
    what = course(MODEL, doses, covariates={"gfr": 86.0})
    etas = draw_etas(MODEL, 20_000, np.random.default_rng(2013))
    areas = simulate(MODEL, [what], np.array([0.0, 12.0]), etas=etas).areas
    drawn = 2.0 * areas["mycophenolate_unbound"][0, :, 1]
    low, middle, high = np.quantile(drawn, (0.25, 0.5, 0.75))
    printed = QUARTILES[route]
    assert middle == pytest.approx(printed[1], rel=0.05)
    # Estimates of patients shrink to the middle: theirs lie inside ours, or at its edge.
    assert low < 1.01 * printed[0]
    assert high > 0.99 * printed[2]


@pytest.mark.parametrize("delayed", [0.0, 1.0])
def test_by_mouth_by_matrix_exponential(delayed):
    lag = LAG * delayed
    steady = np.linalg.solve(np.eye(3) - expm(12 * A), np.array([ORAL * F * 1000.0, 0, 0]))
    doses = [PlainDose(0.0, 1000.0, "oral", interval=12.0, steady=1)]
    found = typical(
        MODEL, doses, [4.0, 12.0], covariates={"gfr": 86.0, "delayed_absorption": delayed}
    ).values["mycophenolate_unbound"][0, 0]
    for level, hours in zip(found, (4.0, 12.0), strict=True):
        expected = 1000 * (expm((hours - lag) * A) @ steady)[1] / V1
        assert level == pytest.approx(expected, rel=1e-8)


def test_infusion_by_matrix_exponential():
    body = A[1:, 1:]
    rate = np.array([IV * 1000.0 / 2.0, 0.0])
    end = np.linalg.solve(body, (expm(2 * body) - np.eye(2)) @ rate)
    steady = np.linalg.solve(np.eye(2) - expm(12 * body), end)
    doses = [PlainDose(0.0, 1000.0, "iv", 2.0, interval=12.0, steady=1)]
    found = typical(MODEL, doses, [2.0, 12.0], covariates={"gfr": 86.0})
    levels = found.values["mycophenolate_unbound"][0, 0]
    assert levels[0] == pytest.approx(1000 * steady[0] / V1, rel=1e-8)
    assert levels[1] == pytest.approx(1000 * (expm(10 * body) @ steady)[0] / V1, rel=1e-8)


def test_the_area_of_an_interval_is_dose_over_clearance():
    assert area(MODEL, "oral") == pytest.approx(1e6 * ORAL * F / CL, rel=1e-9)
    assert area(MODEL, "iv") == pytest.approx(1e6 * IV / CL, rel=1e-9)
    assert f"{area(MODEL, 'iv'):.0f} to {area(MODEL, 'oral'):.0f} ng.h/mL" in MODEL.because
    slow = area(MODEL, "iv", gfr=30.0)
    assert slow == pytest.approx(1e6 * IV / (CL * (30 / 86) ** 0.207), rel=1e-9)


def test_other_adults_as_the_card_tells_it():
    # 15 mg/kg of an assumed 80 kg: over theirs at 12 h, near it at 8 h.
    ours = {h: area(MODEL, "oral", amount=1200.0, interval=h) / h for h in GIACCONE}
    assert [round(x) for x in ours.values()] == [26, 39]
    assert ours[8.0] == pytest.approx(GIACCONE[8.0], rel=0.1)
    assert ours[12.0] > 1.3 * GIACCONE[12.0]
    by_vein = {3 * area(MODEL, "iv", interval=8.0), 2 * area(MODEL, "iv", amount=1500.0)}
    assert {round(x) for x in by_vein} == {1271}
    assert any("942" in t and "1081" in t and "1271" in t for t in MODEL.traps)


def test_the_readings_of_variability_differ_by_27_percent_at_most():
    (other,) = MODEL.other_readings
    wider = np.sqrt(np.diag(other.omega) / np.diag(MODEL.omega))
    assert wider.min() > 1.0
    assert wider.max() == pytest.approx(1.2 / math.sqrt(math.log1p(1.44)), rel=1e-9)
    assert wider.max() == pytest.approx(1.27, abs=0.005)


def patient(*more, t=132.0, **header):
    doses = [dose(12.0 * i, "1000 mg", agent="mycophenolate") for i in range(11)]
    given = {"born": "1970-03-10", "indication": "gvhd_prophylaxis", **header}
    given.setdefault("platform", "adult_unrelated")
    given.setdefault("covariates", {"conditioning": "reduced", "delayed_absorption": "no"})
    return record_of(*doses, value("gfr", "86 mL/min", 0.0), *more, t=t, **given)


def test_an_assessed_adult_sees_area_window_and_options():
    level = value("mycophenolate_unbound", "6 ng/mL", 131.9)
    found = assess(patient(level), 132.0)
    (exposure,) = found.exposures
    assert (exposure.model, exposure.unit, exposure.watermark) == (MODEL.id, "ng/mL", "")
    area_of = next(s for s in exposure.summaries if s.name == "auc_interval")
    assert area_of.unit == "ng.h/mL"
    assert 150.0 < area_of.posterior[2] < 300.0
    assert [t.id for t in exposure.targets] == ["mycophenolate_unbound_interval_300"]
    assert [e.id for e in exposure.effects] == ["mycophenolate_agvhd_below_300"]
    (weighed,) = (one for one in found.options if one.options)
    # More always looks better against a window without an upper end: that is said.
    assert weighed.options[0].id != "present"
    assert OPEN_ABOVE in weighed.cautions
    assert MODEL.standing is Standing.TRANSCRIBED


def test_what_is_of_twelve_hours_is_not_shown_beside_a_course_of_eight():
    doses = [dose(8.0 * i, "1000 mg", agent="mycophenolate") for i in range(16)]
    record = record_of(
        *doses, value("gfr", "86 mL/min", 0.0), t=124.0, born="1970-03-10",
        indication="gvhd_prophylaxis", platform="adult_unrelated",
        covariates={"conditioning": "reduced", "delayed_absorption": "no"},
    )  # fmt: skip
    found = assess(record, 124.0)
    (exposure,) = found.exposures
    assert exposure.effects == ()
    (said,) = [c for c in found.cautions if "mycophenolate_agvhd_below_300" in c]
    assert said.endswith("is of doses every 12 h: those every 8 h are not held against it")
    (shown,) = (e for e in effects.ALL if e.id == "mycophenolate_agvhd_below_300")
    assert range_words(shown) == "AUC over one interval of 12 h below 300 ng.h/mL"
    assert "every 12 h" in shown.cohort


def test_a_total_level_is_not_read_and_that_is_said():
    total = value("mycophenolate", "1.2 ug/mL", 131.9)
    (exposure,) = assess(patient(total), 132.0).exposures
    assert exposure.levels == ()
    (said,) = [c for c in exposure.cautions if "are not read" in c]
    assert said == (
        "the record's levels of mycophenolic acid, total (mycophenolate) are not read: "
        "mycophenolate_frymoyer2013 predicts mycophenolic acid, unbound (mycophenolate_unbound)"
    )
    assert unread_levels(MODEL, patient(), 132.0) == ""
    assert unread_levels(MODEL, patient(total), 131.0) == ""


def test_a_total_level_charted_as_unbound_is_a_suspect():
    slip = value("mycophenolate_unbound", "1.2 ug/mL", 131.9)
    (exposure,) = assess(patient(slip), 132.0).exposures
    (level,) = exposure.levels
    assert level.verdict == "suspect"
    assert level.reasons


def test_windows_of_total_and_unbound_drug_are_apart():
    record = patient()
    for analyte, other in (
        ("mycophenolate_unbound", "mycophenolate_total_css_2960"),
        ("mycophenolate", "mycophenolate_unbound_interval_300"),
    ):
        fitting, refused = choose(targets.ALL, record, 0.0, agent="mycophenolate", analyte=analyte)
        assert [t.analyte for t in fitting] == [analyte]
        assert [r.target.id for r in refused if r.only_unit] == [other]
    cord = patient(platform="cord_blood")
    _, refused = choose(targets.ALL, cord, 0.0, agent="mycophenolate", analyte="mycophenolate")
    assert "the levels are mycophenolate" in why_none(
        cord, refused, targets.ABSENT, agent="mycophenolate"
    )


@pytest.mark.parametrize(
    "header",
    [
        {"platform": "haploidentical_replete"},
        {"indication": "cgvhd"},
        {"covariates": {"conditioning": "myeloablative"}},
        {"born": "2015-03-10"},
    ],
)
def test_no_window_outside_what_was_studied(header):
    fitting, _ = choose(
        targets.ALL, patient(**header), 0.0, agent="mycophenolate", analyte="mycophenolate_unbound"
    )
    assert fitting == ()


def test_the_cut_point_is_never_weighed():
    (effect,) = [e for e in effects.ALL if e.agent == "mycophenolate"]
    assert effect.metric is Metric.AUC_INTERVAL
    assert not effect.may_enter_utility


def test_children_and_sodium_have_no_model():
    child = patient(born="2015-03-10")
    fitting, reasons = candidates(models.ALL, child, 132.0)
    assert fitting == ()
    assert any(r.startswith(MODEL.id) for r in reasons)
    sodium = record_of(
        *(dose(12.0 * i, "720 mg", agent="myfortic") for i in range(4)),
        t=48.0, born="1970-03-10",
    )  # fmt: skip
    assert candidates(models.ALL, sodium, 48.0) == ((), ())


def test_what_is_not_in_the_record_is_said():
    bare = record_of(dose(0.0, "1 g", agent="mycophenolate"), t=1.0, born="1970-03-10")
    told = covariates(MODEL, bare, 1.0).cautions
    assert [c.split()[0] for c in told] == ["gfr", "delayed_absorption"]
    outside = patient(value("gfr", "20 mL/min", 1.0))
    assert covariates(MODEL, outside, 132.0).cautions == (
        "gfr 20 mL/min is outside what mycophenolate_frymoyer2013 was made from (gfr 30-197 "
        "mL/min)",
    )
