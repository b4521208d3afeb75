"""Conditions that a statement may rest on: infusions, grades, findings, values, doses, days.

Each is a predicate that answers yes, no or cannot tell. `together` joins several: one that is
known not to hold settles it, whatever else is unknown; else one that is unknown leaves it open, and
what is missing is what these lack.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from equipoise.advice import RUNNING_HOURS, Predicate, Situation, Verdict
from equipoise.criterion import Because, Truth, car_infusion, compare, seen
from equipoise.names import AGENTS
from equipoise.record import SAME_TIME, Cells
from equipoise.source import Source

OURS = Source("Equipoise, our own reading", where="no sentence of a source")
"""Where an alternative comes from that no source prints; its standing is hypothesis."""

CRITERIA = {
    "crs_astct2019": "CRS grade",
    "icans_astct2019": "ICANS grade",
    "icaht_early_2023": "early hematotoxicity grade",
    "icaht_late_2023": "late hematotoxicity grade",
    "ticaht_late": "late thrombocytopenia grade",
    "car_hematotox_2021": "CAR-HEMATOTOX score",
    "agvhd_magic2016": "acute GVHD grade (MAGIC)",
    "aki_kdigo2012": "kidney injury stage (KDIGO)",
    "itp_response_iwg2009": "response of ITP (0 complete, 1 response, 2 none)",
}
"""Criteria as a sentence of advice names them."""

ALLOGENEIC = (
    "matched_sibling", "matched_unrelated", "mismatched_unrelated", "haploidentical", "cord",
)  # fmt: skip


def words_for(agents: Sequence[str]) -> str:
    """Agents as people list them: "posaconazole or voriconazole"."""
    labels = [AGENTS[a].label if a in AGENTS else a.replace("_", " ") for a in agents]
    return labels[0] if len(labels) == 1 else f"{', '.join(labels[:-1])} or {labels[-1]}"


def together(*predicates: Predicate) -> Predicate:
    """All of them; the first that does not hold gives the reason, and later ones are not asked."""

    def predicate(situation: Situation) -> Verdict:
        truth = Truth.MET
        because: list[Because] = []
        missing: list[str] = []
        details: list[str] = []
        for each in predicates:
            found = each(situation)
            if found.truth is Truth.NOT_MET:
                return Verdict(Truth.NOT_MET, found.because, (), found.detail)
            truth = truth & found.truth
            because += found.because
            missing += found.missing
            if found.detail:
                details.append(found.detail)
        lacks = tuple(dict.fromkeys(missing)) if truth is Truth.UNKNOWN else ()
        detail = "; ".join(dict.fromkeys(details))
        once = {(b.name, b.at): b for b in reversed(because)}
        return Verdict(truth, tuple(b for b in because if b is once[b.name, b.at]), lacks, detail)

    return predicate


def one_of(*predicates: Predicate) -> Predicate:
    """At least one of them; not met where none can hold, with the first one's reason."""

    def predicate(situation: Situation) -> Verdict:
        found = [each(situation) for each in predicates]
        met = [v for v in found if v.truth is Truth.MET]
        if met:
            return met[0]
        unknown = [v for v in found if v.truth is Truth.UNKNOWN]
        if not unknown:
            return found[0]
        because = dict.fromkeys(b for v in unknown for b in v.because)
        missing = dict.fromkeys(name for v in unknown for name in v.missing)
        return Verdict(Truth.UNKNOWN, tuple(because), tuple(missing), unknown[0].detail)

    return predicate


def not_(of: Predicate, detail: str) -> Predicate:
    """The contrary of a condition; `detail` says why not, where it holds."""

    def predicate(situation: Situation) -> Verdict:
        found = of(situation)
        if found.truth is Truth.MET:
            return Verdict(Truth.NOT_MET, found.because, (), detail)
        return Verdict(~found.truth, found.because, found.missing, found.detail)

    return predicate


# --- what was infused, and when -----------------------------------------------------------------


def effector_cells(situation: Situation) -> Verdict:
    """CAR T cells were infused."""
    if car_infusion(situation.record, situation.at) is None:
        return Verdict(Truth.NOT_MET, detail="no effector cell product in the record")
    return Verdict(Truth.MET)


def product(*products: str, label: str) -> Predicate:
    """One of these products is the last CAR-T infusion; an unnamed product leaves it open."""

    def predicate(situation: Situation) -> Verdict:
        infusion = car_infusion(situation.record, situation.at)
        if infusion is None:
            return Verdict(Truth.NOT_MET, detail="no effector cell product in the record")
        given = [
            c for c in situation.record.cells() if abs(c.at - infusion) <= SAME_TIME and c.product
        ]
        named = [c for c in given if c.product != "car_other"]
        if not named:
            return Verdict(Truth.UNKNOWN, missing=("CAR-T product",), detail="product not named")
        if named[-1].product in products:
            return Verdict(Truth.MET, (seen(named[-1]),))
        return Verdict(Truth.NOT_MET, (seen(named[-1]),), detail=f"not {label}")

    return predicate


def graft(situation: Situation) -> Verdict:
    """A graft was infused, of a donor or the patient's own."""
    given = _grafts(situation)
    if not given:
        return Verdict(Truth.NOT_MET, detail="no graft in the record")
    return Verdict(Truth.MET, (seen(given[-1]),))


def donor_graft(situation: Situation) -> Verdict:
    """A donor's graft was infused, by its donor or by the platform of the record."""
    given = _grafts(situation)
    if not given or given[-1].donor not in ("", *ALLOGENEIC):
        return Verdict(Truth.NOT_MET, detail="no donor's graft in the record")
    if not given[-1].donor and not situation.record.platform:
        return Verdict(Truth.UNKNOWN, (seen(given[-1]),), ("donor of the graft",))
    return Verdict(Truth.MET, (seen(given[-1]),))


def _grafts(situation: Situation) -> list[Cells]:
    return [
        c
        for c in situation.record.cells("graft")
        if c.at <= situation.at + SAME_TIME and c.status not in ("planned", "held")
    ]


def days_after_cells(first: int, last: int | None) -> Predicate:
    """From calendar day `first` to `last` (both included) after the last CAR-T infusion."""

    def predicate(situation: Situation) -> Verdict:
        infusion = car_infusion(situation.record, situation.at)
        if infusion is None:
            return Verdict(Truth.NOT_MET, detail="no effector cell product in the record")
        record = situation.record
        day = record.calendar_day(situation.at) - record.calendar_day(infusion)
        if day < first:
            return Verdict(
                Truth.NOT_MET, detail=f"day {day} after the infusion: before day {first}"
            )
        if last is not None and day > last:
            return Verdict(Truth.NOT_MET, detail=f"day {day} after the infusion: after day {last}")
        return Verdict(Truth.MET, detail=f"day {day} after the infusion")

    return predicate


def age(least: float, below: float = 200.0) -> Predicate:
    """least <= age < below, years; unknown without a date of birth."""

    def predicate(situation: Situation) -> Verdict:
        years = situation.record.age_at(situation.at)
        if years is None:
            return Verdict(Truth.UNKNOWN, missing=("date of birth",))
        if least <= years < below:
            return Verdict(Truth.MET)
        return Verdict(Truth.NOT_MET, detail=f"age {years:.1f} years")

    return predicate


# --- grades -------------------------------------------------------------------------------------


def graded(criterion: str, low: int, high: int, *, absent: str = "") -> Predicate:
    """The grade lies in low to high for certain; open where the interval only overlaps.

    absent  why it does not apply where the criterion was not asked, because the record holds
            nothing that leads to it; empty: then it is unknown
    """

    def predicate(situation: Situation) -> Verdict:
        found = situation.grades.get(criterion)
        if found is None:
            if absent:
                return Verdict(Truth.NOT_MET, detail=absent)
            return Verdict(Truth.UNKNOWN, missing=(criterion,), detail="not graded")
        if not found.applies or found.low is None or found.high is None:
            return Verdict(Truth.NOT_MET, found.because, detail=found.sentence)
        said = f"{found.low:g}" if found.low == found.high else f"{found.low:g} to {found.high:g}"
        detail = f"{CRITERIA.get(criterion, criterion)} {said}"
        if found.high < low or found.low > high:
            return Verdict(Truth.NOT_MET, found.because, detail=detail)
        if low <= found.low and found.high <= high:
            return Verdict(Truth.MET, found.because, detail=detail)
        return Verdict(Truth.UNKNOWN, found.because, tuple(m.name for m in found.missing), detail)

    return predicate


def beside(criterion: str, label: str) -> Predicate:
    """Always met; says in words whether another syndrome is there too."""

    def predicate(situation: Situation) -> Verdict:
        found = situation.grades.get(criterion)
        if found is None or found.low is None or found.high is None:
            return Verdict(Truth.MET, detail=f"{label} not graded")
        if found.high == 0:
            return Verdict(Truth.MET, detail=f"without {label}")
        if found.low == found.high:
            return Verdict(Truth.MET, detail=f"with {label} grade {found.low:g}")
        return Verdict(Truth.MET, detail=f"{label} grade {found.low:g} to {found.high:g}")

    return predicate


def criterion_met(criterion: str, *, absent: str = "") -> Predicate:
    """A yes/no criterion holds; `absent` as in `graded`."""

    def predicate(situation: Situation) -> Verdict:
        found = situation.grades.get(criterion)
        if found is None:
            if absent:
                return Verdict(Truth.NOT_MET, detail=absent)
            return Verdict(Truth.UNKNOWN, missing=(criterion,), detail="not graded")
        if not found.applies:
            return Verdict(Truth.NOT_MET, found.because, detail=found.sentence)
        missing = tuple(m.name for m in found.missing) if found.met is None else ()
        return Verdict(Truth.of(found.met), found.because, missing, found.sentence)

    return predicate


# --- findings, values, doses --------------------------------------------------------------------


def finding(name: str, *values: object, detail: str = "", unrecorded: str = "") -> Predicate:
    """The last finding of a name is one of these values (true where none is given).

    detail      why not, where it is another value
    unrecorded  where the finding is not in the record: why it then counts as not met; empty: it is
                unknown
    """
    wanted = values or (True,)

    def predicate(situation: Situation) -> Verdict:
        found = situation.record.latest_finding(name, situation.at)
        if found is None:
            if unrecorded:
                return Verdict(Truth.NOT_MET, detail=unrecorded)
            return Verdict(Truth.UNKNOWN, missing=(name,))
        if found.value in wanted:
            return Verdict(Truth.MET, (seen(found),))
        why = detail or f"{name.replace('_', ' ')}: {found.text}"
        return Verdict(Truth.NOT_MET, (seen(found),), detail=why)

    return predicate


def measured(name: str, relation: str, number: str, unit: str, *, within: float) -> Predicate:
    """The last value at most `within` hours old stands in that relation to a number."""

    def predicate(situation: Situation) -> Verdict:
        last = situation.record.latest(name, situation.at, within=within)
        if last is None:
            return Verdict(Truth.UNKNOWN, missing=(name,))
        truth = compare(last.value, relation, Decimal(number), unit)
        missing = (name,) if truth is Truth.UNKNOWN else ()
        return Verdict(
            truth, (seen(last),), missing, f"not {relation} {number} {unit}"
            if truth is Truth.NOT_MET else "",
        )  # fmt: skip

    return predicate


def running(*agents: str) -> Predicate:
    """One of the agents runs or is about to."""

    def predicate(situation: Situation) -> Verdict:
        truth, because = situation.running(*agents)
        if truth is Truth.NOT_MET:
            return Verdict(truth, detail=f"no {words_for(agents)} running in the record")
        stale = tuple(dict.fromkeys(b.name for b in because))
        missing = (f"{words_for(stale)}: a recent dose or a stop",)
        return Verdict(truth, because, missing if truth is Truth.UNKNOWN else ())

    return predicate


def stopped(*agents: str) -> Predicate:
    """One of the agents stopped within the last 14 days, or a stop of it is ahead.

    Open where the last dose is older than that and the record has no stop.
    """

    def predicate(situation: Situation) -> Verdict:
        stops = [s for s in (situation.stop_of(a) for a in agents) if s is not None]
        near = [s for s in stops if situation.at - s.at <= RUNNING_HOURS + SAME_TIME]
        if near:
            return Verdict(
                Truth.MET, tuple(seen(s, "stop") for s in near),
                detail="; ".join(
                    f"{words_for([s.agent])} stopped {situation.at - s.at:.0f} h ago"
                    if s.at <= situation.at
                    else f"{words_for([s.agent])} to stop in {s.at - situation.at:.0f} h"
                    for s in near
                ),
            )  # fmt: skip
        gone = {s.agent for s in stops}
        stale = [a for a in agents if a not in gone and situation.running(a)[0] is Truth.UNKNOWN]
        if stale:
            return Verdict(
                Truth.UNKNOWN, missing=tuple(f"{words_for([a])}: a recent dose or a stop"
                                             for a in stale),
            )  # fmt: skip
        return Verdict(Truth.NOT_MET, detail=f"no {words_for(agents)} stopped lately in the record")

    return predicate


def around(*agents: str) -> Predicate:
    """One of the agents runs, is about to, or was stopped within the last 14 days: its end moves
    the levels of what it acted on as its start did.
    """
    return one_of(running(*agents), stopped(*agents))


def given_after_cells(*agents: str, none: str) -> Predicate:
    """A dose of one of the agents after the last CAR-T infusion; what is not charted was not given.

    none  why not, where there is none
    """

    def predicate(situation: Situation) -> Verdict:
        infusion = car_infusion(situation.record, situation.at)
        if infusion is None:
            return Verdict(Truth.NOT_MET, detail="no effector cell product in the record")
        doses = [d for d in situation.given(*agents) if d.at >= infusion - SAME_TIME]
        if not doses:
            return Verdict(Truth.NOT_MET, detail=none)
        return Verdict(Truth.MET, (seen(doses[-1], "given after the infusion"),))

    return predicate
