"""Viral prophylaxis after a donor's graft: CMV in the first months, HSV and VZV for a year."""

from __future__ import annotations

from datetime import date

from equipoise.advice import Alternative, Predicate, Recommendation, Situation, Verdict
from equipoise.criterion import Truth
from equipoise.guidance.conditions import OURS, donor_graft, finding, one_of, together
from equipoise.record import SAME_TIME
from equipoise.source import Evidence, Source, Standing

TOPIC = "infection after transplantation"
REVIEWED = date(2026, 11, 22)

LETERMOVIR_DAYS = 91
"""Three months, as the handbook prints (13 weeks)."""
FIRST_YEAR = 365
"""Twelve months, as the handbook prints."""

HANDBOOK = Source(
    "The EBMT Handbook, 8th ed. 2024, chapter 38",
    doi="10.1007/978-3-031-44080-9_38",
    where="sections 38.1.1, 38.1.6 and 38.1.7",
)


def _days(first: int, last: int) -> Predicate:
    """From calendar day `first` to `last` after the last graft."""

    def predicate(situation: Situation) -> Verdict:
        record = situation.record
        grafts = [c.at for c in record.cells("graft") if c.at <= situation.at + SAME_TIME]
        if not grafts:
            return Verdict(Truth.NOT_MET, detail="no donor's graft in the record")
        day = record.calendar_day(situation.at) - record.calendar_day(grafts[-1])
        if first <= day <= last:
            return Verdict(Truth.MET, detail=f"day {day} after the graft")
        return Verdict(Truth.NOT_MET, detail=f"day {day} after the graft")

    return predicate


def _runs(*agents: str) -> Predicate:
    """Always met; says whether one of the agents runs."""

    def predicate(situation: Situation) -> Verdict:
        truth, because = situation.running(*agents)
        said = {
            Truth.MET: "{} runs",
            Truth.UNKNOWN: "{} is charted, whether it runs is not",
            Truth.NOT_MET: "none runs in the record",
        }[truth]
        return Verdict(Truth.MET, detail=said.format(because[-1].name if because else ""))

    return predicate


def _step(
    id_: str,
    title: str,
    statement: str,
    predicate: Predicate,
    *,
    level: str,
    alternatives: tuple[Alternative, ...],
    would_change: tuple[str, ...],
) -> Recommendation:
    return Recommendation(
        id=id_,
        title=title,
        statement=statement,
        source=HANDBOOK,
        standing=Standing.PUBLISHED,
        evidence=Evidence(level),
        predicate=together(donor_graft, predicate),
        topic=TOPIC,
        reviewed_on=REVIEWED,
        alternatives=alternatives,
        would_change=would_change,
    )


CMV = _step(
    "hct_cmv_letermovir",
    "CMV-seropositive recipient of a donor's graft: letermovir for three months",
    "EBMT Handbook: given for 3 months it lowers clinically significant CMV infection and "
    "all-cause mortality in CMV-seropositive patients; longer in high risk. Watch after it ends, "
    "when reactivation is common. Prophylactic immunoglobulin is not recommended.",
    together(
        _days(0, LETERMOVIR_DAYS),
        finding(
            "cmv_serostatus", "D-R+", "D+R+", "positive", detail="the recipient is CMV seronegative"
        ),
        _runs("letermovir"),
    ),
    level="1b",
    alternatives=(
        Alternative(
            "weekly PCR and pre-emptive ganciclovir, valganciclovir or foscarnet; no DNA level to "
            "begin at can be recommended",
            HANDBOOK,
            Standing.PUBLISHED,
        ),
    ),
    would_change=(
        "GVHD, a steroid of 2 mg/kg, T-cell depletion: longer.",
        "Sirolimus, tacrolimus or ciclosporin beside it: their levels.",
    ),
)

HERPES = _step(
    "hct_herpes_aciclovir",
    "After a donor's graft: aciclovir or valaciclovir for a year where HSV or VZV seropositive",
    "EBMT Handbook: VZV-seropositive patients for at least 12 months or to the end of "
    "immunosuppression, aciclovir 800 mg twice daily (children 20 mg/kg twice daily) or "
    "valaciclovir 500 mg twice daily; HSV-seropositive patients at least 4 weeks. The serostatus "
    "is not in the vocabulary and is not judged.",
    together(
        one_of(
            _days(0, FIRST_YEAR),
            finding("systemic_gvhd_therapy", detail="after a year, no systemic GVHD therapy"),
        ),
        _runs("aciclovir", "valaciclovir"),
    ),
    level="5",
    alternatives=(
        Alternative(
            "none where seronegative; after exposure to VZV until day 21", HANDBOOK,
            Standing.PUBLISHED,
        ),
        Alternative("recombinant vaccine before it ends; few data", HANDBOOK, Standing.PUBLISHED),
        Alternative("given on while CD4 cells are low", OURS, Standing.HYPOTHESIS),
    ),
    would_change=("HSV and VZV serostatus.", "The end of immunosuppression.", "Renal function."),
)  # fmt: skip

LADDER: tuple[Recommendation, ...] = (CMV, HERPES)
"""By phase."""
