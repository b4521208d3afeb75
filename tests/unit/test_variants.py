"""A flatter prior and held etas against what they must mean."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from equipoise.likelihood import Observed, Subject, minus_two_log, predicted, with_errors
from equipoise.mode import find_mode
from equipoise.model import PlainDose, course, structural_parameters
from equipoise.models import ALL
from equipoise.occasions import expanded
from equipoise.variants import FLAT, with_fixed, with_places, with_prior_weight
from imported_streams import imported, stream
from occasion_models import two_days

MODEL = next(m for m in ALL if m.id == "tacrolimus_dunlap2025")


def subject() -> Subject:
    doses = [PlainDose(12.0 * i, 2.0, "oral") for i in range(6)]
    covariates = {name: c.reference for name, c in MODEL.covariates.items()}
    levels = ((23.9, 6.0), (47.9, 9.5), (62.0, 14.0))
    observed = tuple(Observed(at, MODEL.analytes[0], level) for at, level in levels)
    return Subject("made", course(MODEL, doses, covariates=covariates), observed)


def test_the_weight_multiplies_the_prior_and_nothing_else() -> None:
    mode = find_mode(with_prior_weight(MODEL, 0.25), subject()).eta
    omega = np.linalg.inv(MODEL.omega_matrix)

    def objective(eta: np.ndarray, weight: float) -> float:
        f = predicted(MODEL, subject(), eta[None, :])
        return float(minus_two_log(MODEL, subject(), f).sum() + weight * eta @ omega @ eta)

    best = objective(mode, 0.25)
    for i in range(len(mode)):
        for step in (-1e-3, 1e-3):
            moved = mode.copy()
            moved[i] += step
            assert objective(moved, 0.25) > best


def test_a_flat_prior_follows_the_levels_more_closely() -> None:
    def misfit(weight: float) -> float:
        eta = find_mode(with_prior_weight(MODEL, weight), subject()).eta
        f = predicted(MODEL, subject(), eta[None, :])[0]
        return float(np.sum((f - [o.number for o in subject().observed]) ** 2))

    assert misfit(0.01) < misfit(1.0) < misfit(100.0)


def test_a_weight_of_one_is_the_model() -> None:
    assert with_prior_weight(MODEL, 1.0) is MODEL


@pytest.mark.parametrize("weight", [0.0, -1.0, float("nan"), float("inf")])
def test_a_weight_must_be_above_zero(weight: float) -> None:
    with pytest.raises(ValueError, match="above 0"):
        with_prior_weight(MODEL, weight)


def test_the_flattest_prior_leaves_the_levels_to_themselves() -> None:
    flat = find_mode(with_prior_weight(MODEL, FLAT), subject())
    firmer = find_mode(with_prior_weight(MODEL, 10.0 * FLAT), subject())
    assert flat.converged
    np.testing.assert_allclose(flat.eta, firmer.eta, atol=1e-3)
    with pytest.raises(ValueError, match="at least 1e-06, not 1e-07"):
        with_prior_weight(MODEL, 1e-7)


def test_a_held_eta_leaves_its_parameter_typical() -> None:
    held = with_fixed(MODEL, ["V2"])
    assert "V2" not in held.etas
    assert held.omega_matrix.shape == (len(MODEL.etas) - 1,) * 2
    mode = find_mode(held, subject())
    place = [MODEL.etas.index(name) for name in held.etas]
    whole = np.zeros(len(MODEL.etas))
    whole[place] = mode.eta
    assert predicted(held, subject(), mode.eta[None, :]) == pytest.approx(
        predicted(MODEL, subject(), whole[None, :]), rel=1e-12
    )


def test_a_held_eta_leaves_its_occasions_to_vary() -> None:
    model = two_days()
    what = course(model, [PlainDose(0.0, 100.0, "iv")], covariates={})
    whole = expanded(model, [1, 2])
    assert whole.etas == ("CL", "V", "CL, occasion 1", "CL, occasion 2")
    held = with_fixed(whole, ["CL"])
    assert held.etas == ("V", "CL, occasion 1", "CL, occasion 2")
    some = np.array([[0.1, 0.2, -0.3]])
    full = with_places(whole, ["CL"], some)
    assert full.tolist() == [[0.0, 0.1, 0.2, -0.3]]
    cl = structural_parameters(held, what, some)["CL"][0]
    assert cl[:2] == pytest.approx([5.0 * np.exp(0.2), 5.0 * np.exp(-0.3)])
    # Held before or after its occasions are known, it is the same eta.
    before = expanded(with_fixed(model, ["CL"]), [1, 2])
    assert structural_parameters(before, what, some)["CL"][0] == pytest.approx(cl)


def test_an_occasion_is_held_by_its_printed_name() -> None:
    model = two_days()
    what = course(model, [PlainDose(0.0, 100.0, "iv")], covariates={})
    held = with_fixed(expanded(model, [1, 2]), ["CL, occasion 1"])
    assert held.etas == ("CL", "V", "CL, occasion 2")
    cl = structural_parameters(held, what, np.array([[0.1, 0.0, 0.4]]))["CL"][0]
    assert cl[:2] == pytest.approx([5.0 * np.exp(0.1), 5.0 * np.exp(0.5)])


def test_a_held_eta_of_the_residual_error(tmp_path: Path) -> None:
    text = stream(
        "CL = 5*EXP(ETA(1))\nV = 50\nS1 = V", error="Y = F + F*EXP(ETA(2))*EPS(1)",
        omega="0.1 0.2", sigma="0.04",
    )  # fmt: skip
    model = imported(text, tmp_path)
    what = course(model, [PlainDose(0.0, 100.0, "iv")], covariates={})
    who = Subject("made", what, (Observed(4.0, "dv", 1.0),))
    held = with_fixed(model, [model.etas[1]])
    ours = with_errors(held, who, np.array([[0.1]]))
    theirs = with_errors(model, who, np.array([[0.1, 0.0]]))
    assert ours.variance == pytest.approx(theirs.variance)
    assert np.isfinite(find_mode(held, who).eta).all()


def test_an_unknown_eta_is_named() -> None:
    with pytest.raises(ValueError, match="has no eta KA; it has"):
        with_fixed(MODEL, ["KA"])
