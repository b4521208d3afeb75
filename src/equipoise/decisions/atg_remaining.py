"""ATG doses still ahead when a level is known: give, change or leave out.

The model behind the exposure may be provisional: the gate of the planner decides whether odds are
shown at all. A window counts only in the unit of the levels and on the platform it was studied on.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from equipoise.advice import Situation
from equipoise.criterion import seen
from equipoise.decision import (
    Candidate,
    Decision,
    DecisionOption,
    Need,
    OpenDecision,
    Request,
)
from equipoise.record import Measurement
from equipoise.source import Evidence, Source, Standing

WHO = "transplant physician with pharmacist"
PRODUCTS = ("thymoglobulin", "grafalon")
LEVELS = ("atg_active_au", "atg_active_ue", "atg_total")

VIAL = 25.0
"""mg in a vial of Thymoglobulin (US label)."""
HORIZON = 100 * 24.0
"""Hours from the graft to which AUC was counted in the simulation study (100 d)."""
BASELINE_WINDOW = 30 * 24.0
"""Hours before the first dose for which a lymphocyte count counts (the project's baseline)."""

LABEL = Source(
    "Thymoglobulin, US prescribing information, Genzyme/Sanofi",
    where="dosage forms, sections 2 and 5.1 (label)",
)
BEIJING = Source(
    "NCT05166967 (Beijing, haploidentical, phase 3, n = 204)",
    where="registry record",
    note="completed; attainment and outcomes not published there",
)
WANG = Source("Wang 2022, Transplant Cell Ther", doi="10.1016/j.jtct.2022.03.018", where="abstract")
BISHOP = Source(
    "Bishop 2026, CPT Pharmacometrics Syst Pharmacol",
    doi="10.1002/psp4.70176",
    where="secondary digest; the paper was not read",
)
REVIEW = Source(
    "Wang 2025, Front Immunol 16:1634157", doi="10.3389/fimmu.2025.1634157", where="abstract"
)
ALC = Source(
    "Biol Blood Marrow Transplant 2017", doi="10.1016/j.bbmt.2017.08.029", where="abstract"
)
HAPLO_RCT = Source(
    "BMC Med (7.5 v 10 mg/kg, haploidentical, n = 408)",
    doi="10.1186/s12916-019-1393-7",
    where="abstract",
)
HANDBOOK = Source(
    "The EBMT Handbook, 8th ed. 2024, chapter 10",
    doi="10.1007/978-3-031-44080-9_10",
    where="chapter text and Table 10.1",
)
FRACTION_CONVENTION = Source(
    "Equipoise, fractions of the remaining doses", where="ways to change a dose, not cited"
)

CANDIDATES = (
    Candidate("as_planned", "remaining doses as planned", fraction=1.0),
    Candidate("half", "half of each remaining dose", fraction=0.5),
    Candidate("none", "leave the remaining doses out", fraction=0.0),
    Candidate("plus_50", "each remaining dose raised by half", fraction=1.5),
)
"""Fractions of each planned dose that is left."""


def _product(situation: Situation) -> str | None:
    """The product given, with doses ahead and at least one level known, or None."""
    for product in PRODUCTS:
        if situation.given(product) and situation.planned(product) and _levels(situation):
            return product
    return None


def _levels(situation: Situation) -> tuple[Measurement, ...]:
    found = [m for n in LEVELS for m in situation.record.measurements(n, end=situation.at)]
    return tuple(sorted(found, key=lambda m: m.at))


def _targets(situation: Situation, product: str) -> tuple[Any, ...] | None:
    """Windows that the job found to fit, or None where it computed no exposure."""
    exposure = situation.exposures.get(product)
    targets = getattr(exposure, "targets", None)
    return None if targets is None else tuple(targets)


def _refused(situation: Situation, product: str) -> tuple[str, ...]:
    """Windows of this platform that do not serve, with the reason; other platforms are left out."""
    platform = situation.record.platform
    refused = getattr(situation.exposures.get(product), "refused", ())
    return tuple(
        f"{r.target.window}: {r.reason}" for r in refused if platform in r.target.platforms
    )


def request(situation: Situation) -> Sequence[Request]:
    """The remaining doses as planned, halved, raised by half, left out; nothing without a
    window.
    """
    product = _product(situation)
    if product is None or _targets(situation, product) == ():
        return ()
    graft = max((c.at for c in situation.record.cells("graft")), default=0.0)
    return (Request(product, CANDIDATES, horizon=max(0.0, graft + HORIZON - situation.at)),)


def consider(situation: Situation) -> OpenDecision | None:
    """Open with doses given, a level known and at least one dose still ahead."""
    product = _product(situation)
    if product is None:
        return None
    given, ahead = situation.given(product), situation.planned(product)
    levels = _levels(situation)
    targets = _targets(situation, product)
    known = [m.at if m.known is None else m.known for m in levels]
    first, last = ahead[0], ahead[-1]
    number = "dose" if len(ahead) == 1 else f"{len(ahead)} doses"
    return OpenDecision(
        id="atg_remaining",
        question=f"Give, change or leave out the remaining {number} of {_name(product)}?",
        who=WHO,
        opens=min(known),
        closes=last.at,
        closes_why=(
            "start of the last planned dose"
            if len(ahead) == 1
            else f"start of the last planned dose; the next one starts in "
            f"{first.at - situation.at:.0f} h and can be changed until then"
        ),
        first=_first(situation, product, targets),
        because=(
            seen(given[-1], f"last of {len(given)} given"),
            *(seen(m, "level") for m in levels),
            *(seen(d, "planned") for d in ahead),
        ),
        needs=_needs(situation, product, targets),
        options=() if targets == () else _options(situation),
        evidence=_evidence(situation),
        would_change=(
            "a level that departs from those before it, or one drawn during or from an infusion",
            "another product, another unit or another assay than recorded",
            "an earlier or later graft: exposure before and after it counts separately",
            "infection, rejection risk or relapse risk that moves the balance either way",
        ),
        monitor=(
            "active ATG at the end of the infusion and before the next dose, then weekly, by the "
            "same assay",
            "lymphocytes and CD4 recovery, CMV and EBV, chimerism, acute GVHD",
        ),
        stop=(
            "A severe infusion reaction stops the infusion whatever the exposure.",
            "The label's halving for leukocytes or platelets is a rule of renal transplantation "
            "and is not applied to conditioning.",
        ),
        standing=Standing.PROVISIONAL,
        notes=_notes(situation, product),
    )


def _name(product: str) -> str:
    return product.capitalize()


def _first(situation: Situation, product: str, targets: tuple[Any, ...] | None) -> tuple[str, ...]:
    texts = [
        f"Products are not interchangeable: these doses are {_name(product)} (US label of "
        "Thymoglobulin, section 5.1)."
    ]
    if targets == ():
        units = ", ".join(dict.fromkeys(m.value.unit for m in _levels(situation)))
        texts.append(
            f"No published window fits levels in {units} on this platform: exposure is shown, "
            "there is no target in this unit and no options are weighed."
        )
        texts.extend(_refused(situation, product))
    return tuple(texts)


def _need(name: str, known: bool, text: str) -> Need:
    """The text stands alone, name first."""
    return Need(name, known, f"{name}: {text}")


def _needs(situation: Situation, product: str, targets: tuple[Any, ...] | None) -> tuple[Need, ...]:
    record, t = situation.record, situation.at
    first = situation.given(product)[0]
    count = record.latest("lymphocytes", first.at, within=BASELINE_WINDOW)
    weight = record.latest("weight", t)
    levels = _levels(situation)
    units = tuple(dict.fromkeys(m.value.unit for m in levels))
    methods = tuple(dict.fromkeys(m.method for m in levels if m.method))
    waits = [m.known - m.at for m in levels if m.known is not None and not m.assumed]
    pending = [p for name in LEVELS for p in record.pending(name, t)]
    drawn = ", ".join(f"{t - p.at:.0f} h ago" for p in pending)
    return (
        _need(
            "lymphocytes before the first dose",
            count is not None,
            count.text if count is not None else "the target load of active ATG is not known",
        ),
        _need("weight", weight is not None, weight.text if weight is not None else "not recorded"),
        _need("product", True, _name(product)),
        _need(
            "unit and assay of the levels",
            len(units) == 1 and bool(methods),
            f"{', '.join(units)}; {', '.join(methods) if methods else 'assay not recorded'}",
        ),
        _need(
            "platform",
            bool(record.platform),
            record.platform.replace("_", " ") or "not recorded; windows belong to a platform",
        ),
        _need(
            "window in the unit of the levels",
            bool(targets),
            ", ".join(str(w.window) for w in targets)
            if targets
            else "none fits"
            if targets == ()
            else "exposure was not computed",
        ),
        _need(
            "turnaround of the level",
            bool(waits),
            f"up to {max(waits):.0f} h so far" if waits else "no level with the time it was known",
        ),
        _need(
            "pending level",
            not pending,
            f"drawn {drawn}, result not known" if pending else "none drawn and unreported",
        ),
    )


def _options(situation: Situation) -> tuple[DecisionOption, ...]:
    # The trial that changes late doses by levels is one of haploidentical grafts: cited only there.
    trial = (BEIJING,) if situation.record.platform.startswith("haploidentical") else ()

    def option(label: str, text: str, computed: str) -> DecisionOption:
        return DecisionOption(
            label,
            text,
            (FRACTION_CONVENTION, *trial),
            Standing.HYPOTHESIS,
            computed=(computed,),
            evidence=Evidence("5"),
        )

    options = [
        option("Give the remaining dose(s) as planned", "The course as prescribed.", "as_planned"),
        option("Halve what remains", "Half of each dose that is left.", "half"),
        option("Leave the rest out", "No further ATG.", "none"),
        option("Raise what remains by half", "Each dose that is left times 1.5.", "plus_50"),
    ]
    pending = [p for name in LEVELS for p in situation.record.pending(name, situation.at)]
    if pending:
        options.append(
            DecisionOption(
                "Wait for the pending level, if it can come before the last dose starts",
                "A level is drawn and not yet known; the same question is asked again with it. "
                "If it will be late, decide on what is known.",
                (FRACTION_CONVENTION,),
                Standing.HYPOTHESIS,
                evidence=Evidence("5"),
            )
        )
    return tuple(options)


def _evidence(situation: Situation) -> tuple[tuple[str, Source, Standing], ...]:
    rows: list[tuple[str, Source, Standing]] = [
        (
            "Low exposure weakens protection from GVHD; high exposure delays immune recovery and "
            "raises relapse and infection. Single concentrations were not tied to non-relapse "
            "mortality or survival.",
            REVIEW,
            Standing.PUBLISHED,
        ),
        (
            "Weight predicts clearance only below 40 kg; the other predictor is the lymphocyte "
            "count before the first dose.",
            HANDBOOK,
            Standing.PUBLISHED,
        ),
    ]
    if situation.record.platform.startswith("haploidentical"):
        rows += [
            (
                "Doses on days -3 and -2 are adjusted from measured active ATG to a total AUC in "
                "UE.d/mL (design; results not published in the record).",
                BEIJING,
                Standing.PUBLISHED,
            ),
            (
                "106 adults, 10 mg/kg, window 100-148.5 UE.d/mL: in v out of it CMV reactivation "
                "60.6 % (48.3-73.1) v 77.1 % (64.5-87.7), p = .016.",
                WANG,
                Standing.PUBLISHED,
            ),
            (
                "7.5 v 10 mg/kg, randomized: EBV 20.7 v 40.0 %, CMV 73.4 v 83.4 %, acute GVHD "
                "II-IV 27.1 v 25.4 %, 3-year survival 69.5 v 63.5 % (p = .308).",
                HAPLO_RCT,
                Standing.PUBLISHED,
            ),
        ]
    if situation.record.platform == "adult_unrelated":
        rows += [
            (
                "In simulated adults no fixed regimen brought more than about 25 % into the "
                "window after the graft; choosing the last dose by levels at most 32 %.",
                BISHOP,
                Standing.PROVISIONAL,
            ),
            (
                "135 adults at 5, 7.5 or 10 mg/kg: low lymphocytes with a high dose went with "
                "more deaths (interaction p = .03).",
                ALC,
                Standing.PUBLISHED,
            ),
        ]
    return tuple(rows)


def _notes(situation: Situation, product: str) -> tuple[str, ...]:
    notes = [
        "The kinetic model of ATG on the shelf may be provisional: then exposure is shown as "
        "bands, and odds only in research mode, marked NOT FOR DOSING.",
        "A window is chosen by platform and unit and is never carried to another.",
    ]
    if product != "thymoglobulin":
        return tuple(notes)
    try:
        doses = situation.record.planned(product, situation.at, unit="mg")
    except ValueError as error:
        return (*notes, f"Vials could not be counted: {error}")
    for dose in doses:
        vials = dose.amount / VIAL
        low = int(vials)
        if abs(vials - round(vials)) < 1e-6:
            notes.append(f"{dose.amount:g} mg = {round(vials)} vials of {VIAL:g} mg.")
        else:
            notes.append(
                f"{dose.amount:g} mg = {vials:.1f} vials of {VIAL:g} mg: {low * VIAL:g} mg "
                f"({low}) or {(low + 1) * VIAL:g} mg ({low + 1}) in whole vials."
            )
    return tuple(dict.fromkeys(notes))


DECISION = Decision(
    id="atg_remaining",
    title="Remaining ATG after a level",
    who=WHO,
    consider=consider,
    request=request,
    sources=(LABEL, REVIEW, HANDBOOK, BEIJING, WANG, HAPLO_RCT, BISHOP, ALC),
)
