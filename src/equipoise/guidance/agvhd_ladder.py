"""Acute GVHD: first treatment, when it is called refractory, what is licensed then and where."""

from __future__ import annotations

from datetime import date

from equipoise.advice import Alternative, Predicate, Recommendation, Situation, Verdict
from equipoise.criterion import Truth, seen
from equipoise.guidance.conditions import (
    OURS,
    age,
    donor_graft,
    graded,
    running,
    together,
)
from equipoise.source import Evidence, Source, Standing

TOPIC = "acute GVHD"
REVIEWED = date(2026, 11, 22)
MAGIC = "agvhd_magic2016"
NOT_STAGED = "no organ of acute GVHD staged in the record"

STEROIDS = ("methylprednisolone", "prednisone", "prednisolone")

PROGRESSION_HOURS = 72.0
"""Refractory by progression is read from day 3 of the steroid on (EBMT Handbook: 3 to 5 days)."""

HANDBOOK = Source(
    "The EBMT Handbook, 8th ed. 2024, chapter 43",
    doi="10.1007/978-3-031-44080-9_43",
    where="section 43.7 and key points",
)
FDA_SUMMARY = Source(
    "Przepiorka 2020, Oncologist (FDA approval summary: ruxolitinib)",
    doi="10.1634/theoncologist.2019-0627",
    where="abstract",
    note="the label itself was not read",
)
RYONCIL_LABEL = Source(
    "Ryoncil (remestemcel-L), US prescribing information, Mesoblast",
    where="highlights; section 2 as copied by Drugs.com (label)",
)
RYONCIL_TRIAL = Source(
    "MSB-GVHD001 (54 children), as told with the approval",
    where="secondary: news of the approval and monograph",
)
EU_NEWS = Source(
    "News of the European approval of ruxolitinib for GVHD, May 2022",
    where="secondary: the product information was not read",
)


def _on_steroid(situation: Situation) -> Verdict:
    """A systemic steroid given since the graft, for three days or more; its purpose is not read."""
    doses = situation.given(*STEROIDS)
    grafts = [c.at for c in situation.record.cells("graft") if c.at <= situation.at]
    since = [d for d in doses if grafts and d.at >= grafts[-1] and d.route in ("", "oral", "iv")]
    if not since:
        return Verdict(Truth.NOT_MET, detail="no systemic steroid since the graft in the record")
    hours = situation.at - since[0].at
    if hours < PROGRESSION_HOURS:
        return Verdict(
            Truth.NOT_MET, (seen(since[0]),), detail="less than 3 days on a systemic steroid"
        )
    return Verdict(
        Truth.MET, (seen(since[0], "first since the graft"), seen(since[-1], "last")),
        detail=f"{hours / 24.0:.0f} days since the first systemic steroid after the graft",
    )  # fmt: skip


def refractory(situation: Situation) -> Verdict:
    """Acute GVHD called refractory to or dependent on steroids, by the team or by the header."""
    record = situation.record
    found = record.latest_finding("steroid_refractory", situation.at)
    if found is not None:
        truth = Truth.of(bool(found.value))
        detail = "" if found.value else "recorded as neither refractory nor dependent"
        return Verdict(truth, (seen(found),), detail=detail)
    if record.indication == "agvhd_refractory":
        return Verdict(Truth.MET, detail="the indication of the record says so")
    steroid = _on_steroid(situation)
    if steroid.truth is not Truth.MET:
        return steroid
    here = graded(MAGIC, 1, 4, absent=NOT_STAGED)(situation)
    if here.truth is Truth.NOT_MET:
        return here
    return Verdict(
        Truth.UNKNOWN,
        steroid.because,
        ("steroid_refractory",),
        f"{steroid.detail}; response not recorded",
    )


def _not_recorded(situation: Situation) -> Verdict:
    """The team's word on the response is not in the record."""
    found = situation.record.latest_finding("steroid_refractory", situation.at)
    if found is None:
        return Verdict(Truth.MET)
    return Verdict(Truth.NOT_MET, (seen(found),), detail="the response is recorded")


BEYOND = (
    Alternative(
        "extracorporeal photopheresis at least twice a week; responses reported, less toxic",
        HANDBOOK, Standing.PUBLISHED,
    ),
    Alternative(
        "mesenchymal stromal cells; responses above 50 % in one series", HANDBOOK,
        Standing.PUBLISHED,
    ),
    Alternative(
        "fecal microbiota in gut GVHD: response 56 %, complete 37 %, of 81", HANDBOOK,
        Standing.PUBLISHED,
    ),
    Alternative(
        "alpha-1 antitrypsin: complete response 35 %, response 60 %, phase II", HANDBOOK,
        Standing.PUBLISHED,
    ),
)  # fmt: skip

CHANGES = (
    "Infection or another cause of rash, diarrhea or jaundice.",
    "Cytopenia, viremia or TMA under the drug.",
    "A response by day 28, or none.",
)


def _step(
    id_: str,
    title: str,
    statement: str,
    predicate: Predicate,
    source: Source,
    *,
    level: str,
    alternatives: tuple[Alternative, ...],
    would_change: tuple[str, ...] = CHANGES,
    region: str = "",
    label_date: str = "",
    standing: Standing = Standing.PUBLISHED,
    others: tuple[Source, ...] = (),
) -> Recommendation:
    return Recommendation(
        id=id_,
        title=title,
        statement=statement,
        source=source,
        standing=standing,
        evidence=Evidence(level),
        predicate=together(donor_graft, predicate),
        label_status="licensed" if region else "",
        region=region,
        label_date=label_date,
        topic=TOPIC,
        reviewed_on=REVIEWED,
        other_sources=others,
        alternatives=alternatives,
        would_change=would_change,
    )


FIRST_LINE = _step(
    "agvhd_first_line",
    "Acute GVHD grade II to IV: methylprednisolone, or less where the upper gut alone is mildly "
    "ill",
    "EBMT Handbook: systemic treatment from grade II on; methylprednisolone or equivalent, "
    "usually 2 mg/kg daily for 7 to 14 days, then slowly less; 40-50 % respond. No drug added to "
    "it has been shown to be better. Anti-infective prophylaxis considered for all.",
    graded(MAGIC, 2, 4, absent=NOT_STAGED),
    HANDBOOK,
    level="5",
    alternatives=(
        Alternative(
            "lower doses with topical treatment in mild upper gut GVHD", HANDBOOK,
            Standing.PUBLISHED,
        ),
        Alternative("grade I (skin alone): topical steroid", HANDBOOK, Standing.PUBLISHED),
    ),
    would_change=(
        "Progression within 3 to 5 days, or an incomplete response by 7 to 14.",
        "Infection or another cause of rash, diarrhea or jaundice.",
    ),
)  # fmt: skip

WHEN_REFRACTORY = _step(
    "agvhd_when_refractory",
    "Acute GVHD on a steroid for three days or more: is it refractory?",
    "EBMT Handbook: failure is progression within 3 to 5 days of the start or an incomplete "
    "response by 7 to 14 days; dependence is recurrence after the first reduction. Both ask for a "
    "second line.",
    together(_on_steroid, _not_recorded, graded(MAGIC, 1, 4, absent=NOT_STAGED)),
    HANDBOOK,
    level="5",
    alternatives=(
        Alternative(
            "a flare under the taper may settle with the dose raised again and a slower taper",
            HANDBOOK, Standing.PUBLISHED,
        ),
    ),
    would_change=("Organ stages of the last days.", "Doses not absorbed, or given in part."),
)  # fmt: skip

RUXOLITINIB_US = _step(
    "agvhd_ruxolitinib_us",
    "Steroid-refractory acute GVHD from 12 years: ruxolitinib is licensed (US)",
    "FDA summary: 5 mg twice daily, 10 mg twice daily permitted after 3 days without toxicity. In "
    "49 patients the response at day 28 was 57.1 % (95 % CI 42.2-71.2), for a median of 0.5 "
    "months. Cytopenia, infection, edema, bleeding and raised transaminases were common.",
    together(refractory, age(12.0)),
    FDA_SUMMARY,
    level="4",
    region="US",
    label_date="approved 24 May 2019",
    alternatives=BEYOND,
)

RUXOLITINIB_EU = _step(
    "agvhd_ruxolitinib_eu",
    "Steroid-refractory acute GVHD from 12 years: ruxolitinib against other agents (EU, "
    "randomized)",
    "EBMT Handbook: in 309 patients from 12 years 10 mg twice daily against an agent of the "
    "investigator's choice gave a response of 62 v 39 % at day 28 (odds ratio 2.64, 95 % CI "
    "1.65-4.22), complete in 34 v 19 %. Licensed in Europe; the product information was not read.",
    together(refractory, age(12.0)),
    HANDBOOK,
    level="1b",
    region="EU",
    label_date="approved May 2022",
    alternatives=BEYOND,
    others=(EU_NEWS,),
)

REMESTEMCEL_US = _step(
    "agvhd_remestemcel_us",
    "Steroid-refractory acute GVHD, 2 months to 17 years: remestemcel-L is licensed (US)",
    "Label: 2 x 10^6 cells/kg iv twice a week for 4 weeks, at least 3 days apart; at day 28 (2 "
    "days either way) nothing more in complete response, weekly for 4 weeks in partial or mixed "
    "response, other treatment without one. Not in hypersensitivity to DMSO or to porcine or "
    "bovine protein. Of 54 children 70 % responded by day 28. Pediatric, as the label says, is "
    "read here as below 18.",
    together(refractory, age(2.0 / 12.0, 18.0)),
    RYONCIL_LABEL,
    level="4",
    region="US",
    label_date="approved 18 December 2024",
    alternatives=(
        Alternative("ruxolitinib from 12 years", FDA_SUMMARY, Standing.PUBLISHED),
        *BEYOND,
    ),
    others=(RYONCIL_TRIAL,),
)

AFTER_RUXOLITINIB = _step(
    "agvhd_beyond_ruxolitinib",
    "Steroid-refractory acute GVHD on ruxolitinib: no consensus on what comes next",
    "EBMT Handbook: beyond ruxolitinib there is no consensus; the choice differs by institution, "
    "availability and cost, lasting effects are infrequent, and refractory disease, above all of "
    "the lower gut, is often fatal.",
    together(refractory, running("ruxolitinib")),
    HANDBOOK,
    level="5",
    alternatives=(
        *BEYOND,
        Alternative(
            "waiting for day 28 of ruxolitinib where no organ becomes worse", OURS,
            Standing.HYPOTHESIS,
        ),
    ),
)  # fmt: skip

LADDER: tuple[Recommendation, ...] = (
    FIRST_LINE, WHEN_REFRACTORY, RUXOLITINIB_US, RUXOLITINIB_EU, REMESTEMCEL_US, AFTER_RUXOLITINIB,
)  # fmt: skip
"""From the first treatment on."""
