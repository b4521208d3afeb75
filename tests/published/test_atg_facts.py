"""What was published about active Thymoglobulin, held against the calibrated ensemble.

The ensemble (studies/atg_calibration/ensemble.csv) is a hypothesis. Rows that entered its distance
must come out again from a fresh simulation, near the numbers of docs/atg-calibration.md; rows that
were held out are predicted, and where they are missed the page says so.
"""

import importlib
import re
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "studies"))

anchors, cohorts, predictions, research, structures = (
    importlib.import_module(f"atg_calibration.{name}")
    for name in ("anchors", "cohorts", "predictions", "research", "structures")
)
run = importlib.import_module("equipoise.cli.entry").run

PAGE = (ROOT / "docs" / "atg-calibration.md").read_text(encoding="utf-8")
KINDS = structures.STRUCTURES
BOTH = pytest.mark.parametrize("kind", KINDS)
FRESH = 60


def table(head):
    """Rows of the page's table whose first head cell is `head`: first cell -> cells."""
    lines = PAGE.splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith(f"| {head} |"))
    found = {}
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        cells = [c.strip() for c in line.strip("|").split("|")]
        found[cells[0]] = cells
    return found


def interval(cell):
    """"9.1 (7.0 to 12)" -> 7.0, 9.1, 12."""
    middle, low, high = (float(x) for x in re.findall(r"-?\d+(?:\.\d+)?", cell))
    return low, middle, high


@pytest.fixture(scope="module")
def ensemble():
    """Both structures: name -> (draws,)."""
    return {kind: research.read(kind) for kind in KINDS}


@pytest.fixture(scope="module")
def fresh(ensemble):
    """Every anchor simulated anew from the first draws, with another seed than the study's."""
    found = {}
    for kind in KINDS:
        rng = np.random.default_rng(77)
        theta = {name: v[:FRESH] for name, v in ensemble[kind].items()}
        read = cohorts.simulate(kind, theta, rng)
        found[kind] = cohorts.summarize(read, theta, rng)
    return found


@pytest.fixture(scope="module")
def held(ensemble):
    """Held-out rows predicted from a few draws: (kind, words) -> prediction."""
    found = {}
    for kind in KINDS:
        theta = {name: v[:FRESH] for name, v in ensemble[kind].items()}
        for each in predictions.predict(kind, theta, 78, m=40):
            found[kind, each.what] = each
    return found


@BOTH
def test_the_saved_ensemble_gives_the_anchors_of_the_page(kind, fresh):
    shown = table("anchor")
    column = 3 if kind == KINDS[0] else 6
    for i, summary in enumerate(anchors.SUMMARIES[:-1]):
        low, middle, high = interval(shown[summary.shown][column])
        ours = fresh[kind][:, i]
        scale = np.log if summary.log else float
        spread = (scale(high) - scale(low)) / 3.29
        # Medians of 60 fresh draws and of the study's 200, each with its sampling error: 4 of them.
        error = 1.2533 * spread * np.sqrt(1 / FRESH + 1 / 200)
        assert np.median(ours) == pytest.approx(scale(middle), abs=4 * error), summary.shown
