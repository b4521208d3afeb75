"""Control streams without compartments ($PRED), and NONMEM's protected functions."""

from __future__ import annotations

import math
import re
from pathlib import Path

import numpy as np
import pytest

from equipoise.dataset import parse_dataset
from equipoise.likelihood import joint, predicted
from equipoise.nonmem import StreamError, read_stream, translate
from equipoise.nonmem.protecting import SMALL
from imported_streams import imported, stream

CODE = """CL=THETA(1)*EXP(ETA(1))*(WT/70)
V=THETA(2)*EXP(ETA(2))
IF (TIME.LT.1) V=V*1.1
F=DOSE/V*EXP(-CL/V*TIME)
Y=F*(1+EPS(1))"""
ROWS = (
    "ID,TIME,DV,DOSE,WT,AMT,MDV\n1,0,.,100,70,100,1\n1,0.5,5,100,70,0,0\n1,2,3,100,70,0,0\n"
    "1,6,1.4,100,35,20,0\n"
)


def without_compartments(code: str = CODE, columns: str = "ID TIME DV DOSE WT AMT MDV") -> str:
    return (
        f"$PROBLEM explicit\n$INPUT {columns}\n$DATA data.csv IGNORE=@\n$PRED\n{code}\n"
        "$THETA 3 20\n$OMEGA 0.1 0.1\n$SIGMA 0.04\n"
    )


def test_a_stream_in_pred_predicts_what_it_says(tmp_path: Path) -> None:
    model = imported(without_compartments(), tmp_path)
    (who,) = parse_dataset(ROWS, model).subjects
    # AMT means nothing without PREDPP: the last row is a level, the first one by its MDV is none.
    assert [o.time for o in who.observed] == [0.5, 2.0, 6.0]
    etas = np.array([[0.0, 0.0], [0.3, -0.2]])
    t, weight = np.array([0.5, 2.0, 6.0]), np.array([70.0, 70.0, 35.0])
    clearance = 3.0 * np.exp(etas[:, :1]) * weight / 70.0
    volume = 20.0 * np.exp(etas[:, 1:]) * np.where(t < 1.0, 1.1, 1.0)
    f = 100.0 / volume * np.exp(-clearance / volume * t)
    np.testing.assert_allclose(predicted(model, who, etas), f, rtol=1e-12)
    y, variance = np.array([5.0, 3.0, 1.4]), 0.04 * f**2
    wanted = np.sum(np.log(variance) + (y - f) ** 2 / variance, axis=1)
    wanted += np.sum(etas**2, axis=1) / 0.1 + 2.0 * math.log(0.1)
    np.testing.assert_allclose(joint(model, who, etas), wanted, rtol=1e-12)


@pytest.mark.parametrize(
    ("code", "columns", "line", "words"),
    [
        ("Y=A(1)*THETA(1)+EPS(1)", "ID TIME DV", 5, "has no compartments"),
        ("Y=F*THETA(1)+EPS(1)", "ID TIME DV", 5, "F is not known"),
        ("Y=AMT*THETA(1)+EPS(1)", "ID TIME DV AMT", 5, "AMT belongs to one record"),
        ("Y=THETA(1)+EPS(1)\n$ERROR\nX=1", "ID TIME DV", 4, "not go together with"),
        ("IF (DVID.EQ.1) X=1\nY=X*THETA(1)+EPS(1)", "ID TIME DV", 5, "DVID is not known"),
    ],
)
def test_what_pred_cannot_say(code: str, columns: str, line: int, words: str) -> None:
    with pytest.raises(StreamError, match=words) as found:
        translate(read_stream(without_compartments(code, columns)))
    assert found.value.line is not None
    assert found.value.line.number == line


def value(text: str, folder: Path, *, protect: bool) -> float:
    """What an expression is in a stream; 0 stands in the data, so that nothing is known ahead."""
    code = re.sub(r"\b0\b(?![.\d])", "ZERO", text)
    stream = without_compartments(f"Y=({code})*TIME+EPS(1)", "ID TIME DV ZERO")
    if protect:
        stream = stream.replace("$PRED", "$ABBR PROTECT\n$PRED")
    model = imported(stream, folder, f"protect_{protect}")
    (who,) = parse_dataset("ID,TIME,DV,ZERO\n1,1,1,0\n", model).subjects
    return float(predicted(model, who, np.zeros((1, 2)))[0, 0])


@pytest.mark.parametrize(
    ("plain", "by_hand", "expected"),
    [
        ("LOG(0)", "PLOG(0)", math.log(SMALL)),
        ("LOG(7)", "PLOG(7)", math.log(7.0)),
        ("LOG10(-1)", "PLOG10(-1)", math.log10(SMALL)),
        ("EXP(1000)", "PEXP(1000)", math.exp(100.0)),
        ("EXP(-3)", "PEXP(-3)", math.exp(-3.0)),
        ("SQRT(9)", "PSQRT(9)", 3.0),
        ("3**2", "PEXP(2*PLOG(3))", 9.0),
        ("(1-3)**2", "PEXP(2*PLOG(1-3))", SMALL**2),
        ("0**0.5", "PEXP(0.5*PLOG(0))", math.sqrt(SMALL)),
        ("MAX(0,-2)", "PNG(-2)", 0.0),
        ("MIN(100,101)", "PHE(101)", 100.0),
        ("1/4", "PDZ(4)", 0.25),
        ("1/2.8E-103", "PDZ(0)", 1.0 / SMALL),
        ("2.8E-103", "PZR(0)", SMALL),
        ("2.8E-103", "PNP(-1)", SMALL),
    ],
)
def test_protected_functions_have_a_value_everywhere(
    plain: str, by_hand: str, expected: float, tmp_path: Path
) -> None:
    assert value(plain, tmp_path, protect=True) == pytest.approx(expected, rel=1e-12, abs=1e-250)
    assert value(by_hand, tmp_path, protect=False) == pytest.approx(expected, rel=1e-12, abs=1e-250)


@pytest.mark.parametrize(
    "error",
    [
        "Y=F*(1+EPS(1))", "Y=F*EXP(EPS(1))", "Y=LOG(F)+EPS(1)",
        "IPRED=F\nY=IPRED+IPRED**0.5*EPS(1)", "W=SQRT(0.04*F**2+0.01)\nY=F+W*EPS(1)",
    ],
)  # fmt: skip
def test_protection_changes_nothing_inside_the_domain(error: str, tmp_path: Path) -> None:
    parts = {"error": error, "thetas": "3 20", "omega": "0.1 0.2", "sigma": "0.04"}
    pk = "CL=THETA(1)*EXP(ETA(1))\nV=THETA(2)*EXP(ETA(2))\nS1=V"
    rows = "ID,TIME,AMT,RATE,EVID,DV\n1,0,100,0,1,.\n1,2,.,.,0,1\n1,9,.,.,0,1\n"
    etas = np.array([[0.1, -0.2], [-0.7, 0.3]])
    plain = imported(stream(pk, **parts), tmp_path, "plain")
    guarded = imported(stream(pk, more="$ABBR PROTECT", **parts), tmp_path, "guarded")
    found = [
        joint(model, parse_dataset(rows, model).subjects[0], etas) for model in (plain, guarded)
    ]
    np.testing.assert_allclose(found[1], found[0], rtol=1e-12)
