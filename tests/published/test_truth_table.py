"""The truth table: every row of it is a case here, or in the file that is named.

A row may hold several cases, and is graded by one criterion. Expected are an answer, or the two
ends of an interval.
"""

from datetime import date
from pathlib import Path

import pytest
from charting import answer, chart, interval

from equipoise.criteria import (
    AKI,
    ALL,
    CGVHD,
    CRS,
    HEMATOTOX,
    HLH_2004,
    HSCORE,
    ICAHT_EARLY,
    ICAHT_LATE,
    ICANS,
    IECHS,
    MAGIC,
    MAS,
    MASL,
    OHI,
    VOD,
)
from equipoise.criteria.cgvhd_nih2014 import ORGANS
from equipoise.criterion import by_name, snapshot

CART = "axicabtagene"

# --- inputs that are present and normal where a row does not say otherwise --------------------

WELL = {
    "temperature": "36.8 Cel", "hypotension": False, "vasopressors": (), "oxygen_device": "none",
    "antipyretic_or_anticytokine": False, "intubated": False,
}  # fmt: skip
AWAKE = {
    "ice_score": "10", "consciousness": "spontaneous", "seizure": "none", "motor_weakness": "none",
    "cerebral_edema": "none",
}  # fmt: skip
NO_HLH = {
    "temperature": "36.8 Cel", "splenomegaly": False, "hemoglobin": "12 g/dL",
    "platelets": "200 10*9/L", "neutrophils": "3 10*9/L", "triglycerides": "100 mg/dL",
    "fibrinogen": "300 mg/dL", "hemophagocytosis": False, "low_nk_activity": False,
    "ferritin": "100 ng/mL", "soluble_il2r": "500 U/mL",
}  # fmt: skip
NO_HSCORE = {
    "known_immunosuppression": False, "temperature": "36.8 Cel", "hepatomegaly": False,
    "splenomegaly": False, "hemoglobin": "13 g/dL", "leukocytes": "7 10*9/L",
    "platelets": "250 10*9/L", "ferritin": "100 ng/mL", "triglycerides": "1.0 mmol/L",
    "fibrinogen": "3.5 g/L", "ast": "20 U/L", "hemophagocytosis": False,
}  # fmt: skip
JIA = {
    "sjia": True, "temperature": "38.6 Cel", "triglycerides": "100 mg/dL",
    "fibrinogen": "400 mg/dL",
}  # fmt: skip
BEFORE_CART = {
    "ferritin": "300 ng/mL", "ast": "25 U/L", "alt": "25 U/L", "creatinine": "0.8 mg/dL",
    "platelets": "180 10*9/L", "neutrophils": "2.5 10*9/L",
}  # fmt: skip
QUIET_CART = WELL | BEFORE_CART | {
    "ferritin_rapidly_rising": False, "fibrinogen": "300 mg/dL", "hemophagocytosis": False,
    "infection": "excluded", "progression": "excluded", "treatment_for": (),
    "transfusion_dependent_bleeding": False, "bleeding_grade": 0, "dialysis": False,
}  # fmt: skip
CART_RANGES = {
    "ferritin": (None, "300 ng/mL"), "ast": (None, "40 U/L"), "alt": (None, "40 U/L"),
    "fibrinogen": ("150 mg/dL", None),
}  # fmt: skip
NO_GVHD = {f"agvhd_stage_{organ}": 0 for organ in ("skin", "liver", "upper_gi", "lower_gi")}
NO_RASH = {
    "rash_area": "0 %", "bullae": False, "rash_desquamation": False, "bilirubin": "0.8 mg/dL",
    "upper_gi": False, "stool_volume": "100 mL/d", "stool_count": "1 /d",
    "severe_abdominal_pain": False, "ileus_or_bloody_stool": False, "weight": "70 kg",
}  # fmt: skip
NO_CHRONIC = {f"cgvhd_score_{organ}": 0 for organ in ORGANS}


# --- how each criterion is asked ---------------------------------------------------------------


def crs(without=(), **found):
    entries = {k: v for k, v in (WELL | found).items() if k not in without}
    return interval(CRS, chart((10.0, entries), product=CART), 11.0)


def icans(born=date(1985, 4, 1), **found):
    return interval(ICANS, chart((10.0, AWAKE | found), product=CART, born=born), 11.0)


def child(**found):
    return icans(born=date(2017, 3, 1), **found)


def icaht(low, very_low=0, count=450):
    """A month with a run of days at or below 500, of which the first are at or below 100."""
    counts = [2000] * 31
    counts[5 : 5 + low] = [80] * very_low + [count] * (low - very_low)
    days = [(24.0 * day + 2.0, {"neutrophils": f"{n} /uL"}) for day, n in enumerate(counts)]
    return interval(ICAHT_EARLY, chart(*days, product=CART), 24.0 * 31 + 13.5)


def late(*counts):
    days = [(24.0 * (40 + 3 * n), {"neutrophils": f"{c} /uL"}) for n, c in enumerate(counts)]
    return interval(ICAHT_LATE, chart(*days, product=CART), 24.0 * 101)


def hlh(**found):
    return interval(HLH_2004, chart((10.0, NO_HLH | found)), 11.0)


FIVE = {
    "temperature": "38.5 Cel", "splenomegaly": True, "hemoglobin": "8.9 g/dL",
    "platelets": "99 10*9/L", "triglycerides": "265 mg/dL", "ferritin": "500 ng/mL",
}  # fmt: skip


def five(**found):
    """HLH-2004 of what row 28 names, and nothing else: the interval and the yes/no answer."""
    whole = answer(HLH_2004, chart((10.0, FIVE | found)), 11.0)
    return (whole.low, whole.high), whole.met


def ohi(soluble, ferritin):
    found = {"soluble_il2r": f"{soluble} U/mL", "ferritin": f"{ferritin} ng/mL"}
    return interval(OHI, chart((10.0, found)), 11.0)


def mas(**found):
    return interval(MAS, chart((10.0, JIA | found)), 11.0)


def masl(first, second, fibrinogen):
    record = chart(
        (76.0, {"ferritin": f"{first} ng/mL"}),
        (100.0, {"ferritin": f"{second} ng/mL", "fibrinogen": fibrinogen, "ldh": "200 U/L"}),
        product=CART, ranges={"ldh": (None, "250 U/L")},
    )  # fmt: skip
    return interval(MASL, record, 101.0)


def hscore(**found):
    whole = answer(HSCORE, chart((10.0, NO_HSCORE | found)), 11.0)
    return (whole.low, whole.high), round(whole.probability_low, 2)


def hematotox(platelets, neutrophils, hemoglobin, crp, ferritin):
    found = {
        "platelets": f"{platelets} 10*9/L", "neutrophils": f"{neutrophils} /uL",
        "hemoglobin": f"{hemoglobin} g/dL", "crp": crp, "ferritin": f"{ferritin} ng/mL",
    }  # fmt: skip
    whole = answer(HEMATOTOX, chart((-130.0, found), product=CART), 10.0)
    return (whole.low, whole.high), whole.met


def cart_chart(before=BEFORE_CART, **found):
    """CRS on day 1, over by day 4; what is found on day 10."""
    entries = [
        (-48.0, before), (30.0, WELL | {"temperature": "39.0 Cel"}), (100.0, WELL),
        (240.0, QUIET_CART | found),
    ]  # fmt: skip
    return chart(*entries, product=CART, ranges=CART_RANGES)


def element(name, **found):
    """Whether one element of IEC-HS holds."""
    now = snapshot(IECHS, cart_chart(**found).until(241.0), 241.0)
    return set(by_name(IECHS, now.readings)[name].possible)


def iechs(**found):
    """Status, yes/no answer and grade of IEC-HS."""
    both = {"ferritin": "12000 ng/mL", "fibrinogen": "90 mg/dL"}
    whole = answer(IECHS, cart_chart(**(both | found)), 241.0)
    return whole.status, whole.met, whole.grade


def vod(**found):
    entries = {
        "bilirubin": "1.2 mg/dL", "painful_hepatomegaly": False, "weight": "70 kg",
        "ascites": False, "reversed_portal_flow": False,
    }  # fmt: skip
    record = chart((-24.0, {"weight": "70 kg"}), (480.0, entries | found))
    return interval(VOD, record, 481.0)


def kidney(now, before, **found):
    entries = {"creatinine": now, "urine_output": "1.0 mL/kg/h", "dialysis": False} | found
    return interval(AKI, chart((60.0, {"creatinine": before}), (100.0, entries)), 101.0)


def oliguria():
    from dataclasses import replace

    entries = {"creatinine": "0.8 mg/dL", "urine_output": "0.4 mL/kg/h", "dialysis": False}
    record = chart((60.0, {"creatinine": "0.8 mg/dL"}), (100.0, entries))
    events = [replace(e, over=12.0) if e.key == "urine_output" else e for e in record.events]
    return interval(AKI, replace(record, events=tuple(events)), 101.0)


def stage(organ, **found):
    now = snapshot(MAGIC, chart((700.0, NO_RASH | found)), 701.0)
    return set(by_name(MAGIC, now.readings)[organ].possible)


def magic(**stages):
    found = {f"agvhd_stage_{organ}": value for organ, value in stages.items()}
    return interval(MAGIC, chart((700.0, NO_GVHD | found)), 701.0)


def chronic(**scores):
    found = {f"cgvhd_score_{organ}": value for organ, value in scores.items()}
    return interval(CGVHD, chart((3000.0, NO_CHRONIC | found)), 3001.0)


def cannula(flow):
    return {"oxygen_device": "nasal_cannula", "oxygen_flow": f"{flow} L/min"}


NORADRENALINE = ("noradrenaline",)
ALL_MAXIMAL = {
    "known_immunosuppression": True, "temperature": "39.5 Cel", "hepatomegaly": True,
    "splenomegaly": True, "hemoglobin": "7 g/dL", "leukocytes": "1 10*9/L",
    "platelets": "20 10*9/L", "ferritin": "9000 ng/mL", "triglycerides": "5 mmol/L",
    "fibrinogen": "1 g/L", "ast": "90 U/L", "hemophagocytosis": True,
}  # fmt: skip
T36 = {
    "temperature": "38.4 Cel", "hemoglobin": "9.0 g/dL", "ferritin": "2000 ng/mL",
    "triglycerides": "1.5 mmol/L", "fibrinogen": "2.5 g/L", "ast": "30 U/L",
}  # fmt: skip
T37 = {
    "temperature": "38.3 Cel", "hemoglobin": "9.0 g/dL", "ferritin": "1999 ng/mL",
    "triglycerides": "1.49 mmol/L", "fibrinogen": "2.51 g/L", "ast": "29 U/L",
}  # fmt: skip

ROWS = {
    "T1": lambda: [
        (crs(temperature="38.0 Cel"), (1, 1)),
        (crs(temperature="100.4 [degF]"), (1, 1)),
        (crs(temperature="100.3 [degF]"), (0, 0)),
    ],
    "T2": lambda: [(crs(temperature="37.9 Cel", hypotension=True), (0, 0))],
    "T4": lambda: [
        (crs(temperature="39.5 Cel", hypotension=True, vasopressors=NORADRENALINE, **cannula(2)),
         (3, 3)),
    ],
    "T5": lambda: [
        (crs(temperature="38.6 Cel", hypotension=True, vasopressors=("noradrenaline",
                                                                     "vasopressin")), (3, 3)),
        (crs(temperature="38.6 Cel", hypotension=True, vasopressors=("noradrenaline",
                                                                     "adrenaline")), (4, 4)),
    ],
    "T7": lambda: [
        (crs(temperature="38.4 Cel", **cannula(6)), (2, 2)),
        (crs(temperature="38.4 Cel", **cannula(7)), (3, 3)),
    ],
    "T9": lambda: [(crs(temperature="38.4 Cel", oxygen_device="bipap"), (4, 4))],
    "T10": lambda: [
        (crs(temperature="38.4 Cel", hypotension=True, without=("oxygen_device", "intubated")),
         (2, 4)),
    ],
    "T12": lambda: [(icans(), (0, 0)), (icans(ice_score="9"), (1, 1)),
                    (icans(ice_score="7"), (1, 1))],
    "T13": lambda: [(icans(ice_score=score), (grade, grade))
                    for score, grade in (("6", 2), ("3", 2), ("2", 3))],
    "T16": lambda: [
        (child(capd_score="8"), (1, 1)),
        (child(capd_score="8", consciousness="voice"), (2, 2)),
        (child(capd_score="9"), (3, 3)),
    ],
    "T17": lambda: [(icans(intracranial_hemorrhage=True, tremor=True), (0, 0))],
    "T19": lambda: [(icans(seizure="prolonged"), (4, 4)), (icans(seizure="resolved"), (3, 3))],
    "T20": lambda: [(icaht(3), (1, 1))],
    "T21": lambda: [(icaht(9, 5), (2, 2))],
    "T22": lambda: [(icaht(18, 9), (3, 3))],
    "T24": lambda: [(icaht(7, 7), (3, 3)), (icaht(7, 6), (2, 2))],
    "T25": lambda: [(icaht(13, count=500), (2, 2)), (icaht(14, count=500), (3, 3)),
                    (icaht(14, count=501), (0, 0))],
    "T26c": lambda: [(late(900), (2, 2)), (late(450, 460), (3, 3)), (late(1990, 2440), (0, 0)),
                     (late(), (0, 4))],
    "T27": lambda: [
        (hlh(fibrinogen="150 mg/dL"), (1, 1)),
        (hlh(fibrinogen="1.5 g/L"), (1, 1)),
        (element("fibrinogen", fibrinogen="150 mg/dL"), {0}),
        (element("fibrinogen", fibrinogen="149 mg/dL"), {1}),
        (masl(5000, 9000, "150 mg/dL"), (0, 0)),
    ],
    "T28": lambda: [(five(), ((5, 8), True))],
    "T29": lambda: [
        (five(hemoglobin="9.0 g/dL", neutrophils="2.0 10*9/L"), ((4, 7), None)),
    ],
    "T30": lambda: [(ohi(3901, 1001), (1, 1)), (ohi(3900, 1000), (0, 0))],
    "T31": lambda: [
        (mas(ferritin="684 ng/mL", platelets="100 10*9/L", ast="200 U/L"), (0, 0)),
        (mas(ferritin="685 ng/mL", platelets="181 10*9/L", ast="49 U/L"), (1, 1)),
    ],
    "T32": lambda: [(masl(5000, 7400, "149 mg/dL"), (1, 1)),
                    (masl(5000, 7399, "149 mg/dL"), (0, 0))],
    "T35": lambda: [(hscore(**ALL_MAXIMAL), ((337, 337), 1.0))],
    "T36": lambda: [(hscore(**T36), ((161, 161), 0.41))],
    "T37": lambda: [(hscore(**T37), ((0, 0), 0.0))],
    "T41": lambda: [
        # 33 + 38 + 24 + 44 + 30 = 169.
        (hscore(temperature="38.4 Cel", hepatomegaly=True, splenomegaly=True,
                hemoglobin="9.0 g/dL", platelets="100 10*9/L", triglycerides="1.5 mmol/L",
                fibrinogen="2.5 g/L"), ((169, 169), 0.53)),
    ],
    "T42": lambda: [(hematotox(220, 3400, 12.4, "0.8 mg/dL", 180), ((0, 0), False))],
    "T43": lambda: [(hematotox(130, 1800, 10.5, "1.4 mg/dL", 320), ((1, 1), False))],
    "T44": lambda: [(hematotox(110, 950, 10.1, "4.2 mg/dL", 540), ((3, 3), True))],
    "T46": lambda: [(hematotox(40, 400, 7.8, "9.5 mg/dL", 3200), ((7, 7), True))],
    "T48": lambda: [
        (hematotox(220, 3400, 12.4, "30 mg/L", 180), ((1, 1), False)),
        (hematotox(220, 3400, 12.4, "3.0 mg/dL", 180), ((1, 1), False)),
        (hematotox(220, 3400, 12.4, "29 mg/L", 180), ((0, 0), False)),
    ],
    "T50": lambda: [(element("required", ferritin="600 ng/mL"), {0}),
                    (element("required", ferritin="601 ng/mL"), {1})],
    "T52": lambda: [
        (element("liver", ast="200 U/L"), {0}),
        (element("liver", ast="201 U/L"), {1}),
        (element("liver", before=BEFORE_CART | {"ast": "60 U/L"}, ast="201 U/L"), {0}),
    ],
    "T54": lambda: [(iechs(infection="proven"), ("possible", None, None))],
    "T55": lambda: [
        (iechs(), ("consistent", True, 1)),
        (iechs(intubated=True, oxygen_device="ventilator"), ("consistent", True, 4)),
        (iechs(dialysis=True), ("consistent", True, 4)),
        (iechs(death="IEC-HS"), ("consistent", True, 5)),
    ],
    "T56a": lambda: [
        (vod(bilirubin="2.0 mg/dL", weight="73.57 kg", ascites=True), (1, 1)),
        (vod(bilirubin="34 umol/L", weight="73.57 kg", ascites=True), (1, 1)),
        (vod(bilirubin="33 umol/L", weight="73.57 kg", ascites=True), (0, 0)),
    ],
    "T56d": lambda: [
        (kidney("1.1 mg/dL", "0.8 mg/dL"), (1, 1)),
        (kidney("1.2 mg/dL", "0.9 mg/dL"), (1, 1)),
        (kidney("106.5 umol/L", "80 umol/L"), (1, 1)),
        (kidney("106.4 umol/L", "80 umol/L"), (0, 0)),
        (kidney("1.6 mg/dL", "0.8 mg/dL"), (2, 2)),
        (kidney("3.0 mg/dL", "1.0 mg/dL"), (3, 3)),
        (oliguria(), (2, 2)),
        (kidney("0.8 mg/dL", "0.8 mg/dL", dialysis=True), (3, 3)),
    ],
    "T56g": lambda: [
        (stage("skin", rash_area="50 %"), {2}), (stage("skin", rash_area="51 %"), {3}),
        (stage("liver", bilirubin="3.0 mg/dL"), {1}), (stage("liver", bilirubin="3.1 mg/dL"), {2}),
        (stage("lower_gut", stool_volume="1500 mL/d"), {2}),
        (stage("lower_gut", stool_volume="1501 mL/d"), {3}),
    ],
    "T56h": lambda: [
        (magic(skin=2), (1, 1)), (magic(skin=3), (2, 2)), (magic(upper_gi=1), (2, 2)),
        (magic(lower_gi=1, skin=2), (2, 2)), (magic(lower_gi=2), (3, 3)),
        (magic(liver=3, skin=3), (3, 3)), (magic(skin=4), (4, 4)),
    ],
    "T56i": lambda: [
        (chronic(skin=1, mouth=1), (1, 1)), (chronic(skin=1, mouth=1, eyes=1), (2, 2)),
        (chronic(liver=2), (2, 2)), (chronic(lungs=1), (2, 2)), (chronic(lungs=2), (3, 3)),
        (chronic(skin=3), (3, 3)),
    ],
}  # fmt: skip

ELSEWHERE = {"T56j": "vod_ebmt2023", "T56k": "vod_ebmt2023_severity"}
"""Rows whose criterion has them in its own file, by id; they hold once it is on the shelf."""

TABLE = """
T1 T2 T4 T5 T7 T9 T10 T12 T13 T16 T17 T19 T20 T21 T22 T24 T25 T26c T27 T28 T29 T30 T31 T32 T35 T36
T37 T41 T42 T43 T44 T46 T48 T50 T52 T54 T55 T56a T56d T56g T56h T56i T56j T56k
"""
"""Every row, as the table numbers them."""


@pytest.mark.parametrize("row", ROWS)
def test_row(row):
    for number, (found, expected) in enumerate(ROWS[row](), 1):
        assert found == expected, f"{row}, case {number}"


def test_every_row_of_the_table_is_a_case():
    assert sorted([*ROWS, *ELSEWHERE]) == sorted(TABLE.split())


@pytest.mark.parametrize(("row", "name"), ELSEWHERE.items())
def test_rows_elsewhere_are_named_there(row, name):
    if any(criterion.id == name for criterion in ALL):
        text = (Path(__file__).parent / f"test_{name}.py").read_text(encoding="utf-8")
        assert f"def test_{row.lower()}" in text
