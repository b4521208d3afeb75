"""Amounts along schedules made ready, against `solve` lane by lane."""

from __future__ import annotations

import numpy as np
import pytest

from equipoise.kinetics import DoseEvent, Linear, Schedule, System, solve
from equipoise.kinetics.groups import Run
from equipoise.kinetics.prepared import Prepared
from equipoise.model import Array

SCHEDULE = Schedule((DoseEvent(0.0, 80.0, 0, duration=6.0), DoseEvent(24.0, 80.0, 0, duration=6.0)))
TIMES = np.array([5.9, 23.0, 29.0, 47.0])


def saturable(t, x, p, dx):
    c = x[0] / p[1]
    exchange = p[2] * (c - x[1] / p[3])
    dx[0] = -p[0] * c - exchange - p[4] * c / (p[5] + c)
    dx[1] = exchange


SATURABLE = System(("central", "side"), ("CL", "V1", "Q", "V2", "VM", "KM"), saturable)


def lanes(count: int, stiff: int) -> Array:
    """Parameters, some with a side compartment that empties a hundred thousand times as fast."""
    rng = np.random.default_rng(3)
    typical = np.array([0.5, 10.0, 0.5, 20.0, 8.0, 1.0])
    values = typical * np.exp(0.4 * rng.standard_normal((count, 6)))
    values[rng.permutation(count)[:stiff], 3] *= 1e-6
    return np.asarray(values[:, None, :])


@pytest.mark.parametrize("group", [1, 3])
@pytest.mark.parametrize("stiff", [2, 60])
def test_stiff_lanes_hold_nobody_else_up(
    monkeypatch: pytest.MonkeyPatch, group: int, stiff: int
) -> None:
    taken: list[tuple[str, int, bool]] = []
    through = Run.through

    def counted(run, module, groups, *, alone=False):
        taken.append((module.TITLE.split("_")[0], len(groups), alone))
        return through(run, module, groups, alone=alone)

    monkeypatch.setattr(Run, "through", counted)
    parameters = lanes(120, stiff)
    ready = Prepared(SATURABLE, [SCHEDULE], [TIMES])
    of = np.zeros(120, dtype=np.int64)
    amounts, good = ready.amounts(of, parameters, group=group, rtol=1e-8)
    assert good.all()
    alone = solve(SATURABLE, [SCHEDULE], [TIMES], parameters, schedule_of=of, rtol=1e-10,
                  strict=True)  # fmt: skip
    np.testing.assert_allclose(amounts, alone.amounts, rtol=2e-6, atol=1e-6)
    # The stiff ones in company; what only stood beside them by the other method, in company too.
    kinds = [kind for kind, _, _ in taken]
    assert "stiff" in kinds
    assert sum(count for kind, count, _ in taken if kind == "stiff") <= stiff
    assert not any(alone for kind, _, alone in taken if kind == "stiff")
    # A few leave the schedule as it was.
    assert ready._some_slow == (stiff == 60 and group == 3)
    again, good = ready.amounts(of, parameters, group=group, rtol=1e-8)
    assert good.all()
    np.testing.assert_allclose(again, amounts, rtol=2e-6, atol=1e-6)


def test_a_linear_lane_without_an_answer_spoils_its_group_alone() -> None:
    one = Linear(1, depot=True)
    schedules = [SCHEDULE, Schedule((DoseEvent(1.0, 50.0, 1),))]
    times = [TIMES, TIMES[:2]]
    ready = Prepared(one, schedules, times)
    rng = np.random.default_rng(5)
    parameters = np.exp(0.3 * rng.standard_normal((12, 1, 3)))
    of = np.repeat([0, 1, 0, 1], 3)
    for bad, value in ((None, 0.0), (4, np.nan), (7, -1.0)):
        own = parameters.copy()
        if bad is not None:
            own[bad, 0, 0] = value
        for _ in range(2):
            amounts, good = ready.amounts(of, own, group=3)
            expected = np.ones(12, dtype=bool)
            if bad is not None:
                expected[bad // 3 * 3 : bad // 3 * 3 + 3] = False
            np.testing.assert_array_equal(good, expected)
            alone = solve(one, schedules, times, parameters, schedule_of=of)
            for lane in np.flatnonzero(good):
                n = len(times[of[lane]])
                np.testing.assert_allclose(amounts[lane, :n], alone.amounts[lane, :n], rtol=1e-12)


@pytest.mark.parametrize("system", [SATURABLE, Linear(1, depot=True)])
def test_no_lanes_have_no_amounts(system: System | Linear) -> None:
    ready = Prepared(system, [SCHEDULE], [TIMES])
    none = np.zeros((0, 1, len(system.parameter_names)))
    amounts, good = ready.amounts(np.zeros(0, dtype=np.int64), none)
    assert amounts.shape == (0, len(TIMES), len(system.states))
    assert good.shape == (0,)


@pytest.mark.parametrize("stiff", [0, 4])
def test_neither_threads_nor_earlier_calls_nor_company_change_an_answer(stiff: int) -> None:
    own = lanes(90, stiff)
    of = np.zeros(90, dtype=np.int64)
    amounts, _ = Prepared(SATURABLE, [SCHEDULE], [TIMES]).amounts(of, own, group=3, workers=1)
    ready = Prepared(SATURABLE, [SCHEDULE], [TIMES])
    bad = own.copy()
    bad[0, 0, 0] = np.nan
    first, good = ready.amounts(of, bad, group=3, workers=2)
    assert good.tolist() == [False] * 3 + [True] * 87
    np.testing.assert_allclose(first[3:], amounts[3:], rtol=1e-6, atol=1e-7)
    again, _ = ready.amounts(of, own, group=3, workers=2)
    assert again.tobytes() == amounts.tobytes()
    turned, _ = ready.amounts(of, own[::-1].copy(), group=3)
    np.testing.assert_allclose(turned[::-1], amounts, rtol=1e-6, atol=1e-7)
