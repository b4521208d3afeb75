"""Dunlap 2025: Table 3's doses bring day 0 into 5-10 ng/mL, checked by matrix exponential."""

import numpy as np
import pytest
from scipy.linalg import expm

from equipoise.model import Purpose, course, simulate, typical
from equipoise.models.tacrolimus_dunlap2025 import MODEL, protocol, thrice

# Table 3: change of the protocol's dose by phenotype and conditioning.
TABLE_3 = {
    ("nonexpresser", "reduced"): 1.0,
    ("nonexpresser", "myeloablative"): 1.5,
    ("expresser", "reduced"): 2.0,
    ("expresser", "myeloablative"): None,
}
PEAK_LIMIT = 24.2  # Methods 2.6


def covariates(phenotype: str, conditioning: str, weight: float = 70.0) -> dict[str, float]:
    return {
        "weight": weight,
        "cyp3a5": MODEL.covariates["cyp3a5"].levels[phenotype],
        "conditioning": MODEL.covariates["conditioning"].levels[conditioning],
    }


def reference(weight: float, phenotype: str, conditioning: str, doses: list) -> float:
    """Trough at 0 h by the matrix exponential of the paper's equations."""
    clearance = 23 * (weight / 70) ** 0.75
    clearance *= 2.14 if phenotype == "expresser" else 1.0
    clearance *= 0.63 if conditioning == "reduced" else 1.0
    v1, q, v2 = 150 * weight / 70, 43 * (weight / 70) ** 0.75, 1153 * weight / 70
    a = np.array([[-0.5, 0, 0], [0.5, -(clearance + q) / v1, q / v2], [0, q / v1, -q / v2]])
    amount = np.zeros(3)
    for dose in doses:
        for k in range(dose.additional + 1):
            at = dose.time + k * dose.interval
            amount += expm(a * (0.0 - at)) @ np.array([dose.amount, 0, 0])
    return 1000 * amount[1] / v1


def doses_of_table_3(phenotype: str, conditioning: str, weight: float) -> list:
    multiple = TABLE_3[phenotype, conditioning]
    return thrice(weight) if multiple is None else protocol(weight, multiple=multiple)


@pytest.mark.parametrize("check", MODEL.checks, ids=lambda c: c.what)
def test_reproduces(check):
    assert check.compute(MODEL) == pytest.approx(check.expected, rel=check.tolerance)


@pytest.mark.parametrize(("phenotype", "conditioning"), TABLE_3)
def test_table_3_brings_day_0_into_5_to_10(phenotype, conditioning):
    doses = doses_of_table_3(phenotype, conditioning, 70.0)
    wanted = covariates(phenotype, conditioning)
    found = typical(MODEL, doses, [0.0], covariates=wanted).values["tacrolimus"][0, 0, 0]
    assert 5.0 < found < 10.0
    assert found == pytest.approx(reference(70.0, phenotype, conditioning, doses), rel=1e-8)
    times = np.arange(-72.0, 0.0, 0.1)
    assert typical(MODEL, doses, times, covariates=wanted).values["tacrolimus"].max() < PEAK_LIMIT


@pytest.mark.parametrize(
    ("phenotype", "conditioning"), [k for k, multiple in TABLE_3.items() if multiple != 1.0]
)
def test_without_table_3_the_others_stay_below_5(phenotype, conditioning):
    found = typical(MODEL, protocol(70.0), [0.0], covariates=covariates(phenotype, conditioning))
    assert found.values["tacrolimus"][0, 0, 0] < 5.0


def test_figure_3c_order_of_day_0_troughs():
    order = [
        ("nonexpresser", "reduced"),
        ("nonexpresser", "myeloablative"),
        ("expresser", "reduced"),
        ("expresser", "myeloablative"),
    ]
    troughs = [
        typical(MODEL, protocol(70.0), [0.0], covariates=covariates(*pair))
        .values["tacrolimus"]
        .item()
        for pair in order
    ]
    assert troughs == sorted(troughs, reverse=True)


@pytest.mark.parametrize("weight", [50.0, 75.0, 100.0, 125.0])
def test_the_papers_weights(weight):
    doses = protocol(weight)
    wanted = covariates("nonexpresser", "reduced", weight)
    found = typical(MODEL, doses, [0.0], covariates=wanted).values["tacrolimus"].item()
    expected = reference(weight, "nonexpresser", "reduced", doses)
    assert found == pytest.approx(expected, rel=1e-8)


def test_a_silent_record_gives_the_reference_patient():
    silent = typical(MODEL, protocol(70.0), [0.0], covariates={"weight": 70.0})
    said = typical(
        MODEL, protocol(70.0), [0.0], covariates=covariates("nonexpresser", "myeloablative")
    )
    assert silent.values["tacrolimus"].item() == said.values["tacrolimus"].item()


def test_etas_act_where_the_paper_has_them():
    what = course(MODEL, protocol(70.0), covariates={"weight": 70.0})
    etas = np.array([[0.0, 0.0, 0.0], [0.5, 0.0, 0.0], [0.0, 0.5, 0.0], [0.0, 0.0, 0.5]])
    levels = simulate(MODEL, [what], np.array([0.0]), etas=etas).values["tacrolimus"][0, :, 0]
    assert len(set(np.round(levels, 6))) == 4
    assert levels[1] < levels[0]  # more clearance, less drug


def test_claims_no_steady_state():
    assert MODEL.purposes == frozenset({Purpose.EARLY_LEVEL, Purpose.LOADING})
    day = MODEL.domain["day"]
    assert day.contains(-3.0)
    assert day.contains(0.0)
    assert not day.contains(0.1)


def test_variability_by_both_readings():
    # Table 2 prints 55, 95 and 66 % CV; back from the variance, to the printed digit.
    assert 100 * np.sqrt(np.expm1(np.diag(MODEL.omega_matrix))) == pytest.approx([55, 95, 66])
    # The transcription's variances do not return the printed 95 %: a slip there, not followed.
    assert 100 * np.sqrt(np.expm1(0.65823)) == pytest.approx(96.5, abs=0.1)
    assert MODEL.etas == ("CL", "V1", "V2")
    (other,) = MODEL.other_readings
    assert np.diag(np.array(other.omega)) == pytest.approx([0.3025, 0.9025, 0.4356])
