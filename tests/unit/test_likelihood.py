"""The two objectives against hand arithmetic, closed forms and quadrature."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import integrate, stats

from equipoise.likelihood import (
    STUDENT_DF,
    analytes_of,
    conditional_objective,
    joint,
    log_scale,
    minus_two_log,
    predicted,
    prior,
    residual_sd,
    second_differences,
)
from equipoise.model import PlainDose, Residual
from small_models import CL, V, bolus, bolus_level, straight, subject

DOSE = [PlainDose(0.0, 10.0, "iv")]
OMEGA = np.array([[0.09, 0.03], [0.03, 0.05]])


def test_predictions_are_the_closed_form_for_each_lane() -> None:
    model = bolus(Residual(additive=5.0), omega=OMEGA)
    who = subject(model, DOSE, [(1.0, 150.0), (8.0, 90.0)])
    etas = np.array([[0.0, 0.0], [0.4, -0.2], [-0.3, 0.1]])
    expected = np.stack(
        [bolus_level(10.0, h, CL * np.exp(etas[:, 0]), V * np.exp(etas[:, 1])) for h in (1.0, 8.0)],
        axis=1,
    )
    np.testing.assert_allclose(predicted(model, who, etas), expected, rtol=1e-12)


def test_joint_by_hand_additive() -> None:
    # One level, one eta: ln 25 + (150 - 200 e^-0.1)^2 / 25 + 0 + ln 0.09.
    model = bolus(Residual(additive=5.0))
    who = subject(model, DOSE, [(1.0, 150.0)])
    by_hand = np.log(25.0) + (150.0 - 200.0 * np.exp(-0.1)) ** 2 / 25.0 + np.log(0.09)
    assert joint(model, who, np.zeros((1, 1)))[0] == pytest.approx(by_hand, rel=1e-12)
    # At eta = 0.3 the prior adds 0.3^2 / 0.09 = 1.
    f = 200.0 * np.exp(-0.1 * np.exp(0.3))
    by_hand = np.log(25.0) + (150.0 - f) ** 2 / 25.0 + 1.0 + np.log(0.09)
    assert joint(model, who, np.full((1, 1), 0.3))[0] == pytest.approx(by_hand, rel=1e-12)


def test_joint_by_hand_combined_error() -> None:
    model = bolus(Residual(additive=3.0, proportional=0.1))
    who = subject(model, DOSE, [(1.0, 150.0), (8.0, 100.0)])
    f = 200.0 * np.exp(-0.1 * np.array([1.0, 8.0]))
    v = 9.0 + 0.01 * f**2
    by_hand = float(np.sum(np.log(v) + (np.array([150.0, 100.0]) - f) ** 2 / v) + np.log(0.09))
    assert joint(model, who, np.zeros((1, 1)))[0] == pytest.approx(by_hand, rel=1e-12)


def test_a_log_residual_is_compared_on_the_log_scale() -> None:
    model = bolus(Residual(log=0.2))
    who = subject(model, DOSE, [(1.0, 150.0)])
    z = (np.log(150.0) - np.log(200.0) + 0.1) / 0.2
    found = minus_two_log(model, who, predicted(model, who, np.zeros((1, 1))))
    assert found[0, 0] == pytest.approx(2.0 * np.log(0.2) + z**2, rel=1e-12)


def test_prior_weight_flattens_the_prior_only() -> None:
    model = bolus(Residual(additive=5.0), omega=OMEGA)
    who = subject(model, DOSE, [(1.0, 150.0)])
    eta = np.array([[0.3, -0.1]])
    full, half = joint(model, who, eta)[0], joint(model, who, eta, weight=0.5)[0]
    assert full - half == pytest.approx(0.5 * prior(model, eta)[0])
    by_hand = eta[0] @ np.linalg.inv(OMEGA) @ eta[0] + np.log(np.linalg.det(OMEGA))
    assert prior(model, eta)[0] == pytest.approx(by_hand)


@pytest.mark.parametrize("residual", [Residual(additive=5.0), Residual(proportional=0.2)])
@pytest.mark.parametrize("limit", [1.0, 60.0, 181.0, 400.0])
def test_a_censored_level_counts_by_its_probability(residual: Residual, limit: float) -> None:
    model = bolus(residual)
    f = 200.0 * np.exp(-0.1)
    sd = float(np.sqrt(residual.variance(np.array([f]))[0]))
    for sign, distribution in (("<", stats.norm.logcdf), (">", stats.norm.logsf)):
        who = subject(model, DOSE, [(1.0, limit, sign)])
        found = minus_two_log(model, who, predicted(model, who, np.zeros((1, 1))))
        assert found[0, 0] == pytest.approx(-2.0 * distribution(limit, f, sd), rel=1e-10)


def test_a_censored_level_with_a_log_residual() -> None:
    model = bolus(Residual(log=0.3))
    who = subject(model, DOSE, [(1.0, 100.0, "<")])
    expected = -2.0 * stats.norm.logcdf(np.log(100.0), np.log(200.0) - 0.1, 0.3)
    found = minus_two_log(model, who, predicted(model, who, np.zeros((1, 1))))
    assert found[0, 0] == pytest.approx(expected, rel=1e-10)


def test_a_level_far_below_its_limit_never_gives_infinity() -> None:
    model = bolus(Residual(additive=0.1))
    who = subject(model, DOSE, [(1.0, 1.0, "<")])
    assert np.isfinite(joint(model, who, np.zeros((1, 1)))[0])


def test_heavy_tails_are_the_student_density() -> None:
    model = bolus(Residual(additive=5.0))
    who = subject(model, DOSE, [(1.0, 150.0)])
    f = predicted(model, who, np.zeros((1, 1)))
    ours = -0.5 * minus_two_log(model, who, f, student=True)[0, 0] + log_scale(student=True)
    assert ours == pytest.approx(stats.t.logpdf(150.0, STUDENT_DF, f[0, 0], 5.0), rel=1e-12)
    ours = -0.5 * minus_two_log(model, who, f)[0, 0] + log_scale()
    assert ours == pytest.approx(stats.norm.logpdf(150.0, f[0, 0], 5.0), rel=1e-12)


def test_linear_gaussian_objective_is_the_marginal_likelihood() -> None:
    """Where predictions are linear in normal etas, OFV at the mode is -2 ln marginal, exactly."""
    model = straight(Residual(additive=12.0), omega=OMEGA)
    doses = [PlainDose(0.0, 10.0, "iv"), PlainDose(12.0, 10.0, "iv")]
    late = [(0.0, 0.0), (6.0, 1.0)]
    times, y = np.array([2.0, 10.0, 14.0, 20.0]), np.array([190.0, 60.0, 210.0, 130.0])
    who = subject(
        model, doses, list(zip(times.tolist(), y.tolist(), strict=True)), covariates={"late": late}
    )
    first = bolus_level(10.0, times, CL, V)
    later = np.where(times > 12.0, bolus_level(10.0, times - 12.0, CL, V), 0.0)
    design = np.stack([first, later], axis=1)
    noise = 144.0 * np.eye(4)
    total = noise + design @ OMEGA @ design.T
    gain = OMEGA @ design.T @ np.linalg.inv(total)
    eta = gain @ (y - design.sum(axis=1))
    marginal = -2.0 * stats.multivariate_normal.logpdf(y, design.sum(axis=1), total)
    ofv, joint_value = conditional_objective(model, who, eta)
    assert ofv == pytest.approx(marginal - 4.0 * np.log(2.0 * np.pi), rel=1e-8)
    residual = y - design @ (1.0 + eta)
    by_hand = (
        4 * np.log(144.0) + residual @ residual / 144.0
        + eta @ np.linalg.inv(OMEGA) @ eta + np.linalg.slogdet(OMEGA)[1]
    )  # fmt: skip
    assert joint_value == pytest.approx(by_hand, rel=1e-10)


def test_interaction_enters_by_half_the_square_of_the_relative_variance() -> None:
    """The Hessian of the objective is the expectation of the true one over y: by quadrature."""
    model = bolus(Residual(additive=4.0, proportional=0.15), omega=OMEGA)
    eta = np.array([0.2, -0.1])
    who = subject(model, DOSE, [(3.0, 100.0)])
    f = float(predicted(model, who, eta[None, :])[0, 0])
    sd = float(np.sqrt(16.0 + (0.15 * f) ** 2))

    def curvature(y: float) -> np.ndarray:
        one = subject(model, DOSE, [(3.0, y)])

        def minus_log(etas: np.ndarray) -> np.ndarray:
            return 0.5 * minus_two_log(model, one, predicted(model, one, etas))[:, 0]

        return second_differences(minus_log, eta, np.full(2, 1e-3))

    nodes, weights = np.polynomial.hermite_e.hermegauss(12)
    expected = sum(
        w * curvature(f + sd * x) for x, w in zip(nodes, weights, strict=True)
    ) / weights.sum() + np.linalg.inv(OMEGA)
    ofv, joint_value = conditional_objective(model, who, eta)
    assert ofv - joint_value == pytest.approx(np.linalg.slogdet(expected)[1], rel=1e-4)


def test_without_interaction_term_the_answer_would_differ() -> None:
    """The quadrature above can tell: leaving c c'/2 out moves the objective by far more."""
    model = bolus(Residual(proportional=0.3), omega=OMEGA)
    who = subject(model, DOSE, [(3.0, 100.0)])
    ofv, joint_value = conditional_objective(model, who, np.zeros(2))
    # c = 2 a / f for a proportional error: H = inv(Omega) + a a' (1 / v + 2 / f^2).
    f = 200.0 * np.exp(-0.3)
    a = f * np.array([-0.3, -1.0 + 0.3])
    full = np.linalg.inv(OMEGA) + np.outer(a, a) * (1.0 / (0.3 * f) ** 2 + 2.0 / f**2)
    assert ofv - joint_value == pytest.approx(np.linalg.slogdet(full)[1], rel=1e-6)
    short = np.linalg.inv(OMEGA) + np.outer(a, a) / (0.3 * f) ** 2
    assert abs(np.linalg.slogdet(full)[1] - np.linalg.slogdet(short)[1]) > 0.05


def test_censored_levels_enter_with_their_own_curvature() -> None:
    """Laplace with one censored level against the integral over the eta."""
    model = bolus(Residual(additive=20.0), omega=0.04)
    who = subject(model, DOSE, [(5.0, 100.0, "<"), (1.0, 170.0)])

    def density(eta: float) -> float:
        return float(np.exp(-0.5 * joint(model, who, np.array([[eta]]))[0]))

    area = integrate.quad(density, -1.5, 1.5)[0]
    grid = np.linspace(-0.5, 0.5, 4001)
    mode = grid[np.argmin(joint(model, who, grid[:, None]))]
    ofv, _ = conditional_objective(model, who, np.array([mode]))
    # Laplace is not exact here: within 2 % of a likelihood, which a wrong curvature is not.
    assert -0.5 * ofv == pytest.approx(np.log(area / np.sqrt(2.0 * np.pi)), abs=0.02)


def test_no_levels_leave_an_objective_of_zero() -> None:
    model = bolus(Residual(additive=5.0), omega=OMEGA)
    ofv, joint_value = conditional_objective(model, subject(model, DOSE, []), np.zeros(2))
    assert ofv == pytest.approx(0.0, abs=1e-12)
    assert joint_value == pytest.approx(np.log(np.linalg.det(OMEGA)))


def test_second_differences_of_a_quadratic_are_exact() -> None:
    matrix = np.array([[4.0, 1.0, 0.5], [1.0, 3.0, -0.2], [0.5, -0.2, 2.0]])

    def quadratic(lanes: np.ndarray) -> np.ndarray:
        return np.einsum("li,ij,lj->l", lanes, matrix, lanes) + lanes.sum(axis=1)

    found = second_differences(quadratic, np.array([0.3, -2.0, 5.0]), np.array([0.1, 0.2, 0.05]))
    np.testing.assert_allclose(found, 2.0 * matrix, rtol=1e-9, atol=1e-9)


def test_second_differences_of_a_smooth_function() -> None:
    def smooth(lanes: np.ndarray) -> np.ndarray:
        return np.exp(lanes[:, 0]) * np.sin(lanes[:, 1])

    x, y = 0.4, 1.1
    expected = np.exp(x) * np.array([[np.sin(y), np.cos(y)], [np.cos(y), -np.sin(y)]])
    found = second_differences(smooth, np.array([x, y]), np.full(2, 1e-3))
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_residual_sd_in_the_analytes_unit() -> None:
    assert residual_sd(bolus(Residual(additive=3.0, proportional=0.1)), "sirolimus", 40.0) == 5.0
    assert residual_sd(bolus(Residual(log=0.2)), "sirolimus", 40.0) == pytest.approx(8.0)


def test_analytes_in_order_of_appearance() -> None:
    model = bolus(Residual(additive=1.0))
    assert analytes_of([subject(model, DOSE, []), subject(model, DOSE, [(1.0, 2.0)])]) == (
        "sirolimus",
    )
