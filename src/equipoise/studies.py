"""A table of studies: one outcome, one measure, one study a row, each with its source.

Hazard ratios are taken as reported, or made from whole curves with numbers at risk (`curves`);
there is no column for survival points.
"""

from __future__ import annotations

import csv
import io
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TypeVar

from equipoise.curves import CurveError, parse_curves, ratio_of
from equipoise.source import Source, Standing


class EvidenceError(ValueError):
    """A study table cannot be used: one sentence with the row, what is wrong and the remedy."""


_Kind = TypeVar("_Kind", bound=Enum)


class Measure(Enum):
    """What a table holds of each study."""

    PROPORTION = "proportion"
    RISK_RATIO = "risk_ratio"
    HAZARD_RATIO = "hazard_ratio"


class StudyDesign(Enum):
    """How a study came about."""

    RANDOMIZED = "randomized"
    COHORT = "cohort"
    SINGLE_ARM = "single_arm"


NUMBERS: Mapping[Measure, tuple[str, ...]] = {
    Measure.PROPORTION: ("events", "total"),
    Measure.RISK_RATIO: ("events", "total", "control_events", "control_total"),
    Measure.HAZARD_RATIO: ("estimate", "low", "high"),
}
"""The numbers that each measure needs."""
REQUIRED = ("study", "design", "measure", "outcome", "patients", "source", "standing")
OPTIONAL = ("curves", "treatment", "control", "population", "doi", "where", "note")
COLUMNS = (
    *REQUIRED[:5], *dict.fromkeys(n for names in NUMBERS.values() for n in names), *REQUIRED[5:],
    *OPTIONAL,
)  # fmt: skip
"""Every column that a table may have."""
SURVIVAL = ("survival", "median", "rate", "months", "years")
"""Words in a column's name that speak of survival points."""


@dataclass(frozen=True, slots=True)
class Study:
    """One row of a table.

    patients  whose: center and years; two rows with the same words share patients
    events, total, control_events, control_total  counts; None where the measure has none
    estimate, low, high  hazard ratio as reported or made, 95 % interval; NaN where it is not one
    made  how a hazard ratio was made from curves; "" where it is as reported
    """

    name: str
    design: StudyDesign
    patients: str
    source: Source
    standing: Standing
    events: int | None = None
    total: int | None = None
    control_events: int | None = None
    control_total: int | None = None
    estimate: float = math.nan
    low: float = math.nan
    high: float = math.nan
    treatment: str = ""
    control: str = ""
    population: str = ""
    note: str = ""
    made: str = ""


@dataclass(frozen=True, slots=True)
class StudyTable:
    """Studies of one outcome by one measure."""

    name: str
    measure: Measure
    outcome: str
    studies: tuple[Study, ...]


def read_studies(path: str | Path) -> StudyTable:
    """A table of studies from CSV, one study a row, columns as in `COLUMNS`.

    Fails  EvidenceError for the first thing refused
    """
    place = Path(path)
    try:
        text = place.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise EvidenceError(f"{place} cannot be read: {error.strerror}; check the path") from None
    except UnicodeDecodeError:
        raise EvidenceError(f"{place} is not text: save it as UTF-8") from None
    return parse_studies(text, name=place.stem, folder=place.parent)


def parse_studies(text: str, *, name: str, folder: Path | None = None) -> StudyTable:
    """A table of studies from the text of a CSV file.

    folder  where files of curves lie that the table names
    Fails   EvidenceError for the first thing refused
    """
    reader = csv.DictReader(io.StringIO(text), strict=True)
    try:
        rows = list(reader)
    except csv.Error as error:
        raise EvidenceError(
            f"{name} is not CSV ({error}); one study a row, commas between"
        ) from None
    header = tuple(h.strip() for h in reader.fieldnames or ())
    if len(header) == 1 and ";" in header[0]:
        raise EvidenceError(f"{name}: its cells are parted by semicolons; save it with commas")
    for column in header:
        if column in COLUMNS:
            continue
        remedy = f"the columns are {', '.join(COLUMNS)}"
        if any(word in column.lower() for word in SURVIVAL):
            remedy = (
                "give the hazard ratio that the paper reports (estimate, low, high), or its whole "
                "curves with numbers at risk (curves); none is made from survival points"
            )
        raise EvidenceError(f"column {column}: unknown; {remedy}")
    lacking = [c for c in REQUIRED if c not in header]
    if lacking:
        many = f"columns {', '.join(lacking)}: missing; add them to the header"
        one = f"column {lacking[0]}: missing; add it to the header"
        raise EvidenceError(one if len(lacking) == 1 else many)
    if not rows:
        raise EvidenceError(f"{name} has no study; write one row for each")
    cells = [{k.strip(): (v or "").strip() for k, v in row.items() if k} for row in rows]
    for i, (row, cell) in enumerate(zip(rows, cells, strict=True), 1):
        if None in row or len(cell) < len(header):
            raise EvidenceError(f"row {i}: another number of cells than the header; quote commas")
    measure = _one_of(Measure, _same(cells, "measure"), "row 1, measure")
    outcome = _same(cells, "outcome")
    studies = tuple(_study(cell, measure, f"row {i}", folder) for i, cell in enumerate(cells, 1))
    names = Counter(s.name for s in studies)
    double = next((n for n, count in names.items() if count > 1), None)
    if double is not None:
        raise EvidenceError(f"study {double}: stands twice; give each row a name of its own")
    return StudyTable(name, measure, outcome, studies)


def _same(cells: Sequence[Mapping[str, str]], column: str) -> str:
    first = cells[0][column]
    for i, cell in enumerate(cells, 1):
        if not cell[column]:
            raise EvidenceError(f"row {i}, {column}: empty; every row says it")
        if cell[column] != first:
            raise EvidenceError(
                f"row {i}, {column}: {cell[column]} stands beside {first}; one table is of one "
                f"{column}, make a table of each"
            )
    return first


def _one_of(kind: type[_Kind], text: str, place: str) -> _Kind:
    for member in kind:
        if member.value == text:
            return member
    raise EvidenceError(f"{place}: {text or 'empty'}; one of {', '.join(m.value for m in kind)}")


def _study(cell: Mapping[str, str], measure: Measure, place: str, folder: Path | None) -> Study:
    for column in ("study", "patients", "source"):
        if not cell[column]:
            remedy = {
                "study": "name the study",
                "patients": "name center and years, so that overlap is seen",
                "source": "say where the numbers were read",
            }[column]
            raise EvidenceError(f"{place}, {column}: empty; {remedy}")
    design = _one_of(StudyDesign, cell["design"], f"{place}, design")
    if (design is StudyDesign.SINGLE_ARM) and measure is not Measure.PROPORTION:
        raise EvidenceError(
            f"{place}, design: a single arm has no {measure.value.replace('_', ' ')}; give the "
            "design that compared, or use measure proportion"
        )
    words = {s.word: s for s in Standing}
    if cell["standing"] not in words:
        raise EvidenceError(
            f"{place}, standing: {cell['standing'] or 'empty'}; one of {', '.join(words)}"
        )
    foreign = [
        c for names in NUMBERS.values() for c in names
        if c not in NUMBERS[measure] and cell.get(c)
    ]  # fmt: skip
    if foreign:
        raise EvidenceError(
            f"{place}, {foreign[0]}: a {measure.value} does not use it; leave it empty"
        )
    events, total, control_events, control_total = _counts(cell, measure, place)
    estimate, low, high, made = _ratio(cell, measure, place, folder)
    return Study(
        name=cell["study"],
        design=design,
        patients=cell["patients"],
        source=Source(cell["source"], doi=cell.get("doi", ""), where=cell.get("where", "")),
        standing=words[cell["standing"]],
        treatment=cell.get("treatment", ""),
        control=cell.get("control", ""),
        population=cell.get("population", ""),
        note=cell.get("note", ""),
        events=events,
        total=total,
        control_events=control_events,
        control_total=control_total,
        estimate=estimate,
        low=low,
        high=high,
        made=made,
    )


def _counts(cell: Mapping[str, str], measure: Measure, place: str) -> list[int | None]:
    counts: dict[str, int | None] = {
        c: _count(cell.get(c, ""), f"{place}, {c}") if c in NUMBERS[measure] else None
        for c in NUMBERS[Measure.RISK_RATIO]
    }
    for few, many in (("events", "total"), ("control_events", "control_total")):
        events, total = counts[few], counts[many]
        if events is None or total is None:
            continue
        if total == 0:
            raise EvidenceError(f"{place}, {many}: 0; a study has patients, leave the row out")
        if events > total:
            raise EvidenceError(f"{place}, {few}: {events} of {total}; check events and total")
    return list(counts.values())


def _ratio(
    cell: Mapping[str, str], measure: Measure, place: str, folder: Path | None
) -> tuple[float, float, float, str]:
    curves = cell.get("curves", "")
    if measure is not Measure.HAZARD_RATIO:
        if curves:
            raise EvidenceError(
                f"{place}, curves: a {measure.value} does not use it; leave it empty"
            )
        return math.nan, math.nan, math.nan, ""
    if curves:
        given = [c for c in NUMBERS[measure] if cell.get(c)]
        if given:
            raise EvidenceError(
                f"{place}, curves: {given[0]} stands beside it; give the reported ratio or the "
                "curves, the reported one where there is one"
            )
        return _from_curves(curves, f"{place}, curves", folder)
    estimate, low, high = (
        _number(cell.get(c, ""), f"{place}, {c}") for c in ("estimate", "low", "high")
    )
    if not low < estimate < high:
        raise EvidenceError(
            f"{place}, estimate: {estimate:g} does not lie between low {low:g} and high {high:g}; "
            "check the order"
        )
    return estimate, low, high, ""


def _from_curves(name: str, place: str, folder: Path | None) -> tuple[float, float, float, str]:
    if folder is None:
        raise EvidenceError(f"{place}: {name} needs a folder; read the table from a file")
    try:
        text = (folder / name).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        raise EvidenceError(
            f"{place}: {folder / name} cannot be read; name a CSV that lies beside the table"
        ) from None
    try:
        found = ratio_of(parse_curves(text, name=name))
    except CurveError as error:
        raise EvidenceError(f"{place}: {error}") from None
    (patients, others), (events, other_events) = found.patients, found.events
    made = (
        "hazard ratio made from digitized curves and numbers at risk (Guyot 2012), Cox model on "
        f"{patients} and {others} patients laid out with {events} and {other_events} events; "
        "proportional hazards are assumed"
    )
    made = "; ".join((made, *found.doubts))
    return found.estimate, found.low, found.high, made


def _number(text: str, place: str) -> float:
    try:
        found = float(text)
    except ValueError:
        found = math.nan
    if not (math.isfinite(found) and found > 0.0):
        raise EvidenceError(
            f"{place}: {text or 'empty'}; write the reported ratio and its 95 % interval as "
            "numbers above 0"
        )
    return found


def _count(text: str, place: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise EvidenceError(f"{place}: {text or 'empty'}; write a whole number of patients")
    return int(text)
