"""The older AML patient: chemotherapy, chemotherapy with microtransplanted cells, or a transplant.

Lists what was read about each way and where one was inferior; it chooses none, and no protocol is
proposed beyond what is in print.
"""

from __future__ import annotations

from equipoise.advice import Situation
from equipoise.criterion import Because, seen
from equipoise.decision import Decision, DecisionOption, Need, OpenDecision
from equipoise.decisions.lymphocyte_case import cd3_per_kg
from equipoise.decisions.microtransplant_protocols import (
    ASSAYS,
    CONSENSUS,
    GUO_2011,
    HU_2016,
    LI_2021,
    LIU_2026,
    ONE_PERCENT,
    PROTOCOLS,
    SIBLING,
    TABLE,
    TRANSFUSED,
    cells_in_print,
)
from equipoise.record import SAME_TIME, Cells, Measurement
from equipoise.source import Evidence, Source, Standing, weakest

WHO = "hematologist and transplant physician with the patient"
PRODUCT = "microtransplant"
CHIMERISM = ("donor_chimerism_whole", "donor_chimerism_cd3", "donor_chimerism_cd34")
CHEMOTHERAPY = (
    "cytarabine", "mitoxantrone", "decitabine", "azacitidine", "daunorubicin", "idarubicin",
)  # fmt: skip
"""Agents that open a course with cells: what the next one is decided before."""
TOLD = "Guo 2011, as a review tells it"
"""Whose doses: its abstract does not print them."""
STUDIED = (60.0, 88.0)
"""Years, of the randomized trial (Guo 2011)."""
SHOWN = 8
"""Values of chimerism that are listed."""
CONVENTION = Source(
    "Equipoise project convention",
    where="decisions/microtransplantation.py",
    note="our own joining: no schedule of sampling was read",
)

EVIDENCE: tuple[tuple[str, Source, Standing], ...] = (
    (
        "Against chemotherapy, randomized (60-88 years): complete remission 24 of 30 with cells, "
        "12 of 28 without (P = .006); 2-year disease-free survival 38.9 and 10.0 % (P = .01); no "
        "GVHD; neutrophils 11 and 16 d, platelets 14.5 and 20 d (medians). One trial of 58 "
        "patients; not repeated in what was read.",
        GUO_2011,
        Standing.PUBLISHED,
    ),
    (
        "Where it was inferior: against sibling transplantation in first remission, intermediate "
        "or high risk (not randomized, 59 and 66): 2-year relapse 62.3 and 17.6 %, leukemia-free "
        "survival 31.6 and 73.3 %, survival 34.3 and 74.1 % (P = .001); non-relapse mortality 4.2 "
        "and 10.9 % (P = .251), fewer infections with microtransplantation (P = .012).",
        SIBLING,
        Standing.PUBLISHED,
    ),
    (
        "Single arm, 60 years and over: complete remission 25 of 29 (86.2 %); survival better at "
        "60-70 (n = 20) than over 70 (n = 9).",
        LIU_2026,
        Standing.PUBLISHED,
    ),
    (
        "MDS, retrospective: response 9 of 11 with cells, 6 of 11 with decitabine alone (p = "
        ".36); death HR 0.32 (0.11-0.96).",
        LI_2021,
        Standing.PUBLISHED,
    ),
    (
        "AML after MDS, single arm: response 11 of 22, 24-month survival 34.1 %, mortality of "
        "treatment 18.2 %.",
        HU_2016,
        Standing.PUBLISHED,
    ),
    (
        "A consensus of 2023 on older AML patients exists; its recommendations were not read here.",
        CONSENSUS,
        Standing.PROVISIONAL,
    ),
    (
        "Microchimerism, level: a minor population below 1 %.",
        ONE_PERCENT,
        Standing.PUBLISHED,
    ),
    (
        "Microchimerism, assays: STR sees from 1-5 %, quantitative PCR from 0.1 %; digital PCR "
        "and sequencing see less. Not seen by STR and 0.01 % by digital PCR agree.",
        ASSAYS,
        Standing.PUBLISHED,
    ),
    (
        "Microchimerism, persistence: found in 4 of 4 women tested for the donor's Y chromosome.",
        GUO_2011,
        Standing.PUBLISHED,
    ),
    (
        "Microchimerism, what misleads: transfused leukocytes were found in 5 of 47 at 1-2 weeks "
        "and in none after 4 weeks (components that were not leukoreduced).",
        TRANSFUSED,
        Standing.PUBLISHED,
    ),
)
"""What was read, each with its source."""

OPTIONS: tuple[DecisionOption, ...] = (
    DecisionOption(
        "Chemotherapy without donor cells",
        "The control of the one randomized trial: complete remission 12 of 28, 2-year "
        "disease-free survival 10.0 %. Newer regimens of lower intensity were not its control.",
        (GUO_2011,),
        Standing.PUBLISHED,
        evidence=Evidence("2b"),
    ),
    DecisionOption(
        "Chemotherapy with microtransplanted cells",
        "Complete remission 24 of 30 in that trial, no conditioning, no GVHD prophylaxis, no GVHD "
        "seen in its 30 patients. Needs an HLA-mismatched donor and mobilized cells at each "
        "course; protocols in print stand in a table.",
        (GUO_2011, LIU_2026),
        Standing.PUBLISHED,
        evidence=Evidence("2b"),
    ),
    DecisionOption(
        "Allogeneic transplantation, if fit and in remission with a donor",
        "In first remission of intermediate or high risk, from a matched sibling: 2-year relapse "
        "17.6 % (62.3 % with microtransplantation), survival 74.1 % (34.3 %), more infections. Not "
        "randomized; what was read does not tell the ages of its patients.",
        (SIBLING,),
        Standing.PUBLISHED,
        evidence=Evidence("2b"),
    ),
)
"""In no order of preference."""


def _infusions(situation: Situation) -> tuple[tuple[Cells, ...], tuple[Cells, ...]]:
    t = situation.at + SAME_TIME
    every = situation.record.cells(PRODUCT)
    given = tuple(c for c in every if c.at <= t and c.status not in ("planned", "held"))
    ahead = tuple(c for c in every if c.at > t and c.status != "held")
    return given, ahead


def consider(situation: Situation) -> OpenDecision | None:
    """Open on the platform `microtransplant`, and while such an infusion is given or planned."""
    given, ahead = _infusions(situation)
    record, t = situation.record, situation.at
    if record.platform != PRODUCT and not given and not ahead:
        return None
    graft = [c for c in record.cells("graft") if c.at <= t and c.status not in ("planned", "held")]
    if graft and (not given or graft[-1].at > given[-1].at):
        return None
    known = [c.known if c.known is not None else c.at for c in (*given, *ahead)]
    because = (
        *(seen(c, f"course {c.course}" if c.course else "") for c in given),
        *(
            Because(PRODUCT, c.at, "planned", f"course {c.course}" if c.course else "")
            for c in ahead[:1]
        ),
        *_chimerism_because(situation),
    )
    closes, why = _deadline(situation, ahead)
    return OpenDecision(
        id="microtransplantation",
        question=(
            "Another course with microtransplanted cells, chemotherapy alone, or a transplant?"
            if given
            else "Chemotherapy, chemotherapy with microtransplanted cells, or a transplant?"
        ),
        who=WHO,
        opens=min(known, default=0.0),
        closes=closes,
        closes_why=why,
        first=(),
        because=because,
        needs=_needs(situation, given),
        options=OPTIONS,
        evidence=EVIDENCE,
        would_change=(
            "a matched donor and fitness for transplantation: the comparison in first remission "
            "went against microtransplantation",
            "relapse or rising residual disease",
            "signs of GVHD, or donor chimerism at or above 1 % and rising: then the cells may "
            "engraft (our reading)",
        ),
        monitor=_monitor(situation, given, ahead),
        stop=(
            "No rule for stopping was read. More courses going with longer survival (Liu 2026) "
            "does not show that courses prolong it: those who live longer receive more.",
        ),
        standing=weakest(*(s for _, _, s in EVIDENCE), *(o.standing for o in OPTIONS)),
        notes=_notes(situation, given, ahead),
        tables=(TABLE,),
    )


def _deadline(situation: Situation, ahead: tuple[Cells, ...]) -> tuple[float | None, str]:
    """The next course begins with its chemotherapy, not with its cells."""
    if not ahead:
        return None, "no infusion is planned"
    before = [d.at for d in situation.planned(*CHEMOTHERAPY) if d.at <= ahead[0].at]
    if before:
        return min(before), "first dose of the chemotherapy before the next infusion"
    return ahead[0].at, "the next infusion that is planned"


def _chimerism_because(situation: Situation) -> tuple[Because, ...]:
    return tuple(seen(m, m.method) for m in _chimerism(situation)[-SHOWN:])


def _chimerism(situation: Situation) -> list[Measurement]:
    found = [m for n in CHIMERISM for m in situation.record.measurements(n, end=situation.at)]
    return sorted(found, key=lambda m: (m.at, m.name))


def _cells(number: float) -> str:
    """ "3.1 x 10^9"."""
    digits, _, power = f"{number:.1e}".partition("e")
    return f"{digits} x 10^{int(power)}"


def _need(name: str, known: bool, text: str) -> Need:
    """The text stands alone, name first."""
    return Need(name, known, f"{name}: {text}")


def _needs(situation: Situation, given: tuple[Cells, ...]) -> tuple[Need, ...]:
    record, t = situation.record, situation.at
    age = record.age_at(t)
    low, high = STUDIED
    if age is None:
        years = "no date of birth"
    else:
        inside = low <= age < high + 1.0
        years = (
            f"{int(age)} years, {'inside' if inside else 'outside'} the {low:g}-{high:g} studied"
        )
    weight = record.value_at("weight", t)
    total = "no weight: cells per kg cannot be counted"
    if weight is not None:
        fewest, most = cells_in_print(weight)
        total = (
            f"{weight:g} kg; the CD3 range in print for one infusion ({TOLD}) is then "
            f"{_cells(fewest)} to {_cells(most)} cells"
        )
    disease = record.latest("mrd", t)
    relapse = record.latest_finding("relapse", t)
    state = [] if relapse is None else [f"relapse {relapse.text}"]
    if disease is not None:
        where = " ".join(w for w in (disease.marker, disease.specimen) if w)
        day = record.calendar_day(disease.at)
        state.append(f"residual disease {where} {disease.text}, day {day:+d}".replace("  ", " "))
    values = _chimerism(situation)
    donor = next((c.donor for c in reversed(given) if c.donor), "")
    return (
        _need("age", age is not None, years),
        _need("weight", weight is not None, total),
        _need(
            "disease now",
            bool(state),
            f"charted: {', '.join(state)}"
            if state
            else "no residual disease and no relapse charted",
        ),
        _need(
            "remission and risk",
            False,
            "whether it is remission is a judgment; cytogenetic and molecular risk has no field "
            "here",
        ),
        _need("fitness for transplantation", False, "a judgment; the record has no field for it"),
        _need(
            "donor",
            bool(donor),
            donor.replace("_", " ") if donor else "none charted: mismatched, or matched as well?",
        ),
        _need(
            "microchimerism with the assay's limit",
            any(m.limit is not None or m.censored for m in values),
            "; ".join(f"{m.text} ({m.method or 'method not told'})" for m in values[-SHOWN:])
            or "no donor chimerism charted",
        ),
    )


def _days(situation: Situation, given: tuple[Cells, ...], ahead: tuple[Cells, ...]) -> str:
    """The proposed times as days of this patient, as far as infusions are charted."""
    record = situation.record
    said = []
    if given:
        last = given[-1].at
        first, second, after = (record.calendar_day(last + 24.0 * d) for d in (7, 14, 28))
        said.append(
            f"after the last infusion days {first:+d} to {second:+d} and from {after:+d} on"
        )
    if ahead:
        closes, _ = _deadline(situation, ahead)
        day = record.calendar_day(ahead[0].at if closes is None else closes)
        said.append(f"before the next course by day {day:+d}")
    return f"; here {', '.join(said)}" if said else ""


def _monitor(
    situation: Situation, given: tuple[Cells, ...], ahead: tuple[Cells, ...]
) -> tuple[str, ...]:
    said = [
        "blood counts to recovery, against the medians in print (neutrophils 11 d, platelets "
        "14.5 d, n = 30, Guo 2011; from which day and to which count was not read)",
        "skin, liver and gut for GVHD: none in the trial's 30, but no prophylaxis is given",
        "donor microchimerism by an assay with a stated limit (digital PCR, sequencing or "
        "quantitative PCR; STR sees only from 1-5 %), one specimen and method throughout",
        "times, our proposal (hypothesis, no schedule was read): before the first infusion, at "
        "1-2 weeks, after 4 weeks, when transfused leukocytes are gone, and before each next "
        f"course{_days(situation, given, ahead)}",
        "transfusions with date: a transfusion may be taken for donor cells for up to 4 weeks",
        "residual disease by one marker and specimen at a time",
    ]
    values = _chimerism(situation)
    if values and given:
        below = [m for m in values if m.censored == "<"]
        said.append(
            f"so far {len(values)} chimerism values, {len(below)} below the limit; a value below "
            "the limit is not zero, and each assay counts by its own limit"
        )
    return tuple(said)


def _notes(
    situation: Situation, given: tuple[Cells, ...], ahead: tuple[Cells, ...]
) -> tuple[str, ...]:
    notes = ["The means that could be made of these studies: none (equipoise evidence)."]
    age = situation.record.age_at(situation.at)
    if age is not None and age < STUDIED[0]:
        notes.append(f"At {int(age)} years the patient is younger than any of Guo 2011's.")
    for cells in (*given, *ahead):
        notes.append(_dose_note(situation, cells, planned=cells in ahead))
    if ahead:
        count = len(given) + 1
        notes.append(
            f"The next would be infusion {count} of those in the record; Guo 2011 gave 3 in all."
        )
    return tuple(notes)


def _dose_note(situation: Situation, cells: Cells, *, planned: bool) -> str:
    """The dose held against the one range in print; of a planned one the cells in all."""
    first = PROTOCOLS[0]
    day = situation.record.calendar_day(cells.at)
    label = f"course {cells.course}" if cells.course else f"infusion of day {day:+d}"
    if planned:
        label += " (planned)"
    quantity = dict(cells.doses).get("CD3")
    if quantity is None:
        return f"{label}: no CD3 dose charted."
    per_kg = cd3_per_kg(situation, cells)
    if per_kg is None:
        return f"{label}: CD3 {quantity.text} is not per kg, and no weight is charted."
    inside = first.cd3_low <= per_kg <= first.cd3_high
    counted = "" if "kg" in quantity.unit else f" ({_cells(per_kg)} per kg)"
    side = "inside" if inside else "outside"
    said = (
        f"{label}: CD3 {quantity.text}{counted}, {side} the range in print "
        f"({_cells(first.cd3_low)} to {_cells(first.cd3_high)} per kg; {TOLD})"
    )
    weight = situation.record.value_at("weight", situation.at)
    if planned and weight is not None:
        said += f"; {_cells(per_kg * weight)} CD3 cells at {weight:g} kg"
    return f"{said}."


DECISION = Decision(
    id="microtransplantation",
    title="Chemotherapy, microtransplantation or transplant in the older AML patient",
    who=WHO,
    consider=consider,
    sources=(GUO_2011, SIBLING, LIU_2026, LI_2021, HU_2016, ASSAYS, CONVENTION),
)
