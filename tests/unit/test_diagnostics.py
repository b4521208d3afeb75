"""Diagnostics of a fitted cohort: residuals by hand, etas, occasions, the trend, and the page."""

import math
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from equipoise.cli.entry import run
from equipoise.dataset import parse_dataset
from equipoise.diagnostics import goodness, trend
from equipoise.likelihood import Observed, Subject
from equipoise.mode import Mode, find_mode
from equipoise.model import Covariate, PlainDose, Residual, course
from equipoise.occasions import expanded, occasions_of
from equipoise.report.goodness import goodness_page, page
from equipoise.source import Standing
from occasion_models import two_days

CL, V = 5.0, 50.0
EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "models"


def one_compartment(**changes):
    """No occasions, no change over time: CL 5 L/h, V 50 L, 10 % error; busulfan in ng/mL."""

    def parameters(theta, covariates, eta):
        return {"CL": theta["CL"] * np.exp(eta["CL"]), "V1": theta["V"] * np.exp(eta["V"])}

    plain = {"occasions": None, "covariates": {}, "parameters": parameters}
    return two_days(**{**plain, **changes})


def level(at, eta=(0.0, 0.0), *, dose=100.0):
    """ng/mL after a bolus at 0 h, by its own formula."""
    v = V * math.exp(eta[1])
    return 1000.0 * dose / v * math.exp(-CL * math.exp(eta[0]) / v * at)


def subject_of(model, observed, *, name="1", doses=((0.0, 100.0),)):
    given = [PlainDose(at, amount, "iv") for at, amount in doses]
    return Subject(name, course(model, given, covariates={}), tuple(observed))


def mode_of(eta):
    return Mode(np.asarray(eta, dtype=float), 0.0, 1.5, 2.0, True)


# --- residuals ----------------------------------------------------------------------------


def test_individual_weighted_residuals_by_hand() -> None:
    model, eta = one_compartment(), (0.2, -0.1)
    seen = [Observed(2.0, "busulfan", 1500.0), Observed(9.0, "busulfan", 700.0)]
    found = goodness(model, [subject_of(model, seen)], [mode_of(eta)])
    for p, o in zip(found.points, seen, strict=True):
        assert p.typical == pytest.approx(level(o.time), rel=1e-7)
        assert p.individual == pytest.approx(level(o.time, eta), rel=1e-7)
        assert p.iwres == pytest.approx(
            (o.number - level(o.time, eta)) / (0.1 * level(o.time, eta)), rel=1e-6
        )
        assert p.since == o.time


def test_the_conditional_residual_of_one_level_by_hand() -> None:
    """Derivatives of the bolus: by eta of CL -k t f, by eta of V -(1 - k t) f."""
    model, eta = one_compartment(), (0.2, -0.1)
    found = goodness(
        model, [subject_of(model, [Observed(3.0, "busulfan", 1500.0)])], [mode_of(eta)]
    )
    f = level(3.0, eta)
    kt = CL * math.exp(eta[0]) / (V * math.exp(eta[1])) * 3.0
    g = np.array([-kt * f, -(1.0 - kt) * f])
    variance = g @ model.omega_matrix @ g + (0.1 * f) ** 2
    expected = (1500.0 - (f - g @ np.array(eta))) / math.sqrt(variance)
    assert found.points[0].cwres == pytest.approx(expected, rel=1e-6)


def test_conditional_residuals_of_simulated_data_have_mean_0_and_sd_1() -> None:
    """At the estimates of data drawn from the model; a wrong standardization would not."""
    model = one_compartment()
    rng = np.random.default_rng(5)
    root = np.linalg.cholesky(model.omega_matrix)
    subjects = []
    for i in range(60):
        eta = root @ rng.standard_normal(2)
        seen = [
            Observed(t, "busulfan", level(t, eta) * (1.0 + 0.1 * rng.standard_normal()))
            for t in (1.0, 4.0, 8.0, 12.0)
        ]
        subjects.append(subject_of(model, seen, name=str(i)))
    found = goodness(model, subjects, [find_mode(model, s) for s in subjects])
    (scatter,) = found.scatters
    assert abs(scatter.cwres_mean) < 3.0 / math.sqrt(240)
    assert scatter.cwres_sd == pytest.approx(1.0, abs=0.14)
    assert scatter.iwres_sd < scatter.cwres_sd
    values = np.array([p.cwres for p in found.points]).reshape(60, 4)
    off = np.corrcoef(values.T)[np.triu_indices(4, 1)]
    assert np.abs(off).max() < 0.4
    for eta in found.etas:
        assert abs(eta.distance) < 3.0
        assert 0.0 < eta.shrinkage < 0.6


def test_residuals_on_the_logarithm_where_the_model_says_so() -> None:
    model = one_compartment()
    observation = replace(model.observations[0], residual=Residual(log=0.25))
    model = replace(model, observations=(observation,))
    seen = [Observed(2.0, "busulfan", 1500.0)]
    found = goodness(model, [subject_of(model, seen)], [mode_of((0.0, 0.0))])
    assert found.logarithmic == ("busulfan",)
    assert found.points[0].iwres == pytest.approx(math.log(1500.0 / level(2.0)) / 0.25, rel=1e-6)


def test_a_censored_level_has_no_residual() -> None:
    model = one_compartment()
    seen = [Observed(2.0, "busulfan", 1500.0), Observed(30.0, "busulfan", 100.0, "<")]
    found = goodness(model, [subject_of(model, seen)], [mode_of((0.0, 0.0))])
    plain, censored = found.points
    assert math.isfinite(plain.cwres)
    assert math.isnan(censored.iwres)
    assert math.isnan(censored.cwres)
    (scatter,) = found.scatters
    assert (scatter.n, scatter.censored) == (1, 1)
    assert found.ofv_with_constant == pytest.approx(1.5 + math.log(2.0 * math.pi))


def test_hours_since_the_last_dose() -> None:
    """Additional doses count; a level at the time of one stands behind it, as NONMEM has it."""
    model = one_compartment()
    text = (
        "ID,TIME,EVID,AMT,II,ADDL,DV\n1,0,1,100,12,2,.\n1,5,0,.,.,.,900\n1,12,0,.,.,.,500\n"
        "1,30,0,.,.,.,800\n2,0,0,.,.,.,1\n2,1,1,100,.,.,.\n2,1,0,.,.,.,1900\n"
    )
    subjects = parse_dataset(text, model).subjects
    found = goodness(model, subjects, [mode_of((0.0, 0.0))] * 2)
    since = [p.since for p in found.points]
    assert since[:3] == [5.0, 0.0, 6.0]
    assert math.isnan(since[3])
    assert since[4] == 0.0


def test_nothing_measured_is_refused() -> None:
    model = one_compartment()
    with pytest.raises(ValueError, match="no subject has a measured level"):
        goodness(model, [subject_of(model, [])], [mode_of((0.0, 0.0))])


# --- etas ---------------------------------------------------------------------------------


def test_etas_by_hand() -> None:
    model = one_compartment()
    seen = [Observed(2.0, "busulfan", 1500.0)]
    subjects = [subject_of(model, seen, name=str(i)) for i in range(3)]
    modes = [mode_of((0.1, 0.0)), mode_of((0.2, 0.1)), mode_of((-0.3, 0.2))]
    cl, v = goodness(model, subjects, modes).etas
    assert cl.values == (0.1, 0.2, -0.3)
    assert cl.mean == pytest.approx(0.0)
    assert cl.spread == pytest.approx(math.sqrt((0.01 + 0.04 + 0.09) / 2.0))
    assert cl.shrinkage == pytest.approx(1.0 - cl.spread / 0.3)
    assert v.mean == pytest.approx(0.1)
    assert v.error == pytest.approx(0.1 / math.sqrt(3.0))
    assert v.distance == pytest.approx(math.sqrt(3.0))


def test_occasions_are_pooled_and_only_those_lived_through() -> None:
    """One subject has two days, the other one: three estimates of the eta by occasion."""
    model = two_days()
    text = (
        "ID,TIME,EVID,AMT,DV\n1,0,1,100,.\n1,5,0,.,900\n1,24,1,100,.\n1,30,0,.,800\n"
        "2,0,1,100,.\n2,5,0,.,700\n"
    )
    subjects = parse_dataset(text, model).subjects
    whole = expanded(model, occasions_of(model, [s.course for s in subjects]))
    found = goodness(whole, subjects, [find_mode(whole, s) for s in subjects])
    assert [e.name for e in found.etas] == ["CL", "V", "CL, by occasion"]
    assert [len(e.values) for e in found.etas] == [2, 2, 3]
    assert found.etas[2].sd == pytest.approx(0.2)


def test_covariates_in_which_subjects_differ() -> None:
    """As they were at the start; one that all share, or that time alone decides, says nothing."""

    def parameters(theta, covariates, eta):
        size = covariates["weight"] / 70.0 * covariates["same"] * covariates["late"]
        return {"CL": theta["CL"] * size * np.exp(eta["CL"]), "V1": theta["V"] * np.exp(eta["V"])}

    model = one_compartment(
        parameters=parameters,
        covariates={
            "weight": Covariate("kg", reference=70.0),
            "same": Covariate("1", reference=1.0),
            "late": Covariate("1", reference=1.0, by_time=((0.0, 1.0), (5.0, 0.9))),
        },
    )
    text = "ID,TIME,EVID,AMT,DV,WEIGHT,SAME\n" + "".join(
        f"{i},0,1,100,.,{weight},1\n{i},3,0,.,1500,{weight + 1},1\n"
        for i, weight in enumerate((50, 60, 90))
    )
    subjects = parse_dataset(text, model).subjects
    modes = [find_mode(model, s) for s in subjects]
    found = goodness(model, subjects, modes)
    # That of the first record, though the second's acts from the dose on by NONMEM's rule.
    assert [(c.name, c.values) for c in found.covariates] == [("weight", (50.0, 60.0, 90.0))]
    assert "weight, kg" in page(model, subjects, modes)


# --- curves and the trend -----------------------------------------------------------------


def test_a_curve_shows_both_sides_of_a_dose() -> None:
    model = one_compartment()
    seen = [Observed(20.0, "busulfan", 1500.0)]
    subject = subject_of(model, seen, doses=((0.0, 100.0), (12.0, 100.0)))
    (curve,) = goodness(model, [subject], [mode_of((0.1, 0.0))]).curves
    at = [float(v) for t, v in zip(curve.times, curve.typical, strict=True) if t == 12.0]
    assert at == pytest.approx([level(12.0), level(12.0) + level(0.0)], rel=1e-6)
    assert curve.times[0] == 0.0
    assert curve.times[-1] == 20.0
    assert np.isfinite(curve.individual).all()


def test_the_trend_of_a_straight_line_is_that_line() -> None:
    x = np.linspace(0.0, 10.0, 30)
    line = trend(x.tolist(), (3.0 - 0.5 * x).tolist())
    assert len(line) == 30
    assert [b for _, b in line] == pytest.approx([3.0 - 0.5 * a for a, _ in line])


def test_a_trend_follows_a_bend_and_needs_points() -> None:
    x = np.linspace(-1.0, 1.0, 101)
    line = dict(trend(x.tolist(), (x**2).tolist(), share=0.3))
    assert max(line.values()) > 0.9
    assert min(line.values()) < 0.05
    assert trend([1.0, 2.0, 3.0], [1.0, 2.0, 3.0]) == []
    assert trend([1.0] * 20, [float(i) for i in range(20)]) == []


# --- the page -----------------------------------------------------------------------------


def cohort(n=3, **changes):
    model = one_compartment(**changes)
    rng = np.random.default_rng(1)
    subjects = [
        subject_of(
            model,
            [Observed(t, "busulfan", level(t) * float(rng.uniform(0.8, 1.2))) for t in (1, 5, 9)],
            name=f"patient {i}",
        )
        for i in range(n)
    ]
    return model, subjects, [find_mode(model, s) for s in subjects]


def test_the_page_stands_alone_and_says_the_numbers() -> None:
    model, subjects, modes = cohort()
    text = page(model, subjects, modes)
    assert text.startswith("<!doctype html>")
    for forbidden in ("<script", "<img", "<link", "url(", "src="):
        assert forbidden not in text
    addresses = set(re.findall(r"https?://[^\s\"'<]+", text))
    assert all(a.startswith("http://www.w3.org/") for a in addresses), addresses
    found = goodness(model, subjects, modes)
    assert f"{found.ofv:.3f}" in text
    assert "NOT FOR DOSING" in text
    assert text.count("<svg") == 4
    for s in subjects:
        assert f">{s.id}</text>" in text
    assert "shrinkage" in text
    assert page(model, subjects, modes) == text


def test_no_band_where_the_model_may_feed_options() -> None:
    model, subjects, modes = cohort(standing=Standing.TRANSCRIBED)
    assert "NOT FOR DOSING" not in page(model, subjects, modes)


def test_what_a_reader_must_know_stands_first() -> None:
    model, subjects, modes = cohort()
    modes[1] = replace(modes[1], converged=False)
    seen = (*subjects[0].observed, Observed(30.0, "busulfan", 20.0, "<"))
    subjects[0] = replace(subjects[0], observed=seen)
    text = page(model, subjects, modes)
    assert "the estimate did not settle in patient 1" in text
    assert "1 levels of busulfan are known only to lie beyond a limit" in text
    assert "known only to lie beyond a limit</text>" in text


def test_words_from_outside_are_escaped() -> None:
    model, subjects, modes = cohort()
    subjects[0] = replace(subjects[0], id="<script>alert(1)</script>")
    text = page(model, subjects, modes)
    assert "<script" not in text


def test_many_subjects_are_drawn_by_how_far_they_lie(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("equipoise.report.goodness.MOST_SUBJECTS", 2)
    model, subjects, modes = cohort(5)
    found = goodness(model, subjects, modes)
    text = goodness_page(found)
    assert "The 2 of 5 subjects" in text
    far = {}
    for p in found.points:
        far[p.subject] = max(far.get(p.subject, 0.0), abs(p.cwres))
    worst = sorted(far, key=lambda s: far[s])[-2:]
    drawn = [s.id for s in subjects if f'font-weight="600" fill="#1c2126">{s.id}<' in text]
    assert sorted(drawn) == sorted(worst)


def test_a_single_subject_with_one_level_still_makes_a_page() -> None:
    model = one_compartment()
    subject = subject_of(model, [Observed(2.0, "busulfan", 1500.0)])
    text = page(model, [subject], [mode_of((0.1, 0.0))])
    assert "unknown" in text
    assert "nan" not in re.sub(r"<style>.*?</style>", "", text, flags=re.DOTALL).lower()


# --- the command --------------------------------------------------------------------------


def test_the_command_writes_the_page(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    rows = ["ID,TIME,EVID,AMT,DV", "1,0,1,100,.", "1,2,0,.,0.9", "1,9,0,.,0.7", "2,0,1,100,."]
    (tmp_path / "data.csv").write_text("\n".join([*rows, "2,4,0,.,0.8\n"]), encoding="utf-8")
    model = str(EXAMPLES / "one_compartment_iv.py")
    assert run(["fit", model, "data.csv", "--out", "etas.csv", "--page", "fit.html"]) == 0
    assert "written: fit.html" in capsys.readouterr().err
    text = (tmp_path / "fit.html").read_text(encoding="utf-8")
    assert "Goodness of fit: one_compartment_iv" in text
    assert run(["fit", model, "data.csv", "--method", "posterior", "--draws", "100",
                "--page", "drawn.html"]) == 0  # fmt: skip
    assert (tmp_path / "drawn.html").is_file()


def test_the_command_says_that_there_is_nothing_to_look_at(tmp_path, capsys) -> None:
    data = tmp_path / "data.csv"
    data.write_text("ID,TIME,EVID,AMT,DV\n1,0,1,100,.\n", encoding="utf-8")
    model = str(EXAMPLES / "one_compartment_iv.py")
    assert run(["fit", model, str(data), "--page", str(tmp_path / "fit.html")]) == 2
    assert "no subject has a measured level" in capsys.readouterr().err
    assert not (tmp_path / "fit.html").exists()
