"""The objective of many subjects at once against `likelihood`, subject by subject."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.special import log_ndtr
from stiff_systems import TARGET_MEDIATED

from equipoise import density
from equipoise.dataset import parse_dataset
from equipoise.kinetics import Linear, lanes
from equipoise.likelihood import (
    STUDENT_DF,
    Observed,
    Subject,
    conditional_objective,
    joint,
    second_differences,
    with_errors,
)
from equipoise.mode import find_mode, find_modes, find_optima
from equipoise.model import Array, Model, PlainDose, Residual, course
from equipoise.objective import Batch, pattern
from equipoise.occasions import expanded, occasions_of
from imported_streams import imported, stream
from occasion_models import two_days
from saturable_models import saturable, simulated
from small_models import ANALYTE, bolus, folded, oral, straight, subject

OMEGA = np.array([[0.09, 0.03], [0.03, 0.05]])
IV = [PlainDose(0.0, 10.0, "iv")]


def agree(model: Model, subjects: Sequence[Subject], *, student: bool = False) -> Batch:
    """Values, gradients, curvature and OFV of a batch are those of each subject."""
    batch = Batch(model, subjects, student=student)
    k = batch.size
    z = np.random.default_rng(7).normal(0.0, 0.7, (len(subjects), k))
    everyone = np.arange(len(subjects))

    def alone(s: int) -> Callable[[Array], Array]:
        return lambda points: (
            joint(model, subjects[s], points @ batch.root.T, student=student) - batch.log_omega
        )

    # Alone, a point has the steps of `solve`; in company they differ within the tolerance.
    theirs = np.array([alone(s)(z[s : s + 1])[0] for s in everyone])
    ours = [
        Batch(model, [subjects[s]], student=student).values(np.zeros(1, dtype=int), z[s : s + 1])[0]
        for s in everyone
    ]
    np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-9)
    near = 1e-9 if isinstance(model.structure, Linear) else 1e-5
    np.testing.assert_allclose(batch.values(everyone, z), theirs, rtol=near, atol=near)
    here = batch.around(everyone, z, curved=True)
    rough = batch.around(everyone, z, central=False, rtol=1e-6)
    for s in everyone:
        lanes_of = np.concatenate([z[s] + 1e-4 * np.eye(k), z[s] - 1e-4 * np.eye(k)])
        value = alone(s)(lanes_of)
        gradient = (value[:k] - value[k:]) / 2e-4
        size = 1.0 + np.abs(gradient).max()
        np.testing.assert_allclose(here.gradient[s], gradient, atol=2e-5 * size)
        np.testing.assert_allclose(rough.gradient[s], gradient, atol=2e-2 * size)
        assert here.hessian is not None
        hessian = second_differences(alone(s), z[s], np.full(k, 3e-3))
        np.testing.assert_allclose(
            here.hessian[s], hessian, atol=2e-3 * (1.0 + np.abs(hessian).max())
        )
        if not student and not any(o.censored for o in subjects[s].observed):
            ofv, _ = conditional_objective(model, subjects[s], batch.root @ z[s])
            found = here.value[s] + np.linalg.slogdet(0.5 * here.expected[s])[1]
            assert found == pytest.approx(ofv, rel=1e-5, abs=1e-5)
    return batch


@pytest.mark.parametrize(
    "residual",
    [
        Residual(additive=5.0),
        Residual(proportional=0.2),
        Residual(additive=4.0, proportional=0.15),
        Residual(log=0.2),
    ],
)
@pytest.mark.parametrize("student", [False, True])
def test_residual_errors(residual: Residual, student: bool) -> None:
    model = bolus(residual, omega=OMEGA)
    assert agree(
        model,
        [
            subject(model, IV, [(1.0, 150.0), (8.0, 90.0)]),
            subject(model, [PlainDose(0.0, 20.0, "iv")], [(3.0, 230.0), (0.5, 390.0), (24.0, 9.0)]),
            subject(model, IV, [(2.0, 40.0)]),
        ],
        student=student,
    ).together


def test_censored_levels() -> None:
    for residual in (Residual(additive=5.0, proportional=0.1), Residual(log=0.2)):
        model = bolus(residual, omega=OMEGA)
        agree(
            model,
            [
                subject(model, IV, [(1.0, 150.0), (8.0, 90.0, "<"), (30.0, 10.0, "<")]),
                subject(model, IV, [(1.0, 150.0, ">"), (8.0, 150.0)]),
            ],
        )


def test_expected_curvature_of_censored_levels_is_that_of_their_own_term() -> None:
    # Where a level does not move the variance and moves along a line, both are the same.
    model = straight(Residual(additive=12.0), omega=OMEGA)
    who = subject(model, IV, [(2.0, 190.0, "<"), (10.0, 60.0, ">")], covariates={"late": 0.0})
    here = Batch(model, [who]).around(np.zeros(1, dtype=int), np.array([[0.1, -0.2]]), curved=True)
    assert here.hessian is not None
    np.testing.assert_allclose(here.expected, here.hessian, atol=1e-4)


def test_covariates_that_change_at_their_own_times() -> None:
    model = straight(Residual(additive=12.0), omega=OMEGA)
    doses = [PlainDose(0.0, 10.0, "iv"), PlainDose(12.0, 10.0, "iv")]
    levels = [(2.0, 190.0), (14.0, 210.0), (20.0, 130.0)]
    steps = ([(0.0, 0.0), (6.0, 1.0)], [(0.0, 1.0)], [(0.0, 0.0), (3.0, 1.0), (15.0, 0.0)])
    assert agree(
        model, [subject(model, doses, levels, covariates={"late": step}) for step in steps]
    ).together


def test_a_model_that_minds_company_is_computed_subject_by_subject() -> None:
    model = straight(Residual(additive=12.0), omega=OMEGA)

    def parameters(theta, covariate, eta):
        share = 1.0 + eta["FIRST"] if float(covariate["late"].max()) > 0.0 else 1.0 + eta["LATER"]
        return {"CL": np.asarray(5.0), "V1": np.asarray(50.0), "F": share}

    for own in (parameters, lambda t, c, e: parameters(t, {"late": c["late"][0]}, e)):
        minding = replace(model, parameters=own)
        people = [
            subject(minding, IV, [(2.0, 190.0)], covariates={"late": late}) for late in (0.0, 1.0)
        ]
        assert not agree(minding, people).together
        for mode, person in zip(find_modes(minding, people), people, strict=True):
            assert mode.converged
            assert mode.joint == pytest.approx(find_mode(minding, person).joint, abs=1e-9)


def test_occasions() -> None:
    model = two_days()
    people = [
        Subject(
            str(i),
            course(model, [PlainDose(24.0 * day, 100.0, "iv", 2.0) for day in range(3)],
                   covariates={}),
            tuple(Observed(t, "busulfan", y)
                  for t, y in ((3.0, 1700.0 + i), (26.0, 2000.0), (50.0, 2400.0))),
        )
        for i in range(3)
    ]  # fmt: skip
    whole = expanded(model, occasions_of(model, [p.course for p in people]))
    assert len(whole.etas) == 5
    assert agree(whole, people).together


def test_errors_as_code_with_covariates_and_logged_levels(tmp_path: Path) -> None:
    text = stream(
        "CL = THETA(1)*(WT/70)**0.75*EXP(ETA(1))\nV = 20*EXP(ETA(2))",
        error="IPRED = LOG(F)\nW = 0.1*(1 + 0.01*WT) + 0.01*TIME\nY = IPRED + W*EPS(1)",
        columns="ID TIME AMT RATE EVID DV WT", thetas="2", omega="0.1 0.2",
    )  # fmt: skip
    model = imported(text, tmp_path)
    rows = "".join(
        f"{i},0,100,0,1,.,{wt}\n{i},2,.,.,0,{1.2 + 0.1 * i},{wt}\n{i},9,.,.,0,0.4,{wt + 5}\n"
        for i, wt in ((1, 50), (2, 70), (3, 96))
    )
    people = parse_dataset(f"ID,TIME,AMT,RATE,EVID,DV,WT\n{rows}", model).subjects
    assert model.observations[0].read is not None
    assert agree(model, people).together


@pytest.mark.parametrize("own", [("LAG",), ("F",), ("LAG", "F", "DURATION")])
def test_integrated_models_with_their_own_lag_share_and_duration(own: tuple[str, ...]) -> None:
    model = saturable(Residual(proportional=0.2), etas=("CL", *own))
    rng = np.random.default_rng(3)
    rate = -2.0 if "DURATION" in own else 0.0
    people = [
        simulated(
            model,
            course(model, [PlainDose(0.0, 100.0, "oral"), PlainDose(12.0, 50.0, "iv", rate=rate)],
                   covariates={}),
            np.sort(rng.uniform(1.0, 40.0, 4)), rng,
        )
        for _ in range(3)
    ]  # fmt: skip
    assert agree(model, people).together


def test_integrated_models_in_steady_state() -> None:
    model = saturable(Residual(proportional=0.2), etas=("CL", "V1"))
    rng = np.random.default_rng(3)
    what = course(model, [PlainDose(0.0, 50.0, "oral", interval=12.0, steady=1)], covariates={})
    people = [simulated(model, what, np.array([1.0, 6.0, 11.0]), rng) for _ in range(2)]
    batch = Batch(model, people)
    z = np.array([[0.3, -0.2], [-0.5, 0.8]])
    ours = batch.values(np.arange(2), z, rtol=1e-10)
    theirs = [
        joint(model, p, z[s : s + 1] @ batch.root.T)[0] - batch.log_omega
        for s, p in enumerate(people)
    ]
    np.testing.assert_allclose(ours, theirs, rtol=1e-6)
    assert all(mode.converged for mode in find_modes(model, people))


def test_stiff_models_settle() -> None:
    small = bolus(Residual(proportional=0.15))
    typical = np.array([3.0, 0.02, 0.01, 0.01, 300.0, 1.0, 0.1, 0.01, 0.05])

    def parameters(theta, covariate, eta):
        table = dict(zip(TARGET_MEDIATED.parameter_names, typical, strict=True))
        table["KEL"] = table["KEL"] * np.exp(eta["CL"])
        return {name: np.asarray(value) for name, value in table.items()} | {
            "START_target": np.asarray(30.0)
        }

    model = replace(
        small, structure=TARGET_MEDIATED, parameters=parameters, routes={"iv": 0},
        observations=(replace(small.observations[0], state="drug", volume="V", factor=1.0),),
    )  # fmt: skip
    rng = np.random.default_rng(1)
    what = course(model, [PlainDose(0.0, 300.0, "iv")], covariates={})
    people = [simulated(model, what, np.array([2.0, 24.0, 72.0]), rng) for _ in range(3)]
    modes = find_modes(model, people)
    assert all(mode.converged for mode in modes)
    grid = np.linspace(-0.9, 0.9, 91)[:, None]
    for mode, person in zip(modes, people, strict=True):
        assert mode.joint <= joint(model, person, grid).min() + 1e-6


def test_many_etas_take_several_blocks() -> None:
    etas = ("KA", "CL", "V1", "Q", "V2", "VM", "KM", "LAG", "F")
    model = saturable(Residual(proportional=0.2), etas=etas, sd=0.2)
    assert len(pattern(len(etas), True, True)) > 32
    rng = np.random.default_rng(5)
    what = course(model, [PlainDose(12.0 * i, 60.0, "oral") for i in range(3)], covariates={})
    people = [simulated(model, what, np.sort(rng.uniform(1.0, 40.0, 6)), rng) for _ in range(3)]
    modes = find_modes(model, people)
    assert all(mode.converged for mode in modes)
    for mode, person in zip(modes, people, strict=True):
        moved = mode.eta + 0.01 * rng.standard_normal((40, len(etas)))
        assert mode.joint < joint(model, person, moved).min()


def people_of(model: Model, count: int, seed: int) -> list[Subject]:
    rng = np.random.default_rng(seed)
    people = []
    for i in range(count):
        doses = [
            PlainDose(12.0 * j, float(rng.uniform(20.0, 90.0)), "iv", duration=2.0)
            for j in range(int(rng.integers(1, 5)))
        ]
        times = np.sort(rng.uniform(0.5, 60.0, int(rng.integers(1, 7))))
        who = simulated(model, course(model, doses, covariates={}), times, rng)
        people.append(replace(who, id=str(i)))
    return people


def test_company_order_and_threads_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    model = saturable(Residual(additive=0.1, proportional=0.15))
    people = people_of(model, 24, 11)
    together = find_modes(model, people)
    assert all(mode.converged for mode in together)
    order = np.random.default_rng(2).permutation(len(people))
    shuffled = find_modes(model, [people[i] for i in order])
    alone = [find_mode(model, person) for person in people]
    for place, i in enumerate(order):
        for other in (shuffled[place], alone[i]):
            np.testing.assert_allclose(other.eta, together[i].eta, atol=1e-6)
            assert other.joint == pytest.approx(together[i].joint, abs=1e-4)
            assert other.ofv == pytest.approx(together[i].ofv, abs=1e-4)
    monkeypatch.setattr("equipoise.kinetics.prepared.processors", lambda: 1)
    for one, two in zip(find_modes(model, people), together, strict=True):
        assert np.array_equal(one.eta, two.eta)
        assert (one.ofv, one.joint) == (two.ofv, two.joint)
    assert lanes.processors() >= 1


def test_companies_in_threads_are_the_same_one_after_the_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("equipoise.mode.COMPANY", 5)
    model = saturable(Residual(additive=0.1, proportional=0.15))
    people = people_of(model, 17, 12)
    done: list[int] = []
    answers = []
    for threads in (3, 1):
        monkeypatch.setattr("equipoise.mode.processors", lambda threads=threads: threads)
        answers.append(find_modes(model, people, progress=done.append))
    assert done == [5, 10, 15, 17] * 2
    for one, two in zip(*answers, strict=True):
        assert np.array_equal(one.eta, two.eta)
        assert (one.ofv, one.joint, one.gradient) == (two.ofv, two.joint, two.gradient)
    nothing = replace(people[7], observed=(Observed(1.0, ANALYTE, float("nan")),))
    monkeypatch.setattr("equipoise.mode.processors", lambda: 2)
    with pytest.raises(ValueError, match="no set of parameters gives a finite prediction"):
        find_modes(model, [*people[:7], nothing, *people[8:]])


def test_subjects_without_levels_and_models_without_etas_take_part() -> None:
    model = bolus(Residual(additive=5.0), omega=OMEGA)
    people = [subject(model, IV, []), subject(model, IV, [(1.0, 150.0)]), subject(model, IV, [])]
    done: list[int] = []
    modes = find_modes(model, people, progress=done.append)
    assert done == [3]
    assert [mode.converged for mode in modes] == [True] * 3
    assert modes[0].eta.tolist() == [0.0, 0.0]
    assert modes[1].joint == find_mode(model, people[1]).joint
    none = replace(model, etas=(), omega=(), parameters=lambda t, c, e: {
        "CL": np.asarray(5.0), "V1": np.asarray(50.0)})  # fmt: skip
    assert find_modes(none, people[:2])[1].converged
    assert find_modes(model, []) == []


def test_every_optimum_is_found_and_a_saddle_is_left() -> None:
    model = folded(0.0, sd=5.0)
    who = subject(model, IV, [(1.0, 150.0), (4.0, 110.0)])
    mode, optima = find_optima(Batch(model, [who]))
    assert mode.converged
    assert len(optima) == 2
    np.testing.assert_allclose(optima[0], -optima[1], atol=1e-4)


def test_what_the_engine_refuses_it_refuses_with_its_reason() -> None:
    model = bolus(Residual(additive=5.0), omega=OMEGA)
    broken = replace(
        model, parameters=lambda t, c, e: {"CL": -1.0 + 0.0 * e["CL"], "V1": np.asarray(50.0)}
    )
    with pytest.raises(ValueError, match="CL"):
        find_mode(broken, subject(broken, IV, [(1.0, 150.0)]))
    lost = replace(model, parameters=lambda t, c, e: {
        "CL": 0.0 * e["CL"], "V1": np.asarray(1e-308)})  # fmt: skip
    with pytest.raises(ValueError, match=r"subject s; check doses, covariates and units"):
        find_mode(lost, subject(lost, IV, [(1.0, 150.0)]))


def test_a_start_outside_the_model_is_only_a_bad_start() -> None:
    # An eta added to a clearance makes it negative two SD below.
    model = bolus(Residual(additive=5.0), omega=9.0)
    model = replace(model, parameters=lambda t, c, e: {"CL": 5.0 + e["CL"], "V1": np.asarray(50.0)})
    mode = find_mode(model, subject(model, IV, [(1.0, 180.0), (8.0, 120.0)]))
    grid = np.linspace(-4.9, 9.0, 2000)[:, None]
    who = subject(model, IV, [(1.0, 180.0), (8.0, 120.0)])
    assert mode.converged
    assert mode.joint <= joint(model, who, grid).min()


@pytest.mark.parametrize("u", [-1e4, -60.0, -31.0, -29.0, -6.0, -0.5, 0.0, 0.5, 6.0, 20.0])
def test_logarithm_of_the_normal_integral(u: float) -> None:
    assert density.log_normal(u) == pytest.approx(float(log_ndtr(u)), rel=1e-13, abs=1e-300)
    assert density.compiled().log_normal(u) == pytest.approx(density.log_normal(u), rel=1e-13)


def test_heavy_tails_weigh_as_their_information() -> None:
    """The expected curvature is the mean of the second derivative over the Student density."""
    model = bolus(Residual(additive=5.0, proportional=0.1))
    nodes = np.linspace(-400.0, 800.0, 24001)
    f = 200.0 * np.exp(-0.1)
    sd = np.sqrt(25.0 + (0.1 * f) ** 2)
    z = np.zeros((1, 1))
    one = np.zeros(1, dtype=int)
    weight = (1.0 + ((nodes - f) / sd) ** 2 / STUDENT_DF) ** (-0.5 * (STUDENT_DF + 1.0))
    some = np.linspace(0, len(nodes) - 1, 601).astype(int)
    curvature = []
    for y in nodes[some]:
        person = Subject("s", subject(model, IV, []).course, (Observed(1.0, ANALYTE, float(y)),))
        here = Batch(model, [person], student=True).around(one, z, curved=True)
        assert here.hessian is not None
        curvature.append(here.hessian[0, 0, 0])
    mean = np.average(curvature, weights=weight[some])
    person = subject(model, IV, [(1.0, 150.0)])
    expected = Batch(model, [person], student=True).around(one, z).expected[0, 0, 0]
    assert mean == pytest.approx(expected, rel=2e-3)


def test_oral_model_at_a_break() -> None:
    model = oral(Residual(proportional=0.1), omega=OMEGA)
    doses = [PlainDose(12.0 * i, 10.0, "oral") for i in range(3)]
    agree(model, [subject(model, doses, [(12.0, 90.0), (24.0, 120.0), (25.0, 200.0)])] * 2)


@pytest.mark.parametrize("limit", ["<", ">"])
def test_the_objective_with_censored_levels_is_the_slow_one(limit: str) -> None:
    model = bolus(Residual(additive=3.0, proportional=0.2), omega=OMEGA)
    people = [
        subject(model, IV, [(1.0, 150.0), (4.0, 90.0 + 10.0 * i, limit), (9.0, 70.0)])
        for i in range(3)
    ]
    for who, mode in zip(people, find_modes(model, people), strict=True):
        ofv, joint_value = conditional_objective(model, who, mode.eta)
        assert mode.ofv == pytest.approx(ofv, abs=1e-5)
        assert mode.joint == pytest.approx(joint_value, abs=1e-9)


def test_lag_and_bioavailability_of_an_integrated_model_act_where_events_are_shared():
    # Boluses alone: the events of a schedule would be the same for every lane, but for these.
    model = saturable(Residual(log=0.3), etas=("LAG", "F"))
    doses = [PlainDose(0.0, 10.0, "oral"), PlainDose(12.0, 10.0, "oral")]
    times = (0.7, 3.0, 12.9, 20.0)
    what = course(model, doses, covariates={})
    one = Subject("one", what, tuple(Observed(t, ANALYTE, 300.0) for t in times))
    batch = Batch(model, [one])
    z = np.array([[0.0, 0.0], [0.5, 0.0], [0.0, 0.5]])
    center, _, good = batch.levels(np.zeros(3, dtype=np.int64), z)
    assert good.all()
    theirs = with_errors(model, one, z @ batch.root.T)
    np.testing.assert_allclose(center, theirs.center, rtol=1e-6)
    assert np.abs(np.diff(theirs.center, axis=0)).max(axis=1).min() > 0.05
