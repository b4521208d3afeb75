"""What a schedule may be, and what is refused with which words."""

from __future__ import annotations

import numpy as np
import pytest

from equipoise.kinetics import DoseEvent, Linear, Schedule, System, half_lives, solve

ONE = Linear(1, depot=False)
PARAMETERS = np.array([[1.0, 10.0]])


def test_expanded_writes_trains_out_in_order():
    train = DoseEvent(0.0, 10.0, interval=12.0, additional=2, steady=1)
    late = DoseEvent(6.0, 5.0, duration=1.0)
    doses = Schedule((train, late), resets=(30.0, 3.0)).expanded()
    assert [(d.time, d.amount, d.steady, d.additional) for d in doses.doses] == [
        (0.0, 10.0, 1, 0),
        (6.0, 5.0, 0, 0),
        (12.0, 10.0, 0, 0),
        (24.0, 10.0, 0, 0),
    ]
    assert [d.interval for d in doses.doses] == [12.0, 0.0, 0.0, 0.0]
    assert doses.resets == (3.0, 30.0)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"amount": -1.0}, "amount"),
        ({"amount": float("nan")}, "amount"),
        ({"amount": 1.0, "duration": -0.1}, "duration"),
        ({"amount": 1.0, "time": float("inf")}, "time"),
        ({"amount": 1.0, "compartment": -1}, "compartment"),
        ({"amount": 1.0, "steady": 1}, "interval"),
        ({"amount": 1.0, "steady": 2, "interval": -12.0}, "interval"),
        ({"amount": 1.0, "additional": 3}, "interval"),
        ({"amount": 1.0, "additional": -1}, "additional"),
        ({"amount": 1.0, "steady": 3, "interval": 12.0}, "steady"),
    ],
)
def test_a_dose_is_refused_with_the_name_of_the_field(wrong, field):
    with pytest.raises(ValueError, match=f"^{field} of a dose"):
        DoseEvent(**({"time": 0.0} | wrong))


def falling(t, x, p, dx):
    dx[0] = -p[0] / p[1] * x[0]


BOTH = pytest.mark.parametrize(
    "system", [ONE, System(ONE.states, ONE.parameter_names, falling)], ids=["closed", "stepped"]
)


def amounts(system, schedule, times, after, **given):
    found = solve(
        system, [schedule], [times], PARAMETERS, after=[np.array(after)], rtol=1e-11, atol=1e-13,
        **given,
    )  # fmt: skip
    assert found.failed == ()
    return found.amounts[0, :, 0]


@BOTH
def test_at_the_bedside_a_level_at_the_time_of_a_scheduled_dose_is_a_trough(system):
    train = Schedule((DoseEvent(0.0, 10.0, interval=12.0, additional=2),))
    trough = 10.0 * np.exp(-1.2)
    np.testing.assert_allclose(
        amounts(system, train, [12.0, 12.0], [False, True]), [trough, trough + 10.0], rtol=1e-9
    )


@BOTH
@pytest.mark.parametrize("lag", [0.0, 12.0])
def test_in_a_data_set_a_level_sees_what_enters_at_its_time_without_a_record(system, lag):
    # Additional at 12 h, or the first one held back until then; one with a record of its own.
    rows = Schedule(
        (
            DoseEvent(0.0, 10.0, interval=12.0, additional=0 if lag else 2, row=1),
            DoseEvent(12.0, 5.0, row=3),
        )
    )
    held = amounts(system, rows, [12.0, 12.0], [2, 4], lag=np.array([[lag]]))
    before = 10.0 if lag else 10.0 * np.exp(-1.2) + 10.0
    # With the lag the dose of row 3 enters at 24 h.
    np.testing.assert_allclose(held, [before, before + (0.0 if lag else 5.0)], rtol=1e-9)


@BOTH
def test_records_of_one_time_act_in_their_order(system):
    rows = Schedule(
        (
            DoseEvent(0.0, 10.0, interval=12.0, additional=1, row=1),
            DoseEvent(12.0, 5.0, row=3),
            DoseEvent(12.0, 7.0, row=7),
        ),
        resets=(12.0,),
        reset_rows=(5,),
    )
    seen = amounts(system, rows, [12.0] * 5 + [13.0], [2, 4, 6, 8, 8, 9])
    there = 10.0 * np.exp(-1.2) + 10.0
    expected = [there, there + 5.0, 0.0, 7.0, 7.0, 7.0 * np.exp(-0.1)]
    np.testing.assert_allclose(seen, expected, rtol=1e-9, atol=1e-12)


@BOTH
def test_what_is_due_at_a_reset_does_not_survive_it(system):
    # 3 x 0.1 is a little more than 0.3.
    rows = Schedule(
        (DoseEvent(0.0, 10.0, interval=0.1, additional=3, row=1),), resets=(0.3,), reset_rows=(3,)
    )
    seen = amounts(system, rows, [0.3, 0.3, 0.5], [2, 4, 5])
    assert seen[0] > 30.0
    np.testing.assert_array_equal(seen[1:], 0.0)


@BOTH
def test_the_lag_of_a_record_holds_for_its_train_and_the_share_is_that_of_the_entry(system):
    rows = Schedule(
        (DoseEvent(0.0, 10.0, interval=12.0, additional=1, row=1, piece=0),), breaks=(0.0, 15.0)
    )
    given = {
        "lag": np.array([[[4.0], [0.0], [0.0]]]),
        "bioavailability": np.array([[[9.0], [1.0], [0.5]]]),
    }
    found = solve(
        system, [rows], [[3.9, 4.1, 15.9, 16.1]], np.repeat(PARAMETERS[:, None, :], 3, axis=1),
        rtol=1e-11, atol=1e-13, **given,
    )  # fmt: skip
    first = 10.0 * np.exp(-0.1 * (np.array([4.1, 15.9, 16.1]) - 4.0))
    expected = [0.0, first[0], first[1], first[2] + 5.0 * np.exp(-0.01)]
    np.testing.assert_allclose(found.amounts[0, :, 0], expected, rtol=1e-9, atol=1e-12)


@BOTH
@pytest.mark.parametrize("steady", [1, 2])
def test_the_steady_state_of_an_endless_input(system, steady):
    doses = (DoseEvent(0.0, 50.0, row=1), DoseEvent(5.0, 0.0, rate=3.0, steady=steady, row=2))
    seen = amounts(system, Schedule(doses), [5.0, 15.0], [3, 4])
    rest = 50.0 * np.exp(-0.5) if steady == 2 else 0.0
    np.testing.assert_allclose(seen, (30.0 + rest) * np.exp([0.0, -1.0]), rtol=1e-8)


@BOTH
def test_a_steady_state_is_that_of_its_own_piece(system):
    dose = DoseEvent(0.0, 10.0, interval=12.0, steady=1, row=1, piece=0)
    parameters = np.array([[[1.0, 10.0], [4.0, 10.0]]])
    found = solve(
        system, [Schedule((dose,), breaks=(0.0,))], [[1.0]], parameters, rtol=1e-11, atol=1e-13
    )
    expected = 10.0 / (1.0 - np.exp(-1.2)) * np.exp(-0.4)
    np.testing.assert_allclose(found.amounts[0, 0, 0], expected, rtol=1e-9)


def test_breaks_must_increase():
    with pytest.raises(ValueError, match="breaks must increase"):
        Schedule(breaks=(5.0, 5.0))
    assert Schedule(breaks=(4.0, 5.0)).pieces == 3


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"parameters": np.array([[1.0, np.nan]])}, "parameters: V1 of lane 0 in piece 0"),
        ({"parameters": np.array([[1.0, 0.0]])}, "parameters: V1 must be positive"),
        ({"parameters": np.array([[-1.0, 1.0]])}, "parameters: CL must be not negative"),
        ({"parameters": np.ones((1, 3))}, "parameters must have shape"),
        ({"parameters": np.ones((2, 1, 2)), "schedules": 3}, "schedule_of is needed"),
        ({"parameters": np.ones((1, 2, 2)), "breaks": (1.0, 2.0)}, "parameters have 2 pieces"),
        ({"compartment": 1}, "compartment 1 of a dose in schedule 0"),
        ({"schedule_of": [1]}, "schedule_of must lie between 0 and 0"),
        ({"schedule_of": [0.5]}, "schedule_of must be 1 integers"),
        ({"observe": [(1, 1)]}, "observe names state 1"),
        ({"observe": [(0, 2)]}, "observe names parameter 2"),
        ({"lag": np.array([[-1.0]])}, "lag must be finite and not negative"),
        ({"bioavailability": np.array([[np.inf]])}, "bioavailability must be finite"),
        ({"bioavailability": np.ones((3, 1))}, "bioavailability must have shape"),
        ({"initial": np.ones((1, 2))}, "initial must have shape"),
        ({"start": 1.0}, "start is 1.0 h but"),
        ({"after": [[True]]}, "after of schedule 0"),
        ({"times": [[0.0, np.nan]]}, "times of schedule 0"),
    ],
)
def test_solve_refuses_with_the_name_of_the_argument(change, words):
    change = dict(change)
    dose = DoseEvent(0.0, 10.0, compartment=change.pop("compartment", 0))
    one = Schedule((dose,), breaks=change.pop("breaks", ()))
    many = change.pop("schedules", 1)
    parameters = change.pop("parameters", PARAMETERS)
    times = change.pop("times", [[0.0, 1.0]] * many)
    with pytest.raises(ValueError, match=words):
        solve(ONE, [one] * many, times, parameters, **change)


def test_unused_pieces_may_be_empty():
    parameters = np.array([[[1.0, 10.0], [2.0, 10.0]], [[1.0, 10.0], [np.nan, np.nan]]])
    broken = Schedule((DoseEvent(0.0, 10.0),), breaks=(1.0,))
    plain = Schedule((DoseEvent(0.0, 10.0),))
    found = solve(ONE, [broken, plain], [[2.0], [2.0]], parameters)
    assert found.amounts[0, 0, 0] == pytest.approx(10.0 * np.exp(-0.1 - 0.2), rel=1e-14)
    assert found.amounts[1, 0, 0] == pytest.approx(10.0 * np.exp(-0.2), rel=1e-14)


def test_linear_names_its_states_and_parameters():
    assert Linear(3, depot=True).states == ("depot", "central", "peripheral1", "peripheral2")
    assert Linear(2, depot=True).parameter_names == ("KA", "CL", "V1", "Q2", "V2")
    with pytest.raises(ValueError, match="compartments must be 1, 2 or 3"):
        Linear(4, depot=False)


def test_half_lives_are_terminal_first():
    one = half_lives(Linear(1, depot=True), np.array([[9.0, 1.0, 10.0]]))
    assert one[0, 0] == pytest.approx(10.0 * np.log(2.0), rel=1e-15)
    cl, v1, q, v2 = 1.0, 10.0, 3.0, 40.0
    total, product = cl / v1 + q / v1 + q / v2, cl / v1 * q / v2
    root = np.sqrt(total**2 - 4.0 * product)
    expected = np.log(2.0) / np.array([(total - root) / 2.0, (total + root) / 2.0])
    found = half_lives(Linear(2, depot=False), np.array([[cl, v1, q, v2]]))
    np.testing.assert_allclose(found[0], expected, rtol=1e-13)
    assert np.isinf(half_lives(Linear(1, depot=False), np.array([[0.0, 1.0]]))[0, 0])
    with pytest.raises(ValueError, match="parameters must have 2 columns"):
        half_lives(Linear(1, depot=False), np.ones((1, 3)))
