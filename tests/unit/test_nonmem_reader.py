"""The reader of control streams: its grammar, and each refusal with its line."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from equipoise.nonmem import StreamError, read_estimates, read_stream, translate
from equipoise.nonmem.algebra import derivative, folded, polynomial
from equipoise.nonmem.parsing import parse_code
from equipoise.nonmem.printing import Printer
from equipoise.nonmem.syntax import Assign, If, Item, Line, Name, Number
from imported_streams import STREAMS, imported, stream

PRINTER = Printer(arrays=False, item=lambda i: f"{i.name.lower()}[{i.index}]", names={})


def parsed(*lines: str):
    return parse_code([(text, Line(n, text)) for n, text in enumerate(lines, start=1)], {})


def value(text: str, **names: float) -> float:
    """What an expression of abbreviated code is worth."""
    (found,) = parsed(f"X = {text}")
    assert isinstance(found, Assign)
    return float(eval(PRINTER.text(found.value), {"math": math, **names}))


# --- expressions --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1/2", 0.5),
        ("2**3**2", 512.0),
        ("-2**2", -4.0),
        ("(-2)**2", 4.0),
        ("2*-3", -6.0),
        ("8/4/2", 1.0),
        ("8-4-2", 2.0),
        ("8-(4-2)", 6.0),
        ("4**-0.5", 0.5),
        ("1D2 + 1.5E-1 + .5 + 2.", 102.65),
        ("EXP(LOG(3)) + dexp(0)", 4.0),
        ("LOG10(100) + ALOG10(10)", 3.0),
        ("SQRT(2)**2", 2.0),
        ("MAX(1, 5, 3) - MIN(2, 1)", 4.0),
        ("MOD(7, 4) + INT(2.9) + INT(-2.9)", 3.0),
        ("ABS(-3) + SIN(0) + COS(0) + TAN(0)", 4.0),
        ("PHI(0)", 0.5),
        ("GAMLN(5)", math.log(24.0)),
        ("a/b*c", 6.0),
        ("a/(b*c)", 0.375),
        ("-a*b", -6.0),
        ("(a+b)**c", 625.0),
    ],
)
def test_expressions_are_worth_what_fortran_makes_of_them(text: str, expected: float) -> None:
    assert value(text, A=3.0, B=2.0, C=4.0) == pytest.approx(expected)


def test_one_line_ifs_blocks_and_comparisons() -> None:
    found = parsed(
        "IF (A.EQ.1.AND.B.NE.2) X = 1.",
        "if (a >= 1 .or. .not. (b < 2)) then",
        " X = 2",
        "ELSE IF (A.LT..5) THEN",
        " X = 3",
        "ELSEIF (A/=3) THEN",
        "ELSE",
        " IF (B.GT.1.E2) X = 4",
        "END IF",
    )
    assert len(found) == 2
    block = found[1]
    assert isinstance(block, If)
    assert len(block.branches) == 3
    assert isinstance(block.otherwise[0], If)
    assert PRINTER.text(found[0].branches[0][0]) == "A == 1 and B != 2"


@pytest.mark.parametrize(
    ("lines", "line", "reason"),
    [
        (["X = 1 +"], 1, "expected"),
        (["X = (1"], 1, "')' expected"),
        (["X = 1)"], 1, "not understood"),
        (["X = 1 # 2"], 1, "'#' is not understood"),
        (["X = FOO(1)"], 1, "FOO(...)"),
        (["X = EXP(1, 2)"], 1, "EXP takes 1"),
        (["X = THETA(N)"], 1, "index must be a number"),
        (["X = ETA(0)"], 1, "begin at 1"),
        (["CALL SUPP(0,1)"], 1, "subroutines cannot be called"),
        (["X = 1", "EXIT 1 100"], 2, "EXIT"),
        (["DO WHILE (X.GT.1)"], 1, "loops"),
        (["WRITE (50,*) X"], 1, "output"),
        (['" FIRST'], 1, "verbatim"),
        (["IF (X.EQ.1) THEN", "Y = 1"], 1, "not closed"),
        (["IF (X) Y = 1"], 1, "must compare"),
        (["IF (X.EQ.1)"], 1, "followed by THEN"),
        (["ENDIF"], 1, "without IF"),
        (["IF (X.EQ.1) THEN", "ELSE", "ELSE IF (X.EQ.2) THEN", "ENDIF"], 3, "after ELSE"),
        (["COM(1) = 3"], 1, "COM(...) cannot be assigned"),
        (["X + 1"], 1, "NAME = expression"),
    ],
)
def test_code_that_is_not_read_is_refused(lines: list[str], line: int, reason: str) -> None:
    with pytest.raises(StreamError, match=r"^line") as caught:
        parsed(*lines)
    assert caught.value.line is not None
    assert caught.value.line.number == line
    assert reason in caught.value.reason


# --- algebra ------------------------------------------------------------------------------


def test_derivatives_by_differences() -> None:
    eps = Item("EPS", 1)
    for text in (
        "A*(1+EPS(1))", "A*EXP(EPS(1)*B)", "LOG(A+EPS(1))/B", "SQRT(A+B*EPS(1))",
        "(A+EPS(1))**B", "B**EPS(1)", "1/(A+EPS(1))", "SIN(EPS(1))*COS(EPS(1))", "-EPS(1)**2",
    ):  # fmt: skip
        (found,) = parsed(f"X = {text}")

        def at(e: float, node=found.value) -> float:
            return float(
                eval(PRINTER.text(node), {"math": math, "A": 3.0, "B": 2.0, "eps": {1: e}})
            )

        slope = at(0.3, derivative(found.value, eps))
        assert slope == pytest.approx((at(0.3 + 1e-6) - at(0.3 - 1e-6)) / 2e-6, rel=1e-7), text


def test_constants_fold_and_conditions_settle() -> None:
    (found,) = parsed("X = 0*A + 1*B - (2 - 2)")
    assert folded(found.value) == Name("B")
    (found,) = parsed("X = 2**3 + SQRT(4)")
    assert folded(found.value) == Number(10.0)


def test_polynomials_in_the_prediction() -> None:
    (found,) = parsed("X = (0.2*F)**2 + SQRT(9 + F)**2 - 1")
    assert polynomial(found.value, Name("F")) == pytest.approx([8.0, 1.0, 0.04])
    (found,) = parsed("X = F*A")
    assert polynomial(found.value, Name("F")) is None


# --- $THETA, $OMEGA, $SIGMA ---------------------------------------------------------------


def numbers(**more: str):
    base = {"thetas": "1 2 3 4 5 6", "omega": "0.1"}
    return read_stream(stream("CL=1\nV=1", **{**base, **more}))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 2.5 ,3", [1, 2.5, 3]),
        ("(0, 5) (0,5,10) (-INF,1,INF)", [5, 5, 1]),
        ("5 FIX (6 FIXED) (0,7) FIX", [5, 6, 7]),
        ("(0,1)x3", [1, 1, 1]),
        ("1D-3 .5 1.E2", [0.001, 0.5, 100]),
        ("(0 5 10)", [5]),
        ("(0,5,)", [5]),
    ],
)
def test_thetas(text: str, expected: list[float]) -> None:
    found = numbers(thetas=text).thetas
    assert [t.number for t in found] == pytest.approx(expected)


def test_thetas_keep_bounds_fixing_and_names(tmp_path: Path) -> None:
    text = stream("CL=THETA(1)\nV=THETA(2)", thetas="(0, 3, 9) ; 1. TVCL (L/h)\n 20 FIX ; V; L")
    model = imported(text, tmp_path)
    assert list(model.thetas) == ["TVCL", "V"]
    assert model.thetas["TVCL"].unit == "L/h"
    assert model.thetas["TVCL"].where == "line 10"
    assert "fixed" in model.thetas["V"].note
    found = read_stream(text).thetas
    assert (found[0].low, found[0].high, found[0].fixed) == (0.0, 9.0, False)
    assert found[1].fixed


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("0.1 0.2", [[0.1, 0], [0, 0.2]]),
        ("DIAGONAL(2) 0.1 0.2", [[0.1, 0], [0, 0.2]]),
        ("0.3 SD (0.2 SD)", [[0.09, 0], [0, 0.04]]),
        ("(0.1)x2", [[0.1, 0], [0, 0.1]]),
        ("BLOCK(2) 0.1 0.02 0.2", [[0.1, 0.02], [0.02, 0.2]]),
        ("BLOCK(2) SD CORR 0.3 0.5 0.4", [[0.09, 0.06], [0.06, 0.16]]),
        ("BLOCK(2) CORRELATION 0.09 0.5 0.16", [[0.09, 0.06], [0.06, 0.16]]),
        ("BLOCK(2) SD 0.3 0.06 0.4", [[0.09, 0.06], [0.06, 0.16]]),
        ("BLOCK(2) CHOLESKY 0.3 0.2 0.4", [[0.09, 0.06], [0.06, 0.2]]),
        ("BLOCK(2) FIX VALUES(0.1,0.01)", [[0.1, 0.01], [0.01, 0.1]]),
        ("BLOCK(1) 0.1\n$OMEGA BLOCK(1) SAME", [[0.1, 0], [0, 0.1]]),
        ("BLOCK(1) 0.1\n$OMEGA BLOCK SAME(2)", np.diag([0.1, 0.1, 0.1]).tolist()),
        (
            "BLOCK(2)\n 0.1\n 0.02 0.2\n$OMEGA BLOCK(2) SAME",
            [[0.1, 0.02, 0, 0], [0.02, 0.2, 0, 0], [0, 0, 0.1, 0.02], [0, 0, 0.02, 0.2]],
        ),
    ],
)
def test_omegas(text: str, rows: list[list[float]]) -> None:
    assert np.array(numbers(omega=text).omega.rows) == pytest.approx(np.array(rows))


def test_fixed_zero_variances_take_their_eta_out(tmp_path: Path) -> None:
    text = stream("CL=2*EXP(ETA(1))\nV=9*EXP(ETA(2)+ETA(3))", omega="0.1 0 FIX 0.2 ; three")
    model = imported(text, tmp_path)
    assert model.etas == ("ETA1", "ETA3")
    assert model.omega == ((0.1, 0.0), (0.0, 0.2))


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"thetas": "(0, -1, 5)"}, "outside its bounds"),
        ({"thetas": "(1,,5)"}, "needs its value"),
        ({"thetas": "abc"}, "not a value of $THETA"),
        ({"omega": "-0.1"}, "negative"),
        ({"omega": "BLOCK(2) 0.1 0.5 0.2"}, "not positive definite"),
        ({"omega": "BLOCK(2) 0.1 0.5"}, "has 3 values"),
        ({"omega": "BLOCK(1) SAME"}, "needs a $OMEGA BLOCK before"),
        ({"omega": "DIAGONAL(2) 0.1"}, "for DIAGONAL(2)"),
        ({"omega": "0.1 CHOLESKY"}, "need $OMEGA BLOCK"),
        ({"omega": "0.1 BLAH"}, "'BLAH' is not an option"),
        ({"sigma": "(0.1"}, "not closed"),
    ],
)
def test_numbers_that_are_not_read_are_refused(more: dict[str, str], reason: str) -> None:
    with pytest.raises(StreamError) as caught:
        numbers(**more)
    assert reason in caught.value.reason
    assert caught.value.line is not None


def test_final_estimates_of_an_ext_file() -> None:
    text = stream("CL=THETA(1)\nV=THETA(2)", thetas="1 2", omega="0.1 0.2")
    header = "ITERATION THETA1 THETA2 SIGMA(1,1) OMEGA(1,1) OMEGA(2,1) OMEGA(2,2) OBJ"
    ext = f"TABLE NO. 1: FOCE\n {header}\n 0 1 2 1 .1 0 .2 9\n -1000000000 3 4E1 5 .6 .1 .7 8\n"
    found = read_estimates(read_stream(text), ext)
    assert [t.number for t in found.thetas] == [3.0, 40.0]
    assert found.omega.rows == ((0.6, 0.1), (0.1, 0.7))
    assert found.sigma.rows == ((5.0,),)
    with pytest.raises(StreamError, match="no final estimates"):
        read_estimates(read_stream(text), f" {header}\n 0 1 2 1 .1 0 .2 9\n")
    with pytest.raises(StreamError, match="more thetas"):
        read_estimates(read_stream(stream("CL=THETA(1)\nV=1", omega="0.1 0.2")), ext)


# --- the whole stream ---------------------------------------------------------------------

PK = "CL=THETA(1)*EXP(ETA(1))\nV=2"
DES = {"advan": "ADVAN13", "model": "COMP=(CENTRAL)", "des": "DADT(1)=-CL/V*A(1)"}

# what is wrong, the line it stands on (5 is $PK), part of the reason
REFUSED = [
    ("unknown name", stream("CL=FOO\nV=2"), 6, "FOO is not known"),
    ("read before set", stream("CL=TV\nTV=2\nV=2"), 6, "record before"),
    ("missing parameter", stream("CL=2"), 4, "needs V"),
    ("dose in $PK", stream("CL=AMT\nV=2"), 6, "AMT belongs to one record"),
    ("first record", stream("IF(NEWIND.NE.2) X=TIME\nCL=X\nV=2"), 6, "NEWIND tells"),
    ("too many etas", stream("CL=EXP(ETA(2))\nV=2"), 6, "ETA(2): $OMEGA has 1"),
    ("too many thetas", stream("CL=THETA(2)\nV=2"), 6, "THETA(2): $THETA has 1"),
    ("too many eps", stream(PK, error="Y=F+EPS(2)"), 9, "EPS(2): $SIGMA has 1"),
    ("no eps", stream(PK, error="Y=F"), 9, "no EPS"),
    ("zero sigma", stream(PK, sigma="0 FIX"), 9, "residual error of Y is zero"),
    ("likelihood", stream(PK, error="F_FLAG=1\nY=F+EPS(1)"), 9, "likelihood"),
    ("eps in a condition", stream(PK, error="W=EPS(1)\nIF(W.GT.0) W=0\nY=F+W"), 11, "condition"),
    ("dv in $ERROR", stream(PK, error="Y=F+DV*EPS(1)"), 9, "DV belongs to one record"),
    ("amount in $PK", stream("CL=A(1)\nV=2"), 6, "A(1) in $PK"),
    ("trans", stream(PK, advan="ADVAN1 TRANS4"), 4, "ADVAN1 has no TRANS4"),
    ("delay equations", stream(PK, advan="ADVAN16"), 4, "ADVAN16 is not read"),
    ("user routine", stream(PK, advan="ADVAN1 TRANS2 OTHER=mine.f90"), 4, "user routines"),
    ("$DES with ADVAN1", stream(PK, des="DADT(1)=1"), 4, "does not read $DES"),
    ("no $DES", stream(PK, advan="ADVAN6", model="COMP=C"), 4, "needs $DES"),
    ("no $MODEL", stream(PK, advan="ADVAN6", des="DADT(1)=1"), 4, "needs $MODEL"),
    ("missing DADT", stream(PK, **{**DES, "model": "COMP=A COMP=B"}), 4, "DADT(2)"),
    ("extra DADT", stream(PK, **{**DES, "des": "DADT(1)=1\nDADT(2)=1"}), 11, "DADT(2)"),
    ("far amount", stream(PK, **{**DES, "des": "DADT(1)=A(3)"}), 10, "A(3)"),
    ("$DES variable", stream(PK, **{**DES, "des": "C=A(1)/V\nDADT(1)=-C"}, error="Y=C+EPS(1)"),
     13, "set in $DES"),
    ("unknown in $DES", stream(PK, **{**DES, "des": "DADT(1)=-QQ*A(1)"}), 10, "QQ is not known"),
    ("initially off", stream(PK, **{**DES, "model": "COMP=(C,INITIALOFF)"}), 8, "INITIALOFF"),
    ("rate constants", stream("X=1", advan="ADVAN5", model="COMP=A"), 4, "no rate constant"),
    ("callfl", stream("CALLFL=0\n" + PK + "*WT", columns="ID TIME DV WT"), 6, "CALLFL"),
    ("exit", stream("IF(THETA(1).LT.0) EXIT 1 2\n" + PK), 6, "EXIT"),
    ("first amounts", stream("IF(A_0FLG.EQ.1) THEN\nX=3\nENDIF\n" + PK), 7, "A_0FLG"),
    ("far initial amount", stream(PK + "\nA_0(3)=1"), 8, "A_0(3)"),
    ("prior", stream(PK, more="$PRIOR TNPRI"), 13, "another problem"),
    ("transformed thetas", stream(PK, more="$THETAI\nTHETA=LOG(THETAI)"), 13, "$THETAI changes"),
    ("mixture", stream(PK, more="$MIX\nNSPOP=2"), 13, "mixtures"),
    ("$PRED", stream(PK, more="$PRED\nY=1"), 13, "$PRED does not go"),
    ("unknown record", stream(PK, more="$FOOBAR 1"), 13, "$FOOBAR"),
    ("second problem", stream(PK, more="$PROBLEM again"), 13, "second problem"),
    ("likelihood option", stream(PK, more="$EST METHOD=1 LAPLACE LIKE"), 13, "likelihood"),
    ("replacement", stream(PK, more="$ABBR REPLACE ETA(OCC_CL)=ETA(4,5)"), 13, "no column"),
    ("replacement of nothing", stream(PK, more="$ABBR DECLARE X(3)"), 13, "REPLACE by elements"),
    ("element", stream(PK, error="Y=F+EPS(1)*SQRT(SIGMA(2,1))"), 9, "$SIGMA has no element (2,1)"),
    ("condition", stream(PK).replace("IGNORE=@", "IGNORE=(FOO.EQ.1)"), 3, "FOO of $DATA is no"),
    ("operator", stream(PK).replace("IGNORE=@", "IGNORE=(AMT.IS.1)"), 3, "not a condition"),
    ("l2", stream(PK, columns="ID TIME DV AMT L2"), 2, "L2"),
    ("twice", stream(PK, columns="ID TIME DV WT WT"), 2, "twice"),
    ("no time", stream(PK, columns="ID DV"), 2, "no TIME"),
    ("two choosers", stream(PK, columns="ID TIME DV CMT DVID",
                            error="IF(CMT.EQ.1.AND.DVID.EQ.1) Y=F+EPS(1)"), 9, "both choose"),
    ("text first", "hello\n" + stream(PK), 1, "before the first record"),
    ("misdat", stream(PK).replace("IGNORE=@", "MISDAT=-99"), 3, "MISDAT"),
]  # fmt: skip


@pytest.mark.parametrize("case", REFUSED, ids=lambda c: c[0])
def test_what_cannot_be_translated_is_refused_with_its_line(case) -> None:
    _, text, line, reason = case
    with pytest.raises(StreamError) as caught:
        translate(read_stream(text))
    assert caught.value.line is not None, caught.value
    assert caught.value.line.number == line, caught.value
    assert reason in caught.value.reason, caught.value
    assert str(caught.value).startswith(f"line {line} (")


def test_what_is_missing_altogether_is_said() -> None:
    for part, reason in (("$INPUT", "no $INPUT"), ("$ERROR", "no $ERROR"), ("$SUBR", "$SUBROUTI")):
        lines = stream(PK).splitlines()
        start = next(i for i, line in enumerate(lines) if line.startswith(part))
        end = next(i for i in range(start + 1, len(lines)) if lines[i].startswith("$"))
        with pytest.raises(StreamError, match=reason.replace("$", r"\$")):
            translate(read_stream("\n".join(lines[:start] + lines[end:])))
    with pytest.raises(StreamError, match="no record"):
        read_stream("")


def test_code_for_tables_never_stands_in_the_way() -> None:
    pk = f"IF(NEWIND.NE.2) OT=TIME\nTAD=TIME-OT\nIF(AMT.GT.0) DOSE=AMT\n{PK}\nAUC=DOSE/CL"
    error = "IPRED=F\nIRES=DV-IPRED\nIWRES=IRES/EPS(1)\nIF(COMACT.EQ.1) CMAX=A(1)\nY=F+EPS(1)"
    found = translate(read_stream(stream(pk, error=error)))
    assert [d.target for d in found.pk.definitions] == ["CL", "V"]


def test_simulation_blocks_are_those_of_estimation() -> None:
    error = "IF(ICALL.EQ.4) THEN\nY=0\nELSE\nY=F+EPS(1)\nENDIF"
    assert translate(read_stream(stream(PK, error=error))).readouts[0].plain


def test_a_missing_branch_is_nan_not_a_guess(tmp_path: Path) -> None:
    pk = "IF(SEX.EQ.1) TVCL=2\nIF(SEX.EQ.2) TVCL=3\nCL=TVCL\nV=9\nS1=V"
    model = imported(stream(pk, columns="ID TIME AMT DV SEX"), tmp_path)
    for sex, expected in ((1.0, 2.0), (2.0, 3.0), (3.0, math.nan)):
        found = model.parameters({}, {"SEX": np.array([[sex]])}, {"ETA1": np.array([[0.0]])})
        assert float(np.ravel(found["CL"])[0]) == pytest.approx(expected, nan_ok=True)


def test_records_may_be_short_spread_out_and_continued(tmp_path: Path) -> None:
    text = """
;; a comment before everything
$prob  lower case works
$INP ID TIME
 AMT=DOSE ; the dose
 DV DROP WGT=DROP BW
$DAT x.csv ign=@
$SUBS ADVAN=ADVAN1
   TRANS=TRANS2
$PK
cl = theta(1) * &
     (bw/70)**0.75 ; allometry
v = theta(2)
$PK
s1 = v
$ERR
y = f + err(1)
$THE 1
$THE 2
$OME 0.1
$SIG 1
$EST MAX=0 METH=1 INTER
$COV
$TAB ID TIME
"""
    found = read_stream(text)
    assert found.problem == "lower case works"
    assert [c.name for c in found.columns] == ["ID", "TIME", "AMT", "DV", "", "", "BW"]
    assert found.columns[2].alias == "DOSE"
    assert (found.advan, found.trans, found.ignore, found.notes) == (1, 2, "@", ())
    model = imported(text, tmp_path)
    assert model.observations[0].volume == "V1"
    assert list(model.covariates) == ["BW"]


def test_names_of_abbreviated_replace() -> None:
    replace = "$ABBREVIATED REPLACE THETA(CLR)=THETA(1)\n$ABBR REPLACE ETA(CLR)=ETA(1)"
    text = stream("CL=THETA(CLR)*EXP(ETA(CLR))\nV=2", more=replace)
    assert translate(read_stream(text)).pk.definitions[0].value == (
        translate(read_stream(stream(PK))).pk.definitions[0].value
    )


def test_notes_say_what_was_left_out() -> None:
    found = read_stream((STREAMS / "exponential.mod").read_text(encoding="utf-8"))
    assert found.notes == ()
    assert found.drop == ((8, "<", "18"),)
    noted = read_stream(stream(PK).replace("IGNORE=@", "RECORDS=20"))
    assert "RECORDS=20 of $DATA is not applied" in noted.notes[0]
    assert "without interaction" in read_stream(stream(PK, more="$EST METHOD=1")).notes[0]


def test_default_compartments_of_model() -> None:
    found = read_stream(stream(PK, **{**DES, "model": "COMP=(ONE) COMP=(DEPOT) COMP=(CENTRAL)"}))
    assert (found.default_dose, found.default_observation) == (2, 3)
    found = read_stream(
        stream(PK, **{**DES, "model": "COMP (ONE NODOSE) COMP (TWO,DEFOBS) NCOMP=3"})
    )
    assert (found.default_dose, found.default_observation) == (2, 2)
    assert [c.name for c in found.compartments] == ["ONE", "TWO", "COMP3"]
