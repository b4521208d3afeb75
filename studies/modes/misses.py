"""How often the estimate is not the lowest optimum: hard subjects against a dense search.

    python studies/modes/misses.py [subjects of each problem] [seed]

For each problem, subjects are drawn anew with few or many levels, some censored, some that the
model does not expect. The dense search of a subject begins at the best 16 of 600 random points
and at 32 others of them. What either found is evaluated again in one batch: two batches of an
integration differ by up to a few millionths.
"""

from __future__ import annotations

import sys
from dataclasses import replace

import numpy as np

from equipoise import mode
from equipoise.kinetics import Linear, System
from equipoise.likelihood import Observed, Subject, with_errors
from equipoise.model import Array, Model, Observation, PlainDose, Purpose, Residual, course
from equipoise.objective import Batch
from equipoise.source import Source, Standing

DRUG = "busulfan"


def rates(t, x, p, dx):  # type: ignore[no-untyped-def]  # noqa: ARG001
    """A depot, two compartments, linear and saturable elimination."""
    c = x[1] / p[2]
    exchange = p[3] * (c - x[2] / p[4])
    into = p[0] * x[0]
    dx[0] = -into
    dx[1] = into - p[1] * c - exchange - p[5] * c / (p[6] + c)
    dx[2] = exchange


def problem(
    name: str,
    structure: Linear | System,
    typical: dict[str, float],
    sd: dict[str, float],
    residual: Residual,
) -> Model:
    """Log-normal parameters with these SDs."""

    def parameters(theta, covariate, eta):  # type: ignore[no-untyped-def]  # noqa: ARG001
        return {n: v * np.exp(eta[n]) if n in eta else np.asarray(v) for n, v in typical.items()}

    return Model(
        id=name, agent=DRUG, title="made up", source=Source("made up"),
        standing=Standing.HYPOTHESIS, purposes=frozenset(Purpose), population="nobody", domain={},
        covariates={}, thetas={}, etas=tuple(sd),
        omega=tuple(map(tuple, np.diag([s**2 for s in sd.values()]).tolist())),
        omega_note="made up", structure=structure, parameters=parameters,
        routes={"oral": 0, "iv": 1}, dose_unit="mg", because="this is a study",
        observations=(Observation(DRUG, "ng/mL", "central", "V1", 1.0, residual),),
    )  # fmt: skip


def problems() -> list[Model]:
    """What the estimation is tried on."""
    one, two = Linear(1, depot=True), Linear(2, depot=True)
    slow = {"KA": 0.3, "CL": 5.0, "V1": 20.0}
    wide = {"KA": 1.2, "CL": 0.7, "V1": 0.7}
    both = Residual(additive=0.03, proportional=0.15)
    sat = System(("depot", "central", "peripheral"), ("KA", "CL", "V1", "Q", "V2", "VM", "KM"),
                 rates)  # fmt: skip
    mixed = {"KA": 0.8, "CL": 0.5, "V1": 10.0, "Q": 0.5, "V2": 20.0, "VM": 8.0, "KM": 1.0}
    folded = problem("folded", Linear(1, depot=True), slow, {"F": 1.0}, Residual(additive=0.05))

    def squared(theta, covariate, eta):  # type: ignore[no-untyped-def]  # noqa: ARG001
        return {**{n: np.asarray(v) for n, v in slow.items()}, "F": (eta["F"] + 0.1) ** 2}

    return [
        problem("flip-flop", one, slow, wide, both),
        problem("flip-flop, small error", one, slow, wide, Residual(additive=0.005,
                                                                    proportional=0.04)),
        problem("flip-flop, log error", one, slow, wide, Residual(log=0.15)),
        problem("two compartments", two, {**slow, "KA": 0.6, "Q2": 2.0, "V2": 40.0},
                {"KA": 0.8, "CL": 0.5, "V1": 0.5, "Q2": 0.6, "V2": 0.6}, both),
        replace(folded, parameters=squared),
        problem("saturable", sat, mixed, {"KA": 0.7, "V1": 0.5, "VM": 0.6, "KM": 0.8}, both),
        problem("saturable, wide", sat, mixed,
                {"KA": 1.0, "CL": 0.7, "V1": 0.7, "VM": 0.8}, both),
    ]  # fmt: skip


def person(model: Model, number: int, rng: np.random.Generator) -> Subject:
    """A subject with one to eight levels."""
    count = int(rng.integers(1, 9))
    route = "iv" if "saturable" in model.id and rng.random() < 0.5 else "oral"
    doses = [PlainDose(24.0 * j, float(rng.uniform(20.0, 120.0)), route,
                       duration=2.0 if route == "iv" else 0.0)
             for j in range(int(rng.integers(1, 4)))]  # fmt: skip
    what = course(model, doses, covariates={})
    times = np.sort(rng.uniform(0.3, 24.0 * len(doses) + 12.0, count))
    empty = Subject(str(number), what, tuple(Observed(float(t), DRUG, 1.0) for t in times))
    etas = rng.standard_normal((1, len(model.etas))) @ np.linalg.cholesky(model.omega_matrix).T
    found = with_errors(model, empty, etas * rng.choice([1.0, 1.0, 1.6]))
    scale = np.sqrt(found.variance[0]) * rng.choice([1.0, 1.0, 1.0, 4.0])
    levels = found.center[0] + scale * rng.standard_normal(count)
    if model.observations[0].residual.log:
        levels = np.exp(levels)
    levels = np.maximum(levels, 0.01 * max(found.values[0].max(), 1e-6))
    limit = float(np.quantile(levels, 0.4)) if number % 4 == 0 else 0.0
    return replace(
        empty,
        observed=tuple(
            Observed(float(t), DRUG, max(float(y), limit), "<" if y < limit else "")
            for t, y in zip(times, levels, strict=True)
        ),
    )


def dense(batch: Batch, rng: np.random.Generator) -> Array:
    """The lowest objective of each subject that descents from 48 other starts find, (S,)."""
    k, count = batch.size, len(batch.subjects)
    points = np.concatenate([rng.uniform(-3.5, 3.5, (300, k)), 1.5 * rng.standard_normal((300, k))])
    n = len(points)
    of = np.repeat(np.arange(count), n)
    value = batch.values(of, np.tile(points, (count, 1)), rtol=1e-3).reshape(count, n)
    chosen = np.array([np.concatenate([np.argsort(own)[:16], rng.integers(0, n, 32)])
                       for own in value])  # fmt: skip
    found = mode.down(batch, np.repeat(np.arange(count), 48), points[chosen.ravel()])
    lowest = np.full(count, np.inf)
    np.minimum.at(lowest, found[0], found[2])
    close = found[2] <= lowest[found[0]] + mode.CLOSE
    own: list[list[mode.Walker]] = [[] for _ in range(count)]
    for walker in mode.polished(batch, *found[:3], close):
        own[walker.of].append(walker)
    return np.array([mode.answer(batch, s, own[s])[1][0] for s in range(count)])


def main() -> None:
    """Print the misses of each problem."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 71
    print(f"{'problem':26}{'subjects':>9}{'misses':>8}{'largest':>11}{'dense search worse':>20}")
    total = missed = 0
    for number, model in enumerate(problems()):
        rng = np.random.default_rng([seed, number])
        people = [person(model, i, rng) for i in range(count)]
        batch = Batch(model, people)
        own = np.array([found.eta for found in mode.find_modes(model, people)])
        own = np.linalg.solve(batch.root, own.T).T
        both = np.stack([own, dense(batch, rng)], axis=1).reshape(2 * count, -1)
        values = batch.values(np.repeat(np.arange(count), 2), both, group=2)
        gap = values[::2] - values[1::2]
        bad = gap > 1e-6
        total, missed = total + count, missed + int(bad.sum())
        worse = int((gap < -1e-6).sum())
        print(f"{model.id:26}{count:9d}{int(bad.sum()):8d}{max(gap.max(), 0.0):11.2g}{worse:20d}",
              flush=True)  # fmt: skip
    print(f"{missed} of {total}")


if __name__ == "__main__":
    main()
