"""Imported control streams against matrix exponentials, scipy, and models written by hand."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from equipoise.dataset import parse_dataset, read_dataset
from equipoise.kinetics import Linear, System
from equipoise.likelihood import conditional_objective, predicted, with_errors
from equipoise.mode import find_mode
from equipoise.model import Model, Observation, Residual
from equipoise.source import Value
from imported_streams import NAMES, imported, imported_file, stream

Floats = np.ndarray

HEADER = "ID,TIME,AMT,RATE,EVID,DV"
ROWS = """
1,0,100,0,1,.
1,0.5,.,.,0,1
1,2,.,.,0,1
1,5,50,20,1,.
1,6,.,.,0,1
1,9,.,.,0,1
1,30,.,.,0,1
"""
EVENTS = ((0.0, 100.0, 0.0), (5.0, 50.0, 20.0))
TIMES = np.array([0.5, 2.0, 6.0, 9.0, 30.0])


def amounts(
    rates: Floats, *, into: int = 0, start: Floats | None = None, events=EVENTS, times=TIMES
) -> Floats:
    """(times, states) of dx/dt = rates @ x with the events above, by scipy."""

    def infusing(t: float) -> float:
        return sum(r for at, a, r in events if r > 0.0 and at <= t < at + a / r)

    x = np.zeros(len(rates)) if start is None else start.copy()
    now, found = 0.0, []
    edges = sorted(
        {0.0, *times, *(e[0] for e in events), *(e[0] + e[1] / e[2] for e in events if e[2])}
    )
    for at, amount, rate in events:
        if at == 0.0 and rate == 0.0:
            x[into] += amount
    for edge in edges[1:]:
        inflow = np.zeros(len(rates))
        inflow[into] = infusing(0.5 * (now + edge))
        solved = solve_ivp(
            lambda _t, y, inflow=inflow: rates @ y + inflow,
            (now, edge), x, rtol=1e-12, atol=1e-13, method="DOP853",
        )  # fmt: skip
        x, now = solved.y[:, -1], edge
        if edge in times:
            found.append(x.copy())
        for at, amount, rate in events:
            if at == edge and rate == 0.0:
                x[into] += amount
    return np.array(found)


def rate_matrix(flows: Mapping[tuple[int, int], float], states: int) -> Floats:
    """dx/dt of rate constants (from, to), numbered from 1; to 0 is out."""
    found = np.zeros((states, states))
    for (source, target), k in flows.items():
        found[source - 1, source - 1] -= k
        if target:
            found[target - 1, source - 1] += k
    return found


ALPHA, BETA, GAMMA = 1.3, 0.21, 0.034
K21, K31 = 0.6, 0.09
K = ALPHA * BETA / 0.5


def three_by_roots() -> tuple[float, float, float]:
    """K10, K12, K13 of a three-compartment model from its roots, by solving for them."""
    k10 = ALPHA * BETA * GAMMA / (K21 * K31)
    total = ALPHA + BETA + GAMMA - K21 - K31 - k10
    pairs = ALPHA * BETA + ALPHA * GAMMA + BETA * GAMMA - K21 * K31 - k10 * (K21 + K31)
    k12, k13 = np.linalg.solve([[1.0, 1.0], [K31, K21]], [total, pairs])
    return k10, float(k12), float(k13)


K10, K12, K13 = three_by_roots()
A_OVER_B = 3.0
K21_5 = (A_OVER_B * BETA + ALPHA) / (A_OVER_B + 1.0)
K10_5 = ALPHA * BETA / K21_5

# name, ADVAN and TRANS, $PK, rate constants, states, observed state, divided by
VARIANTS = [
    ("1-1", "ADVAN1", "K=0.2\nS1=7", {(1, 0): 0.2}, 1, 0, 7.0),
    ("1-2", "ADVAN1 TRANS2", "CL=2\nV=9\nS1=V/1000", {(1, 0): 2 / 9}, 1, 0, 0.009),
    ("1-2-other-scale", "ADVAN1 TRANS2", "CL=2\nV=9\nS1=3*V**2", {(1, 0): 2 / 9}, 1, 0, 243.0),
    ("1-2-no-scale", "ADVAN1 TRANS2", "CL=2\nV=9", {(1, 0): 2 / 9}, 1, 0, 1.0),
    ("2-1", "ADVAN2 TRANS1", "K=0.2\nKA=0.9\nSC=7", {(1, 2): 0.9, (2, 0): 0.2}, 2, 1, 7.0),
    ("2-2", "ADVAN2 TRANS2", "CL=2\nV=9\nKA=0.9\nS2=V", {(1, 2): 0.9, (2, 0): 2 / 9}, 2, 1, 9.0),
    ("3-1", "ADVAN3 TRANS1", "K=0.2\nK12=0.4\nK21=0.1\nS1=5",
     {(1, 0): 0.2, (1, 2): 0.4, (2, 1): 0.1}, 2, 0, 5.0),
    ("3-3", "ADVAN3 TRANS3", "CL=2\nV=9\nQ=3\nVSS=24\nS1=V",
     {(1, 0): 2 / 9, (1, 2): 3 / 9, (2, 1): 3 / 15}, 2, 0, 9.0),
    ("3-4", "ADVAN3 TRANS4", "CL=2\nV1=9\nQ=3\nV2=15\nS1=V1*2",
     {(1, 0): 2 / 9, (1, 2): 3 / 9, (2, 1): 3 / 15}, 2, 0, 18.0),
    ("3-5", "ADVAN3 TRANS5", f"AOB={A_OVER_B}\nALPHA={ALPHA}\nBETA={BETA}\nS1=5",
     {(1, 0): K10_5, (1, 2): ALPHA + BETA - K21_5 - K10_5, (2, 1): K21_5}, 2, 0, 5.0),
    ("3-6", "ADVAN3 TRANS6", f"ALPHA={ALPHA}\nBETA={BETA}\nK21=0.5\nS1=5",
     {(1, 0): K, (1, 2): ALPHA + BETA - 0.5 - K, (2, 1): 0.5}, 2, 0, 5.0),
    ("4-1", "ADVAN4 TRANS1", "K=0.2\nK23=0.4\nK32=0.1\nKA=1.1\nS2=5",
     {(1, 2): 1.1, (2, 0): 0.2, (2, 3): 0.4, (3, 2): 0.1}, 3, 1, 5.0),
    ("4-3", "ADVAN4 TRANS3", "CL=2\nV=9\nQ=3\nVSS=24\nKA=1.1\nS2=V",
     {(1, 2): 1.1, (2, 0): 2 / 9, (2, 3): 3 / 9, (3, 2): 3 / 15}, 3, 1, 9.0),
    ("4-4", "ADVAN4 TRANS4", "CL=2\nV2=9\nQ=3\nV3=15\nKA=1.1\nS2=V2",
     {(1, 2): 1.1, (2, 0): 2 / 9, (2, 3): 3 / 9, (3, 2): 3 / 15}, 3, 1, 9.0),
    ("4-5", "ADVAN4 TRANS5", f"AOB={A_OVER_B}\nALPHA={ALPHA}\nBETA={BETA}\nKA=2\nS2=5",
     {(1, 2): 2.0, (2, 0): K10_5, (2, 3): ALPHA + BETA - K21_5 - K10_5, (3, 2): K21_5}, 3, 1, 5.0),
    ("4-6", "ADVAN4 TRANS6", f"ALPHA={ALPHA}\nBETA={BETA}\nK32=0.5\nKA=2\nS2=5",
     {(1, 2): 2.0, (2, 0): K, (2, 3): ALPHA + BETA - 0.5 - K, (3, 2): 0.5}, 3, 1, 5.0),
    ("11-1", "ADVAN11", "K=0.2\nK12=0.4\nK21=0.1\nK13=0.05\nK31=0.02\nS1=5",
     {(1, 0): 0.2, (1, 2): 0.4, (2, 1): 0.1, (1, 3): 0.05, (3, 1): 0.02}, 3, 0, 5.0),
    ("11-4", "ADVAN11 TRANS4", "CL=2\nV1=9\nQ2=3\nV2=15\nQ3=1\nV3=40\nS1=V1",
     {(1, 0): 2 / 9, (1, 2): 3 / 9, (2, 1): 3 / 15, (1, 3): 1 / 9, (3, 1): 1 / 40}, 3, 0, 9.0),
    ("11-6", "ADVAN11 TRANS6",
     f"ALPHA={ALPHA}\nBETA={BETA}\nGAMMA={GAMMA}\nK21={K21}\nK31={K31}\nS1=5",
     {(1, 0): K10, (1, 2): K12, (2, 1): K21, (1, 3): K13, (3, 1): K31}, 3, 0, 5.0),
    ("12-1", "ADVAN12", "K=0.2\nK23=0.4\nK32=0.1\nK24=0.05\nK42=0.02\nKA=1.4\nS2=5",
     {(1, 2): 1.4, (2, 0): 0.2, (2, 3): 0.4, (3, 2): 0.1, (2, 4): 0.05, (4, 2): 0.02}, 4, 1, 5.0),
    ("12-4", "ADVAN12 TRANS4", "CL=2\nV2=9\nQ3=3\nV3=15\nQ4=1\nV4=40\nKA=1.4\nS2=V2",
     {(1, 2): 1.4, (2, 0): 2 / 9, (2, 3): 3 / 9, (3, 2): 3 / 15, (2, 4): 1 / 9, (4, 2): 1 / 40},
     4, 1, 9.0),
    ("12-6", "ADVAN12 TRANS6",
     f"ALPHA={ALPHA}\nBETA={BETA}\nGAMMA={GAMMA}\nK32={K21}\nK42={K31}\nKA=3\nS2=5",
     {(1, 2): 3.0, (2, 0): K10, (2, 3): K12, (3, 2): K21, (2, 4): K13, (4, 2): K31}, 4, 1, 5.0),
]  # fmt: skip


def levels(model: Model, text: str, *, rtol: float = 1e-9) -> Floats:
    """Predictions of the typical subject of a data set, at its levels."""
    subject = parse_dataset(text, model).subjects[0]
    return predicted(model, subject, np.zeros((1, len(model.etas))), rtol=rtol)[0]


@pytest.mark.parametrize("case", VARIANTS, ids=lambda c: c[0])
def test_every_advan_and_trans_is_the_matrix_exponential(case, tmp_path: Path) -> None:
    _, advan, pk, flows, states, observed, scale = case
    model = imported(stream(pk, advan=advan), tmp_path)
    assert isinstance(model.structure, Linear)
    assert model.observations[0].read is None
    expected = amounts(rate_matrix(flows, states))[:, observed] / scale
    assert levels(model, HEADER + ROWS) == pytest.approx(expected, rel=1e-9)


def test_rate_constants_of_roots_give_those_roots() -> None:
    found = np.linalg.eigvals(
        rate_matrix({(1, 0): K10, (1, 2): K12, (2, 1): K21, (1, 3): K13, (3, 1): K31}, 3)
    )
    assert np.sort(-found.real) == pytest.approx([GAMMA, BETA, ALPHA], rel=1e-12)
    assert min(K10, K12, K13) > 0.0


def _des(flows: Mapping[tuple[int, int], float], states: int) -> str:
    rows = []
    matrix = rate_matrix(flows, states)
    for i in range(states):
        terms = "+".join(
            f"({float(matrix[i, j])!r})*A({j + 1})" for j in range(states) if matrix[i, j]
        )
        rows.append(f"DADT({i + 1}) = {terms}")
    return "\n".join(rows)


@pytest.mark.parametrize("advan", ["ADVAN6", "ADVAN8", "ADVAN9", "ADVAN13", "ADVAN14"])
@pytest.mark.parametrize(
    "case", [c for c in VARIANTS if c[0] in ("2-2", "12-4")], ids=lambda c: c[0]
)
def test_des_is_its_closed_form(advan: str, case, tmp_path: Path) -> None:
    name, closed, pk, flows, states, observed, scale = case
    closed_model = imported(stream(pk, advan=closed), tmp_path, "closed")
    compartments = " ".join(
        f"COMP=({'CENTRAL' if i == observed else f'C{i}'})" for i in range(states)
    )
    text = stream(
        f"S{observed + 1} = {scale}", advan=f"{advan} TOL=9", model=compartments,
        des=_des(flows, states),
    )  # fmt: skip
    model = imported(text, tmp_path, f"des_{name.replace('-', '_')}")
    assert isinstance(model.structure, System)
    exact = levels(closed_model, HEADER + ROWS)
    found = levels(model, HEADER + ROWS, rtol=1e-10)
    # The integration's own floor is relative to the dose.
    assert found == pytest.approx(exact, rel=1e-8, abs=1e-9 * exact.max())


@pytest.mark.parametrize("advan", ["ADVAN5", "ADVAN7"])
def test_general_linear_models(advan: str, tmp_path: Path) -> None:
    pk = "K12=1.4\nK20=0.2\nK23=0.4\nK32=0.1\nK2T4=0.05\nK42=0.02\nK35=0.03\nS2=5"
    text = stream(pk, advan=advan, model="COMP=(DEPOT) COMP=(CENTRAL) COMP=C3 COMP=C4")
    flows = {(1, 2): 1.4, (2, 0): 0.2, (2, 3): 0.4, (3, 2): 0.1, (2, 4): 0.05, (4, 2): 0.02,
             (3, 0): 0.03}  # fmt: skip
    expected = amounts(rate_matrix(flows, 4))[:, 1] / 5.0
    model = imported(text, tmp_path)
    assert levels(model, HEADER + ROWS, rtol=1e-10) == pytest.approx(expected, rel=1e-8)


def test_saturable_elimination_of_advan10(tmp_path: Path) -> None:
    model = imported(stream("VM=12\nKM=30\nS1=4", advan="ADVAN10"), tmp_path)
    times, x = [0.5, 2.0, 4.9], []
    for at in times:
        solved = solve_ivp(
            lambda _t, y: -12.0 * y / (30.0 + y), (0.0, at), [100.0], rtol=1e-12, atol=1e-12
        )
        x.append(solved.y[0, -1] / 4.0)
    rows = "".join(f"1,{t},.,.,0,1\n" for t in times)
    found = levels(model, f"{HEADER}\n1,0,100,0,1,.\n{rows}", rtol=1e-10)
    assert found == pytest.approx(x, rel=1e-8)


def test_initial_amounts_and_time_in_des(tmp_path: Path) -> None:
    text = stream(
        "KIN=5\nKOUT=0.1\nA_0(1)=KIN/KOUT\nS1=1", advan="ADVAN13", model="COMP=(CENTRAL)",
        des="DADT(1) = KIN*(1 + 0.5*SIN(0.3*T)) - KOUT*A(1)",
    )  # fmt: skip
    model = imported(text, tmp_path)
    rows = f"{HEADER}\n1,3,.,.,2,.\n1,4,.,.,0,1\n1,20,.,.,0,1\n"
    expected = [
        solve_ivp(
            lambda t, y: 5.0 * (1.0 + 0.5 * math.sin(0.3 * t)) - 0.1 * y, (3.0, at), [50.0],
            rtol=1e-12, atol=1e-12,
        ).y[0, -1]
        for at in (4.0, 20.0)
    ]  # fmt: skip
    # The first record, of whatever kind, is where the amounts stand.
    assert levels(model, rows, rtol=1e-10) == pytest.approx(expected, rel=1e-8)


def test_initial_amounts_in_closed_form(tmp_path: Path) -> None:
    model = imported(stream("CL=2\nV=9\nS1=V\nA_0(1)=40"), tmp_path)
    rows = f"{HEADER}\n1,1,.,.,0,1\n1,3,.,.,0,1\n"
    assert levels(model, rows) == pytest.approx([40.0 / 9.0, 40.0 / 9.0 * math.exp(-4.0 / 9.0)])


@pytest.mark.parametrize("linear", [True, False])
def test_modeled_duration_rate_lag_and_bioavailability(linear: bool, tmp_path: Path) -> None:
    pk = "CL=2\nV=9\nKA=0.7\nF1=0.6\nALAG1=0.5\nD1=3\nR2=25\nF2=0.8\nALAG2=1\nS2=V"
    text = (
        stream(pk, advan="ADVAN2 TRANS2", columns="ID TIME AMT RATE CMT EVID DV") if linear
        else stream(pk, advan="ADVAN13", columns="ID TIME AMT RATE CMT EVID DV",
                    model="COMP=(DEPOT) COMP=(CENTRAL)",
                    des="DADT(1)=-KA*A(1)\nDADT(2)=KA*A(1)-CL/V*A(2)")
    )  # fmt: skip
    model = imported(text, tmp_path, f"modeled_{linear}")
    times = [2.0, 5.0, 12.0]
    rows = "".join(f"1,{t},.,.,2,0,1\n" for t in times)
    data = f"ID,TIME,AMT,RATE,CMT,EVID,DV\n1,0,100,-2,1,1,.\n1,0,50,-1,2,1,.\n{rows}"
    k = rate_matrix({(1, 2): 0.7, (2, 0): 2 / 9}, 2)
    # D1 is a duration: rate 60/3 from 0.5 h. R2 is a rate: 40 at 25/h lasts 1.6 h from 1 h.
    first = amounts(k, into=0, events=((0.5, 60.0, 20.0),), times=np.array(times))
    second = amounts(k, into=1, events=((1.0, 40.0, 25.0),), times=np.array(times))
    expected = (first + second)[:, 1] / 9.0
    assert levels(model, data, rtol=1e-10) == pytest.approx(expected, rel=1e-8)


def test_a_given_rate_keeps_its_rate_when_less_enters(tmp_path: Path) -> None:
    model = imported(stream("CL=2\nV=9\nF1=0.5\nS1=V"), tmp_path)
    data = f"{HEADER}\n1,0,100,20,1,.\n1,2,.,.,0,1\n1,4,.,.,0,1\n"
    expected = amounts(
        rate_matrix({(1, 0): 2 / 9}, 1), events=((0.0, 50.0, 20.0),), times=np.array([2.0, 4.0])
    )
    assert levels(model, data) == pytest.approx(expected[:, 0] / 9.0, rel=1e-9)


@pytest.mark.parametrize("lagged", [False, True])
@pytest.mark.parametrize("together", [False, True])
def test_a_dose_has_the_covariates_of_its_own_record(
    together: bool, lagged: bool, tmp_path: Path
) -> None:
    columns = "ID TIME AMT EVID DV OCC"
    pk = "FR=0.5\nIF(OCC.EQ.2) FR=0.8\nIF(OCC.EQ.3) FR=0.1\nF1=FR\nCL=2\nV=9\nS1=V"
    model = imported(stream(pk + ("\nALAG1=OCC" if lagged else ""), columns=columns), tmp_path)
    # Doses of three occasions, and no other record between them; or all at one time.
    at = (0.0, 0.0, 0.0) if together else (0.0, 10.0, 20.0)
    doses = "".join(f"1,{t},90,1,.,{occ}\n" for occ, t in enumerate(at, start=1))
    data = f"ID,TIME,AMT,EVID,DV,OCC\n{doses}1,30,.,0,1,3\n"
    shares, lags = (0.5, 0.8, 0.1), (0.0, 0.0, 0.0)
    if lagged:
        # The lag is that of the record; what enters does so with the share of the record that
        # comes next (NONMEM Users Guide VI, III.F.2 and III.F.6).
        shares, lags = ((0.1, 0.1, 0.1) if together else (0.8, 0.1, 0.1)), (1.0, 2.0, 3.0)
    expected = sum(
        10.0 * share * math.exp(-2.0 / 9.0 * (30.0 - t - lag))
        for t, share, lag in zip(at, shares, lags, strict=True)
    )
    assert levels(model, data) == pytest.approx([expected], rel=1e-9)


def test_steady_state_with_a_modeled_duration(tmp_path: Path) -> None:
    columns = "ID TIME AMT RATE II SS EVID DV"
    model = imported(stream("CL=2\nV=9\nD1=14\nS1=V", columns=columns), tmp_path)
    data = "ID,TIME,AMT,RATE,II,SS,EVID,DV\n1,0,100,-2,12,1,1,.\n1,3,.,.,.,.,0,1\n"
    k, many = 2 / 9, 60
    t = 3.0 + 12.0 * np.arange(many)
    rate = 100.0 / 14.0
    during = np.minimum(t, 14.0)
    expected = np.sum(rate / k * (1 - np.exp(-k * during)) * np.exp(-k * (t - during))) / 9.0
    assert levels(model, data) == pytest.approx([expected], rel=1e-9)


# --- residual errors, against their formulas ----------------------------------------------

F = (0.0, 0.004, 1.0, 37.5)

# name, $ERROR, THETA, SIGMA, center and variance at a prediction f
ERRORS = [
    ("additive", "Y=F+EPS(1)", "1", "0.3", lambda f: f, lambda f: 0.3 + 0 * f),
    ("proportional", "Y=F*(1+EPS(1))", "1", "0.04", lambda f: f, lambda f: 0.04 * f**2),
    ("exponential", "Y=F*EXP(ERR(1))", "1", "0.04", lambda f: f, lambda f: 0.04 * f**2),
    ("combined", "Y=F+F*EPS(1)+EPS(2)", "1", "0.04 0.3", lambda f: f,
     lambda f: 0.04 * f**2 + 0.3),
    ("correlated", "Y=F+F*EPS(1)+EPS(2)", "1", "BLOCK(2) 0.04 0.05 0.3", lambda f: f,
     lambda f: 0.04 * f**2 + 0.1 * f + 0.3),
    ("w-root", "IPRED=F\nW=SQRT(THETA(1)**2+THETA(2)**2*IPRED**2)\nY=IPRED+W*EPS(1)",
     "0.5 0.2", "1 FIX", lambda f: f, lambda f: 0.25 + 0.04 * f**2),
    ("w-sum", "IPRED=F\nW=THETA(1)+THETA(2)*IPRED\nY=IPRED+W*EPS(1)", "0.5 0.2", "1 FIX",
     lambda f: f, lambda f: (0.5 + 0.2 * f) ** 2),
    ("w-guard", "W=THETA(1)*F\nIF(W.EQ.0) W=1\nY=F+W*EPS(1)", "0.2", "1 FIX", lambda f: f,
     lambda f: np.where(f == 0.0, 1.0, (0.2 * f) ** 2)),
    ("power", "W=THETA(1)*F**THETA(2)\nY=F+W*EPS(1)", "0.2 0.7", "1 FIX", lambda f: f,
     lambda f: (0.2 * f**0.7) ** 2),
    ("del", "DEL=0\nIF(F.EQ.0) DEL=1\nIPRED=F\nW=F+DEL\nY=F+W*EPS(1)", "1", "0.04",
     lambda f: f, lambda f: np.where(f == 0.0, 0.04, 0.04 * f**2)),
    ("log-guard", "IPRED=-5\nIF(F.GT.0) IPRED=LOG(F)\nY=IPRED+EPS(1)", "1", "0.09",
     lambda f: np.log(np.where(f > 0, f, math.exp(-5))), lambda f: 0.09 + 0 * f),
    ("log-shift", "IPRED=LOG(F+0.01)\nY=IPRED+SQRT(THETA(1)**2+THETA(2)**2/(F+1)**2)*EPS(1)",
     "0.3 2", "1 FIX", lambda f: np.log(f + 0.01), lambda f: 0.09 + 4 / (f + 1) ** 2),
    ("amount", "CP=A(1)/V\nY=CP+CP*EPS(1)", "1", "0.04", lambda f: f, lambda f: 0.04 * f**2),
    ("nested", "IF(F.GT.1) THEN\nIF(F.GT.10) THEN\n W=3\nELSE\n W=2\nENDIF\nELSE\nW=1\nENDIF\n"
     "Y=F+W*EPS(1)", "1", "1", lambda f: f, lambda f: np.select([f > 10, f > 1], [9.0, 4.0], 1.0)),
]  # fmt: skip


@pytest.mark.parametrize("case", ERRORS, ids=lambda c: c[0])
def test_residual_errors_are_their_formulas(case, tmp_path: Path) -> None:
    name, error, thetas, sigma, center, variance = case
    text = stream("CL=0\nV=4\nS1=V", error=error, thetas=thetas, sigma=sigma)
    model = imported(text, tmp_path, name.replace("-", "_"))
    # Nothing is eliminated: the first level is the dose over the volume.
    for f in F:
        data = f"{HEADER}\n1,0,{4.0 * f!r},0,1,.\n1,1,.,.,0,1\n"
        found = with_errors(model, parse_dataset(data, model).subjects[0], np.zeros((1, 1)))
        assert found.center[0, 0] == pytest.approx(center(f), rel=1e-12, abs=1e-12)
        expected = max(float(variance(f)), 1e-300)
        assert found.variance[0, 0] == pytest.approx(expected, rel=1e-12)


def test_plain_errors_are_written_as_numbers(tmp_path: Path) -> None:
    plain = {"additive", "proportional", "exponential", "combined", "w-root", "amount"}
    for name, error, thetas, sigma, *_ in ERRORS:
        text = stream("CL=1\nV=4\nS1=V", error=error, thetas=thetas, sigma=sigma)
        observation = imported(text, tmp_path, f"p_{name.replace('-', '_')}").observations[0]
        assert (observation.read is None) == (name in plain), name


def test_variability_of_the_residual_error_and_time_reach_it(tmp_path: Path) -> None:
    error = "W=THETA(1)*F*EXP(ETA(2))\nIF(TIME.GT.3) W=W*2\nY=F+W*EPS(1)"
    text = stream("CL=2*EXP(ETA(1))\nV=9\nS1=V", error=error, thetas="0.2", omega="0.1 0.3")
    model = imported(text, tmp_path)
    data = f"{HEADER}\n1,0,90,0,1,.\n1,2,.,.,0,1\n1,4,.,.,0,1\n"
    found = with_errors(model, parse_dataset(data, model).subjects[0], np.array([[0.1, 0.4]]))
    f = 10.0 * np.exp(-2.0 * math.exp(0.1) / 9.0 * np.array([2.0, 4.0]))
    assert found.values[0] == pytest.approx(f, rel=1e-9)
    sd = 0.2 * f * math.exp(0.4) * np.array([1.0, 2.0])
    assert found.variance[0] == pytest.approx(sd**2, rel=1e-9)


def test_logged_levels_weigh_as_their_logarithms(tmp_path: Path) -> None:
    logged = imported(stream("CL=2*EXP(ETA(1))\nV=9\nS1=V", error="Y=LOG(F)+EPS(1)",
                             sigma="0.09"), tmp_path, "logged")  # fmt: skip
    plain = replace(
        logged,
        observations=(replace(logged.observations[0], logged=False, residual=Residual(log=0.3)),),
    )
    rows = [(1.0, 9.0), (4.0, 3.1)]
    data = {
        name: f"{HEADER}\n1,0,100,0,1,.\n" + "".join(f"1,{t},.,.,0,{dv!r}\n" for t, dv in written)
        for name, written in (
            ("logged", [(t, math.log(y)) for t, y in rows]), ("plain", rows),
        )
    }  # fmt: skip
    one = find_mode(logged, parse_dataset(data["logged"], logged).subjects[0])
    two = find_mode(plain, parse_dataset(data["plain"], plain).subjects[0])
    assert one.ofv == pytest.approx(two.ofv, rel=1e-9)
    assert one.eta == pytest.approx(two.eta, abs=1e-6)


# --- whole streams ------------------------------------------------------------------------


def test_every_stream_of_the_tests_is_imported(tmp_path: Path) -> None:
    assert len(NAMES) >= 18
    for name in NAMES:
        model = imported_file(name, tmp_path)
        assert model.id == name
        assert model.layout is not None


def _twelve(theta, covariate, eta):
    e = [eta[f"ETA{i}"] for i in range(1, 13)]
    first = covariate["OCC"] == 1
    box = (np.exp(e[0]) ** 0.4 - 1.0) / 0.4
    size = covariate["WT"] / 70.0
    logit = math.log(0.6 / 0.4) + e[6]
    fraction = 1.0 / (1.0 + np.exp(-logit)) * (1.0 + 0.1 * (covariate["FED"] == 1))
    return {
        "KT": 1.5 * np.exp(e[5]), "KA": 0.9 * np.exp(e[4]),
        "CL": 6.0 * size**0.75 * np.exp(box + np.where(first, e[8], e[9])),
        "V3": 30.0 * size * np.exp(e[1]), "Q": 4.0 * np.exp(e[2]), "V4": 60.0 * np.exp(e[3]),
        "F_depot": fraction, "F_central": 1.0 - fraction,
        "LAG_depot": 0.1 * np.exp(np.where(first, e[10], e[11])),
        "DURATION_central": 2.0 * np.exp(e[7]),
    }  # fmt: skip


def test_twelve_etas_with_box_cox_logit_and_occasions(tmp_path: Path) -> None:
    model = imported_file("twelve_etas", tmp_path)
    assert len(model.etas) == 12
    by_hand = replace(model, parameters=_twelve)
    rows = "".join(
        f"1,{t},.,.,3,{dv},0,62,{fed},{occ}\n"
        for t, dv, fed, occ in ((1, 1.1, 1, 1), (4, 1.6, 1, 1), (11, 0.9, 1, 1), (25, 2.0, 0, 2))
    )
    data = (
        "ID,TIME,AMT,RATE,CMT,DV,EVID,WT,FED,OCC\n1,0,100,0,1,.,1,62,1,1\n1,0,100,-2,3,.,1,62,1,1\n"
        f"{rows}1,24,100,0,1,.,1,62,0,2\n"
    )
    lines = data.splitlines()
    data = "\n".join([*lines[:-2], lines[-1], lines[-2]]) + "\n"
    subject = parse_dataset(data, model).subjects[0]
    etas = np.random.default_rng(5).normal(0.0, 0.3, (4, 12))
    ours = with_errors(model, subject, etas)
    theirs = with_errors(by_hand, subject, etas)
    assert ours.values == pytest.approx(theirs.values, rel=1e-12)
    # Occasions: etas 9 and 11 act before 24 h, 10 and 12 after.
    moved = etas.copy()
    moved[:, [9, 11]] += 0.5
    later = with_errors(model, subject, moved).values
    assert later[:, :3] == pytest.approx(ours.values[:, :3], rel=1e-12)
    assert np.all(np.abs(later[:, 3] / ours.values[:, 3] - 1.0) > 1e-3)
    mode = find_mode(model, subject)
    assert mode.converged
    assert mode.joint == pytest.approx(find_mode(by_hand, subject).joint, abs=1e-6)


def test_a_response_and_its_drug_each_by_dvid(tmp_path: Path) -> None:
    model = imported_file("indirect", tmp_path)
    assert model.analytes == ("dvid_1", "dvid_other")
    data = "ID,TIME,AMT,RATE,DV,EVID,DVID\n" + "".join(
        f"{row}\n"
        for row in ("1,0,100,0,.,1,1", "1,2,.,.,1.9,0,1", "1,2,.,.,88,0,2", "1,24,.,.,61,0,2")
    )
    subject = parse_dataset(data, model).subjects[0]
    assert [o.analyte for o in subject.observed] == ["dvid_1", "dvid_other", "dvid_other"]
    found = with_errors(model, subject, np.zeros((1, 5)), rtol=1e-10)

    def rates(_t: float, y: Floats) -> list[float]:
        c1 = y[0] / 20.0
        return [-(3.0 + 2.0) * c1 + 2.0 * y[1] / 35.0, 2.0 * c1 - 2.0 * y[1] / 35.0,
                8.0 * (1.0 - c1 / (0.5 + c1)) - 0.08 * y[2]]  # fmt: skip

    at = [solve_ivp(rates, (0, t), [100.0, 0.0, 100.0], rtol=1e-11, atol=1e-11).y[:, -1]
          for t in (2.0, 24.0)]  # fmt: skip
    expected = [at[0][0] / 20.0, at[0][2], at[1][2]]
    assert found.values[0] == pytest.approx(expected, rel=1e-7)
    assert found.variance[0] == pytest.approx([0.02**2 + (0.15 * expected[0]) ** 2, 25.0, 25.0])


def test_clearance_by_the_time_of_the_record(tmp_path: Path) -> None:
    model = imported_file("by_time", tmp_path)
    rows = "".join(f"1,{t},.,.,1,0,70\n" for t in (12, 23, 25, 36))
    data = f"ID,TIME,AMT,RATE,DV,EVID,WT\n1,0,100,0,.,1,70\n{rows}"
    found = levels(model, data)
    # A record's parameters act on the interval that ends there: 0.85 x CL from 23 h on.
    x, expected, now = np.array([100.0, 0.0]), [], 0.0
    for at, cl in ((12.0, 10.0), (23.0, 10.0), (25.0, 8.5), (36.0, 8.5)):
        k = rate_matrix({(1, 0): cl / 40, (1, 2): 5 / 40, (2, 1): 5 / 60}, 2)
        x = amounts(k, start=x, events=(), times=np.array([at - now]))[-1]
        expected.append(x[0] / 40.0 * 1000.0)
        now = at
    assert found == pytest.approx(expected, rel=1e-9)


# --- against data of others ---------------------------------------------------------------


def _by_hand(name: str, model: Model) -> Model:
    """The posologyr structure of a run, written by hand from its description."""

    def one(theta, covariate, eta):
        e = list(eta.values())
        found = {"CL": 4.0 * np.exp(e[0]), "V1": 70.0 * np.exp(e[1]), "KA": np.exp(e[2])}
        if name == "run003":
            found["LAG_depot"] = np.exp(e[3])
        if name == "run006":
            found |= {"F_depot": np.array(0.2), "F_central": np.array(0.8)}
            found["DURATION_central"] = 4.0 * np.exp(e[3])
        if name == "run101":
            found |= {"Q2": np.array(4.0), "V2": 50.0 * np.exp(e[3])}
        if name == "run301":
            found["CL"] = found["CL"] * (covariate["BW"] / 75.0) ** 1.5 * 0.75 ** covariate["SEX"]
        return found

    def saturable(theta, covariate, eta):
        e = list(eta.values())
        clearance = 4.0 * np.exp(e[4]) if name == "run207" else np.array(0.0)
        return {"KA": np.exp(e[2]), "VMAX": 10000.0 * np.exp(e[0]), "KM": 2500.0 * np.exp(e[3]),
                "CL": clearance, "V": 70.0 * np.exp(e[1])}  # fmt: skip

    linear = name not in ("run201", "run207")
    additive = math.sqrt(5000.0) if name == "run405" else 0.0
    variance = {"run504": 1.0, "run513": 2.0}.get(name, 0.2)
    k = {"run003": 4, "run006": 4, "run101": 4, "run201": 4, "run207": 5}.get(name, 3)
    return replace(
        model,
        structure=Linear(2 if name == "run101" else 1, depot=True) if linear else System(
            ("depot", "central"), ("KA", "VMAX", "KM", "CL", "V"), saturable_rates
        ),
        parameters=one if linear else saturable,
        thetas={"none": Value(0.0, "1", "")},
        omega=tuple(tuple(variance * (i == j) for j in range(k)) for i in range(k)),
        observations=(
            Observation("dv", "1", "central", "V1" if linear else "V", 1.0,
                        Residual(additive=additive, proportional=math.sqrt(0.05)),
                        rows=("CMT", (0.0, 2.0))),
        ),
    )  # fmt: skip


def saturable_rates(t, x, p, dx):
    """Depot and central compartment, Michaelis-Menten beside linear elimination."""
    level = x[1] / p[4]
    dx[0] = -p[0] * x[0]
    dx[1] = p[0] * x[0] - p[1] * level / (p[2] + level) - p[3] * level


RUNS = [n for n in NAMES if n.startswith("run")]


@pytest.mark.parametrize("name", RUNS)
def test_the_ten_structures_of_posologyr(name: str, tmp_path: Path, reference_data: Path) -> None:
    files = sorted((reference_data / "posologyr_cc0").glob(f"data_to_fit{name[3:]}_dist*.csv"))
    model = imported_file(name, tmp_path)
    by_hand = _by_hand(name, model)
    data = read_dataset(files[0], model)
    assert data.notes == ()
    other = read_dataset(files[0], by_hand)
    rng = np.random.default_rng(3)
    for subject, same in list(zip(data.subjects, other.subjects, strict=True))[:6]:
        etas = rng.normal(0.0, 0.4, (3, len(model.etas)))
        ours, theirs = with_errors(model, subject, etas), with_errors(by_hand, same, etas)
        assert ours.values == pytest.approx(theirs.values, rel=1e-6)
        assert ours.variance == pytest.approx(theirs.variance, rel=1e-6)
        first = conditional_objective(model, subject, etas[0])
        assert first == pytest.approx(conditional_objective(by_hand, same, etas[0]), rel=1e-6)


def test_clearances_and_volumes_of_pkpdmap(tmp_path: Path, reference_data: Path) -> None:
    folder = reference_data / "pkpdmap"
    model = imported_file("pkpdmap", tmp_path)
    data = read_dataset(folder / "pktab1", model)
    assert data.notes == ()
    table = np.loadtxt(folder / "patab1", skiprows=2)
    identity = np.loadtxt(folder / "sdtab1", skiprows=2)[:, 0].astype(int)
    reference = {i: table[identity == i][0, :2] for i in np.unique(identity)}
    assert len(data.subjects) == len(reference)
    for subject in data.subjects[::4]:
        eta = find_mode(model, subject).eta
        found = [7.67 * math.exp(eta[0]), 97.7 * math.exp(eta[1])]
        assert found == pytest.approx(reference[int(subject.id)], rel=0.002)


def test_headers_that_differ_are_read_in_the_order_of_input(
    tmp_path: Path, reference_data: Path
) -> None:
    model = imported_file("pkpdmap", tmp_path)
    text = (reference_data / "pkpdmap" / "sim_003_iv.csv").read_text(encoding="utf-8")
    lines = text.splitlines()
    renamed = "\n".join(["a,b,c,d,e,f,g,h,i,j,k,l", *lines[1:60]]) + "\n"
    same = "\n".join(lines[:60]) + "\n"
    ours, theirs = parse_dataset(renamed, model), parse_dataset(same, model)
    assert [s.observed for s in ours.subjects] == [s.observed for s in theirs.subjects]
    assert [s.course.schedule for s in ours.subjects] == [
        s.course.schedule for s in theirs.subjects
    ]
    assert "in its order" in ours.notes[0]
    assert theirs.notes == ()
