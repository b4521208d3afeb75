"""Chance by name: one stream of random numbers for each (seed, patient, purpose); odds in words.

Two runs with the same seed agree whatever else they computed, in whatever order or number of
threads, because a stream depends on its name only.
"""

from __future__ import annotations

import hashlib

import numpy as np


def stream(seed: int, *names: str) -> np.random.Generator:
    """The generator of one purpose.

    names  patient, model, purpose: whatever makes the stream one of its own
    """
    digest = hashlib.sha256("\x1f".join(names).encode()).digest()
    words = [int.from_bytes(digest[i : i + 4], "little") for i in range(0, 16, 4)]
    return np.random.default_rng([seed, *words])


def percent(probability: float) -> str:
    """A probability in words: "17 %", "<1 %", ">99 %".

    Odds come from a finite number of draws, so none is ever said to be 0 or 100 %.
    """
    if probability < 0.01:
        return "<1 %"
    return ">99 %" if probability > 0.99 else f"{100.0 * probability:.0f} %"
