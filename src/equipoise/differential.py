"""For and against: what published features of a syndrome say in one record, and what is unknown.

A feature is present, absent or unknown. A source says of one population what its presence, or its
absence, speaks for or against; where no source says it, nothing is said. Syndromes may coexist, so
no sign for one counts against another unless a source says so; nothing is weighed, and no
probability comes out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from equipoise.advice import Situation, Verdict
from equipoise.criterion import Because, Effort, Grade, Truth
from equipoise.record import Record
from equipoise.source import Source, Standing
from equipoise.trend import Next

FOR, AGAINST, UNKNOWN, NEITHER = "for", "against", "unknown", "neither"
"""What a feature says of a syndrome: for it, against it, unknown as long as the feature is, or
nothing that a source supports."""


@dataclass(frozen=True, slots=True)
class Basis:
    """What a source says, in our words, and of whom."""

    says: str
    population: str
    source: Source
    standing: Standing


@dataclass(frozen=True, slots=True)
class Bearing:
    """What a feature says of one syndrome.

    condition  id of the syndrome
    present    "for", "against" or "neither", where the feature is present
    absent     likewise where it is absent
    """

    condition: str
    present: str
    absent: str
    basis: Basis

    def __post_init__(self) -> None:
        for side in (self.present, self.absent):
            if side not in (FOR, AGAINST, NEITHER):
                raise ValueError(f"a bearing on {self.condition} is no {side!r}")

    def side(self, truth: Truth) -> str:
        """What is said where the feature is present, unknown or absent."""
        if truth is Truth.UNKNOWN:
            # What would say nothing either way leaves nothing open.
            return NEITHER if self.present == self.absent == NEITHER else UNKNOWN
        return self.present if truth is Truth.MET else self.absent


@dataclass(frozen=True, slots=True)
class Feature:
    """A published element that separates.

    title   as a row of a table: "fibrinogen < 150 mg/dL"
    read    whether it is present at a moment, from what, and what is missing
    effort  what it takes to observe it
    """

    id: str
    title: str
    read: Callable[[Situation], Verdict]
    effort: Effort
    bearings: tuple[Bearing, ...]


@dataclass(frozen=True, slots=True)
class Condition:
    """A syndrome of the table; criteria are shown beside it and counted nowhere."""

    id: str
    label: str
    criteria: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Signal:
    """A trend against a published mark. It documents and raises no alarm.

    truth      whether the mark is reached; unknown where the samples do not tell
    sentence   what is seen and how sure it is
    interval   90 % interval of the number compared, in `unit`; empty where there is none
    published  what the mark is, and of whom
    """

    id: str
    title: str
    truth: Truth
    sentence: str
    because: tuple[Because, ...]
    missing: tuple[str, ...]
    unit: str
    interval: tuple[float, ...]
    published: tuple[Basis, ...]


@dataclass(frozen=True, slots=True)
class Sampled:
    """A value that a trend rests on; bound is "<" or ">" where it is only a bound."""

    at: float
    text: str
    number: float
    bound: str


@dataclass(frozen=True, slots=True)
class Trend:
    """The course of one value with its bands, up to the moment and a day beyond.

    times      hours from day 0, (n,)
    level      (5, n) quantiles of the course in `unit`
    slope      five quantiles over the 24 h up to the last value, natural logs per day
    direction  "rising", "falling", "not settled"; empty where no course could be fitted
    why        why not, where it is empty
    next       what a further value would tell, soonest first
    marks      published marks of the value itself: (number, words)
    """

    name: str
    label: str
    unit: str
    at: float
    readings: tuple[Sampled, ...]
    times: tuple[float, ...]
    level: tuple[tuple[float, ...], ...]
    slope: tuple[float, ...]
    direction: str
    why: str
    next: tuple[Next, ...]
    marks: tuple[tuple[float, str], ...] = ()
    cautions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Differential:
    """A question of what a picture is, with the published features that separate.

    applies  whether the question can be asked of a record at a moment
    first    what is read before the table (infection open: treat as both)
    notes    what a reader must know of the table, always
    trends   values whose course is shown, with the signals on them
    events   what is marked on the course: hours and a word
    """

    id: str
    title: str
    conditions: tuple[Condition, ...]
    features: tuple[Feature, ...]
    applies: Callable[[Situation], bool]
    first: Callable[[Situation], tuple[str, ...]] = lambda _situation: ()
    notes: tuple[str, ...] = ()
    trends: Callable[[Situation], tuple[Trend, ...]] = lambda _situation: ()
    signals: Callable[[Situation], tuple[Signal, ...]] = lambda _situation: ()
    events: Callable[[Situation], tuple[tuple[float, str], ...]] = lambda _situation: ()

    def __post_init__(self) -> None:
        known = {c.id for c in self.conditions}
        for feature in self.features:
            sides: dict[str, tuple[str, str]] = {}
            for bearing in feature.bearings:
                if bearing.condition not in known:
                    raise ValueError(f"{feature.id} bears on {bearing.condition}, not in the table")
                said = bearing.present, bearing.absent
                if sides.setdefault(bearing.condition, said) != said:
                    raise ValueError(
                        f"{feature.id}: its sources disagree on {bearing.condition}; make each a "
                        "feature of its own"
                    )


# --- answers ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Sign:
    """A feature at one moment.

    sides      condition id -> "for", "against", "unknown", "neither"
    since_day  first day of the unbroken run of days on which it was as it is now
    """

    feature: str
    title: str
    truth: Truth
    sides: Mapping[str, str]
    because: tuple[Because, ...]
    missing: tuple[str, ...]
    detail: str
    bearings: tuple[Bearing, ...]
    since_day: int | None = None


@dataclass(frozen=True, slots=True)
class Count:
    """How many features speak for a syndrome, against it, and are unknown: counted, not weighed.

    criteria  its criteria in words: ("crs_astct2019", "grade 1 to 4")
    """

    condition: str
    label: str
    speak_for: int
    speak_against: int
    unknown: int
    criteria: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class DifferentialDay:
    """The table of one calendar day, from what was known at its end."""

    day: int
    at: float
    truths: Mapping[str, Truth]
    counts: tuple[Count, ...]


@dataclass(frozen=True, slots=True)
class NextTest:
    """An observation that is missing, and what it would say.

    would_say  for each feature that it could settle: "schistocytes: present, for TMA; ..."
    """

    name: str
    effort: Effort
    would_say: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ForAndAgainst:
    """The answer: signs now, counts by day, what to test next."""

    id: str
    title: str
    at: float
    conditions: tuple[Condition, ...]
    signs: tuple[Sign, ...]
    counts: tuple[Count, ...]
    days: tuple[DifferentialDay, ...]
    tests: tuple[NextTest, ...]
    first: tuple[str, ...]
    notes: tuple[str, ...]
    trends: tuple[Trend, ...]
    signals: tuple[Signal, ...]
    events: tuple[tuple[float, str], ...]

    def sources(self) -> tuple[tuple[Source, Standing], ...]:
        """What the table rests on."""
        found = [b.basis for s in self.signs for b in s.bearings]
        found += [basis for signal in self.signals for basis in signal.published]
        return tuple((b.source, b.standing) for b in found)


def signs_of(differential: Differential, situation: Situation) -> tuple[Sign, ...]:
    """Every feature at one moment."""
    found = []
    for feature in differential.features:
        verdict = feature.read(situation)
        found.append(
            Sign(
                feature.id,
                feature.title,
                verdict.truth,
                {b.condition: b.side(verdict.truth) for b in feature.bearings},
                verdict.because,
                verdict.missing if verdict.truth is Truth.UNKNOWN else (),
                verdict.detail,
                feature.bearings,
            )
        )
    return tuple(found)


def count_sides(
    differential: Differential, signs: Sequence[Sign], grades: Mapping[str, Grade]
) -> tuple[Count, ...]:
    """What the signs add up to for each syndrome, beside its own criteria."""
    found = []
    for condition in differential.conditions:
        sides = [s.sides.get(condition.id, "") for s in signs]
        beside = tuple((c, _words(grades[c])) for c in condition.criteria if c in grades)
        found.append(
            Count(
                condition.id,
                condition.label,
                sides.count(FOR),
                sides.count(AGAINST),
                sides.count(UNKNOWN),
                beside,
            )
        )
    return tuple(found)


def for_and_against(
    differential: Differential,
    record: Record,
    at: float,
    days: Sequence[tuple[int, Mapping[str, Grade]]],
    grades: Mapping[str, Grade],
) -> ForAndAgainst | None:
    """The table at a moment and at the end of each day before it; None where it does not apply.

    record  cut at `at`
    days    calendar days up to that of `at`, each with its grades by criterion
    grades  at `at`
    """
    now = Situation(record, at, grades)
    if not differential.applies(now):
        return None
    signs = signs_of(differential, now)
    rows: list[DifferentialDay] = []
    for day, graded in days:
        end = min(record.day_end(day), at)
        then = Situation(record.until(end), end, graded)
        if not differential.applies(then):
            continue
        seen = signs_of(differential, then)
        rows.append(
            DifferentialDay(
                day,
                end,
                {s.feature: s.truth for s in seen},
                count_sides(differential, seen, graded),
            )
        )
    return ForAndAgainst(
        id=differential.id,
        title=differential.title,
        at=at,
        conditions=differential.conditions,
        signs=tuple(_dated(sign, rows) for sign in signs),
        counts=count_sides(differential, signs, grades),
        days=tuple(rows),
        tests=tests_of(differential, signs),
        first=differential.first(now),
        notes=differential.notes,
        trends=differential.trends(now),
        signals=differential.signals(now),
        events=differential.events(now),
    )


def _dated(sign: Sign, rows: Sequence[DifferentialDay]) -> Sign:
    since = None
    for row in reversed(rows):
        if row.truths[sign.feature] is not sign.truth:
            break
        since = row.day
    return Sign(
        sign.feature, sign.title, sign.truth, sign.sides, sign.because, sign.missing, sign.detail,
        sign.bearings, since,
    )  # fmt: skip


def tests_of(differential: Differential, signs: Sequence[Sign]) -> tuple[NextTest, ...]:
    """What to observe next: cheapest first, then what speaks to most syndromes."""
    features = {f.id: f for f in differential.features}
    labels = {c.id: c.label for c in differential.conditions}
    found: dict[str, list[Feature]] = {}
    for sign in signs:
        for name in sign.missing:
            found.setdefault(name, []).append(features[sign.feature])
    reach = {
        name: len({b.condition for f in asked for b in f.bearings}) for name, asked in found.items()
    }
    tests = [
        NextTest(name, min(f.effort for f in asked), tuple(_would_say(f, labels) for f in asked))
        for name, asked in found.items()
    ]
    return tuple(sorted(tests, key=lambda t: (t.effort, -reach[t.name])))


def _would_say(feature: Feature, labels: Mapping[str, str]) -> str:
    parts = []
    for word, sides in (
        ("present", [(b.condition, b.present) for b in feature.bearings]),
        ("absent", [(b.condition, b.absent) for b in feature.bearings]),
    ):
        said = [
            f"{side} {_listed(dict.fromkeys(labels[c] for c, s in sides if s == side))}"
            for side in (FOR, AGAINST)
            if any(s == side for _, s in sides)
        ]
        parts.append(f"{word}: {', '.join(said) or 'says nothing'}")
    return f"{feature.title} ({'; '.join(parts)})"


def _listed(words: Iterable[str]) -> str:
    said = list(words)
    return said[0] if len(said) == 1 else f"{', '.join(said[:-1])} and {said[-1]}"


def _words(grade: Grade) -> str:
    """A criterion's answer in a few words."""
    if grade.met is not None:
        return "met" if grade.met else "not met"
    if grade.status is not None:
        return grade.status.replace("_", " ")
    if grade.low is None or grade.high is None:
        return "cannot tell" if grade.missing else "does not apply"
    if grade.measures == "met":
        return "open"
    low, high = f"{grade.low:g}", f"{grade.high:g}"
    return low if low == high else f"{low} to {high}"
