"""Published thresholds of chimerism and residual disease, and published doubling times.

What a threshold is worth stands beside it. None of these is a rule to treat by.
"""

from __future__ import annotations

from datetime import date

from equipoise.advice import Recommendation, Situation, Verdict
from equipoise.criterion import Truth, seen
from equipoise.record import Finding, Measurement
from equipoise.signal import Mark, Pace
from equipoise.source import Evidence, Source, Standing

DAY_90 = Source(
    "Blood 2017;130(Suppl 1):1930 (chimerism on day 90, 145 patients)",
    where="abstract",
)
NANTES = Source(
    "Bone Marrow Transplant 2022 (chimerism, 261 patients, Nantes)",
    doi="10.1038/s41409-022-01747-x",
    where="abstract",
)
HANDBOOK = Source(
    "EBMT Handbook 2024, chimerism",
    doi="10.1007/978-3-031-44080-9_21",
    where="chapter 21",
)
BCR_ABL = Source(
    "Blood 2006;107:4171 (BCR-ABL after transplantation, 243 patients)", where="abstract"
)
NPM1 = Source("Blood 2013;122:83 (NPM1, 174 patients)", where="abstract")
OMMEN = Source("Ommen 2010, Blood 115:198", where="abstract", note="74 patients who relapsed")
LIN = Source("Lin 1996, Blood 87:4473", where="abstract")
CONVENTION = Source(
    "Project convention", where="5 % of nucleated marrow cells, if the share counts cells"
)

MARKS: tuple[Mark, ...] = (
    Mark(
        "donor_chimerism_cd34", "", "marrow", 0.20, "80 % donor",
        "specificity for relapse 97 % on day 90 (no sensitivity was read)", DAY_90,
        Standing.PUBLISHED, (90.0, 90.0),
    ),
    Mark(
        "donor_chimerism_cd34", "", "marrow", 0.10, "90 % donor",
        "data-derived; CD34+ was the strongest predictor of relapse", NANTES, Standing.PUBLISHED,
    ),
    Mark(
        "donor_chimerism_whole", "", "blood", 0.05, "95 % donor",
        "specificity for relapse 86 % on day 90 (no sensitivity was read)", DAY_90,
        Standing.PUBLISHED, (90.0, 90.0),
    ),
    Mark(
        "donor_chimerism_whole", "", "blood", 0.02, "98 % donor", "data-derived", NANTES,
        Standing.PUBLISHED,
    ),
    Mark(
        "donor_chimerism_cd3", "", "", 0.05, "95 % donor (complete above, mixed from 5 to 95 %)",
        "a definition; for relapse no useful cut of CD3 was found on day 90, so a fall in CD3 "
        "alone is not relapse", DAY_90, Standing.PUBLISHED,
    ),
    Mark(
        "mrd", "BCR-ABL", "", 2e-4, "0.02 % BCR-ABL",
        "molecular relapse where above on three occasions, or at least 0.05 % on two", BCR_ABL,
        Standing.PUBLISHED,
    ),
    Mark(
        "mrd", "NPM1", "marrow", 0.10, "10 % NPM1/ABL1 after transplantation",
        "most prognostic of five cut-offs, data-derived", NPM1, Standing.PUBLISHED,
    ),
    Mark(
        "mrd", "", "marrow", 0.05, "5 % of marrow cells",
        "where morphology usually speaks of relapse; reached only if growth goes on unchanged",
        CONVENTION, Standing.HYPOTHESIS,
    ),
)  # fmt: skip
"""Thresholds by measurement, as shares of disease or of the recipient."""

PACES: tuple[Pace, ...] = (
    Pace("NPM1c", 11.0, "median", OMMEN, Standing.PUBLISHED),
    Pace("PML-RARA", 12.0, "median", OMMEN, Standing.PUBLISHED),
    Pace("RUNX1-RUNX1T1", 14.0, "median", OMMEN, Standing.PUBLISHED),
    Pace("CBFB-MYH11", 36.0, "median", OMMEN, Standing.PUBLISHED),
    Pace("BCR-ABL", 24.7, "median, relapse in chronic phase", LIN, Standing.PUBLISHED),
    Pace("BCR-ABL", 14.7, "median, relapse in advanced phase", LIN, Standing.PUBLISHED),
)
"""Doubling times of patients who relapsed; none was found for Ig/TR of B-ALL or for WT1."""

NEAR = 30.0 * 24.0
"""Hours within which another lineage or residual disease answers (project convention)."""
COMPLETE = 95.0
"""% donor above which chimerism is complete (EBMT Handbook 2024, chapter 21)."""


def _cd3_alone(situation: Situation) -> Verdict:
    """Donor CD3 is not complete, and neither chimerism of CD34 or of a whole sample nor disease
    stands beside it.
    """
    cd3 = situation.record.latest("donor_chimerism_cd3", situation.at)
    if cd3 is None:
        return Verdict(Truth.NOT_MET, detail="no chimerism of CD3 in the record")
    because = (seen(cd3),)
    if cd3.censored == ">" and cd3.number < COMPLETE:
        return Verdict(Truth.UNKNOWN, because, ("donor_chimerism_cd3",))
    if cd3.number > COMPLETE or (cd3.number == COMPLETE and cd3.censored == ">"):
        if cd3.censored == "<":
            return Verdict(Truth.UNKNOWN, because, ("donor_chimerism_cd3",))
        return Verdict(Truth.NOT_MET, because, detail=f"donor CD3 is above {COMPLETE:g} %")
    for name in ("donor_chimerism_cd34", "donor_chimerism_whole"):
        beside = situation.record.latest(name, cd3.at + NEAR, within=2.0 * NEAR)
        if beside is not None:
            return Verdict(Truth.NOT_MET, (*because, seen(beside)), detail="read them together")
    disease = _disease(situation, cd3.at - NEAR)
    if disease:
        return Verdict(
            Truth.NOT_MET,
            (*because, *(seen(d) for d in disease)),
            detail="CD3 does not stand alone: disease is recorded beside it",
        )
    return Verdict(Truth.MET, because, detail="CD3 stands alone")


def _disease(situation: Situation, start: float) -> list[Measurement | Finding]:
    """Disease from `start` on: the last sample of a marker and specimen that has it, a relapse."""
    last: dict[tuple[str, str], Measurement] = {}
    for measured in situation.record.measurements("mrd", start=start, end=situation.at):
        last[measured.marker, measured.specimen] = measured
    found: list[Measurement | Finding] = [
        m for m in last.values() if m.number > 0.0 and m.censored != "<"
    ]
    relapse = situation.record.latest_finding("relapse", situation.at)
    if relapse is not None and relapse.at >= start and relapse.value is not False:
        found.append(relapse)
    return found


CD3_ALONE = Recommendation(
    id="cd3_chimerism_alone",
    title="A fall in CD3 chimerism alone is not relapse",
    statement="On day 90 no cut of CD3 chimerism was useful for relapse; CD34+ in marrow below 80 "
    "% donor had a specificity of 97 %, whole blood below 95 % of 86 %. Ask for these lineages and "
    "for residual disease.",
    source=DAY_90,
    standing=Standing.PUBLISHED,
    evidence=Evidence("4"),
    predicate=_cd3_alone,
    topic="chimerism",
    other_sources=(NANTES,),
    would_change=("CD34+ or myeloid chimerism falling too", "residual disease found"),
    reviewed_on=date(2026, 11, 22),
)
