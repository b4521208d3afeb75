"""Open decisions on small records: when they open and close, what they ask for, what they say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from equipoise import decisions, units
from equipoise.advice import Situation
from equipoise.criterion import Grade
from equipoise.decision import Decision, OpenDecision
from equipoise.record import (
    AnyEvent,
    Cells,
    Dose,
    Finding,
    Measurement,
    Procedure,
    Record,
    Stop,
)
from equipoise.source import Source, Standing

BY_ID = {d.id: d for d in decisions.ALL}
AZOLE, ATG, WAVE = (
    BY_ID[i] for i in ("azole_on_sirolimus", "atg_remaining", "second_inflammatory_wave")
)
DAY = 24.0


def dose(
    agent: str, at: float, amount: str = "2 mg", *, status: str = "", known: float | None = None
) -> Dose:
    return Dose(
        at=at, known=at if known is None else known, agent=agent, amount=units.parse(amount),
        route="iv" if agent == "thymoglobulin" else "oral", status=status,
        duration=6.0 if agent == "thymoglobulin" else 0.0,
    )  # fmt: skip


def planned(agent: str, at: float, amount: str = "300 mg", *, known: float) -> Dose:
    return dose(agent, at, amount, status="planned", known=known)


def value(name: str, at: float, text: str, *, known: float | None = None) -> Measurement:
    quantity = units.parse(text)
    return Measurement(
        at=at, known=at if known is None else known, name=name, value=quantity,
        number=float(quantity.number),
    )  # fmt: skip


def finding(name: str, at: float, what: object) -> Finding:
    return Finding(at=at, known=at, name=name, value=what)


def situation(
    t: float,
    *events: AnyEvent,
    platform: str = "",
    exposures: Mapping[str, Any] | None = None,
    grades: Iterable[Grade] = (),
) -> Situation:
    record = Record(
        id="p", day0=datetime(2025, 3, 10, 10, tzinfo=UTC), platform=platform, events=tuple(events)
    ).until(t)
    return Situation(record, t, {g.criterion: g for g in grades}, exposures or {})


def ask(decision: Decision, patient: Situation) -> OpenDecision:
    opened = decision.consider(patient)
    assert opened is not None
    return opened


def needs(opened: OpenDecision) -> dict[str, bool]:
    return {n.name: n.known for n in opened.needs}


def text(opened: OpenDecision) -> str:
    parts = [opened.question, *opened.first, *opened.notes, *opened.stop, *opened.would_change]
    parts += [f"{o.label} {o.text}" for o in opened.options]
    return " ".join(parts)


@pytest.mark.parametrize("decision", decisions.ALL, ids=lambda d: d.id)
def test_nothing_is_open_in_an_empty_record(decision: Decision) -> None:
    assert decision.consider(situation(10.0)) is None
    assert tuple(decision.request(situation(10.0))) == ()
    assert decision.sources


# --- azole on sirolimus ---------------------------------------------------------------------------

SIROLIMUS = [dose("sirolimus", DAY * d) for d in range(20)]
T = 19 * DAY + 2.0
TOMORROW = T + 22.0


def azole_patient(*events: AnyEvent, t: float = T) -> Situation:
    return situation(t, *SIROLIMUS, *events)


def test_posaconazole_tomorrow_opens_with_the_label() -> None:
    patient = azole_patient(planned("posaconazole", TOMORROW, known=T - 3.0))
    opened = ask(AZOLE, patient)
    assert opened.first[0].startswith(
        "Posaconazole US label, sections 4.2 and 7.1: contraindicated"
    )
    assert opened.opens == T - 3.0
    assert opened.closes == TOMORROW
    assert opened.closes_why == "first dose of posaconazole"
    assert opened.standing is Standing.PUBLISHED
    labels = [o.label for o in opened.options]
    assert labels[0] == "Another antifungal (an echinocandin)"
    assert labels[1] == "Hold sirolimus while the azole runs"
    assert "pharmacist" in opened.who


def test_posaconazole_is_weighed_under_both_ratios() -> None:
    patient = azole_patient(planned("posaconazole", TOMORROW, known=T))
    (request,) = AZOLE.request(patient)
    ratios = {s.id: s.ratio for s in request.scenarios}
    assert ratios == {
        "posaconazole_transplant": 2.65,
        "posaconazole_transplant_lowest": 1.75,
        "posaconazole_transplant_highest": 5.9,
        "posaconazole_healthy": 8.88,
        "micafungin": 1.21,
        "no_azole": 1.0,
    }
    assert {s.start for s in request.scenarios} == {TOMORROW}
    assert {s.id for s in request.scenarios if s.of == "trough"} == {
        "posaconazole_transplant",
        "posaconazole_transplant_lowest",
        "posaconazole_transplant_highest",
    }
    assert request.agent == "sirolimus"
    assert request.horizon == pytest.approx(TOMORROW - T + 18 * DAY)
    found = {c.id: c.fraction for c in request.candidates}
    assert found["posaconazole_transplant:cut_65"] == 0.35
    assert found["posaconazole_healthy:cut_90"] == 0.10
    assert found["posaconazole_healthy:hold"] == 0.0
    assert found["micafungin:continue"] == 1.0
    # At the ends of the printed range only the reduced doses are weighed.
    assert {i for i in found if "est:" in i} == {
        f"posaconazole_transplant_{end}:{cut}"
        for end in ("lowest", "highest")
        for cut in ("half", "cut_65")
    }
    assert len(found) == len(request.candidates) == 16


def test_every_computed_id_of_an_option_was_asked_for() -> None:
    for agent in ("posaconazole", "voriconazole", "isavuconazole", "fluconazole", "itraconazole"):
        patient = azole_patient(planned(agent, TOMORROW, known=T))
        (request,) = AZOLE.request(patient)
        asked = {c.id for c in request.candidates}
        used = {i for o in ask(AZOLE, patient).options for i in o.computed}
        assert used <= asked
        assert {c.scenario for c in request.candidates} == {s.id for s in request.scenarios}


def test_combining_keeps_the_status_of_the_label() -> None:
    opened = ask(AZOLE, azole_patient(planned("posaconazole", TOMORROW, known=T)))
    status = {o.label: o.status for o in opened.options}
    assert status["Combine them under a reduced dose with levels (off-label center practice)"] == (
        "contraindicated"
    )
    assert status["Combine them at the present dose"] == "contraindicated"
    assert status["Another antifungal (an echinocandin)"] == ""


def test_voriconazole_has_its_own_ratios_and_standing() -> None:
    patient = azole_patient(planned("voriconazole", TOMORROW, known=T))
    (request,) = AZOLE.request(patient)
    ratios = {s.id: (s.ratio, s.standing) for s in request.scenarios}
    assert ratios["voriconazole_healthy"] == (11.0, Standing.PROVISIONAL)
    assert ratios["voriconazole_practice"] == (10.5, Standing.PUBLISHED)
    assert round(6.1 / 5.8 / 0.1, 1) == 10.5
    assert ask(AZOLE, patient).standing is Standing.PROVISIONAL


@pytest.mark.parametrize("agent", ["fluconazole", "itraconazole"])
def test_without_a_ratio_nothing_is_computed_for_the_azole(agent: str) -> None:
    patient = azole_patient(planned(agent, TOMORROW, known=T))
    (request,) = AZOLE.request(patient)
    assert {s.id for s in request.scenarios} == {"micafungin", "no_azole"}
    opened = ask(AZOLE, patient)
    assert f"No ratio for {agent}" in opened.notes[0]
    assert all("contraindicated" not in o.status for o in opened.options)


def test_an_azole_that_began_has_no_deadline() -> None:
    azole = [dose("posaconazole", T - 30.0 + DAY * d, "300 mg") for d in range(2)]
    opened = ask(AZOLE, azole_patient(*azole))
    assert opened.closes is None
    assert opened.opens == T - 30.0
    assert any("has begun" in note for note in opened.notes)
    (request,) = AZOLE.request(azole_patient(*azole))
    starts = {s.id: s.start for s in request.scenarios}
    assert starts["posaconazole_healthy"] == T - 30.0
    assert starts["micafungin"] == T


@pytest.mark.parametrize(("days", "is_open"), [(13.9, True), (14.1, False)])
def test_the_question_ages_out_two_weeks_after_the_start(days: float, is_open: bool) -> None:
    first = T - days * DAY
    azole = [dose("posaconazole", first + DAY * d, "300 mg") for d in range(14)]
    assert (AZOLE.consider(azole_patient(*azole)) is not None) == is_open


def test_no_sirolimus_no_question() -> None:
    azole = planned("posaconazole", TOMORROW, known=T)
    assert AZOLE.consider(situation(T, azole)) is None
    stop = Stop(at=T - 1.0, known=T - 1.0, agent="sirolimus")
    assert AZOLE.consider(azole_patient(azole, stop)) is None
    assert AZOLE.consider(azole_patient()) is None


def test_a_plan_that_is_not_yet_known_opens_nothing() -> None:
    later = planned("posaconazole", TOMORROW, known=T + 1.0)
    assert AZOLE.consider(azole_patient(later)) is None


def test_the_gravest_label_opens_the_question_and_names_the_others() -> None:
    both = (
        planned("fluconazole", T + 2.0, known=T),
        planned("voriconazole", TOMORROW, known=T),
    )
    opened = ask(AZOLE, azole_patient(*both))
    assert opened.question.startswith("Voriconazole is planned")
    assert any("Also in the record: fluconazole" in note for note in opened.notes)
    running = dose("posaconazole", T - 5.0, "300 mg")
    switched = ask(AZOLE, azole_patient(running, *both))
    assert switched.question.startswith("Voriconazole is planned")


def test_what_is_known_of_the_trough_and_the_liver() -> None:
    azole = planned("posaconazole", TOMORROW, known=T)
    bare = needs(ask(AZOLE, azole_patient(azole)))
    assert not any(bare.values())
    early = needs(ask(AZOLE, azole_patient(azole, value("sirolimus", 6 * DAY, "5 ng/mL"))))
    assert early["current steady-state trough"] is False
    full = needs(
        ask(
            AZOLE,
            azole_patient(
                azole,
                value("sirolimus", 17 * DAY, "6.1 ng/mL", known=18 * DAY),
                value("bilirubin", 18 * DAY, "0.8 mg/dL"),
                dose("letermovir", T - 4.0, "480 mg"),
            ),
        )
    )
    for name in (
        "current steady-state trough",
        "liver function",
        "other inhibitors and inducers",
        "turnaround of sirolimus levels",
    ):
        assert full[name] is True
    assert full["indication for the azole"] is False


# --- remaining ATG --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Window:
    window: str
    platforms: tuple[str, ...]


@dataclass(frozen=True)
class Misfit:
    target: Window
    reason: str


@dataclass(frozen=True)
class Seen:
    """What the job passes on about an agent, as far as the decision reads it."""

    targets: tuple[Window, ...]
    refused: tuple[Misfit, ...] = ()


AU_WINDOW = Window("60-95 AU.d/mL", ("adult_unrelated",))
UE_WINDOW = Window("100-148.5 UE.d/mL", ("haploidentical_replete",))


def atg_events(unit: str = "AU") -> list[AnyEvent]:
    name = f"atg_active_{unit.lower()}"
    return [
        value("weight", -200.0, "70 kg"),
        dose("thymoglobulin", -120.0, "160 mg"),
        dose("thymoglobulin", -96.0, "160 mg"),
        planned("thymoglobulin", -72.0, "160 mg", known=-130.0),
        planned("thymoglobulin", -48.0, "160 mg", known=-130.0),
        value(name, -97.0, f"9.1 {unit}/mL", known=-90.0),
        Procedure(at=-86.0, known=-86.0, name="level_drawn", of=name),
    ]


def test_atg_opens_with_a_level_and_closes_at_the_last_dose() -> None:
    assert ATG.consider(situation(-91.0, *atg_events())) is None
    patient = situation(
        -84.0, *atg_events(), platform="adult_unrelated",
        exposures={"thymoglobulin": Seen((AU_WINDOW,))},
    )  # fmt: skip
    opened = ask(ATG, patient)
    assert opened.opens == -90.0
    assert opened.closes == -48.0
    assert "next one starts in 12 h" in opened.closes_why
    assert "remaining 2 doses of Thymoglobulin" in opened.question
    known = needs(opened)
    assert known["pending level"] is False
    assert known["weight"] is True
    assert known["lymphocytes before the first dose"] is False
    assert known["window in the unit of the levels"] is True
    assert any("160 mg = 6.4 vials of 25 mg: 150 mg (6) or 175 mg (7)" in n for n in opened.notes)
    assert any("NOT FOR DOSING" in n for n in opened.notes)


def test_atg_asks_for_fractions_of_what_remains() -> None:
    patient = situation(-84.0, *atg_events(), exposures={"thymoglobulin": Seen((AU_WINDOW,))})
    (request,) = ATG.request(patient)
    assert request.agent == "thymoglobulin"
    assert {c.id: c.fraction for c in request.candidates} == {
        "as_planned": 1.0,
        "half": 0.5,
        "none": 0.0,
        "plus_50": 1.5,
    }
    computed = {i for o in ask(ATG, patient).options for i in o.computed}
    assert computed == {c.id for c in request.candidates}
    assert ask(ATG, patient).options[-1].label.startswith("Wait for the pending level")


def test_atg_without_a_window_in_the_unit_has_no_options_and_says_why() -> None:
    reason = "its unit is UE.d/mL (atg_active_ue), the levels are atg_active_au"
    misfits = (Misfit(UE_WINDOW, reason), Misfit(AU_WINDOW, "elsewhere"))
    patient = situation(
        -84.0, *atg_events(), platform="haploidentical_replete",
        exposures={"thymoglobulin": Seen((), misfits)},
    )  # fmt: skip
    opened = ask(ATG, patient)
    assert opened.options == ()
    assert tuple(ATG.request(patient)) == ()
    assert any("no target in this unit" in f for f in opened.first)
    assert any(reason in f for f in opened.first)
    assert not any("elsewhere" in f for f in opened.first)
    assert needs(opened)["window in the unit of the levels"] is False


def test_atg_evidence_stays_on_its_platform() -> None:
    unrelated = ask(ATG, situation(-84.0, *atg_events(), platform="adult_unrelated"))
    haplo = ask(ATG, situation(-84.0, *atg_events("UE"), platform="haploidentical_replete"))
    assert not any("UE.d/mL" in row[0] for row in unrelated.evidence)
    assert any("100-148.5 UE.d/mL" in row[0] for row in haplo.evidence)
    bishop = next(row for row in unrelated.evidence if "32 %" in row[0])
    assert bishop[2] is Standing.PROVISIONAL


def test_atg_closes_with_the_last_dose_and_with_a_stop() -> None:
    assert ATG.consider(situation(-47.0, *atg_events())) is None
    stop = Stop(at=-85.0, known=-85.0, agent="thymoglobulin")
    assert ATG.consider(situation(-84.0, *atg_events(), stop)) is None


def test_atg_dose_without_a_weight_does_not_break_the_decision() -> None:
    events = [
        dose("thymoglobulin", -120.0, "2.5 mg/kg"),
        planned("thymoglobulin", -72.0, "2.5 mg/kg", known=-130.0),
        value("atg_active_au", -97.0, "9.1 AU/mL"),
    ]
    opened = ask(ATG, situation(-84.0, *events))
    assert needs(opened)["weight"] is False
    assert any("needs a weight" in n for n in opened.notes)


# --- second wave after CAR-T ----------------------------------------------------------------------

CAR = Cells(at=0.0, known=0.0, product="tisagenlecleucel")
FIRST_WAVE: tuple[AnyEvent, ...] = (
    CAR,
    value("ferritin", 0.0, "6905 ng/mL"),
    value("temperature", 6.0, "38.6 Cel"),
    value("temperature", 50.0, "39.2 Cel"),
    dose("tocilizumab", 52.0, "8 mg/kg"),
    value("temperature", 60.0, "37.1 Cel"),
)


def test_the_first_wave_alone_opens_nothing() -> None:
    for t in (10.0, 55.0, 61.0, 80.0, 200.0):
        assert WAVE.consider(situation(t, *FIRST_WAVE)) is None


def test_new_fever_on_day_eleven_opens_the_question() -> None:
    events = (*FIRST_WAVE, value("temperature", 265.0, "39.0 Cel"))
    assert WAVE.consider(situation(264.0, *events)) is None
    opened = ask(WAVE, situation(266.0, *events))
    assert opened.opens == 265.0
    assert opened.closes is None
    assert "IEC-HS, infection, progression or CRS again" in opened.question
    assert opened.standing is Standing.PROVISIONAL
    assert opened.because[0].name == "temperature"
    assert "8.9 d after the last sign of the first wave" in opened.notes[0]
    assert len(opened.options) == 6


@pytest.mark.parametrize(
    ("at", "opens"), [(71.9, False), (72.0, False), (76.0, True)], ids=["day3-", "short", "day3+"]
)
def test_fever_counts_from_day_three_after_a_day_without(at: float, opens: bool) -> None:
    events = (*FIRST_WAVE, value("temperature", at, "38.0 Cel"))
    assert (WAVE.consider(situation(at, *events)) is not None) == opens


def test_temperature_just_below_the_limit_is_no_fever() -> None:
    events = (*FIRST_WAVE, value("temperature", 265.0, "37.9 Cel"))
    assert WAVE.consider(situation(266.0, *events)) is None


def test_a_gap_in_the_chart_is_said_to_be_one() -> None:
    events = (*FIRST_WAVE[:-1], finding("fever", 264.0, True))
    opened = ask(WAVE, situation(266.0, *events))
    assert any("inferred from the gap" in n for n in opened.notes)
    close = (*FIRST_WAVE[:-1], finding("fever", 52.0 + 71.0, True))
    assert WAVE.consider(situation(124.0, *close)) is None


def test_charted_grades_tell_the_waves_apart() -> None:
    def crs(at: float, grade: int) -> Finding:
        return finding("recorded_grade", at, {"criterion": "crs_astct2019", "grade": grade})

    events = (CAR, crs(6.0, 1), crs(48.0, 2), crs(96.0, 0), finding("fever", 264.0, True))
    opened = ask(WAVE, situation(266.0, *events))
    assert not any("inferred" in n for n in opened.notes)


@pytest.mark.parametrize(("ferritin", "opens"), [("13810", False), ("13811", True)])
def test_ferritin_opens_above_twice_the_earlier_value(ferritin: str, opens: bool) -> None:
    events = (*FIRST_WAVE, value("ferritin", 200.0, f"{ferritin} ng/mL"))
    found = WAVE.consider(situation(201.0, *events))
    assert (found is not None) == opens


@pytest.mark.parametrize(("fibrinogen", "opens"), [("150", False), ("149", True)])
def test_fibrinogen_opens_below_the_limit(fibrinogen: str, opens: bool) -> None:
    events = (
        *FIRST_WAVE,
        value("fibrinogen", 40.0, "300 mg/dL"),
        value("fibrinogen", 200.0, f"{fibrinogen} mg/dL"),
    )
    assert (WAVE.consider(situation(201.0, *events)) is not None) == opens


def test_one_soft_sign_is_not_enough_two_are() -> None:
    platelets = (value("platelets", 40.0, "90 10*9/L"), value("platelets", 200.0, "20 10*9/L"))
    creatinine = (value("creatinine", 40.0, "0.8 mg/dL"), value("creatinine", 200.0, "1.2 mg/dL"))
    assert WAVE.consider(situation(201.0, *FIRST_WAVE, *platelets)) is None
    assert WAVE.consider(situation(201.0, *FIRST_WAVE, *creatinine)) is None
    opened = ask(WAVE, situation(201.0, *FIRST_WAVE, *platelets, *creatinine))
    assert {b.name for b in opened.because} == {"platelets", "creatinine"}


def test_factors_are_met_in_the_unit_of_entry() -> None:
    fever = value("temperature", 265.0, "39.0 Cel")
    rise = (value("creatinine", 40.0, "70.72 umol/L"), value("creatinine", 264.0, "1.2 mg/dL"))
    below = (value("creatinine", 40.0, "70.72 umol/L"), value("creatinine", 264.0, "1.1 mg/dL"))
    met = ask(WAVE, situation(266.0, *FIRST_WAVE, fever, *rise))
    assert {b.name for b in met.because} == {"temperature", "creatinine"}
    unmet = ask(WAVE, situation(266.0, *FIRST_WAVE, fever, *below))
    assert {b.name for b in unmet.because} == {"temperature"}


def test_an_earlier_value_above_an_assay_limit_proves_no_rise() -> None:
    events = (
        *FIRST_WAVE,
        value("ferritin", 30.0, ">16500 ng/mL"),
        value("ferritin", 200.0, "40000 ng/mL"),
    )
    assert WAVE.consider(situation(201.0, *events)) is None


@pytest.mark.parametrize(("alt", "opens"), [("200", False), ("201", True)])
def test_liver_injury_is_above_five_times_the_upper_limit(alt: str, opens: bool) -> None:
    quantity = units.parse(f"{alt} U/L")
    enzyme = Measurement(
        at=200.0, known=200.0, name="alt", value=quantity, number=float(quantity.number),
        high=units.parse("40 U/L"),
    )  # fmt: skip
    oxygen = finding("oxygen_device", 199.0, "high_flow")
    found = WAVE.consider(situation(201.0, *FIRST_WAVE, oxygen, enzyme))
    assert (found is not None) == opens


def test_the_question_closes_when_the_signs_are_three_days_old() -> None:
    events = (*FIRST_WAVE, value("ferritin", 200.0, "40000 ng/mL"))
    assert WAVE.consider(situation(272.0, *events)) is not None
    assert WAVE.consider(situation(273.0, *events)) is None


def test_a_wave_that_goes_on_keeps_its_first_sign() -> None:
    fever = value("temperature", 265.0, "39.0 Cel")
    later = value("ferritin", 345.0, "800000 ng/mL")
    assert WAVE.consider(situation(340.0, *FIRST_WAVE, fever)) is None
    opened = ask(WAVE, situation(346.0, *FIRST_WAVE, fever, later))
    assert opened.opens == 265.0
    assert [b.name for b in opened.because] == ["temperature", "ferritin"]
    assert "day +11" in opened.notes[0]


def test_ferritin_that_falls_opens_nothing() -> None:
    peak = value("ferritin", 200.0, "90000 ng/mL")
    falling = value("ferritin", 480.0, "40000 ng/mL")
    rising = value("ferritin", 480.0, "95000 ng/mL")
    assert WAVE.consider(situation(481.0, *FIRST_WAVE, peak, falling)) is None
    assert WAVE.consider(situation(481.0, *FIRST_WAVE, peak, rising)) is not None


def test_iechs_met_opens_it_without_a_first_wave() -> None:
    grade = Grade(
        criterion="iechs_astct2023", at=200.0, low=2, high=4, grade=None, score=None, met=True,
        since=190.0, because=(), missing=(), sentence="", source=Source("test"),
        standing=Standing.PROVISIONAL,
    )  # fmt: skip
    assert WAVE.consider(situation(200.0, CAR)) is None
    opened = ask(WAVE, situation(200.0, CAR, grades=[grade]))
    assert opened.opens == 190.0


def test_infection_that_is_open_is_treated_alongside() -> None:
    events = (*FIRST_WAVE, value("temperature", 265.0, "39.0 Cel"))
    assert "treat as both" in ask(WAVE, situation(266.0, *events)).first[0]
    suspected = ask(WAVE, situation(266.0, *events, finding("infection", 265.0, "suspected")))
    assert suspected.first[0].startswith("Infection is suspected")
    assert needs(suspected)["infection"] is False
    excluded = ask(WAVE, situation(266.0, *events, finding("infection", 265.0, "excluded")))
    assert "treat as both" not in excluded.first[0]
    assert needs(excluded)["infection"] is True


def test_ferritin_that_parts_from_crp_is_pointed_out() -> None:
    events = (
        *FIRST_WAVE,
        value("ferritin", 240.0, "20000 ng/mL"),
        value("ferritin", 264.0, "80000 ng/mL"),
        value("crp", 240.0, "60 mg/L"),
        value("crp", 264.0, "20 mg/L"),
    )
    opened = ask(WAVE, situation(265.0, *events))
    assert any("C-reactive protein falling" in n for n in opened.notes)
    assert needs(opened)["ferritin in series"] is True


def test_no_probability_and_no_single_directive() -> None:
    events = (*FIRST_WAVE, value("temperature", 265.0, "39.0 Cel"))
    opened = ask(WAVE, situation(266.0, *events))
    words = text(opened).lower()
    assert "probability" not in words
    assert "recommended option" not in words
    assert any("none of 475 had new CRS after day 14" in row[0] for row in opened.evidence)
    assert any("4 days (IQR 1-6)" in row[0] for row in opened.evidence)
    ladder = [o for o in opened.options if "ladder" in o.text or "step" in o.text]
    assert all(o.standing is Standing.PROVISIONAL for o in ladder)


def test_no_effector_cells_no_second_wave() -> None:
    events = (*FIRST_WAVE[1:], value("temperature", 265.0, "39.0 Cel"))
    assert WAVE.consider(situation(266.0, *events)) is None


# --- all of them ----------------------------------------------------------------------------------

OPEN: tuple[tuple[Decision, float, tuple[AnyEvent, ...]], ...] = (
    (AZOLE, T, (*SIROLIMUS, planned("posaconazole", TOMORROW, known=T - 3.0))),
    (ATG, -84.0, tuple(atg_events())),
    (WAVE, 266.0, (*FIRST_WAVE, value("temperature", 265.0, "39.0 Cel"))),
)


@pytest.mark.parametrize(("decision", "t", "events"), OPEN, ids=lambda x: getattr(x, "id", ""))
def test_an_open_decision_is_whole(
    decision: Decision, t: float, events: tuple[AnyEvent, ...]
) -> None:
    opened = ask(decision, situation(t, *events))
    assert opened.id == decision.id
    assert opened.who == decision.who
    assert opened.opens <= t
    assert opened.closes is None or opened.closes > t
    for part in (opened.because, opened.needs, opened.options, opened.evidence,
                 opened.would_change, opened.monitor, opened.stop, opened.first):  # fmt: skip
        assert part
    assert len(opened.options) >= 4
    assert all(n.text.startswith(f"{n.name}: ") for n in opened.needs)
    assert all(o.sources for o in opened.options)


@pytest.mark.parametrize(("decision", "t", "events"), OPEN, ids=lambda x: getattr(x, "id", ""))
def test_what_is_known_later_changes_nothing(
    decision: Decision, t: float, events: tuple[AnyEvent, ...]
) -> None:
    later = (
        value("sirolimus", t - 1.0, "40 ng/mL", known=t + 1.0),
        value("ferritin", t - 1.0, "900000 ng/mL", known=t + 1.0),
        value("atg_active_ue", t - 1.0, "50 UE/mL", known=t + 1.0),
        Stop(at=t - 1.0, known=t + 1.0, agent="posaconazole"),
        dose("voriconazole", t + 2.0, "200 mg", status="planned", known=t + 0.5),
    )
    then = decision.consider(situation(t, *events))
    assert decision.consider(situation(t, *events, *later)) == then
