"""Under a site's charting conventions: the answers that silence would change, beside the strict."""

from __future__ import annotations

from equipoise.assessment import Assessment, UnderConventions
from equipoise.criterion import Grade, Truth
from equipoise.report.blocks import (
    Block,
    Column,
    Heading,
    Items,
    Paragraph,
    Row,
    Table,
    cell,
    quiet,
    strong,
    words,
)
from equipoise.report.why import answer
from equipoise.report.words import Clock, plain, value

SAID = {Truth.MET: "applies", Truth.NOT_MET: "does not apply", Truth.UNKNOWN: "cannot be told"}


def blocks(assessment: Assessment) -> tuple[Block, ...]:
    """The answers that differ; nothing where no conventions were given."""
    under = assessment.under_convention
    if under is None:
        return ()
    parts: list[Block] = [
        Heading(2, "Under charting conventions"),
        Paragraph(
            words(
                f"{under.site}, version {under.version}: what was not charted is read as absent "
                "where the site says so. ",
                strong("Assumed, for information. "),
                "Every other part of this report rests on the strict answers.",
            )
        ),
    ]
    clock = Clock(assessment.day0)
    rows = [
        Row((cell(assessment.criterion_titles.get(strict.criterion, strict.criterion)),
             cell(answer(strict)), cell(strong(answer(other))), cell(_assumed(other, clock))))
        for strict, other in zip(assessment.grades, under.grades, strict=True)
        if (strict.low, strict.high, strict.met) != (other.low, other.high, other.met)
    ]  # fmt: skip
    if rows:
        columns = (Column("Criterion"), Column("Strict"), Column("By convention"),
                   Column("Assumed"))  # fmt: skip
        parts.append(Table("Answers that differ at this time", columns, tuple(rows), "small"))
    else:
        parts.append(Paragraph(words("No answer at this time differs.")))
    parts.append(Paragraph(words(quiet(_settled(assessment, under)))))
    said = [
        words(f"{other.statement}: {SAID[other.strict]} strictly, {SAID[other.assumed]} by "
              "convention")
        for other in under.advice
    ]  # fmt: skip
    said += [words(f"would be an open decision by convention: {q}") for q in under.opens]
    said += [words(f"would be no open decision by convention: {q}") for q in under.closes]
    if said:
        parts.append(Items(tuple(said)))
    return tuple(parts)


def _assumed(grade: Grade, clock: Clock) -> str:
    return "; ".join(
        f"{plain(b.name)} {value(b.value)}, {clock.short(b.at)} ({b.assumed})"
        for b in grade.because
        if b.assumed
    )


def _settled(assessment: Assessment, under: UnderConventions) -> str:
    strict = [d.grade for days in assessment.daily.values() for d in days if d.grade.applies]
    other = [d.grade for days in under.daily.values() for d in days if d.grade.applies]
    return (
        f"Of {len(strict)} daily answers that apply, {sum(g.settled for g in strict)} are settled "
        f"strictly and {sum(g.settled for g in other)} by convention."
    )
