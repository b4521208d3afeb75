"""Same seed, same bytes; another number of threads, the same numbers; another seed, others.

Threads are the processors that the process may run on, so a process bound to one of them is a run
with another number of threads. Hash seeds differ between processes too: an answer that came out of
the order of a set would show here.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from equipoise import files
from equipoise.assess import assess
from equipoise.assessment import to_json
from equipoise.cli.entry import run
from equipoise.cli.words import moment
from equipoise.examples import BUNDLED, path
from equipoise.fit import fit
from equipoise.kinetics import Linear
from equipoise.likelihood import Observed, Subject
from equipoise.mode import find_modes
from equipoise.model import Model, PlainDose, course, draw_etas, simulate
from equipoise.models import ALL

SIMULATE = [
    "simulate", "sirolimus_wu2012", "--dose", "2 mg oral every 24 h x 5", "--times", "0:120:12",
    "--population", "40", "--json",
]  # fmt: skip
POSTERIOR = ["fit", "sirolimus_wu2012", str(path("sirolimus_adult")), "--at", "day+15T18:00",
             "--method", "posterior", "--draws", "200", "--json"]  # fmt: skip
PLAN = ["plan", str(path("sirolimus_child_12kg")), "--at", "-14", "--model", "sirolimus_cheng2020",
        "--target", "sirolimus_child_cytopenia_5_15", "--json"]  # fmt: skip


def printed(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    assert run(arguments) == 0
    return capsys.readouterr().out


def in_a_process(arguments: list[str], *, processors: set[int], hash_seed: str) -> str:
    """What a fresh process prints that may use these processors only."""
    code = (
        "import os, sys\n"
        f"os.sched_setaffinity(0, {processors!r})\n"
        "from equipoise.cli.entry import run\n"
        f"sys.exit(run({arguments!r}))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


# --- the same seed ------------------------------------------------------------------------


@pytest.mark.parametrize("arguments", [SIMULATE, POSTERIOR, PLAN], ids=lambda a: a[0])
def test_same_seed_same_bytes_other_seed_other_numbers(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    first = printed([*arguments, "--seed", "7"], capsys)
    assert printed([*arguments, "--seed", "7"], capsys) == first
    other = printed([*arguments, "--seed", "8"], capsys)
    assert other != first
    one, two = json.loads(first), json.loads(other)
    assert (one.pop("seed"), two.pop("seed")) == (7, 8)
    # More than the seed's own echo differs.
    assert one != two


def test_the_default_seed_is_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(SIMULATE, capsys) == printed([*SIMULATE, "--seed", "1"], capsys)


@pytest.mark.parametrize("name", ["atg_adult_unrelated", "sirolimus_child_12kg"])
def test_assessments_repeat_to_the_byte(name: str) -> None:
    bundled = next(b for b in BUNDLED if b.name == name)
    record = files.read_record(path(name))[0]
    t = moment(bundled.at, record)

    def text(seed: int) -> str:
        found = assess(record, t, seed=seed, research=bundled.research)
        return json.dumps(to_json(found), sort_keys=True)

    assert text(5) == text(5)
    assert text(5) != text(6)


def test_what_else_was_computed_changes_nothing() -> None:
    """A stream of chance depends on its name only, not on what was drawn before."""
    record = files.read_record(path("atg_adult_unrelated"))[0]
    alone = to_json(assess(record, -42.0, research=True))
    assess(record, -60.0, seed=9)
    assert to_json(assess(record, -42.0, research=True)) == alone


# --- another number of threads ------------------------------------------------------------


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="needs two processors")
@pytest.mark.parametrize(
    "arguments",
    [
        [*SIMULATE, "--seed", "3"],
        ["assess", str(path("sirolimus_adult")), "--at", "day+15T18:00", "--json"],
        ["assess", str(path("atg_adult_unrelated")), "--at", "day-2T18:00", "--research", "--json"],
    ],
    ids=["simulate", "assess-ode", "assess-linear"],
)
def test_another_process_with_one_processor_prints_the_same(arguments: list[str]) -> None:
    processors = sorted(os.sched_getaffinity(0))
    many = in_a_process(arguments, processors=set(processors), hash_seed="1")
    one = in_a_process(arguments, processors={processors[0]}, hash_seed="2")
    assert one == many


@pytest.mark.parametrize("model", ALL, ids=lambda m: m.id)
def test_threads_do_not_change_a_single_bit(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    """480 lanes of different courses: several blocks, more than the threads share evenly."""
    etas = draw_etas(model, 160, np.random.default_rng(11))
    route = next(iter(model.routes))
    covariates = {name: covariate.reference for name, covariate in model.covariates.items()}
    duration = 0.0 if route == "oral" else 6.0
    courses = [
        course(
            model,
            # Cells that multiply have no steady state.
            [
                PlainDose(
                    0.0,
                    1.0 + 2.0 * i,
                    route,
                    duration,
                    24.0,
                    i,
                    steady=0 if model.infusions else i % 2,
                )
            ],
            covariates=covariates,
        )
        for i in range(1, 4)
    ]
    tables = []
    for threads in (1, 2, 5):
        monkeypatch.setattr(os, "sched_getaffinity", lambda _pid, n=threads: set(range(n)))
        found = simulate(model, courses, np.linspace(0.0, 120.0, 9), etas=etas)
        tables.append(found.values[model.observations[0].analyte])
    assert tables[0].shape == (3, 160, 9)
    assert np.isfinite(tables[0]).all()
    assert np.array_equal(tables[0], tables[1])
    assert np.array_equal(tables[0], tables[2])


@pytest.mark.parametrize("model", [m for m in ALL if m.etas], ids=lambda m: m.id)
def test_threads_do_not_change_a_draw_or_an_estimate(
    model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    route, analyte = next(iter(model.routes)), model.observations[0].analyte
    duration = 0.0 if route == "oral" else 6.0
    covariates = {name: covariate.reference for name, covariate in model.covariates.items()}
    what = course(model, [PlainDose(0.0, 5.0, route, duration, 24.0, 2)], covariates=covariates)
    times = np.array([8.0, 30.0, 71.0])
    levels = simulate(model, [what], times).values[analyte][0, 0] * np.array([1.3, 0.8, 1.1])
    people = [
        Subject(str(i), what, tuple(Observed(float(t), analyte, float(y) * (1.0 + 0.01 * i))
                                    for t, y in zip(times, levels, strict=True)))
        for i in range(24)
    ]  # fmt: skip
    found = []
    for threads in (1, 2, 5):
        monkeypatch.setattr(os, "sched_getaffinity", lambda _pid, n=threads: set(range(n)))
        draws = fit(model, people[0], n=400, rng=np.random.default_rng(12)).draws
        found.append((draws, np.array([mode.eta for mode in find_modes(model, people)])))
    for draws, etas in found[1:]:
        assert np.array_equal(draws, found[0][0])
        assert np.array_equal(etas, found[0][1])


def test_no_answer_depends_on_where_it_was_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The file's name and place are no part of an answer."""
    copy = tmp_path / "another name.json"
    copy.write_text(path("sirolimus_child_12kg").read_text(encoding="utf-8"), encoding="utf-8")
    one = printed(["assess", str(path("sirolimus_child_12kg")), "--at", "-14", "--json"], capsys)
    two = printed(["assess", str(copy), "--at", "-14", "--json"], capsys)
    assert one == two


def test_linear_and_not_are_both_tried() -> None:
    assert {isinstance(m.structure, Linear) for m in ALL} == {True, False}
