"""Anti-thymocyte globulin: which product, which unit, how fast.

Two rabbit products and one horse product share a name and not a dose; active and total levels,
and two units of activity, share an analyte and not a scale.
"""

from __future__ import annotations

from datetime import date

from equipoise.advice import Recommendation, Situation, Verdict
from equipoise.criterion import Truth, seen
from equipoise.record import SAME_TIME, Dose, Measurement
from equipoise.source import Evidence, Source, Standing

TOPIC = "ATG"
REVIEWED = date(2026, 11, 22)

PRODUCTS = ("thymoglobulin", "grafalon", "atgam")
ACTIVE_AU, ACTIVE_UE, TOTAL = "atg_active_au", "atg_active_ue", "atg_total"
LEVELS = (ACTIVE_AU, ACTIVE_UE, TOTAL)

FIRST_INFUSION = 6.0
"""Hours, at least (Thymoglobulin US label)."""
LATER_INFUSIONS = 4.0
"""Hours, at least (Thymoglobulin US label)."""

COURSE_GOES_ON = 48.0
"""Hours after an infusion within which another may follow without a plan in the record (project
convention)."""

THYMOGLOBULIN_LABEL = Source(
    "Thymoglobulin, US prescribing information, Genzyme/Sanofi",
    where="sections 2 and 5.1 (label)",
    note="three public copies agree; the label's indication is renal transplantation",
)
SAME_CENTER = Source(
    "Oostenbrink 2019, Front Immunol",
    doi="10.3389/fimmu.2019.00315",
    where="Table 1",
)
NO_CONSTANT_RATIO = Source(
    "Bone Marrow Transplant (active and total rabbit ATG, n = 3 adults, 6 mg/kg)",
    doi="10.1038/s41409-019-0505-5",
    where="abstract",
)
WALLER = Source(
    "Waller 2003, as tabulated in PMC4824644",
    where="Table 3",
    note="6 mg/kg: total Cmax 64 (SD 20), active 9.2 (SD 5.8) ug/mL",
)
UNIT_CONVENTION = Source(
    "Equipoise, convention for units of ATG",
    where="no cross-calibration of AU/mL and UE/mL was found in print",
    note="Dutch and US groups print AU, the Beijing group UE",
)


def _levels(situation: Situation, *names: str) -> tuple[Measurement, ...]:
    return tuple(
        m
        for name in names
        for m in situation.record.measurements(name, end=situation.at + SAME_TIME)
    )


def _doses(situation: Situation, *agents: str) -> tuple[Dose, ...]:
    both = (*situation.given(*agents), *situation.planned(*agents))
    return tuple(sorted(both, key=lambda d: d.at))


def _product(situation: Situation) -> Verdict:
    doses = _doses(situation, *PRODUCTS)
    if doses:
        products = tuple(dict.fromkeys(d.agent for d in doses))
        firsts = tuple(seen(next(d for d in doses if d.agent == p), p) for p in products)
        detail = f"product in the record: {', '.join(products)}"
        if len(products) > 1:
            detail += "; two products in one record: check which was given"
        return Verdict(Truth.MET, firsts, detail=detail)
    levels = _levels(situation, *LEVELS)
    if levels:
        return Verdict(
            Truth.UNKNOWN,
            tuple(seen(m) for m in levels),
            ("ATG product",),
            "an ATG level without a dose of a named product",
        )
    return Verdict(Truth.NOT_MET, detail="no ATG in the record")


def _active_and_total(situation: Situation) -> Verdict:
    return _unit_rule(situation, (TOTAL,), "no total ATG level among those known")


def _au_and_ue(situation: Situation) -> Verdict:
    return _unit_rule(situation, (ACTIVE_AU, ACTIVE_UE), "no active ATG level among those known")


def _unit_rule(situation: Situation, names: tuple[str, ...], none_of_them: str) -> Verdict:
    levels = _levels(situation, *LEVELS)
    concerned = [m for m in levels if m.name in names]
    if concerned:
        words = ", ".join(dict.fromkeys(m.value.unit for m in levels))
        return Verdict(
            Truth.MET,
            tuple(seen(m) for m in levels),
            detail=f"units of the levels known: {words}",
        )
    if levels:
        return Verdict(Truth.NOT_MET, tuple(seen(m) for m in levels), detail=none_of_them)
    doses = _doses(situation, *PRODUCTS)
    if doses:
        return Verdict(
            Truth.UNKNOWN,
            (seen(doses[0]),),
            ("ATG level with its unit and assay",),
            "no ATG level known yet",
        )
    return Verdict(Truth.NOT_MET, detail="no ATG in the record")


def _duration(situation: Situation) -> Verdict:
    """Thymoglobulin infusions shorter than the label's, given or planned."""
    doses = _doses(situation, "thymoglobulin")
    if not doses:
        return Verdict(Truth.NOT_MET, detail="no Thymoglobulin in the record")
    short, untimed, kept = [], [], []
    for number, dose in enumerate(doses):
        least = FIRST_INFUSION if number == 0 else LATER_INFUSIONS
        which = "first" if number == 0 else "later"
        reason = seen(dose, f"{which} infusion over {dose.duration:g} h, at least {least:g} h")
        if dose.duration <= 0.0:
            untimed.append(seen(dose, f"{which} infusion, duration not recorded"))
        elif dose.duration < least - SAME_TIME:
            short.append(reason)
        else:
            kept.append(reason)
    if short:
        return Verdict(Truth.MET, tuple(short), detail="shorter than the label's minimum")
    if untimed:
        return Verdict(Truth.UNKNOWN, tuple(untimed), ("duration of the infusion",))
    return Verdict(
        Truth.NOT_MET, tuple(kept), detail="kept: every infusion is at least as long as asked"
    )


def _infusion_ahead(situation: Situation) -> Verdict:
    """A Thymoglobulin infusion that is still to come; open while a course may go on unplanned."""
    ahead, given = situation.planned("thymoglobulin"), situation.given("thymoglobulin")
    if ahead:
        start = ahead[0].at - situation.at
        return Verdict(
            Truth.MET, (seen(ahead[0], "planned"),), detail=f"the next one starts in {start:.0f} h"
        )
    if (
        given
        and situation.at - given[-1].at <= COURSE_GOES_ON + SAME_TIME
        and (situation.stop_of("thymoglobulin") is None)
    ):
        return Verdict(
            Truth.UNKNOWN,
            (seen(given[-1], "last"),),
            ("whether a further infusion is planned",),
            "an infusion within two days and none planned",
        )
    return Verdict(Truth.NOT_MET, detail="no Thymoglobulin infusion ahead")


PRODUCT_RULE = Recommendation(
    id="atg_product_us",
    title="ATG products are not interchangeable: the product is part of the dose (US label)",
    statement=(
        "The label warns that its dosing differs from that of other anti-thymocyte globulins, "
        "because protein composition and concentration depend on the source, and makes the "
        "prescriber ensure that the dose fits the product given. In one center 6-10 mg/kg of "
        "Thymoglobulin stood beside 45-60 mg/kg of the other rabbit product."
    ),
    source=THYMOGLOBULIN_LABEL,
    standing=Standing.PUBLISHED,
    evidence=Evidence("5"),
    predicate=_product,
    label_status="monitor",
    region="US",
    topic=TOPIC,
    reviewed_on=REVIEWED,
    other_sources=(SAME_CENTER,),
)

RATIO_RULE = Recommendation(
    id="atg_active_total_ratio",
    title="Active and total ATG keep no constant ratio",
    statement=(
        "Total rabbit IgG is not converted to active ATG, nor back: the authors of a comparison "
        "in adults found no constant ratio, and two groups measured active peaks of 9.2 and 20.8 "
        "ug/mL after the same 6 mg/kg."
    ),
    source=NO_CONSTANT_RATIO,
    standing=Standing.PUBLISHED,
    evidence=Evidence("4"),
    predicate=_active_and_total,
    topic=TOPIC,
    reviewed_on=REVIEWED,
    other_sources=(WALLER,),
)

UNIT_RULE = Recommendation(
    id="atg_unit_rule",
    title="AU/mL and UE/mL of active ATG are never converted into each other",
    statement=(
        "A level is compared only with a window in its own unit. No cross-calibration between "
        "AU/mL and UE/mL was found; that they stay apart is a rule of this project."
    ),
    source=UNIT_CONVENTION,
    standing=Standing.HYPOTHESIS,
    evidence=Evidence("5"),
    predicate=_au_and_ue,
    topic=TOPIC,
    reviewed_on=REVIEWED,
    other_sources=(NO_CONSTANT_RATIO,),
)

DURATION_RULE = Recommendation(
    id="thymoglobulin_infusion_duration_us",
    title="Thymoglobulin: first infusion over at least 6 h, later ones over at least 4 h (label)",
    statement=(
        f"The label gives the first dose over at least {FIRST_INFUSION:g} hours and later doses "
        f"over at least {LATER_INFUSIONS:g} hours, through an in-line 0.22 um filter, with a "
        "corticosteroid, paracetamol and/or an antihistamine an hour before. Its indication is "
        "renal transplantation."
    ),
    source=THYMOGLOBULIN_LABEL,
    standing=Standing.PUBLISHED,
    evidence=Evidence("5"),
    predicate=_duration,
    label_status="adjust",
    region="US",
    topic=TOPIC,
    reviewed_on=REVIEWED,
)

PREMEDICATION = Recommendation(
    id="thymoglobulin_premedication_us",
    title="Premedication an hour before each Thymoglobulin infusion (US label)",
    statement=(
        "The label recommends corticosteroids, paracetamol and/or an antihistamine one hour before "
        "each infusion, which may make infusion reactions rarer and milder; on anaphylaxis the "
        "infusion ends at once. Whether they were given is not checked here: the vocabulary has no "
        "antihistamine."
    ),
    source=THYMOGLOBULIN_LABEL,
    standing=Standing.PUBLISHED,
    evidence=Evidence("5"),
    predicate=_infusion_ahead,
    label_status="monitor",
    region="US",
    topic=TOPIC,
    reviewed_on=REVIEWED,
)
