"""How numbers, odds and moments are written: one way for the page and the text form."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, timedelta

from equipoise import names
from equipoise.clock import MONTHS, offset_text
from equipoise.readers import BASELINE, LOWER, UPPER
from equipoise.source import Source

UNKNOWN = "unknown"
"""What stands where there is no number."""


def decimals(number: float) -> int:
    """How many decimals show two or three significant digits of a number."""
    size = abs(number)
    if size == 0.0 or not math.isfinite(size) or size >= 100.0:
        return 0
    if size >= 1.0:
        return 1
    return min(1 - math.floor(math.log10(size)), 6)


def number(value: float | None, *, like: float | None = None) -> str:
    """A number with two or three significant digits, or "unknown".

    like  the number whose decimals are used, so that a row of quantiles lines up
    """
    if value is None or not math.isfinite(value):
        return UNKNOWN
    places = decimals(value if like is None or not math.isfinite(like) else like)
    size = abs(value)
    if size >= 10_000_000.0:
        exponent = math.floor(math.log10(size))
        return f"{value / 10.0**exponent:.2f}e{exponent}"
    if size >= 1000.0:
        step = 10.0 ** (math.floor(math.log10(size)) - 2)
        return f"{round(value / step) * step:,.0f}"
    text = f"{value:.{places}f}"
    return text.lstrip("-") if float(text) == 0.0 else text


def interval(low: float, high: float, *, like: float | None = None) -> str:
    """ "6.1 to 12.4"; "unknown" where either end is."""
    if not (math.isfinite(low) and math.isfinite(high)):
        return UNKNOWN
    return f"{number(low, like=like)} to {number(high, like=like)}"


def span(low: float, high: float, *, like: float | None = None) -> str:
    """ "6.1-12.4", for a column; "unknown" where either end is."""
    if not (math.isfinite(low) and math.isfinite(high)):
        return UNKNOWN
    return f"{number(low, like=like)}-{number(high, like=like)}"


def between(low: float, high: float, *, like: float | None = None) -> str:
    """ "between 6.1 and 12.4"; "unknown" where either end is."""
    if not (math.isfinite(low) and math.isfinite(high)):
        return UNKNOWN
    return f"between {number(low, like=like)} and {number(high, like=like)}"


def percent(probability: float | None) -> str:
    """ "17%", "<1%", ">99%"; "unknown" where there is no number.

    Odds come from a finite number of draws, so none is ever said to be 0 or 100%.
    """
    if probability is None or not math.isfinite(probability):
        return UNKNOWN
    if probability < 0.01:
        return "<1%"
    if probability > 0.99:
        return ">99%"
    return f"{100.0 * probability:.0f}%"


def points(error: float) -> str:
    """A Monte-Carlo standard error in percentage points: "±1.2"."""
    if not math.isfinite(error):
        return UNKNOWN
    return f"±{100.0 * error:.1f}"


def gain(fraction: float) -> str:
    """What the levels told about a number, in words: "the levels narrowed this by 43%"."""
    if not math.isfinite(fraction):
        return "no level yet"
    if fraction < -0.005:
        return f"the levels widened this by {percent(-fraction)}"
    if fraction < 0.005:
        return "the levels did not narrow this"
    return f"the levels narrowed this by {percent(fraction)}"


def plain(name: str) -> str:
    """A name of the vocabulary as people say it: "oxygen device" for `oxygen_device`, "upper limit
    of AST" for `upper limit of ast`.
    """
    for form in (BASELINE, UPPER, LOWER):
        before = form.format("")
        if name.startswith(before):
            return before + plain(name.removeprefix(before))
    if name in names.MEASUREMENTS:
        return names.MEASUREMENTS[name].label
    if name in names.FINDINGS:
        return names.FINDINGS[name].label
    return name.replace("_", " ")


def value(text: str) -> str:
    """An observed value as people say it: "high flow" for `high_flow`; all else as entered."""
    bare = text.replace("_", "")
    return text.replace("_", " ") if bare.isalpha() and bare.islower() else text


def sentence(text: str) -> str:
    """A text with a capital at its start and a full stop at its end."""
    text = text.strip()
    if not text:
        return ""
    text = opened(text)
    return text if text[-1] in ".?!:" else text + "."


def cited(source: Source) -> str:
    """ "Cheng 2020, Table 3": the short form that stands beside a number."""
    return f"{source.short}, {source.where}" if source.where else source.short


def opened(text: str) -> str:
    """A text with a capital at its start, unless its first word has its own way of writing."""
    first = text.split(maxsplit=1)[0] if text.strip() else ""
    word = first.rstrip(",;:.")
    # An id (`sirolimus_wu2012`) is written as it is.
    return text[0].upper() + text[1:] if word.islower() and "_" not in word else text


def listed(parts: Sequence[str]) -> str:
    """ "a, b and c"."""
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} and {parts[-1]}"


class Clock:
    """Hours from day 0 as clock times and days, in the offset of day 0.

    day0  an ISO time with its offset, as an assessment carries it
    """

    def __init__(self, day0: str) -> None:
        self.day0 = datetime.fromisoformat(day0)

    @property
    def offset(self) -> str:
        """ "+01:00"."""
        return offset_text(self.day0)

    @property
    def said(self) -> str:
        """What a page says once of its times and days."""
        return (
            f"Clock times are at {self.offset}, the offset of day 0, all year round; "
            "day 0 is its date"
        )

    def moment(self, at: float) -> datetime:
        """The clock time of `at`, to the nearest minute."""
        exact = self.day0 + timedelta(hours=at)
        rounded = exact + timedelta(seconds=30)
        return rounded.replace(second=0, microsecond=0)

    def day(self, at: float) -> int:
        """The calendar day of `at`; day 0 is the date of the infusion."""
        return (self.moment(at).date() - self.day0.date()).days

    def midnight(self, day: int) -> float:
        """Hours from day 0 at which a calendar day begins."""
        start = self.day0.replace(hour=0, minute=0, second=0, microsecond=0)
        return (start + timedelta(days=day) - self.day0).total_seconds() / 3600.0

    def day_text(self, at: float) -> str:
        """ "day +2"."""
        return day_word(self.day(at))

    def short(self, at: float | None) -> str:
        """ "day +2 14:00", where the page says the offset once; "time unknown" without a time."""
        if at is None or not math.isfinite(at):
            return "time unknown"
        moment = self.moment(at)
        return f"{self.day_text(at)} {moment.hour:02d}:{moment.minute:02d}"

    def full(self, at: float | None) -> str:
        """ "12 Mar 2025 14:00 +01:00 (day +2)"; "time unknown" without a time."""
        if at is None or not math.isfinite(at):
            return "time unknown"
        moment = self.moment(at)
        return (
            f"{moment.day} {MONTHS[moment.month - 1]} {moment.year} "
            f"{moment.hour:02d}:{moment.minute:02d} {offset_text(moment)} ({self.day_text(at)})"
        )

    def date(self, at: float) -> str:
        """ "12 Mar"."""
        moment = self.moment(at)
        return f"{moment.day} {MONTHS[moment.month - 1]}"


def day_word(day: int) -> str:
    """ "day +2", "day 0", "day -5"."""
    return "day 0" if day == 0 else f"day {day:+d}"
