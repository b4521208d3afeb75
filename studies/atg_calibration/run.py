"""Run the whole study, or go on where an earlier run stopped.

    python studies/atg_calibration/run.py [folder] [--small] [--only STRUCTURE]

Tables and results are kept in the folder (out/atg_calibration) and made once; delete it to start
anew. Writes figures to docs/figures, the ensemble beside this file, and tables.md into the folder.
`--small` does all of it with a twentieth of the draws, and writes nothing outside the folder;
`--only` makes the parts of one structure, for two processes at once; its strategies need the tables
of the other too, so once both are there it is called again.
"""

from __future__ import annotations

import csv
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from atg_calibration import (  # noqa: E402
    cohorts,
    figures,
    inference,
    pages,
    predictions,
    strategies,
    structures,
)
from atg_calibration.anchors import SUMMARIES  # noqa: E402
from atg_calibration.inference import Posterior, Table  # noqa: E402

Array = NDArray[np.float64]

SEED = 20261122
FIRST, SECOND = 16_000, 14_000
"""Draws of the first table, from the prior, and of the second, around the first posterior."""
KEEP_FIRST, KEEP_SECOND = 800, 1500
REPLICATES = 300
ENSEMBLE = 200
"""Draws saved for each structure."""
PREDICTED, WORLDS, ADULTS = 120, 30, 60


def cached(file: Path, make: Callable[[], dict[str, Array]]) -> dict[str, Array]:
    """Arrays from a file, or made and kept, with the seconds of processor time they took."""
    if not file.exists():
        began = time.process_time()
        made = make()
        np.savez_compressed(file, seconds=np.array(time.process_time() - began), **made)
    with np.load(file, allow_pickle=False) as found:
        return {name: found[name] for name in found.files}


def table_of(folder: Path, kind: str, draws: int, proposal: inference.Proposal | None) -> Table:
    """A table from the folder, or made."""
    stage = "prior" if proposal is None else "second"

    def make() -> dict[str, Array]:
        made = inference.make_table(kind, draws, SEED, proposal)
        return {"z": made.z, "s": made.s, "log_importance": made.log_importance}

    found = cached(folder / f"{kind}_{stage}.npz", make)
    return Table(found["z"], found["s"], found["log_importance"])


def calibrate(folder: Path, kind: str, small: int) -> tuple[Table, Posterior, Table, Posterior]:
    """Both tables of a structure, the posterior from the first and from both."""
    seen = inference.observed()
    first = table_of(folder, kind, FIRST // small, None)
    rough = inference.condition(first, seen, KEEP_FIRST // min(small, 5))
    proposal = inference.around(rough)
    second = table_of(folder, kind, SECOND // small, proposal)
    whole = inference.joined(first, second, proposal)
    fine = inference.condition(whole, seen, KEEP_SECOND // min(small, 4))
    return first, rough, second, fine


def ensemble_of(kind: str, posterior: Posterior) -> Array:
    """The draws that are saved: standard normal numbers, (ENSEMBLE, parameters)."""
    rng = np.random.default_rng([SEED, 7, structures.STRUCTURES.index(kind)])
    return posterior.resample(ENSEMBLE, rng)


def fit_of(folder: Path, kind: str, z: Array) -> Array:
    """Every summary simulated anew from the ensemble: (draws, summaries)."""

    def make() -> dict[str, Array]:
        rng = np.random.default_rng([SEED, 8])
        theta = structures.values(kind, z)
        return {"s": cohorts.summarize(cohorts.simulate(kind, theta, rng), theta, rng)}

    return cached(folder / f"{kind}_fit.npz", make)["s"]


def held_out(folder: Path, kind: str, z: Array, small: int) -> list[predictions.Prediction]:
    """What the ensemble says of the rows that were held out."""
    file = folder / f"{kind}_held_out.npz"
    labels = folder / f"{kind}_held_out.json"

    def make() -> dict[str, Array]:
        part = z[: PREDICTED // min(small, 6)]
        made = predictions.predict(kind, structures.values(kind, part), SEED)
        words = [[p.of, p.what, p.unit, p.expected] for p in made]
        labels.write_text(json.dumps(words, indent=1), encoding="utf-8")
        return {f"p{i}": p.draws for i, p in enumerate(made)}

    found = cached(file, make)
    words = json.loads(labels.read_text(encoding="utf-8"))
    return [predictions.Prediction(*each, found[f"p{i}"]) for i, each in enumerate(words)]


def tried(folder: Path, kind: str, both: dict[str, Array], small: int) -> dict[str, Array]:
    """Attainment of each strategy under draws of one structure as truth: (strategies, worlds).

    The belief knows the population (`same`), is another draw of the same structure (`another`), or
    a draw of the rival (`rival`); `shrinkage` is that of `LOW_EARLY` with the first.
    """

    def make() -> dict[str, Array]:
        worlds = WORLDS // min(small, 8)
        rival = next(k for k in structures.STRUCTURES if k != kind)
        who = strategies.people(ADULTS // min(small, 3), SEED)
        same, others, shrinkage = [], [], []
        for i in range(worlds):
            truth = strategies.belief_of(kind, both[kind][i])
            made = [strategies.run(s, truth, truth, who, SEED + i) for s in strategies.STRATEGIES]
            same.append([m.attained for m in made])
            shrinkage.append(made[strategies.STRATEGIES.index(strategies.LOW_EARLY)].shrinkage)
            beliefs = (
                strategies.belief_of(kind, both[kind][worlds + i]),
                strategies.belief_of(rival, both[rival][worlds + i]),
            )
            others.append([
                [strategies.run(s, truth, belief, who, SEED + i).attained for belief in beliefs]
                for s in UNSURE
            ])  # fmt: skip
        return {
            "same": np.array(same).T, "others": np.array(others).transpose(1, 2, 0),
            "shrinkage": np.array(shrinkage).T,
        }  # fmt: skip

    return cached(folder / f"{kind}_strategies.npz", make)


UNSURE = (
    strategies.COVARIATES, strategies.LAST_DOSE, strategies.LOW_EARLY, strategies.TEST_DOSE,
)  # fmt: skip
"""Strategies tried also with a belief that is not the truth."""


def save_ensemble(file: Path, both: dict[str, Array]) -> None:
    """The ensemble as CSV: structure, weight, parameters; empty where a structure has none."""
    names = dict.fromkeys(p.name for kind in structures.STRUCTURES for p in structures.PRIORS[kind])
    with file.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(["structure", "weight", *names])
        for kind, z in both.items():
            theta = structures.values(kind, z)
            for i in range(len(z)):
                numbers = [f"{theta[n][i]:.4g}" if n in theta else "" for n in names]
                writer.writerow([kind, f"{1.0 / len(z):g}", *numbers])


def main(arguments: list[str]) -> None:
    """The study, from the first draw to the figures."""
    small = 20 if "--small" in arguments else 1
    only = arguments[arguments.index("--only") + 1] if "--only" in arguments else ""
    places = [a for a in arguments if not a.startswith("--") and a != only]
    folder = Path(places[0]) if places else Path("out") / "atg_calibration"
    folder.mkdir(parents=True, exist_ok=True)
    kinds = structures.STRUCTURES
    if only and not all((folder / f"{k}_second.npz").exists() for k in kinds):
        calibrate(folder, only, small)
        return
    done = {k: calibrate(folder, k, small) for k in kinds}
    both = {k: ensemble_of(k, made[3]) for k, made in done.items()}
    wanted = [k for k in kinds if only in ("", k)]
    fits = {k: fit_of(folder, k, both[k]) for k in wanted}
    out = {k: held_out(folder, k, both[k], small) for k in wanted}
    arms = {k: tried(folder, k, both, small) for k in wanted}
    if only:
        return
    checks = {}
    for kind, (first, _, second, _) in done.items():
        n = REPLICATES // min(small, 3)
        checks[kind] = (
            inference.ranks(first, KEEP_FIRST // min(small, 5), n, SEED),
            inference.ranks(second.without_importance(), KEEP_FIRST // min(small, 5), n, SEED),
        )
    seconds = sum(float(cached(f, dict)["seconds"]) for f in sorted(folder.glob("*.npz")))
    for made in done.values():
        assert made[0].s.shape[1] == len(SUMMARIES)
    target = folder if small > 1 else HERE.parents[1] / "docs" / "figures"
    for name, drawing in pages.drawings(done, fits, checks, arms).items():
        figures.save(drawing, target, name)
    text = pages.tables(done, fits, out, checks, arms, UNSURE, seconds, SEED)
    (folder / "tables.md").write_text(text, encoding="utf-8")
    save_ensemble((folder if small > 1 else HERE) / "ensemble.csv", both)
    print(text)


if __name__ == "__main__":
    main(sys.argv[1:])
