"""The engine beside a hand-written floor and its peers: patients a second, errors, compile times.

    python benchmarks/engine.py [--quick] [--sizes 10000,100000,1000000] [--repeats 5]
                                [--peers PYTHON]

Two compartments with linear and saturable elimination in parallel, four infusions, 40 outputs,
rtol 1e-6, log-normal parameters (30 % on each), with one schedule for all and with each patient on
its own. Two floors are compiled here when g++ is there: `floor/shared_steps.cpp`, where 32 patients
share their steps, and `floor/own_steps.cpp`, by the engine's own method. Engine and floors take
turns; the best of the repeats counts. With one thread the clock is the processor time of the
thread, which other work on the machine hardly changes; with more it is wall time, which it does.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
TYPICAL = np.array([0.5, 10.0, 0.5, 20.0, 8.0, 1.0])
NAMES = ("CL", "V1", "Q", "V2", "VM", "KM")
DOSE, INFUSIONS, SAMPLES = 100.0, 4, 40
RTOL, ATOL = 1e-6, 1e-10
REFERRED = 64
"""Patients whose error is measured."""
FLAGS = ("-std=c++17", "-O3", "-march=native", "-ffast-math", "-shared", "-fPIC", "-pthread")
WIDE = ("-mprefer-vector-width=512", "-DFLOOR_WIDE")


def saturable(t, x, p, dx):  # type: ignore[no-untyped-def]  # noqa: ARG001
    """Two compartments, linear and saturable elimination in parallel."""
    concentration = x[0] / p[1]
    exchange = p[2] * (concentration - x[1] / p[3])
    dx[0] = -p[0] * concentration - exchange - p[4] * concentration / (p[5] + concentration)
    dx[1] = exchange


def linear(t, x, p, dx):  # type: ignore[no-untyped-def]  # noqa: ARG001
    """The same without the saturable path."""
    exchange = p[2] * (x[0] / p[1] - x[1] / p[3])
    dx[0] = -p[0] / p[1] * x[0] - exchange
    dx[1] = exchange


def courses(number: int, own: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Beginnings (S, 4) and durations (S, 4) of infusions and times of samples (S, 40), hours."""
    times = np.linspace(3.0, 120.0, SAMPLES)
    if not own:
        return 24.0 * np.arange(INFUSIONS)[None], np.full((1, INFUSIONS), 6.0), times[None]
    drawn = np.random.default_rng(2).uniform(size=(number, INFUSIONS + SAMPLES))
    begins = np.zeros((number, INFUSIONS))
    begins[:, 1:] = np.cumsum(20.0 + 8.0 * drawn[:, 1:INFUSIONS], axis=1)
    durations = np.repeat(4.0 + 4.0 * drawn[:, :1], INFUSIONS, axis=1)
    return begins, durations, times + 2.8 * (drawn[:, INFUSIONS:] - 0.5)


def patients(number: int) -> np.ndarray:
    """Parameters (number, 6)."""
    rng = np.random.default_rng(1)
    return np.asarray(TYPICAL * np.exp(0.3 * rng.normal(size=(number, len(TYPICAL)))))


def problem_of(parameters: np.ndarray, own: bool):  # type: ignore[no-untyped-def]
    """What `solve` makes of schedules and times, from arrays: a million schedules as objects would
    take longer to make than to solve."""
    from equipoise.kinetics.events import BEFORE
    from equipoise.kinetics.problem import Problem
    from equipoise.kinetics.schedule import Packed

    number = len(parameters)
    begins, durations, times = courses(number, own)
    schedules = len(begins)
    doses = np.zeros((schedules * INFUSIONS, 10))
    doses[:, 0], doses[:, 1], doses[:, 3] = begins.ravel(), DOSE, durations.ravel()
    doses[:, 7] = -1.0
    packed = Packed(
        INFUSIONS * np.arange(schedules + 1), doses, np.zeros(schedules + 1, dtype=np.int64),
        np.empty(0), np.empty(0, dtype=np.int64), np.zeros(schedules + 1, dtype=np.int64),
        np.empty(0), begins[:, 0].copy(),
    )  # fmt: skip
    return Problem(
        packed=packed,
        schedule_of=np.arange(number) if own else np.zeros(number, dtype=np.int64),
        out_from=SAMPLES * np.arange(schedules + 1),
        out_times=times.ravel(),
        out_after=np.full(times.size, BEFORE, dtype=np.int64),
        order=None,
        start=np.zeros(number),
        parameters=parameters[:, None, :].copy(),
        bioavailability=np.ones((1, 1, 2)),
        lag=np.zeros((1, 1, 2)),
        modeled_rate=np.ones((1, 1, 2)),
        modeled_duration=np.ones((1, 1, 2)),
        initial=np.zeros((number, 2)),
        observed=np.empty((0, 2), dtype=np.int64),
    )


class Floor:
    """A C++ program, compiled for this machine.

    name  `shared_steps` or `own_steps`
    """

    def __init__(self, folder: Path, name: str) -> None:
        self.name = name
        info = Path("/proc/cpuinfo")
        flags = info.exists() and "avx512f" in info.read_text()
        target = folder / f"{name}.so"
        source = HERE / "floor" / f"{name}.cpp"
        subprocess.run(
            ["g++", *FLAGS, *(WIDE if flags else ()), "-o", str(target), str(source)], check=True
        )
        self._library = library = ctypes.CDLL(str(target))
        numbers = np.ctypeslib.ndpointer(dtype=np.float64, flags="C")
        long, double = ctypes.c_int64, ctypes.c_double
        library.floor_solve.restype = long
        library.floor_solve.argtypes = [
            *[long] * 4, *[numbers] * 4, *[double] * 3, numbers, ctypes.c_int
        ]  # fmt: skip
        library.floor_operations.restype = long
        library.floor_peak.restype = double
        self.attempts = 0

    def solve(
        self, parameters: np.ndarray, course: tuple[np.ndarray, ...], threads: int
    ) -> np.ndarray:
        """Amounts (L, 40, 2)."""
        amounts = np.empty((len(parameters), SAMPLES, 2))
        self.attempts = self._library.floor_solve(
            len(parameters), INFUSIONS, SAMPLES, int(len(course[0]) > 1), parameters, *course,
            DOSE, RTOL, ATOL, amounts, threads,
        )  # fmt: skip
        return amounts

    def share(self, seconds: float) -> str:
        """What part of the machine's multiply-adds the steps alone used, as a sentence."""
        peak = self._library.floor_peak()
        found = self.attempts * self._library.floor_operations() / seconds / peak
        width = self._library.floor_width()
        return (
            f"{self.name}: {100 * found:.0f} % of the {width}-bit multiply-add peak as issued "
            f"({peak / 1e9:.0f} GFLOP/s measured), counting the stages and the error of its steps"
        )


def turns(works: dict[str, Callable[[], object]], repeats: int, threads: int) -> dict[str, float]:
    """Shortest time of each, seconds; they take turns, and a first turn is not counted."""
    clock = time.thread_time if threads == 1 else time.perf_counter
    best = dict.fromkeys(works, np.inf)
    for turn in range(repeats + 1):
        for name, work in works.items():
            begin = clock()
            work()
            spent = clock() - begin
            if turn or repeats == 0:
                best[name] = min(best[name], spent)
    return best


def deviation(amounts: np.ndarray, exact: np.ndarray) -> str:
    """Largest difference, relative to the value and to the patient's largest value."""
    some = amounts[: len(exact)]
    apart = np.abs(some - exact)
    peak = exact.max(axis=1, keepdims=True)
    return f"{np.max(apart / np.abs(exact)):.1e} ({np.max(apart / peak):.1e})"


def by_scipy(number: int, method: str, rtol: float = RTOL) -> np.ndarray:
    """scipy, patient after patient, from event to event."""
    from scipy.integrate import solve_ivp

    begins, durations, times = (each[0] for each in courses(1, False))
    parameters = patients(REFERRED)[:number]
    edges = np.unique([0.0, *begins, *(begins + durations), times[-1]])
    amounts = np.empty((number, SAMPLES, 2))
    for lane, p in enumerate(parameters):
        x = np.zeros(2)
        for begin, end in pairwise(edges):
            running = (begins <= begin) & (begin < begins + durations)
            rate = np.sum(DOSE / durations[running])

            def slopes(t: float, x: np.ndarray, p=p, rate=rate):  # type: ignore[no-untyped-def]
                dx = np.empty(2)
                saturable(t, x, p, dx)
                dx[0] += rate
                return dx

            inside = (times > begin) & (times <= end)
            found = solve_ivp(
                slopes, (begin, end), x, method=method, rtol=rtol, atol=ATOL * DOSE * rtol / RTOL,
                t_eval=np.unique([*times[inside], end]),
            )  # fmt: skip
            amounts[lane, inside] = found.y.T[: inside.sum()]
            x = found.y[:, -1]
    return amounts


def speed(sizes: list[int], repeats: int, floors: list[Floor]) -> dict[str, float]:
    """Print the main table; returns the ratios that have a goal."""
    from equipoise.kinetics import System
    from equipoise.kinetics.integrate import integrate

    system = System(("central", "peripheral"), NAMES, saturable)
    ratios: dict[str, float] = {}
    exact = {
        own: integrate(
            system, problem_of(patients(max(sizes))[:REFERRED], own),
            rtol=1e-12, atol=1e-15, strict=True, workers=1,
        ).amounts
        for own in (False, True)
    }  # fmt: skip
    heads = "".join(f"{f.name + '/s':>16}{'of it':>7}" for f in floors)
    print(f"{'patients':>9} {'schedules':9} {'threads':>7}{'engine/s':>12}{heads}"
          "  error, relative (to the peak)")  # fmt: skip
    for number in sizes:
        parameters = patients(max(sizes))[:number]
        turned = repeats if number <= 100_000 else 1
        spent: dict[tuple[bool, int], float] = {}
        for own in (False, True):
            problem, course = problem_of(parameters, own), courses(number, own)
            for threads in (1, 2):
                kept: list[np.ndarray] = []

                def engine(problem=problem, threads=threads, kept=kept):  # type: ignore[no-untyped-def]
                    kept[:] = []
                    kept.append(integrate(
                        system, problem, rtol=RTOL, atol=ATOL, strict=False, workers=threads
                    ).amounts)  # fmt: skip

                works: dict[str, Callable[[], object]] = {"engine": engine}
                for each in floors:
                    works[each.name] = lambda f=each, p=parameters, n=threads, c=course: f.solve(
                        p, c, n
                    )
                best = turns(works, turned, threads)
                spent[own, threads] = best["engine"]
                shares = {f.name: best[f.name] / best["engine"] for f in floors}
                beside = "".join(
                    f"{number / best[name]:16,.0f}{share:7.2f}" for name, share in shares.items()
                )
                error = deviation(kept[0], exact[own])
                schedules = "own" if own else "one"
                print(f"{number:9} {schedules:9} {threads:7}{number / best['engine']:12,.0f}"
                      f"{beside}  {error}", flush=True)  # fmt: skip
                if threads == 1:
                    for each in floors:
                        print(f"{'':10}{each.share(best[each.name])}")
                        ratios[f"of {each.name}, {schedules}, {number}"] = shares[each.name]
        ratios[f"own schedules / one schedule, {number}"] = spent[True, 1] / spent[False, 1]
        # Both by the clock on the wall, in turns.
        problem = problem_of(parameters, False)
        walls = [np.inf, np.inf]
        for _ in range(turned + 1):
            for threads in (1, 2):
                begin = time.perf_counter()
                integrate(system, problem, rtol=RTOL, atol=ATOL, strict=False, workers=threads)
                walls[threads - 1] = min(walls[threads - 1], time.perf_counter() - begin)
        ratios[f"two threads / one, {number}"] = walls[0] / walls[1]
    return ratios


def others(repeats: int, python: str) -> dict[str, float]:
    """Print `solve` with schedules as objects, the closed form, scipy and other peers."""
    import peers

    from equipoise.kinetics import DoseEvent, Linear, Schedule, System, solve

    system = System(("central", "peripheral"), NAMES, saturable)
    number = 10_000
    parameters = patients(number)

    def schedules(own: bool) -> tuple[list[Schedule], list[np.ndarray]]:
        begins, durations, times = courses(number, own)
        made = [
            Schedule(
                tuple(
                    DoseEvent(float(at), DOSE, duration=float(hours))
                    for at, hours in zip(*each, strict=True)
                )
            )
            for each in zip(begins, durations, strict=True)
        ]
        return made, list(times)

    print(f"\n{'one thread, 10 000 patients':44}{'patients/s':>12}")
    for own in (False, True):
        made, times = schedules(own)
        best = turns({"": lambda m=made, t=times: solve(system, m, t, parameters, threads=1)},
                     repeats, 1)  # fmt: skip
        print(f"{'solve, ' + ('own schedules' if own else 'one schedule'):44}"
              f"{number / best['']:12,.0f}")  # fmt: skip
    made, times = schedules(False)
    ode = System(("central", "peripheral"), NAMES[:4], linear)
    best = turns(
        {
            "closed": lambda: solve(
                Linear(2, depot=False), made, times, parameters[:, :4], threads=1
            ),
            "ode": lambda: solve(ode, made, times, parameters[:, :4], threads=1),
        },
        repeats,
        1,
    )
    print(f"{'linear model, closed form':44}{number / best['closed']:12,.0f}")
    print(f"{'linear model, as an ODE':44}{number / best['ode']:12,.0f}")
    exact = by_scipy(8, "DOP853", 1e-12)
    for method in ("LSODA", "RK45"):
        begin = time.thread_time()
        found = by_scipy(8, method)
        spent = time.thread_time() - begin
        print(f"{'scipy solve_ivp ' + method:44}{8 / spent:12,.0f}  {deviation(found, exact)}")
    for name, rate, words in peers.rows(python=python):
        print(f"{name:44}{'-' if rate is None else f'{rate:,.0f}':>12}  {words}")
    return {"closed form / ODE": best["ode"] / best["closed"]}


def first_call(model: str) -> None:
    """In a process of its own: the first answer of a model, as JSON."""
    begin, used = time.perf_counter(), time.process_time()
    from equipoise.kinetics import DoseEvent, Linear, Schedule, System, solve

    system: Linear | System
    if model.startswith("closed"):
        system = Linear(2, depot=model != "closed form")
        names = system.parameter_names
    else:
        rates, names = (saturable, NAMES) if model == "saturable" else (linear, NAMES[:4])
        system = System(("central", "peripheral"), names, rates)
    observe = [(1, 2)] if model == "closed form, depot, areas" else []
    course = Schedule((DoseEvent(0.0, DOSE, duration=6.0),))
    solve(system, [course], [[24.0]], TYPICAL[None, : len(names)], observe=observe, threads=1)
    print(json.dumps([time.perf_counter() - begin, time.process_time() - used]))


def compiling() -> dict[str, float]:
    """Print how long a first answer takes in a fresh process."""
    print(f"\n{'first answer in a fresh process, with imports':52}{'processor s':>12}{'wall s':>8}")
    ratios = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, model in (
            ("nothing on disk", "saturable"),
            ("a new model, the stepper on disk", "linear"),
            ("all on disk", "saturable"),
            ("the first closed form", "closed form"),
            ("a new closed form, depot", "closed form, depot"),
            ("a new closed form, depot, areas", "closed form, depot, areas"),
        ):
            done = subprocess.run(
                [sys.executable, str(HERE / "engine.py"), "--first-call", model],
                env={**os.environ, "EQUIPOISE_CACHE": folder}, check=True, capture_output=True,
                text=True,
            )  # fmt: skip
            wall, used = json.loads(done.stdout)
            print(f"{name:52}{used:12.1f}{wall:8.1f}", flush=True)
            ratios[f"first answer, {name}, s"] = used
    return ratios


def estimation() -> None:
    """Print the table of `benchmarks/estimation.py`."""
    import estimation as of_estimates

    print()
    of_estimates.main()


def machine() -> str:
    """The processor as the system names it, and how many there are."""
    name = platform.processor()
    info = Path("/proc/cpuinfo")
    if info.exists():
        models = [line for line in info.read_text().splitlines() if line.startswith("model name")]
        name = models[0].split(":")[1].strip() if models else name
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    return f"{name}, {os.cpu_count()} cores{load}"


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="under a minute: few patients")
    parser.add_argument("--sizes", default="10000,100000,1000000")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument(
        "--peers",
        default=sys.executable,
        metavar="PYTHON",
        help="the interpreter of an environment made from benchmarks/peers.txt",
    )
    parser.add_argument("--no-compiling", action="store_true")
    parser.add_argument("--first-call", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.first_call:
        first_call(asked.first_call)
        return
    sizes = [2048] if asked.quick else [int(each) for each in asked.sizes.split(",")]
    repeats = 2 if asked.quick else asked.repeats
    print(machine())
    with tempfile.TemporaryDirectory() as folder:
        floors: list[Floor] = []
        if shutil.which("g++"):
            floors = [Floor(Path(folder), name) for name in ("shared_steps", "own_steps")]
        else:
            print("no floor: g++ is not there")
        ratios = speed(sizes, repeats, floors)
        ratios |= others(repeats, asked.peers)
        if not asked.no_compiling:
            ratios |= compiling()
        estimation()
    print("\nratios and times that have a goal")
    for name, value in ratios.items():
        print(f"{name:52}{value:8.2f}")


if __name__ == "__main__":
    main()
