"""Long runs for tests/agreement/test_posologyr.py, apart from `equipoise.fit`.

    python studies/posologyr/long_run.py FOLDER PARTICLES SEED RUN/SUBJECT...

FOLDER holds the posologyr data sets. Particles follow the likelihood from the prior by powers that
keep 80 % of them effective, each time resampled and moved three times by differences between others
(24 times at the end). Prints a row for each eta: run/subject, seed, particles, eta, mean, SD and
kurtosis. An optimum that holds few percent is known to about a tenth of its share with 60 000
particles. Results: docs/how-right.md.
"""

from __future__ import annotations

import csv
import sys
from functools import cache
from pathlib import Path

import numpy as np
from scipy import stats

sys.path[:0] = [str(Path(__file__).parents[2] / "tests" / part) for part in ("", "agreement")]

from test_posologyr import ETAS, problem  # noqa: E402

from equipoise.likelihood import Subject, minus_two_log, with_errors  # noqa: E402
from equipoise.model import Model  # noqa: E402

cached_problem = cache(problem)

EFFECTIVE = 0.8
MOVES, LAST_MOVES = 3, 24


def long_run(model: Model, subject: Subject, size: int, rng: np.random.Generator) -> np.ndarray:
    """Particles from the posterior of the etas, (size, k)."""
    root = np.linalg.cholesky(model.omega_matrix)
    k = len(model.etas)

    def likelihood(z: np.ndarray) -> np.ndarray:
        f = with_errors(model, subject, z @ root.T, rtol=1e-6)
        found = -0.5 * minus_two_log(model, subject, f).sum(axis=1)
        return np.where(np.isfinite(found), found, -1e30)

    def effective(value: np.ndarray, step: float) -> float:
        w = np.exp(step * (value - value.max()))
        return float(w.sum() ** 2 / (w**2).sum() / size)

    z = rng.standard_normal((size, k))
    value = likelihood(z)
    power = 0.0
    while power < 1.0:
        low, high = 0.0, 1.0 - power
        if effective(value, high) < EFFECTIVE:
            for _ in range(60):
                middle = 0.5 * (low + high)
                if effective(value, middle) > EFFECTIVE:
                    low = middle
                else:
                    high = middle
        weight = np.exp(high * (value - value.max()))
        places = (np.arange(size) + rng.random()) / size
        chosen = np.minimum(np.searchsorted(np.cumsum(weight / weight.sum()), places), size - 1)
        z, value = z[chosen].copy(), value[chosen].copy()
        power = min(1.0, power + high)
        for _ in range(MOVES if power < 1.0 else LAST_MOVES):
            first, second = np.split(rng.permutation(size), 2)
            for mine, others in ((first, second), (second, first)):
                one, two = others[rng.integers(len(others), size=(2, len(mine)))]
                shares = [0.4, 0.3, 0.2, 0.1]
                scale = 2.38 / np.sqrt(2 * k) * rng.choice([1, 0.5, 0.2, 0.05], len(mine), p=shares)
                scale = np.where(rng.random(len(mine)) < 0.15, 1.0, scale)
                there = z[mine] + scale[:, None] * (z[one] - z[two])
                there += 1e-4 * rng.standard_normal(there.shape)
                new = likelihood(there)
                change = power * (new - value[mine])
                change -= 0.5 * ((there**2).sum(axis=1) - (z[mine] ** 2).sum(axis=1))
                taken = np.log(rng.random(len(mine))) < change
                z[mine[taken]], value[mine[taken]] = there[taken], new[taken]
    return z @ root.T


def main() -> None:
    """Print the moments of each subject named, one row for each eta."""
    folder, size, seed = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    writer = csv.writer(sys.stdout)
    for name in sys.argv[4:]:
        run, number = name.split("/")
        model, subjects = cached_problem(run, folder)
        subject = next(s for s in subjects if s.id == number)
        rng = np.random.default_rng([seed, int(run), int(number)])
        etas = long_run(model, subject, size, rng)
        kurtosis = stats.kurtosis(etas, axis=0, fisher=False)
        for place, eta in enumerate(ETAS[run]):
            found = (etas[:, place].mean(), etas[:, place].std(ddof=1), kurtosis[place])
            writer.writerow([name, seed, size, eta, *(f"{number:.6g}" for number in found)])
        sys.stdout.flush()


if __name__ == "__main__":
    main()
