"""TA-TMA, modified Jodele criteria: four of seven on two consecutive days within 14 d."""

from datetime import date

import pytest
from charting import answer, chart, interval

from equipoise.criteria import TMA
from equipoise.criterion import by_name, snapshot

FULL = {
    "hemoglobin": "8.0 g/dL", "red_cell_transfusion": False, "platelets": "60 10*9/L",
    "platelet_refractory": False, "ldh": "251 U/L", "schistocytes": True, "systolic": "139 mm[Hg]",
    "diastolic": "89 mm[Hg]", "hypertension": False, "sc5b9": "200 ng/mL",
    "urine_protein_creatinine": "0.5 mg/mg",
}  # fmt: skip
RANGES = {"ldh": (None, "250 U/L"), "sc5b9": (None, "244 ng/mL")}
BORN = date(1985, 4, 1)


def patient(*days, first=(), before="10.0 g/dL", born=BORN, ranges=RANGES, without=(), **found):
    entries = {k: v for k, v in (FULL | found).items() if k not in without}
    base = {} if before is None else {"hemoglobin": before}
    times = [(24.0 * day, entries) for day in days or (40, 47)]
    early = (24.0 * 30, {"platelet_engraftment": True, "platelets": "100 10*9/L"})
    return chart((-24.0, base), early, *first, *times, born=born, ranges=ranges)


def feature(name, *days, **kwargs):
    record = patient(*days, **kwargs)
    last = max(days, default=47)
    now = snapshot(TMA, record, 24.0 * last + 1)
    return set(by_name(TMA, now.readings)[name].possible)


@pytest.mark.parametrize(
    ("name", "found", "expected"),
    [
        ("anemia", {"hemoglobin": "9.0 g/dL"}, {1}),
        ("anemia", {"hemoglobin": "90 g/L"}, {1}),
        ("anemia", {"hemoglobin": "9.1 g/dL"}, {0}),
        ("anemia", {"hemoglobin": "91 g/L"}, {0}),
        ("anemia", {"hemoglobin": "9.1 g/dL", "red_cell_transfusion": True}, {1}),
        ("anemia", {"before": None}, {0, 1}),
        ("anemia", {"without": ("red_cell_transfusion",), "hemoglobin": "9.1 g/dL"}, {0, 1}),
        ("thrombocytopenia", {"platelets": "50 10*9/L"}, {1}),
        ("thrombocytopenia", {"platelets": "51 10*9/L"}, {0}),
        ("thrombocytopenia", {"platelet_refractory": True}, {1}),
        ("thrombocytopenia", {"without": ("platelet_refractory",)}, {0, 1}),
        ("ldh", {"ldh": "251 U/L"}, {1}),
        ("ldh", {"ldh": "250 U/L"}, {0}),
        ("ldh", {"ranges": {}}, {0, 1}),
        ("schistocytes", {"schistocytes": False}, {0}),
        ("hypertension", {}, {0}),
        ("hypertension", {"systolic": "140 mm[Hg]"}, {1}),
        ("hypertension", {"diastolic": "90 mm[Hg]"}, {1}),
        ("hypertension", {"born": date(2015, 4, 1), "systolic": "140 mm[Hg]"}, {0}),
        ("hypertension", {"born": date(2015, 4, 1), "hypertension": True}, {1}),
        ("hypertension", {"born": None, "systolic": "140 mm[Hg]"}, {0, 1}),
        ("complement", {"sc5b9": "243 ng/mL"}, {0}),
        ("complement", {"sc5b9": "244 ng/mL"}, {1}),
        ("protein", {"urine_protein_creatinine": "0.99 mg/mg"}, {0}),
        ("protein", {"urine_protein_creatinine": "1 mg/mg"}, {1}),
    ],
)
def test_each_limit(name, found, expected):
    assert feature(name, **found) == expected


@pytest.mark.parametrize(
    ("days", "expected"),
    [((40, 54), {1}), ((40, 55), {0, 1}), ((40, 41), {1}), ((40, 40), {0, 1}), ((47,), {0, 1})],
)
def test_two_days_at_most_14_days_apart(days, expected):
    # The look comes an hour after the second: the first must not be older than 14 d.
    record = patient(*days)
    now = snapshot(TMA, record, 24.0 * max(days))
    assert set(by_name(TMA, now.readings)["schistocytes"].possible) == expected


def test_they_must_be_consecutive():
    between = ((24.0 * 43, {"schistocytes": False}),)
    assert feature("schistocytes", first=between) == {0}
    again = ((24.0 * 43, {"schistocytes": False}), (24.0 * 43 + 3, {"schistocytes": True}))
    assert feature("schistocytes", first=again) == {1}, "the worst of a day stands for it"


def test_platelets_fall_from_recorded_engraftment_only():
    low = {"platelets": "20 10*9/L"}
    never = chart((24.0 * 2, {"platelets": "200 10*9/L"}), (24.0 * 40, FULL | low),
                  (24.0 * 47, FULL | low | {"platelet_engraftment": False}))  # fmt: skip
    now = snapshot(TMA, never, 24.0 * 47 + 1)
    assert set(by_name(TMA, now.readings)["thrombocytopenia"].possible) == {0}
    unsaid = chart((24.0 * 2, {"platelets": "200 10*9/L"}), (24.0 * 40, FULL | low),
                   (24.0 * 47, FULL | low))  # fmt: skip
    now = snapshot(TMA, unsaid, 24.0 * 47 + 1)
    assert set(by_name(TMA, now.readings)["thrombocytopenia"].possible) == {0, 1}


def test_four_of_seven():
    three = answer(TMA, patient(), 24.0 * 47 + 5)
    assert (three.low, three.high, three.met) == (3, 3, False)
    four = answer(TMA, patient(urine_protein_creatinine="1.2 mg/mg"), 24.0 * 47 + 5)
    assert (four.low, four.high, four.met) == (4, 4, True)
    assert four.sentence.endswith("features of high risk: proteinuria")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("hemoglobin", (2, 3)), ("red_cell_transfusion", (3, 3)), ("platelets", (3, 4)),
        ("platelet_refractory", (3, 4)), ("ldh", (2, 3)), ("schistocytes", (2, 3)),
        ("systolic", (3, 3)), ("hypertension", (3, 3)), ("sc5b9", (3, 4)),
        ("urine_protein_creatinine", (3, 4)),
    ],
)  # fmt: skip
def test_each_missing_input(name, expected):
    assert interval(TMA, patient(without=(name,)), 24.0 * 47 + 5) == expected


def test_what_is_missing_is_named_and_would_settle_it():
    found = answer(TMA, patient(without=("urine_protein_creatinine",)), 24.0 * 47 + 5)
    assert [m.to_json() for m in found.missing] == [
        {"name": "urine_protein_creatinine",
         "would_become": {"< 1 mg/mg, on two days": 3, ">= 1 mg/mg, on two days": 4}}
    ]  # fmt: skip
    no_limit = answer(TMA, patient(ranges={"sc5b9": (None, "244 ng/mL")}), 24.0 * 47 + 5)
    assert [m.name for m in no_limit.missing] == ["upper limit of ldh"]


def test_it_needs_a_graft():
    found = answer(TMA, chart((960.0, FULL), product="axicabtagene"), 961.0)
    assert found.sentence == "not applicable: no graft by this time"
