"""Donor lymphocytes, alone or with blinatumomab, for falling chimerism, residual disease, relapse.

Before lymphocytes of a mismatched donor the question of HLA loss must be answered, before
blinatumomab that of CD19: until then the answer is "cannot tell". Nothing is computed here.
"""

from __future__ import annotations

from equipoise import names
from equipoise.advice import Situation
from equipoise.criterion import Truth, seen
from equipoise.decision import Decision, DecisionOption, EvidenceTable, Need, OpenDecision
from equipoise.decisions.lymphocyte_case import (
    CHIMERISM,
    DEPLETED,
    NOT_SUPPORTED,
    Case,
    cd3_per_kg,
    cd19_need,
    find_case,
    gvhd_need,
    hla_need,
    need,
    outside_need,
    status_alone,
    status_both,
    status_cells,
    suppression_need,
    written,
)
from equipoise.decisions.lymphocyte_facts import (
    BAR,
    BLAST,
    CAR_DONOR,
    CD19_LOSS,
    CD19_REVIEW,
    CONVENTION,
    DAZZI,
    DOSE_GVHD,
    GABALLA,
    GUGLIELMI,
    HANDBOOK,
    HIGHEST,
    HLA_LOSS,
    HLA_LOSS_TWICE,
    MATCHED,
    MONTH,
    PERUGIA,
    PRIMED,
    SFGM_TC,
    STARTS,
    SURVEY,
    WITH_BLINATUMOMAB,
    first_doses,
    gvhd_after_first_bulk_dose,
)
from equipoise.record import SAME_TIME, Cells
from equipoise.source import Evidence, Source, Standing

INTERVAL = 28.0
"""Days between infusions, the least of the handbook's "at least 4 to 6 weeks"."""
STEP = 10.0
"""Times the last dose: one log, the handbook's largest step."""

WHO = "transplant physician with laboratory (chimerism, residual disease, HLA) and the patient"


def consider(situation: Situation) -> OpenDecision | None:
    """Open after an allogeneic graft with relapse, residual disease, incomplete chimerism from day
    30 on, or with donor lymphocytes or blinatumomab planned.
    """
    if situation.record.platform == "microtransplant":
        return None
    case = find_case(situation)
    if case is None or not case.because:
        return None
    first = case.first_ahead
    return OpenDecision(
        id="donor_lymphocytes",
        question=_question(case),
        who=WHO,
        opens=case.opens,
        closes=None if first is None else first.at,
        closes_why="no deadline in the record; ask again with the next sample"
        if first is None
        else f"planned {'donor lymphocytes' if first is case.cells else 'blinatumomab'}",
        first=_first(situation, case),
        because=(
            *case.because,
            seen(case.graft, case.graft.donor.replace("_", " ") or "donor not charted"),
        ),
        needs=_needs(situation, case),
        options=_options(situation, case),
        evidence=EVIDENCE,
        would_change=(
            "HLA loss or CD19 loss shown or excluded",
            "the same marker and lineage again, in the same specimen",
            "chimerism of CD34+ or of whole marrow falling too; blasts, or disease outside marrow",
            "GVHD, infection, or a reason to keep immunosuppression",
        ),
        monitor=(
            "residual disease and chimerism by lineage in series, blood and marrow apart",
            "GVHD at every visit for months after each infusion",
            "blood count; T cells before and under blinatumomab",
        ),
        stop=(
            "GVHD after an infusion ends the series (handbook).",
            "The next infusion waits at least 4 to 6 weeks; one log more at 6 to 8 weeks if "
            "residual disease persists without GVHD (handbook).",
            "GVHD as the planned end of a series is no longer recommended where residual disease "
            "can be followed (handbook).",
        ),
        standing=Standing.PROVISIONAL,
        notes=_notes(situation, case),
        tables=_tables(case),
    )


def _question(case: Case) -> str:
    ways = "donor lymphocytes, blinatumomab, both, or neither yet"
    if case.myeloid:
        ways = "donor lymphocytes, another way, or neither yet"
    what = {
        "therapeutic": "Relapse after transplantation",
        "pre-emptive": "Residual disease or incomplete chimerism after transplantation",
        "prophylactic": "Cells or blinatumomab planned without a sign of relapse",
    }[case.intent]
    return f"{what}: {ways}?"


def _first(situation: Situation, case: Case) -> tuple[str, ...]:
    said = []
    if case.mismatched and case.hla_loss is None:
        said.append(
            "Donor lymphocytes: cannot tell, lacks HLA-loss test. After loss of the mismatched "
            "haplotype the original donor's T cells no longer see what they were to see; the "
            "status on leukemic cells should be checked before (Villalobos 2010)."
        )
    if case.mismatched and case.hla_loss is True:
        said.append("HLA loss is shown: lymphocytes of the original donor are not supported.")
    if not case.myeloid and not case.cd19:
        said.append("Blinatumomab: cannot tell, lacks CD19 expression on the present disease.")
    if case.cd19 == "negative":
        said.append("CD19 is negative: blinatumomab is not supported.")
    if case.sick:
        said.append(
            "Active GVHD or its treatment is recorded: an absolute contraindication to donor "
            "lymphocytes in 85.6 % of 165 centers."
        )
    if case.cells is not None:
        dose = cd3_per_kg(situation, case.cells)
        if dose is not None and dose > HIGHEST:
            said.append("The planned CD3 dose is above 1e8/kg, the most in print: not supported.")
        notes = (*_series(situation, case.cells), *_start_note(situation, case, case.cells))
        said += [n for n in notes if "sooner" in n or "more than" in n]
    return tuple(said)


def _needs(situation: Situation, case: Case) -> tuple[Need, ...]:
    record, t = situation.record, situation.at
    needs = []
    if case.mismatched:
        needs.append(hla_need(case))
    if not case.myeloid:
        needs.append(cd19_need(case))
    lineages = [record.latest(n, t, within=60.0 * 24.0) for n in CHIMERISM]
    have = [m for m in lineages if m is not None]
    needs.append(
        need(
            "chimerism by lineage",
            any(m.name != "donor_chimerism_cd3" for m in have),
            ", ".join(f"{names.measurement(m.name).label} {m.text}" for m in have)
            or "none in 60 days",
        )
    )
    series = record.measurements("mrd", start=case.graft.at, end=t)
    needs.append(
        need(
            "residual disease in series",
            len(series) >= 2,
            f"{len(series)} value(s) since the graft; the doubling time stands under disease and "
            "chimerism in series"
            if series
            else "none since the graft",
        )
    )
    needs += [
        gvhd_need(case), suppression_need(situation, case), outside_need(situation),
    ]  # fmt: skip
    return tuple(needs)


def _options(situation: Situation, case: Case) -> tuple[DecisionOption, ...]:
    found = [_settle(case)]
    if case.suppression is not Truth.NOT_MET:
        found.append(
            DecisionOption(
                "Taper immunosuppression first",
                "71.9 % of centers withdraw it before donor lymphocytes; the handbook starts "
                "prophylactic infusions off it and free of GVHD for about a month.",
                (SURVEY, HANDBOOK),
                Standing.PUBLISHED,
                evidence=Evidence("5"),
            )
        )
    found.append(_lymphocytes(situation, case))
    if not case.myeloid:
        found += _blinatumomab(case)
    if case.mismatched and case.hla_loss is not False:
        found.append(_other_donor(case))
    found.append(
        DecisionOption(
            "Neither yet: repeat the sample",
            "The same marker, lineage and specimen again, with its input charted, at an interval "
            "that the doubling time allows. What is lost by waiting grows with the disease.",
            (CONVENTION,),
            Standing.HYPOTHESIS,
            evidence=Evidence("5"),
        )
    )
    return tuple(found)


def _settle(case: Case) -> DecisionOption:
    tests = ["chimerism of CD34+ and of whole marrow"]
    if case.mismatched and case.hla_loss is None:
        tests.insert(0, "HLA loss")
    if not case.myeloid and not case.cd19:
        tests.insert(len(tests) - 1, "CD19")
    return DecisionOption(
        "Settle first what decides",
        f"Test the marrow: {', '.join(tests)}. Two of 3 relapses after haploidentical and none of "
        "6 after HLA-identical transplantation had lost HLA.",
        (HLA_LOSS, CD19_REVIEW),
        Standing.PUBLISHED,
        evidence=Evidence("4"),
    )


def _starts(situation: Situation, case: Case) -> str:
    months = (situation.at - case.graft.at) / MONTH
    rows = first_doses(case.intent, case.graft.donor, months)
    if not rows:
        return "No first dose is in print for this donor and time."
    parts = []
    for month, (low, high) in rows:
        dose = written(low)
        if high > low:
            dose += f" to {written(high)}"
        when = f"at {month} months" if month else "after chemotherapy"
        parts.append(f"{dose} CD3/kg {when}")
    return f"First dose in print, {case.intent}: {', '.join(parts)} (level C)."


def _lymphocytes(situation: Situation, case: Case) -> DecisionOption:
    matched = case.graft.donor in MATCHED
    status = status_cells(case)
    parts = []
    if status != NOT_SUPPORTED:
        parts.append(_starts(situation, case))
    else:
        parts.append("No dose is given here.")
    if not matched:
        parts.append("No dose-risk model exists for this donor.")
    if situation.record.platform in DEPLETED:
        parts.append(
            "The table speaks of grafts without ex vivo depletion; after this one it is borrowed."
        )
    parts.append("Acute lymphoblastic leukemia is of low sensitivity to donor lymphocytes, AML of "
                 "intermediate (handbook).")  # fmt: skip
    return DecisionOption(
        "Donor lymphocytes of the original donor",
        " ".join(parts),
        (HANDBOOK, SURVEY, *((BAR, DAZZI, GUGLIELMI) if matched else (HLA_LOSS,))),
        Standing.PUBLISHED if matched else Standing.PROVISIONAL,
        status=status,
        evidence=Evidence("5"),
    )


def _blinatumomab(case: Case) -> list[DecisionOption]:
    elsewhere = ""
    if case.asks_blinatumomab:
        elsewhere = " It stands in a decision of its own, with exposure, CD19 and T cells."
    return [
        DecisionOption(
            "Blinatumomab alone",
            "For CD19-positive B-cell leukemia only; the disease is read from markers, confirm it. "
            "In residual disease 88 of 113 (78 %) had a complete response after one cycle (BLAST: "
            "from 1e-3 on, not a cohort after transplantation). It acts through T cells: those who "
            f"did not respond after transplantation were short of them.{elsewhere}",
            (BLAST, GABALLA, CD19_LOSS),
            Standing.PUBLISHED,
            status=status_alone(case),
            evidence=Evidence("4"),
        ),
        DecisionOption(
            "Blinatumomab with donor lymphocytes",
            "The one comparison in print, retrospective, does not show that lymphocytes add: "
            "2-year survival 43 % of 22 with and 31 % of 50 without (p = 0.31). Pre-emptive use is "
            "what the Perugia authors ask to be considered, on two patients who both relapsed "
            "later.",
            (SFGM_TC, PERUGIA),
            Standing.PUBLISHED,
            status=status_both(case),
            evidence=Evidence("4"),
        ),
    ]


def _other_donor(case: Case) -> DecisionOption:
    lost = case.hla_loss is True
    return DecisionOption(
        "Ways that do not need the lost haplotype",
        ("HLA is lost. " if lost else "If HLA is lost: ")
        + "another haploidentical donor (one patient lost the second mismatched haplotype too), "
        "blinatumomab or CD19 CAR T cells where CD19 is there (13 of 13 children in CR on "
        "donor-derived cells; 3 haploidentical donors without GVHD), trials.",
        (HLA_LOSS_TWICE, CAR_DONOR),
        Standing.PROVISIONAL,
        evidence=Evidence("4"),
    )


EVIDENCE: tuple[tuple[str, Source, Standing], ...] = (
    (
        "HLA: 2 of 3 relapses after haploidentical and 0 of 6 after HLA-identical transplantation "
        "had lost HLA alleles; the authors ask for the test before donor lymphocytes.",
        HLA_LOSS,
        Standing.PUBLISHED,
    ),
    (
        "CD19: negative in 22.5 % of relapses after blinatumomab (4.5 % of all treated), by a "
        "review; 10 to 20 % in another report.",
        CD19_REVIEW,
        Standing.PUBLISHED,
    ),
    (
        "Indications in use: residual disease 86.9 % of centers, mixed chimerism 73.1 %, relapse "
        "73.1 %, prophylaxis 43.8 %; first doses differ widely.",
        SURVEY,
        Standing.PUBLISHED,
    ),
    (
        "Prophylactic donor cells (mobilized) after mismatched or haploidentical transplantation "
        "for advanced leukemia, retrospective, 61 with and 27 without: 2-year relapse 36 and 55 % "
        "(P = .017), 3-year survival 31 and 11 % (P = .001). GVHD is not in the abstract.",
        PRIMED,
        Standing.PUBLISHED,
    ),
    (
        "Bulk against escalating doses in CML: GVHD 44 % of 28 against 10 % of 20 at equal sums; "
        "remission 67 and 91 % (not significant).",
        DAZZI,
        Standing.PUBLISHED,
    ),
)


def _tables(case: Case) -> tuple[EvidenceTable, ...]:
    if case.myeloid or case.asks_blinatumomab:
        return (STARTS, DOSE_GVHD)
    return (STARTS, DOSE_GVHD, WITH_BLINATUMOMAB)


def _notes(situation: Situation, case: Case) -> tuple[str, ...]:
    notes = []
    lineages = {b.name for b in case.because} & set(CHIMERISM)
    if lineages == {"donor_chimerism_cd3"}:
        notes.append(
            "Of chimerism only CD3 is known to be incomplete: T cells of the recipient are not "
            "relapse by themselves, and chimerism and residual disease are two signals, not one."
        )
    if case.graft.donor == "":
        notes.append("The donor of the graft is not charted: taken as one who may be mismatched.")
    if case.cells is not None:
        notes += _series(situation, case.cells)
        notes += _start_note(situation, case, case.cells)
        notes.append(_risk(situation, case, case.cells))
    notes.append(
        "What else is on board at planned cells stands in its own panel; unknown is not absent."
    )
    return tuple(notes)


def _before(situation: Situation) -> list[Cells]:
    """Donor lymphocytes given so far."""
    return [
        c
        for c in situation.record.cells("donor_lymphocytes")
        if c.at <= situation.at + SAME_TIME and c.status not in ("planned", "held")
    ]


def _start_note(situation: Situation, case: Case, planned: Cells) -> list[str]:
    """A first infusion held against the handbook's first doses, where it is above them."""
    dose = cd3_per_kg(situation, planned)
    rows = first_doses(case.intent, case.graft.donor, (planned.at - case.graft.at) / MONTH)
    if _before(situation) or dose is None or not rows:
        return []
    highest = max(high for _, (_, high) in rows)
    if dose <= highest * (1.0 + 1e-9):
        return []
    far = ""
    if dose >= STEP * highest * (1.0 - 1e-9):
        far = " It is ten times or more than that: check the exponent, and whether it is per kg."
    return [
        f"The planned first dose is {written(dose)} CD3 per kg, {dose / highest:.3g} times the "
        f"highest first dose of the handbook for this donor, intent and time ({written(highest)})."
        f"{far}"
    ]


def _series(situation: Situation, planned: Cells) -> list[str]:
    """A further infusion held against the handbook's interval and steps."""
    before = _before(situation)
    if not before:
        return []
    last = before[-1]
    days = (planned.at - last.at) / 24.0
    short = f"sooner than the {INTERVAL:g} days" if days < INTERVAL else f"the {INTERVAL:g} days"
    said = [
        f"It would be infusion {len(before) + 1}, {days:.0f} days after the last: {short} that the "
        "handbook waits at least (4 to 6 weeks)."
    ]
    doses = [cd3_per_kg(situation, c) for c in (last, planned)]
    if None not in doses:
        old, new = (d for d in doses if d is not None)
        far = " It is more than one log." if new > STEP * old * (1.0 + 1e-9) else ""
        said.append(
            f"Its CD3 dose is {new / old:.3g} times the last; the handbook steps by half a log to "
            f"one log.{far}"
        )
    return said


def _risk(situation: Situation, case: Case, cells: Cells) -> str:
    """What the one cohort says of the planned dose, or why nothing is said."""
    dose = cd3_per_kg(situation, cells)
    if dose is None:
        return "The planned cells have no CD3 dose per kg: no cohort can be named for them."
    before = [
        c
        for c in situation.record.cells("donor_lymphocytes")
        if c.at < cells.at - SAME_TIME and c.status != "held"
    ]
    try:
        risk = gvhd_after_first_bulk_dose(
            dose, case.graft.donor, (cells.at - case.graft.at) / 24.0, first=not before
        )
    except ValueError as error:
        return f"GVHD by dose is not computed: {error}."
    return (
        f"Patients with such a first dose had GVHD within a year in about {100.0 * risk:.0f} % "
        "(line through three groups of Bar 2013, midpoints chosen here: hypothesis, no forecast "
        "for this patient)."
    )


DECISION = Decision(
    id="donor_lymphocytes",
    title="Donor lymphocytes and blinatumomab after transplantation",
    who=WHO,
    consider=consider,
    sources=(HANDBOOK, SURVEY, HLA_LOSS, CD19_REVIEW, BAR, DAZZI, GUGLIELMI, SFGM_TC, PERUGIA),
)
