"""Tables of studies that come with the package, one outcome a file, each row with its source."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path


@dataclass(frozen=True, slots=True)
class BundledTable:
    """A table of studies.

    id     its name on the command line, and its file's without `.csv`
    title  for people
    """

    id: str
    title: str


TABLES: tuple[BundledTable, ...] = (
    BundledTable(
        "autologous_lymphoma_remission",
        "Complete remission, high-dose chemotherapy with autologous transplantation against "
        "chemotherapy, aggressive lymphoma, first line",
    ),
    BundledTable(
        "purine_analogues_survival",
        "Death, single-agent purine analogues against alkylators, chronic lymphocytic leukemia, "
        "first line, reported hazard ratios",
    ),
    BundledTable(
        "microtransplant_remission",
        "Complete remission of older AML patients after induction with microtransplantation",
    ),
    BundledTable(
        "microtransplant_comparisons",
        "Response, microtransplantation against the same chemotherapy alone",
    ),
    BundledTable(
        "microtransplant_survival",
        "Overall survival, microtransplantation against chemotherapy alone, reported hazard ratios",
    ),
    BundledTable(
        "microtransplant_mds_response",
        "Overall response of MDS, microtransplantation with decitabine",
    ),
)
"""Every table that comes with the package."""


def path(name: str) -> Path:
    """Where a bundled table lies.

    Fails  ValueError for a name that is not bundled, listing those that are.
    """
    for table in TABLES:
        if name in (table.id, f"{table.id}.csv"):
            return Path(str(files(__name__).joinpath(f"{table.id}.csv")))
    raise ValueError(f"no bundled table {name!r}: there are {', '.join(t.id for t in TABLES)}")
