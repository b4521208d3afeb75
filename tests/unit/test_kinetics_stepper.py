"""Laws of the stepper: what must not change an answer, and what a failure looks like."""

from __future__ import annotations

import numpy as np
import pytest
from kinetics_systems import RUNAWAY, SATURABLE, TYPICAL

from equipoise.kinetics import DoseEvent, Schedule, System, solve, stepper
from equipoise.kinetics.stages import powers
from equipoise.kinetics.tsitouras import ERRORS, NODES, STAGES

COURSE = Schedule(
    (
        DoseEvent(-6.0, 80.0),
        DoseEvent(3.0, 60.0, duration=4.0, interval=12.0, additional=3),
    ),
    breaks=(20.0,),
)
TIMES = np.linspace(-6.0, 72.0, 27)


def lanes(n, pieces=1, spread=0.4, seed=7):
    rng = np.random.default_rng(seed)
    return np.array(TYPICAL) * np.exp(spread * rng.normal(size=(n, pieces, len(TYPICAL))))


def cohort(n, seed=3):
    """Every lane its own doses and its own samples."""
    rng = np.random.default_rng(seed)
    schedules, times = [], []
    for _ in range(n):
        count = int(rng.integers(1, 6))
        doses = tuple(
            DoseEvent(
                float(rng.uniform(0.0, 40.0)),
                float(rng.uniform(10.0, 90.0)),
                duration=float(rng.choice([0.0, 2.0])),
            )
            for _ in range(count)
        )
        schedules.append(Schedule(doses))
        times.append(np.sort(rng.uniform(0.0, 60.0, int(rng.integers(1, 9)))))
    return schedules, times


def test_order_conditions_of_the_method():
    a = np.zeros((7, 7))
    for stage, row in enumerate(STAGES):
        a[stage, : len(row)] = row
    b, c, e = a[6], np.array(NODES), np.array(ERRORS)
    np.testing.assert_allclose(a.sum(axis=1), c, atol=1e-14)
    for power in range(5):
        assert b @ c**power == pytest.approx(1.0 / (power + 1), abs=1e-14)
    assert b @ a @ c == pytest.approx(1.0 / 6.0, abs=1e-14)
    assert b @ a @ a @ c == pytest.approx(1.0 / 24.0, abs=1e-14)
    assert b @ (c * (a @ c)) == pytest.approx(1.0 / 8.0, abs=1e-14)
    assert b @ a @ a @ a @ c == pytest.approx(1.0 / 120.0, abs=1e-14)
    # The embedded method is of order 4: its difference is blind up to there, not beyond.
    for power in range(4):
        assert e @ c**power == pytest.approx(0.0, abs=1e-14)
    assert abs(e @ c**4) > 1e-5
    # The interpolant is of order 4 for every fraction of the step, and ends at the step's end.
    q = np.array(powers())
    np.testing.assert_allclose(q.sum(axis=1), b, atol=1e-13)
    for theta in (0.1, 0.37, 0.8):
        weights = q @ theta ** np.arange(1, 5)
        for power in range(4):
            assert weights @ c**power == pytest.approx(
                theta ** (power + 1) / (power + 1), abs=1e-13
            )


def test_threads_change_no_byte():
    schedules, times = cohort(300)
    one, two, five = (
        solve(SATURABLE, schedules, times, lanes(300), observe=[(0, 1)], threads=n)
        for n in (1, 2, 5)
    )
    assert one.amounts.tobytes() == two.amounts.tobytes() == five.amounts.tobytes()
    assert one.areas.tobytes() == two.areas.tobytes() == five.areas.tobytes()


def test_strict_alone_is_strict_in_company_to_the_byte():
    schedules, times = cohort(40)
    train = DoseEvent(5.0, 40.0, interval=12.0, additional=2, steady=1)
    schedules[11] = Schedule((*schedules[11].doses, train))
    p = lanes(40)
    together = solve(SATURABLE, schedules, times, p, observe=[(0, 1)], strict=True)
    for lane in (0, 11, 39):
        alone = solve(
            SATURABLE,
            [schedules[lane]],
            [times[lane]],
            p[lane : lane + 1],
            observe=[(0, 1)],
            strict=True,
        )
        n = len(times[lane])
        assert alone.amounts[0].tobytes() == together.amounts[lane, :n].tobytes()
        assert alone.areas[0].tobytes() == together.areas[lane, :n].tobytes()


def same(found, other):
    return found.tobytes() == np.ascontiguousarray(other).tobytes()


@pytest.mark.parametrize("seed", range(6))
def test_what_is_found_for_a_lane_depends_on_no_other(seed):
    """Alone, in any order, and beside lanes that blow up or end early: the same bytes."""
    number = 75
    schedules, times = cohort(number, seed)
    schedules[11] = Schedule((DoseEvent(5.0, 40.0, interval=12.0, additional=2, steady=1),))
    schedules[17] = Schedule(())
    p = lanes(number, seed=seed)
    together = solve(SATURABLE, schedules, times, p, observe=[(0, 1)])
    order = np.random.default_rng(seed).permutation(number)
    mixed = solve(
        SATURABLE, [schedules[i] for i in order], [times[i] for i in order], p[order],
        observe=[(0, 1)], threads=2,
    )  # fmt: skip
    assert same(mixed.amounts, together.amounts[order])
    assert same(mixed.areas, together.areas[order])
    for lane in (0, 11, 17, int(order[0]), number - 1):
        alone = solve(
            SATURABLE, [schedules[lane]], [times[lane]], p[lane : lane + 1], observe=[(0, 1)]
        )
        count = len(times[lane])
        assert same(alone.amounts[0], together.amounts[lane, :count])
        assert same(alone.areas[0], together.areas[lane, :count])


def test_lanes_that_fail_or_are_stiff_change_no_byte_of_the_others():
    dose = Schedule((DoseEvent(0.0, 10.0), DoseEvent(30.0, 5.0, duration=2.0)))
    clock = np.linspace(0.5, 90.0, 13)
    calm = np.stack([np.zeros(70), np.geomspace(0.01, 3.0, 70)], axis=1)
    plain = solve(RUNAWAY, [dose], [clock], calm, strict=True)
    wild = calm.copy()
    wild[5::9] = (2.0, 0.01)  # blows up
    wild[3::9] = (0.0, 4e4)  # stiff
    found = solve(RUNAWAY, [dose], [clock], wild)
    untouched = np.setdiff1d(np.arange(70), np.r_[5:70:9, 3:70:9])
    assert [lane for lane, _ in found.failed] == list(range(5, 70, 9))
    assert found.stiff == tuple(range(3, 70, 9))
    assert same(found.amounts[untouched], plain.amounts[untouched])
    np.testing.assert_allclose(found.amounts[3::9, 1:4, 0], 0.0, atol=1e-9)


def test_observing_areas_changes_no_amount():
    p = lanes(10, 2)
    plain = solve(SATURABLE, [COURSE], [TIMES], p)
    with_areas = solve(SATURABLE, [COURSE], [TIMES], p, observe=[(0, 1), (1, 3)])
    assert plain.amounts.tobytes() == with_areas.amounts.tobytes()


def test_more_samples_change_no_amount():
    p = lanes(5)
    dose = Schedule((DoseEvent(0.0, 80.0),))
    few = solve(SATURABLE, [dose], [[10.0, 50.0]], p)
    many = solve(SATURABLE, [dose], [np.linspace(0.0, 50.0, 101)], p)
    np.testing.assert_allclose(many.amounts[:, [20, 100]], few.amounts, rtol=1e-13)


def test_time_shift():
    p = lanes(8, 2)
    here = solve(SATURABLE, [COURSE], [TIMES], p, rtol=1e-9, atol=1e-12)
    moved = Schedule(
        tuple(
            DoseEvent(
                d.time + 1000.0,
                d.amount,
                duration=d.duration,
                interval=d.interval,
                additional=d.additional,
            )
            for d in COURSE.doses
        ),
        breaks=(1020.0,),
    )
    there = solve(SATURABLE, [moved], [TIMES + 1000.0], p, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(there.amounts, here.amounts, rtol=1e-8, atol=1e-9)


def test_superposition_where_the_system_is_linear():
    p = lanes(6)
    p[:, :, 4] = 0.0
    first, second = Schedule(COURSE.doses[:1]), Schedule(COURSE.doses[1:])
    both = Schedule(COURSE.doses)
    settings = {"rtol": 1e-10, "atol": 1e-13, "start": -6.0}
    a, b, ab = (
        solve(SATURABLE, [each], [TIMES], p, **settings).amounts for each in (first, second, both)
    )
    np.testing.assert_allclose(ab, a + b, rtol=1e-8, atol=1e-9)
    assert np.abs(ab).max() > 10.0


def test_mass_balance():
    # Without elimination all that entered is there; with CL alone, CL x area is what left.
    p = lanes(6)
    p[:, :, 4] = 0.0
    found = solve(SATURABLE, [COURSE], [TIMES], p, observe=[(0, 1)], rtol=1e-10, atol=1e-13)
    entered = 80.0 + sum(
        60.0 * np.clip((TIMES - start) / 4.0, 0.0, 1.0) for start in (3.0, 15.0, 27.0, 39.0)
    )
    entered = np.where(TIMES > -6.0, entered, 0.0)
    left = p[:, :, 0] * found.areas[:, :, 0]
    np.testing.assert_allclose(
        found.amounts.sum(axis=2) + left, np.tile(entered, (6, 1)), rtol=1e-8
    )


def test_no_amount_before_the_first_dose():
    dose = Schedule((DoseEvent(10.0, 80.0),))
    found = solve(
        SATURABLE, [dose], [[0.0, 5.0, 10.0, 10.0]], lanes(1), after=[[False, False, False, True]]
    )
    np.testing.assert_array_equal(found.amounts[0, :, 0], [0.0, 0.0, 0.0, 80.0])


def test_reset():
    doses = (DoseEvent(0.0, 80.0, duration=30.0), DoseEvent(9.0, 50.0))
    schedule = Schedule(doses, resets=(10.0,))
    found = solve(
        SATURABLE,
        [schedule],
        [[10.0, 10.0, 11.0, 25.0]],
        lanes(1),
        after=[[False, True, False, False]],
        lag=np.array([[3.0, 0.0]]),
    )
    assert found.amounts[0, 0].sum() > 1.0
    assert np.all(found.amounts[0, 1:] == 0.0)


@pytest.mark.parametrize(("duration", "lag"), [(0.0, 0.0), (3.0, 5.0), (30.0, 0.0)])
def test_saturable_steady_state_is_that_of_a_train_given_for_long(duration, lag):
    p = np.array([TYPICAL])
    times, after = np.linspace(0.0, 24.0, 9), [np.ones(9, bool)]
    train = {"amount": 60.0, "duration": duration, "interval": 12.0}
    steady = Schedule((DoseEvent(0.0, **train, additional=2, steady=1),))
    long = Schedule((DoseEvent(-12.0 * 400, **train, additional=402),))
    common = {"after": after, "lag": np.array([[lag, 0.0]]), "rtol": 1e-9, "atol": 1e-12}
    found = solve(SATURABLE, [steady], [times], p, **common)
    expected = solve(SATURABLE, [long], [times], p, **common)
    assert found.failed == ()
    np.testing.assert_allclose(found.amounts, expected.amounts, rtol=1e-6)


def test_segments_as_short_as_rounding_do_no_harm():
    # Ends and beginnings of these inputs differ by rounding only, in the middle of the course.
    doses = tuple(DoseEvent(0.1 * k, 5.0, duration=0.1) for k in range(30))
    late = Schedule((*doses, DoseEvent(3.0, 40.0)))
    found = solve(SATURABLE, [late], [[2.9, 60.0]], lanes(3), rtol=1e-10, atol=1e-13)
    even = Schedule((DoseEvent(0.0, 150.0, duration=3.0), DoseEvent(3.0, 40.0)))
    expected = solve(SATURABLE, [even], [[2.9, 60.0]], lanes(3), rtol=1e-10, atol=1e-13)
    assert found.failed == ()
    np.testing.assert_allclose(found.amounts, expected.amounts, rtol=1e-8)


def test_no_steady_state_beyond_the_capacity_is_a_reason():
    p = np.array([TYPICAL, TYPICAL])
    p[0, 0] = 0.0  # only the saturable path is left, and it takes 8 / h
    schedule = Schedule((DoseEvent(0.0, 12.0 * 8.5, interval=12.0, steady=1),))
    found = solve(SATURABLE, [schedule], [[1.0]], p)
    assert [lane for lane, _ in found.failed] == [0]
    assert "no steady state" in found.failed[0][1]
    assert np.isnan(found.amounts[0]).all()
    assert np.isfinite(found.amounts[1]).all()


def test_a_lane_that_blows_up_fails_alone():
    p = np.tile([0.0, 0.3], (50, 1))
    p[17] = [1.0, 0.0]  # x' = x^2 from 1 ends at t = 1
    dose = Schedule((DoseEvent(0.0, 1.0),))
    found = solve(RUNAWAY, [dose], [[0.5, 2.0]], p, rtol=1e-8, atol=1e-12)
    assert [lane for lane, _ in found.failed] == [17]
    assert "blow up" in found.failed[0][1]
    assert np.isnan(found.amounts[17]).all()
    good = np.delete(np.arange(50), 17)
    expected = np.tile(np.exp(-0.3 * np.array([0.5, 2.0])), (49, 1))
    np.testing.assert_allclose(found.amounts[good, :, 0], expected, rtol=1e-7)


def test_time_is_absolute_and_breaks_may_mark_its_jumps():
    # The inflow starts at 100 h; a break there lets the stepper land on it, to its tolerance.
    schedule = Schedule((DoseEvent(90.0, 0.0),), breaks=(100.0,))
    found = solve(RUNAWAY, [schedule], [[100.0, 105.0]], np.array([[0.0, 0.3]]), rtol=1e-9)
    expected = [0.0, (1.0 - np.exp(-1.5)) / 0.3]
    np.testing.assert_allclose(found.amounts[0, :, 0], expected, rtol=1e-7, atol=1e-7)


def test_tolerances_are_checked():
    with pytest.raises(ValueError, match="rtol must be at least"):
        solve(RUNAWAY, [Schedule()], [[1.0]], np.array([[0.0, 0.3]]), rtol=0.0)
    with pytest.raises(ValueError, match="atol must not be negative"):
        solve(RUNAWAY, [Schedule()], [[1.0]], np.array([[0.0, 0.3]]), atol=-1.0)


@pytest.mark.parametrize("off", [-5e-10, 0.0, 5e-10])
def test_the_last_sample_waits_for_what_a_rounding_puts_after_it(off):
    course = Schedule((DoseEvent(0.0, 80.0, row=1), DoseEvent(10.0 + off, 60.0, row=2)))
    before, after = (
        solve(SATURABLE, [course], [[10.0]], lanes(1), after=[[row]]).amounts[0, 0]
        for row in (1, 3)
    )
    assert after[0] - before[0] == pytest.approx(60.0, rel=1e-7)
    assert after[1:] == pytest.approx(before[1:], rel=1e-7)


def test_a_sample_after_what_a_rounding_puts_off_is_not_waited_for_by_a_later_one():
    # Both are of the dose's time; the first is to be read after it, the last before.
    course = Schedule((DoseEvent(0.0, 80.0), DoseEvent(1.0 + 3e-10, 60.0)))
    times = [1.0 - 5e-10, 1.0]
    found = solve(SATURABLE, [course], [times], lanes(1), after=[[True, False]]).amounts[0]
    expected = solve(SATURABLE, [course], [[1.0]], lanes(1), after=[[True]]).amounts[0, 0]
    np.testing.assert_allclose(found, [expected, expected], rtol=1e-7)


@pytest.mark.parametrize("count", [1, 40])
@pytest.mark.parametrize("instant", [1e-10, 1e-8, 1e-7])
def test_an_input_of_an_instant_leaves_no_step_too_small_behind(instant, count):
    later = DoseEvent(13.0, 1e-3, 1)
    p = lanes(count)
    found, expected = (
        solve(SATURABLE, [Schedule((first, later))], [[1.0, 24.0]], p)
        for first in (DoseEvent(0.0, 1.2e5, duration=instant), DoseEvent(0.0, 1.2e5))
    )
    assert found.failed == ()
    np.testing.assert_allclose(found.amounts, expected.amounts, rtol=1e-5)


@pytest.mark.parametrize("lanes", [1, 40])
def test_a_dose_counted_in_another_unit_is_integrated_to_the_same_tolerance(lanes):
    # What tolerances are relative to is the amount that enters, not the number that is charted: a
    # billion cells with a bioavailability of 1e-9, and 1 for the state that gets no dose.
    def amounts(amount, share):
        return solve(
            SATURABLE,
            [Schedule(doses=(DoseEvent(time=0.0, amount=amount),))],
            [[1.0, 8.0, 50.0]],
            [TYPICAL] * lanes,
            schedule_of=[0] * lanes,
            bioavailability=[[share, 1.0]] * lanes,
            rtol=1e-9,
        ).amounts

    np.testing.assert_allclose(amounts(1e10, 1e-9), amounts(10.0, 1.0), rtol=1e-12)


@pytest.mark.parametrize("power", [-60, 80, 120, 145])
def test_amounts_of_any_size_are_held_to_the_same_tolerance(power):
    # Both amounts and the amount at which elimination is half saturated, in another unit.
    unit = 10.0**power
    typical = np.array([TYPICAL])
    scaled = typical * [1.0, 1.0, 1.0, 1.0, unit, unit]

    def amounts(dose, parameters):
        course = Schedule(doses=(DoseEvent(0.0, dose, duration=3.0, interval=12.0, additional=2),))
        return solve(SATURABLE, [course], [np.linspace(1.0, 60.0, 9)], parameters).amounts

    np.testing.assert_allclose(amounts(80.0 * unit, scaled) / unit, amounts(80.0, typical), 1e-6)


def _cells_beside_a_tumor(t, x, p, dx):
    """Cells that only fade; a tumor fed from a depot and lost by a saturable way."""
    dx[0] = -p[0] * x[0]
    dx[1] = -p[1] * x[1] / (p[2] + x[1]) + p[3] * x[2]
    dx[2] = -p[3] * x[2]


APART = System(("cells", "tumor", "depot"), ("k", "vm", "km", "ka"), _cells_beside_a_tumor)
SMALL = [0.001, 1e-3, 1e-4, 0.5]


@pytest.mark.parametrize("initial", [(True, True), (True, False), (False, True), (False, False)])
@pytest.mark.parametrize("lanes", [1, 40])
def test_much_of_one_state_does_not_blur_another(lanes, initial):
    # Whether by a dose or as an initial amount: 1e12 cells beside 5e-3 mL.
    def amounts(cells):
        found = [(cells, 0), (5e-3, 2)]
        doses = [
            DoseEvent(time=0.0, amount=amount, compartment=into)
            for (amount, into), there in zip(found, initial, strict=True)
            if not there
        ]
        begin = np.zeros(3)
        for (amount, into), there in zip(found, initial, strict=True):
            begin[into] = amount if there else 0.0
        solution = solve(
            APART,
            [Schedule(doses=tuple(doses))],
            [[1.0, 5.0, 20.0]],
            [SMALL] * lanes,
            schedule_of=[0] * lanes,
            initial=[begin] * lanes,
            start=0.0,
        )
        return solution.amounts[:, :, 1:]

    np.testing.assert_allclose(amounts(1e12), amounts(5e-3), rtol=1e-9)


@pytest.mark.parametrize("share", [1e-9, 1e-20, 1e-300, 0.0])
def test_next_to_nothing_absorbed_is_as_nothing(share):
    # A state that begins empty beside one that is full: the first step is a guess.
    doses = (DoseEvent(0.0, 5e-3, 2), DoseEvent(0.0, 100.0, 1), DoseEvent(100.0, 100.0, 1))
    found = [
        solve(
            APART, [Schedule(doses=doses)], [[1.0, 50.0, 150.0]], [[0.001, 2.0, 10.0, 0.5]],
            bioavailability=[[1.0, 1.0, each]], rtol=1e-8,
        )
        for each in (share, 0.0)
    ]  # fmt: skip
    assert not found[0].failed
    np.testing.assert_allclose(found[0].amounts[:, :, 1], found[1].amounts[:, :, 1], rtol=1e-7)


@pytest.mark.parametrize("many", [1e6, 1e9, 1e12])
def test_a_steady_state_of_states_far_apart(many):
    # Two first-order losses have the sum of a geometric series.
    doses = (
        DoseEvent(time=0.0, amount=many, compartment=0, interval=24.0, steady=1),
        DoseEvent(time=0.0, amount=5e-3, compartment=2, interval=24.0, steady=2),
    )
    found = solve(APART, [Schedule(doses=doses)], [[1.0]], [SMALL], rtol=1e-8)
    assert not found.failed
    for state, amount, rate in ((0, many, 0.001), (2, 5e-3, 0.5)):
        expected = amount * np.exp(-rate) / (1.0 - np.exp(-24.0 * rate))
        assert found.amounts[0, 0, state] == pytest.approx(expected, rel=1e-7)


@pytest.mark.parametrize("rate", [1.0, 1e-6, 1e-9, 1e-15])
def test_the_steady_state_of_an_endless_input_in_any_unit(rate):
    # Input = vm x / (km + x), and vm twice the input: x = km.
    dose = DoseEvent(time=0.0, amount=0.0, compartment=1, rate=rate, steady=1)
    found = solve(APART, [Schedule(doses=(dose,))], [[0.0]], [[0.001, 2 * rate, rate, 0.5]],
                  after=[[True]], rtol=1e-8)  # fmt: skip
    assert not found.failed
    assert found.amounts[0, 0, 1] == pytest.approx(rate, rel=1e-7)


def rising(n, seed):
    """Typical parameters, 30 % apart, and infusions into next to nothing, sampled throughout."""
    rng = np.random.default_rng(seed)
    parameters = np.array(TYPICAL) * np.exp(0.3 * rng.normal(size=(n, len(TYPICAL))))
    schedules, times = [], []
    for _ in range(n):
        begins = np.cumsum([0.0, *rng.uniform(20.0, 28.0, 3)])
        hours = float(rng.uniform(4.0, 8.0))
        schedules.append(
            Schedule(tuple(DoseEvent(float(t), 100.0, duration=hours) for t in begins))
        )
        soon = (begins[:, None] + np.geomspace(0.02, 1.0, 12)).ravel()
        times.append(np.sort([*soon, *np.linspace(3.0, 120.0, 40)]))
    return schedules, times, parameters


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("seed", [1, 8, 16])
def test_small_values_are_as_exact_as_large_ones(seed, strict):
    """Within five times the tolerances asked for: on the way up, and where little is left."""
    schedules, times, parameters = rising(32, seed)
    found = solve(SATURABLE, schedules, times, parameters, strict=strict).amounts
    exact = solve(SATURABLE, schedules, times, parameters, rtol=1e-12, atol=1e-15).amounts
    assert np.all(np.abs(found - exact) < 5e-6 * exact + 5e-10 * 100.0)


def test_rough_roots_are_as_near_as_they_say():
    numbers = 10.0 ** np.linspace(-30.0, 30.0, 4001)
    place = numbers.copy()
    bits = place.view(np.int64)
    found = [stepper.logarithm(bits, place, i) for i in range(len(place))]
    assert np.max(np.abs(found - np.log2(numbers))) < 0.01
    exponents = np.linspace(-3.0, 3.0, 601)
    assert np.max(np.abs([stepper.power(each) / 2.0**each - 1.0 for each in exponents])) < 2e-3
    assert stepper.power(400.0) == stepper.power(3.0)


def test_samples_between_the_ends_of_a_step_are_those_of_the_weights():
    """For few states they are read off another way, so the weights must meet both ends."""
    weights = np.array(powers())
    ends, last = np.array([*STAGES[6], 0.0]), np.eye(7)[6]
    assert np.allclose(weights.sum(axis=1), ends, atol=1e-13)
    assert np.allclose(weights[:, 0], np.eye(7)[0], atol=1e-13)
    assert np.allclose(weights @ np.arange(1.0, 5.0), last, atol=1e-12)
