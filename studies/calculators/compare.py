"""Our HScore, CAR-HEMATOTOX, EASIX and ICAHT beside public code, on a grid of inputs.

    python studies/calculators/compare.py --safety DIR --nobra DIR --icaht DIR

Nothing of others is copied here: their code is run from checkouts that the reader makes.

--safety  github.com/alto84/safety-research-system at 037d702 (Python: three scores)
--nobra   github.com/danielxmed/nobra_calculator at 101d1f3 (Python: HScore in classes)
--icaht   github.com/emilyliangmd/automatedicahtgrading at c3e0109: its synthetic counts, and the
          grades in its own rendered page

What comes out stands in docs/calculators.md with every difference explained.
"""

from __future__ import annotations

import argparse
import html
import importlib.util
import itertools
import math
import re
import sys
import xml.etree.ElementTree as ElementTree
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from equipoise import units
from equipoise.chart import chart_of
from equipoise.criteria import EASIX, HEMATOTOX, HSCORE, ICAHT_EARLY, ICAHT_LATE, M_EASIX
from equipoise.criterion import Criterion
from equipoise.grading import grade, table
from equipoise.record import Cells, Finding, Measurement, Record

DAY0 = datetime.fromisoformat("2025-03-10T10:00:00+01:00")
BEFORE, NOW = -130.0, 10.0

HSCORE_GRID: Mapping[str, Sequence[Any]] = {
    "temperature": ("38.3", "38.4", "39.4", "39.5"),
    "organs": ("none", "spleen", "both"),
    "lineages": (0, 1, 2, 3),
    "ferritin": ("1999", "2000", "6000", "6001"),
    "triglycerides": ("1.49", "1.50", "4.00", "4.01"),
    "fibrinogen": ("2.50", "2.51"),
    "ast": ("29", "30"),
    "hemophagocytosis": (False, True),
    "immunosuppression": (False, True),
}
HEMATOTOX_GRID: Mapping[str, Sequence[str]] = {
    "platelets": ("49", "50", "74", "75", "100", "101", "175", "176"),
    "neutrophils": ("0.49", "0.5", "1.0", "1.01", "1.19", "1.2"),
    "hemoglobin": ("7.9", "8.0", "8.9", "9.0", "10.0", "10.1"),
    "crp": ("9", "10", "29", "30", "50", "51"),
    "ferritin": ("499", "500", "649", "650", "1000", "1001", "2000", "2001"),
}
EASIX_GRID: Mapping[str, Sequence[str]] = {
    "ldh": ("120", "250", "640", "2400"),
    "creatinine": ("0.4", "0.9", "1.6", "4.2"),
    "platelets": ("4", "18", "95", "240"),
    "crp": ("0.2", "3.0", "24"),
}
SCORES = (90, 100, 110, 120, 130, 140, 150, 160, 169, 180, 190, 200, 210, 220, 230, 240, 250)


def measured(name: str, text: str, at: float = BEFORE) -> Measurement:
    """A value known at once."""
    value = units.parse(text)
    return Measurement(at=at, known=at, name=name, value=value, number=float(value.number))


def found(name: str, value: Any, at: float = BEFORE) -> Finding:
    """A finding known at once."""
    return Finding(at=at, known=at, name=name, value=value)


def record(events: Sequence[Any]) -> Record:
    """A patient with a CAR-T infusion on day 0."""
    cells = Cells(at=0.0, known=0.0, product="axicabtagene")
    ordered = sorted((cells, *events), key=lambda e: (e.at, e.known))
    return Record(id="p", day0=DAY0, events=tuple(ordered))


def ours(criterion: Criterion, records: Sequence[Record], at: float) -> tuple[Any, Any]:
    """Lowest and highest answers, all records at once, in blocks."""
    low, high = [], []
    for start in range(0, len(records), 2000):
        block = records[start : start + 2000]
        looks = np.arange(len(block))
        done = table([criterion], chart_of(block), looks, np.full(len(block), at))
        low.append(done.low[criterion.id])
        high.append(done.high[criterion.id])
    return np.concatenate(low), np.concatenate(high)


def points_of(grid: Mapping[str, Sequence[Any]]) -> Iterator[dict[str, Any]]:
    """Every combination of a grid."""
    for row in itertools.product(*grid.values()):
        yield dict(zip(grid, row, strict=True))


def load(path: Path) -> ModuleType:
    """A module of somebody else's, run from where it lies."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise SystemExit(f"{path}: no Python module there; check the checkout")
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


# --- HScore --------------------------------------------------------------------------------------


def hscore_record(p: Mapping[str, Any], at: float = 0.0) -> Record:
    """One point of the grid as a record."""
    low = {"hemoglobin": ("9.2 g/dL", "9.3 g/dL"), "leukocytes": ("5.0 10*9/L", "5.1 10*9/L"),
           "platelets": ("110 10*9/L", "111 10*9/L")}  # fmt: skip
    events: list[Any] = [
        measured("temperature", f"{p['temperature']} Cel", at),
        measured("ferritin", f"{p['ferritin']} ng/mL", at),
        measured("triglycerides", f"{p['triglycerides']} mmol/L", at),
        measured("fibrinogen", f"{p['fibrinogen']} g/L", at),
        measured("ast", f"{p['ast']} U/L", at),
        found("splenomegaly", p["organs"] != "none", at),
        found("hepatomegaly", p["organs"] == "both", at),
        found("hemophagocytosis", p["hemophagocytosis"], at),
        found("known_immunosuppression", p["immunosuppression"], at),
    ]
    for number, (name, texts) in enumerate(low.items()):
        events.append(measured(name, texts[0 if number < p["lineages"] else 1], at))
    return record(events)


def nobra_classes(p: Mapping[str, Any]) -> dict[str, str]:
    """One point in the classes of the second calculator, which takes no numbers."""
    lineages = {0: "one_lineage", 1: "one_lineage", 2: "two_lineages", 3: "three_lineages"}
    organs = {"none": "none", "spleen": "hepatomegaly_or_splenomegaly",
              "both": "hepatomegaly_and_splenomegaly"}  # fmt: skip

    def band(text: str, first: float, last: float, words: Sequence[str]) -> str:
        return words[0 if float(text) < first else 1 if float(text) <= last else 2]

    return {
        "known_immunosuppression": "yes" if p["immunosuppression"] else "no",
        "temperature": band(p["temperature"], 38.4, 39.4,
                            ("less_than_38.4", "38.4_to_39.4", "greater_than_39.4")),
        "organomegaly": organs[p["organs"]],
        "cytopenias": lineages[p["lineages"]],
        "triglycerides": band(p["triglycerides"], 1.5, 4.0,
                              ("less_than_132.7", "132.7_to_354", "354_to_442.8")),
        "fibrinogen": "less_than_or_equal_250" if p["fibrinogen"] == "2.50"
                      else "greater_than_250",
        "ferritin": band(p["ferritin"], 2000, 6000,
                         ("less_than_2000", "2000_to_6000", "greater_than_6000")),
        "ast_sgot": "less_than_30" if p["ast"] == "29" else "greater_than_or_equal_30",
        "hemophagocytosis": "yes" if p["hemophagocytosis"] else "no",
    }  # fmt: skip


def compare_hscore(safety: ModuleType, nobra: ModuleType) -> None:
    """Points over the whole grid, probabilities, and what a missing item does."""
    grid = list(points_of(HSCORE_GRID))
    low, high = ours(HSCORE, [hscore_record(p) for p in grid], NOW)
    differing: Counter[str] = Counter()
    for p, least, most in zip(grid, low, high, strict=True):
        first = safety.HScore().score(
            {
                "temperature_c": float(p["temperature"]),
                "organomegaly": {"none": "none", "spleen": "splenomegaly"}.get(p["organs"], "both"),
                "cytopenias_lineages": p["lineages"], "ferritin_ng_ml": float(p["ferritin"]),
                "triglycerides_mmol_l": float(p["triglycerides"]),
                "fibrinogen_g_l": float(p["fibrinogen"]), "ast_u_per_l": float(p["ast"]),
                "hemophagocytosis_on_bm": p["hemophagocytosis"],
                "known_immunosuppression": p["immunosuppression"],
            }
        )  # fmt: skip
        second = nobra.calculate_hscore(**nobra_classes(p))["result"]
        differing["open"] += least != most
        differing["safety"] += first.score != least
        differing["nobra"] += second != least
    print(f"HScore: {len(grid)} combinations; ours open {differing['open']}, points that differ: "
          f"safety {differing['safety']}, nobra {differing['nobra']}")  # fmt: skip
    print("score  ours  safety  nobra  web")
    probability = HSCORE.probability
    assert probability is not None
    for score in SCORES:
        first = safety.HScore._approximate_probability(score)
        second = nobra.HScoreCalculator()._calculate_probability(score) / 100.0
        web = 1.0 / (1.0 + math.exp(-(-4.3 + 0.03 * score)))
        print(f"{score:5d}  {probability(score):.3f}  {first:.3f}  {second:.3f}  {web:.3f}")
    some = {"temperature_c": 39.5, "ferritin_ng_ml": 7000.0, "fibrinogen_g_l": 1.2}
    partial = record([measured("temperature", "39.5 Cel", 0.0), measured("ferritin", "7000 ng/mL",
                      0.0), measured("fibrinogen", "1.2 g/L", 0.0)])  # fmt: skip
    answer = grade(HSCORE, partial, NOW)
    print(f"three items known: ours {answer.low:g} to {answer.high:g}; safety "
          f"{safety.HScore().score(some).score:g}, class {safety.HScore().score(some).risk_level}")  # fmt: skip  # noqa: E501


# --- CAR-HEMATOTOX -------------------------------------------------------------------------------


def compare_hematotox(safety: ModuleType) -> None:
    """Points and classes over the grid."""
    grid = list(points_of(HEMATOTOX_GRID))
    units_of = {"platelets": "10*9/L", "neutrophils": "10*9/L", "hemoglobin": "g/dL",
                "crp": "mg/L", "ferritin": "ng/mL"}  # fmt: skip
    records = [record([measured(n, f"{v} {units_of[n]}") for n, v in p.items()]) for p in grid]
    low, high = ours(HEMATOTOX, records, NOW)
    assert (low == high).all()
    seen: Counter[str] = Counter()
    for p, points in zip(grid, low.tolist(), strict=True):
        theirs = safety.CARHematotox().score(
            {"anc_10e9_per_l": float(p["neutrophils"]), "hemoglobin_g_dl": float(p["hemoglobin"]),
             "platelets_per_nl": float(p["platelets"]), "crp_mg_l": float(p["crp"]),
             "ferritin_ng_ml": float(p["ferritin"])}
        )  # fmt: skip
        seen["equal"] += theirs.score == points
        seen["higher"] += theirs.score > points
        seen["lower"] += theirs.score < points
        high_risk = theirs.risk_level is not safety.RiskLevel.LOW
        seen["class"] += high_risk == (points >= 2)
        seen["they high, we low"] += high_risk and points < 2
        seen["they low, we high"] += not high_risk and points >= 2
    print(f"CAR-HEMATOTOX: {len(grid)} combinations: {dict(seen)}")


# --- EASIX ---------------------------------------------------------------------------------------


def compare_easix(safety: ModuleType) -> None:
    """EASIX and m-EASIX over the grid: the greatest relative difference."""
    grid = list(points_of(EASIX_GRID))
    units_of = {"ldh": "U/L", "creatinine": "mg/dL", "platelets": "10*9/L", "crp": "mg/dL"}
    records = [record([measured(n, f"{v} {units_of[n]}", 0.0) for n, v in p.items()]) for p in grid]
    for criterion, theirs, names in (
        (EASIX, safety.EASIX, ("ldh_u_per_l", "creatinine_mg_dl", "platelets_per_nl")),
        (M_EASIX, safety.ModifiedEASIX, ("ldh_u_per_l", "crp_mg_dl", "platelets_per_nl")),
    ):
        low, high = ours(criterion, records, NOW)
        middle = "creatinine" if criterion is EASIX else "crp"
        worst = 0.0
        for p, least, most in zip(grid, low, high, strict=True):
            entered = [float(p[n]) for n in ("ldh", middle, "platelets")]
            other = theirs().score(dict(zip(names, entered, strict=True))).score
            assert least == most
            worst = max(worst, abs(other - least) / other)
        print(f"{criterion.id}: {len(grid)} combinations, greatest relative difference {worst:.1e}")
    none = {"ldh_u_per_l": 250.0, "creatinine_mg_dl": 1.0}
    print("platelets missing: safety", safety.EASIX().score(none).score, "; ours",
          ours(EASIX, [record([measured("ldh", "250 U/L", 0.0),
                               measured("creatinine", "1 mg/dL", 0.0)])], NOW))  # fmt: skip


# --- ICAHT ---------------------------------------------------------------------------------------


def rows_of(workbook: Path) -> Iterator[dict[str, float]]:
    """Rows of the first sheet of a workbook, by the header; empty cells are left out."""
    space = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
    with zipfile.ZipFile(workbook) as packed:
        words = [
            "".join(t.text or "" for t in each.iter(f"{{{space['m']}}}t"))
            for each in ElementTree.fromstring(packed.read("xl/sharedStrings.xml"))
        ]
        sheet = ElementTree.fromstring(packed.read("xl/worksheets/sheet1.xml"))
    header: dict[str, str] = {}
    for number, row in enumerate(sheet.iterfind(".//m:row", space)):
        cells: dict[str, str] = {}
        for cell in row.iterfind("m:c", space):
            value = cell.find("m:v", space)
            if value is not None and value.text is not None:
                text = words[int(value.text)] if cell.get("t") == "s" else value.text
                cells[re.sub(r"\d", "", str(cell.get("r")))] = text
        if number == 0:
            header = cells
        else:
            yield {header[letter]: float(text) for letter, text in cells.items()}


def icaht_records(workbook: Path) -> dict[int, Record]:
    """The synthetic patients, their counts at noon."""
    patients: dict[int, list[dict[str, float]]] = {}
    for row in rows_of(workbook):
        patients.setdefault(int(row["patient_id"]), []).append(row)
    found_: dict[int, Record] = {}
    for number, rows in patients.items():
        infused = date(1899, 12, 30) + timedelta(days=int(rows[0]["cart_date"]))
        day0 = datetime.combine(infused, datetime.min.time(), DAY0.tzinfo) + timedelta(hours=12)
        events: list[Any] = [Cells(at=0.0, known=0.0, product="axicabtagene")]
        for row in rows:
            if "anc" in row and "date" in row:
                at = 24.0 * (row["date"] - row["cart_date"])
                events.append(measured("neutrophils", f"{row['anc']:.0f} /uL", at))
        for name, value, column in (
            ("last_follow_up", True, "last_fu_date"),
            ("next_therapy", True, "subsequent_therapy_date"),
            ("progression", "proven", "progression_date"),
        ):
            days = [row[column] - row["cart_date"] for row in rows if column in row]
            if days:
                events.append(found(name, value, 24.0 * days[0] + 6.0))
        found_[number] = Record(id=str(number), day0=day0,
                                events=tuple(sorted(events, key=lambda e: (e.at, e.known))))  # fmt: skip  # noqa: E501
    return found_


def rendered(page: Path) -> dict[int, tuple[str, str]]:
    """The grades in the last table of the rendered page: early and late, "NA" for none."""
    text = re.sub(r"<[^>]+>", " ", page.read_text(encoding="utf-8"))
    last = html.unescape(text).split("late_icaht_grade")[-1]
    found_ = re.findall(r"(\d+)\s+Grade (\d)\s+(NA|Grade \d)", last)
    return {int(n): (early, late.removeprefix("Grade ")) for n, early, late in found_}


def compare_icaht(folder: Path) -> None:
    """Early and late grades of the ten synthetic patients."""
    theirs = rendered(folder / "index.html")
    print("patient  early: theirs, ours  late: theirs, ours")
    for number, each in sorted(icaht_records(folder / "Synthetic ANC Dataset.xlsx").items()):
        answers = [grade(c, each, 24.0 * 110) for c in (ICAHT_EARLY, ICAHT_LATE)]
        spans = ["none" if a.low is None else f"{a.low:g}-{a.high:g}" for a in answers]
        early, late = theirs[number]
        print(f"{number:7d}  {early}, {spans[0]}  {late}, {spans[1]}   {answers[0].sentence}")


def main() -> None:
    """Run what there is a checkout for."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("safety", "nobra", "icaht"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    given = parser.parse_args()
    safety = load(given.safety / "src" / "models" / "biomarker_scores.py")
    nobra = load(given.nobra / "calculators" / "hscore.py")
    compare_hscore(safety, nobra)
    compare_hematotox(safety)
    compare_easix(safety)
    compare_icaht(given.icaht)


if __name__ == "__main__":
    main()
