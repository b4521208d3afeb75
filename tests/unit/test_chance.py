"""Streams of chance depend on their name, never on order."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from equipoise.chance import stream


def test_a_stream_is_the_same_whatever_ran_before() -> None:
    first = stream(1, "p1", "model", "fit").random(5)
    stream(1, "p2", "model", "fit").random(1000)
    np.testing.assert_array_equal(stream(1, "p1", "model", "fit").random(5), first)


def test_another_seed_name_or_split_is_another_stream() -> None:
    names = [("p1", "fit"), ("p2", "fit"), ("p1", "plan"), ("p1fit",), ("p1",), ("fit", "p1")]
    draws = {stream(1, *name).random() for name in names} | {stream(2, "p1", "fit").random()}
    assert len(draws) == len(names) + 1


def test_neighbouring_seeds_and_patients_share_nothing() -> None:
    """`seed + i` would make run 0, patient 2 equal run 1, patient 1."""
    draws = {stream(seed, str(i)).random() for seed in range(30) for i in range(30)}
    assert len(draws) == 900


def test_streams_are_uncorrelated() -> None:
    table = np.stack([stream(3, "p", str(i)).standard_normal(4000) for i in range(20)])
    off = np.corrcoef(table)[~np.eye(20, dtype=bool)]
    assert np.max(np.abs(off)) < 5.0 / np.sqrt(4000)


@pytest.mark.parametrize("salt", ["0", "1"])
def test_the_hash_of_a_process_plays_no_part(salt: str) -> None:
    code = "from equipoise.chance import stream; print(repr(float(stream(7, 'p', 'é').random())))"
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True,
        env={"PYTHONHASHSEED": salt},
    )  # fmt: skip
    assert float(found.stdout) == stream(7, "p", "é").random()
