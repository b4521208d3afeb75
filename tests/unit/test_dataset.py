"""Data sets in NONMEM's form: what each column means, and what is refused, by row."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from equipoise.dataset import (
    Dataset,
    DatasetError,
    parse_dataset,
    read_dataset,
    read_doses,
)
from equipoise.likelihood import predicted
from equipoise.model import Covariate, Model, PlainDose, Residual
from small_models import CL, V, bolus, bolus_level, oral

MODEL = bolus(Residual(additive=5.0))


def predictions(text: str, model: Model = MODEL) -> np.ndarray:
    (who,) = parse_dataset(text, model).subjects
    return predicted(model, who, np.zeros((1, len(model.etas))))[0]


def level(hours: float, amount: float = 10.0) -> float:
    return float(bolus_level(amount, hours, CL, V))


def weighted() -> Model:
    """Clearance in proportion to weight over 70 kg."""

    def parameters(theta, covariate, eta):  # type: ignore[no-untyped-def]
        size = covariate["weight"] / 70.0
        return {"CL": theta["CL"] * size * np.exp(eta["CL"]), "V1": np.asarray(theta["V"])}

    covariates = {"weight": Covariate("kg", 70.0, required=True)}
    return replace(MODEL, parameters=parameters, covariates=covariates)


def test_columns_are_found_by_name_whatever_case_and_order() -> None:
    text = "#id,dv,Time,amt,unused\n7,.,0,10,x\n7,150,1,0,x\n"
    data = parse_dataset(text, MODEL)
    (who,) = data.subjects
    assert who.id == "7"
    assert [(o.time, o.number, o.analyte) for o in who.observed] == [(1.0, 150.0, "sirolimus")]
    assert [row.observed for row in data.rows] == [-1, 0]


def test_subjects_in_order_of_appearance_rows_in_input_order() -> None:
    text = "ID,TIME,DV,AMT\n9,0,.,10\n9,1,100,0\n2,0,.,5\n2,3,50,0\n2,4,40,0\n"
    data = parse_dataset(text, MODEL)
    assert [s.id for s in data.subjects] == ["9", "2"]
    assert [(r.subject, r.time) for r in data.rows] == [(0, 0), (0, 1), (1, 0), (1, 3), (1, 4)]


def test_long_ids_stay_apart() -> None:
    text = "ID,TIME,DV,AMT\n1234567,0,.,10\n1234567,1,9,0\n1234568,0,.,10\n1234568,1,9,0\n"
    assert [s.id for s in parse_dataset(text, MODEL).subjects] == ["1234567", "1234568"]


def test_without_evid_an_amount_is_a_dose_and_the_rest_are_levels() -> None:
    text = "ID,TIME,DV,AMT,MDV\n1,0,0,10,1\n1,1,150,0,0\n1,2,140,.,1\n1,3,.,0,0\n"
    (who,) = parse_dataset(text, MODEL).subjects
    assert len(who.course.schedule.doses) == 1
    # MDV 1 and an empty DV are no levels.
    assert [o.time for o in who.observed] == [1.0]


def test_other_events_are_neither_dose_nor_level() -> None:
    text = "ID,TIME,DV,AMT,EVID\n1,0,0,10,1\n1,1,150,0,2\n1,2,140,0,0\n"
    (who,) = parse_dataset(text, MODEL).subjects
    assert [o.time for o in who.observed] == [2.0]
    assert len(who.course.schedule.doses) == 1


def test_a_reset_empties_the_body() -> None:
    text = "ID,TIME,DV,AMT,EVID\n1,0,0,10,1\n1,4,9,0,0\n1,5,0,0,3\n1,5,9,0,0\n1,6,9,0,0\n"
    np.testing.assert_allclose(predictions(text), [level(4.0), 0.0, 0.0], atol=1e-12)


def test_a_reset_dose_starts_afresh() -> None:
    text = "ID,TIME,DV,AMT,EVID\n1,0,0,10,1\n1,5,0,20,4\n1,6,9,0,0\n"
    np.testing.assert_allclose(predictions(text), [level(1.0, 20.0)])


def test_the_order_of_rows_decides_at_one_time() -> None:
    before = "ID,TIME,DV,AMT,EVID\n1,0,0,10,1\n1,5,9,0,0\n1,5,0,10,1\n"
    after = "ID,TIME,DV,AMT,EVID\n1,0,0,10,1\n1,5,0,10,1\n1,5,9,0,0\n"
    np.testing.assert_allclose(predictions(before), [level(5.0)])
    np.testing.assert_allclose(predictions(after), [level(5.0) + level(0.0)])


def test_additional_doses_and_steady_state() -> None:
    train = "ID,TIME,DV,AMT,II,ADDL\n1,0,0,10,12,2\n1,30,9,0,0,0\n"
    np.testing.assert_allclose(predictions(train), [sum(level(30.0 - t) for t in (0, 12, 24))])
    steady = "ID,TIME,DV,AMT,II,SS\n1,0,0,10,12,1\n1,6,9,0,0,0\n"
    expected = level(6.0) / (1.0 - np.exp(-CL / V * 12.0))
    np.testing.assert_allclose(predictions(steady), [expected], rtol=1e-9)
    # SS 2 adds to what is there, SS 1 forgets it.
    added = "ID,TIME,DV,AMT,II,SS\n1,0,0,30,0,0\n1,10,0,10,12,2\n1,16,9,0,0,0\n"
    np.testing.assert_allclose(predictions(added), [expected + level(16.0, 30.0)], rtol=1e-9)
    forgotten = added.replace("12,2", "12,1")
    np.testing.assert_allclose(predictions(forgotten), [expected], rtol=1e-9)


@pytest.mark.parametrize("restart", ["30,0,0,3,0,0", "30,0,5,4,0,0"])
def test_a_restart_cancels_pending_additional_doses(restart: str) -> None:
    text = f"ID,TIME,DV,AMT,EVID,II,ADDL\n1,0,0,10,1,12,5\n1,{restart}\n1,40,9,0,0,0,0\n"
    amount = float(restart.split(",")[2])
    np.testing.assert_allclose(predictions(text), [level(10.0, amount)], atol=1e-12)


def test_a_steady_state_dose_cancels_pending_additional_doses() -> None:
    text = "ID,TIME,DV,AMT,II,ADDL,SS\n1,0,0,99,24,9,0\n1,30,0,10,12,0,1\n1,60,9,0,0,0,0\n"
    expected = level(30.0) / (1.0 - np.exp(-CL / V * 12.0))
    np.testing.assert_allclose(predictions(text), [expected], rtol=1e-9)


def test_a_rate_is_an_infusion() -> None:
    text = "ID,TIME,DV,AMT,RATE\n1,0,0,12,4\n1,2,9,0,0\n1,5,9,0,0\n"
    k = CL / V
    plateau = 1000.0 * 4.0 / CL
    during, end = plateau * (1 - np.exp(-2 * k)), plateau * (1 - np.exp(-3 * k))
    np.testing.assert_allclose(predictions(text), [during, end * np.exp(-2 * k)], rtol=1e-9)


def test_compartments_are_counted_from_one_and_zero_is_the_default() -> None:
    model = oral(Residual(additive=5.0), omega=np.diag([0.09, 0.09]))
    text = "ID,TIME,DV,AMT,CMT\n1,0,0,10,{}\n1,0.5,9,0,2\n"
    central = predictions(text.format(2), model)
    np.testing.assert_allclose(central, [level(0.5)])
    depot = predictions(text.format(1), model)
    assert depot[0] < central[0]
    np.testing.assert_array_equal(predictions(text.format(0), model), depot)


def test_censoring() -> None:
    text = "ID,TIME,DV,AMT,CENS\n1,0,.,10,0\n1,1,150,0,0\n1,2,20,0,1\n1,3,300,0,-1\n"
    (who,) = parse_dataset(text, MODEL).subjects
    assert [(o.number, o.censored) for o in who.observed] == [(150, ""), (20, "<"), (300, ">")]


def test_a_covariate_acts_on_the_interval_that_ends_at_its_row() -> None:
    """NONMEM's rule: 140 kg on the second row is in force from the first row's time on."""
    text = "ID,TIME,DV,AMT,WT\n1,0,.,10,70\n1,4,9,0,140\n1,8,9,0,70\n"
    k = CL / V
    found = predictions(text, weighted())
    expected = [level(0.0) * np.exp(-k * 2 * 4), level(0.0) * np.exp(-k * (2 * 4 + 4))]
    np.testing.assert_allclose(found, expected, rtol=1e-9)


@pytest.mark.parametrize("column", ["WT", "weight", "BW", "Wgt"])
def test_covariates_have_usual_names(column: str) -> None:
    text = f"ID,TIME,DV,AMT,{column}\n1,0,.,10,35\n1,4,9,0,35\n"
    np.testing.assert_allclose(predictions(text, weighted()), [level(2.0)])


def test_tables_of_the_reference_program_are_read() -> None:
    text = (
        "TABLE NO.  1\n ID TIME DV AMT MDV EVID\n 1.0E+00 0.0E+00 0.0E+00 1.0E+01 1 1\n"
        "TABLE NO.  1\n ID TIME DV AMT MDV EVID\n 1.0E+00 1.0E+00 1.5E+02 0.0E+00 0 0\n"
    )
    data = parse_dataset(text, MODEL)
    assert [s.id for s in data.subjects] == ["1"]
    np.testing.assert_allclose(predictions(text), [level(1.0)])


HEAD = "ID,TIME,DV,AMT,EVID,CMT,RATE,II,ADDL,SS,CENS"
GOOD = "1,0,.,10,1,1,0,0,0,0,0"


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("1,1,150,0,0,1,0,0,0,0", "row 3 has 10 cells, the header 11"),
        ("1,x,150,0,0,1,0,0,0,0,0", "row 3: column TIME is not a number"),
        ("1,nan,150,0,0,1,0,0,0,0,0", "row 3: column TIME is not a number"),
        ("1,,150,0,0,1,0,0,0,0,0", "row 3: column TIME is empty"),
        ("1,-1,150,0,0,1,0,0,0,0,0", "row 3: TIME goes back"),
        ("1,1,150,0,5,1,0,0,0,0,0", "row 3: EVID 5"),
        ("1,1,abc,0,0,1,0,0,0,0,0", "row 3: column DV is not a number"),
        ("1,1,0,10,1,2,0,0,0,0,0", "row 3: CMT 2 does not exist"),
        ("1,1,0,10,1,1,-2,0,0,0,0", "row 3: RATE -2 asks for a modeled"),
        ("1,1,0,-10,1,1,0,0,0,0,0", "row 3: AMT is negative"),
        ("1,1,0,10,1,1,0,0,3,0,0", "row 3: SS or ADDL needs an interval II"),
        ("1,1,0,10,1,1,0,0,0,1,0", "row 3: SS or ADDL needs an interval II"),
        ("1,1,0,10,1,1,0,12,0,4,0", "row 3: SS 4"),
        ("1,1,0,10,1,1,0,12,-1,0,0", "row 3: ADDL is negative"),
        ("1,1,150,0,0,1,0,0,0,0,2", "row 3: CENS is 0, 1"),
    ],
)
def test_what_cannot_be_read_is_refused_by_row(row: str, says: str) -> None:
    with pytest.raises(DatasetError, match=says):
        parse_dataset(f"{HEAD}\n{GOOD}\n{row}\n", MODEL)


def test_rows_are_numbered_as_an_editor_numbers_them() -> None:
    with pytest.raises(DatasetError, match="row 5: EVID 5"):
        parse_dataset(f"{HEAD}\n\n{GOOD}\n\n1,1,150,0,5,1,0,0,0,0,0\n", MODEL)
    with pytest.raises(DatasetError, match="row 4: EVID 9"):
        parse_dataset("TABLE NO. 1\nID TIME DV AMT EVID\n1 0 0 1 1\n1 1 0 0 9\n", MODEL)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no rows"),
        ("ID,TIME,DV\n", "no rows"),
        ("ID,DV,AMT\n1,1,1\n", "column TIME is missing"),
        ("TIME,DV\n1,1\n", "column ID is missing"),
    ],
)
def test_files_that_are_no_data_set(text: str, says: str) -> None:
    with pytest.raises(DatasetError, match=says):
        parse_dataset(text, MODEL)


def test_a_covariate_that_is_missing_is_named() -> None:
    with pytest.raises(DatasetError, match="needs the covariate weight: add a column WEIGHT"):
        parse_dataset("ID,TIME,DV,AMT\n1,0,.,10\n", weighted())
    with pytest.raises(DatasetError, match="row 3: column WT is empty"):
        parse_dataset("ID,TIME,DV,AMT,WT\n1,0,.,10,70\n1,1,9,0,.\n", weighted())


def test_files_and_doses(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_text("\ufeffID,TIME,DV,AMT\n1,0,.,10\n1,1,9,0\n", encoding="utf-8")
    data = read_dataset(path, MODEL)
    assert isinstance(data, Dataset)
    assert len(data.rows) == 2
    path.write_text("TIME,AMT,RATE,II,ADDL\n0,10,5,12,3\n48,20,0,0,0\n", encoding="utf-8")
    assert read_doses(path, MODEL) == [
        PlainDose(0.0, 10.0, "iv", 0.0, 12.0, 3, 0, rate=5.0),
        PlainDose(48.0, 20.0, "iv"),
    ]
    path.write_text("TIME,AMT\n0,\n", encoding="utf-8")
    with pytest.raises(DatasetError, match="row 2: column AMT is empty"):
        read_doses(path, MODEL)
    path.write_text("TIME,AMT\n", encoding="utf-8")
    with pytest.raises(DatasetError, match="no rows"):
        read_doses(path, MODEL)


@pytest.mark.parametrize(
    ("train", "when"),
    [("1,0,0,10,1,12,2", "12"), ("1,0,0,10,1,0,0\n1,6,0,10,1,6,1", "12")],
)
def test_a_level_sees_an_additional_dose_of_its_time(train: str, when: str) -> None:
    text = f"ID,TIME,DV,AMT,EVID,II,ADDL\n{train}\n1,{when},9,0,0,0,0\n1,{when},0,5,1,0,0\n"
    (seen,) = predictions(text)
    before = level(12.0) + level(0.0) + (level(6.0) if "\n" in train else 0.0)
    # The additional dose, not the one whose row stands below.
    np.testing.assert_allclose(seen, before, rtol=1e-9)


def test_levels_between_doses_of_one_time() -> None:
    rows = ["1,5,9,0,0", "1,5,0,10,1", "1,5,9,0,0", "1,5,0,20,1", "1,5,9,0,0", "1,5,0,0,3"]
    text = "\n".join(["ID,TIME,DV,AMT,EVID", "1,0,0,10,1", *rows, "1,5,9,0,0"])
    there = level(5.0)
    expected = [there, there + level(0.0), there + level(0.0, 30.0), 0.0]
    np.testing.assert_allclose(predictions(text), expected, rtol=1e-9, atol=1e-12)


def test_the_steady_state_of_an_endless_infusion() -> None:
    text = "ID,TIME,DV,AMT,RATE,II,SS\n1,0,0,0,4,0,{}\n1,0,9,0,0,0,0\n1,10,9,0,0,0,0\n"
    plateau = 1000.0 * 4.0 / CL
    expected = [plateau, plateau * np.exp(-10.0 * CL / V)]
    for steady in (1, 2, 3):
        np.testing.assert_allclose(predictions(text.format(steady)), expected, rtol=1e-9)
