"""Random data sets through the lanes and through a slow referee that shares no code with them."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings

import hunting


@settings(
    max_examples=200, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
@given(hunting.cases())
def test_lanes_and_referee_agree(case: hunting.Case) -> None:
    assert hunting.disagreement(case) < 1e-6
