"""Blinatumomab with donor lymphocytes: the joint hypothesis of `studies/`, which stays one."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from equipoise.model import Model, PlainDose, course, simulate
from equipoise.modelfile import load
from equipoise.models import ALL
from equipoise.models import blinatumomab_clements2020 as clements
from equipoise.source import Standing

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "studies" / "blinatumomab_lymphocytes"


@pytest.fixture(scope="module")
def joint() -> Model:
    return load(str(FOLDER / "joint.py"), {})


def curves(
    joint: Model, days: np.ndarray, cells: float = 0.0, **covariates: float
) -> dict[str, np.ndarray]:
    doses = [PlainDose(0.0, 28.0 * 28.0, "iv", duration=672.0)]
    if cells:
        doses.append(PlainDose(0.0, cells, "cells"))
    what = course(joint, doses, covariates=covariates)
    found = simulate(joint, [what], 24.0 * days, rtol=1e-8)
    assert found.failed == ()
    return {name: values[0, 0] for name, values in found.values.items()}


def test_it_is_a_hypothesis_and_feeds_nothing(joint: Model) -> None:
    assert joint.standing is Standing.HYPOTHESIS
    assert joint.id not in {model.id for model in ALL}
    for file in (ROOT / "src").rglob("*.py"):
        assert joint.id not in file.read_text(encoding="utf-8"), file
    assert any("No evidence about outcomes" in trap for trap in joint.traps)
    assumed = [n for n, value in joint.thetas.items() if value.where == "assumed here"]
    assert len(assumed) == len(joint.thetas) - 4
    for ours, theirs in (("CL", "CL"), ("V", "V")):
        assert joint.thetas[ours].number == clements.MODEL.thetas[theirs].number


def test_the_windows_in_print_of_residual_disease(joint: Model) -> None:
    # Blood 2012 (doi 10.1182/blood-2012-01-400515), abstract: B cells below 1/uL after two days in
    # the mean, T cells lowest within a day, back in a few days, above twice at two to three weeks.
    hours = np.arange(1.0, 24.0 * 28.0, 1.0)
    found = curves(joint, hours / 24.0)
    gone = hours[np.flatnonzero(found["b_cells"] < 1.0)[0]]
    assert 24.0 <= gone <= 72.0
    assert (found["b_cells"][hours > gone] < 1.0).all()
    first_week = hours <= 168.0
    assert hours[np.argmin(np.where(first_week, found["t_cells"], np.inf))] < 24.0
    later = (hours >= 14 * 24.0) & (hours <= 21 * 24.0)
    assert (found["t_cells"][later] > 2.0).all()
    assert found["t_cells"][later].max() <= 3.0


def test_the_window_of_relapse_text(joint: Model) -> None:
    # US label: T cells back to baseline in 7 to 14 days; B cells at most 10/uL.
    hours = np.arange(24.0, 24.0 * 28.0, 1.0)
    found = curves(joint, hours / 24.0, expansion=0.4, leukemia=0.5)
    back = hours[np.flatnonzero(found["t_cells"] >= 1.0)[0]] / 24.0
    assert 7.0 <= back <= 14.0
    assert (found["b_cells"][hours > 48.0] < 10.0).all()


def test_infused_cells_are_few_beside_those_there(joint: Model) -> None:
    # 1e6/kg at 70 kg against 50 x 200/uL x 5 L: 0.14 %. Without an advantage of each cell they
    # change nothing, whatever the other links are.
    days = np.array([28.0])
    alone = curves(joint, days)["leukemia"][0]
    assert curves(joint, days, 7e7)["leukemia"][0] == pytest.approx(alone, rel=0.02)
    edge = replace(joint.thetas["EDGE"], number=100.0)
    keen = replace(joint, thetas={**joint.thetas, "EDGE": edge})
    assert curves(keen, days, 7e7)["leukemia"][0] < 0.7 * alone


def test_the_equations_by_another_solver(joint: Model) -> None:
    p = {name: value.number for name, value in joint.thetas.items()}

    def slopes(t, s):
        drug, adapted, tb, tt, ta, db, dt, da, b, m, lk = s
        c = drug / p["V"]
        f, k = c / (p["KT"] + c), c / (p["KK"] + c)
        call = f * (m + lk) / (m + lk + p["ENOUGH"])
        out, back = p["OUT"] * (1.0 + p["STICK"] * max(f - adapted, 0.0)), p["OUT"] / 49.0
        act, div, rest = p["ACTIVATE"] * call, p["DIVIDE"] * call, p["REST"]
        effect = k * (tt + ta + dt + da) / 49.0
        return [
            28.0 - 24.0 * p["CL"] / p["V"] * drug,
            p["ADAPT"] * (f - adapted),
            back * tt - out * tb,
            out * tb - back * tt - act * tt + rest * ta - p["SHRINK"] * (tt - 49.0),
            act * tt + div * ta - rest * ta,
            back * dt - out * db,
            out * db - back * dt - act * dt + rest * da,
            act * dt + div * da - rest * da,
            p["MAKE"] * (100.0 * m - b) - p["KILL_B"] * effect * b,
            p["REGROW"] * (1.0 - m) * m - p["KILL_M"] * effect * m,
            p["GROW"] * (1.0 - lk) * lk - p["KILL_L"] * effect * lk,
        ]

    days = np.array([0.25, 1.0, 3.0, 7.0, 14.0, 27.0])
    start = [0.0, 0.0, 1.0, 49.0, 0.0, 7e9 / (200.0 * 5e6), 0.0, 0.0, 100.0, 1.0, 1e-3]
    theirs = solve_ivp(
        slopes, (0.0, 27.0), start, method="LSODA", t_eval=days, rtol=1e-10, atol=1e-13
    ).y
    ours = curves(joint, days, 7e9)
    np.testing.assert_allclose(ours["t_cells"], theirs[2] + theirs[5], rtol=1e-5)
    np.testing.assert_allclose(ours["b_cells"], theirs[8], rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(ours["leukemia"], theirs[10], rtol=1e-4, atol=1e-9)


def test_the_study_runs() -> None:
    found = subprocess.run(
        [sys.executable, str(FOLDER / "study.py"), "--draws", "3"],
        capture_output=True, text=True, check=True, cwd=ROOT,
    ).stdout  # fmt: skip
    assert "as tuned," in found
    assert "draws inside every window" in found
