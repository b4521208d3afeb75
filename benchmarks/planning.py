"""How long planning takes, warm: `python benchmarks/planning.py`.

A whole plan is 200 courses of what is left to give, weighed over 1000 draws from the state at the
decision, with the odds, the ranges of weights and the order; and the next sample among forty times.
Wall and processor time, the shortest and the median of several runs.
"""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np

from equipoise import examples, models, targets
from equipoise.cli.words import moment
from equipoise.courses import option_list
from equipoise.exposure import Known, know
from equipoise.files import read_record
from equipoise.joint import read_limit
from equipoise.nextdraw import samples
from equipoise.offer import parse_offer, proposals
from equipoise.target import Limit, Target

RUNS = 7
COURSES = 200


def timed(work: Callable[[], Any]) -> tuple[float, float, float]:
    """Wall: shortest and median; processor: shortest. The first run compiles and is left out."""
    work()
    wall, processor = [], []
    for _ in range(RUNS):
        begun, spent = time.perf_counter(), time.process_time()
        work()
        wall.append(time.perf_counter() - begun)
        processor.append(time.process_time() - spent)
    return min(wall), float(np.median(wall)), min(processor)


def known_of(name: str, when: str, model: str) -> Known:
    """A bundled patient under a model of the shelf."""
    record, _ = read_record(examples.path(name))
    at = moment(when, record)
    past = record.assuming_turnaround().until(at)
    return know({m.id: m for m in models.ALL}[model], past, at, seed=1, draws=1000)


def report(what: str, work: Callable[[], Any], goal: str) -> None:
    """One line of the table."""
    shortest, median, processor = timed(work)
    print(f"| {what} | {shortest:.3f} | {median:.3f} | {processor:.3f} | {goal} |")


def main() -> None:
    """Print the table."""
    print(f"{date.today()}, {platform.machine()}, load {os.getloadavg()[0]:.1f}, {RUNS} runs each")
    print("| what | wall s, shortest | wall s, median | processor s, shortest | goal |")
    print("|---|---:|---:|---:|---:|")
    shelf: dict[str, Target] = {t.id: t for t in targets.ALL}
    cases = (
        ("linear: busulfan, cumulative AUC", "busulfan_adult", "day-7T18:30",
         "busulfan_choe2012", "0.3", {"amounts": [f"{100 + i} mg" for i in range(COURSES)]}),
        ("ODE: sirolimus, steady trough", "sirolimus_adult", "day+15T18:00",
         "sirolimus_wu2012", "2", {"amounts": [f"{0.5 + 0.05 * i:g} mg" for i in range(COURSES)]}),
        ("linear: ATG, AUC after the graft", "atg_adult_unrelated", "day-2T18:00",
         "atg_thymoglobulin_linear", "0.3",
         {"amounts": [f"{i + 1} mg" for i in range(COURSES)]}),
    )  # fmt: skip
    for label, name, when, model, goal, content in cases:
        known = known_of(name, when, model)
        target = next(
            t for t in shelf.values()
            if t.agent == known.model.agent and t.metric.name in (
                "AUC_CUMULATIVE", "TROUGH", "AUC_POST")
        )  # fmt: skip
        offer = parse_offer({**content, "max_courses": COURSES}, known.record)
        courses = proposals(known, offer, target)
        assert len(courses) == COURSES, len(courses)

        def plan(known: Known = known, target: Target = target, courses: Any = courses) -> None:
            found = option_list(
                known, target, courses, research=True, rng=np.random.default_rng(1), sampled=False
            )
            assert len(found.options) == COURSES

        def draw(known: Known = known, target: Target = target) -> None:
            samples(known, target.metric, np.random.default_rng(1), 6.0)

        report(f"{label}: {COURSES} courses", plan, goal)
        report(f"{label}: next sample", draw, "10")
        if model == "sirolimus_wu2012":
            limit = read_limit("auc_interval < 300 ng.h/mL", known.model)

            def joint(
                known: Known = known,
                target: Target = target,
                courses: Any = courses,
                limit: Limit = limit,
            ) -> None:
                option_list(
                    known, target, courses, also=(limit,), research=True,
                    rng=np.random.default_rng(1), sampled=False,
                )  # fmt: skip

            report(f"{label} with a limit on the area: {COURSES} courses", joint, "")


if __name__ == "__main__":
    main()
