"""Published cohorts of grafts and of counts: what patients like this one had, and which are not."""

from __future__ import annotations

from equipoise.assessment import Assessment
from equipoise.report import effects
from equipoise.report.blocks import (
    Block,
    Heading,
    Items,
    Paragraph,
    Words,
    citation,
    quiet,
    standing_mark,
    strong,
    words,
)
from equipoise.report.words import listed, opened, sentence
from equipoise.target import Comparable
from equipoise.truth import Truth

CAPTION = "Cohorts like this patient; what they had is no forecast for one patient"


def blocks(assessment: Assessment) -> tuple[Block, ...]:
    """Cohorts that speak of this graft, those that may, and those that do not."""
    found = assessment.comparables
    if not found:
        return ()
    parts: list[Block] = [
        Heading(2, "What patients with such grafts and counts had"),
        Paragraph(
            words(
                "Published cohorts, held against this record: what patients like these had, never "
                "what this one will have. No number of one platform, donor or product is used for "
                "another; none is weighed and none feeds an option. Platform, donor, product, age, "
                "dose and counts were compared; the disease was not, so read whose cohort it is."
            ),
            "quiet",
        ),
    ]
    like = [c for c in found if c.applies is Truth.MET]
    charted = tuple(dict.fromkeys(c.charted for c in like if c.charted))
    if like:
        if charted:
            parts.append(Paragraph(words(f"Charted here: {'; '.join(charted)}.")))
        parts.append(effects.table([c.effect for c in like], CAPTION))
    else:
        parts.append(
            Paragraph(words("No cohort on the shelf is known to be like this patient."), "answer")
        )
    open_ = [c for c in found if c.applies is Truth.UNKNOWN]
    if open_:
        parts += [Heading(4, "Cannot tell"), Items(_by_reason(open_), "lacking")]
    others = [c for c in found if c.applies is Truth.NOT_MET]
    if others:
        parts += [Heading(4, "Not of this patient"), Items(_by_reason(others), "notes")]
    return tuple(parts)


def _by_reason(found: list[Comparable]) -> tuple[Words, ...]:
    """One line for each source and reason, with the outcomes that it would speak of."""
    groups: dict[tuple[str, str], list[Comparable]] = {}
    for c in found:
        groups.setdefault((c.reason, c.effect.source.short), []).append(c)
    lines = []
    for same in groups.values():
        first = same[0]
        outcomes = listed(list(dict.fromkeys(c.effect.outcome for c in same)))
        lines.append(
            words(
                strong(opened(outcomes)),
                f": {sentence(first.reason)} ",
                quiet(f"{opened(first.charted)}. ") if first.charted else "",
                citation(first.effect.source), " ", standing_mark(first.effect.standing),
            )
        )  # fmt: skip
    return tuple(lines)
