"""Individual estimates: one, a thousand, and the command from a fresh process.

    python benchmarks/estimation.py [subjects]

A two-compartment model with four infusions and six levels a subject, each on its own times: with
linear and saturable elimination in parallel (four etas, integrated) and with linear elimination
alone (three etas, closed form). Median and shortest wall time of repeats, kernels compiled before;
for one subject at a time also the median over subjects of each one's shortest, which other work on
the machine disturbs least, and of draws how many subjects take over 50 ms even so. The command is
timed as a whole process with cached kernels.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from equipoise.fit import fit
from equipoise.kinetics import Linear, System
from equipoise.likelihood import Observed, Subject, with_errors
from equipoise.mode import GRADIENT_NORM, find_mode, find_modes
from equipoise.model import Model, Observation, PlainDose, Purpose, Residual, course, draw_etas
from equipoise.source import Source, Standing

MODEL_FILE = '''
"""The model of the benchmark, as a file that `equipoise fit` reads."""

import sys

sys.path.insert(0, {folder!r})
from estimation import {name} as MODEL
'''


def michaelis_menten(t, x, p, dx):  # type: ignore[no-untyped-def]  # noqa: ARG001
    """Two compartments, linear and saturable elimination in parallel."""
    concentration = x[0] / p[1]
    exchange = p[2] * (concentration - x[1] / p[3])
    dx[0] = -p[0] * concentration - exchange - p[4] * concentration / (p[5] + concentration)
    dx[1] = exchange


def saturable_parameters(theta, covariate, eta):  # type: ignore[no-untyped-def]  # noqa: ARG001
    """Log-normal CL, V1, V2 and VM."""
    return {
        "CL": 0.5 * np.exp(eta["CL"]), "V1": 10.0 * np.exp(eta["V1"]), "Q": np.asarray(0.5),
        "V2": 20.0 * np.exp(eta["V2"]), "VM": 8.0 * np.exp(eta["VM"]), "KM": np.asarray(1.0),
    }  # fmt: skip


def linear_parameters(theta, covariate, eta):  # type: ignore[no-untyped-def]  # noqa: ARG001
    """Log-normal CL, V1 and V2."""
    return {
        "CL": 2.0 * np.exp(eta["CL"]), "V1": 10.0 * np.exp(eta["V1"]),
        "Q2": np.asarray(0.5), "V2": 20.0 * np.exp(eta["V2"]),
    }  # fmt: skip


SATURABLE = Model(
    id="saturable", agent="busulfan", title="for the benchmark", source=Source("made up"),
    standing=Standing.HYPOTHESIS, purposes=frozenset(Purpose), population="nobody", domain={},
    covariates={}, thetas={}, etas=("CL", "V1", "V2", "VM"),
    omega=tuple(map(tuple, (0.09 * np.eye(4)).tolist())), omega_note="made up",
    structure=System(("central", "peripheral"), ("CL", "V1", "Q", "V2", "VM", "KM"),
                     michaelis_menten),
    parameters=saturable_parameters, routes={"iv": 0}, dose_unit="mg",
    observations=(Observation("busulfan", "ng/mL", "central", "V1", 1.0,
                              Residual(additive=0.05, proportional=0.15)),),
    because="this is a benchmark",
)  # fmt: skip

LINEAR = replace(
    SATURABLE, id="linear", etas=("CL", "V1", "V2"), structure=Linear(2, depot=False),
    omega=tuple(map(tuple, (0.09 * np.eye(3)).tolist())), parameters=linear_parameters,
)  # fmt: skip


def people(model: Model, count: int, *, seed: int = 1) -> list[Subject]:
    """Subjects whose levels are drawn from the model, each on its own times."""
    rng = np.random.default_rng(seed)
    found = []
    for i in range(count):
        times = np.sort(np.concatenate([[5.9, 23.9, 71.9], rng.uniform(73.0, 120.0, 3)]))
        doses = [
            PlainDose(24.0 * j + float(rng.uniform(0.0, 0.5)), float(rng.uniform(70.0, 140.0)),
                      "iv", duration=6.0)
            for j in range(4)
        ]  # fmt: skip
        what = course(model, doses, covariates={})
        empty = Subject("", what, tuple(Observed(t, "busulfan", 1.0) for t in times))
        true = with_errors(model, empty, draw_etas(model, 1, rng))
        level = true.center[0] + np.sqrt(true.variance[0]) * rng.standard_normal(len(times))
        level = np.maximum(level, 0.05 * true.center[0])
        observed = tuple(
            Observed(float(t), "busulfan", float(y)) for t, y in zip(times, level, strict=True)
        )
        found.append(Subject(str(i + 1), what, observed))
    return found


def data_set(subjects: Sequence[Subject]) -> str:
    """The subjects as a file in NONMEM's form."""
    lines = ["ID,TIME,AMT,RATE,EVID,DV"]
    for subject in subjects:
        rows = [(d.time, f"{d.time},{d.amount},{d.amount / d.duration},1,.")
                for d in subject.course.schedule.doses]  # fmt: skip
        rows += [(o.time, f"{o.time},.,.,0,{o.number}") for o in subject.observed]
        lines += [f"{subject.id},{text}" for _, text in sorted(rows)]
    return "\n".join(lines) + "\n"


def timed(work: Callable[[], object], repeats: int) -> tuple[float, float]:
    """Median and shortest wall time, seconds; the first call, which may compile, not counted."""
    work()
    found = []
    for _ in range(repeats):
        begin = time.perf_counter()
        work()
        found.append(time.perf_counter() - begin)
    return float(np.median(found)), min(found)


def by_subject(work: Callable[[int], object], count: int, rounds: int) -> list[list[float]]:
    """Wall time of work on each subject, by place, in turn: so many rounds, a first not counted."""
    found: list[list[float]] = [[] for _ in range(count)]
    for number in range(rounds + 1):
        for i in range(count):
            begin = time.perf_counter()
            work(i)
            if number:
                found[i].append(time.perf_counter() - begin)
    return found


def one_map(model: Model, count: int = 20, rounds: int = 10) -> list[list[float]]:
    """Seconds of one estimate, warm, by subject."""
    some = people(model, count)
    return by_subject(lambda i: find_mode(model, some[i]), count, rounds)


def many_maps(model: Model, count: int = 1000, repeats: int = 7) -> tuple[float, float]:
    """Seconds of the estimates of `count` subjects at once, warm."""
    some = people(model, count)
    modes = find_modes(model, some)
    unsettled = sum(not mode.gradient < GRADIENT_NORM for mode in modes)
    if unsettled:
        print(f"{unsettled} of {count} estimates did not settle")
    return timed(lambda: find_modes(model, some), repeats)


def draws(model: Model, n: int = 2000, count: int = 60, rounds: int = 3) -> list[list[float]]:
    """Seconds of n draws of one subject's posterior, warm, by subject."""
    some = people(model, count)
    return by_subject(
        lambda i: fit(model, some[i], n=n, rng=np.random.default_rng(i)), count, rounds
    )


def fresh_process(name: str, count: int = 20, repeats: int = 5) -> tuple[float, float]:
    """Seconds of `equipoise fit` of a model of this file on `count` subjects."""
    here = str(Path(__file__).resolve().parent)
    with tempfile.TemporaryDirectory() as folder:
        model, data = Path(folder) / "model.py", Path(folder) / "data.csv"
        model.write_text(MODEL_FILE.format(folder=here, name=name), encoding="utf-8")
        data.write_text(data_set(people(globals()[name], count)), encoding="utf-8")
        start = "import sys; from equipoise.cli import main; sys.exit(main())"
        command = [sys.executable, "-c", start, "fit", str(model), str(data)]

        def work() -> None:
            subprocess.run(command, check=True, capture_output=True, env=dict(os.environ))

        return timed(work, repeats)


def printed(
    what: str, median: float, least: float, scale: float, unit: str, rest: str = ""
) -> None:
    """A row of the table."""
    print(f"{what:44}{median * scale:9.3f} {unit:2}{least * scale:9.3f} {unit:2}{rest}")


def main(count: int = 1000) -> None:
    """Print the table."""
    print(f"{'':44}{'median':>9}{'shortest':>12}   of each subject's shortest the median")
    for model, name in ((SATURABLE, "SATURABLE"), (LINEAR, "LINEAR")):
        for what, times in (("one estimate", one_map(model)), ("2000 draws", draws(model))):
            best = [min(each) for each in times]
            rest = f"{1e3 * float(np.median(best)):9.3f} ms"
            if what == "2000 draws":
                rest += f"; over 50 ms: {sum(t > 0.05 for t in best)} of {len(best)}"
            every = [t for each in times for t in each]
            label = f"{model.id}: {what}, warm"
            printed(label, float(np.median(every)), min(every), 1e3, "ms", rest)
        printed(f"{model.id}: {count} estimates", *many_maps(model, count), 1.0, "s")
        printed(f"{model.id}: fit of 20 in a fresh process", *fresh_process(name), 1.0, "s")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
