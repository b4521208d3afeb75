"""The sources actually used, what made the answer, and the lines to sign."""

from __future__ import annotations

from equipoise.assessment import NOT_FOR_DOSING, Assessment
from equipoise.report.blocks import (
    Blanks,
    Block,
    Box,
    Facts,
    Heading,
    Items,
    Paragraph,
    Run,
    citation,
    quiet,
    standing_mark,
    words,
)
from equipoise.report.opening import not_for_dosing
from equipoise.report.words import opened


def blocks(assessment: Assessment) -> tuple[Block, ...]:
    """Bibliography, versions and seed, disclaimer again, sign-off."""
    parts: list[Block] = []
    if assessment.sources:
        parts.append(Heading(2, "Sources used"))
        items = []
        for source, standing in assessment.sources:
            doi = words(Run(f"doi:{source.doi}", "", source.doi), " ") if source.doi else ()
            items.append(
                words(
                    citation(source),
                    ". ",
                    doi,
                    *standing_mark(standing),
                    quiet(f" {source.note}.") if source.note else "",
                )
            )
        parts.append(Items(tuple(items), "numbered"))
    if assessment.made_by:
        parts.append(Heading(2, "Made by"))
        pairs = tuple((opened(name), words(text)) for name, text in assessment.made_by)
        parts.append(Facts(pairs, "technical"))
    parts.append(Heading(2, "Sign-off"))
    if not_for_dosing(assessment):
        said = "This report may be discussed; no dose may be chosen by it."
        parts.append(Box(NOT_FOR_DOSING, (Paragraph(words(said)),), "danger"))
    parts.append(Paragraph(words(assessment.disclaimer), "disclaimer"))
    parts.append(
        Blanks(
            ("proposed", "verified", "rejected"),
            ("Reason", "Name and role", "Date and time", "Signature"),
        )
    )
    return tuple(parts)
