"""Which compartment a row of an imported stream observes: F by CMT, and what ELSE stands for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from equipoise.dataset import DatasetError, parse_dataset
from equipoise.model import simulate
from equipoise.nonmem import Naming, StreamError, read_stream, translate, write_model
from imported_streams import imported, stream

COMPARTMENTS = "COMP=(DEPOT) COMP=(CENT)"
RATES = "DADT(1) = -0.5*A(1)\nDADT(2) = 0.5*A(1) - CL/V*A(2)"
PK = "CL = THETA(1)*EXP(ETA(1))\nV = THETA(2)"
ROWS = "ID,TIME,AMT,CMT,DV\n1,0,100,1,.\n1,2,.,2,1\n1,4,.,1,30\n1,4,.,0,30\n"


def two_compartments(pk: str, error: str, *, compartments: str = COMPARTMENTS) -> str:
    return stream(
        pk, advan="ADVAN6 TOL=8", model=compartments, des=RATES, error=error,
        columns="ID TIME AMT CMT DV", thetas="5 50", sigma="0.04 1",
    )  # fmt: skip


def test_f_is_the_scaled_amount_of_the_rows_compartment(tmp_path: Path) -> None:
    model = imported(two_compartments(f"{PK}\nS2 = V", "Y = F*(1+EPS(1))"), tmp_path)
    (subject,) = parse_dataset(ROWS, model).subjects
    assert [o.analyte for o in subject.observed] == ["cmt_2", "cmt_1", "cmt_1"]
    found = simulate(model, [subject.course], [np.array([2.0, 4.0])], rtol=1e-10)
    t = np.array([2.0, 4.0])
    # Two exponentials: absorbed at 0.5 /h, eliminated at 5 / 50 /h.
    depot = 100.0 * np.exp(-0.5 * t)
    central = 100.0 * 0.5 / (0.5 - 0.1) * (np.exp(-0.1 * t) - np.exp(-0.5 * t))
    assert found.values["cmt_1"][0, 0] == pytest.approx(depot, rel=1e-8)
    assert found.values["cmt_2"][0, 0] == pytest.approx(central / 50.0, rel=1e-8)


def test_a_closed_form_reads_f_in_its_scaled_compartments(tmp_path: Path) -> None:
    pk = "CL = 5*EXP(ETA(1))\nV1 = 50\nQ = 10\nV2 = 100\nS1 = V1\nS2 = V2"
    parts = {"columns": "ID TIME AMT CMT DV", "sigma": "0.04"}
    closed = imported(
        stream(pk, advan="ADVAN3 TRANS4", error="Y = F*(1+EPS(1))", **parts), tmp_path, "closed"
    )
    rates = (
        "DADT(1) = Q/V2*A(2) - (CL+Q)/V1*A(1)\nDADT(2) = Q/V1*A(1) - Q/V2*A(2)"
    )  # fmt: skip
    integrated = imported(
        stream(
            pk, advan="ADVAN13 TOL=9", model="COMP=(CENTRAL) COMP=(PERI)", des=rates,
            error="Y = F*(1+EPS(1))", **parts,
        ),
        tmp_path,
        "integrated",
    )  # fmt: skip
    values = []
    for model in (closed, integrated):
        assert [o.rows for o in model.observations] == [("CMT", (0.0, 1.0)), ("CMT", (2.0,))]
        (subject,) = parse_dataset(ROWS, model).subjects
        found = simulate(model, [subject.course], [np.array([1.0, 6.0, 30.0])], rtol=1e-10)
        values.append([found.values[name][0, 0] for name in ("cmt_1", "cmt_2")])
    assert np.all(values[0][1] > 0.0)
    np.testing.assert_allclose(values[0], values[1], rtol=1e-7)


def test_amounts_are_observed_where_no_compartment_has_a_scale(tmp_path: Path) -> None:
    model = imported(two_compartments(PK, "Y = F*(1+EPS(1))"), tmp_path)
    assert [(o.state, o.rows) for o in model.observations] == [
        ("depot", ("CMT", (0.0, 1.0))), ("cent", ("CMT", (2.0,))),
    ]  # fmt: skip


def test_a_dose_compartment_without_scale_is_no_analyte(tmp_path: Path) -> None:
    text = two_compartments(
        f"{PK}\nS2 = V", "Y = F*(1+EPS(1))", compartments="COMP=(DEPOT) COMP=(CENTRAL)"
    )
    model = imported(text, tmp_path)
    assert model.analytes == ("dv",)
    with pytest.raises(DatasetError, match="row 4"):
        parse_dataset(ROWS, model)


def test_else_means_all_other_compartments(tmp_path: Path) -> None:
    error = "IF (CMT.EQ.1) THEN\nY = A(1)+EPS(2)\nELSE\nY = A(2)/V*(1+EPS(1))\nENDIF"
    text = two_compartments(PK, error, compartments="COMP=(DEPOT) COMP=(CENTRAL) COMP=(C3)")
    text = text.replace("$ERROR", "DADT(3) = 0\n$ERROR")
    model = imported(text, tmp_path)
    rows = ROWS + "1,5,.,3,2\n"
    (subject,) = parse_dataset(rows, model).subjects
    assert [o.analyte for o in subject.observed] == [
        "cmt_other", "cmt_1", "cmt_other", "cmt_other",
    ]  # fmt: skip
    assert model.observation("cmt_other").state == "central"
    assert model.observation("cmt_1").state == "depot"


def test_else_with_f_is_read_by_compartment(tmp_path: Path) -> None:
    error = "W = 1\nIF (CMT.EQ.2) W = 2\nY = F + W*EPS(2)"
    model = imported(two_compartments(f"{PK}\nS2 = V", error), tmp_path)
    assert [(o.rows, o.state, o.residual.additive) for o in model.observations] == [
        (("CMT", (0.0, 1.0)), "depot", 1.0), (("CMT", (2.0,)), "cent", 2.0),
    ]  # fmt: skip


def test_names_of_analytes_are_asked_for_by_compartment(tmp_path: Path) -> None:

    found = translate(read_stream(two_compartments(f"{PK}\nS2 = V", "Y = F*(1+EPS(1))")))
    with pytest.raises(StreamError, match=r"predicts 2 \(cmt_1, cmt_2\)"):
        write_model(found, Naming("m", "m.mod", analytes=("busulfan",)))
