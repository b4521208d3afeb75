"""Stiff lanes a second of the kinetics engine, with scipy as peer in the same run.

    python benchmarks/stiff.py [lanes]

Full target-mediated disposition (four states, binding some 10^5 times faster than elimination;
test values of our own), four weekly doses, 28 samples, log-normal parameters (20 % on each). The
error is the largest relative difference in drug from the engine at rtol 1e-11 (where it needs no
method for stiff systems), over the lanes that the peer also solved. Wall time, best of three. The
first line is the time to compile both kernels anew, with the import of the compiler.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time

import numpy as np
from scipy.integrate import solve_ivp

TYPICAL = np.array([3.0, 0.01, 0.02, 0.03, 300.0, 30.0, 0.05, 0.02, 0.05])
DOSE, INTERVAL = 30.0, 168.0
TIMES = np.arange(1.0, 29.0) * 24.0
PEERS = 8


def target_mediated(t, x, p, dx):  # type: ignore[no-untyped-def]  # noqa: ARG001
    """Mager & Jusko 2001, doi 10.1023/A:1014414520282: drug, tissue, target, complex."""
    binding = p[4] * x[0] * x[2] / p[0] - p[5] * x[3]
    dx[0] = -p[1] * x[0] - p[2] * x[0] + p[3] * x[1] - binding
    dx[1] = p[2] * x[0] - p[3] * x[1]
    dx[2] = p[6] * p[0] - p[7] * x[2] - binding
    dx[3] = binding - p[8] * x[3]


def at_rest(parameters: np.ndarray) -> np.ndarray:
    """Nothing but free target."""
    found = np.zeros((len(parameters), 4))
    found[:, 2] = parameters[:, 6] * parameters[:, 0] / parameters[:, 7]
    return found


def peer(parameters: np.ndarray, method: str) -> np.ndarray:
    """scipy, lane after lane and dose after dose, at the same tolerance."""
    amounts = np.empty((len(parameters), len(TIMES)))
    for lane, p in enumerate(parameters):

        def slopes(t: float, x: np.ndarray, p: np.ndarray = p) -> np.ndarray:
            dx = np.empty(4)
            target_mediated(t, x, p, dx)
            return dx

        x = at_rest(parameters[[lane]])[0]
        for dose in range(4):
            x[0] += DOSE
            inside = np.ceil(TIMES / INTERVAL) == dose + 1
            found = solve_ivp(
                slopes, (dose * INTERVAL, (dose + 1) * INTERVAL), x,
                method=method, rtol=1e-6, atol=1e-9 * DOSE, t_eval=TIMES[inside],
            )  # fmt: skip
            amounts[lane, inside] = found.y[0]
            x = found.y[:, -1].copy()
    return amounts


def main() -> None:
    """Print the table."""
    os.environ["EQUIPOISE_CACHE"] = tempfile.mkdtemp()
    from equipoise.kinetics import DoseEvent, Schedule, System, solve

    system = System(
        ("drug", "tissue", "target", "complex"),
        ("V", "KEL", "KPT", "KTP", "KON", "KOFF", "KSYN", "KDEG", "KINT"),
        target_mediated,
    )
    lanes = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    rng = np.random.default_rng(1)
    parameters = TYPICAL * np.exp(0.2 * rng.normal(size=(lanes, len(TYPICAL))))
    course = Schedule((DoseEvent(0.0, DOSE, interval=INTERVAL, additional=3),))

    def run(count: int = lanes, rtol: float = 1e-6, **settings: object) -> np.ndarray:
        p = parameters[:count]
        found = solve(
            system, [course], [TIMES], p,
            initial=at_rest(p), start=0.0, rtol=rtol, atol=1e-3 * rtol, **settings,  # type: ignore[arg-type]
        )  # fmt: skip
        assert found.failed == ()
        assert rtol < 1e-9 or len(found.stiff) == count
        return found.amounts[:, :, 0]

    begin = time.perf_counter()
    run(1)
    print(f"both kernels compiled in {time.perf_counter() - begin:.1f} s\n")
    exact = run(PEERS, rtol=1e-11)
    print(f"{'':36}{'lanes/s':>12}{'error':>10}")
    for name, settings in (
        ("stiff, one thread", {"threads": 1}),
        ("stiff, all threads", {}),
        ("stiff, strict, all threads", {"strict": True}),
    ):
        times = []
        for _ in range(3):
            begin = time.perf_counter()
            found = run(**settings)
            times.append(time.perf_counter() - begin)
        error = np.max(np.abs(found[:PEERS] / exact - 1.0))
        print(f"{name:36}{lanes / min(times):12,.0f}{error:10.1e}")
    for method in ("LSODA", "Radau", "BDF"):
        begin = time.perf_counter()
        found = peer(parameters[:PEERS], method)
        spent = time.perf_counter() - begin
        error = np.max(np.abs(found / exact - 1.0))
        print(f"scipy {method:30}{PEERS / spent:12,.1f}{error:10.1e}")


if __name__ == "__main__":
    main()
