"""The page of a commissioning: what was asked, what was found, by what; two lines to sign."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from equipoise.assessment import DISCLAIMER, NOT_FOR_DOSING
from equipoise.commissioning import (
    ONE_SIDED,
    RANGES,
    RESAMPLES,
    STAGES,
    WITHIN,
    Commissioned,
    Finding,
    Limits,
)
from equipoise.report.blocks import (
    Blanks,
    Block,
    Box,
    Column,
    Facts,
    Heading,
    Items,
    Paragraph,
    Row,
    Table,
    citation,
    quiet,
    row,
    standing_mark,
    strong,
    words,
)
from equipoise.report.html import page
from equipoise.report.words import sentence
from equipoise.truth import Truth


@dataclass(frozen=True, slots=True)
class Signed:
    """What a signature on the page is for.

    digest  of the data's bytes; `limits` of the limits file, "" where there was none
    """

    site: str
    on: str
    version: str
    data: tuple[str, ...]
    digest: str
    limits: str
    seed: int
    draws: int


def commissioned_page(found: Sequence[Commissioned], limits: Limits, signed: Signed) -> str:
    """A self-contained page; it renders and computes nothing."""
    sections: list[tuple[str, Sequence[Block]]] = [("head", _head(found, limits, signed))]
    sections += [(f"model-{one.model}", _model(one)) for one in found]
    sections.append(("signatures", _signatures(found, signed)))
    return page(f"Commissioning, {signed.site}, {signed.on}", "commissioning", sections)


def value_text(finding: Finding, value: float) -> str:
    """A number of a finding: percent, with a sign where it may be below 0."""
    if math.isnan(value):
        return "-"
    if finding.measure in (*RANGES, *ONE_SIDED):
        return f"{value:.0f}"
    text = f"{value:+.0f}"
    return "0" if text in ("+0", "-0") else text


def limit_text(finding: Finding) -> str:
    """A limit: "±15", "up to 30", "80-98"."""
    if finding.measure in RANGES:
        return f"{finding.least:g}-{finding.most:g}"
    if finding.measure in ONE_SIDED:
        return f"up to {finding.most:g}"
    return f"±{finding.most:g}"


def _head(found: Sequence[Commissioned], limits: Limits, signed: Signed) -> list[Block]:
    if limits.set_on is None:
        origin = "the project's conventions; the center set none"
    else:
        origin = (
            f"set on {limits.set_on} by {limits.set_by or 'nobody named'}, file {signed.limits}"
        )
    window = next((f"{one.window} ({one.target})" for one in found if one.target), "none given")
    rows = tuple(
        row(
            one.model,
            one.version,
            strong(one.verdict),
            str(one.courses),
            str(one.levels),
            str(one.unforecast),
        )
        for one in found
    )
    columns = (
        Column("model"), Column("version"), Column("by these limits"),
        Column("patients", numeric=True), Column("levels", numeric=True),
        Column("without a forecast", numeric=True),
    )  # fmt: skip
    return [
        Heading(1, f"Commissioning at {signed.site}"),
        Paragraph(
            words(
                "How well each candidate model would have forecast this center's own levels, each "
                "from what was known before it, held to limits."
            ),
            "lead",
        ),
        Facts(
            (
                ("date", words(signed.on)),
                ("data", words(f"{', '.join(signed.data)}, sha256 {signed.digest}")),
                ("limits", words(origin)),
                ("window of the odds", words(window)),
                (
                    "made by",
                    words(f"equipoise {signed.version}, seed {signed.seed}, {signed.draws} draws"),
                ),
            ),
            "",
        ),
        Table("What was found", columns, rows),
        Paragraph(words(DISCLAIMER), "disclaimer"),
    ]


def _model(one: Commissioned) -> list[Block]:
    said = words(citation(one.replay.source), " ", standing_mark(one.replay.standing))
    parts: list[Block] = [Heading(2, f"{one.model}: {one.verdict}"), Paragraph(said)]
    if not one.replay.standing.may_feed_options:
        text = (
            f"The model is {one.replay.standing.word}: {NOT_FOR_DOSING}. Commissioning does not "
            "change this."
        )
        parts.append(Box("", (Paragraph(words(text)),), "danger"))
    rows: list[Row] = []
    for stage, label in STAGES.items():
        own = [f for f in one.judged if f.stage == stage]
        rows.append(Row((row(strong(label)).cells[0],), "group"))
        rows += [_row(f) for f in own]
    columns = (
        Column("measure, % or percentage points"), Column("levels", numeric=True),
        Column("patients", numeric=True), Column("found", numeric=True),
        Column("90% interval", numeric=True), Column("limit", numeric=True), Column("answer"),
    )  # fmt: skip
    parts.append(
        Table(
            f"Found against limits. Interval: patients drawn anew {RESAMPLES} times. Met where all "
            "of it lies inside the limit, not met where all lies outside. * project convention",
            columns,
            tuple(rows),
            "wide",
        )
    )
    notes = [words(sentence(text)) for text in (*one.because, *one.replay.cautions[:6])]
    more = len(one.replay.cautions) - 6
    if more > 0:
        notes.append(words(quiet(f"And {more} cautions more, in commissioning.json.")))
    if notes:
        parts.append(Box("What to know before signing", (Items(tuple(notes)),), "caution"))
    return parts


def _row(f: Finding) -> Row:
    interval = "-" if math.isnan(f.low) else f"{value_text(f, f.low)} to {value_text(f, f.high)}"
    answer = f.answer
    return row(
        f.label, str(f.n), str(f.courses), value_text(f, f.value), interval,
        limit_text(f) + ("*" if f.default else ""),
        strong(answer) if f.met is Truth.NOT_MET else answer,
    )  # fmt: skip


def _offered(one: Commissioned) -> bool:
    return one.verdict == WITHIN and one.replay.standing.may_feed_options


def _why_not(one: Commissioned) -> str:
    return one.verdict if one.verdict != WITHIN else one.replay.standing.word


def _signatures(found: Sequence[Commissioned], signed: Signed) -> list[Block]:
    parts: list[Block] = [Heading(2, "Approval")]
    offered = [one for one in found if _offered(one)]
    ticks = [f"{one.model} {one.version} is approved here" for one in offered]
    left = [one for one in found if not _offered(one)]
    if left:
        names = ", ".join(f"{one.model} ({_why_not(one)})" for one in left)
        parts.append(Paragraph(words(f"Not offered for approval: {names}.")))
    if ticks:
        parts.append(
            Paragraph(
                words(
                    "Signed here, a model still has to be entered in the center's formulary with "
                    "the version above. Approval ends when the version, the assay or the patients "
                    "change."
                )
            )
        )
    lines = ("Physician", "Signature, date", "Pharmacist", "Signature, date")
    parts.append(Blanks(tuple(ticks), lines))
    parts.append(
        Paragraph(
            words(quiet(f"{signed.site}, {signed.on}, data {signed.digest}, equipoise "
                        f"{signed.version}")), "quiet",
        )
    )  # fmt: skip
    return parts
