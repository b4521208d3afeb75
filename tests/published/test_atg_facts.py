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
    """Rows of the page's table whose head begins so: first cell -> cells."""
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
    """ "9.1 (7.0 to 12)" -> 7.0, 9.1, 12."""
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
    shown = table("anchor | observed")
    column = 3 if kind == KINDS[0] else 6
    for i, summary in enumerate(anchors.SUMMARIES[:-1]):
        low, middle, high = interval(shown[summary.shown][column])
        ours = fresh[kind][:, i]
        scale = np.log if summary.log else float
        spread = (scale(high) - scale(low)) / 3.29
        # Medians of 60 fresh draws and of the study's 200, each with its sampling error: 4 of them.
        error = 1.2533 * spread * np.sqrt(1 / FRESH + 1 / 200)
        assert np.median(ours) == pytest.approx(scale(middle), abs=4 * error), summary.shown


# --- observed, and fitted ---------------------------------------------------------------------


def summary(fresh, kind, name):
    """Draws of one summary, as observed."""
    i = next(i for i, s in enumerate(anchors.SUMMARIES) if s.name == name)
    column = fresh[kind][:, i]
    return np.exp(column) if anchors.SUMMARIES[i].log else column


@BOTH
@pytest.mark.parametrize("name", [s.name for s in anchors.SUMMARIES[:-1]])
def test_every_anchor_lies_inside_what_the_ensemble_makes(kind, name, fresh):
    draws = summary(fresh, kind, name)
    seen = next(s for s in anchors.SUMMARIES if s.name == name)
    low, high = np.quantile(draws, (0.025, 0.975))
    observed = np.exp(seen.observed) if seen.log else seen.observed
    assert low <= observed <= high


def test_half_life_in_adults_after_6_mg_per_kg(fresh):
    # 6 d in two studies; 5-7 d is the tolerance proposed. The rival falls short: the page says so.
    assert 5.0 <= np.median(summary(fresh, "elimination", "half_life")) <= 7.0
    assert np.median(summary(fresh, "distribution", "half_life")) < 5.5


@BOTH
def test_total_exposure_after_10_mg_per_kg_straddles_the_window(kind, fresh):
    assert 80.0 <= np.median(summary(fresh, kind, "beijing")) <= 180.0


@BOTH
def test_children_keep_it_longer_after_10_than_after_6_to_8_mg_per_kg(kind, fresh):
    assert np.mean(summary(fresh, kind, "direction")) > 0.7


# --- held out ---------------------------------------------------------------------------------


def within(held, kind, words):
    """5, 50 and 95 % of one held-out row."""
    return held[kind, words].interval


@BOTH
def test_clearance_is_that_of_40_kg_above_40_kg(kind, held):
    low, middle, high = within(held, kind, "total AUC at 80 over that at 40 kg, same mg")
    assert abs(middle) < 5.0, (low, high)


@BOTH
def test_children_exposure_rises_with_weight_and_falls_with_lymphocytes(kind, held):
    rise = held[kind, "total AUC at 40 kg over that at 10 kg, 10 mg/kg"].draws
    assert np.median(rise) > 1.2
    assert np.mean(rise > 1.0) > 0.8
    assert (held[kind, "total AUC at 1.0 over that at 0.05 x10^9/L, 25 kg"].draws < 1.0).all()


@BOTH
def test_fixed_doses_leave_most_adults_outside_the_window(kind, held):
    # Bishop 2026 (simulation): about 25 %, none above.
    low, _, high = within(held, kind, "attainment, fixed 4.5-5 mg/kg on days -3 to -1")
    assert low <= 25.0 <= high
    best = next(v for (k, words), v in held.items() if k == kind and "best fixed total" in words)
    assert best.interval[1] < 45.0


@BOTH
def test_slope_with_weight(kind, held):
    low, _, high = within(held, kind, "change of the median AUC after the graft per 10 kg, "
                          "dosed per kg")  # fmt: skip
    assert low <= 10.0 <= high


@BOTH
def test_the_two_digest_numbers_lie_inside(kind, held):
    for name in ("digest_clearance", "digest_volume"):
        row = anchors.row(name)
        low, _, high = within(held, kind, row.what)
        assert low <= row.numbers[0] <= high, name


def test_what_is_missed_stands_on_the_page():
    missed = PAGE[PAGE.index("## What is not met") :]
    for words in ("first day below 1", "32 %", "101", "lymphocytes", "Grafalon"):
        assert words in missed, words


def test_the_tables_of_the_split_and_of_the_priors_are_those_of_the_code():
    pages = importlib.import_module("atg_calibration.pages")
    assert pages.split_table() in PAGE
    assert pages.prior_table() in PAGE


def test_what_weakens_the_strategies_stands_before_their_numbers():
    start = PAGE.index("## What would do better")
    before = PAGE[start : PAGE.index("| strategy, the population known |")]
    for words in ("at most 32 %", "`SD_CL`", "failed the rank test", "as early as our prior"):
        assert words in before, words


@BOTH
def test_with_kinetics_known_what_fails_needs_more_than_10_mg_per_kg(kind, ensemble):
    strategies = importlib.import_module("atg_calibration.strategies")
    who = strategies.people(60, 20261122)
    shown = table("strategy, the population known")[strategies.KNOWN.name]
    attained = []
    for i in range(30):
        draw = {name: float(v[i]) for name, v in ensemble[kind].items()}
        belief = strategies.Belief(kind, draw)
        own = (who.deviations * belief.spread)[:, None, :]
        _, after = strategies.read(
            belief, who.weight, who.lymphocytes, own, (), (-3, -2, -1), strategies.GRID, ()
        )
        reached = 0
        for kg, areas in zip(who.weight, after[:, 0], strict=True):
            vials = np.arange(0.0, 10.0 * kg + 1e-9, strategies.VIAL) / kg
            tried = np.interp(vials, strategies.GRID, areas)
            inside = ((tried >= strategies.LOW) & (tried <= strategies.HIGH)).any()
            assert inside or tried.max() < strategies.LOW
            reached += inside
        attained.append(100.0 * reached / len(who.weight))
    _, middle, _ = interval(shown[1 + KINDS.index(kind)])
    assert np.median(attained) == pytest.approx(middle, abs=0.05)


# --- as research ------------------------------------------------------------------------------


@BOTH
def test_the_ensemble_as_one_model_gives_bands_and_no_option(kind, capsys):
    file = str(ROOT / "examples" / "models" / f"atg_calibrated_{kind}.py")
    record = str(ROOT / "src" / "equipoise" / "examples" / "atg_adult_unrelated.json")
    asked = ["plan", record, "--at", "day-2T18:00", "--model", file, "--target",
             "thymoglobulin_adult_unrelated_post_60_90"]  # fmt: skip
    assert run(asked) == 2
    assert "is hypothesis: it gives exposure bands, not options" in capsys.readouterr().err
    assert run([*asked, "--research"]) == 0
    assert "NOT FOR DOSING" in capsys.readouterr().out


@BOTH
def test_one_model_moves_whatever_the_ensemble_leaves_open_of_the_kinetics(kind):
    open_ = {p.name for p in structures.PRIORS[kind] if p.kind == "kinetics"} | {"AU"}
    assert set(research.MOVED[kind]) == open_ - {"WEIGHT", "VWEIGHT"}
    assert set(research.of(kind).etas) == set(research.MOVED[kind])


@BOTH
def test_one_model_spreads_as_the_ensemble_does(kind, ensemble):
    model = research.of(kind)
    assert np.linalg.eigvalsh(model.omega_matrix).min() > 0.0
    i = model.etas.index("CL")
    logs = np.log(ensemble[kind]["CL"])
    between = (ensemble[kind]["SD_CL"] ** 2).mean()
    assert model.omega[i][i] == pytest.approx(logs.var(ddof=1) + between, rel=1e-6)
    assert model.thetas["CL"].number == pytest.approx(np.median(ensemble[kind]["CL"]))
