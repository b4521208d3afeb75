"""M3 by F_FLAG: which rows hold a limit, what they count, and what is no M3 and refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import norm

from equipoise.cli.entry import run
from equipoise.dataset import DatasetError, parse_dataset
from equipoise.likelihood import joint
from equipoise.nonmem import StreamError, read_stream, translate
from equipoise.readout import Censored
from imported_streams import imported, stream

LIMIT = 0.4
PK = "CL = THETA(1)*EXP(ETA(1))\nV = THETA(2)*EXP(ETA(2))\nS1 = V"
COLUMNS = "ID TIME AMT DV BLQ LLOQ"
THETAS = "2 20 0.1 0.2"
TIMES = (1.0, 6.0, 20.0, 30.0)
LEVELS = {
    "1": (100.0, (4.1, 2.9, 0.7, 0.1)),
    "2": (60.0, (3.3, 1.2, 0.3, 0.2)),
    "3": (20.0, (0.9, 0.39, 0.1, 0.05)),
    "4": (100.0, (5.6, 3.4, 1.4, 0.8)),
}
"""Dose and levels of four subjects; below LIMIT none was measured."""

SD = "IPRED = F\nW = SQRT(THETA(3)**2 + (THETA(4)*IPRED)**2)\n"
BY_COLUMN = """IF (BLQ.EQ.1) THEN
 F_FLAG=1
 Y=PHI((0.4-IPRED)/W)
ELSE
 F_FLAG=0
 Y=IPRED+W*EPS(1)
ENDIF"""
COMBINED = {
    "column": SD + BY_COLUMN,
    "the other way round": SD + "IF (BLQ.EQ.0) THEN\nF_FLAG=0\nY=IPRED+W*EPS(1)\nENDIF\n"
    "IF (BLQ.EQ.1) THEN\nF_FLAG=1\nY=PHI((0.4-IPRED)/W)\nENDIF",
    "by steps": SD + "LOQ=0.4\nDUM=(LOQ-IPRED)/W\nCUMD=PHI(DUM)+1.0E-30\nF_FLAG=0\n"
    "Y=IPRED+W*EPS(1)\nIF (BLQ.EQ.1) THEN\nF_FLAG=1\nY=CUMD\nMDVRES=1\nENDIF",
    "one minus": SD + BY_COLUMN.replace("PHI((0.4-IPRED)/W)", "1-PHI((IPRED-0.4)/W)"),
    "limit in a column": SD + BY_COLUMN.replace("0.4-", "LLOQ-"),
    "limit in $PK": SD + BY_COLUMN.replace("0.4-", "LOQ-"),
    "level below": SD + BY_COLUMN.replace("BLQ.EQ.1", "DV.LT.0.4"),
    "level at least": SD + "LOQ=0.4\nIF (DV.GE.LOQ) THEN\nY=IPRED+W*EPS(1)\nELSE\nF_FLAG=1\n"
    "Y=PHI((LOQ-IPRED)/W)\nENDIF",
    "level below a column": SD + "TYPE=1\nIF(LLOQ>DV) TYPE=2\nDUM=(LLOQ-IPRED)/W\n"
    "IF (TYPE.NE.2.OR.NPDE_MODE==1) THEN\nF_FLAG=0\nY=IPRED+W*EPS(1)\nENDIF\n"
    "IF (TYPE.EQ.2.AND.NPDE_MODE==0) THEN\nF_FLAG=1\nY=PHI(DUM)\nENDIF",
    "two epsilons": "IPRED=F\nSD=SQRT(0.01+0.04*F*F)\n"
    + BY_COLUMN.replace("/W", "/SD").replace("W*EPS(1)", "0.1*EPS(1)+0.2*F*EPS(2)"),
}  # fmt: skip
"""$ERROR in the forms that people write; all of them say the same."""


def m3(error: str, *, sigma: str = "1 FIX 1 FIX", thetas: str = THETAS, pk: str = PK) -> str:
    return stream(
        f"{pk}\nLOQ = 0.4" if "LOQ-" in error and "LLOQ-" not in error else pk, error=error,
        columns=COLUMNS, thetas=thetas, omega="0.09 0.04", sigma=sigma,
        more="$ESTIMATION METHOD=1 INTERACTION LAPLACE",
    )  # fmt: skip


def rows(*, low: str = "0.05", logs: bool = False) -> str:
    """The data set; DV of a row below the limit is `low`."""
    lines = [COLUMNS.replace(" ", ",")]
    for who, (dose, levels) in LEVELS.items():
        lines.append(f"{who},0,{dose},.,.,{LIMIT}")
        for time, level in zip(TIMES, levels, strict=True):
            seen = str(np.log(level)) if logs else str(level)
            lines.append(
                f"{who},{time},0,{low},1,{LIMIT}" if level < LIMIT
                else f"{who},{time},0,{seen},0,{LIMIT}"
            )  # fmt: skip
    return "\n".join(lines) + "\n"


def by_hand(who: str, eta: np.ndarray, *, log: float | None = None) -> float:
    """-2 ln likelihood of one subject, without 2 pi for measured levels, and the prior."""
    dose, levels = LEVELS[who]
    clearance, volume = 2.0 * np.exp(eta[0]), 20.0 * np.exp(eta[1])
    found = eta[0] ** 2 / 0.09 + eta[1] ** 2 / 0.04 + np.log(0.09 * 0.04)
    for time, level in zip(TIMES, levels, strict=True):
        mean = dose / volume * np.exp(-clearance / volume * time)
        sd = np.sqrt(0.1**2 + (0.2 * mean) ** 2)
        limit = LIMIT
        if log is not None:
            mean, sd, limit, level = np.log(mean), log, np.log(LIMIT), np.log(level)
        found += (
            -2.0 * norm.logcdf(limit, mean, sd) if level < limit
            else -2.0 * norm.logpdf(level, mean, sd) - np.log(2.0 * np.pi)
        )  # fmt: skip
    return float(found)


ETAS = np.array([[0.0, 0.0], [0.3, -0.2], [-0.5, 0.4]])


@pytest.mark.parametrize("form", COMBINED)
def test_every_form_counts_what_the_normal_distribution_says(form: str, tmp_path: Path) -> None:
    model = imported(m3(COMBINED[form]), tmp_path)
    for subject in parse_dataset(rows(), model).subjects:
        expected = [by_hand(subject.id, eta) for eta in ETAS]
        np.testing.assert_allclose(joint(model, subject, ETAS), expected, rtol=1e-9)


def test_the_limit_may_stand_in_dv(tmp_path: Path) -> None:
    model = imported(m3(SD + BY_COLUMN.replace("0.4-", "DV-")), tmp_path)
    for subject in parse_dataset(rows(low="0.4"), model).subjects:
        expected = [by_hand(subject.id, eta) for eta in ETAS]
        np.testing.assert_allclose(joint(model, subject, ETAS), expected, rtol=1e-9)


def test_correlated_epsilons_are_one_sd(tmp_path: Path) -> None:
    """Var = 0.01 + 2 * 0.01 F + 0.04 F^2."""
    error = "IPRED=F\nSD=SQRT(0.01+0.02*F+0.04*F*F)\n" + BY_COLUMN.replace("/W", "/SD").replace(
        "W*EPS(1)", "EPS(1)+F*EPS(2)"
    )
    text = m3(error).replace("$SIGMA 1 FIX 1 FIX", "$SIGMA BLOCK(2) 0.01 0.01 0.04")
    model = imported(text, tmp_path)
    assert model.layout is not None
    assert model.layout.censored[0] == Censored("dv", "BLQ", (1.0,), "<", 0.4)
    with pytest.raises(StreamError, match="the SD in PHI"):
        translate(read_stream(text.replace("0.02*F", "0.01*F")))


def test_a_level_at_the_limit(tmp_path: Path) -> None:
    rule = SD + BY_COLUMN.replace("BLQ.EQ.1", "DV{}0.4")
    head = "ID,TIME,AMT,DV,BLQ,LLOQ\n1,0,100,.,.,1\n1,1,0,0.4,0,1\n1,2,0,.,1,1\n"
    for sign, side in ((".LT.", ""), (".LE.", "<")):
        model = imported(m3(rule.format(sign)), tmp_path, f"at{sign[1:3].lower()}")
        (who,) = parse_dataset(head, model).subjects
        assert [o.censored for o in who.observed] == [side]


def test_a_column_cens_means_what_the_stream_says(tmp_path: Path) -> None:
    text = m3(SD + BY_COLUMN).replace("BLQ", "CENS")
    model = imported(text, tmp_path)
    rows = "ID,TIME,AMT,DV,CENS,LLOQ\n1,0,100,.,.,1\n1,1,0,7,1,1\n1,2,0,3,0,1\n"
    (who,) = parse_dataset(rows, model).subjects
    assert [(o.number, o.censored) for o in who.observed] == [(0.4, "<"), (3.0, "")]


@pytest.mark.parametrize("test", ["BLQ.EQ.1", "DV.LT.LOQ"])
def test_logs_with_the_sd_of_sigma(test: str, tmp_path: Path) -> None:
    error = "LOQ=LOG(0.4)\nIPRED=LOG(F)\nW=SQRT(SIGMA(1,1))\n" + BY_COLUMN.replace(
        "0.4-", "LOQ -"
    ).replace("W*EPS(1)", "EPS(1)").replace("BLQ.EQ.1", test)
    model = imported(m3(error, sigma="0.09"), tmp_path)
    for subject in parse_dataset(rows(low="-5", logs=True), model).subjects:
        expected = [by_hand(subject.id, eta, log=0.3) for eta in ETAS]
        np.testing.assert_allclose(joint(model, subject, ETAS), expected, rtol=1e-9)


def test_above_a_limit_too_and_others_are_refused(tmp_path: Path) -> None:
    error = (
        "IPRED=F\nW=THETA(3)\nIF (BLQ.EQ.0) THEN\nF_FLAG=0\nY=IPRED+W*EPS(1)\nENDIF\n"
        "IF (BLQ.EQ.1) THEN\nF_FLAG=1\nY=PHI((0.4-IPRED)/W)\nENDIF\n"
        "IF (BLQ.EQ.2) THEN\nF_FLAG=1\nY=1-PHI((5-IPRED)/W)\nENDIF"
    )
    model = imported(m3(error), tmp_path)
    assert model.layout is not None
    assert model.layout.censored == (
        Censored("dv", "BLQ", (1.0,), "<", 0.4),
        Censored("dv", "BLQ", (2.0,), ">", 5.0),
        Censored("dv", "BLQ", (0.0,)),
    )
    head = "ID,TIME,AMT,DV,BLQ,LLOQ\n1,0,100,.,.,1\n"
    (who,) = parse_dataset(f"{head}1,1,0,5,2,1\n1,2,0,3,0,1\n1,9,0,.,1,1\n", model).subjects
    assert [(o.number, o.censored) for o in who.observed] == [(5.0, ">"), (3.0, ""), (0.4, "<")]
    with pytest.raises(DatasetError, match="row 3: BLQ has a number for which"):
        parse_dataset(f"{head}1,1,0,5,3,1\n", model)
    with pytest.raises(DatasetError, match="row 3: column BLQ is empty"):
        parse_dataset(f"{head}1,1,0,5,.,1\n", model)


def test_a_column_of_the_data_set_is_needed(tmp_path: Path) -> None:
    model = imported(m3(COMBINED["limit in a column"]), tmp_path)
    assert model.layout is not None
    narrow = replace(model, layout=replace(model.layout, columns=("ID", "TIME", "AMT", "DV")))
    with pytest.raises(DatasetError, match="needs the column BLQ: it says which levels"):
        parse_dataset("ID TIME AMT DV\n1 0 1 .\n", narrow)


def test_one_of_two_analytes(tmp_path: Path) -> None:
    """By CMT and BLQ; the limit of each is its own, and one of them has none."""
    error = (
        "IF (CMT.EQ.1) IPRED=A(1)/V\nIF (CMT.EQ.2) IPRED=A(2)/V\nW=THETA(3)\n"
        "F_FLAG=0\nY=IPRED+W*EPS(1)\n"
        "IF (BLQ.EQ.1.AND.CMT.EQ.2) THEN\nF_FLAG=1\nY=PHI((0.4-IPRED)/W)\nENDIF"
    )
    text = stream(
        "CL = THETA(1)*EXP(ETA(1))\nV = THETA(2)", advan="ADVAN13 TOL=9",
        model="COMP=(ONE) COMP=(TWO)", error=error, thetas=THETAS, sigma="1 FIX",
        des="DADT(1) = -CL/V*A(1)\nDADT(2) = CL/V*A(1) - 0.1*A(2)",
        columns="ID TIME AMT CMT DV BLQ",
    )  # fmt: skip
    assert translate(read_stream(text)).notes == (
        "line 20: a row with CMT 2 and BLQ 1 holds no level: it counts by the probability of lying "
        "below 0.4 (M3)",
    )
    model = imported(text, tmp_path)
    head = "ID,TIME,AMT,CMT,DV,BLQ\n1,0,100,1,.,.\n"
    (who,) = parse_dataset(f"{head}1,1,0,1,3,0\n1,2,0,2,0,1\n1,3,0,1,2,1\n", model).subjects
    found = [(o.analyte, o.number, o.censored) for o in who.observed]
    assert found == [("cmt_1", 3.0, ""), ("cmt_2", 0.4, "<"), ("cmt_1", 2.0, "")]


def test_import_says_it_and_fit_counts_it(tmp_path: Path, capsys) -> None:
    """The same estimates as from the column CENS with a stream that has no M3."""
    here = {"m3": SD + BY_COLUMN, "plain": SD + "Y=IPRED+W*EPS(1)"}
    cens = rows(low="0.4").replace("BLQ,LLOQ", "BLQ,LLOQ,CENS").splitlines()
    data = {
        "m3": rows(),
        "plain": "\n".join(
            [cens[0], *(f"{line},{int(line.split(',')[4] == '1')}" for line in cens[1:])]
        ),
    }
    found = {}
    for name, error in here.items():
        (tmp_path / f"{name}.mod").write_text(m3(error))
        (tmp_path / f"{name}.csv").write_text(data[name])
        paths = [str(tmp_path / f"{name}{end}") for end in (".mod", ".py", ".csv", "_etas.csv")]
        assert run(["import", paths[0], "--out", paths[1]]) == 0
        said = capsys.readouterr().err
        assert ("a row with BLQ 1 holds no level" in said) == (name == "m3")
        assert run(["fit", paths[1], paths[2], "--out", paths[3]]) == 0
        found[name] = np.loadtxt(paths[3], delimiter=",", skiprows=1)
    np.testing.assert_allclose(found["m3"], found["plain"], rtol=1e-6, atol=1e-7)


# --- what is refused ----------------------------------------------------------------------

# what is wrong, $ERROR, part of the line, part of the reason
REFUSED = [
    ("every Y", "F_FLAG=1\nY=F+EPS(1)", "F_FLAG=1", "every Y a likelihood"),
    ("-2 ln", SD + BY_COLUMN.replace("F_FLAG=1", "F_FLAG=2"), "F_FLAG=2", "-2 ln"),
    ("variable flag", SD + BY_COLUMN.replace("F_FLAG=1", "F_FLAG=W"), "F_FLAG=W", "0 or 1"),
    ("other SD", SD + BY_COLUMN.replace("IPRED)/W)", "IPRED)/THETA(3))"), "Y=PHI", "the SD in"),
    ("variance", SD + BY_COLUMN.replace("IPRED)/W)", "IPRED)/W**2)"), "Y=PHI", "the SD in"),
    ("other prediction", SD + BY_COLUMN.replace("-IPRED", "-LOG(IPRED)"), "Y=PHI", "prediction in"),
    ("upside down", SD + BY_COLUMN.replace("PHI(", "1-PHI(").replace("BLQ.EQ.1", "DV.LT.0.4"),
     "Y=1-PHI", "other side"),
    ("no PHI", SD + BY_COLUMN.replace("PHI((0.4-IPRED)/W)", "EXP(-IPRED)"), "Y=EXP", "only that"),
    ("floor", SD + BY_COLUMN.replace("/W)", "/W)+1E-6"), "Y=PHI", "1e-06 beside PHI"),
    ("another bound", SD + BY_COLUMN.replace("BLQ.EQ.1", "DV.LT.0.5"), "Y=PHI", "another number"),
    ("limit as theta", SD + BY_COLUMN.replace("0.4-", "THETA(3)-"), "Y=PHI", "number or a column"),
    ("computed limit", SD + BY_COLUMN.replace("0.4-", "2*LLOQ-"), "Y=PHI", "computed from columns"),
    ("inequality", SD + BY_COLUMN.replace("BLQ.EQ.1", "BLQ.GT.0"), "F_FLAG=1", "one column"),
    ("two columns", SD + BY_COLUMN.replace("BLQ.EQ.1", "BLQ.EQ.1.AND.LLOQ.EQ.2"), "F_FLAG=1",
     "one column"),
    ("column and level", SD + BY_COLUMN.replace("BLQ.EQ.1", "BLQ.EQ.1.AND.DV.LT.0.4"), "F_FLAG=1",
     "more than one column"),
    ("by prediction", SD + BY_COLUMN.replace("BLQ.EQ.1", "IPRED.LT.0.4"), "F_FLAG=1", "one column"),
    ("two levels", SD + BY_COLUMN.replace("BLQ.EQ.1", "DV.LT.0.4.OR.DV.GT.9"), "F_FLAG=1",
     "one comparison of DV"),
    ("in Y too", SD + BY_COLUMN.replace("Y=IPRED+W", "Y=IPRED+W*(1+BLQ)"), "IF (BLQ",
     "Y reads BLQ"),
]  # fmt: skip


@pytest.mark.parametrize("case", REFUSED, ids=lambda c: c[0])
def test_what_is_no_m3_is_refused_with_its_line(case) -> None:
    _, error, line, reason = case
    with pytest.raises(StreamError) as caught:
        translate(read_stream(m3(error)))
    assert caught.value.line is not None, caught.value
    assert line in caught.value.line.text, caught.value
    assert reason in caught.value.reason, caught.value
