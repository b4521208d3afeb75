"""An azole for a patient on sirolimus: what the label says, what it would do, which ways lead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from equipoise import names
from equipoise.advice import RUNNING_HOURS, Situation
from equipoise.criterion import Because, Truth, seen
from equipoise.decision import (
    Candidate,
    Decision,
    DecisionOption,
    Need,
    OpenDecision,
    Request,
    Scenario,
)
from equipoise.decisions.azole_facts import (
    AZOLES,
    CEBERIO,
    CITY_OF_HOPE,
    CONVENTION,
    EBMT,
    MICAFUNGIN_LABEL,
    MONOGRAPH,
    OTHERS,
    POSACONAZOLE_LABEL,
    SIROLIMUS_LABEL,
    SUROWIEC,
    TOWNSEND,
    UNCHANGED,
    VORICONAZOLE_LABEL,
    ZIMMERMAN,
    Azole,
)
from equipoise.record import SAME_TIME, Dose
from equipoise.source import Evidence, Source, Standing, weakest

WHO = "transplant physician with pharmacist and infectious disease"
AGENT = "sirolimus"

STEADY_WAIT = 7 * 24.0 - 12.0
"""Hours on an unchanged dose before a trough counts as steady: 7 days (sirolimus label, Cheng
2020), from the trough just before the dose that ends the seventh on (project convention)."""
RECENT_LABS = 7 * 24.0
"""Hours for which a liver test counts as current (project convention)."""
HORIZON = 18 * 24.0
"""Hours after the azole's start at which the metric is read: when the posaconazole series of 75
patients was read on average."""

FRACTIONS: dict[str, tuple[float, str]] = {
    "continue": (1.0, "present dose"),
    "half": (0.5, "half the dose (cut 50 %)"),
    "cut_65": (0.35, "35 % of the dose (cut 65 %)"),
    "cut_90": (0.10, "10 % of the dose (cut 90 %)"),
    "hold": (0.0, "sirolimus held"),
}
"""Fractions of the present dose: those that centers report, and none."""


@dataclass(frozen=True, slots=True)
class _Found:
    azole: Azole
    first: Dose
    ahead: bool
    sirolimus: tuple[Because, ...]


def _course(situation: Situation, agent: str) -> tuple[Dose, bool] | None:
    """First dose of the azole's course and whether it is still ahead; None where none is near."""
    ahead = situation.planned(agent)
    given = situation.given(agent)
    stop = situation.stop_of(agent)
    if stop is not None and stop.at <= situation.at + SAME_TIME:
        given = ()
    first: Dose | None = None
    last = 0.0
    for dose in given:
        if first is None or dose.at - last > RUNNING_HOURS:
            first = dose
        last = dose.at
    if first is not None and situation.at - last <= RUNNING_HOURS + SAME_TIME:
        if situation.at - first.at <= RUNNING_HOURS + SAME_TIME:
            return first, False
        return None
    return (ahead[0], True) if ahead else None


def _find(situation: Situation) -> _Found | None:
    running, sirolimus = situation.running(AGENT)
    if running is not Truth.MET:
        return None
    found = []
    for azole in AZOLES:
        course = _course(situation, azole.agent)
        if course is not None:
            found.append(_Found(azole, course[0], course[1], sirolimus))
    # The gravest label first; among equals the one that can still be averted.
    severity = {"contraindicated": 0, "avoid": 1, "": 2}
    return min(found, key=lambda f: (severity[f.azole.status], not f.ahead), default=None)


def _scenarios(found: _Found, t: float) -> tuple[Scenario, ...]:
    start = found.first.at
    switch = start if found.ahead else t
    azole = tuple(
        Scenario(r.id, r.label, r.ratio, start, r.source, r.standing, r.note, r.of, r.low, r.high)
        for r in found.azole.ratios
    )
    return (
        *azole,
        Scenario(
            "micafungin",
            "micafungin instead",
            1.21,
            switch,
            MICAFUNGIN_LABEL,
            Standing.PUBLISHED,
            "AUC +21 %, Cmax unchanged",
        ),
        Scenario(
            "no_azole", "no interacting antifungal", 1.0, switch, UNCHANGED, Standing.PUBLISHED
        ),
    )


def _candidates(found: _Found) -> tuple[Candidate, ...]:
    names = ("continue", "half", "cut_65", "cut_90", "hold")
    under: list[tuple[str, tuple[str, ...]]] = [
        (r.id, found.azole.cuts if r.end else names) for r in found.azole.ratios
    ]
    under += [("micafungin", ("continue",)), ("no_azole", ("continue",))]
    return tuple(
        Candidate(
            f"{scenario}:{name}",
            FRACTIONS[name][1],
            fraction=FRACTIONS[name][0],
            scenario=scenario,
        )
        for scenario, chosen in under
        for name in chosen
    )


def request(situation: Situation) -> Sequence[Request]:
    """The present dose and cuts of it under each ratio, another antifungal, and no azole."""
    found = _find(situation)
    if found is None:
        return ()
    start = max(found.first.at, situation.at)
    return (
        Request(
            AGENT,
            _candidates(found),
            _scenarios(found, situation.at),
            horizon=start - situation.at + HORIZON,
            instead=(*(a.agent for a in AZOLES), "micafungin"),
        ),
    )


def consider(situation: Situation) -> OpenDecision | None:
    """Open while sirolimus runs and an azole is planned or began in the last 14 days."""
    found = _find(situation)
    if found is None:
        return None
    azole, first, t = found.azole, found.first, situation.at
    because = (*found.sirolimus, seen(first, "planned" if found.ahead else "first dose"))
    level = situation.record.latest(AGENT, t)
    if level is not None:
        because = (*because, seen(level, "last level"))
    opens = first.at if first.known is None else min(first.known, first.at)
    closes_why = (
        f"first dose of {azole.agent}"
        if found.ahead
        else f"{azole.agent} has begun; every day adds to the rise, so there is no later deadline"
    )
    return OpenDecision(
        id="azole_on_sirolimus",
        question=_question(azole, ahead=found.ahead),
        who=WHO,
        opens=opens,
        closes=first.at if found.ahead else None,
        closes_why=closes_why,
        first=azole.first,
        because=because,
        needs=_needs(situation, azole),
        options=_options(azole, ahead=found.ahead),
        evidence=_evidence(azole),
        would_change=(
            "an antifungal that does not need an azole's spectrum",
            "sirolimus that can be replaced or is close to its end",
            "a trough already near the upper end of its window, or near the lower one",
            "impaired liver function, another inhibitor or an inducer",
            "no way to get a sirolimus level back within days",
        ),
        monitor=(
            "sirolimus trough before the first azole dose, then often until the concentration per "
            "dose is stable: under inhibition the half-life is longer and the rise goes on for "
            "weeks (posaconazole was read a mean of 18 days after its start)",
            "blood count, creatinine, LDH and schistocytes (TMA), liver tests, lipids",
            "sirolimus again at every change of the azole, its dose or its formulation",
        ),
        stop=(
            f"When {azole.agent} stops, the trough per dose is expected to fall back "
            f"{azole.stop_ratio} (the ratio turned round, our step); a dose that was cut is then "
            "looked at again by levels, not in one blind step.",
            "A trough above the upper end of the window reopens the dose; signs of TMA or SOS "
            "reopen the combination itself. No source that was read gives a rule for stopping.",
        ),
        standing=weakest(azole.standing, *(r.standing for r in azole.ratios)),
        notes=_notes(situation, found),
    )


def _question(azole: Azole, *, ahead: bool) -> str:
    verb = "is planned" if ahead else "has begun"
    return (
        f"{azole.agent.capitalize()} {verb} on sirolimus: another antifungal, hold or replace "
        "sirolimus, or combine against advice?"
        if azole.status
        else f"{azole.agent.capitalize()} {verb} on sirolimus: which antifungal, which dose, "
        "which levels?"
    )


def _need(name: str, known: bool, text: str) -> Need:
    """The text stands alone, name first."""
    return Need(name, known, f"{name}: {text}")


def _needs(situation: Situation, azole: Azole) -> tuple[Need, ...]:
    record, t = situation.record, situation.at
    level = record.latest(AGENT, t, within=RUNNING_HOURS)
    start = None if level is None else situation.course_start(AGENT, level.at)
    steady = level is not None and start is not None and level.at - start.at >= STEADY_WAIT
    if level is None:
        trough = "no sirolimus level in the last 14 days"
    elif steady:
        trough = f"{level.text}, of day 7 of its dose or later"
    else:
        trough = f"{level.text}, drawn before day 7 of its dose: not at steady state"
    tests = [record.latest(n, t, within=RECENT_LABS) for n in ("bilirubin", "ast", "alt")]
    known = [m for m in tests if m is not None]
    others = [a for a in OTHERS if situation.running(a)[0] is not Truth.NOT_MET]
    others += [
        a.agent
        for a in AZOLES
        if a.agent != azole.agent and situation.running(a.agent)[0] is not Truth.NOT_MET
    ]
    timed = [m for m in record.measurements(AGENT, end=t) if m.known is not None and not m.assumed]
    turnaround = max((float(m.known) - m.at for m in timed if m.known is not None), default=None)
    return (
        _need(
            "indication for the azole",
            False,
            "prophylaxis or treatment, and of what: decides whether an echinocandin can serve",
        ),
        _need("current steady-state trough", steady, trough),
        _need(
            "liver function",
            bool(known),
            ", ".join(f"{names.measurement(m.name).label} {m.text}" for m in known)
            or "no bilirubin, AST or ALT in 7 days",
        ),
        _need(
            "other inhibitors and inducers",
            bool(others),
            f"in the record: {', '.join(others)}"
            if others
            else "none in the record; is the medication list complete?",
        ),
        _need(
            "turnaround of sirolimus levels",
            turnaround is not None,
            f"up to {turnaround:.0f} h so far"
            if turnaround is not None
            else "no level with the time at which it was known",
        ),
        _need(
            f"{azole.agent} formulation and level",
            False,
            "the ratios are for the dose and formulation studied",
        ),
    )


def _options(azole: Azole, *, ahead: bool) -> tuple[DecisionOption, ...]:
    every = tuple(r.id for r in azole.ratios)
    ids = tuple(r.id for r in azole.ratios if not r.end)
    status = azole.status
    instead = f"instead of {azole.agent}" if ahead else f"in the place of {azole.agent}"
    combine = "Combine them under a reduced dose with levels"
    return (
        DecisionOption(
            "Another antifungal (an echinocandin)",
            f"Micafungin {instead}: sirolimus AUC +21 %, levels watched (label). Caspofungin: "
            "levels may fall, no ratio found. Whether an echinocandin covers the indication is for "
            "infectious disease.",
            (MICAFUNGIN_LABEL, EBMT),
            Standing.PUBLISHED,
            computed=("micafungin:continue", "no_azole:continue"),
            evidence=Evidence("5"),
        ),
        DecisionOption(
            "Hold sirolimus while the azole runs",
            "Sirolimus leaves slowly (half-life 62 h, SD 16, without an inhibitor), and more "
            "slowly under the azole: the first days and weeks are still combined exposure. What "
            "protects meanwhile must be named.",
            (CONVENTION, ZIMMERMAN),
            Standing.HYPOTHESIS,
            computed=tuple(f"{i}:hold" for i in ids),
            evidence=Evidence("5"),
        ),
        DecisionOption(
            "Another immunosuppressant in place of sirolimus",
            "Calcineurin inhibitors interact with azoles too (tacrolimus AUC 4.58-fold on "
            "posaconazole, 90 % CI 4.03-5.19) and need their own levels and cuts; what sirolimus "
            "was given for decides whether they can serve.",
            (CONVENTION, POSACONAZOLE_LABEL),
            Standing.HYPOTHESIS,
            evidence=Evidence("5"),
        ),
        DecisionOption(
            f"{combine} (off-label center practice)" if status else combine,
            azole.practice,
            azole.practice_sources,
            azole.practice_standing,
            status=status or "adjust",
            computed=tuple(f"{i}:{cut}" for i in every for cut in azole.cuts),
            evidence=Evidence("4"),
        ),
        DecisionOption(
            "Combine them at the present dose",
            "Shown for comparison: what the published ratios mean for this patient's exposure if "
            "nothing is changed.",
            azole.sources,
            azole.standing,
            status=status or "adjust",
            computed=tuple(f"{i}:continue" for i in ids),
        ),
    )


def _evidence(azole: Azole) -> tuple[tuple[str, Source, Standing], ...]:
    return (
        *azole.evidence,
        (
            "Steady-state micafungin: sirolimus AUC +21 %, Cmax unchanged.",
            MICAFUNGIN_LABEL,
            Standing.PUBLISHED,
        ),
    )


def _notes(situation: Situation, found: _Found) -> tuple[str, ...]:
    notes = []
    if found.azole.ratios:
        notes.append(
            "Computed troughs are those of the new steady state; with sirolimus held it is what is "
            f"left {HORIZON / 24:.0f} days into the azole, not a steady state."
        )
    else:
        notes.append(
            f"No ratio for {found.azole.agent} on sirolimus was found in a trial: its effect is "
            "not computed."
        )
    if not found.ahead:
        notes.append(
            f"{found.azole.agent.capitalize()} has begun: a present dose that was already cut is "
            "the dose of which fractions are taken. After a switch the inhibition does not vanish "
            "at once; no time course was found, so the change is a step."
        )
    others = [
        a.agent
        for a in AZOLES
        if a.agent != found.azole.agent and situation.running(a.agent)[0] is not Truth.NOT_MET
    ]
    if others:
        notes.append(f"Also in the record: {', '.join(others)}; its effect is not added.")
    return tuple(notes)


DECISION = Decision(
    id="azole_on_sirolimus",
    title="Azole on sirolimus",
    who=WHO,
    consider=consider,
    request=request,
    sources=(
        POSACONAZOLE_LABEL,
        VORICONAZOLE_LABEL,
        SIROLIMUS_LABEL,
        EBMT,
        CITY_OF_HOPE,
        CEBERIO,
        SUROWIEC,
        MICAFUNGIN_LABEL,
        TOWNSEND,
        MONOGRAPH,
    ),
)
