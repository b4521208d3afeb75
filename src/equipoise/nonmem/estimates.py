"""Final estimates from NONMEM's .ext file in the place of a stream's own numbers."""

from __future__ import annotations

import math
import re
from dataclasses import replace

import numpy as np

from equipoise.nonmem.stream import ControlStream
from equipoise.nonmem.syntax import StreamError
from equipoise.nonmem.variability import Matrix

FINAL = -1000000000
"""The iteration under which NONMEM prints final estimates."""


def read_estimates(stream: ControlStream, text: str) -> ControlStream:
    """The stream with the final estimates of the last table of an .ext file.

    Fails  StreamError where the file has no final estimates, or they do not fit the stream.
    """
    header: list[str] = []
    final: dict[str, float] = {}
    for line in text.splitlines():
        # FORMAT=,1PE13.6 of $ESTIMATION puts commas between columns, also of names with commas.
        cells = re.findall(r"\w+\(\d+,\d+\)|[^\s,]+", line)
        if cells[:1] == ["ITERATION"]:
            header, final = cells, {}
        elif header and cells and re.fullmatch(r"-?\d+", cells[0]) and int(cells[0]) == FINAL:
            if len(cells) != len(header):
                raise StreamError(None, "the .ext file has a row that does not fit its header")
            final = dict(zip(header, map(_read, cells), strict=True))
    if not final:
        raise StreamError(
            None, f"the last table of the .ext file has no final estimates (iteration {FINAL})"
        )
    thetas = []
    for i, theta in enumerate(stream.thetas, start=1):
        thetas.append(replace(theta, number=_number(final, f"THETA{i}")))
    if f"THETA{len(thetas) + 1}" in final and stream.prior is None:
        raise StreamError(None, f"the .ext file has more thetas than the stream ({len(thetas)})")
    return replace(
        stream,
        thetas=tuple(thetas),
        omega=_matrix(final, "OMEGA", stream.omega, more=stream.prior is not None),
        sigma=_matrix(final, "SIGMA", stream.sigma, more=stream.prior is not None),
    )


def _read(cell: str) -> float:
    try:
        found = float(cell)
    except ValueError:
        found = math.nan
    if not math.isfinite(found):
        raise StreamError(None, "the .ext file has a final estimate that is not a number")
    return found


def _number(final: dict[str, float], name: str) -> float:
    if name not in final:
        raise StreamError(None, f"the .ext file has no {name}: it belongs to another stream")
    return final[name]


def _matrix(final: dict[str, float], name: str, own: Matrix, *, more: bool) -> Matrix:
    n = len(own)
    if not more and f"{name}({n + 1},{n + 1})" in final:
        raise StreamError(None, f"the .ext file has a larger {name} than the stream ({n})")
    rows = np.zeros((n, n))
    for i in range(n):
        for j in range(i + 1):
            rows[i, j] = rows[j, i] = _number(final, f"{name}({i + 1},{j + 1})")
    varies = np.diag(rows) > 0.0
    if varies.any() and np.linalg.eigvalsh(rows[np.ix_(varies, varies)]).min() <= 0.0:
        raise StreamError(
            None,
            f"the final ${name} of the .ext file is not positive definite: two of it depend on "
            "each other wholly, or digits are missing",
        )
    return replace(own, rows=tuple(tuple(float(v) for v in row) for row in rows))
