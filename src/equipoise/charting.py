"""Charting conventions: when a site's silence about a finding means no.

Nothing is assumed by default: what is not in a record is unknown. A site that knows how its chart
is kept declares, finding by finding, on which days silence means no, in a small versioned file:

charting = 1                        # version of this format
site = "Ward 7"
version = "2026-03"                 # of the site's own rules; printed with each answer

[[silence]]
of = "vasopressors"                 # the finding that nobody charted
means = []                          # its no
on_days_with = ["temperature"]      # that day's chart was kept: each of these is in it
unless = ["vasopressor"]            # any of these on that day, and silence means nothing

A convention fills a gap and never speaks against the chart: it is read only where no value of the
finding lies in a criterion's window, and an item that would leave what is charted stays strict. It
holds from the moment of that day at which the last of
`on_days_with` was first known, and ceases where something of `unless`, or the finding itself,
becomes known for that day.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from equipoise import names
from equipoise.chart import DOSES, Chart, Floats, Ints, Series, series_of
from equipoise.names import FindingName
from equipoise.record import SAME_TIME, Dose
from equipoise.sitefile import hint, read_toml

FORMAT = 1
KEYS = ("charting", "site", "version", "silence")
SILENCE_KEYS = ("of", "means", "on_days_with", "unless", "why")
ANY_DOSE = "doses"
"""In `on_days_with`: the day's medication record holds a dose of anything, given or held."""
JUDGED = ("infection", "progression")
"""Exclusions are conclusions: no silence makes one."""


class ChartingError(ValueError):
    """A file of conventions that cannot be read: one sentence with the key and the remedy."""


@dataclass(frozen=True, slots=True)
class Silence:
    """When nothing charted about one finding means no.

    means         the no of this finding: False, (), "none", 0
    on_days_with  measurements, findings or `doses`, each of which that day must have
    unless        measurements, findings that hold, agents given: silence means nothing then
    why           in the site's words, for a reader
    """

    of: str
    means: Any
    on_days_with: tuple[str, ...]
    unless: tuple[str, ...] = ()
    why: str = ""


@dataclass(frozen=True, slots=True)
class Conventions:
    """A site's conventions, in one version."""

    site: str
    version: str
    silences: tuple[Silence, ...]

    @property
    def name(self) -> str:
        """As an answer prints it: "Ward 7, version 2026-03"."""
        return f"{self.site}, version {self.version}"


def read_conventions(path: str | Path) -> Conventions:
    """Read a site's conventions.

    Fails  ChartingError for an unknown key or name, a finding that has no no, a value that is not
           its no, or two conventions about one finding.
    """
    content = read_toml(path, "conventions file", ChartingError)
    return parse_conventions(content)


def parse_conventions(content: Mapping[str, Any]) -> Conventions:
    """The same from a mapping."""
    _known_keys("conventions", content, KEYS)
    if content.get("charting") != FORMAT:
        raise ChartingError(f"conventions: begin the file with charting = {FORMAT}")
    for key, example in (("site", "Ward 7"), ("version", "2026-03")):
        if not isinstance(content.get(key), str) or not content[key].strip():
            raise ChartingError(
                f'conventions: {key} is missing or no text; write {key} = "{example}"'
            )
    entries = content.get("silence", [])
    if not isinstance(entries, list) or not all(isinstance(e, dict) for e in entries):
        raise ChartingError("conventions: write each convention under a line [[silence]]")
    found: dict[str, Silence] = {}
    for entry in entries:
        silence = _silence(entry)
        if silence.of in found:
            raise ChartingError(f"conventions: {silence.of} has two; keep one [[silence]] of it")
        found[silence.of] = silence
    return Conventions(content["site"].strip(), content["version"].strip(), tuple(found.values()))


def under(chart: Chart, conventions: Conventions) -> Chart:
    """The chart with what a site's silence means beside it; what was charted stays as it is.

    Fails  ValueError for a chart of hypothetical records.
    """
    if not np.array_equal(next(iter(chart.series.values())).block, np.arange(chart.records)):
        raise ValueError("conventions are read into a chart of records, not into a branch of one")
    silent = {s.of: _read(chart, s) for s in conventions.silences}
    return replace(chart, silent={of: found for of, found in silent.items() if found.rows})


# --- the file ----------------------------------------------------------------------------------


def _silence(entry: Mapping[str, Any]) -> Silence:
    _known_keys("[[silence]]", entry, SILENCE_KEYS)
    of = entry.get("of")
    if not isinstance(of, str):
        raise ChartingError('[[silence]]: name the finding, as in of = "vasopressors"')
    if of in names.MEASUREMENTS:
        raise ChartingError(
            f"[[silence]]: {of} is a measurement; silence cannot be a number, only the no of a "
            "finding"
        )
    try:
        known = names.finding(of)
    except names.UnknownName as error:
        raise ChartingError(f"[[silence]] of: {error}") from None
    no = no_of(known)
    if no is None:
        raise ChartingError(f"[[silence]] of {of}: this has to be said; take the convention out")
    if "means" not in entry or not _same(_plain(entry["means"]), no):
        raise ChartingError(f"[[silence]] of {of}: silence can only mean no: write {_shown(no)}")
    days = _listed(of, entry, "on_days_with")
    if not days:
        raise ChartingError(
            f"[[silence]] of {of}: say what shows that the day's chart was kept, as in "
            'on_days_with = ["temperature"]'
        )
    for name in days:
        if name != ANY_DOSE and name not in names.MEASUREMENTS and name not in names.FINDINGS:
            raise ChartingError(f"[[silence]] of {of}: on_days_with: {_not_known(name, ANY_DOSE)}")
    unless = []
    for name in _listed(of, entry, "unless"):
        if name in names.MEASUREMENTS or name in names.FINDINGS:
            unless.append(name)
            continue
        if name in names.GROUPS:
            unless += names.in_group(name)
            continue
        try:
            unless.append(names.agent(name).name)
        except names.UnknownName:
            raise ChartingError(f"[[silence]] of {of}: unless: {_not_known(name)}") from None
    why = entry.get("why", "")
    if not isinstance(why, str):
        raise ChartingError(f"[[silence]] of {of}: why is a text")
    return Silence(of, no, tuple(days), tuple(dict.fromkeys(unless)), why.strip())


def no_of(known: FindingName) -> Any:
    """What stands for no; None for a finding that has none, or whose no is a conclusion."""
    if known.name in JUDGED:
        return None
    if known.kind == "choice" and known.choices[0] in ("none", "spontaneous"):
        return known.choices[0]
    if known.kind == "grade" and known.bounds is not None and known.bounds[0] == 0:
        return 0
    return {"boolean": False, "list": ()}.get(known.kind)


def _plain(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


def _same(value: object, no: object) -> bool:
    # False is 0 to a comparison.
    return value == no and isinstance(value, bool) == isinstance(no, bool)


def _shown(no: object) -> str:
    if isinstance(no, str):
        return f'means = "{no}"'
    return f"means = {'[]' if no == () else str(no).lower()}"


def _listed(of: str, entry: Mapping[str, Any], key: str) -> list[str]:
    value = entry.get(key, [])
    if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
        raise ChartingError(f'[[silence]] of {of}: {key} is a list: write {key} = ["temperature"]')
    return list(dict.fromkeys(value))


def _known_keys(where: str, content: Mapping[str, Any], known: Sequence[str]) -> None:
    for key in content:
        if key not in known:
            raise ChartingError(f"{where}: unknown key {key}; {hint(key, known)}")


def _not_known(name: str, *more: str) -> str:
    near = names.nearest(name, [*names.MEASUREMENTS, *names.FINDINGS, *more])
    remedy = f"did you mean {near}?" if near else "see the vocabulary in docs/record.md"
    return f"{name} is no name of the vocabulary; {remedy}"


# --- the chart ---------------------------------------------------------------------------------


@dataclass(slots=True)
class _Seen:
    """What says something about a day: record, day, the time of it and the time it was known."""

    record: Ints
    day: Ints
    at: Floats
    known: Floats


def _read(chart: Chart, silence: Silence) -> Series:
    """Rows of the no, one for each day that has what shows that its chart was kept."""
    kept = [_first(_evidence(chart, name)) for name in silence.on_days_with]
    days = kept[0]
    for more in kept[1:]:
        both, first, second = np.intersect1d(
            _key(days), _key(more), assume_unique=True, return_indices=True
        )
        days = _Seen(
            days.record[first], days.day[first], np.maximum(days.at[first], more.at[second]),
            np.maximum(days.known[first], more.known[second]),
        )  # fmt: skip
        assert len(both) == len(days.at)
    gone = np.full(len(days.at), np.inf)
    place = {int(key): n for n, key in enumerate(_key(days))}
    for name in (silence.of, *silence.unless):
        against = _against(chart, name, itself=name == silence.of)
        for key, known in zip(_key(against), against.known, strict=True):
            at = place.get(int(key))
            if at is not None:
                gone[at] = min(gone[at], known)
    # What is taken back before it is known is never seen.
    ever = gone > days.known + SAME_TIME
    found = series_of(
        silence.of, chart.records, days.record[ever], days.at[ever], days.known[ever],
        np.zeros(int(ever.sum()), dtype=np.int32), (silence.means,), gone=gone[ever],
    )  # fmt: skip
    return replace(found, assumed_by=f"not charted, {' and '.join(silence.on_days_with)} charted")


def _evidence(chart: Chart, name: str) -> _Seen:
    series = chart.named(name)
    if name == ANY_DOSE:
        series = chart.named(DOSES).only("charted", lambda dose: dose.status != "planned")
    return _of_rows(chart, series)


def _against(chart: Chart, name: str, *, itself: bool) -> _Seen:
    if itself or name in names.MEASUREMENTS:
        return _of_rows(chart, chart.named(name))
    if name in names.FINDINGS:
        no = no_of(names.FINDINGS[name])

        def holds(value: Any) -> bool:
            return value is not None and value is not False and not _same(value, no)

        return _of_rows(chart, chart.named(name).only("holds, not its no", holds))

    def given(dose: Dose) -> bool:
        return dose.agent == name and dose.status in ("given", "partial", "")

    series = chart.named(DOSES).only(("given", name), given)
    found = _of_rows(chart, series)
    # An infusion speaks for every day on which it runs.
    record, day, at, known = [found.record], [found.day], [found.at], [found.known]
    seen = series.gone[:-1] > series.at[:-1] + SAME_TIME
    for row, code in enumerate(series.code[:-1][seen]):
        end = found.at[row] + series.values[int(code)].duration
        last = int(chart.day(found.record[row : row + 1], np.array([end]))[0])
        for later in range(int(found.day[row]) + 1, last + 1):
            record.append(found.record[row : row + 1])
            day.append(np.array([later], dtype=np.int64))
            begin = chart.day_end(found.record[row : row + 1], np.array([later - 1]))
            at.append(begin)
            known.append(np.maximum(found.known[row], begin))
    return _Seen(
        np.concatenate(record), np.concatenate(day), np.concatenate(at), np.concatenate(known)
    )  # fmt: skip


def _of_rows(chart: Chart, series: Series) -> _Seen:
    """The rows of a series; what was taken back before its time does not count."""
    at, known = series.at[:-1], series.known[:-1]
    kept = series.gone[:-1] > at + SAME_TIME
    record = np.repeat(np.arange(chart.records), series.stop - series.start)[kept]
    day = chart.row_days(series)[kept] if series.rows else np.zeros(0, dtype=np.int64)
    return _Seen(record, day, at[kept], np.maximum(at, known)[kept])


def _first(seen: _Seen) -> _Seen:
    """For each day of each record what was known first."""
    order = np.lexsort((seen.at, seen.known, seen.day, seen.record))
    record, day = seen.record[order], seen.day[order]
    new = np.ones(len(order), dtype=np.bool_)
    new[1:] = (np.diff(record) != 0) | (np.diff(day) != 0)
    return _Seen(record[new], day[new], seen.at[order][new], seen.known[order][new])


def _key(seen: _Seen) -> Ints:
    # Days of a calendar fit: two million years either way.
    key: Ints = (seen.record.astype(np.int64) << 32) + seen.day + (1 << 30)
    return key
