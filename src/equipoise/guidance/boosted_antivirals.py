"""Nirmatrelvir/ritonavir, ritonavir and cobicistat with what CYP3A clears: hold and restart.

What they do to exposure is told with the interactions and stands in no curve: levels decide.
"""

from __future__ import annotations

from datetime import date

from equipoise.advice import Alternative, Predicate, Recommendation, Situation, Verdict
from equipoise.criterion import Truth, seen
from equipoise.guidance.conditions import OURS, running, stopped, together
from equipoise.record import SAME_TIME
from equipoise.source import Evidence, Source, Standing

TOPIC = "boosted antivirals"
REVIEWED = date(2026, 11, 22)

VICTIMS = ("sirolimus", "everolimus", "tacrolimus", "ciclosporin")
BOOSTED = ("nirmatrelvir_ritonavir",)

CEASED = 24.0
"""Hours without a dose, of a drug given every 12 h, after which its end is asked about (project
convention)."""

LETTER = Source("Letter to healthcare professionals on Paxlovid (AIFA)", where="summary")
BOXED = Source(
    "Paxlovid, US label, boxed warning", where="boxed warning (label, public copy at blackboxrx)"
)
SINGAPORE = Source(
    "Paxlovid, Singapore product information",
    where="special precautions (label, public copy at MIMS)",
)
YAN = Source(
    "Yan 2025, PLoS One (tacrolimus around nirmatrelvir/ritonavir, kidney recipients)",
    doi="10.1371/journal.pone.0309875",
    where="abstract",
)
CORDERO = Source(
    "Guzman Cordero 2024, Eur J Hosp Pharm (three kidney recipients)", where="abstract"
)
SALERNO = Source(
    "Salerno 2022, Am J Transplant (25 organ recipients on nirmatrelvir/ritonavir)",
    doi="10.1111/ajt.17027",
    where="abstract",
)
COBICISTAT = Source(
    "Cobicistat with tacrolimus or mTOR inhibitors after transplantation, Infect Dis Ther 2021",
    doi="10.1007/s40121-021-00430-w",
    where="key summary points",
)


def _step(
    id_: str,
    title: str,
    statement: str,
    source: Source,
    level: str,
    predicate: Predicate,
    alternatives: tuple[Alternative, ...],
    *others: Source,
    label: tuple[str, str, str] = ("", "", ""),
) -> Recommendation:
    return Recommendation(
        id=id_,
        title=title,
        statement=statement,
        source=source,
        standing=Standing.PUBLISHED,
        evidence=Evidence(level),
        predicate=predicate,
        label_status=label[0],
        region=label[1],
        label_date=label[2],
        topic=TOPIC,
        reviewed_on=REVIEWED,
        other_sources=others,
        alternatives=alternatives,
        would_change=(
            "No way to get levels back within days.",
            "The state of the infection, and how long the booster still acts after its last dose.",
        ),
    )


def _had_tacrolimus(situation: Situation) -> Verdict:
    """Tacrolimus was given, be it held now."""
    given = situation.given("tacrolimus")
    if not given:
        return Verdict(Truth.NOT_MET, detail="no tacrolimus in the record")
    return Verdict(Truth.MET, (seen(given[-1], "last dose given"),))


def _ended(situation: Situation) -> Verdict:
    """The antiviral was stopped; open where its doses ceased a day ago and the record has no stop.

    A course of five days is seldom charted with a stop.
    """
    found = stopped(*BOOSTED)(situation)
    if found.truth is not Truth.NOT_MET:
        return found
    given = situation.given(*BOOSTED)
    if not given or situation.planned(*BOOSTED) or situation.running(*BOOSTED)[0] is Truth.NOT_MET:
        return found
    since = situation.at - given[-1].at
    if since <= CEASED + SAME_TIME:
        return found
    return Verdict(
        Truth.UNKNOWN,
        (seen(given[-1], "last dose given"),),
        ("nirmatrelvir/ritonavir: a further dose or a stop",),
        f"last dose of nirmatrelvir/ritonavir {since:.0f} h ago, none planned",
    )


ANOTHER_ANTIVIRAL = Alternative(
    "an antiviral that does not inhibit CYP3A; none was compared in a source that was read", OURS,
    Standing.HYPOTHESIS,
)  # fmt: skip
LEVELS_ONLY = Alternative(
    "stop the day before and restart by levels alone, as in three kidney recipients", CORDERO,
    Standing.PUBLISHED,
)  # fmt: skip

EU = _step(
    "boosted_antiviral_immunosuppressant_eu",
    "Nirmatrelvir/ritonavir with sirolimus, everolimus, tacrolimus or ciclosporin: only with close "
    "levels (EU letter)",
    "Life-threatening and fatal reactions occurred. To be considered only if close and regular "
    "levels are possible, during the course and after it, with a multidisciplinary group.",
    LETTER,
    "5",
    together(running(*VICTIMS), running(*BOOSTED)),
    (ANOTHER_ANTIVIRAL, LEVELS_ONLY),
    SINGAPORE,
    label=("monitor", "EU", "21 March 2024"),
)

US = _step(
    "boosted_antiviral_calcineurin_us",
    "Nirmatrelvir/ritonavir with a calcineurin inhibitor: boxed warning (US label)",
    "Serious, life-threatening and fatal reactions by interactions; tacrolimus and ciclosporin "
    "were named most often. Before it is prescribed: which drugs need another dose, a pause or "
    "more levels, and whether that risk can be managed.",
    BOXED,
    "5",
    together(running("tacrolimus", "ciclosporin"), running(*BOOSTED)),
    (ANOTHER_ANTIVIRAL, LEVELS_ONLY),
    label=("adjust", "US", "no date on the text read"),
)

HOLD = _step(
    "boosted_antiviral_tacrolimus_hold",
    "Tacrolimus held around nirmatrelvir/ritonavir: what one center did",
    "Kidney recipients: tacrolimus withheld from 12 h before the first dose; levels stayed above "
    "83 % of baseline. Not transplanted for blood disease, and no dose for sirolimus, everolimus "
    "or ciclosporin follows from it.",
    YAN,
    "4",
    together(running("tacrolimus"), running(*BOOSTED)),
    (LEVELS_ONLY, ANOTHER_ANTIVIRAL),
    CORDERO,
)

HOLD_ALL = _step(
    "boosted_antiviral_hold_protocol",
    "mTOR or calcineurin inhibitor around nirmatrelvir/ritonavir: one center's rule for five days",
    "Organ recipients (21 on tacrolimus, 4 ciclosporin, 3 everolimus, 1 sirolimus): tacrolimus, "
    "everolimus or sirolimus held, ciclosporin at 20 % of its daily dose. Median tacrolimus 7.4 "
    "ng/mL before and 5.2 after; 4 were too high after the restart. Not transplanted for blood "
    "disease, and few on an mTOR inhibitor.",
    SALERNO,
    "4",
    together(running(*VICTIMS), running(*BOOSTED)),
    (LEVELS_ONLY, ANOTHER_ANTIVIRAL),
)

RESTART = _step(
    "boosted_antiviral_tacrolimus_restart",
    "Tacrolimus restarted after nirmatrelvir/ritonavir: what one center did",
    "Kidney recipients: 48 h after the last dose of the antiviral tacrolimus at 20-25 % of the "
    "earlier dose, 20-25 % more each day until it was reached; the aim was reached faster and with "
    "fewer events than without the plan.",
    YAN,
    "4",
    together(_had_tacrolimus, _ended),
    (LEVELS_ONLY,),
    CORDERO,
)

COBICISTAT_LEVELS = _step(
    "cobicistat_immunosuppressant",
    "Cobicistat or ritonavir with sirolimus, everolimus, tacrolimus or ciclosporin: far lower "
    "doses, daily levels",
    "Data are few. Organ recipients did well where tacrolimus was cut strongly and levels were "
    "taken daily; some toxicity may not be avoidable. No ratio is printed there.",
    COBICISTAT,
    "4",
    together(running(*VICTIMS), running("cobicistat", "ritonavir")),
    (
        Alternative(
            "an antiretroviral regimen without a booster, such as an unboosted integrase inhibitor",
            COBICISTAT, Standing.PUBLISHED,
        ),
    ),
)  # fmt: skip

LADDER: tuple[Recommendation, ...] = (US, EU, HOLD_ALL, HOLD, RESTART, COBICISTAT_LEVELS)
"""The label before what centers did."""
