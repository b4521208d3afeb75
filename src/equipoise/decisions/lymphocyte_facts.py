"""What is in print about donor lymphocytes and about blinatumomab beside them.

Cohorts stand in tables as printed; nothing here is pooled. First doses are the handbook's, level C.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from equipoise.decision import EvidenceRow, EvidenceTable
from equipoise.source import Source, Standing

HANDBOOK = Source(
    "EBMT Handbook 2024, donor lymphocytes",
    doi="10.1007/978-3-031-44080-9_59",
    where="chapter 59, Table 59.1 and text",
    note="level C, expert opinion; its column MRD means matched related donor",
)
SURVEY = Source(
    "EBMT survey 2025 (donor lymphocytes, 165 centers)",
    doi="10.1038/s41409-025-02555-9",
    where="abstract",
)
HLA_LOSS = Source(
    "Villalobos 2010, Blood 115:3158",
    doi="10.1182/blood-2009-11-254284",
    where="abstract",
)
HLA_LOSS_TWICE = Source(
    "Sano 2019, J Pediatr Hematol Oncol (one patient, two losses)",
    doi="10.1097/MPH.0000000000001443",
    where="abstract",
)
CD19_LOSS = Source("Blood 2017;129:100 (CD19-negative relapse, 4 patients)", where="abstract")
CD19_REVIEW = Source(
    "Leuk Lymphoma 2023;64:1615 (CD19-negative relapse, review)",
    doi="10.1080/10428194.2023.2232496",
    where="abstract",
)
BLAST = Source("BLAST, Blood 2018;131:1522 (116 adults, residual disease)", where="abstract")
SFGM_TC = Source(
    "SFGM-TC (blinatumomab with or without donor lymphocytes, 72 patients)",
    where="abstract, as released",
    note="retrospective; journal and DOI were not read",
)
PERUGIA = Source(
    "Perugia 2023, Int J Mol Sci (2 patients)",
    doi="10.3390/ijms242216105",
    where="abstract",
    note="doses, cycles, CD3 per kg and dates are not in the abstract",
)
DURER = Source(
    "Durer 2019, Immunotherapy (1 patient)", doi="10.2217/imt-2018-0104", where="abstract"
)
ANTONUCCI = Source(
    "Antonucci 2024, Front Hematol (1 patient)",
    doi="10.3389/frhem.2024.1345884",
    where="abstract",
)
PRIMED = Source(
    "Bone Marrow Transplant 2011 (88 patients, mobilized donor cells as prophylaxis)",
    doi="10.1038/bmt.2011.213",
    where="abstract",
)
GABALLA = Source(
    "Gaballa 2022, Blood (blinatumomab after transplantation, 21 patients)",
    doi="10.1182/blood.2021013290",
    where="abstract",
)
CAR_DONOR = Source("Blood 2023;142:146 (donor-derived CD19 CAR T, 13 children)", where="abstract")
GUGLIELMI = Source("Guglielmi 2002, Blood 100:397", where="abstract")
DAZZI = Source("Dazzi 2000, Blood 95:67", where="abstract")
BAR = Source(
    "Bar 2013, Biol Blood Marrow Transplant 19:949",
    doi="10.1016/j.bbmt.2013.03.001",
    where="abstract",
)
ZEIDAN = Source(
    "Zeidan 2014 (haploidentical, 40 patients)", where="copy of the abstract; paper not read"
)
CD8_DEPLETED = Source("Blood 2009;113:4771 (CD8-depleted, 23 patients)", where="abstract")
CONVENTION = Source("Project convention", where="this decision")

MATCHED = ("matched_sibling", "matched_unrelated")
MISMATCHED = ("haploidentical", "mismatched_unrelated")

HIGHEST = 1e8
"""CD3 per kg: the most of Table 59.1; above it nothing is supported here."""

FIRST_DOSES: Mapping[tuple[str, str, int], tuple[float, float]] = {
    ("prophylactic", "matched_sibling", 3): (1e5, 1e5),
    ("prophylactic", "matched_unrelated", 3): (1e5, 1e5),
    ("prophylactic", "mismatched", 3): (1e5, 1e5),
    ("prophylactic", "matched_sibling", 6): (1e6, 1e6),
    ("prophylactic", "matched_unrelated", 6): (1e6, 1e6),
    ("prophylactic", "mismatched", 6): (5e5, 5e5),
    ("pre-emptive", "matched_sibling", 3): (1e5, 5e5),
    ("pre-emptive", "matched_unrelated", 3): (1e5, 1e5),
    ("pre-emptive", "mismatched", 3): (1e5, 1e5),
    ("pre-emptive", "matched_sibling", 6): (1e6, 3e6),
    ("pre-emptive", "matched_unrelated", 6): (1e6, 1e6),
    ("pre-emptive", "mismatched", 6): (5e5, 5e5),
    ("therapeutic", "matched_sibling", 0): (1e7, 1e7),
    ("therapeutic", "matched_unrelated", 0): (1e7, 1e7),
    ("therapeutic", "mismatched", 0): (1e6, 1e6),
}
"""(intent, donor, months after transplant) to the lowest and highest first dose, CD3 per kg."""

COLUMNS_6 = 4.0
"""Months from which the 6-month doses may be discussed (text of chapter 59)."""

MONTH = 30.4 * 24.0


def first_doses(
    intent: str, donor: str, months: float
) -> tuple[tuple[int, tuple[float, float]], ...]:
    """Rows of Table 59.1 that speak of this patient: (months, CD3 per kg); () where none does.

    intent  "prophylactic", "pre-emptive", "therapeutic";  donor  as in `names.DONORS`
    months  since transplant: from month 3 the first row, from month 4 the 6-month row too, from
            month 6 that one alone; relapse has one row, after chemotherapy
    """
    kind = "mismatched" if donor in MISMATCHED else donor
    if intent == "therapeutic":
        wanted: tuple[int, ...] = (0,)
    elif months < 3.0 - 0.25:
        return ()
    else:
        wanted = (3,) if months < COLUMNS_6 else (3, 6) if months < 6.0 else (6,)
    return tuple(
        (m, FIRST_DOSES[intent, kind, m]) for m in wanted if (intent, kind, m) in FIRST_DOSES
    )


def gvhd_after_first_bulk_dose(cd3_per_kg: float, donor: str, days: float, *, first: bool) -> float:
    """Share with GVHD at 12 months by a line through one cohort's three groups, 0 to 1.

    Own calculation of standing hypothesis: logit = -0.92 + 1.04 log10(dose / 1e7 per kg), drawn
    through 21, 45 and 55 % at midpoints that were chosen. Spoken of, never used in an option.
    Fails  ValueError outside what the cohort can answer for: matched donors, the first bulk dose,
           more than six months after transplant, 5e6 to 1.5e8 CD3 per kg (the outer midpoints).
    """
    if donor not in MATCHED:
        raise ValueError("no dose-risk model exists for mismatched donors")
    if not first:
        raise ValueError("no dose-risk model exists for further doses: risk does not add up by sum")
    if days <= 182.0:
        raise ValueError("no dose-risk model exists within six months of transplant")
    if not 5e6 <= cd3_per_kg <= 1.5e8:
        raise ValueError("the line runs from 5e6 to 1.5e8 CD3 per kg; nothing is computed outside")
    return 1.0 / (1.0 + math.exp(0.92 - 1.04 * math.log10(cd3_per_kg / 1e7)))


def _row(source: Source, standing: Standing, *cells: str) -> EvidenceRow:
    return EvidenceRow(cells, source, standing)


_PUB, _PRO = Standing.PUBLISHED, Standing.PROVISIONAL

DOSE_GVHD = EvidenceTable(
    "Dose and GVHD in print",
    ("Cohort", "Dose per kg", "n", "GVHD", "Response"),
    (
        _row(BAR, _PUB, "mixed malignancies, first dose", "CD3 up to 1e7", "84",
             "21 % at 12 months", "dose of 1e8 or more: no fewer relapses, no longer survival"),
        _row(BAR, _PUB, "the same", "CD3 1e7 to below 1e8", "58", "45 % at 12 months", ""),
        _row(BAR, _PUB, "the same", "CD3 1e8 and above", "66", "55 % at 12 months", ""),
        _row(GUGLIELMI, _PUB, "CML", "MNC up to 0.2e8", "98", "26 %", "78 %"),
        _row(GUGLIELMI, _PUB, "CML", "MNC 0.21 to 2.0e8", "107", "53 %", "73 %"),
        _row(GUGLIELMI, _PUB, "CML", "MNC above 2.0e8", "93", "62 %", "70 %"),
        _row(DAZZI, _PUB, "CML, bulk", "one dose", "28", "44 %", "67 % at 2 years"),
        _row(DAZZI, _PUB, "CML, escalating", "months apart, equal sum", "20", "10 %", "91 %"),
        _row(CD8_DEPLETED, _PUB, "haploidentical, CD34-selected, CD8-depleted cells",
             "three levels", "23", "26 % II-IV", "not a comparison of unmanipulated cells"),
        _row(ZEIDAN, _PRO, "haploidentical, after cyclophosphamide", "not read", "40",
             "25 % acute (6 of 40 grade 3-4)", "30 % CR, median 11.8 months"),
    ),
    "As far as abstracts were read, none splits GVHD by donor or by time after transplantation. "
    "They do not cover haploidentical donors by dose, doses in the first six months, ex vivo "
    "depleted grafts, or cells given with blinatumomab. For haploidentical donors no dose-risk "
    "model exists",
)  # fmt: skip

STARTS = EvidenceTable(
    "First doses of the handbook, CD3 per kg (level C)",
    ("Intent", "When", "Matched related", "Matched unrelated", "Mismatched or haploidentical",
     "How many"),
    (
        _row(HANDBOOK, _PUB, "prophylactic", "3 months", "1e5", "1e5", "1e5",
             "1-3, each 0.5 to 1 log more"),
        _row(HANDBOOK, _PUB, "prophylactic", "6 months, high risk", "1e6", "1e6", "5e5",
             "1-3, each 0.5 to 1 log more"),
        _row(HANDBOOK, _PUB, "pre-emptive", "3 months", "1-5e5", "1e5", "1e5",
             "1-4, by residual disease or chimerism"),
        _row(HANDBOOK, _PUB, "pre-emptive", "6 months", "1-3e6", "1e6", "5e5",
             "1-4, by residual disease or chimerism"),
        _row(HANDBOOK, _PUB, "relapse", "after chemotherapy", "1e7", "1e7", "1e6",
             "1-4, each 1 log more, at most 1e8"),
    ),
    "The table speaks of unmanipulated cells for acute leukemia and MDS after no or in vivo T-cell "
    "depletion; ex vivo depletion is named for prophylaxis at 3 months only. The 6-month doses may "
    "be discussed from month 4. Its authors state that there is no consensus and that doses from "
    "haploidentical donors are unclear",
)  # fmt: skip

WITH_BLINATUMOMAB = EvidenceTable(
    "Blinatumomab after transplantation, with and without donor lymphocytes",
    ("Report", "n", "Who and what", "Outcome", "GVHD and toxicity"),
    (
        _row(SFGM_TC, _PUB, "retrospective", "50", "relapse after transplant, blinatumomab alone",
             "2-year survival 31 %", "like the other group"),
        _row(SFGM_TC, _PUB, "retrospective", "22",
             "with lymphocytes from 1 month before to 100 days after its start",
             "2-year survival 43 % (p = 0.31); progression or death HR 0.7 (0.4-1.5)",
             "like the other group"),
        _row(PERUGIA, _PUB, "two patients", "2",
             "relapse after Treg/Tcon haploidentical graft, no immunosuppression; doses not in the "
             "abstract", "both reached CR without residual disease, both relapsed later", "none"),
        _row(DURER, _PUB, "one patient", "1",
             "B/myeloid leukemia, 3 months after a matched unrelated graft",
             "CR without residual disease", "not in the abstract as read"),
        _row(ANTONUCCI, _PUB, "one patient", "1", "early relapse of ALL after transplantation",
             "treated with success, as its authors say; no duration in the abstract",
             "not in the abstract"),
        _row(GABALLA, _PUB, "prophylactic", "21",
             "blinatumomab alone, started day 78 (44-105)",
             "1-year survival 85 %, progression-free 71 %",
             "acute GVHD II-IV 33 %, III-IV 5 %; CRS 5 %"),
    ),
    "None compares the two at random. The larger group does not show that lymphocytes add to "
    "blinatumomab. The Perugia authors ask that pre-emptive use be considered to improve efficacy; "
    "both of their patients, treated at relapse, relapsed again: an argument, not a result. "
    "No joint model of exposure, T cells and disease is in print",
)  # fmt: skip
