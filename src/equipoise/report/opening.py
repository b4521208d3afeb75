"""The head of the report: who, when, what was asked of whom, and what this may not be used for."""

from __future__ import annotations

from equipoise.assessment import NOT_FOR_DOSING, Assessment
from equipoise.report.blocks import Block, Box, Facts, Heading, Paragraph, words
from equipoise.report.words import Clock, opened

RESEARCH = (
    "Made in research mode or from things of provisional standing: shown for study, not to choose "
    "a dose."
)


def blocks(assessment: Assessment) -> tuple[Block, ...]:
    """Record, moment, header strip, disclaimer, and the band where nothing may be dosed by it."""
    clock = Clock(assessment.day0)
    head: list[Block] = []
    if not_for_dosing(assessment):
        head.append(Box(NOT_FOR_DOSING, (Paragraph(words(RESEARCH)),), "danger"))
    head.append(Heading(1, f"Record {assessment.record}"))
    head.append(Paragraph(words(f"Assessed for {clock.full(assessment.at)}"), "lead"))
    head.append(
        Facts(tuple((opened(label), words(text)) for label, text in assessment.header), "strip")
    )
    if assessment.note:
        head.append(Paragraph(words(f"Of this record: {assessment.note}"), "quiet"))
    head.append(Paragraph(words(f"{clock.said}."), "quiet"))
    head.append(Paragraph(words(assessment.disclaimer), "disclaimer"))
    return tuple(head)


def not_for_dosing(assessment: Assessment) -> bool:
    """Whether any part of the answer is watermarked."""
    return (
        assessment.research
        or any(e.watermark for e in assessment.exposures)
        or any(o.watermark for o in assessment.options)
    )
