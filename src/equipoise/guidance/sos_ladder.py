"""Sinusoidal obstruction syndrome (SOS, VOD): defibrotide, its label, what must not go with it."""

from __future__ import annotations

from datetime import date

from equipoise.advice import Alternative, Predicate, Recommendation
from equipoise.guidance.conditions import (
    OURS,
    criterion_met,
    finding,
    graded,
    graft,
    one_of,
    running,
    together,
)
from equipoise.source import Evidence, Source, Standing

TOPIC = "SOS"
REVIEWED = date(2026, 11, 22)

ANTICOAGULANTS = ("heparin", "enoxaparin", "argatroban")
"""Systemic anticoagulants of the vocabulary."""

HANDBOOK = Source(
    "The EBMT Handbook, 8th ed. 2024, chapter 49",
    doi="10.1007/978-3-031-44080-9_49",
    where="sections 49.2.5 and 49.3.6",
)
LABEL = Source(
    "Defitelio (defibrotide), US prescribing information, Jazz",
    where="highlights (label)",
    note="revision 3/2016; a limit of 60 days stands in copies of a later label",
)
EU = Source(
    "touchONCOLOGY 2015 (defibrotide in Europe)",
    where="abstract",
    note="the European product information was not read",
)
SIROLIMUS_LEVELS = Source(
    "Bone Marrow Transplant 2020, PMID 32623447 (sirolimus levels and SOS, 28 of 260)",
    where="secondary digest",
    note="the paper was not read",
)

SOS = one_of(criterion_met("vod_ebmt2016"), criterion_met("vod_ebmt2018_pediatric"))
"""By the adult or the pediatric criteria of EBMT."""

DYSFUNCTION = one_of(
    finding("dialysis"),
    graded("aki_kdigo2012", 1, 3),
    finding(
        "oxygen_device", "nasal_cannula", "blow_by", "face_mask", "venturi", "non_rebreather",
        "high_flow", "cpap", "bipap", "ventilator",
    ),
)  # fmt: skip
"""Renal or pulmonary dysfunction, read as KDIGO stage 1 or more, dialysis, or need of oxygen."""

ANOTHER_CAUSE = "Another cause of jaundice, weight gain or ascites: the criteria ask for none."


def _step(
    id_: str,
    title: str,
    statement: str,
    predicate: Predicate,
    source: Source,
    *,
    level: str,
    alternatives: tuple[Alternative, ...],
    would_change: tuple[str, ...],
    label: str = "",
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
        predicate=together(graft, predicate),
        label_status=label,
        region="US" if label else "",
        label_date=label_date,
        topic=TOPIC,
        reviewed_on=REVIEWED,
        other_sources=others,
        alternatives=alternatives,
        would_change=would_change,
    )


DEFIBROTIDE = _step(
    "sos_defibrotide_ebmt2024",
    "SOS: defibrotide in severe and moderate disease, close watch in mild (EBMT)",
    "EBMT Handbook: defibrotide 25 mg/kg daily as soon as possible in severe SOS, also in "
    "moderate, for at least 14 to 21 days and until all signs are gone; in mild SOS supportive "
    "care with close monitoring of the severity. The severity is not graded here.",
    SOS,
    HANDBOOK,
    level="5",
    alternatives=(
        Alternative("supportive care and close monitoring in mild SOS", HANDBOOK,
                    Standing.PUBLISHED),
        Alternative("in toddlers early drainage of ascites beside it", HANDBOOK,
                    Standing.PUBLISHED),
    ),
    would_change=("The severity: days since the first sign, bilirubin and its doubling, "
                  "transaminases, weight, creatinine, organ failure.", "Bleeding.", ANOTHER_CAUSE),
    others=(EU,),
)  # fmt: skip

DEFIBROTIDE_US = _step(
    "sos_defibrotide_us",
    "SOS with renal or pulmonary dysfunction: defibrotide is licensed (US)",
    "Label: adults and children with SOS and renal or pulmonary dysfunction after "
    "transplantation; 6.25 mg/kg as a 2-hour infusion every 6 h for at least 21 days, then until "
    "it resolves. Held or stopped in significant bleeding. The label does not define dysfunction; "
    "it is read here as KDIGO stage 1 or more, dialysis, or need of oxygen.",
    together(SOS, DYSFUNCTION),
    LABEL,
    level="4",
    label="licensed",
    label_date="approved 2016",
    alternatives=(
        Alternative(
            "in Europe it is licensed for severe SOS from the age of one month", EU,
            Standing.PUBLISHED,
        ),
        Alternative("already without organ dysfunction, in moderate SOS", HANDBOOK,
                    Standing.PUBLISHED),
    ),
    would_change=("Bleeding, a planned procedure, an anticoagulant.", ANOTHER_CAUSE),
)  # fmt: skip

ANTICOAGULANT = _step(
    "sos_defibrotide_anticoagulant_us",
    "Defibrotide with a systemic anticoagulant or fibrinolytic: contraindicated (US label)",
    "The label contraindicates defibrotide together with systemic anticoagulant or fibrinolytic "
    "treatment. Fibrinolytics are not in the vocabulary and are not looked for.",
    together(one_of(running("defibrotide"), SOS), running(*ANTICOAGULANTS)),
    LABEL,
    level="5",
    label="contraindicated",
    alternatives=(
        Alternative(
            "the anticoagulant ended before defibrotide begins, where its reason allows", OURS,
            Standing.HYPOTHESIS,
        ),
        Alternative("supportive care alone in mild SOS", HANDBOOK, Standing.PUBLISHED),
    ),
    would_change=("A dose that only keeps a line open: the label speaks of systemic treatment.",),
)  # fmt: skip

SIROLIMUS = _step(
    "sos_sirolimus",
    "SOS with sirolimus running",
    "EBMT Handbook: sirolimus with methotrexate and tacrolimus is a modifiable risk factor. At "
    "second hand: troughs of 9 ng/mL or more on days 11 to 20 went with SOS (hazard ratio 3.68, "
    "95 % CI 1.57-8.67; 28 of 260). No source that was read says what to do once SOS is there.",
    together(SOS, running("sirolimus")),
    SIROLIMUS_LEVELS,
    level="4",
    standing=Standing.PROVISIONAL,
    alternatives=(
        Alternative("sirolimus held, another prophylaxis weighed against GVHD", OURS,
                    Standing.HYPOTHESIS),
        Alternative("sirolimus kept at a lower level under close watch", OURS,
                    Standing.HYPOTHESIS),
    ),
    would_change=("The last trough.", "Active GVHD.", ANOTHER_CAUSE),
    others=(HANDBOOK,),
)  # fmt: skip

LADDER: tuple[Recommendation, ...] = (ANTICOAGULANT, DEFIBROTIDE, DEFIBROTIDE_US, SIROLIMUS)
"""The contraindication first."""
