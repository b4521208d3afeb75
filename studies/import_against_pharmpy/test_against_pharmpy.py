"""Parameters of imported streams against the symbols that pharmpy reads in the same streams.

Runs where pharmpy-core is installed (`pip install pharmpy-core`): it is no part of the tests' own
requirements, for its weight.
"""

from __future__ import annotations

import math
import warnings
from pathlib import Path

import numpy as np
import pytest

from imported_streams import NAMES, STREAMS, imported_file

WITHOUT = {"twelve_etas": "$ABBREVIATED REPLACE of a theta in $PK is not resolved there"}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", NAMES)
def test_parameters_are_those_that_pharmpy_reads(name: str, tmp_path: Path) -> None:
    modeling = pytest.importorskip("pharmpy.modeling", reason="pharmpy-core is not installed")
    sympy = pytest.importorskip("sympy")
    if name in WITHOUT:
        pytest.skip(f"pharmpy: {WITHOUT[name]}")
    ours = imported_file(name, tmp_path)
    text = (STREAMS / f"{name}.mod").read_text(encoding="utf-8")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = modeling.read_model_from_string(text)
    rng = np.random.default_rng(11)
    etas = rng.normal(0.0, 0.3, len(ours.etas))
    covariates = {"WT": 61.0, "BW": 61.0, "SEX": 1.0, "OCC": 2.0, "AGE": 52.0, "CRCL": 88.0,
                  "TIME": 30.0, "FED": 1.0}  # fmt: skip
    table = ours.parameters(
        {k: v.number for k, v in ours.thetas.items()},
        {k: np.array([[covariates[k]]]) for k in ours.covariates},
        {k: np.array([[e]]) for k, e in zip(ours.etas, etas, strict=True)},
    )
    values = {**theirs.parameters.inits, **covariates}
    values |= dict(zip(theirs.random_variables.etas.names, etas, strict=True))
    symbols: dict[str, float] = {}
    for statement in theirs.statements.before_odes:
        found = sympy.sympify(statement.expression).subs({**values, **symbols})
        if found.is_number:  # what hangs on NEWIND has no number
            symbols[str(statement.symbol)] = float(found)
    covariance = theirs.random_variables.etas.covariance_matrix
    size = range(len(ours.etas))
    omega = [[float(covariance[i, j].subs(theirs.parameters.inits)) for j in size] for i in size]
    assert np.array(omega) == pytest.approx(ours.omega_matrix)
    code = Path(ours.parameters.__code__.co_filename).read_text(encoding="utf-8")
    code = code.partition("return {")[2]
    compared = 0
    for key, value in table.items():
        variable = code.split(f'"{key}": ')[1].split(",")[0].strip()
        if variable in symbols:
            assert float(np.ravel(value)[0]) == pytest.approx(symbols[variable], rel=1e-10), key
            compared += 1
    assert compared >= 2
    assert not any(math.isnan(float(np.ravel(v)[0])) for v in table.values())
