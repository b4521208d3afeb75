"""Everything that limits the answer, gathered from all its parts, each said once."""

from __future__ import annotations

from equipoise.assessment import Assessment
from equipoise.report.blocks import Block, Heading, Items, Paragraph, quiet, words
from equipoise.report.words import listed, sentence


def blocks(assessment: Assessment) -> tuple[Block, ...]:
    """All cautions, those of the whole answer first, with where they belong."""
    found: dict[str, list[str]] = {}
    for caution in assessment.cautions:
        found.setdefault(caution, [])
    for exposure in assessment.exposures:
        for caution in exposure.cautions:
            found.setdefault(caution, []).append(exposure.model)
    for options in assessment.options:
        for caution in options.cautions:
            found.setdefault(caution, []).append(f"options for {options.agent}")
    parts: list[Block] = [Heading(2, "Cautions")]
    if not found:
        parts.append(Paragraph(words("No caution was raised. That is not a proof of safety.")))
        return tuple(parts)
    items = []
    for caution, places in found.items():
        where = listed(tuple(dict.fromkeys(places)))
        items.append(words(sentence(caution), quiet(f" ({where})") if where else ""))
    parts.append(Items(tuple(items)))
    return tuple(parts)
