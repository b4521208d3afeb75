"""HScore against Fardet 2014: points on both sides of each limit, and the probabilities."""

from datetime import datetime

import pytest

from equipoise.criteria import HSCORE
from equipoise.criteria.hscore_2014 import probability
from equipoise.grading import grade, with_entries
from equipoise.record import Record

DAY0 = datetime.fromisoformat("2025-03-10T10:00:00+01:00")
NORMAL = {
    "known_immunosuppression": False,
    "temperature": "36.8 Cel",
    "hepatomegaly": False,
    "splenomegaly": False,
    "hemoglobin": "13.0 g/dL",
    "leukocytes": "7.0 10*9/L",
    "platelets": "250 10*9/L",
    "ferritin": "100 ng/mL",
    "triglycerides": "1.0 mmol/L",
    "fibrinogen": "3.5 g/L",
    "ast": "20 U/L",
    "hemophagocytosis": False,
}


def answer(without=(), **findings):
    entries = {k: v for k, v in (NORMAL | findings).items() if k not in without}
    record = with_entries(Record(id="p", day0=DAY0), 10.0, entries.items())
    return grade(HSCORE, record, 11.0)


@pytest.mark.parametrize(
    ("findings", "points"),
    [
        ({}, 0),
        ({"known_immunosuppression": True}, 18),
        ({"temperature": "38.3 Cel"}, 0),
        ({"temperature": "38.4 Cel"}, 33),
        ({"temperature": "39.4 Cel"}, 33),
        ({"temperature": "39.5 Cel"}, 49),
        ({"temperature": "102.9 [degF]"}, 33),  # 39.39 Cel
        ({"temperature": "103 [degF]"}, 49),  # 39.44 Cel
        ({"hepatomegaly": True}, 23),
        ({"splenomegaly": True}, 23),
        ({"hepatomegaly": True, "splenomegaly": True}, 38),
        ({"hemoglobin": "9.2 g/dL"}, 0),
        ({"hemoglobin": "9.2 g/dL", "leukocytes": "5.0 10*9/L"}, 24),
        ({"hemoglobin": "9.3 g/dL", "leukocytes": "5.0 10*9/L"}, 0),
        ({"hemoglobin": "92 g/L", "leukocytes": "5.1 K/uL", "platelets": "110 K/uL"}, 24),
        ({"hemoglobin": "9.2 g/dL", "leukocytes": "5.1 10*9/L", "platelets": "111 10*9/L"}, 0),
        ({"hemoglobin": "9.2 g/dL", "leukocytes": "5.0 10*9/L", "platelets": "110 10*9/L"}, 34),
        ({"ferritin": "1999 ng/mL"}, 0),
        ({"ferritin": "2000 ng/mL"}, 35),
        ({"ferritin": "2000 ug/L"}, 35),
        ({"ferritin": "6000 ng/mL"}, 35),
        ({"ferritin": "6001 ng/mL"}, 50),
        ({"triglycerides": "1.49 mmol/L"}, 0),
        ({"triglycerides": "1.5 mmol/L"}, 44),
        ({"triglycerides": "4.0 mmol/L"}, 44),
        ({"triglycerides": "4.1 mmol/L"}, 64),
        ({"triglycerides": "132.6 mg/dL"}, 0),
        ({"triglycerides": "132.7 mg/dL"}, 44),
        ({"triglycerides": "354 mg/dL"}, 44),
        ({"triglycerides": "355 mg/dL"}, 64),
        ({"fibrinogen": "2.51 g/L"}, 0),
        ({"fibrinogen": "2.5 g/L"}, 30),
        ({"fibrinogen": "250 mg/dL"}, 30),
        ({"fibrinogen": "251 mg/dL"}, 0),
        ({"ast": "29 U/L"}, 0),
        ({"ast": "30 IU/L"}, 19),
        ({"hemophagocytosis": True}, 35),
    ],
)
def test_points(findings, points):
    found = answer(**findings)
    assert (found.score, found.low, found.high) == (points, points, points)
    assert found.grade is None


MAXIMAL = {
    "known_immunosuppression": True, "temperature": "40 Cel", "hepatomegaly": True,
    "splenomegaly": True, "hemoglobin": "7 g/dL", "leukocytes": "1 10*9/L",
    "platelets": "20 10*9/L", "ferritin": "50000 ng/mL", "triglycerides": "5 mmol/L",
    "fibrinogen": "1 g/L", "ast": "300 U/L", "hemophagocytosis": True,
}  # fmt: skip


def test_t35_maximum():
    found = answer(**MAXIMAL)
    assert found.score == 337
    assert found.probability_low > 0.99
    assert "> 99 %" in found.sentence


def test_t36():
    found = answer(
        temperature="38.4 Cel", hemoglobin="9.0 g/dL", ferritin="2000 ng/mL",
        triglycerides="1.5 mmol/L", fibrinogen="2.5 g/L", ast="30 U/L",
    )  # fmt: skip
    assert found.score == 33 + 35 + 44 + 30 + 19 == 161
    assert found.probability_low == pytest.approx(0.40, abs=0.02)


def test_t37():
    found = answer(
        temperature="38.3 Cel", ferritin="1999 ng/mL", triglycerides="1.49 mmol/L",
        fibrinogen="2.51 g/L", ast="29 U/L",
    )  # fmt: skip
    assert found.score == 0


def test_t41_the_cut_is_not_a_probability_of_93_percent():
    assert probability(169) == pytest.approx(0.53, abs=0.005)


@pytest.mark.parametrize(
    ("score", "percent"),
    [
        (100, 1), (110, 3), (120, 5), (130, 9), (140, 16), (150, 25), (160, 40), (170, 54),
        (180, 70), (190, 80), (200, 88), (210, 93), (220, 96), (230, 98), (240, 99),
    ],
)  # fmt: skip
def test_fitted_probability_against_the_published_table(score, percent):
    assert 100 * probability(score) == pytest.approx(percent, abs=1.5)


def test_ends_of_the_published_table():
    assert probability(90) < 0.01
    assert probability(250) > 0.99


@pytest.mark.parametrize(
    ("name", "most"),
    [
        ("known_immunosuppression", 18), ("temperature", 49), ("hepatomegaly", 23),
        ("splenomegaly", 23), ("ferritin", 50), ("triglycerides", 64), ("fibrinogen", 30),
        ("ast", 19), ("hemophagocytosis", 35),
    ],
)  # fmt: skip
def test_one_row_for_each_input_missing(name, most):
    found = answer(without=(name,))
    assert (found.low, found.high, found.score) == (0, most, None)
    assert [m.name for m in found.missing] == [name]


@pytest.mark.parametrize("name", ["hemoglobin", "leukocytes", "platelets"])
def test_one_count_missing_matters_only_beside_another_low_one(name):
    assert answer(without=(name,)).score == 0
    other = "platelets" if name != "platelets" else "leukocytes"
    low = {"platelets": "50 10*9/L", "leukocytes": "2 10*9/L"}[other]
    found = answer(without=(name,), **{other: low})
    assert (found.low, found.high) == (0, 24)
    assert [m.name for m in found.missing] == [name]


def test_fever_without_a_number_leaves_the_points_open():
    found = answer(without=("temperature",), fever=True)
    assert (found.low, found.high) == (0, 49)
    assert answer(without=("temperature",), fever=False).score == 0


def test_nothing_known():
    found = grade(HSCORE, Record(id="p", day0=DAY0), 10.0)
    assert (found.low, found.high, found.score) == (0, 337, None)
    assert found.probability_low < 0.01
    assert found.probability_high > 0.99
