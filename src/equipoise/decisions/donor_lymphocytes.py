"""Donor lymphocytes, alone or with blinatumomab, for falling chimerism, residual disease, relapse.

Before lymphocytes of a mismatched donor the question of HLA loss must be answered, before
blinatumomab that of CD19: until then the answer is "cannot tell". Nothing is computed here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from equipoise import names, units
from equipoise.advice import Situation
from equipoise.criterion import Because, Truth, seen
from equipoise.decision import Decision, DecisionOption, EvidenceTable, Need, OpenDecision
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
    MISMATCHED,
    MONTH,
    PERUGIA,
    SFGM_TC,
    STARTS,
    SURVEY,
    WITH_BLINATUMOMAB,
    first_doses,
    gvhd_after_first_bulk_dose,
)
from equipoise.names import in_group
from equipoise.record import SAME_TIME, Cells, Dose, Finding, Measurement
from equipoise.source import Evidence, Source, Standing

WHO = "transplant physician with laboratory (chimerism, residual disease, HLA) and the patient"

COMPLETE = 95.0
"""% donor above which chimerism is complete (EBMT Handbook 2024, chapter 21)."""

EARLY = 30.0 * 24.0
"""Hours after the graft before which incomplete chimerism does not open this (convention)."""

CHIMERISM = ("donor_chimerism_cd34", "donor_chimerism_cd3", "donor_chimerism_whole")

MYELOID = ("npm1", "runx1", "cbfb", "pml", "wt1", "flt3", "inv16")
"""How markers begin that speak of myeloid disease, on which blinatumomab does not act."""

DEPLETED = ("cd34_selected", "alpha_beta_depleted", "treg_tcon")

SUPPRESSING = (
    *in_group("calcineurin inhibitor"),
    *in_group("mTOR inhibitor"),
    *in_group("corticosteroid"),
    "mycophenolate",
    "mycophenolate_sodium",
)

LACKS_HLA = "cannot tell: lacks HLA-loss test"
LACKS_CD19 = "cannot tell: lacks CD19 expression"
NOT_SUPPORTED = "not supported"


@dataclass(frozen=True, slots=True)
class _Case:
    graft: Cells
    intent: str
    because: tuple[Because, ...]
    opens: float
    cells: Cells | None
    engager: Dose | None
    hla_loss: bool | None
    cd19: str
    gvhd: Finding | None
    suppression: Truth
    suppressing: tuple[Because, ...]
    myeloid: bool


def _find(situation: Situation) -> _Case | None:
    record, t = situation.record, situation.at
    grafts = [
        c
        for c in record.cells("graft")
        if c.at <= t + SAME_TIME and c.status not in ("planned", "held")
    ]
    if not grafts or grafts[-1].donor == "autologous":
        return None
    graft = grafts[-1]
    because: list[Because] = []
    opens: list[float] = []

    def trigger(
        event: Measurement | Finding | Cells | Dose,
        note: str = "",
        first: Measurement | None = None,
    ) -> None:
        because.append(seen(event, note))
        known = event.known if first is None else first.known
        opens.append(event.at if known is None else known)

    relapse = record.latest_finding("relapse", t)
    relapsed = relapse is not None and relapse.at > graft.at and relapse.value is not False
    if relapsed and relapse is not None:
        trigger(relapse)
    shares = _positive(situation, graft)
    for first, measured in shares:
        trigger(measured, " ".join(p for p in (measured.marker, measured.specimen) if p), first)
    for first, measured in _mixed(situation, graft):
        trigger(measured, measured.specimen, first)
    cells = next(
        (
            c
            for c in record.cells("donor_lymphocytes")
            if c.at > t + SAME_TIME and c.status != "held"
        ),
        None,
    )
    ahead = situation.planned("blinatumomab")
    intent = "therapeutic" if relapsed else "pre-emptive" if because else "prophylactic"
    if cells is not None:
        trigger(cells, "planned")
    if ahead:
        trigger(ahead[0], "planned")
    if not because:
        return None
    gvhd = next(
        (
            f
            for f in (record.latest_finding(n, t) for n in ("active_gvhd", "systemic_gvhd_therapy"))
            if f is not None and f.at > graft.at and f.value is True
        ),
        record.latest_finding("active_gvhd", t),
    )
    lost = _since(situation, "hla_loss", graft)
    antigen = _since(situation, "cd19_expression", graft)
    suppression, suppressing = situation.running(*SUPPRESSING)
    return _Case(
        graft=graft,
        intent=intent,
        because=tuple(because),
        opens=min(opens),
        cells=cells,
        engager=ahead[0] if ahead else None,
        hla_loss=None if lost is None else lost.value is True,
        cd19="" if antigen is None else str(antigen.value),
        gvhd=gvhd if gvhd is None or gvhd.at > graft.at else None,
        suppression=suppression,
        suppressing=suppressing,
        myeloid=any(m.marker.casefold().startswith(MYELOID) for _, m in shares),
    )


def _since(situation: Situation, name: str, graft: Cells) -> Finding | None:
    """The last finding after the graft, None where there is none."""
    found = situation.record.latest_finding(name, situation.at)
    return None if found is None or found.at <= graft.at else found


Run = tuple[Measurement, Measurement]
"""First and last of the values that say the same, up to now."""


def _positive(situation: Situation, graft: Cells) -> tuple[Run, ...]:
    """Of each marker and specimen the residual disease after the graft, where the last has it."""
    series: dict[tuple[str, ...], list[Measurement]] = {}
    for measured in situation.record.measurements("mrd", start=graft.at, end=situation.at):
        series.setdefault((measured.marker, measured.specimen), []).append(measured)
    return _runs(series, lambda m: m.number > 0.0 and m.censored != "<")


def _mixed(situation: Situation, graft: Cells) -> tuple[Run, ...]:
    """Of each lineage and specimen the chimerism from day 30 on, where the last is incomplete."""
    series: dict[tuple[str, ...], list[Measurement]] = {}
    for name in CHIMERISM:
        for measured in situation.record.measurements(
            name, start=graft.at + EARLY, end=situation.at
        ):
            series.setdefault((name, measured.specimen, measured.lineage), []).append(measured)
    return _runs(series, lambda m: m.number < COMPLETE and m.censored != ">")


def _runs(
    series: Mapping[tuple[str, ...], Sequence[Measurement]], holds: Callable[[Measurement], bool]
) -> tuple[Run, ...]:
    found = []
    for values in series.values():
        run: list[Measurement] = []
        for measured in values:
            run = [*run, measured] if holds(measured) else []
        if run:
            found.append((run[0], run[-1]))
    return tuple(found)


def consider(situation: Situation) -> OpenDecision | None:
    """Open after an allogeneic graft with relapse, residual disease, incomplete chimerism from day
    30 on, or with donor lymphocytes or blinatumomab planned.
    """
    if situation.record.platform == "microtransplant":
        return None
    case = _find(situation)
    if case is None:
        return None
    closing = [e for e in (case.cells, case.engager) if e is not None]
    first = min(closing, key=lambda e: e.at, default=None)
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


def _question(case: _Case) -> str:
    ways = "donor lymphocytes, blinatumomab, both, or neither yet"
    if case.myeloid:
        ways = "donor lymphocytes, another way, or neither yet"
    what = {
        "therapeutic": "Relapse after transplantation",
        "pre-emptive": "Residual disease or incomplete chimerism after transplantation",
        "prophylactic": "Cells or blinatumomab planned without a sign of relapse",
    }[case.intent]
    return f"{what}: {ways}?"


def _mismatched(case: _Case) -> bool:
    """Whether HLA loss is a question: a mismatched donor, or one that is not charted."""
    return case.graft.donor in MISMATCHED or case.graft.donor in ("", "cord")


def _first(situation: Situation, case: _Case) -> tuple[str, ...]:
    said = []
    if _mismatched(case) and case.hla_loss is None:
        said.append(
            "Donor lymphocytes: cannot tell, lacks HLA-loss test. After loss of the mismatched "
            "haplotype the original donor's T cells no longer see what they were to see; the "
            "status on leukemic cells should be checked before (Villalobos 2010)."
        )
    if _mismatched(case) and case.hla_loss is True:
        said.append("HLA loss is shown: lymphocytes of the original donor are not supported.")
    if not case.myeloid and not case.cd19:
        said.append("Blinatumomab: cannot tell, lacks CD19 expression on the present disease.")
    if case.cd19 == "negative":
        said.append("CD19 is negative: blinatumomab is not supported.")
    if case.gvhd is not None and case.gvhd.value is True:
        said.append(
            "Active GVHD or its treatment is recorded: an absolute contraindication to donor "
            "lymphocytes in 85.6 % of 165 centers."
        )
    if case.cells is not None:
        dose = _per_kg(situation, case.cells)
        if dose is not None and dose > HIGHEST:
            said.append("The planned CD3 dose is above 1e8/kg, the most in print: not supported.")
    return tuple(said)


def _per_kg(situation: Situation, cells: Cells) -> float | None:
    """CD3 per kg of planned cells, None where not charted or without a weight."""
    for key, quantity in cells.doses:
        if key != "CD3":
            continue
        if units.UNITS[quantity.unit].dimension == "count/mass":
            return float(units.convert(float(quantity.number), quantity.unit, "/kg"))
        weight = situation.record.value_at("weight", situation.at)
        number = float(units.convert(float(quantity.number), quantity.unit, "1"))
        return None if weight is None else number / weight
    return None


def _need(name: str, known: bool, text: str) -> Need:
    return Need(name, known, f"{name}: {text}")


def _needs(situation: Situation, case: _Case) -> tuple[Need, ...]:
    record, t = situation.record, situation.at
    needs = []
    if _mismatched(case):
        state = {None: "not tested", True: "lost", False: "not lost"}[case.hla_loss]
        needs.append(
            _need(
                "HLA loss on leukemic cells",
                case.hla_loss is not None,
                f"{state}; whether so little disease is enough to test is for the laboratory"
                if case.hla_loss is None
                else state,
            )
        )
    if not case.myeloid:
        needs.append(
            _need(
                "CD19 on the present disease",
                bool(case.cd19),
                case.cd19 or "not recorded since the graft",
            )
        )
    lineages = [record.latest(n, t, within=60.0 * 24.0) for n in CHIMERISM]
    have = [m for m in lineages if m is not None]
    needs.append(
        _need(
            "chimerism by lineage",
            any(m.name != "donor_chimerism_cd3" for m in have),
            ", ".join(f"{names.measurement(m.name).label} {m.text}" for m in have)
            or "none in 60 days",
        )
    )
    series = record.measurements("mrd", start=case.graft.at, end=t)
    needs.append(
        _need(
            "residual disease in series",
            len(series) >= 2,
            f"{len(series)} value(s) since the graft; the doubling time stands under disease and "
            "chimerism in series"
            if series
            else "none since the graft",
        )
    )
    state = "not recorded" if case.gvhd is None else case.gvhd.text
    needs.append(_need("GVHD, now or before", case.gvhd is not None, state))
    words = {
        Truth.MET: "running",
        Truth.UNKNOWN: "last dose long ago and no stop",
        Truth.NOT_MET: "stopped",
    }[case.suppression]
    charted = bool(case.suppressing) or any(situation.stop_of(a) for a in SUPPRESSING)
    needs.append(
        _need(
            "immunosuppression",
            charted and case.suppression is not Truth.UNKNOWN,
            words if charted else "none in the record; is the medication list complete?",
        )
    )
    out = record.latest_finding("extramedullary_relapse", t)
    state = "not recorded" if out is None else out.text
    needs.append(_need("disease outside marrow", out is not None, state))
    return tuple(needs)


def _options(situation: Situation, case: _Case) -> tuple[DecisionOption, ...]:
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
    if _mismatched(case) and case.hla_loss is not False:
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


def _settle(case: _Case) -> DecisionOption:
    tests = ["CD34+ and whole-marrow chimerism"]
    if _mismatched(case) and case.hla_loss is None:
        tests.insert(0, "HLA loss")
    if not case.myeloid and not case.cd19:
        tests.insert(len(tests) - 1, "CD19")
    return DecisionOption(
        "Settle first what decides",
        f"Marrow with {', '.join(tests)}. Two of 3 relapses after haploidentical and none of 6 "
        "after HLA-identical transplantation had lost HLA.",
        (HLA_LOSS, CD19_REVIEW),
        Standing.PUBLISHED,
        evidence=Evidence("4"),
    )


def _starts(situation: Situation, case: _Case) -> str:
    months = (situation.at - case.graft.at) / MONTH
    rows = first_doses(case.intent, case.graft.donor, months)
    if not rows:
        return "No first dose is in print for this donor and time."
    parts = []
    for month, (low, high) in rows:
        dose = f"{low:.0e}".replace("e+0", "e")
        if high > low:
            dose += f" to {high:.0e}".replace("e+0", "e")
        when = f"at {month} months" if month else "after chemotherapy"
        parts.append(f"{dose} CD3/kg {when}")
    return f"First dose in print, {case.intent}: {', '.join(parts)} (level C)."


def _lymphocytes(situation: Situation, case: _Case) -> DecisionOption:
    matched = case.graft.donor in MATCHED
    status = ""
    if _mismatched(case):
        status = {None: LACKS_HLA, True: NOT_SUPPORTED, False: ""}[case.hla_loss]
    if case.gvhd is not None and case.gvhd.value is True:
        status = NOT_SUPPORTED
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


def _blinatumomab(case: _Case) -> list[DecisionOption]:
    status = {"": LACKS_CD19, "negative": NOT_SUPPORTED}.get(case.cd19, "")
    both = NOT_SUPPORTED if status == NOT_SUPPORTED else status
    hla = LACKS_HLA if _mismatched(case) and case.hla_loss is None else ""
    if hla and both != NOT_SUPPORTED:
        both = "cannot tell: lacks HLA-loss test" + (" and CD19 expression" if both else "")
    lost = _mismatched(case) and case.hla_loss is True
    if lost or (case.gvhd is not None and case.gvhd.value is True):
        both = NOT_SUPPORTED
    return [
        DecisionOption(
            "Blinatumomab alone",
            "For CD19-positive B-cell leukemia only; the disease is read from markers, confirm it. "
            "In residual disease 88 of 113 (78 %) had a complete response after one cycle (BLAST; "
            "not a cohort after transplantation). It acts through T cells: those who did not "
            "respond after transplantation were short of them.",
            (BLAST, GABALLA, CD19_LOSS),
            Standing.PUBLISHED,
            status=status,
            evidence=Evidence("4"),
        ),
        DecisionOption(
            "Blinatumomab with donor lymphocytes",
            "The one comparison in print, retrospective, does not show that lymphocytes add: "
            "2-year survival 43 % of 22 with and 31 % of 50 without (p = 0.31). Pre-emptive use is "
            "what the Perugia authors argue for, on two patients who both relapsed later.",
            (SFGM_TC, PERUGIA),
            Standing.PUBLISHED,
            status=both,
            evidence=Evidence("4"),
        ),
    ]


def _other_donor(case: _Case) -> DecisionOption:
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
        "Bulk against escalating doses in CML: GVHD 44 % of 28 against 10 % of 20 at equal sums; "
        "remission 67 and 91 % (not significant).",
        DAZZI,
        Standing.PUBLISHED,
    ),
)


def _tables(case: _Case) -> tuple[EvidenceTable, ...]:
    return (STARTS, DOSE_GVHD) if case.myeloid else (STARTS, DOSE_GVHD, WITH_BLINATUMOMAB)


def _notes(situation: Situation, case: _Case) -> tuple[str, ...]:
    notes = []
    lineages = {b.name for b in case.because} & set(CHIMERISM)
    if lineages == {"donor_chimerism_cd3"}:
        notes.append(
            "Only CD3 has fallen: T cells of the recipient are not relapse by themselves, and "
            "chimerism and residual disease are two signals, not one."
        )
    if case.graft.donor == "":
        notes.append("The donor of the graft is not charted: taken as one who may be mismatched.")
    if case.cells is not None:
        notes.append(_risk(situation, case, case.cells))
    notes.append(
        "What else is on board at planned cells stands in its own panel; unknown is not absent."
    )
    return tuple(notes)


def _risk(situation: Situation, case: _Case, cells: Cells) -> str:
    """What the one cohort says of the planned dose, or why nothing is said."""
    dose = _per_kg(situation, cells)
    if dose is None:
        return "The planned cells have no CD3 dose per kg: no cohort can be named for them."
    before = [c for c in situation.record.cells("donor_lymphocytes") if c.at < cells.at - SAME_TIME]
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
