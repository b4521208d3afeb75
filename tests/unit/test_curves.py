"""Hazard ratios from digitized curves: recovered on simulated trials, refused without curves."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path

import numpy as np
import pytest

from drawn_trials import kaplan_meier, trial
from equipoise.cli.entry import run
from equipoise.curves import (
    ARMS,
    Curve,
    CurveError,
    Patients,
    hazard_ratio,
    parse_curves,
    patients_behind,
    ratio_of,
)
from equipoise.evidence import synthesize
from equipoise.studies import EvidenceError, read_studies

# --- the model, by hand ---------------------------------------------------------------------


def of(*rows: tuple[float, bool]) -> Patients:
    return Patients(np.array([t for t, _ in rows]), np.array([e for _, e in rows]))


def test_cox_on_a_case_that_can_be_done_by_hand() -> None:
    """Deaths: treatment at 2, control at 1; one more in each arm is censored at 3.

    Partial likelihood in r = exp(beta): 1/(2 + 2 r) at time 1, r/(1 + 2 r) at time 2. Its slope is
    zero where 2 r^2 = 1.
    """
    found = hazard_ratio(of((2.0, True), (3.0, False)), of((1.0, True), (3.0, False)))
    assert found.estimate == pytest.approx(math.sqrt(0.5), rel=1e-9)
    r = found.estimate
    first, second = 2 * r / (2 + 2 * r), 2 * r / (1 + 2 * r)
    error = 1.0 / math.sqrt(first * (1 - first) + second * (1 - second))
    assert math.log(found.high / found.low) == pytest.approx(2 * 1.959964 * error, rel=1e-6)
    assert found.patients == (2, 2)
    assert found.events == (1, 1)


def test_ties_as_efron_has_them() -> None:
    """Both arms lose one patient at time 1 out of two each: the ratio is 1 by symmetry, and the
    information is that of Efron's two terms."""
    tied = of((1.0, True), (2.0, False))
    found = hazard_ratio(tied, tied)
    assert found.estimate == pytest.approx(1.0)
    assert math.log(found.high / found.low) == pytest.approx(2 * 1.959964 / math.sqrt(0.5))


def test_an_arm_without_an_event_has_no_ratio() -> None:
    with pytest.raises(CurveError, match="no event"):
        hazard_ratio(of((1.0, False)), of((1.0, True)))


# --- laying patients out --------------------------------------------------------------------


def test_the_printed_curve_and_numbers_come_out_again() -> None:
    rng = np.random.default_rng(3)
    for _ in range(5):
        made = trial(rng, each=100, ratio=0.7)
        for curve in made.curves.values():
            laid = patients_behind(curve)
            assert laid.times.size == curve.risks[0]
            left = [int((laid.times >= t).sum()) for t in curve.risk_times]
            # Who died between a point of the curve and the next printed number may stand on
            # either side of it: a patient or two.
            assert max(abs(a - b) for a, b in zip(left, curve.risks, strict=True)) <= 2
            # Where few are left a single patient is a large step.
            many = np.array([(laid.times >= t).sum() >= 20 for t in curve.times])
            again = kaplan_meier(laid, np.array(curve.times))
            assert np.abs(again - np.array(curve.survival))[many].max() < 0.02


def test_told_events_come_out() -> None:
    made = trial(np.random.default_rng(4), each=150, ratio=0.6, told=True)
    for arm in ARMS:
        told = made.curves[arm].events
        assert told is not None
        assert abs(int(patients_behind(made.curves[arm]).events.sum()) - told) <= 3


def test_the_hazard_ratio_of_simulated_trials_is_recovered() -> None:
    """100 an arm: in `studies/curves/recover.py` 95 % of 200 lie within 0.03 of the log ratio of
    the patients themselves, and none is 0.1 away."""
    rng = np.random.default_rng(5)
    off, widths = [], []
    for _ in range(30):
        made = trial(rng, each=100, ratio=0.7)
        true = hazard_ratio(*(made.patients[a] for a in ARMS))
        read = ratio_of(made.curves)
        off.append(math.log(read.estimate / true.estimate))
        widths.append(math.log(read.high / read.low) / math.log(true.high / true.low))
    assert max(map(abs, off)) < 0.1
    assert np.quantile(np.abs(off), 0.9) < 0.03
    assert abs(np.mean(off)) < 0.01
    assert np.mean(widths) == pytest.approx(1.0, abs=0.03)


def test_two_survival_points_would_have_been_another_number() -> None:
    """Where hazards cross, the ratio of the logs of two points is not the ratio of the trial."""
    rng = np.random.default_rng(6)
    late = trial(rng, each=400, ratio=1.0, shape=2.5)
    early = trial(rng, each=400, ratio=1.0, shape=0.6)
    whole = {"treatment": late.curves["treatment"], "control": early.curves["control"]}
    true = hazard_ratio(late.patients["treatment"], early.patients["control"])
    read = ratio_of(whole)
    assert math.log(read.estimate / true.estimate) == pytest.approx(0.0, abs=0.03)
    at = np.array([6.0])
    points = [float(kaplan_meier(p, at)[0]) for p in (late.patients["treatment"],
                                                       early.patients["control"])]  # fmt: skip
    assert abs(math.log(math.log(points[0]) / math.log(points[1]) / true.estimate)) > 0.3


# --- the file -------------------------------------------------------------------------------


def text_of(curves: dict[str, Curve]) -> str:
    rows = ["arm,kind,time,value"]
    for arm, curve in curves.items():
        rows += [
            f"{arm},survival,{t},{s}" for t, s in zip(curve.times, curve.survival, strict=True)
        ]
        rows += [
            f"{arm},at_risk,{t},{n}" for t, n in zip(curve.risk_times, curve.risks, strict=True)
        ]
        if curve.events is not None:
            rows.append(f"{arm},events,,{curve.events}")
    return "\n".join(rows) + "\n"


@pytest.fixture(scope="module")
def printed() -> str:
    made = trial(np.random.default_rng(7), each=80, ratio=0.6, points=40, told=True)
    return text_of(dict(made.curves))


def without(text: str, start: str) -> str:
    return "".join(line for line in text.splitlines(keepends=True) if not line.startswith(start))


def test_reading_gives_what_was_written(printed: str) -> None:
    curves = parse_curves(printed, name="curves.csv")
    assert text_of(dict(curves)) == printed


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda t: t.replace("arm,kind,time,value", "arm,kind,t,value"), "column time: missing"),
        (lambda _t: "arm,kind,time,value\n", "treatment: 0 points of survival"),
        (lambda t: t.replace("treatment,", "active,"), "one of treatment, control"),
        (lambda t: t.replace(",at_risk,", ",n,"), "one of survival, at_risk, events"),
        (lambda t: t + "control,survival,50,47\n", "write fractions, not percent"),
        (lambda t: t + "control,survival,50,0.9\n", "a curve only falls"),
        (lambda t: t + "control,survival,-1,0.9\n", "0 or more"),
        (lambda t: t + "control,survival,x,0.9\n", "time: x; write a number"),
        (lambda t: t + "control,at_risk,50,3.5\n", "whole number of patients"),
        (lambda t: t + "control,at_risk,500,79\n", "the number at risk rises"),
        (lambda t: t + "control,events,,7\n", "events stand 2 times"),
        (
            lambda t: without(t, "control,events") + "control,events,,81\n",
            "81 events of 80 patients",
        ),
        (lambda t: t + "control\n", "kind: empty"),
        (lambda t: t + "control,survival\n", "time: empty"),
        (lambda _t: "", "column arm: missing"),
        (lambda t: without(t, "control,at_risk"), "numbers at risk are needed"),
        (lambda t: without(t, "control,at_risk,0.0"), "numbers at risk are needed at time 0"),
        (
            lambda t: without(t, "control,survival") + "control,survival,12,0.6\n"
            "control,survival,24,0.4\n",
            "2 points of survival are no curve",
        ),
        (
            lambda t: without(t, "control,survival")
            + 9 * "control,survival,12,0.6\n" + "control,survival,24,0.4\n",
            "2 points of survival are no curve",
        ),
    ],
)  # fmt: skip
def test_what_is_no_pair_of_curves_is_refused(printed: str, change: object, says: str) -> None:
    assert callable(change)
    with pytest.raises(CurveError, match=says):
        parse_curves(change(printed), name="curves.csv")


def test_spaces_in_the_header_and_cells_beyond_it_are_no_error(printed: str) -> None:
    loose = printed.replace("arm,kind,time,value", "arm, kind, time, value", 1)
    assert parse_curves(loose, name="a.csv") == parse_curves(printed, name="a.csv")
    beyond = printed.replace("\n", ",note\n").replace("value,note", "value", 1)
    assert parse_curves(beyond, name="a.csv") == parse_curves(printed, name="a.csv")


def test_both_ends_of_a_step_may_stand_at_one_time(printed: str) -> None:
    """As a steep step is digitized: its upper and its lower end, in either order."""
    rows = ["arm,kind,time,value"]
    for arm in ARMS:
        for i in range(1, 9):
            ends = [f"{arm},survival,{i},{1.0 - 0.1 * (i - k):.1f}" for k in (1, 0)]
            rows += ends if i % 2 else ends[::-1]
        rows += [f"{arm},at_risk,0,50", f"{arm},at_risk,5,25"]
    curve = parse_curves("\n".join(rows), name="steps.csv")["control"]
    assert list(curve.survival) == sorted(curve.survival, reverse=True)
    assert patients_behind(curve).events.sum() == 40


@pytest.mark.parametrize("told", [None, 60])
def test_a_curve_that_ends_at_its_last_number_at_risk_keeps_its_last_step(
    told: int | None,
) -> None:
    """Nobody is censored in 100 patients of whom 60 die, the last 5 at the end of the figure."""
    months = [float(i) for i in range(1, 13)]
    curve = Curve(
        times=tuple(months), survival=tuple(1.0 - 0.05 * i for i in range(1, 13)),
        risk_times=(0.0, 6.0, 12.0), risks=(100, 70, 40), events=told,
    )  # fmt: skip
    assert patients_behind(curve).events.sum() == 60
    assert patients_behind(curve).times.size == 100


def test_arms_that_never_share_a_time_have_no_ratio() -> None:
    early, late = of((1.0, True), (2.0, True)), of((3.0, True), (4.0, True))
    for one, other in ((early, late), (late, early)):
        with pytest.raises(CurveError, match="no hazard ratio can be estimated"):
            hazard_ratio(one, other)


def scaled(text: str, kind: str, factor: float) -> str:
    """The times of one kind of rows in another unit."""
    rows = [line.split(",") for line in text.splitlines()]
    return "\n".join(
        ",".join([r[0], r[1], str(float(r[2]) * factor), r[3]] if r[1] == kind else r) for r in rows
    )


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda t: t, None),
        (lambda t: without(t, "control,events") + "control,events,,12\n",
         r"control: 12 events are printed and \d+ come out"),
        (lambda t: scaled(t, "at_risk", 1 / 12), "numbers at risk end at .* unit of time"),
        (lambda t: scaled(t, "survival", 1 / 12), "numbers at risk go on to .* unit of time"),
        (lambda t: without(t, "control,at_risk,0.0") + "control,at_risk,0.0,200\n",
         r"control: 61 events are printed and \d+ come out"),
        (lambda t: without(t, "control,at_risk,6.0") + "control,at_risk,6.0,80\n",
         r"control: 80 at risk at 6 are printed and \d+ come out"),
    ],
)  # fmt: skip
def test_what_does_not_come_out_again_is_said(
    printed: str, change: object, says: str | None, tmp_path: Path
) -> None:
    assert callable(change)
    found = ratio_of(parse_curves(change(printed), name="curves.csv")).doubts
    if says is None:
        assert found == ()
        return
    assert any(re.search(says, doubt) for doubt in found), found
    (made,) = (
        r for r in synthesize(read_studies(table(tmp_path, change(printed), CURVES))).results
        if r.study.name == "A"
    )  # fmt: skip
    assert re.search(says, made.note)


# --- in a table of studies ------------------------------------------------------------------

HEAD = "study,design,measure,outcome,patients,estimate,low,high,curves,source,standing\n"


def table(folder: Path, printed: str, row: str) -> Path:
    (folder / "a.csv").write_text(printed, encoding="utf-8")
    place = folder / "studies.csv"
    place.write_text(
        HEAD + "B,randomized,hazard_ratio,death,center B,0.8,0.6,1.07,,paper B,published\n"
        "C,randomized,hazard_ratio,death,center C,0.7,0.5,0.98,,paper C,published\n" + row,
        encoding="utf-8",
    )
    return place


CURVES = "A,randomized,hazard_ratio,death,center A,,,,a.csv,paper A,published\n"


def test_curves_stand_beside_reported_ratios_and_say_so(tmp_path: Path, printed: str) -> None:
    found = synthesize(read_studies(table(tmp_path, printed, CURVES)))
    assert found.mean is not None
    (made,) = (r for r in found.results if r.study.name == "A")
    own = ratio_of(parse_curves(printed, name="a.csv"))
    assert (made.estimate, made.low, made.high) == (own.estimate, own.low, own.high)
    assert "made from digitized curves" in made.note
    assert "80 and 80 patients" in made.note
    assert any("proportional hazards are assumed" in c for c in found.cautions)


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("A,randomized,hazard_ratio,death,center A,0.8,,,a.csv,paper A,published\n",
         "estimate stands beside it"),
        ("A,randomized,hazard_ratio,death,center A,,,,b.csv,paper A,published\n",
         "cannot be read; name a CSV"),
        ("A,randomized,hazard_ratio,death,center A,,,,studies.csv,paper A,published\n",
         "column arm: missing"),
    ],
)  # fmt: skip
def test_a_row_of_curves_that_cannot_be_used(
    tmp_path: Path, printed: str, row: str, says: str
) -> None:
    with pytest.raises(EvidenceError, match=says):
        read_studies(table(tmp_path, printed, row))


def test_the_command_takes_curves_and_refuses_two_points(
    tmp_path: Path, printed: str, capsys: pytest.CaptureFixture[str]
) -> None:
    place = table(tmp_path, printed, CURVES)
    assert run(["evidence", str(place), "--json"]) == 0
    out, err = capsys.readouterr()
    document = json.loads(out)
    assert document["results"][2]["study"]["made"].startswith("hazard ratio made from digitized")
    few = without(printed, "control,survival") + "control,survival,12,0.6\n"
    table(tmp_path, few, CURVES)
    assert run(["evidence", str(place)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert "1 points of survival are no curve" in err or "are no curve" in err
