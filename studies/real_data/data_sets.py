"""Four public data sets of real people as `equipoise fit` reads them, and the models they go with.

The files are those of nlmixr2data, read where they lie (`EQUIPOISE_REFERENCE_DATA`) and never
copied. What is changed on the way is written down here and nowhere else.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

Row = dict[str, str]

ENDPOINTS = {"cp": "1", "pca": "2"}


def as_it_is(row: Row) -> Row | None:
    """Nothing to change."""
    return row


def theophylline(row: Row) -> Row | None:
    """EVID 101 is the data set's code for a dose into compartment 1; levels take no CMT here."""
    return {**row, "EVID": {"101": "1"}.get(row["EVID"], row["EVID"]), "CMT": "1"}


def warfarin(row: Row) -> Row | None:
    """DVID as a number: 1 for warfarin, 2 for prothrombin complex activity."""
    return {**row, "dvid": ENDPOINTS[row["dvid"]], "dv": "." if row["evid"] == "1" else row["dv"]}


@dataclass(frozen=True, slots=True)
class DataSet:
    """A data set, the model that goes with it, and what `prepare` does to each row."""

    name: str
    file: str
    model: str
    prepare: Callable[[Row], Row | None]


DATA_SETS = (
    DataSet("theophylline", "theo_sd.csv", "theophylline_nlmixr2", theophylline),
    DataSet("phenobarbital", "pheno_sd.csv", "phenobarbital_pheno", as_it_is),
    DataSet("warfarin", "warfarin.csv", "warfarin_babelmixr2", warfarin),
    DataSet("nimotuzumab", "nimoData.csv", "nimotuzumab_babelmixr2", as_it_is),
)


def text_of(data_set: DataSet, folder: Path) -> str:
    """The data set as CSV text in the form that `dataset.parse_dataset` reads.

    folder  that of the reference data
    """
    with (folder / "nlmixr2data" / data_set.file).open(encoding="utf-8") as file:
        rows = [row for row in map(data_set.prepare, csv.DictReader(file)) if row is not None]
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()
