"""Lanes a second of the kinetics engine, with scipy as peer in the same run.

    python benchmarks/stepper.py [lanes]

Two compartments with linear and saturable elimination, one dose, 40 samples over 72 h,
log-normal parameters (30 % on each). The error is the largest relative difference from the
stepper at rtol 1e-12, over the lanes that the peer also solved. Wall time, best of three.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import numpy as np
from scipy.integrate import solve_ivp

from equipoise.kinetics import DoseEvent, Linear, Schedule, System, solve

TYPICAL = np.array([0.5, 10.0, 0.5, 20.0, 8.0, 1.0])
DOSE = 100.0
TIMES = np.linspace(1.8, 72.0, 40)
PEERS = 40


def michaelis_menten(t, x, p, dx):  # type: ignore[no-untyped-def]  # noqa: ARG001
    """Two compartments, linear and saturable elimination in parallel."""
    concentration = x[0] / p[1]
    exchange = p[2] * (concentration - x[1] / p[3])
    dx[0] = -p[0] * concentration - exchange - p[4] * concentration / (p[5] + concentration)
    dx[1] = exchange


SATURABLE = System(("central", "peripheral"), ("CL", "V1", "Q", "V2", "VM", "KM"), michaelis_menten)
LINEAR = Linear(2, depot=False)


def best(work: Callable[[], object]) -> float:
    """Shortest wall time of three, seconds; the first call, which may compile, is not counted."""
    work()
    found = []
    for _ in range(3):
        begin = time.perf_counter()
        work()
        found.append(time.perf_counter() - begin)
    return min(found)


def peer(parameters: np.ndarray, method: str) -> np.ndarray:
    """scipy, lane after lane, at the same tolerance."""
    amounts = np.empty((len(parameters), len(TIMES), 2))
    for lane, p in enumerate(parameters):

        def slopes(t: float, x: np.ndarray, p: np.ndarray = p) -> np.ndarray:
            dx = np.empty(2)
            michaelis_menten(t, x, p, dx)
            return dx

        amounts[lane] = solve_ivp(
            slopes,
            (0.0, TIMES[-1]),
            [DOSE, 0.0],
            method=method,
            t_eval=TIMES,
            rtol=1e-6,
            atol=1e-9 * DOSE,
        ).y.T
    return amounts


def main() -> None:
    """Print the table."""
    lanes = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    rng = np.random.default_rng(1)
    parameters = TYPICAL * np.exp(0.3 * rng.normal(size=(lanes, 6)))
    one = [Schedule((DoseEvent(0.0, DOSE),))]
    own = [
        Schedule((DoseEvent(0.0, DOSE, interval=float(tau), additional=5),))
        for tau in rng.uniform(6.0, 12.0, lanes)
    ]
    exact = solve(SATURABLE, one, [TIMES], parameters[:PEERS], rtol=1e-12, atol=1e-15).amounts

    def error(amounts: np.ndarray) -> float:
        return float(np.max(np.abs(amounts[:PEERS] / exact - 1.0)))

    rows: list[tuple[str, float, str]] = []

    def run(name: str, count: int, work: Callable[[], np.ndarray], compare: bool = True) -> None:
        seconds = best(work)
        rows.append((name, count / seconds, f"{error(work()):.1e}" if compare else ""))

    def stepped(**settings: object) -> Callable[[], np.ndarray]:
        return lambda: solve(SATURABLE, one, [TIMES], parameters, **settings).amounts

    run("stepper, one thread", lanes, stepped(threads=1))
    run("stepper, all threads", lanes, stepped())
    run("stepper with area, all threads", lanes, stepped(observe=[(0, 1)]))
    run("stepper, strict, all threads", lanes, stepped(strict=True))
    run(
        "stepper, 6 doses, own schedules",
        lanes,
        lambda: solve(SATURABLE, own, [TIMES] * lanes, parameters).amounts,
        compare=False,
    )
    run(
        "closed form (no saturable path)",
        lanes,
        lambda: solve(LINEAR, one, [TIMES], parameters[:, :4]).amounts,
        compare=False,
    )
    for method in ("LSODA", "RK45"):
        few = parameters[:PEERS]
        run(f"scipy solve_ivp {method}", PEERS, lambda few=few, m=method: peer(few, m))
    print(f"{lanes} lanes, 40 samples, rtol 1e-6 (scipy: {PEERS} lanes)\n")
    print(f"{'':34}{'lanes/s':>12}{'error':>12}")
    for name, rate, deviation in rows:
        print(f"{name:34}{rate:12,.0f}{deviation:>12}")


if __name__ == "__main__":
    main()
