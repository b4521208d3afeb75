"""What is in print about blinatumomab's exposure, B and T cells, and when it was given.

Reports stand in tables as printed; nothing here is pooled, and no row is set against another.
"""

from __future__ import annotations

from equipoise.decision import EvidenceRow, EvidenceTable
from equipoise.decisions.lymphocyte_facts import BLAST, GABALLA, PERUGIA, SFGM_TC
from equipoise.source import Source, Standing

CLEMENTS = Source(
    "Clements 2020, Clin Pharmacokinet (674 patients)",
    doi="10.1007/s40262-019-00823-8",
    where="Table 3, by an open transcription",
)
SWISS_LABEL = Source(
    "Blinatumomab, Swiss professional information, Amgen", where="pharmacokinetics (label)"
)
US_LABEL_CELLS = Source(
    "Blinatumomab, US prescribing information, Amgen",
    where="pharmacodynamics (label, an early edition)",
)
US_LABEL_USE = Source(
    "Blinatumomab, US prescribing information, Amgen",
    where="indication, as quoted by a public knowledge base (label)",
)
IN_VITRO = Source(
    "J Clin Oncol 2013;31:3048 (exposure in 131 patients, cell lines)",
    doi="10.1200/jco.2013.31.15_suppl.3048",
    where="abstract",
)
COUNTS = Source(
    "Blood 2012 (residual disease: B and T cells under blinatumomab)",
    doi="10.1182/blood-2012-01-400515",
    where="abstract",
)
EXPANSION = Source(
    "Exp Hematol Oncol 2017 (relapsed ALL, 36 patients)",
    doi="10.1186/s40164-017-0074-5",
    where="abstract",
)
TOWER = Source(
    "TOWER, N Engl J Med 2017 (405 adults, relapsed or refractory)",
    doi="10.1056/NEJMoa1609783",
    where="abstract",
)
GIMEMA = Source("GIMEMA LAL2317, Blood 2025;145:2447 (149 adults, front line)", where="abstract")
MOLECULAR_RELAPSE = Source(
    "PMC5851443 (residual disease come back in ALL, 55 patients)", where="abstract"
)

COUNTED_FROM = 1e-3
"""Residual disease from which BLAST and the US label speak of it."""

_PUB = Standing.PUBLISHED


def _row(source: Source, *cells: str, standing: Standing = _PUB) -> EvidenceRow:
    return EvidenceRow(cells, source, standing)


EXPOSURE = EvidenceTable(
    "Exposure, B cells and T cells in print",
    ("What", "Found", "In whom"),
    (
        _row(SWISS_LABEL, "steady-state concentration, mean (SD)",
             "228 (356) pg/mL at 9 ug/d, 616 (537) at 28 ug/d",
             "adults, relapsed or refractory ALL; residual disease similar"),
        _row(CLEMENTS, "clearance and volume",
             "2.22 L/h (48 % between patients) and 5.98 L: by these the level after a stop halves "
             "in about 2 hours",
             "674 patients, 0.6-80 years", standing=Standing.TRANSCRIBED),
        _row(IN_VITRO, "concentration of 90 % effect", "470 pg/mL",
             "leukemia cell lines in vitro; no target in patients"),
        _row(COUNTS, "B cells", "below 1/uL within a mean of 2 days, undetectable while it runs",
             "residual disease"),
        _row(COUNTS, "T cells",
             "lowest within 1 day, back in a few days, over twice the start at 2-3 weeks",
             "residual disease"),
        _row(US_LABEL_CELLS, "T cells, said otherwise",
             "fall within 1-2 days, back in 7-14 days; above the start in few",
             "relapsed or refractory ALL"),
        _row(EXPANSION, "T cells and response", "larger expansion in responders",
             "36 patients, relapsed or refractory ALL"),
        _row(GABALLA, "T cells and response",
             "non-responders short of T cells, with more TIM-3; responders with more "
             "effector-memory CD8 cells", "after transplantation, 21 patients"),
    ),
    "No relation of exposure to response in ALL was read, and no T-cell count above which "
    "blinatumomab works: a level says that the infusion runs, a count says that T cells are there",
)  # fmt: skip

EARLY_OR_LATE = EvidenceTable(
    "Before relapse and at relapse: what is in print",
    ("When", "n", "Who", "Outcome"),
    (
        _row(BLAST, "residual disease", "116", "adults in remission, from 1e-3 on; not a cohort "
             "after transplantation", "complete response of residual disease 88 of 113 (78 %); "
             "18-month relapse-free survival 54 %"),
        _row(GIMEMA, "residual disease", "30", "front line, positive before it",
             "23 of 30 became negative"),
        _row(GABALLA, "prophylaxis after transplantation", "21", "started day 78 (44-105)",
             "1-year survival 85 %, progression-free 71 %, non-relapse mortality 0 %"),
        _row(TOWER, "relapse", "271 and 134", "randomized, blinatumomab and chemotherapy",
             "remission (any count recovery) 44 and 25 %; median survival 7.7 and 4.0 months"),
        _row(SFGM_TC, "relapse after transplantation", "50 and 22",
             "retrospective, without and with lymphocytes",
             "2-year survival 31 and 43 % (p = 0.31)"),
        _row(PERUGIA, "relapse after transplantation", "2", "with lymphocytes, Treg/Tcon graft",
             "both in remission without residual disease, both relapsed again"),
        _row(MOLECULAR_RELAPSE, "no blinatumomab", "55",
             "residual disease come back after chemotherapy, treated in many ways; not after "
             "transplantation", "44 (80 %) relapsed, after a median of 3 months"),
    ),
    "These are different patients, and more disease answers less to most treatments: the rows do "
    "not show that earlier is better. No report read compares pre-emptive with salvage use after "
    "transplantation. The Perugia authors ask that pre-emptive use be considered to improve "
    "efficacy; their two patients were treated at relapse",
)  # fmt: skip
