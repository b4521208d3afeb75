"""The closed form against textbook formulas and against the matrix exponential."""

from __future__ import annotations

import math
from decimal import Decimal, localcontext
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate
from scipy.linalg import expm

from equipoise.kinetics import DoseEvent, Linear, Schedule, solve
from equipoise.kinetics.linear import exp1, exp2, exp3, exp4
from equipoise.kinetics.linear_march import exponentials

CL, V = 1.3, 9.0
K = CL / V
TIMES = np.array([0.0, 0.01, 0.5, 1.0, 3.0, 7.5, 12.0, 24.0, 100.0])


def one(schedule, times=TIMES, *, ka=None, **rest):
    """Amounts in the central compartment of one lane."""
    system = Linear(1, depot=ka is not None)
    row = [CL, V] if ka is None else [ka, CL, V]
    found = solve(system, [schedule], [times], np.array([row]), **rest)
    assert found.failed == ()
    return found.amounts[0, :, -1]


def test_bolus():
    found = one(Schedule((DoseEvent(0.0, 50.0),)), after=[np.ones(len(TIMES), bool)])
    np.testing.assert_allclose(found, 50.0 * np.exp(-K * TIMES), rtol=1e-14)


def test_infusion():
    rate, duration = 20.0, 2.5
    during = rate / K * -np.expm1(-K * np.minimum(TIMES, duration))
    expected = during * np.exp(-K * np.maximum(TIMES - duration, 0.0))
    found = one(Schedule((DoseEvent(0.0, rate * duration, duration=duration),)))
    np.testing.assert_allclose(found, expected, rtol=1e-13)


@pytest.mark.parametrize("ka", [0.02, 0.9, 30.0])
def test_oral_is_batemans_function(ka):
    expected = 50.0 * ka / (ka - K) * (np.exp(-K * TIMES) - np.exp(-ka * TIMES))
    found = one(Schedule((DoseEvent(0.0, 50.0),)), ka=ka)
    np.testing.assert_allclose(found, expected, rtol=1e-12)


@pytest.mark.parametrize("distance", [0.0, 1e-15, 1e-12, 1e-9, 1e-6, 1e-4])
def test_oral_where_ka_meets_the_elimination_rate(distance):
    # The limit is k t exp(-k t); its expansion in the distance d: times 1 - d t / 2 + d^2 t^2 / 6.
    ka = K + distance
    d = distance * TIMES
    series = 1.0 - d / 2.0 + d**2 / 6.0 - d**3 / 24.0 + d**4 / 120.0
    expected = 50.0 * ka * TIMES * np.exp(-K * TIMES) * series
    found = one(Schedule((DoseEvent(0.0, 50.0),)), ka=ka)
    np.testing.assert_allclose(found, expected, rtol=2e-13)


def test_many_doses_superpose_by_the_geometric_sum():
    n, tau = 7, 8.0
    found = one(Schedule((DoseEvent(0.0, 50.0, interval=tau, additional=n - 1),)), [n * tau])
    expected = 50.0 * sum(math.exp(-K * j * tau) for j in range(1, n + 1))
    assert found[0] == pytest.approx(expected, rel=1e-13)


def test_steady_state_of_boluses():
    tau = 8.0
    schedule = Schedule((DoseEvent(0.0, 50.0, interval=tau, steady=1),))
    found = one(schedule, [0.0, 0.0, 3.0], after=[[False, True, False]])
    peak = 50.0 / -math.expm1(-K * tau)
    # What stands before the record is the past of this lane; the train stands after it.
    np.testing.assert_allclose(found, [0.0, peak, peak * math.exp(-K * 3.0)], rtol=1e-14)


@pytest.mark.parametrize("duration", [3.0, 8.0, 8.0 + 1e-9, 19.0, 40.0])
def test_steady_state_of_infusions_even_longer_than_the_interval(duration):
    tau, rate, many = 8.0, 11.0, 400
    amount = rate * duration
    steady = Schedule((DoseEvent(0.0, amount, duration=duration, interval=tau, steady=1),))
    times = np.array([0.5, 2.0, 7.9, 8.0, 12.0, 33.0, 60.0])
    expected = np.zeros(len(times))
    for j in range(many):
        since = times + j * tau
        during = rate / K * -np.expm1(-K * np.minimum(since, duration))
        expected += during * np.exp(-K * np.maximum(since - duration, 0.0))
    np.testing.assert_allclose(one(steady, times), expected, rtol=1e-12)


def test_steady_state_by_mouth():
    tau, ka = 12.0, 0.7
    schedule = Schedule((DoseEvent(0.0, 50.0, interval=tau, additional=5, steady=1),))
    times = np.array([0.3, 5.0, 12.0, 17.0, 71.0])
    t = np.mod(times - 1e-9, tau)
    a = np.exp(-K * t) / -np.expm1(-K * tau) - np.exp(-ka * t) / -np.expm1(-ka * tau)
    np.testing.assert_allclose(one(schedule, times, ka=ka), 50 * ka / (ka - K) * a, rtol=1e-7)


@pytest.mark.parametrize("lag", [0.0, 2.5, 8.0, 11.0, 24.0, 24.5])
@pytest.mark.parametrize("duration", [0.0, 3.0, 13.0, 16.0])
@pytest.mark.parametrize("state", [0, 2])
def test_steady_state_is_that_of_a_train_given_for_long(lag, duration, state):
    tau, start = 8.0, 0.0
    system = Linear(2, depot=True)
    row = np.array([[0.6, 2.0, 8.0, 1.5, 12.0]])
    late = np.full((1, 3), lag)
    times = np.array([0.0, 0.1, 1.0, 2.5, 7.0, 8.0, 9.0, 20.0, 30.0])
    after = np.ones(len(times), bool)
    common = {"lag": late, "after": [after]}
    steady = DoseEvent(start, 50.0, state, duration, tau, 1, steady=1)
    first = -200 * tau
    long = DoseEvent(first, 50.0, state, duration, tau, 201)
    found = solve(system, [Schedule((steady,))], [times], row, **common)
    expected = solve(system, [Schedule((long,))], [times], row, **common)
    np.testing.assert_allclose(found.amounts, expected.amounts, rtol=1e-11, atol=1e-12)


def test_steady_two_is_added_and_steady_one_replaces():
    before = DoseEvent(-5.0, 30.0, duration=7.0)
    train = {"time": 0.0, "amount": 50.0, "interval": 8.0, "duration": 2.0}
    times = np.array([1.0, 6.0])
    alone = one(Schedule((DoseEvent(**train, steady=1),)), times)
    running = one(Schedule((before,)), times)
    added = one(Schedule((before, DoseEvent(**train, steady=2))), times)
    replaced = one(Schedule((before, DoseEvent(**train, steady=1))), times)
    np.testing.assert_allclose(added, alone + running, rtol=1e-13)
    np.testing.assert_allclose(replaced, alone, rtol=1e-14)


def test_reset_zeroes_stops_inputs_and_drops_what_lags():
    doses = (DoseEvent(0.0, 50.0, duration=10.0), DoseEvent(4.0, 20.0))
    schedule = Schedule(doses, resets=(6.0,))
    found = one(
        schedule,
        [5.0, 6.0, 6.0, 8.0, 20.0],
        after=[[False, False, True, False, False]],
        lag=[[3.0]],
    )
    assert found[0] > 0.0
    assert found[1] > 0.0
    assert np.all(found[2:] == 0.0)
    # A dose at the very time of the reset comes after it.
    again = Schedule((*doses, DoseEvent(6.0, 9.0)), resets=(6.0,))
    assert one(again, [6.0], after=[[True]])[0] == 9.0


def test_no_amount_before_the_first_dose_and_negative_times():
    found = one(
        Schedule((DoseEvent(-2.0, 10.0),)),
        [-5.0, -2.0, -2.0, 0.0],
        after=[[False, False, True, False]],
    )
    np.testing.assert_allclose(found, [0.0, 0.0, 10.0, 10.0 * math.exp(-2.0 * K)], rtol=1e-14)


def test_samples_come_back_in_the_order_asked():
    schedule = Schedule((DoseEvent(0.0, 10.0),))
    shuffled = [7.0, 0.0, 3.0, 0.0]
    found = one(schedule, shuffled, after=[[False, True, False, False]])
    expected = [10 * math.exp(-7 * K), 10.0, 10 * math.exp(-3 * K), 0.0]
    np.testing.assert_allclose(found, expected, rtol=1e-14)


def test_sample_times_equal_to_rounding_count_as_the_same_time():
    schedule = Schedule((DoseEvent(0.1, 10.0, interval=0.1, additional=5),))
    before = one(schedule, [3 * 0.1])
    assert before[0] == pytest.approx(10 * (math.exp(-0.2 * K) + math.exp(-0.1 * K)), rel=1e-12)


def test_bioavailability_scales_the_amount_not_the_duration():
    schedule = Schedule((DoseEvent(0.0, 50.0, duration=4.0),))
    full, half = one(schedule), one(schedule, bioavailability=[[0.5]])
    np.testing.assert_allclose(half, 0.5 * full, rtol=1e-14)


def test_lag_and_bioavailability_of_the_piece_that_holds_the_record():
    schedule = Schedule((DoseEvent(0.0, 50.0), DoseEvent(10.0, 50.0)), breaks=(10.0,))
    parameters = np.array([[[CL, V], [CL, V]]])
    found = solve(
        Linear(1, depot=False),
        [schedule],
        [[3.0, 13.0]],
        parameters,
        lag=np.array([[[1.0], [2.0]]]),
        bioavailability=np.array([[[1.0], [0.3]]]),
    ).amounts[0, :, 0]
    first = 50.0 * math.exp(-2.0 * K)
    both = 50.0 * math.exp(-12.0 * K) + 15.0 * math.exp(-1.0 * K)
    np.testing.assert_allclose(found, [first, both], rtol=1e-13)


def test_areas_of_a_bolus_and_of_a_course():
    system = Linear(2, depot=True)
    row = np.array([[0.8, 2.0, 8.0, 1.5, 30.0]])
    schedule = Schedule((DoseEvent(0.0, 100.0), DoseEvent(5.0, 60.0, 1, duration=3.0)))
    found = solve(system, [schedule], [[0.0, 5000.0]], row, observe=[(1, 2)])
    # All of the dose leaves by CL, so the area is dose / CL.
    np.testing.assert_allclose(found.areas[0, :, 0], [0.0, 160.0 / 2.0], rtol=1e-12)


def test_areas_against_quadrature():
    system = Linear(3, depot=True)
    row = np.array([[0.4, 2.0, 8.0, 1.5, 30.0, 0.3, 50.0]])
    schedule = Schedule((DoseEvent(0.0, 100.0, duration=6.0), DoseEvent(4.0, 60.0, 1)))

    def concentration(t):
        return solve(system, [schedule], [[t]], row).amounts[0, 0, 1] / 8.0

    expected = sum(
        integrate.quad(concentration, a, b, epsabs=0.0, epsrel=1e-12)[0]
        for a, b in [(0.0, 4.0), (4.0, 6.0), (6.0, 30.0)]
    )
    found = solve(system, [schedule], [[30.0]], row, observe=[(1, 2)])
    assert found.areas[0, 0, 0] == pytest.approx(expected, rel=1e-11)


def test_area_across_pieces_uses_each_pieces_volume():
    schedule = Schedule((DoseEvent(0.0, 10.0),), breaks=(2.0,))
    parameters = np.array([[[0.0, 5.0], [0.0, 20.0]]])
    found = solve(
        Linear(1, depot=False), [schedule], [[1.0, 2.0, 6.0]], parameters, observe=[(0, 1)]
    )
    np.testing.assert_allclose(found.areas[0, :, 0], [2.0, 4.0, 4.0 + 2.0], rtol=1e-14)


def test_initial_and_start():
    found = one(Schedule(), [5.0], initial=[[10.0]], start=2.0)
    assert found[0] == pytest.approx(10.0 * math.exp(-3.0 * K), rel=1e-14)


def test_no_steady_state_without_elimination_is_a_reason_not_a_number():
    schedule = Schedule((DoseEvent(0.0, 10.0, interval=8.0, steady=1),))
    parameters = np.array([[0.0, 5.0], [1.0, 5.0]])
    found = solve(
        Linear(1, depot=False), [schedule], [[1.0]], parameters, schedule_of=np.zeros(2, int)
    )
    assert [lane for lane, _ in found.failed] == [0]
    assert "no steady state" in found.failed[0][1]
    assert np.isnan(found.amounts[0]).all()
    assert np.isfinite(found.amounts[1]).all()


def test_a_peripheral_compartment_without_exchange_stays_empty():
    schedule = Schedule((DoseEvent(0.0, 50.0, interval=8.0, steady=1),))
    found = solve(Linear(2, depot=False), [schedule], [[3.0]], np.array([[CL, V, 0.0, 7.0]]))
    expected = 50.0 / -math.expm1(-8.0 * K) * math.exp(-3.0 * K)
    np.testing.assert_allclose(found.amounts[0, 0], [expected, 0.0], rtol=1e-13)


def test_shorter_schedules_are_padded():
    schedule = Schedule((DoseEvent(0.0, 10.0),))
    found = solve(
        Linear(1, depot=False), [schedule, schedule], [[1.0, 2.0], [1.0]], np.array([[CL, V]] * 2)
    )
    assert np.isnan(found.amounts[1, 1, 0])
    assert found.failed == ()


# The matrix exponential as referee -----------------------------------------------------------


def matrix(system, p):
    """Rate constants of the amounts, and one row of inputs beneath (for the exponential)."""
    n = len(system.states)
    a = np.zeros((n, n))
    o = int(system.depot)
    if system.depot:
        a[0, 0] = -p[0]
        a[1, 0] = p[0]
    cl, v = p[o], p[o + 1]
    a[o, o] -= cl / v
    for i in range(1, system.compartments):
        q, w = p[o + 2 * i], p[o + 2 * i + 1]
        a[o, o] -= q / v
        a[o + i, o] += q / v
        a[o, o + i] += q / w
        a[o + i, o + i] -= q / w
    return a


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 3), st.booleans(), st.integers(0, 2**32 - 1))
def test_against_the_matrix_exponential(compartments, depot, seed):
    system = Linear(compartments, depot)
    rng = np.random.default_rng(seed)
    n = len(system.states)
    pieces = np.exp(rng.uniform(-2.0, 2.5, (2, len(system.parameter_names))))
    start = rng.uniform(0.0, 10.0, n)
    state, rate = int(rng.integers(n)), float(rng.uniform(0.5, 5.0))
    change = float(rng.uniform(0.2, 8.0))
    schedule = Schedule((DoseEvent(0.0, rate * 4.0, state, duration=4.0),), breaks=(change,))
    times = np.sort(rng.uniform(0.0, 12.0, 6))
    found = solve(system, [schedule], [times], pieces[None], initial=start[None], start=0.0)
    for at, amounts in zip(times, found.amounts[0], strict=True):
        x = np.append(start, 1.0)
        edges = sorted({0.0, 4.0, change, at})
        for a, b in pairwise(edges):
            if b > at:
                break
            whole = np.zeros((n + 1, n + 1))
            whole[:n, :n] = matrix(system, pieces[0 if a < change else 1])
            whole[state, n] = rate if a < 4.0 else 0.0
            x = expm(whole * (b - a)) @ x
        np.testing.assert_allclose(amounts, x[:n], rtol=2e-11, atol=1e-12)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.floats(0.0, 60.0).map(lambda x: round(x, 6)) | st.floats(0.0, 1e-3),
        min_size=4,
        max_size=4,
    )
)
def test_divided_differences_are_exact(nodes):
    ordered = sorted(nodes)

    def reference(points):
        # The series in complete homogeneous polynomials, with digits to spare for its signs.
        with localcontext() as context:
            context.prec = 100
            sums = [Decimal(1)] * len(points)
            factorial = Decimal(math.factorial(len(points) - 1))
            total = Decimal(0)
            for k in range(400):
                if k > 0:
                    row = []
                    for i, point in enumerate(points):
                        row.append(-Decimal(point) * sums[i] + (row[-1] if row else 0))
                    sums = row
                    factorial *= len(points) - 1 + k
                total += sums[-1] / factorial
            return float(total)

    a, b, c, d = ordered
    assert exp1(b) == pytest.approx(reference([0.0, b]), rel=1e-13)
    assert exp2(a, b) == pytest.approx(reference([a, b]), rel=1e-13)
    assert exp3(a, b, c) == pytest.approx(reference([a, b, c]), rel=1e-13)
    assert exp4(a, b, c, d) == pytest.approx(reference([a, b, c, d]), rel=1e-13)


def test_exponentials_of_the_lanes_to_two_ulp():
    rng = np.random.default_rng(5)
    a = np.concatenate(
        [
            [0.0, 5e-324, 1e-300, 0.5 * math.log(2.0), math.log(2.0), 708.0],
            10.0 ** rng.uniform(-20.0, 0.0, 1000),
            rng.uniform(0.0, 3.0, 1000),
            rng.uniform(0.0, 708.0, 2000),
        ]
    )
    work = [np.empty(len(a)) for _ in range(5)]
    shifted, part, power, left, gone = work
    exponentials(
        len(a), a, shifted, shifted.view(np.int64), part, power, power.view(np.int64), left, gone
    )
    expected = np.array([math.exp(-each) for each in a])
    assert np.all(np.abs(left - expected) <= 2.0 * np.spacing(expected))
    expected = np.array([-math.expm1(-each) for each in a])
    assert np.all(np.abs(gone - expected) <= 2.0 * np.spacing(expected))


def test_exponentials_of_the_lanes_far_out_are_nothing_and_keep_what_is_no_number():
    a = np.array([709.0, 745.0, 1e5, 1e300, np.inf, np.nan])
    work = [np.empty(len(a)) for _ in range(5)]
    shifted, part, power, left, gone = work
    exponentials(
        len(a), a, shifted, shifted.view(np.int64), part, power, power.view(np.int64), left, gone
    )
    assert left[:5].tolist() == [0.0] * 5
    assert gone[:5].tolist() == [1.0] * 5
    assert np.isnan(left[5])


@pytest.mark.parametrize("ratio", [0.0, 0.3, 0.4999, 0.5001, 0.9, 1.0, 1.1, 1.9999, 2.0001, 40.0])
@pytest.mark.parametrize("duration", [0.0, 2.0])
def test_what_a_depot_passes_on_whatever_the_ratio_of_the_rates(ratio, duration):
    ka = ratio * K
    times = np.array([1e-7, 1e-3, 0.3, 1.0, 1.999, 2.0, 4.0, 9.0, 60.0])
    found = one(Schedule((DoseEvent(0.0, 50.0, duration=duration),)), times, ka=ka)
    with localcontext() as context:
        context.prec = 60
        ka_, k_ = Decimal(ka), Decimal(CL) / Decimal(V)
        k_ = k_ if ka_ != Decimal(K) else ka_ * (1 + Decimal(10) ** -25)
        exact = []
        for at in times:
            t, d = Decimal(float(at)), Decimal(duration)
            if ka == 0.0:
                exact.append(0.0)
            elif duration == 0.0:
                passed = ((-k_ * t).exp() - (-ka_ * t).exp()) / (ka_ - k_)
                exact.append(float(50 * ka_ * passed))
            else:
                # The convolution of the one above with an input that lasts so long.
                done = max(t - d, Decimal(0))
                parts = [((-r * done).exp() - (-r * t).exp()) / r for r in (k_, ka_)]
                exact.append(float(50 / d * ka_ * (parts[0] - parts[1]) / (ka_ - k_)))
    np.testing.assert_allclose(found, exact, rtol=2e-14)


def test_equal_steps_beside_and_alone_are_the_same_to_the_byte():
    rng = np.random.default_rng(6)
    p = np.array([0.6, 2.0, 8.0, 1.5, 12.0]) * np.exp(0.3 * rng.normal(size=(70, 5)))
    train = Schedule((DoseEvent(0.0, 50.0, interval=12.0, additional=4, duration=1.5),))
    times = np.arange(0.0, 72.0, 0.5)
    both = solve(Linear(2, depot=True), [train], [times], p)
    for lane in (0, 33, 69):
        alone = solve(Linear(2, depot=True), [train], [times], p[lane : lane + 1])
        assert both.amounts[lane].tobytes() == alone.amounts[0].tobytes()


@pytest.mark.parametrize("compartments", [1, 2])
@pytest.mark.parametrize("own_times", [False, True])
def test_lanes_side_by_side_and_alone_are_the_same_to_the_byte(compartments, own_times):
    system = Linear(compartments, depot=False)
    rng = np.random.default_rng(11)
    typical = np.array([0.5, 10.0, 0.5, 20.0])[: 2 * compartments]
    parameters = typical * np.exp(rng.normal(size=(37, 2 * compartments)))
    # Nothing is eliminated; nothing is exchanged; equal diagonal.
    parameters[::5, 0] = 0.0
    if compartments == 2:
        parameters[1::5, 2] = 0.0
        parameters[2] = 0.5, 10.0, 0.5, 5.0
    initial = np.abs(rng.normal(size=(len(parameters), compartments)))
    schedule = Schedule(
        (
            DoseEvent(0.0, 100.0, duration=6.0),
            DoseEvent(3.0, 50.0),
            DoseEvent(24.0, 100.0, duration=30.0),
            DoseEvent(48.0, 70.0, duration=6.0),
            DoseEvent(96.0, 70.0, compartment=compartments - 1),
        ),
        resets=(72.0,),
    )
    times = np.sort(rng.uniform(0.0, 120.0, 40)) if own_times else np.arange(0.0, 120.0, 3.0)
    together = solve(system, [schedule], [times], parameters, initial=initial, start=0.0)
    assert not together.failed
    for lane in range(len(parameters)):
        alone = solve(
            system, [schedule], [times], parameters[lane : lane + 1],
            initial=initial[lane : lane + 1], start=0.0,
        )  # fmt: skip
        assert together.amounts[lane].tobytes() == alone.amounts[0].tobytes()


def test_a_lane_that_overflows_fails_alone_among_lanes_side_by_side():
    initial = np.ones((20, 2))
    initial[7] = 1.7e308
    found = solve(
        Linear(2, depot=False),
        [Schedule((DoseEvent(0.0, 1.0),))],
        [[0.0, 0.5, 1.0]],
        np.ones((20, 4)),
        initial=initial,
        start=0.0,
    )
    assert [lane for lane, _ in found.failed] == [7]
    assert np.isfinite(np.delete(found.amounts, 7, axis=0)).all()
    assert np.isnan(found.amounts[7]).all()
