"""Protocols of microtransplantation in print: chemotherapy, cells, timing, courses, recovery.

Only what was read is filled in; an empty field means that the text read does not say it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from equipoise.decision import EvidenceRow, EvidenceTable
from equipoise.source import Source, Standing

GUO_2011 = Source("Guo 2011, Blood 117:936", where="abstract", note="randomized, AML, 60-88 years")
GUO_DOSES = Source(
    "Reagan 2012, Adv Hematol 784213",
    doi="10.1155/2012/784213",
    where="table of non-engrafting cell therapy",
    note="a review's row on Guo 2011",
)
SIBLING = Source(
    "HLA-mismatched microtransplantation compared with matched-sibling transplantation, AML of "
    "intermediate or high risk in first remission (59 and 66 patients, 2012-2016)",
    where="abstract",
    note="not randomized; an earlier cut of the same center overlaps and is not counted again",
)
LI_2021 = Source("Li MM 2021, Front Oncol", doi="10.3389/fonc.2021.628127", where="abstract")
LIU_2026 = Source("Liu 2026, Front Oncol", doi="10.3389/fonc.2026.1736302", where="abstract")
HU_2016 = Source(
    "Hu 2016, Stem Cells Transl Med 5:524", doi="10.5966/sctm.2015-0196", where="abstract"
)
ASH_2015 = Source("Blood 2015;126(23):5533 (MDS, 6 patients)", where="abstract")
ASSAYS = Source(
    "Cells 2024;13:993 (assays of chimerism)", doi="10.3390/cells13110993", where="abstract"
)
ONE_PERCENT = Source("Int J Mol Sci 2019;20:4450", doi="10.3390/ijms20184450", where="abstract")
TRANSFUSED = Source(
    "Blood 2001;98:272 (transfused leukocytes, 47 patients with HIV)", where="abstract"
)
CONSENSUS = Source(
    "International Microtransplant Interest Group 2023, Heliyon 9:e14924",
    doi="10.1016/j.heliyon.2023.e14924",
    where="abstract",
    note="the recommendations themselves were not read",
)


@dataclass(frozen=True, slots=True)
class Protocol:
    """One protocol as its report prints it.

    cd3_low, cd3_high  CD3 cells per kg and infusion; NaN where not read
    neutrophils, platelets  median days to recovery, with the arm's size in `patients`; NaN where
             not read
    control  the same medians without cells, "" where there was no such arm
    """

    name: str
    population: str
    patients: int
    chemotherapy: str
    cells: str
    timing: str
    courses: str
    neutrophils: float
    platelets: float
    control: str
    cd3_low: float
    cd3_high: float
    sources: tuple[Source, ...]
    standing: Standing

    @property
    def recovery(self) -> str:
        """ "neutrophils 11 d, platelets 14.5 d (medians, n = 30)", or that it was not read."""
        if math.isnan(self.neutrophils):
            return "recovery not in the text read"
        said = (
            f"neutrophils {self.neutrophils:g} d, platelets {self.platelets:g} d "
            f"(medians, n = {self.patients})"
        )
        return f"{said}; {self.control}" if self.control else said


NAN = math.nan

PROTOCOLS: tuple[Protocol, ...] = (
    Protocol(
        "Guo 2011", "AML, 60-88 years, randomized", 30,
        "induction mitoxantrone 8-10 mg/m2 x 3 d and cytarabine 150 mg/m2 x 7 d, then two cycles "
        "of intermediate-dose cytarabine",
        "HLA-mismatched mobilized blood, CD3 0.5-2.6 x 10^8/kg an infusion (as a review tells it)",
        "with each course; hours after chemotherapy not in the text read",
        "3 infusions: induction and two cycles after remission",
        11.0, 14.5, "without cells 16 d and 20 d (n = 28)", 5e7, 2.6e8,
        (GUO_2011, GUO_DOSES), Standing.PUBLISHED,
    ),
    Protocol(
        "Hu 2016, MDS", "MDS, 13-79 years with the next group", 21,
        "decitabine and cytarabine; in remission decitabine and medium-dose cytarabine",
        "HLA-mismatched mobilized blood, doses not in the abstract", "with each course",
        "induction and again after remission", 14.0, 17.0, "", NAN, NAN,
        (HU_2016,), Standing.PUBLISHED,
    ),
    Protocol(
        "Hu 2016, transformed AML", "AML after MDS", 22,
        "decitabine, cytarabine and mitoxantrone; in remission decitabine and medium-dose "
        "cytarabine",
        "HLA-mismatched mobilized blood, doses not in the abstract", "with each course",
        "induction and again after remission", 16.0, 19.0, "", NAN, NAN,
        (HU_2016,), Standing.PUBLISHED,
    ),
    Protocol(
        "Li 2021", "MDS, 39-74 years, retrospective", 11, "decitabine",
        "HLA-mismatched mobilized blood, doses not in the abstract",
        "hours after chemotherapy not in the abstract", "courses not in the abstract",
        NAN, NAN, "", NAN, NAN, (LI_2021,), Standing.PUBLISHED,
    ),
    Protocol(
        "ASH 2015 pilot", "MDS", 6,
        "decitabine 25 mg/m2 on days -9 to -6 with cytotoxic drugs like CAG",
        "HLA-mismatched or matched donor cells, doses not in the abstract", "day 0",
        "courses not in the abstract", NAN, NAN, "", NAN, NAN, (ASH_2015,), Standing.PUBLISHED,
    ),
    Protocol(
        "Liu 2026", "AML, 60 years and over, single arm", 29,
        "induction and consolidation chemotherapy",
        "HLA-mismatched mobilized blood, doses not in the abstract", "with each course",
        "more than 3 courses went with longer survival (who lives longer receives more)",
        NAN, NAN, "", NAN, NAN, (LIU_2026,), Standing.PUBLISHED,
    ),
)  # fmt: skip
"""Every protocol that was read, the one with a randomized arm first."""


TABLE = EvidenceTable(
    "Protocols in print",
    ("Protocol", "n", "Chemotherapy", "Cells", "Timing and courses", "Recovery, medians"),
    tuple(
        EvidenceRow(
            (
                f"{p.name}: {p.population}", str(p.patients), p.chemotherapy, p.cells,
                f"{p.timing}; {p.courses}", p.recovery,
            ),
            p.sources[0],
            p.standing,
        )
        for p in PROTOCOLS
    ),
    "Only the first prints a dose of cells, and that in a review's row. CD34 and nucleated cells, "
    "hours between chemotherapy and cells, and from which day recovery is counted were not read. "
    "No protocol is preferred here",
)  # fmt: skip


def cells_in_print(weight: float) -> tuple[float, float]:
    """The CD3 cells of one infusion in the only protocol that prints them, for a weight in kg.

    Fails  ValueError for a weight that is not above 0
    """
    if not (math.isfinite(weight) and weight > 0.0):
        raise ValueError("weight: cells per kg need a weight above 0 kg; give it in kg")
    first = PROTOCOLS[0]
    return first.cd3_low * weight, first.cd3_high * weight
