"""How rates become kernels: text, cache, and what cannot be compiled."""

from __future__ import annotations

import math
import os
import subprocess
import sys
import textwrap

import numpy as np
import pytest

from equipoise.kinetics import DoseEvent, Schedule, System, kernels, solve

RATE = 0.25
DOSE = Schedule((DoseEvent(0.0, 100.0),))


def chain(t, x, p, dx):
    """A chain of three with a loop: not unrolled, called as it stands."""
    dx[0] = -p[0] * x[0]
    for i in range(1, 3):
        dx[i] = p[0] * (x[i - 1] - x[i])


def scaled(value, by=2.0):
    return by * value


def names(t, x, p, dx):
    # Names that the stepper uses too must not collide with it.
    h, lane, dt, total = x[0], p[0], math.exp(0.0), RATE
    w = scaled(h) / 2.0
    w += 0.0
    if lane > 0.0:
        dx[-1] = -lane * w * dt
    else:
        dx[-1] = -total * h


def test_rates_with_loops_are_called_as_they_stand():
    system = System(("a", "b", "c"), ("k",), chain)
    found = solve(system, [DOSE], [[2.0, 9.0]], np.array([[0.3]]), rtol=1e-9)
    t = 0.3 * np.array([2.0, 9.0])
    expected = 100.0 * np.exp(-t)[:, None] * np.stack([np.ones(2), t, t**2 / 2.0], axis=1)
    np.testing.assert_allclose(found.amounts[0], expected, rtol=1e-7)


def test_names_globals_functions_branches_and_negative_indices():
    system = System(("a",), ("k",), names)
    found = solve(system, [DOSE], [[4.0]], np.array([[0.1], [0.0]]), rtol=1e-9)
    expected = 100.0 * np.exp([-0.4, -1.0])
    np.testing.assert_allclose(found.amounts[:, 0, 0], expected, rtol=1e-8)


def test_what_cannot_be_compiled_is_said():
    table = {"a": 1.0}

    def rates(t, x, p, dx):
        dx[0] = table["a"]

    with pytest.raises(ValueError, match="rates name table, a dict"):
        solve(System(("a",), (), rates), [DOSE], [[1.0]], np.empty((1, 0)))

    def three(t, x, dx):
        dx[0] = 0.0

    with pytest.raises(ValueError, match="rates must take four arguments"):
        solve(System(("a",), (), three), [DOSE], [[1.0]], np.empty((1, 0)))

    def strict(t, x, p, dx):
        assert x[0] >= 0.0
        dx[0] = -x[0]

    with pytest.raises(ValueError, match=r"rates cannot raise or assert \(line 2 of strict\)"):
        solve(System(("a",), (), strict), [DOSE], [[1.0]], np.empty((1, 0)))
    with pytest.raises(ValueError, match="rates need their text"):
        solve(System(("a",), (), eval("lambda t, x, p, dx: 0")), [DOSE], [[1.0]], np.empty((1, 0)))


MODULE = """
@compiled
def answer(x):
    return x + 41
"""


def test_a_kernel_is_announced_once_and_found_again(tmp_path, monkeypatch):
    monkeypatch.setenv("EQUIPOISE_CACHE", str(tmp_path / "deep" / "cache"))
    said: list[str] = []
    monkeypatch.setattr(kernels, "on_compile", said.append)
    module = kernels.load("kept", (MODULE,))
    kernels.announce(module)
    assert module.answer(1) == 42
    kernels.note(module)
    assert said == ["kept"]
    files = sorted(path.suffix for path in (tmp_path / "deep" / "cache").iterdir())
    assert files == ["", ".done", ".py"]  # numba's folder, our mark, the module
    monkeypatch.setattr(kernels, "_loaded", {})
    again = kernels.load("kept", (MODULE,))
    kernels.announce(again)
    assert again is not module
    assert said == ["kept"]


def test_a_cache_that_cannot_be_written_is_done_without(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("EQUIPOISE_CACHE", str(tmp_path / "file" / "cache"))
    module = kernels.load("unkept", (MODULE, "# in memory"))
    assert module.answer(1) == 42
    assert module.__file__ is None


def test_importing_does_not_import_the_compiler():
    code = textwrap.dedent(
        """
        import sys
        import equipoise.kinetics
        assert "numba" not in sys.modules
        assert "scipy" not in sys.modules
        """
    )
    subprocess.run([sys.executable, "-c", code], check=True, env=os.environ)
