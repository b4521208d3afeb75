"""The same problem by libraries that others wrote: patients a second and error, where installed.

    python benchmarks/peers.py [--peers PYTHON]

They are looked for where PYTHON is, an environment of their own made from `peers.txt`, so that
nothing of theirs need be installed beside the engine; default: where this runs.

Each is given what serves it best: diffrax a batch in one compiled program with the infusions' edges
as known jumps, CasADi and scikit-sundae the edges as separate integrations. Compiling is not
counted. One thread; diffrax runs in a process of its own, because it must be told before it starts.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from itertools import pairwise

import numpy as np
from engine import ATOL, DOSE, REFERRED, RTOL, SAMPLES, by_scipy, courses, deviation, patients

KNOWN = ("diffrax", "casadi", "sksundae")
TRIED_IN_VAIN = {
    "numbalsoda": "its wheel needs a Fortran compiler",
    "assimulo": "its wheel needs SUNDIALS and a Fortran compiler",
}


def by_diffrax(number: int) -> tuple[np.ndarray, float]:
    """Amounts (number, samples, 2) and seconds of the shortest of three runs."""
    import diffrax
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    begins, durations, times = (each[0] for each in courses(1, False))
    edges = jnp.array(np.unique([*begins, *(begins + durations)]))
    begins, ends, rates = jnp.array(begins), jnp.array(begins + durations), DOSE / durations[0]

    def slopes(t, x, p):  # type: ignore[no-untyped-def]
        concentration = x[0] / p[1]
        exchange = p[2] * (concentration - x[1] / p[3])
        rate = rates * jnp.sum((t >= begins) & (t < ends))
        lost = p[0] * concentration + p[4] * concentration / (p[5] + concentration)
        return jnp.array([rate - lost - exchange, exchange])

    def one(p):  # type: ignore[no-untyped-def]
        return diffrax.diffeqsolve(
            diffrax.ODETerm(slopes), diffrax.Tsit5(), 0.0, times[-1], None, jnp.zeros(2), p,
            saveat=diffrax.SaveAt(ts=jnp.array(times)), max_steps=4096,
            stepsize_controller=diffrax.ClipStepSizeController(
                diffrax.PIDController(rtol=RTOL, atol=ATOL * DOSE), jump_ts=edges
            ),
        ).ys  # fmt: skip

    many = jax.jit(jax.vmap(one))
    parameters = jnp.array(patients(number))
    found = np.asarray(many(parameters))
    return found, shortest(lambda: many(parameters).block_until_ready())


def by_casadi(number: int) -> tuple[np.ndarray, float]:
    """The same with CVODES of CasADi, symbolic rates, patient after patient."""
    import casadi

    x, p = casadi.SX.sym("x", 2), casadi.SX.sym("p", 7)
    concentration = x[0] / p[1]
    exchange = p[2] * (concentration - x[1] / p[3])
    lost = p[0] * concentration + p[4] * concentration / (p[5] + concentration)
    system = {"x": x, "p": p, "ode": casadi.vertcat(p[6] - lost - exchange, exchange)}
    settings = {"reltol": RTOL, "abstol": ATOL * DOSE}
    pieces = []
    for begin, end, rate, inside, grid in stretches():
        made = casadi.integrator("one", "cvodes", system, begin, grid, settings)
        pieces.append((made, rate, inside, end))

    def run() -> np.ndarray:
        amounts = np.empty((number, SAMPLES, 2))
        for lane, numbers in enumerate(patients(number)):
            state = np.zeros(2)
            for made, rate, inside, _ in pieces:
                found = np.array(made(x0=state, p=[*numbers, rate])["xf"]).T
                amounts[lane, inside] = found[: inside.sum()]
                state = found[-1]
        return amounts

    return run(), shortest(run)


def by_sksundae(number: int) -> tuple[np.ndarray, float]:
    """The same with CVODE of scikit-sundae, rates in Python, patient after patient."""
    from sksundae.cvode import CVODE

    def rates(p: np.ndarray, rate: float):  # type: ignore[no-untyped-def]
        def slopes(t, x, dx):  # type: ignore[no-untyped-def]  # noqa: ARG001
            concentration = x[0] / p[1]
            exchange = p[2] * (concentration - x[1] / p[3])
            lost = p[0] * concentration + p[4] * concentration / (p[5] + concentration)
            dx[0], dx[1] = rate - lost - exchange, exchange

        return slopes

    def run() -> np.ndarray:
        amounts = np.empty((number, SAMPLES, 2))
        for lane, p in enumerate(patients(number)):
            state = np.zeros(2)
            for begin, _, rate, inside, grid in stretches():
                solver = CVODE(rates(p, rate), rtol=RTOL, atol=ATOL * DOSE, method="Adams")
                found = solver.solve(np.array([begin, *grid]), state).y[1:]
                amounts[lane, inside] = found[: inside.sum()]
                state = found[-1]
        return amounts

    return run(), shortest(run)


def stretches():  # type: ignore[no-untyped-def]
    """Between two edges of infusions: begin, end, rate, which samples, and times to stop at."""
    begins, durations, times = (each[0] for each in courses(1, False))
    for begin, end in pairwise(np.unique([*begins, *(begins + durations), times[-1]])):
        running = (begins <= begin) & (begin < begins + durations)
        inside = (times > begin) & (times <= end)
        rate = np.sum(DOSE / durations[running])
        yield begin, end, rate, inside, np.unique([*times[inside], end])


def shortest(work) -> float:  # type: ignore[no-untyped-def]
    """Seconds of the shortest of three runs."""
    spent = []
    for _ in range(3):
        begin = time.process_time()
        work()
        spent.append(time.process_time() - begin)
    return min(spent)


def installed(python: str) -> list[str]:
    """Those of the peers that an interpreter has.

    Fails  SystemExit where there is no such interpreter.
    """
    asked = (*KNOWN, *TRIED_IN_VAIN)
    code = f"import importlib.util as u; print(*(n for n in {asked} if u.find_spec(n)))"
    try:
        made = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise SystemExit(f"--peers: {python} cannot be run as a Python interpreter") from error
    return made.stdout.split()


def rows(number: int = 1000, python: str = sys.executable) -> list[tuple[str, float | None, str]]:
    """Name, patients a second of processor time (None where not measured), error or reason."""
    out: list[tuple[str, float | None, str]] = []
    environment = {
        **os.environ,
        "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
    }
    there = installed(python)
    for name in KNOWN:
        if name not in there:
            out.append((name, None, "not installed"))
            continue
        size = number if name == "diffrax" else REFERRED
        made = subprocess.run(
            [python, __file__, name, str(size)], env=environment, text=True,
            capture_output=True, check=False,
        )  # fmt: skip
        if made.returncode:
            out.append((name, None, made.stderr.strip().splitlines()[-1]))
        else:
            out.append((name, *json.loads(made.stdout)))
    for name, reason in TRIED_IN_VAIN.items():
        if name not in there:
            out.append((name, None, f"not installed: {reason}"))
    return out


def measure(name: str, number: int) -> None:
    """In a process of its own: patients a second and the error, as JSON."""
    found, seconds = globals()[f"by_{name}"](number)
    exact = by_scipy(min(number, REFERRED), "DOP853", 1e-12)
    print(json.dumps([number / seconds, deviation(found, exact)]))


if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1] in KNOWN:
        measure(sys.argv[1], int(sys.argv[2]))
    else:
        parser = argparse.ArgumentParser()
        parser.add_argument("--peers", default=sys.executable, metavar="PYTHON")
        for peer, rate, words in rows(python=parser.parse_args().peers):
            print(f"{peer:44}{'-' if rate is None else f'{rate:,.0f}':>12}  {words}")
