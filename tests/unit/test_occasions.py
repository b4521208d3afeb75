"""Occasions: which pieces they cover, what the expanded model is, what is drawn anew."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from equipoise import units
from equipoise.cli.entry import run
from equipoise.dataset import DatasetError, parse_dataset
from equipoise.exposure import expose, know
from equipoise.likelihood import Observed, Subject
from equipoise.mode import find_mode
from equipoise.model import (
    OCCASION,
    Occasions,
    PlainDose,
    course,
    simulate,
    structural_parameters,
)
from equipoise.occasions import expanded, occasions_of, with_new_occasions
from equipoise.record import Dose, Measurement, Record
from equipoise.target import Metric
from occasion_models import OMEGA, WITHIN, two_days, two_days_parameters

DOSES = [PlainDose(10.0, 100.0, "iv"), PlainDose(34.0, 100.0, "iv")]


def test_an_occasion_is_delimited_in_one_way() -> None:
    with pytest.raises(ValueError, match="either"):
        Occasions(("CL",), WITHIN)
    with pytest.raises(ValueError, match="either"):
        Occasions(("CL",), WITHIN, starts=(0.0,), column="OCC")
    with pytest.raises(ValueError, match="increase"):
        Occasions(("CL",), WITHIN, starts=(0.0, 24.0, 24.0))
    with pytest.raises(ValueError, match="omega"):
        Occasions(("CL", "V"), WITHIN, starts=(0.0,))


def test_occasions_and_functions_of_time_count_from_the_first_dose() -> None:
    what = course(two_days(), DOSES, covariates={})
    assert what.schedule.breaks == (34.0, 40.0, 58.0)
    assert what.covariates[OCCASION].tolist() == [1.0, 2.0, 2.0, 3.0]
    assert what.covariates["late"].tolist() == [0.0, 0.0, 1.0, 1.0]
    assert occasions_of(two_days(), [what]) == [1, 2, 3]


def test_what_begins_at_a_moment_does_not_act_on_a_sample_then() -> None:
    what = course(two_days(), DOSES, covariates={})
    assert occasions_of(two_days(), [what], until=34.0) == [1]
    assert occasions_of(two_days(), [what], until=34.0 + 1e-6) == [1, 2]
    assert occasions_of(two_days(), [what], until=-5.0) == [1]


def test_the_expanded_model_has_a_block_for_each_occasion() -> None:
    whole = expanded(two_days(), [1, 3])
    assert whole.etas == ("CL", "V", "CL, occasion 1", "CL, occasion 3")
    expected = np.zeros((4, 4))
    expected[:2, :2] = OMEGA
    expected[2, 2] = expected[3, 3] = 0.04
    np.testing.assert_array_equal(whole.omega_matrix, expected)
    plain = replace(two_days(), occasions=None)
    assert expanded(plain, [1, 2]) is plain
    assert occasions_of(plain, [course(plain, DOSES, covariates={})]) == []


def test_an_occasion_adds_to_the_eta_of_its_name_in_its_own_pieces_only() -> None:
    what = course(two_days(), DOSES, covariates={})
    whole = expanded(two_days(), occasions_of(two_days(), [what]))
    etas = np.array([[0.1, 0.2, 0.01, 0.02, 0.04], [0.0, 0.0, 0.0, 0.0, 0.0]])
    found = structural_parameters(whole, what, etas)
    shift = np.array([0.11, 0.12, 0.12, 0.14])
    half = np.array([1.0, 1.0, 0.5, 0.5])
    np.testing.assert_allclose(found["CL"][0], 5.0 * half * np.exp(shift), rtol=1e-14)
    np.testing.assert_allclose(found["CL"][1], 5.0 * half, rtol=1e-14)
    np.testing.assert_allclose(np.ravel(found["V1"]), [50.0 * np.exp(0.2), 50.0], rtol=1e-14)


def test_an_eta_between_occasions_alone() -> None:
    def own(theta, covariates, eta):
        return {"CL": theta["CL"] * np.exp(eta["CL"]), "V1": theta["V"] * np.exp(eta["V"])}

    alone = two_days(
        etas=("V",), omega=((0.04,),), parameters=own, covariates={},
        occasions=Occasions(("CL",), WITHIN, starts=(0.0, 24.0)),
    )  # fmt: skip
    what = course(alone, DOSES, covariates={})
    whole = expanded(alone, [1, 2])
    found = structural_parameters(whole, what, np.array([[0.0, 0.3, -0.3]]))
    np.testing.assert_allclose(found["CL"][0], 5.0 * np.exp([0.3, -0.3]), rtol=1e-14)
    unexpanded = structural_parameters(alone, what, np.array([[0.0]]))
    np.testing.assert_allclose(np.ravel(unexpanded["CL"]), 5.0)


def test_amounts_go_through_a_boundary_unchanged() -> None:
    """A piecewise exponential by hand: 10 to 34 h with one clearance, then with another."""
    bare = two_days(
        covariates={}, parameters=lambda t, c, e: two_days_parameters(t, {**c, "late": 0.0}, e)
    )
    what = course(bare, DOSES[:1], covariates={})
    whole = expanded(bare, [1, 2, 3])
    etas = np.array([[0.0, 0.0, 0.3, -0.2, 0.0]])
    found = simulate(whole, [what], np.array([34.0, 44.0]), etas=etas).values["busulfan"][0, 0]
    first = 2000.0 * np.exp(-0.1 * np.exp(0.3) * 24.0)
    second = first * np.exp(-0.1 * np.exp(-0.2) * 10.0)
    np.testing.assert_allclose(found, [first, second], rtol=1e-9)


def test_new_occasions_are_drawn_and_known_ones_kept() -> None:
    known = np.random.default_rng(2).normal(size=(50_000, 3))
    every = with_new_occasions(two_days(), known, [1, 2, 3], rng=np.random.default_rng(3))
    np.testing.assert_array_equal(every[:, :3], known)
    assert every.shape == (50_000, 5)
    np.testing.assert_allclose(np.cov(every[:, 3:].T), [[0.04, 0.0], [0.0, 0.04]], atol=0.001)
    at_mode = with_new_occasions(two_days(), known[:1], [1, 2, 3], rng=None)
    np.testing.assert_array_equal(at_mode[0, 3:], 0.0)
    plain = replace(two_days(), occasions=None)
    assert with_new_occasions(plain, known, [], rng=None) is known


def test_an_occasion_is_estimated_from_its_own_levels() -> None:
    """Slow on day 1, fast on day 2: the two occasions go apart, a day without levels stays at 0."""
    bare = two_days(
        covariates={}, parameters=lambda t, c, e: two_days_parameters(t, {**c, "late": 0.0}, e)
    )
    what = course(bare, DOSES, covariates={})
    whole = expanded(bare, [1, 2, 3])
    true = np.array([[0.0, 0.0, -0.3, 0.3, 0.0]])
    times = [12.0, 20.0, 30.0, 36.0, 44.0, 54.0]
    levels = simulate(whole, [what], np.array(times), etas=true).values["busulfan"][0, 0]
    observed = tuple(Observed(t, "busulfan", float(y)) for t, y in zip(times, levels, strict=True))
    mode = find_mode(whole, Subject("1", what, observed))
    assert mode.converged
    assert mode.eta[2] < -0.2
    assert mode.eta[3] > 0.2
    assert mode.eta[4] == pytest.approx(0.0, abs=1e-6)


ROWS = """ID,TIME,EVID,AMT,DV,OCC
1,0,1,100,.,1
1,12,0,.,900,1
1,24,0,.,300,2
1,36,0,.,200,2
"""


def test_a_data_set_names_occasions_by_rows() -> None:
    """A row's occasion acts on the interval that ends there, as its covariates do."""
    by_column = two_days(covariates={}, occasions=Occasions(("CL",), WITHIN, column="occ"))
    what = parse_dataset(ROWS, by_column).subjects[0].course
    assert what.schedule.breaks == (12.0,)
    assert what.covariates[OCCASION].tolist() == [1.0, 2.0]
    by_time = parse_dataset(ROWS, two_days()).subjects[0].course
    assert by_time.covariates[OCCASION].tolist() == [1.0, 2.0, 2.0]
    assert by_time.schedule.breaks == (12.0, 24.0)
    assert by_time.covariates["late"].tolist() == [0.0, 0.0, 1.0]


def test_a_data_set_without_the_column_is_refused() -> None:
    by_column = two_days(occasions=Occasions(("CL",), WITHIN, column="VISIT"))
    with pytest.raises(DatasetError, match="add a column VISIT"):
        parse_dataset(ROWS, by_column)
    by_column = two_days(occasions=Occasions(("CL",), WITHIN, column="OCC"))
    with pytest.raises(DatasetError, match="row 4: column OCC"):
        parse_dataset(ROWS.replace("300,2", "300,2.5"), by_column)


# --- the other verbs ----------------------------------------------------------------------


def test_fit_prints_an_eta_for_each_occasion(tmp_path, examples, capsys) -> None:
    data = tmp_path / "data.csv"
    data.write_text(
        "ID,TIME,EVID,AMT,RATE,DV,AGE,WT,HT,SEX,REGI\n"
        "1,0,1,50,16.7,.,5,16,108,0,0\n1,3.5,0,0,0,2100,5,16,108,0,0\n"
        "2,0,1,50,16.7,.,5,16,108,0,0\n2,3.5,0,0,0,1900,5,16,108,0,0\n"
        "2,24,1,50,16.7,.,5,16,108,0,0\n2,27.5,0,0,0,2300,5,16,108,0,0\n",
        encoding="utf-8",
    )
    model = str(examples / "models" / "busulfan_shukla2020.py")
    assert run(["fit", model, str(data), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["etas"][2:] == [
        "CL, occasion 1", "V, occasion 1", "CL, occasion 2", "V, occasion 2",
    ]  # fmt: skip
    first, second = found["subjects"]
    assert first["ETA5"] == pytest.approx(0.0, abs=1e-6), "no level on the second day"
    assert abs(second["ETA5"]) > 1e-3


def test_simulated_patients_differ_from_day_to_day(examples, capsys) -> None:
    model = str(examples / "models" / "busulfan_shukla2020.py")
    arguments = ["simulate", model, "--dose", "50 mg iv over 3 h every 24 h x 2",
                 "--times", "3,27", "--population", "300", "--json"]  # fmt: skip
    for pair in ("age=5", "weight=16", "height=108", "sex=female"):
        arguments += ["--covariate", pair]
    assert run(arguments) == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    peaks = np.log([r["busulfan"] for r in rows]).reshape(300, 2)
    # Residual error of 10.6 % on each, and a volume of its own each day (13.3 %).
    spread = float(np.std(peaks[:, 1] - peaks[:, 0]))
    assert spread > 1.15 * np.sqrt(2) * 0.106


def course_of_two_days(*levels: tuple[float, str]) -> Record:
    """100 mg at 0 h given, the same at 24 and 48 h planned, asked about at 20 h."""
    quantity = units.parse("100 mg")
    doses = [
        Dose(at=t, known=min(t, 0.0), agent="busulfan", amount=quantity, route="iv",
             status="planned" if t else "")
        for t in (0.0, 24.0, 48.0)
    ]  # fmt: skip
    measured = [
        Measurement(at=t, known=t, name="busulfan", value=units.parse(text),
                    number=float(units.parse(text).number))
        for t, text in levels
    ]  # fmt: skip
    return Record(id="p", day0=datetime(2025, 3, 10, tzinfo=UTC), events=(*doses, *measured)).until(
        20.0
    )


def test_the_occasion_with_levels_is_kept_and_those_ahead_are_drawn_anew() -> None:
    record = course_of_two_days((3.0, "1400 ng/mL"), (8.0, "800 ng/mL"), (18.0, "300 ng/mL"))
    known = know(two_days(), record, 20.0, seed=1, draws=4000)
    assert known.model.etas == (
        "CL", "V", "CL, occasion 1", "CL, occasion 2", "CL, occasion 3",
    )  # fmt: skip
    (belief,) = known.beliefs
    assert belief.posterior.model.etas == known.model.etas
    draws = belief.posterior.draws
    assert draws.shape == (4000, 5)
    spread = draws.std(axis=0)
    # Ahead: as in the population of occasions, and nothing of the levels in them.
    assert spread[3:] == pytest.approx([0.2, 0.2], rel=0.05)
    assert np.abs(np.corrcoef(draws.T)[3:, :3]).max() < 0.08
    # The level fixes their sum; each alone is told apart from it only by its prior.
    assert np.std(draws[:, 0] + draws[:, 2]) < 0.5 * np.hypot(0.3, 0.2)
    assert np.corrcoef(draws[:, 0], draws[:, 2])[0, 1] < -0.5


def test_without_levels_all_etas_are_those_of_the_population() -> None:
    known = know(two_days(), course_of_two_days(), 20.0, seed=1, draws=4000)
    (belief,) = known.beliefs
    expected = [0.3, 0.2, 0.2, 0.2, 0.2]
    assert belief.posterior.draws.std(axis=0) == pytest.approx(expected, rel=0.06)


def test_a_clearance_that_changes_with_time_is_no_carried_covariate() -> None:
    known = know(two_days(), course_of_two_days(), 20.0, seed=1, draws=500)
    shown = expose(
        known, targets=(), refused=(), effects=(), metrics=(Metric.AUC_CUMULATIVE,), watermark=""
    )
    assert not any("carried forward" in c for c in shown.cautions)
    days = [next(s for s in shown.summaries if s.name == f"auc_day_{i}") for i in (1, 2, 3)]
    # Clearance halves 30 h after the first dose: the second and third day bring more.
    assert days[2].posterior[2] > 1.5 * days[0].posterior[2]
