"""Rules of data sets: carrying of covariates, several analytes, restarts, special rows."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from equipoise.dataset import DatasetError, parse_dataset
from equipoise.kinetics import System
from equipoise.likelihood import predicted
from equipoise.model import Covariate, Model, Observation, Occasions, Residual
from equipoise.steps import Carry
from small_models import CL, KA, V, bolus, bolus_level, oral

MODEL = bolus(Residual(additive=5.0))
K = CL / V


def predictions(text: str, model: Model = MODEL, carry: Carry = Carry.NONMEM) -> np.ndarray:
    (who,) = parse_dataset(text, model, carry=carry).subjects
    return predicted(model, who, np.zeros((1, len(model.etas))))[0]


def level(hours: float, amount: float = 10.0) -> float:
    return float(bolus_level(amount, hours, CL, V))


def with_covariate(parameters: Callable[..., dict[str, np.ndarray]], model: Model = MODEL) -> Model:
    """The model with a covariate X that `parameters` makes something of."""

    def own(theta, covariate, eta):  # type: ignore[no-untyped-def]
        table = dict(model.parameters(theta, covariate, eta))
        table.update(parameters(covariate["x"]))
        return table

    return replace(model, parameters=own, covariates={"x": Covariate("1", 1.0, required=True)})


CLEARED = with_covariate(lambda x: {"CL": CL * x})
ROWS = "ID,TIME,DV,AMT,X\n1,0,.,10,1\n1,4,9,0,2\n1,8,9,0,5\n1,12,9,0,1\n"


def test_both_rules_of_carrying_by_hand() -> None:
    first = level(0.0)
    ends_there = [2 * 4, 2 * 4 + 5 * 4, 2 * 4 + 5 * 4 + 1 * 4]
    np.testing.assert_allclose(
        predictions(ROWS, CLEARED), first * np.exp(-K * np.array(ends_there)), rtol=1e-9
    )
    begins_there = [1 * 4, 1 * 4 + 2 * 4, 1 * 4 + 2 * 4 + 5 * 4]
    np.testing.assert_allclose(
        predictions(ROWS, CLEARED, Carry.FORWARD),
        first * np.exp(-K * np.array(begins_there)),
        rtol=1e-9,
    )


def test_a_level_is_read_with_its_own_volume_by_both_rules() -> None:
    model = with_covariate(lambda x: {"V1": V * x, "CL": CL * x})
    for carry in Carry:
        found = predictions(ROWS, model, carry)
        amount = 1000.0 * 10.0 * np.exp(-K * np.array([4.0, 8.0, 12.0]))
        np.testing.assert_allclose(found, amount / (V * np.array([2.0, 5.0, 1.0])), rtol=1e-9)


def test_forward_fills_what_is_missing() -> None:
    gaps = ROWS.replace("1,8,9,0,5", "1,8,9,0,.")
    np.testing.assert_allclose(
        predictions(gaps, CLEARED, Carry.FORWARD),
        predictions(gaps.replace("1,8,9,0,.", "1,8,9,0,2"), CLEARED, Carry.FORWARD),
    )
    with pytest.raises(DatasetError, match="row 4: column X is empty"):
        predictions(gaps, CLEARED)
    with pytest.raises(DatasetError, match="row 2: column X is empty"):
        predictions(ROWS.replace("1,0,.,10,1", "1,0,.,10,."), CLEARED, Carry.FORWARD)


@pytest.mark.parametrize("carry", list(Carry))
def test_bioavailability_and_lag_are_those_of_the_dose_record(carry: Carry) -> None:
    """F and lag by hand: 10 mg at half, then 10 mg whole; the second dose waits two hours."""
    rows = "ID,TIME,DV,AMT,X\n1,0,.,10,0\n1,10,.,10,1\n1,11,9,0,0\n1,13,9,0,0\n"
    share = with_covariate(lambda x: {"F": 0.5 + 0.5 * x})
    expected = [0.5 * level(11.0) + level(1.0), 0.5 * level(13.0) + level(3.0)]
    np.testing.assert_allclose(predictions(rows, share, carry), expected, rtol=1e-9)
    late = with_covariate(lambda x: {"LAG": 2.0 * x})
    expected = [level(11.0), level(13.0) + level(1.0)]
    np.testing.assert_allclose(predictions(rows, late, carry), expected, rtol=1e-9)


@pytest.mark.parametrize("carry", list(Carry))
def test_equations_and_closed_form_agree_on_covariates(carry: Carry) -> None:
    system = System(("central",), ("CL", "V1"), _out)
    equations = replace(CLEARED, structure=system)
    np.testing.assert_allclose(
        predictions(ROWS, equations, carry), predictions(ROWS, CLEARED, carry), rtol=1e-7
    )


def _out(t, x, p, dx):  # type: ignore[no-untyped-def]
    dx[0] = -p[0] / p[1] * x[0]


def test_occasions_follow_the_rule() -> None:
    model = replace(MODEL, occasions=Occasions(("CL",), ((0.1,),), column="OCC"))
    text = "ID,TIME,DV,AMT,OCC\n1,0,.,10,1\n1,4,9,0,1\n1,8,9,0,2\n"
    for carry, edge in ((Carry.NONMEM, 4.0), (Carry.FORWARD, math.nextafter(8.0, 0.0))):
        (who,) = parse_dataset(text, model, carry=carry).subjects
        assert who.course.schedule.breaks == (edge,)


# --- several analytes ---------------------------------------------------------------------

TOTAL, FREE = (
    Observation("total", "mg/L", "central", "V1", 1.0, Residual(proportional=0.1)),
    Observation("free", "mg/L", "central", "V1", 0.2, Residual(additive=0.05)),
)


def two(column: str = "DVID") -> Model:
    model = oral(Residual(additive=5.0), omega=np.diag([0.09, 0.09]))
    observations = (
        replace(TOTAL, rows=(column, (1.0,))), replace(FREE, rows=(column, (2.0, 3.0))),
    )  # fmt: skip
    return replace(model, observations=observations)


def test_a_column_of_ones_own_says_what_a_row_measures() -> None:
    text = (
        "ID,TIME,DV,AMT,FLAG\n1,0,.,10,0\n1,2,9,.,1\n1,2,9,.,2\n1,3,9,.,3\n1,4,.,.,2\n1,5,.,.,0\n"
    )
    data = parse_dataset(text, two("flag"))
    (who,) = data.subjects
    assert [o.analyte for o in who.observed] == ["total", "free", "free"]
    # A row whose level does not count still says what it is about, or says nothing.
    assert [r.analyte for r in data.rows] == ["", "total", "free", "free", "free", ""]
    with pytest.raises(
        DatasetError, match=r"row 3: small does not predict .* FLAG 1 for total, FLAG 2 or 3"
    ):
        parse_dataset("ID,TIME,DV,AMT,FLAG\n1,0,.,10,0\n1,2,9,.,7\n", two("FLAG"))
    with pytest.raises(DatasetError, match="needs the column DVID"):
        parse_dataset("ID,TIME,DV,AMT\n1,0,.,10\n", two())


def test_the_compartment_says_what_a_row_measures() -> None:
    model = oral(Residual(additive=5.0), omega=np.diag([0.09, 0.09]))
    gut = Observation("gut", "mg", "depot", "V1", V, Residual(additive=1.0))
    model = replace(model, observations=(TOTAL, gut))
    text = "ID,TIME,DV,AMT,CMT\n1,0,.,10,1\n1,2,9,.,1\n1,2,9,.,2\n"
    np.testing.assert_allclose(
        predictions(text, model),
        [
            10.0 * math.exp(-KA * 2.0),
            10.0 / V * KA / (KA - K) * (math.exp(-K * 2.0) - math.exp(-KA * 2.0)),
        ],
        rtol=1e-9,
    )
    with pytest.raises(
        DatasetError, match=r"row 3: CMT does not say .* CMT 2 for total, CMT 1 for"
    ):
        parse_dataset("ID,TIME,DV,AMT,CMT\n1,0,.,10,1\n1,2,9,.,0\n", model)
    with pytest.raises(DatasetError, match="row 3: CMT 3 does not exist"):
        parse_dataset("ID,TIME,DV,AMT,CMT\n1,0,.,10,1\n1,2,9,.,3\n", model)


# --- rows of other kinds ------------------------------------------------------------------


def test_negative_times() -> None:
    text = "ID,TIME,DV,AMT\n1,-24,.,10\n1,-12,9,0\n1,0,9,0\n"
    np.testing.assert_allclose(predictions(text), [level(12.0), level(24.0)])


def test_a_restart_may_set_the_clock_back() -> None:
    text = (
        "ID,TIME,DV,AMT,EVID\n1,0,.,10,1\n1,30,9,0,0\n1,0,.,20,4\n1,5,9,0,0\n1,7,9,0,0\n"
        "1,2,.,0,3\n1,2,9,0,0\n1,3,.,5,1\n1,4,9,0,0\n"
    )
    expected = [level(30.0), level(5.0, 20.0), level(7.0, 20.0), 0.0, level(1.0, 5.0)]
    np.testing.assert_allclose(predictions(text), expected, atol=1e-12)
    assert [r.hours for r in parse_dataset(text, MODEL).rows] == [0, 30, 0, 5, 7, 2, 2, 3, 4]
    with pytest.raises(DatasetError, match=r"row 4: TIME goes back; sort .* EVID 3 or 4"):
        parse_dataset(text.replace("1,0,.,20,4", "1,0,.,20,1"), MODEL)
    system = replace(MODEL, structure=System(("central",), ("CL", "V1"), _out))
    with pytest.raises(DatasetError, match="row 4: TIME goes back at a restart"):
        parse_dataset(text, system)


def test_codes_are_whole_numbers_and_compartments_stay_on() -> None:
    for row, says in (
        ("1,1,0,10,1,1.5", "row 3: column CMT is a code; write a whole number"),
        ("1,1,0,0,2,-1", "row 3: a negative CMT switches a compartment off"),
        ("1,1,0,10,1,-1", "row 3: a negative CMT switches a compartment off"),
        ("1,1,0,10,0.5,1", "row 3: EVID 0.5 is not one of"),
    ):
        with pytest.raises(DatasetError, match=says):
            parse_dataset(f"ID,TIME,DV,AMT,EVID,CMT\n1,0,.,10,1,1\n{row}\n", MODEL)


def test_a_subject_without_levels_or_doses_is_read() -> None:
    data = parse_dataset("ID,TIME,DV,AMT\n1,0,.,10\n2,0,5,0\n", MODEL)
    assert [len(s.observed) for s in data.subjects] == [0, 1]
    assert data.subjects[1].course.schedule.doses == ()


def test_two_patients_stay_two() -> None:
    """IDs that Python would read as one number: 101, 9007199254740992, 100."""
    for one, other in (
        ("1_01", "10_1"),
        ("9007199254740992", "9007199254740993"),
        ("1E2", "100"),
        ("1.1", "1.10"),
    ):
        rows = f"ID,TIME,DV,AMT\n{one},0,.,10\n{one},2,9,0\n{other},0,.,20\n{other},2,9,0\n"
        found = parse_dataset(rows, MODEL).subjects
        assert [who.id for who in found] == [one, other]
        assert [[d.amount for d in who.course.schedule.doses] for who in found] == [[10.0], [20.0]]


@pytest.mark.parametrize("cell", ["", ".", "NA"])
def test_a_row_is_somebodys(cell: str) -> None:
    rows = f"ID,TIME,DV,AMT\n1,0,.,10\n{cell},2,9,0\n"
    with pytest.raises(DatasetError, match="row 3: ID is empty"):
        parse_dataset(rows, MODEL)
    with pytest.raises(DatasetError, match="row 3: ID is empty"):
        parse_dataset(rows.replace("1,0,", "1,8:00,"), MODEL)


@pytest.mark.parametrize("column", ["AMT", "RATE", "II", "ADDL", "SS"])
@pytest.mark.parametrize("kind", [0, 2, 3])
def test_a_row_that_is_no_dose_has_nothing_of_one(kind: int, column: str) -> None:
    cells = {"AMT": "0", "RATE": "0", "II": "0", "ADDL": "0", "SS": "0", column: "1"}
    row = f"1,1,3,{kind},{','.join(cells.values())}"
    rows = f"ID,TIME,DV,EVID,{','.join(cells)}\n1,0,.,1,10,0,0,0,0\n{row}\n"
    with pytest.raises(
        DatasetError, match=rf"row 3: {column} is not 0 in a row that is no dose \(EVID {kind}\)"
    ):
        parse_dataset(rows, MODEL)


def test_without_evid_an_amount_makes_the_dose() -> None:
    rows = "ID,TIME,DV,AMT,II\n1,0,.,10,0\n1,1,3,0,12\n"
    with pytest.raises(DatasetError, match=r"row 3: II is not 0 .* \(AMT and SS are 0\)"):
        parse_dataset(rows, MODEL)


def crowded(cells: str, model: Model = MODEL) -> None:
    columns = "ID,TIME,DV,AMT,RATE,II,ADDL,SS"
    parse_dataset(f"{columns}\n1,0,.,{cells}\n1,24,3,0,0,0,0,0\n", model)


def test_no_more_doses_than_can_be_computed() -> None:
    crowded("10,0,1,10000,0")
    with pytest.raises(DatasetError, match="row 2: ADDL is above 10000, the most of one row"):
        crowded("10,0,1,10001,0")
    with pytest.raises(DatasetError, match="row 2: ADDL is above 10000"):
        crowded("10,0,12,1000000000,0")


def test_no_more_infusions_at_one_time_than_can_be_computed() -> None:
    """A slip of the unit makes infusions of a million hours, given every 12."""
    says = "row 2: more than 1000 doses of its train run"
    crowded("12000,1,12,0,1")
    with pytest.raises(DatasetError, match=says):
        crowded("12013,1,12,0,1")
    with pytest.raises(DatasetError, match=says):
        crowded("100,0.0001,12,0,1")
    with pytest.raises(DatasetError, match=says):
        crowded("100,0.0001,12,5000,0")
    # Few of a train overlap, however long they last; one that is half absorbed lasts half as long.
    crowded("100,0.0001,12,500,0")
    half = replace(MODEL, parameters=lambda t, c, e: {**MODEL.parameters(t, c, e), "F": 0.5})
    crowded("12013,1,12,0,1", half)
    late = replace(MODEL, parameters=lambda t, c, e: {**MODEL.parameters(t, c, e), "LAG": 1e6})
    with pytest.raises(DatasetError, match=says):
        crowded("10,0,12,0,1", late)


def test_a_column_that_stands_twice_is_not_guessed() -> None:
    rows = "ID,TIME,DV,AMT,X,{}\n1,0,.,10,1,2\n1,4,9,0,1,3\n"
    with pytest.raises(DatasetError, match="column X stands twice in the header: keep one"):
        parse_dataset(rows.format("x"), CLEARED)
    # One that the model does not read may.
    parse_dataset(rows.replace("AMT,X", "AMT,Z").format("Z"), MODEL)


def test_two_names_of_one_covariate_are_not_guessed() -> None:
    model = replace(CLEARED, covariates={"weight": Covariate("kg", 70.0, required=True)},
                    parameters=MODEL.parameters)  # fmt: skip
    rows = "ID,TIME,DV,AMT,WT,{}\n1,0,.,10,70,3\n1,4,9,0,70,3\n"
    parse_dataset(rows.format("AGE"), model)
    for other in ("WEIGHT", "BW"):
        with pytest.raises(DatasetError, match="are both names of the covariate weight: keep one"):
            parse_dataset(rows.format(other), model)
