"""Shorthands of control streams: each says the same as the plain code beside it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from equipoise.dataset import DatasetError, parse_dataset
from equipoise.likelihood import predicted, with_errors
from equipoise.model import Model
from equipoise.nonmem import StreamError, read_estimates, read_stream, translate
from imported_streams import imported, stream

PLAIN = "CL=THETA(1)*EXP(ETA(1))\nV=THETA(2)*EXP(ETA(2))"
ROWS = "ID,TIME,AMT,RATE,EVID,DV\n1,0,100,0,1,.\n1,2,.,.,0,1\n1,9,.,.,0,1\n"
OCC_ROWS = (
    "ID,TIME,AMT,RATE,EVID,DV,OCC\n1,0,100,0,1,.,1\n1,2,.,.,0,1,1\n1,9,.,.,0,1,2\n1,12,.,.,0,1,3\n"
)


def predictions(model: Model, rows: str = ROWS) -> np.ndarray:
    (who,) = parse_dataset(rows, model).subjects
    k = len(model.etas)
    return predicted(model, who, np.linspace(-0.2, 0.3, 2 * k).reshape(2, k))


@pytest.mark.parametrize(
    ("pk", "more"),
    [
        ("CL=THETA(CL)*EXP(ETA(CL))\nV=THETA(V)*EXP(ETA(V))",
         {"thetas": "CL=(0,3)\n$THETA V=20 FIX", "omega": "CL=0.1\n$OMEGA V=0.2"}),
        ("CL=THETA(CL)*EXP(ETA(CL))\nV=THETA(V)*EXP(ETA(V))",
         {"thetas": "NAMES(CL,V) (0,3) 20", "omega": "BLOCK(2) CL=0.1 0 V=0.2"}),
        ("CL=THETA(CL)*EXP(ETA(CL))\nV=THETA(V)*EXP(ETA(V))",
         {"more": "$ABBR REPLACE THETA(CL,V)=THETA(1,2)\n$ABBR REPLACE ETA(CL,V)=ETA(1:2)"}),
        ("CL=TVCL*EXP(ETA_CL)\nV=THETA(2)*EXP(ETA(2))",
         {"more": "$ABBR REPLACE ETA_CL=ETA(1)\n$ABBR REPLACE TVCL=THETA(1)"}),
        (PLAIN, {"thetas": "(0,3 ; lower bound\n) ; CL\n$THETA 20, FIX"}),
        (PLAIN, {"thetas": "3 20 9 8 7", "omega": "0.1 0.2\n$OMEGA BLOCK(2) 0.5 0.1 0.5 FIX",
                 "more": "$PRIOR NWPRI NTHETA=2 NETA=2 NTHP=2, NETP=2"}),
        ("CALLFL=1\n" + PLAIN, {}),
        ("CALLFL=-2\n" + PLAIN, {}),
        (PLAIN, {"advan": "ADVAN1 TRANS2 SUBROUTINES=D"}),
        (PLAIN, {"advan": "ADVAN1 TRANS2 TOL 9"}),
    ],
)  # fmt: skip
def test_shorthands_say_what_plain_code_says(pk: str, more: dict[str, str], tmp_path: Path) -> None:
    numbers = {"thetas": "3 20", "omega": "0.1 0.2"}
    plain = imported(stream(PLAIN, **numbers), tmp_path, "plain")
    short = imported(stream(pk, **{**numbers, **more}), tmp_path, "short")
    assert short.omega == plain.omega
    np.testing.assert_array_equal(predictions(short), predictions(plain))


@pytest.mark.parametrize(
    ("index", "numbers"),
    [("OCC_CL", "2,3"), ("CL_OCC", "2 TO 3"), ("OCC", "2:3"), ("OCC_CL", ",2 to 3 by 1")],
)
def test_a_data_item_chooses_among_etas(index: str, numbers: str, tmp_path: Path) -> None:
    columns = "ID TIME AMT RATE EVID DV OCC"
    plain = stream(
        "IOV=0\nIF(OCC.EQ.1) IOV=ETA(2)\nIF(OCC.EQ.2) IOV=ETA(3)\nCL=3*EXP(ETA(1)+IOV)\nV=20",
        columns=columns, omega="0.1 0.2 0.2",
    )  # fmt: skip
    short = stream(
        f"IOV=0\nIF(OCC.LT.3) IOV=ETA({index})\nCL=3*EXP(ETA(1)+IOV)\nV=20",
        columns=columns, omega="0.1 0.2 0.2", more=f"$ABBR REPLACE ETA({index})=ETA({numbers})",
    )  # fmt: skip
    found = predictions(imported(short, tmp_path, "short"), OCC_ROWS)
    expected = predictions(imported(plain, tmp_path, "plain"), OCC_ROWS)
    np.testing.assert_array_equal(found, expected)
    assert not np.allclose(found[0], found[1])


def test_a_value_that_chooses_nothing_is_refused_by_the_data_set(tmp_path: Path) -> None:
    text = stream("CL=3*EXP(ETA(OCC_CL))\nV=20", columns="ID TIME AMT RATE EVID DV OCC",
                  omega="0.1 0.1", more="$ABBR REPLACE ETA(OCC_CL)=ETA(1,0,2)")  # fmt: skip
    model = imported(text, tmp_path)
    rows = OCC_ROWS.replace("9,.,.,0,1,2", "9,.,.,0,1,1").replace("12,.,.,0,1,3", "12,.,.,0,1,2")
    with pytest.raises(DatasetError, match="row 2: CL of stream is no number for this subject"):
        parse_dataset(rows, model)


def test_elements_of_sigma_are_numbers_that_estimates_replace(tmp_path: Path) -> None:
    text = stream("CL=3*EXP(ETA(1))\nV=20", error="W=SQRT(SIGMA(1,1))*F\nY=F+W*EPS(2)",
                  sigma="0.04\n$SIGMA 1 FIX")  # fmt: skip
    (who,) = parse_dataset(ROWS, imported(text, tmp_path)).subjects
    f = with_errors(imported(text, tmp_path), who, np.zeros((1, 1)))
    np.testing.assert_allclose(f.variance, 0.04 * f.values**2)
    header = "ITERATION THETA1 SIGMA(1,1) SIGMA(2,1) SIGMA(2,2) OMEGA(1,1)"
    ext = f" {header}\n -1000000000 1 .09 0 1 .1\n"
    for form in (ext, ext.replace(" ", " ,"), ext.replace(" ", "\t")):
        found = translate(read_estimates(read_stream(text), form))
        assert found.readouts[0].proportional == pytest.approx(0.3)
    aborted = f"{ext} {header}\n 0 1 .09 0 1 .1\n"
    with pytest.raises(StreamError, match="has no final estimates"):
        read_estimates(read_stream(text), aborted)
    for wrong in ("NaN", "*****"):
        with pytest.raises(StreamError, match="not a number"):
            read_estimates(read_stream(text), ext.replace(" .09", f" {wrong}"))


def test_estimates_that_are_no_covariance_are_refused() -> None:
    text = stream(PLAIN, thetas="3 20", omega="BLOCK(2) 0.1 0.05 0.1")
    header = "ITERATION THETA1 THETA2 SIGMA(1,1) OMEGA(1,1) OMEGA(2,1) OMEGA(2,2)"
    ext = f" {header}\n -1000000000 3 20 1 .1 .1 .1\n"
    with pytest.raises(
        StreamError, match=r"final \$OMEGA of the \.ext file is not positive definite"
    ):
        read_estimates(read_stream(text), ext)
    assert read_estimates(read_stream(text), ext.replace(".1 .1 .1", ".1 .09 .1")).omega


def test_estimates_beside_a_prior_are_the_first_ones() -> None:
    text = stream(PLAIN, thetas="3 20 9 8", omega="0.1 0.2\n$OMEGA 0.3 FIX 0.4 FIX",
                  more="$PRIOR NWPRI NTHETA=2 NETA=2 NTHP=2 NETP=2")  # fmt: skip
    found = read_stream(text)
    assert [t.number for t in found.thetas] == [3.0, 20.0]
    assert found.omega.rows == ((0.1, 0.0), (0.0, 0.2))
    assert "plays no part" in found.notes[0]
    names = [f"OMEGA({i},{j})" for i in range(1, 5) for j in range(1, i + 1)]
    header = " ".join(["ITERATION", "THETA1", "THETA2", "THETA3", "THETA4", "SIGMA(1,1)", *names])
    numbers = " ".join(
        [
            "-1000000000",
            "4",
            "30",
            "9",
            "8",
            "1",
            *("0.5" if n[6] == n[8] else "0.1" for n in names),
        ]
    )
    read = read_estimates(found, f" {header}\n {numbers}\n")
    assert [t.number for t in read.thetas] == [4.0, 30.0]
    assert len(read.omega) == 2


def test_the_peripheral_compartment_may_be_measured_too(tmp_path: Path) -> None:
    """A second analyte in closed form, each with its own error, chosen by H = 0 or 1."""
    text = stream(
        "CL=2\nV1=9*EXP(ETA(1))\nQ=3\nV2=5\nS1=V1\nS2=V2/7",
        advan="ADVAN3 TRANS4", columns="ID TIME AMT RATE EVID DV CMT",
        error="H1=0\nH2=0\nIF(CMT.EQ.1) H1=1\nIF(CMT.EQ.2) H2=1\n"
        "Y=H1*(F*(1+EPS(1))+EPS(2))+H2*(F*(1+EPS(3)))", sigma="0.04 1 0.09",
    )  # fmt: skip
    model = imported(text, tmp_path)
    rows = "ID,TIME,AMT,RATE,EVID,DV,CMT\n1,0,100,0,1,.,1\n1,2,.,.,0,1,1\n1,2,.,.,0,1,2\n"
    (who,) = parse_dataset(rows, model).subjects
    found = with_errors(model, who, np.zeros((1, 1)))
    k = np.array([[-2 / 9 - 3 / 9, 3 / 5], [3 / 9, -3 / 5]])
    value, vector = np.linalg.eig(k)
    a = vector @ (np.exp(2.0 * value) * np.linalg.solve(vector, [100.0, 0.0]))
    np.testing.assert_allclose(found.values[0], [a[0] / 9, a[1] / 5 * 7], rtol=1e-9)
    np.testing.assert_allclose(
        found.variance[0],
        [0.04 * (a[0] / 9) ** 2 + 1.0, 0.09 * (a[1] / 5 * 7) ** 2],
        rtol=1e-9,
    )


def test_a_value_without_error_is_left_to_the_others(tmp_path: Path) -> None:
    text = stream(
        "CL=2\nV=9*EXP(ETA(1))", columns="ID TIME AMT RATE EVID DV DVID",
        error="Y=F\nIF(DVID.EQ.2.AND.EVID.EQ.0) Y=F*(1+EPS(1))\nIF(DVID.EQ.1) Y=0",
    )  # fmt: skip
    model = imported(text, tmp_path)
    assert model.observations[0].rows == ("DVID", (2.0,))
    with pytest.raises(StreamError, match="no EPS"):
        translate(read_stream(text.replace("*(1+EPS(1))", "")))


INDICATORS = {
    "of the column": "IND=0\nIF(FLAG.EQ.2) IND=1\nY=(1-IND)*F*(1+EPS(1))+IND*(A(1)+EPS(2))",
    "no other value": "IF(FLAG.EQ.1) IND=0\nIF(FLAG.EQ.2) IND=1\n"
    "Y1=F*(1+EPS(1))\nY2=A(1)+EPS(2)\nY=(1-IND)*Y1+IND*Y2",
    "of a prediction": "I1=0\nI2=0\nIF(FLAG.EQ.1) I1=1\nIF(FLAG.EQ.2) I2=1\n"
    "IF(FLAG.EQ.1) THEN\nIPRED=F\nENDIF\nIF(FLAG.EQ.2) THEN\nIPRED=A(1)\nENDIF\n"
    "Y1=IPRED*(1+EPS(1))\nY2=IPRED+EPS(2)\nY=Y1*I1+Y2*I2",
}


@pytest.mark.parametrize("error", INDICATORS.values(), ids=INDICATORS.keys())
def test_indicators_choose_between_errors(error: str, tmp_path: Path) -> None:
    parts = {"columns": "ID TIME AMT RATE EVID DV FLAG", "sigma": "0.04 9"}
    plain = "IF(FLAG.EQ.1) Y=F*(1+EPS(1))\nIF(FLAG.EQ.2) Y=A(1)+EPS(2)"
    rows = (
        "ID,TIME,AMT,RATE,EVID,DV,FLAG\n1,0,100,0,1,.,1\n1,2,.,.,0,1,1\n1,2,.,.,0,70,2\n"
        "1,9,.,.,0,20,2\n"
    )
    pk = "CL=2*EXP(ETA(1))\nV=9\nS1=V"
    found = []
    for name, code in (("plain", plain), ("short", error)):
        model = imported(stream(pk, error=code, **parts), tmp_path, name)
        (who,) = parse_dataset(rows, model).subjects
        read = with_errors(model, who, np.array([[0.0], [0.4]]))
        found.append((read.values, read.variance))
    np.testing.assert_allclose(found[1][0], found[0][0], rtol=1e-12)
    np.testing.assert_allclose(found[1][1], found[0][1], rtol=1e-12)


def test_an_indicator_that_a_value_leaves_unset_is_refused() -> None:
    error = "IF(FLAG.EQ.1) IND=0\nIF(FLAG.EQ.2) X=1\nY=F+IND*F*EPS(1)+EPS(1)"
    text = stream("CL=2*EXP(ETA(1))\nV=9", error=error, columns="ID TIME DV FLAG")
    with pytest.raises(StreamError, match="IND is read before it is set"):
        translate(read_stream(text))


FREM = (
    "Y=F+F*EPS(1)\nIF (FREMTYPE.EQ.100) THEN\nY=THETA(3)+ETA(2)*0.7+EPS(2)\nEND IF\n"
    "IF (FREMTYPE.EQ.200) THEN\nY=THETA(4)+ETA(3)*2+EPS(2)\nEND IF"
)
FREM_ROWS = (
    "ID,TIME,AMT,DV,MDV,FREMTYPE\n1,0,100,.,1,0\n1,2,0,3.5,0,0\n1,2,0,1.4,0,100\n1,2,0,7,0,200\n"
)


def test_covariates_may_be_levels_of_one_time(tmp_path: Path) -> None:
    """Full random effects (FREM): the rows of a subject's covariates stand at one TIME."""
    parts = {"columns": "ID TIME AMT DV MDV FREMTYPE", "thetas": "2 20 1.5 6.4",
             "omega": "BLOCK(3) 0.1 0.05 1 -0.1 0.2 1", "sigma": "0.04 0.0001"}  # fmt: skip
    text = stream("CL=THETA(1)*EXP(ETA(1))\nV=THETA(2)\nS1=V", error=FREM, **parts)
    (who,) = parse_dataset(FREM_ROWS, model := imported(text, tmp_path)).subjects
    etas = np.array([[0.2, -0.3, 0.5]])
    found = with_errors(model, who, etas)
    f = 100.0 / 20.0 * np.exp(-2.0 * np.exp(0.2) / 20.0 * 2.0)
    np.testing.assert_allclose(found.values[0], [f, 1.5 - 0.3 * 0.7, 6.4 + 0.5 * 2.0], rtol=1e-12)
    np.testing.assert_allclose(found.variance[0], [0.04 * f**2, 1e-4, 1e-4], rtol=1e-12)


@pytest.mark.parametrize(
    ("error", "scale"),
    [
        ("Y=F*(1+EPS(1)*(1+WHICH))", "9"), ("Y=F*(2-WHICH)+WHICH*THETA(2)+EPS(1)", "9"),
        ("Y=F+EPS(1)", "9*(1+WHICH)"),
    ],
)  # fmt: skip
def test_levels_of_one_time_that_read_a_column_of_their_own(
    error: str, scale: str, tmp_path: Path
) -> None:
    columns = "ID TIME AMT DV WHICH"
    text = stream(f"CL=THETA(1)*EXP(ETA(1))\nV=9\nS1={scale}", error=error, columns=columns,
                  thetas="2 20")  # fmt: skip
    model = imported(text, tmp_path)
    rows = "ID,TIME,AMT,DV,WHICH\n1,0,100,.,0\n1,2,0,3,0\n1,2,0,4,1\n"
    with pytest.raises(DatasetError, match="row 4: the level is predicted from WHICH, where rows"):
        parse_dataset(rows, model)
    parse_dataset(rows.replace("1,2,0,4", "1,2.5,0,4"), model)


def test_an_id_may_choose(tmp_path: Path) -> None:
    text = stream("CL=2*EXP(ETA(1))\nIF(ID.GT.30) CL=4*EXP(ETA(1))\nV=9")
    model = imported(text, tmp_path)
    (one,) = predictions(model)[0:1]
    (other,) = predictions(model, ROWS.replace("\n1,", "\n31,"))[0:1]
    assert one[1] > other[1]
