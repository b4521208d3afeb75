"""The method for stiff systems: its coefficients, its order, when it is chosen, what it keeps."""

from __future__ import annotations

import math
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from kinetics_systems import RUNAWAY, SATURABLE, TYPICAL
from stiff_systems import (
    DRIVEN,
    ROBERTSON,
    ROBERTSON_TYPICAL,
    SWING,
    TARGET_AT_REST,
    TARGET_MEDIATED,
    TARGET_MEDIATED_TYPICAL,
)

from equipoise.kinetics import (
    DoseEvent,
    Schedule,
    System,
    integrate,
    kernels,
    rodas5p,
    solve,
    stiff,
)
from equipoise.kinetics.block import GROUP, LANES

BOLUS = Schedule((DoseEvent(0.0, 100.0),))


# --- the coefficients ------------------------------------------------------------------------


@cache
def trees(order):
    """Rooted trees with so many nodes, each the sorted tuple of its subtrees."""
    if order == 1:
        return ((),)
    found = set()
    for smaller in trees(order - 1):
        found |= set(grown(smaller))
    return tuple(sorted(found))


def grown(tree):
    """Every tree with one leaf more."""
    yield tuple(sorted((*tree, ())))
    for i, branch in enumerate(tree):
        for other in grown(branch):
            yield tuple(sorted((*tree[:i], other, *tree[i + 1 :])))


def nodes(tree):
    return 1 + sum(nodes(each) for each in tree)


def density(tree):
    return nodes(tree) * math.prod(density(each) for each in tree)


def tableau():
    """alpha, alpha + Gamma, and Gamma, from the form in which the method is computed."""
    a, c = np.zeros((8, 8)), np.zeros((8, 8))
    for i in range(8):
        a[i, : len(rodas5p.STAGES[i])] = rodas5p.STAGES[i]
        c[i, : len(rodas5p.COUPLINGS[i])] = rodas5p.COUPLINGS[i]
    gamma = np.linalg.inv(np.eye(8) / rodas5p.GAMMA - c)
    return a @ gamma, a @ gamma + gamma, gamma


def weight(tree, alpha, beta):
    """A tree's weight in each stage (Hairer & Wanner, Solving ODEs II, section IV.7)."""
    if len(tree) == 1:
        return beta @ weight(tree[0], alpha, beta)
    found = np.ones(8)
    for each in tree:
        found = found * (alpha @ weight(each, alpha, beta))
    return found


def test_order_conditions_of_the_method():
    alpha, beta, gamma = tableau()
    np.testing.assert_allclose(alpha.sum(axis=1), rodas5p.NODES, atol=1e-13)
    np.testing.assert_allclose(gamma.sum(axis=1), rodas5p.TIMES, atol=1e-13)
    end = np.array([*rodas5p.STAGES[-1], 1.0]) @ gamma
    embedded = np.array([*rodas5p.STAGES[-1], 0.0]) @ gamma
    assert [len(trees(order)) for order in range(1, 7)] == [1, 1, 2, 4, 9, 20]
    for order in range(1, 6):
        for tree in trees(order):
            w = weight(tree, alpha, beta)
            assert end @ w == pytest.approx(1.0 / density(tree), abs=1e-13)
            if order < 5:
                assert embedded @ w == pytest.approx(1.0 / density(tree), abs=1e-13)
    # Of order 5 and no more; the embedded method of order 4 and no more.
    beyond = max(abs(end @ weight(tree, alpha, beta) - 1.0 / density(tree)) for tree in trees(6))
    assert beyond > 1e-3
    difference = max(
        abs(embedded @ weight(tree, alpha, beta) - 1.0 / density(tree)) for tree in trees(5)
    )
    assert difference > 1e-3


def test_the_interpolant_is_of_order_four_everywhere_in_the_step():
    alpha, beta, gamma = tableau()
    q = np.array(rodas5p.powers())
    np.testing.assert_allclose(q.sum(axis=1), [*rodas5p.STAGES[-1], 1.0], atol=1e-12)
    for theta in (0.1, 0.37, 0.8):
        weights = q @ theta ** np.arange(1, 5) @ gamma
        for order in range(1, 5):
            for tree in trees(order):
                expected = theta**order / density(tree)
                assert weights @ weight(tree, alpha, beta) == pytest.approx(expected, abs=1e-13)


def test_stiffly_accurate_and_stable_beyond_the_left_half_plane():
    # R(z) = 1 + z b (I - z (alpha + Gamma))^-1 1, of the method and of the embedded one.
    _, beta, gamma = tableau()
    for last in (1.0, 0.0):
        b = np.array([*rodas5p.STAGES[-1], last]) @ gamma

        def factor(z, b=b):
            return 1.0 + z * (b @ np.linalg.solve(np.eye(8) - z * beta, np.ones(8)))

        for imaginary in np.geomspace(1e-3, 1e4, 200):
            assert abs(factor(1j * imaginary)) <= 1.0 + 1e-9
        assert abs(factor(-1e9)) < 1e-6


# --- the order that it shows ------------------------------------------------------------------


def steps(system, parameters, initial, end, number, samples):
    """Cross [0, end] in `number` equal steps, by the compiled pieces themselves."""
    module = integrate.kernel(system, stiff)
    rows = stiff.layout(system)
    c = len(system.states)
    w = np.zeros((rows["ROWS"] + 5) * LANES)
    buffer = w.reshape(-1, LANES)
    buffer[rows["X"] : rows["X"] + c, 0] = initial
    buffer[rows["P"] : rows["P"] + len(parameters), 0] = parameters
    buffer[rows["H"], 0] = end
    buffer[rows["BEGUN"]] = -1.0
    found = np.empty((len(samples), c))
    for step in range(number):
        tau, dt = step / number, 1.0 / number
        module.attempt(w, GROUP, tau, dt, 1e-6)
        weights = module.DENSE[:32].reshape(4, 8)
        slopes = buffer[rows["U"] : rows["U"] + 8 * c, 0].reshape(8, c)
        for row, at in enumerate(samples):
            theta = (at - tau) / dt
            if -1e-9 <= theta <= 1.0 + 1e-9:
                powers = theta ** np.arange(1, 5)
                found[row] = buffer[rows["X"] : rows["X"] + c, 0] + dt * powers @ weights @ slopes
        buffer[rows["X"] : rows["X"] + c] = buffer[rows["NEW"] : rows["NEW"] + c]
    return found


def slope(errors, numbers):
    return -np.polyfit(np.log(numbers), np.log(errors), 1)[0]


def test_order_of_convergence_by_regression():
    # Saturable elimination from a state where it is curved; the end is a step's end for all.
    p, x = (*TYPICAL,), (40.0, 10.0)
    numbers = np.array([8, 12, 16, 24, 32, 48])
    exact = steps(SATURABLE, p, x, 4.0, 2000, [0.613, 1.0])
    errors = np.array(
        [np.abs(steps(SATURABLE, p, x, 4.0, n, [0.613, 1.0]) - exact).max(axis=1) for n in numbers]
    )
    assert slope(errors[:, 1], numbers) == pytest.approx(5.0, abs=0.25)
    # Within a step the error is that of the interpolant, one order less and uneven.
    assert slope(errors[:, 0], numbers) > 3.7


def test_order_with_rates_that_depend_on_time():
    # From the exact solution the follower's error stays small however stiff it is; where it is
    # not stiff the full order shows only if df/dt is right.
    numbers = np.array([6, 8, 12, 16])
    for pace, order in ((0.7, 4.7), (1e6, 2.0)):
        errors = np.array(
            [
                abs(steps(DRIVEN, (pace, 0.1), (1.0, 1.0), 30.0, n, [1.0])[0, 0]
                    - math.cos(SWING * 30.0))
                for n in numbers
            ]
        )  # fmt: skip
        assert slope(errors, numbers) > order
        assert errors[-1] < 1e-4


# --- derivatives ------------------------------------------------------------------------------

TABLE = (0.5, 2.0)


def hill(value, half, shape=2.0):
    if value <= 0.0:
        return 0.0
    raised = value**shape
    return raised / (half**shape + raised)


def mixed(t, x, p, dx):
    """Every kind of arithmetic that is differentiated."""
    a, b = x[0], x[1]
    total = 0.0
    for i in range(2):
        total += TABLE[i] * a * b
    total /= 1.0 + b
    if b > 1.0:
        w = math.exp(-p[0] * a) - math.log(1.0 + b * b)
    else:
        w = -(a ** p[1])
    w *= min(a, b, 2.0) + max(a, 0.25) + abs(a - b)
    dx[0] = total + w * hill(a, p[0], shape=3.0) + math.sqrt(a) * 2.0**b
    dx[1] = hill(b, a) - math.tanh(t * a) + (a if a < b else b * b) + math.pow(b, 1.5)
    dx[1] -= math.sin(t) * math.cos(b) + 3.0


MIXED = System(("a", "b"), ("k", "n"), mixed)


def looped(t, x, p, dx):
    """The same in effect as a decay, but indexed by a variable: differences must do."""
    for i in range(2):
        dx[i] = -p[i] * x[i] + math.sin(t) * x[1 - i]


LOOPED = System(("a", "b"), ("k", "n"), looped)


@pytest.mark.parametrize(("system", "tolerance"), [(MIXED, 1e-9), (LOOPED, 1e-6)])
@pytest.mark.parametrize("x", [(0.7, 1.6), (1.3, 0.4)])
def test_derivatives_against_central_differences(system, tolerance, x):
    module, rows = integrate.kernel(system, stiff), stiff.layout(system)
    p, t = (0.6, 1.7), 1.1
    w = np.zeros((rows["ROWS"]) * LANES)
    buffer = w.reshape(-1, LANES)
    buffer[rows["X"] : rows["X"] + 2, 0] = x
    buffer[rows["P"] : rows["P"] + 2, 0] = p
    buffer[rows["H"], 0], buffer[rows["T"], 0], buffer[rows["SCALE"], 0] = 1.0, t, 1.0
    module.linearise(w, GROUP, 0.0)

    def rates(moved, by):
        at = np.array([*x, t])
        at[moved] += by
        dx = np.empty(2)
        system.rates(at[2], at[:2], p, dx)
        return dx

    for k in range(3):
        h = 1e-3
        # Richardson's extrapolation of central differences.
        one = (rates(k, h) - rates(k, -h)) / (2.0 * h)
        two = (rates(k, 2.0 * h) - rates(k, -2.0 * h)) / (4.0 * h)
        expected = (4.0 * one - two) / 3.0
        row = rows["FT"] if k == 2 else rows["J"] + k
        found = buffer[[row, row + (1 if k == 2 else 2)], 0]
        np.testing.assert_allclose(found, expected, rtol=max(tolerance, 1e-9), atol=tolerance)


def test_a_pivot_of_zero_is_exchanged():
    # W of an oscillator whose first state feeds itself: 1 - g J has a zero on its diagonal.
    module, rows = integrate.kernel(SATURABLE, stiff), stiff.layout(SATURABLE)
    v = np.zeros((rows["ROWS"], LANES))
    dt = 1.0 / rodas5p.GAMMA
    jacobian = np.array([[1.0, 3.0], [-2.0, -0.5]])
    v[rows["J"] : rows["J"] + 4, :3] = jacobian.reshape(4, 1)
    v[rows["J"], 1] = -1.0  # this lane exchanges nothing
    v[rows["H"], :3] = 1.0
    module.factorise(v, 3, dt)
    v[rows["RIGHT"] : rows["RIGHT"] + 2, :3] = [[1.0], [2.0]]
    module.solve(v, 3)
    for lane in range(3):
        own = jacobian.copy()
        own[0, 0] = v[rows["J"], lane]
        expected = np.linalg.solve(np.eye(2) - own, [1.0, 2.0])
        found = v[rows["RIGHT"] : rows["RIGHT"] + 2, lane]
        np.testing.assert_allclose(found, expected, rtol=1e-14)


# --- the choice -------------------------------------------------------------------------------


def robertson(lanes=1, **settings):
    p = np.tile(ROBERTSON_TYPICAL, (lanes, 1))
    p[:, :3] *= np.exp(0.2 * np.random.default_rng(1).normal(size=(lanes, 3)))
    times = np.geomspace(1e-2, 1e4, 12)
    initial = np.tile([1.0, 0.0, 0.0], (lanes, 1))
    return p, [times], {"initial": initial, "start": 0.0, "atol": 1e-12, **settings}


def test_what_is_not_stiff_stays_with_the_explicit_method():
    p = np.tile(TYPICAL, (5, 1))
    found = solve(SATURABLE, [BOLUS], [[1.0, 70.0]], p)
    assert found.stiff == ()


def test_a_long_course_of_short_segments_stays_too():
    # Stability limits every step, but there are few between two doses.
    p = np.array([[0.5, 0.1, 0.5, 20.0, 0.0, 1.0]])
    course = Schedule((DoseEvent(0.0, 10.0, interval=12.0, additional=59),))
    assert solve(SATURABLE, [course], [[720.0]], p).stiff == ()


def test_stiff_lanes_are_found_among_others_and_each_is_right(monkeypatch):
    # Prothero and Robinson's problem at paces from 1 to 10^6 per hour.
    pace = 10.0 ** np.linspace(0.0, 6.0, 40)[np.random.default_rng(2).permutation(40)]
    p = np.stack([pace, np.full(40, 0.1)], axis=1)
    times = np.linspace(1.0, 200.0, 30)
    initial = np.ones((40, 2))
    for strict in (False, True):
        found = solve(
            DRIVEN, [Schedule()], [times], p, initial=initial, start=0.0,
            rtol=1e-8, atol=1e-10, strict=strict,
        )  # fmt: skip
        assert found.failed == ()
        assert set(np.flatnonzero(pace > 1e3)) <= set(found.stiff)
        assert not set(np.flatnonzero(pace < 5.0)) & set(found.stiff)
        np.testing.assert_allclose(
            found.amounts[:, :, 0], np.tile(np.cos(SWING * times), (40, 1)), atol=1e-7
        )
        np.testing.assert_allclose(
            found.amounts[:, :, 1], np.tile(np.exp(-0.1 * times), (40, 1)), rtol=1e-6, atol=1e-9
        )


def test_forced_and_chosen_methods_agree_where_nothing_is_stiff(monkeypatch):
    course = Schedule(
        (DoseEvent(-6.0, 80.0), DoseEvent(3.0, 60.0, duration=4.0, interval=12.0, additional=3)),
        resets=(30.0,),
        breaks=(20.0,),
    )
    rng = np.random.default_rng(7)
    p = np.array(TYPICAL) * np.exp(0.4 * rng.normal(size=(40, 2, 6)))
    times = np.linspace(-6.0, 72.0, 27)
    common = {"observe": [(0, 1), (1, 3)], "rtol": 1e-9, "atol": 1e-12}
    explicit = solve(SATURABLE, [course], [times], p, **common)
    forced = by_the_stiff_method(monkeypatch, SATURABLE, [course], [times], p, **common)
    assert explicit.stiff == ()
    np.testing.assert_allclose(forced.amounts, explicit.amounts, rtol=2e-8, atol=1e-9)
    np.testing.assert_allclose(forced.areas, explicit.areas, rtol=2e-8, atol=1e-9)


def by_the_stiff_method(monkeypatch, system, *arguments, **settings):
    """`solve`, with the method for stiff systems from the first step on."""
    with monkeypatch.context() as patch:
        original = integrate.kernel
        patch.setattr(integrate, "kernel", lambda one, _=None: original(one, stiff))
        return solve(system, *arguments, **settings)


def test_areas_keep_the_mass_balance_whatever_the_tolerance(monkeypatch):
    # What left by CL is CL x area: the areas are an equation of the same method.
    p = np.array([(*TYPICAL[:4], 0.0, 1.0)])
    for rtol in (1e-3, 1e-8):
        found = by_the_stiff_method(
            monkeypatch, SATURABLE, [BOLUS], [[30.0]], p, observe=[(0, 1)], rtol=rtol
        )
        left = TYPICAL[0] * found.areas[0, 0, 0]
        assert found.amounts[0, 0].sum() + left == pytest.approx(100.0, rel=1e-12)


def test_conserved_amounts_are_conserved():
    p, times, settings = robertson()
    found = solve(ROBERTSON, [Schedule()], times, p, **settings)
    assert found.stiff == (0,)
    np.testing.assert_allclose(found.amounts.sum(axis=2), 1.0, rtol=1e-12)


def test_threads_change_no_byte():
    p, times, settings = robertson(200)
    one, three = (
        solve(ROBERTSON, [Schedule()], times, p, observe=[(0, 3)], threads=n, **settings)
        for n in (1, 3)
    )
    assert one.stiff == three.stiff == tuple(range(200))
    assert one.amounts.tobytes() == three.amounts.tobytes()
    assert one.areas.tobytes() == three.areas.tobytes()


def test_strict_alone_is_strict_in_company_to_the_byte():
    p, times, settings = robertson(40, strict=True, rtol=1e-7)
    together = solve(ROBERTSON, [Schedule()], times, p, observe=[(0, 3)], **settings)
    for lane in (0, 17, 39):
        own = {**settings, "initial": settings["initial"][:1]}
        alone = solve(ROBERTSON, [Schedule()], times, p[[lane]], observe=[(0, 3)], **own)
        assert alone.amounts[0].tobytes() == together.amounts[lane].tobytes()
        assert alone.areas[0].tobytes() == together.areas[lane].tobytes()


def test_alone_and_in_company_agree_to_ten_times_the_tolerance():
    p, times, settings = robertson(40)
    together = solve(ROBERTSON, [Schedule()], times, p, **settings)
    strict = solve(ROBERTSON, [Schedule()], times, p, strict=True, **settings)
    np.testing.assert_allclose(together.amounts, strict.amounts, rtol=1e-5)


def test_samples_change_no_amount():
    p, times, settings = robertson()
    few = solve(ROBERTSON, [Schedule()], [times[0][[3, 11]]], p, **settings)
    many = solve(ROBERTSON, [Schedule()], times, p, **settings)
    np.testing.assert_allclose(many.amounts[:, [3, 11]], few.amounts, rtol=1e-12)


def test_what_blows_up_still_fails_with_a_reason():
    p = np.tile([0.0, 0.3], (50, 1))
    p[17] = [1.0, 0.0]  # x' = x^2 from 1 ends at t = 1
    dose = Schedule((DoseEvent(0.0, 1.0),))
    for strict in (False, True):
        found = solve(RUNAWAY, [dose], [[0.5, 2.0]], p, rtol=1e-8, atol=1e-12, strict=strict)
        assert [lane for lane, _ in found.failed] == [17]
        assert "blow up" in found.failed[0][1]
        assert found.stiff == ()
        assert np.isnan(found.amounts[17]).all()
        assert np.isfinite(np.delete(found.amounts, 17, axis=0)).all()


# --- target-mediated disposition --------------------------------------------------------------


def test_steady_state_is_that_of_a_train_given_for_long():
    p = np.array([TARGET_MEDIATED_TYPICAL, TARGET_MEDIATED_TYPICAL])
    p[1, 4] = 0.0  # nothing binds, nothing is stiff
    initial = np.tile([0.0, 0.0, TARGET_AT_REST, 0.0], (2, 1))
    times, after = np.linspace(0.0, 168.0, 15), [np.ones(15, bool)]
    train = {"amount": 60.0, "duration": 24.0, "interval": 168.0}
    steady = Schedule((DoseEvent(0.0, **train, steady=1),))
    long = Schedule((DoseEvent(-168.0 * 60, **train, additional=61),))
    common = {"after": after, "rtol": 1e-9, "atol": 1e-12, "initial": initial, "observe": [(0, 0)]}
    found = solve(TARGET_MEDIATED, [steady], [times], p, **common)
    expected = solve(TARGET_MEDIATED, [long], [times], p, **common)
    assert found.failed == expected.failed == ()
    assert found.stiff == expected.stiff == (0,)
    np.testing.assert_allclose(found.amounts, expected.amounts, rtol=1e-6, atol=1e-9)


def test_a_lane_that_took_too_many_explicit_steps_now_succeeds():
    # Binding so fast that the explicit method would need a million steps a day.
    p = np.array([TARGET_MEDIATED_TYPICAL])
    p[0, 4:6] *= 1e4
    initial = np.array([[0.0, 0.0, TARGET_AT_REST, 0.0]])
    found = solve(
        TARGET_MEDIATED, [BOLUS], [[24.0, 240.0]], p, initial=initial, start=0.0, atol=1e-12
    )
    assert found.failed == ()
    assert found.stiff == (0,)
    # Binding is at equilibrium, and the drug that has left is not made up for.
    drug, _, target, bound = found.amounts[0, 0]
    assert drug * target / p[0, 0] == pytest.approx(p[0, 5] / p[0, 4] * bound, rel=1e-4)


def test_the_stiff_kernel_is_compiled_only_when_it_is_needed(monkeypatch):
    said: list[str] = []
    asked: list[str] = []
    original = integrate.kernel

    def watched(system, *method):
        asked.append(method[0].__name__.rsplit(".")[-1])
        return original(system, *method)

    monkeypatch.setattr(integrate, "kernel", watched)
    monkeypatch.setattr(kernels, "on_compile", said.append)
    solve(DRIVEN, [BOLUS], [[2.0]], [[1.0, 0.1]])
    assert asked == ["own_stages"]
    solve(DRIVEN, [BOLUS], [[200.0]], [[1e5, 0.1]], threads=1)
    assert asked == ["own_stages", "own_stages", "stiff"]
    module = original(DRIVEN, stiff)
    assert module.ANNOUNCED
    assert module.__file__ is not None
    assert Path(module.__file__).with_suffix(".done").exists()
