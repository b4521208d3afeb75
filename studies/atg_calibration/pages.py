"""Tables and figures of the result page, from the arrays of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from atg_calibration import figures, inference, strategies
from atg_calibration.anchors import ROWS, SUMMARIES, Row
from atg_calibration.inference import Posterior, Table
from atg_calibration.predictions import Prediction
from atg_calibration.structures import PRIORS, STRUCTURES, values
from equipoise.report.svg import Drawing

Array = NDArray[np.float64]
Done = Mapping[str, tuple[Table, Posterior, Table, Posterior]]
Checks = Mapping[str, tuple[Array, Array]]
Arms = Mapping[str, Mapping[str, Array]]

FLOOR = 0.2
"""Contraction below which a parameter counts as uncontracted (ours)."""
BINS = 10
WORDS = {
    "CL": "linear clearance", "V1": "central volume", "Q": "flow between the two",
    "V2": "second volume", "CLS": "saturable clearance", "KM": "its half-saturation",
    "CLB": "uptake by binding", "KT": "its half-saturation", "KOUT": "leaving the bound pool",
    "LOST": "share of it lost", "LYMPH": "effect of lymphocytes",
    "WEIGHT": "weight on clearances", "VWEIGHT": "weight on volumes",
    "SD_CL": "spread of CL", "SD_V": "spread of V1", "SD_SINK": "spread of the sink",
    "ERROR": "error of a level", "AU": "AU per ug", "WALLER": "Waller's ug per AU",
    "UE": "UE per AU", "CD34_DOSE": "CD34 cohort, dose", "CD34_LAST": "CD34 cohort, last day",
    "AB_DOSE": "alpha-beta, dose", "AB_START": "alpha-beta, first day",
}  # fmt: skip


def span(draws: Array, log: bool = False) -> tuple[float, float, float]:
    """5, 50 and 95 %."""
    low, middle, high = np.nanquantile(draws, (0.05, 0.5, 0.95))
    f = np.exp if log else float
    return float(f(low)), float(f(middle)), float(f(high))


def said(each: tuple[float, float, float]) -> str:
    """Middle and interval for a table: "9.1 (7.0-12)"."""
    low, middle, high = (f"{v:.3g}" if abs(v) < 100 else f"{v:.0f}" for v in each)
    return f"{middle} ({low} to {high})"


def contractions(done: Done) -> dict[str, dict[str, float]]:
    """Structure -> parameter -> contraction."""
    return {
        kind: dict(zip((p.name for p in PRIORS[kind]), inference.contraction(made[3]), strict=True))
        for kind, made in done.items()
    }


def _rows(lines: Sequence[Sequence[str]], head: Sequence[str]) -> str:
    whole = [head, ["---"] * len(head), *lines]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in whole) + "\n"


def _printed(r: Row) -> str:
    if r.unit == "1" and set(r.numbers) == {1.0}:
        return "in words"
    return ", ".join(f"{n:g}" for n in r.numbers) + ("" if r.unit == "1" else f" {r.unit}")


def split_table() -> str:
    """The declared split as Markdown."""
    return _rows(
        [
            [r.role.value, r.what, _printed(r), f"{r.source} ({r.read})", r.why]
            for r in sorted(ROWS, key=lambda r: list(type(r.role)).index(r.role))
        ],
        ["role", "what", "printed", "source (read)", "why"],
    )  # fmt: skip


def prior_table() -> str:
    """Every prior with its reason as Markdown."""
    every = {p.name: p for kind in STRUCTURES for p in PRIORS[kind]}
    lines = []
    for p in every.values():
        low, high = p.value(np.array([-1.645, 1.645]))
        owners = [k for k in STRUCTURES if p in PRIORS[k]]
        lines.append([
            p.name, WORDS[p.name], p.unit, f"{p.center:g} ({low:.2g} to {high:.2g})",
            "both" if len(owners) == 2 else owners[0], p.reason,
        ])  # fmt: skip
    return _rows(lines, ["parameter", "what", "unit", "median (90 %)", "structure", "reason"])


def tables(
    done: Done,
    fits: Mapping[str, Array],
    out: Mapping[str, Sequence[Prediction]],
    checks: Checks,
    arms: Arms,
    unsure: Sequence[strategies.Strategy],
    seconds: float,
    seed: int,
) -> str:
    """Every table of the page as Markdown."""
    parts = [f"seed {seed}, {seconds / 60.0:.1f} minutes of processor time\n"]
    parts += [split_table(), prior_table()]
    for kind, (first, rough, second, fine) in done.items():
        parts.append(
            f"{kind}: first table {len(first.z)}, kept {len(rough.z)} within {rough.farthest:.2f}, "
            f"effective {rough.effective:.0f}; second {len(second.z)}, kept {len(fine.z)} within "
            f"{fine.farthest:.2f}, effective {fine.effective:.0f}\n"
        )
    lines = []
    for i, summary in enumerate(SUMMARIES):
        seen = np.exp(summary.observed) if summary.log else summary.observed
        cells = [summary.shown, f"{seen:.3g}"]
        for kind in STRUCTURES:
            cells += [said(span(done[kind][0].s[:, i], summary.log)),
                      said(span(fits[kind][:, i], summary.log))]  # fmt: skip
            tail = float(np.mean(fits[kind][:, i] <= summary.observed))
            cells.append(f"{100.0 * tail:.0f} %")
        lines.append(cells)
    parts.append(_rows(lines, ["anchor", "observed"] + [
        f"{kind}, {when}" for kind in STRUCTURES for when in ("before", "after", "draws below")
    ]))  # fmt: skip
    shrunk = contractions(done)
    lines = []
    for kind in STRUCTURES:
        fine = done[kind][3]
        theta = values(kind, fine.z)
        before = values(kind, np.random.default_rng(0).standard_normal((4000, len(PRIORS[kind]))))
        global_p, local_p = (inference.uniformity(r)[1] for r in checks[kind])
        for j, p in enumerate(PRIORS[kind]):
            quantile = fine.quantiles(theta[p.name], (0.05, 0.5, 0.95))
            lines.append([
                kind, p.name, p.unit, said(span(before[p.name])),
                said((quantile[0], quantile[1], quantile[2])), f"{shrunk[kind][p.name]:.2f}",
                f"{global_p[j]:.4f}", f"{local_p[j]:.4f}",
            ])  # fmt: skip
    parts.append(_rows(lines, ["structure", "parameter", "unit", "before", "after", "contraction",
                               "p, whole prior", "p, near the data"]))  # fmt: skip
    for kind in STRUCTURES:
        weak = ", ".join(n for n, c in shrunk[kind].items() if c < FLOOR)
        parts.append(f"{kind}, uncontracted (below {FLOOR}): {weak}\n")
    lines = []
    for mine, other in zip(out["elimination"], out["distribution"], strict=True):
        lines.append([mine.what, mine.unit, mine.expected, said(mine.interval),
                      said(other.interval)])  # fmt: skip
    parts.append(_rows(lines, ["held out", "unit", "published", *STRUCTURES]))
    lines = []
    for i, strategy in enumerate(strategies.STRATEGIES):
        lines.append([strategy.name] + [said(span(arms[k]["same"][i])) for k in STRUCTURES])
    parts.append(_rows(lines, ["strategy, the population known", *STRUCTURES]))
    lines = []
    for i, strategy in enumerate(unsure):
        for j, belief in enumerate(("another draw", "the rival")):
            lines.append([strategy.name, belief]
                         + [said(span(arms[k]["others"][i, j])) for k in STRUCTURES])  # fmt: skip
    parts.append(_rows(lines, ["strategy", "belief", *STRUCTURES]))
    lines = []
    for i, eta in enumerate(("CL", "V1", "saturable part")):
        lines.append([eta] + [said(span(100.0 * arms[k]["shrinkage"][i])) for k in STRUCTURES])
    parts.append(_rows(lines, [f"shrinkage, %: {strategies.LOW_EARLY.name}", *STRUCTURES]))
    return "\n".join(parts)


def drawings(
    done: Done, fits: Mapping[str, Array], checks: Checks, arms: Arms
) -> dict[str, Drawing]:
    """The figures of the page by file name."""
    ratio, before = [], {}
    for kind in STRUCTURES:
        before[kind] = {}
    for i, summary in enumerate(SUMMARIES[:-1]):
        seen = np.exp(summary.observed) if summary.log else summary.observed
        row = {}
        for kind in STRUCTURES:
            whole = span(fits[kind][:, i], summary.log)
            prior = span(done[kind][0].s[:, i], summary.log)
            row[kind] = tuple(max(v, 1e-3) / seen for v in whole)
            before[kind][summary.shown] = tuple(max(v, 1e-3) / seen for v in prior)
        ratio.append((summary.shown, row))
    shrunk = contractions(done)
    names = dict.fromkeys(p.name for kind in STRUCTURES for p in PRIORS[kind])
    order = sorted(names, key=lambda n: -max(shrunk[k].get(n, -1.0) for k in STRUCTURES))
    panels = []
    for kind in STRUCTURES:
        counts, _ = inference.uniformity(checks[kind][1], bins=BINS)
        panels += [
            (kind, p.name, counts[j]) for j, p in enumerate(PRIORS[kind])
            if p.kind in ("kinetics", "variability")
        ]  # fmt: skip
    replicates = len(checks[STRUCTURES[0]][1])
    attained = [
        (s.name, {k: span(arms[k]["same"][i]) for k in STRUCTURES})
        for i, s in enumerate(strategies.STRATEGIES)
    ]
    return {
        "atg_anchors": figures.intervals(
            "Simulated over observed, each anchor, 5-50-95 %",
            "The fit to each anchor before and after, as a ratio to what was observed.",
            ratio, "simulated / observed", logarithmic=True, left=250.0,
            marks=((1.0, "observed"),), faint=before, ends=(0.1, 10.0),
        ),
        "atg_contraction": figures.bars(
            "Contraction: 1 - SD after / SD before",
            "How much the observations narrowed each parameter.",
            [
                (f"{n}: {WORDS[n]}", {k: shrunk[k][n] for k in STRUCTURES if n in shrunk[k]})
                for n in order
            ],
            FLOOR,
        ),
        "atg_ranks": figures.histograms(
            f"Ranks of the true parameter among posterior draws, {replicates} replicates near the "
            "data",
            "Rank histograms of the kinetic and variability parameters.",
            panels, replicates / BINS,
        ),
        "atg_strategies": figures.intervals(
            "Adults inside 60-95 AU.d/mL after the graft, %: 5-50-95 % over the ensemble",
            "Attainment of the window by each strategy under each structure.",
            attained, "% of virtual adults", left=430.0,
            marks=((25.0, ""), (32.0, "Bishop 2026: 25 fixed, 32 guided")),
            ends=(0.0, 100.0),
        ),
    }  # fmt: skip
